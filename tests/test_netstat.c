#include "emu/netstat.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;
static struct lines lines;
static char byte;

static void setup(void)
{
    lines_clear(&lines);
    stage_open(&stage, &(struct drill_config){.report = lines_add, .report_context = &lines});
}

static void teardown(void)
{
    stage_close(&stage);
}

START_TEST(each_socket_has_a_line_in_order_of_hosts_and_numbers)
{
    stage_connect(&stage);
    say(stage.client, stage.near, "four");
    drill_netstat(stage.world, lines_add, &lines);
    ck_assert_uint_eq(lines.count, 4);
    const char *client = strstr(lines.text, "client        3 tcp             0        0 "
                                            "10.0.0.1:32768           10.0.0.2:80"
                                            "              ESTABLISHED");
    const char *listener = strstr(lines.text, "server        3 tcp             0       16 "
                                              "10.0.0.2:80              *"
                                              "                        LISTEN");
    const char *far = strstr(lines.text, "server        4 tcp             4        0 ");
    ck_assert_ptr_nonnull(client);
    ck_assert_ptr_nonnull(listener);
    ck_assert_ptr_nonnull(far);
    ck_assert(client < listener && listener < far);
}
END_TEST

START_TEST(what_no_descriptor_refers_to_is_shown_without_a_number)
{
    stage_connect(&stage);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    drill_netstat(stage.world, lines_add, &lines);
    ck_assert_uint_eq(lines_with(&lines, "client        - tcp"), 1);
    ck_assert_uint_eq(lines_with(&lines, "FIN_WAIT2"), 1);
    ck_assert_uint_eq(lines_with(&lines, "CLOSE_WAIT"), 1);
}
END_TEST

START_TEST(a_connection_that_waits_to_be_accepted_is_shown)
{
    const struct drill_sockaddr addr = stage_address();

    stage_listen(&stage, 1);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(fd, &addr), 0);
    drill_netstat(stage.world, lines_add, &lines);
    ck_assert_uint_eq(lines_with(&lines, "server        - tcp"), 1);
    ck_assert_uint_eq(lines_with(&lines, "server        3 tcp             1        1 "), 1);
}
END_TEST

static int64_t read_one(void *fd)
{
    char got;
    return drill_recvfrom(*(int *)fd, &got, 1, 0, NULL);
}

static int64_t join_it(void *task)
{
    return drill_join(task, NULL);
}

START_TEST(a_stall_of_tasks_tells_who_waits_for_what)
{
    stage_connect(&stage);
    struct drill_task *reads = drill_start(stage.client, "reads", read_one, &stage.near);
    drill_start(stage.server, "joins", join_it, reads);
    ck_assert_int_eq(drill_run(stage.world), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "stall at 0.000000000 s"), 1);
    ck_assert_uint_eq(lines_with(&lines, "client/reads waits in recv on "), 1);
    ck_assert_uint_eq(lines_with(&lines, "server/joins waits in join"), 1);
    ck_assert_uint_eq(lines_with(&lines, " on "), 1);
    ck_assert_uint_eq(lines_with(&lines, "LISTEN"), 1);
}
END_TEST

START_TEST(a_stall_of_the_main_stack_tells_too)
{
    stage_connect(&stage);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "stall at"), 1);
    ck_assert_uint_eq(lines_with(&lines, "client/main waits in recv on "), 1);
}
END_TEST

START_TEST(whatever_the_main_stack_waits_for_a_stall_is_told)
{
    stage_connect(&stage);
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};
    struct drill_epoll_event event;
    struct drill_task *reads = drill_start(stage.client, "reads", read_one, &stage.near);

    drill_enter(stage.client);
    ck_assert_int_eq(drill_poll(&asked, 1, DRILL_NEVER), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "client/main waits in poll"), 1);
    ck_assert_int_eq(drill_epoll_wait(drill_epoll_create(), &event, 1, DRILL_NEVER), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "client/main waits in epoll_wait"), 1);
    ck_assert_int_eq(drill_join(reads, NULL), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "client/main waits in join"), 1);
}
END_TEST

START_TEST(a_service_is_told_apart_and_is_no_stall_by_itself)
{
    stage_connect(&stage);
    drill_start_service(stage.client, "serves", read_one, &stage.near);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(lines.count, 0);
    drill_start(stage.server, "reads", read_one, &stage.far);
    ck_assert_int_eq(drill_run(stage.world), -EDEADLK);
    ck_assert_uint_eq(lines_with(&lines, "(service)"), 1);
}
END_TEST

Suite *netstat_suite(void);

Suite *netstat_suite(void)
{
    Suite *suite = suite_create("netstat");
    TCase *tests = tcase_create("lines");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_socket_has_a_line_in_order_of_hosts_and_numbers);
    tcase_add_test(tests, what_no_descriptor_refers_to_is_shown_without_a_number);
    tcase_add_test(tests, a_connection_that_waits_to_be_accepted_is_shown);
    tcase_add_test(tests, a_stall_of_tasks_tells_who_waits_for_what);
    tcase_add_test(tests, a_stall_of_the_main_stack_tells_too);
    tcase_add_test(tests, whatever_the_main_stack_waits_for_a_stall_is_told);
    tcase_add_test(tests, a_service_is_told_apart_and_is_no_stall_by_itself);
    suite_add_tcase(suite, tests);
    return suite;
}
