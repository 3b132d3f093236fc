#include "emu/unix_names.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/locals.h"

static int bind_to(int fd, const char *name)
{
    const struct drill_sockaddr addr = local_name(name);

    return drill_bind(fd, &addr);
}

START_TEST(every_host_has_names_of_its_own)
{
    struct drill_host *other = drill_host_new(locals_world, "other", NULL);

    local_listener(SOCK_STREAM, "@name", 1);
    local_listener(SOCK_STREAM, "path", 1);
    drill_enter(other);
    ck_assert_int_eq(local_connect(local_socket(SOCK_STREAM, NULL), "@name"), -ECONNREFUSED);
    ck_assert_int_eq(local_connect(local_socket(SOCK_STREAM, NULL), "path"), -ENOENT);
    local_listener(SOCK_STREAM, "@name", 1);
    local_listener(SOCK_STREAM, "path", 1);
}
END_TEST

START_TEST(a_path_outlives_a_crash_and_an_abstract_name_does_not)
{
    struct drill_host *other = drill_host_new(locals_world, "other", NULL);

    drill_enter(other);
    local_listener(SOCK_STREAM, "path", 1);
    local_listener(SOCK_STREAM, "@name", 1);
    ck_assert_int_eq(drill_crash(other), 0);
    ck_assert_int_eq(drill_restart(other), 0);
    drill_enter(other);
    const int fd = local_socket(SOCK_STREAM, NULL);
    ck_assert_int_eq(local_connect(fd, "path"), -ECONNREFUSED);
    ck_assert_int_eq(bind_to(fd, "path"), -EADDRINUSE);
    ck_assert_int_eq(drill_unlink("path"), 0);
    ck_assert_int_eq(bind_to(fd, "path"), 0);
    local_listener(SOCK_STREAM, "@name", 1);
}
END_TEST

START_TEST(an_abstract_name_is_free_while_an_accepted_socket_still_shows_it)
{
    struct drill_sockaddr shown;
    const struct drill_sockaddr name = local_name("@name");
    const int listener = local_listener(SOCK_STREAM, "@name", 1);
    const int client = local_socket(SOCK_STREAM, NULL);

    ck_assert_int_eq(local_connect(client, "@name"), 0);
    const int accepted = drill_accept(listener, NULL);
    drill_close(listener);
    ck_assert_int_eq(bind_to(local_socket(SOCK_STREAM, NULL), "@name"), 0);
    ck_assert_int_eq(drill_getsockname(accepted, &shown), 0);
    ck_assert(drill_sockaddr_equal(&shown, &name));
    drill_close(accepted);
    ck_assert_int_eq(drill_getpeername(client, &shown), 0);
    ck_assert(drill_sockaddr_equal(&shown, &name));
}
END_TEST

START_TEST(automatic_names_pass_over_those_that_are_taken)
{
    struct drill_sockaddr shown;

    local_socket(SOCK_DGRAM, "@00001");
    local_socket(SOCK_DGRAM, "@00002");
    locals_host->unix_autobind = 0;
    ck_assert_int_eq(drill_getsockname(local_socket(SOCK_DGRAM, ""), &shown), 0);
    ck_assert_int_eq(shown.local.size, 6);
    ck_assert_mem_eq(shown.local.name,
                     "\0"
                     "00003",
                     6);
    locals_host->unix_autobind = 0xfffff;
    ck_assert_int_eq(drill_getsockname(local_socket(SOCK_DGRAM, ""), &shown), 0);
    ck_assert_mem_eq(shown.local.name,
                     "\0"
                     "00000",
                     6);
}
END_TEST

START_TEST(a_name_that_finds_no_memory_is_not_taken)
{
    const int fd = local_socket(SOCK_STREAM, NULL);
    uint64_t failed = 0;
    int result;

    do {
        locals_world->sim.mem.fail_at = locals_world->sim.mem.count + ++failed;
        result = bind_to(fd, "path");
        locals_world->sim.mem.fail_at = 0;
        if (result < 0) {
            ck_assert_int_eq(result, -ENOMEM);
            ck_assert_int_eq(drill_unlink("path"), -ENOENT);
        }
    } while (result < 0);
    ck_assert_uint_gt(failed, 1);
    ck_assert_int_eq(drill_unlink("path"), 0);
}
END_TEST

START_TEST(unlink_looks_at_lengths_first)
{
    char path[5000];

    memset(path, 'n', sizeof path);
    path[255] = '\0';
    ck_assert_int_eq(drill_unlink(path), -ENOENT);
    path[255] = 'n';
    path[256] = '\0';
    ck_assert_int_eq(drill_unlink(path), -ENAMETOOLONG);
    for (size_t i = 0; i < sizeof path; i += 2)
        path[i] = '/';
    path[256] = '/';
    path[4095] = '\0';
    ck_assert_int_eq(drill_unlink(path), -ENOENT);
    path[4095] = 'n';
    path[4096] = '\0';
    ck_assert_int_eq(drill_unlink(path), -ENAMETOOLONG);
}
END_TEST

Suite *unix_names_suite(void);

Suite *unix_names_suite(void)
{
    Suite *suite = suite_create("unix_names");
    TCase *tests = tcase_create("unix_names");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, every_host_has_names_of_its_own);
    tcase_add_test(tests, a_path_outlives_a_crash_and_an_abstract_name_does_not);
    tcase_add_test(tests, an_abstract_name_is_free_while_an_accepted_socket_still_shows_it);
    tcase_add_test(tests, automatic_names_pass_over_those_that_are_taken);
    tcase_add_test(tests, a_name_that_finds_no_memory_is_not_taken);
    tcase_add_test(tests, unlink_looks_at_lengths_first);
    suite_add_tcase(suite, tests);
    return suite;
}
