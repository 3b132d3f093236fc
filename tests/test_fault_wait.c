#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/rules.h"

static char block[256];

START_TEST(a_call_that_waits_is_interrupted_and_nothing_is_lost)
{
    add("eintr call recv nth 1");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), -EINTR);
    ck_assert_int_eq(drill_now(stage.world), DRILL_US);
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 1);
}
END_TEST

START_TEST(signals_without_an_end_do_not_stop_time)
{
    int interrupted = 0;

    add("eintr call recv");
    while (drill_now(stage.world) < 10 * DRILL_SECOND) {
        ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), -EINTR);
        ck_assert_int_lt(interrupted++, 50000);
    }
}
END_TEST

START_TEST(a_call_that_need_not_wait_is_not_interrupted)
{
    add("eintr call recv");
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 1);
}
END_TEST

START_TEST(a_signal_of_the_standards_comes_also_where_a_call_need_not_wait)
{
    int interrupted = 0;

    say(stage.client, stage.near, "x");
    add("eintr hostile");
    while (take(stage.server, stage.far, block, 1, MSG_DONTWAIT) == -EINTR && interrupted < 100)
        interrupted++;
    ck_assert_int_gt(interrupted, 2);
    ck_assert_int_lt(interrupted, 100);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_sleep(1), -EINTR);
    ck_assert_int_eq(drill_close(stage.far), 0);
}
END_TEST

/* As the kernel does it: connect(2), and what it answers to a second call. */
START_TEST(a_connect_that_is_interrupted_goes_on_by_itself)
{
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    add("eintr call connect count 2");
    ck_assert_int_eq(drill_connect(fd, &there), -EINTR);
    ck_assert_int_eq(bits_of(stage.client, fd), 0);
    ck_assert_int_eq(take(stage.client, fd, block, 1, MSG_DONTWAIT), -EAGAIN);
    ck_assert_int_eq(drill_connect(fd, &there), -EINTR);
    drill_set_nonblock(fd, true);
    ck_assert_int_eq(drill_connect(fd, &there), -EALREADY);
    drill_run_until(stage.world, 3 * DRILL_SECOND);
    ck_assert_int_eq(bits_of(stage.client, fd), POLLOUT);
    ck_assert_int_eq(drill_connect(fd, &there), 0);
    ck_assert_int_eq(drill_connect(fd, &there), -EISCONN);
}
END_TEST

START_TEST(a_connect_that_was_interrupted_can_be_waited_for)
{
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    add("eintr call connect nth 1");
    ck_assert_int_eq(drill_connect(fd, &there), -EINTR);
    ck_assert_int_eq(drill_connect(fd, &there), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND);
}
END_TEST

START_TEST(accept_is_interrupted_and_loses_nothing)
{
    const struct drill_sockaddr there = stage_address();

    add("eintr call accept");
    drill_enter(stage.server);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), -EINTR);
    ck_assert_int_eq(drill_connect(tcp_socket(stage.client), &there), 0);
    drill_enter(stage.server);
    ck_assert_int_ge(drill_accept(stage.listener, NULL), 0);
}
END_TEST

START_TEST(a_signal_that_comes_too_late_is_no_strike)
{
    const int id = add("eintr call recv");

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MOMENT_NS / 2});
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 1);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 0);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), -EINTR);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(who_is_not_interrupted_waits_on)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};
    const int id = add("eintr list 100");

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 1);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_poll(&asked, 1, 2 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_sleep(DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), 3 * DRILL_SECOND);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 0);
}
END_TEST

Suite *fault_wait_suite(void);

Suite *fault_wait_suite(void)
{
    Suite *suite = suite_create("fault_wait");
    TCase *tests = tcase_create("fault_wait");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, a_call_that_waits_is_interrupted_and_nothing_is_lost);
    tcase_add_test(tests, signals_without_an_end_do_not_stop_time);
    tcase_add_test(tests, a_call_that_need_not_wait_is_not_interrupted);
    tcase_add_test(tests, a_signal_of_the_standards_comes_also_where_a_call_need_not_wait);
    tcase_add_test(tests, a_connect_that_is_interrupted_goes_on_by_itself);
    tcase_add_test(tests, a_connect_that_was_interrupted_can_be_waited_for);
    tcase_add_test(tests, accept_is_interrupted_and_loses_nothing);
    tcase_add_test(tests, a_signal_that_comes_too_late_is_no_strike);
    tcase_add_test(tests, who_is_not_interrupted_waits_on);
    suite_add_tcase(suite, tests);
    return suite;
}
