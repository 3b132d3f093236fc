#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;
static struct lines lines;

static void setup(void)
{
    lines.count = lines.size = 0;
    lines.text[0] = '\0';
    stage_open(&stage,
               &(struct drill_config){.seed = 4, .report = lines_add, .report_context = &lines});
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static int add(const char *text)
{
    struct drill_fault_line line;

    ck_assert_msg(drill_fault_parse(text, &line) == 0, "%s: %s", text, line.error);
    return drill_fault_add(stage.world, &line.fault);
}

static bool legal(enum drill_call_id call, int fd, int error)
{
    return drill_legal(call, drill_fds_find(&stage.client->fds, fd), error, false);
}

START_TEST(an_errno_belongs_to_a_call_in_a_state)
{
    const int fresh = tcp_socket(stage.client);

    ck_assert(legal(DRILL_CALL_recv, stage.near, ECONNRESET));
    ck_assert(!legal(DRILL_CALL_recv, fresh, ECONNRESET));
    ck_assert(legal(DRILL_CALL_recv, fresh, ENOTCONN));
    ck_assert(!legal(DRILL_CALL_recv, stage.near, ENOTCONN));
    ck_assert(legal(DRILL_CALL_connect, fresh, ECONNREFUSED));
    ck_assert(!legal(DRILL_CALL_connect, stage.near, ECONNREFUSED));
    ck_assert(legal(DRILL_CALL_bind, fresh, EADDRINUSE));
    ck_assert(!legal(DRILL_CALL_bind, stage.near, EADDRINUSE));
    ck_assert(!legal(DRILL_CALL_accept, stage.near, EMFILE));
}
END_TEST

START_TEST(read_and_write_are_recv_and_send)
{
    ck_assert(legal(DRILL_CALL_read, stage.near, ECONNRESET));
    ck_assert(legal(DRILL_CALL_write, stage.near, EPIPE));
}
END_TEST

START_TEST(what_posix_allows_beyond_linux_is_hostile)
{
    struct drill_file *file = drill_fds_find(&stage.client->fds, stage.near);

    ck_assert(!drill_legal(DRILL_CALL_recv, file, EIO, false));
    ck_assert(drill_legal(DRILL_CALL_recv, file, EIO, true));
    ck_assert(drill_legal_ever(-1, EIO, true));
    ck_assert(!drill_legal_ever(-1, EXDEV, true));
    ck_assert(!drill_legal_ever(DRILL_CALL_recv, EIO, false));
}
END_TEST

START_TEST(a_rule_strikes_only_where_its_errno_can_be)
{
    const int fresh = tcp_socket(stage.client);

    add("errno ECONNRESET call recv");
    ck_assert_int_eq(take(stage.client, fresh, lines.text, 1, 0), -ENOTCONN);
    ck_assert_int_eq(take(stage.client, stage.near, lines.text, 1, 0), -ECONNRESET);
}
END_TEST

Suite *fault_legal_suite(void);

Suite *fault_legal_suite(void)
{
    Suite *suite = suite_create("fault_legal");
    TCase *tests = tcase_create("fault_legal");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_errno_belongs_to_a_call_in_a_state);
    tcase_add_test(tests, read_and_write_are_recv_and_send);
    tcase_add_test(tests, what_posix_allows_beyond_linux_is_hostile);
    tcase_add_test(tests, a_rule_strikes_only_where_its_errno_can_be);
    suite_add_tcase(suite, tests);
    return suite;
}
