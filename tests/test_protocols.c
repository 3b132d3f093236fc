#include "emu/protocols.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

static const struct {
    int family, type, protocol, expected;
    const char *name;
} rows[] = {
    {AF_INET, SOCK_STREAM, 0, 0, "tcp"},
    {AF_INET6, SOCK_DGRAM, 17, 0, "udp"},
    {AF_INET, SOCK_RAW, 1, 0, "raw"},
    {AF_INET, SOCK_RAW, 262, 0, "raw"},
    {AF_UNIX, SOCK_RAW, 1, 0, "unix-dgram"},
    {AF_INET, SOCK_RAW, 0, -EPROTONOSUPPORT, NULL},
    {AF_INET, SOCK_RAW, 263, -EINVAL, NULL},
    {AF_INET, SOCK_STREAM, 17, -EPROTONOSUPPORT, NULL},
    {AF_INET, SOCK_SEQPACKET, 0, -ESOCKTNOSUPPORT, NULL},
    {AF_INET6, SOCK_DGRAM, -1, -EINVAL, NULL},
    {AF_UNIX, SOCK_STREAM, 6, -EPROTONOSUPPORT, NULL},
    {AF_UNSPEC, SOCK_STREAM, 0, -EAFNOSUPPORT, NULL},
    {AF_UNSPEC, 11, 0, -EINVAL, NULL},
};

START_TEST(a_row_answers_as_socket_does)
{
    struct drill_file *file = NULL;

    ck_assert_int_eq(drill_protocols_socket(stage.client, rows[_i].family, rows[_i].type,
                                            rows[_i].protocol, &file),
                     rows[_i].expected);
    if (rows[_i].name == NULL)
        return;
    ck_assert_str_eq(file->ops->name, rows[_i].name);
    drill_file_drop(file);
}
END_TEST

START_TEST(only_unix_sockets_come_in_pairs)
{
    struct drill_file *files[2];

    ck_assert_int_eq(drill_protocols_pair(stage.client, AF_INET, SOCK_STREAM, 0, files),
                     -EOPNOTSUPP);
    ck_assert_int_eq(drill_protocols_pair(stage.client, AF_INET, SOCK_RAW, 1, files), -EOPNOTSUPP);
    ck_assert_int_eq(drill_protocols_pair(stage.client, AF_UNIX, SOCK_STREAM, 0, files), 0);
    drill_file_drop(files[0]);
    drill_file_drop(files[1]);
}
END_TEST

START_TEST(without_memory_there_is_no_socket)
{
    struct drill_file *file;

    for (size_t i = 0; rows[i].expected == 0; i++) {
        stage_fail(&stage, 1);
        ck_assert_int_eq(drill_protocols_socket(stage.client, rows[i].family, rows[i].type,
                                                rows[i].protocol, &file),
                         -ENOMEM);
    }
    stage_fail(&stage, 0);
}
END_TEST

Suite *protocols_suite(void)
{
    Suite *suite = suite_create("protocols");
    TCase *tests = tcase_create("protocols");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_row_answers_as_socket_does, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tests, only_unix_sockets_come_in_pairs);
    tcase_add_test(tests, without_memory_there_is_no_socket);
    suite_add_tcase(suite, tests);
    return suite;
}
