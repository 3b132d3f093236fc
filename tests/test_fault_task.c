#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tests/rules.h"

enum { TASKS = 6 };

static void setup(void)
{
    setup_connected();
    drill_enter(stage.client);
}

START_TEST(what_waits_until_a_time_is_woken_late)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};
    const struct timeval patience = {.tv_sec = 1};
    char byte;

    const int id = add("late_timer 50ms");
    ck_assert_int_eq(drill_sleep(DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND + 50 * DRILL_MS);
    ck_assert_int_eq(drill_poll(&asked, 1, 2 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND + 50 * DRILL_MS);
    drill_setsockopt(stage.near, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -EAGAIN);
    ck_assert_int_eq(drill_now(stage.world), 3 * DRILL_SECOND + 100 * DRILL_MS);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 3);
}
END_TEST

START_TEST(a_late_timer_keeps_nobody_from_what_comes)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    add("late_timer 1h");
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(
        drill_poll(&(struct drill_pollfd){.fd = stage.near, .events = POLLIN}, 1, DRILL_MS), 1);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_late_timer_can_be_of_a_host_or_a_call)
{
    add("late_timer 50ms host server");
    add("late_timer 10ms call poll");
    ck_assert_int_eq(drill_sleep(DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    ck_assert_int_eq(drill_poll(NULL, 0, 2 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND + 10 * DRILL_MS);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_sleep(DRILL_MS), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND + 61 * DRILL_MS);
}
END_TEST

START_TEST(a_task_goes_by_the_name_of_reports_too)
{
    add("late_timer 50ms task server/main");
    drill_sleep(DRILL_SECOND);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    add("late_timer 50ms task client/main");
    drill_sleep(DRILL_SECOND);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND + 50 * DRILL_MS);
}
END_TEST

START_TEST(a_time_so_far_away_that_it_never_comes_does_not_come_early)
{
    add("late_timer 1h");
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(
        drill_poll(&(struct drill_pollfd){.fd = stage.near, .events = POLLIN}, 1, DRILL_NEVER - 1),
        1);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

static char order[TASKS + 1];

static int64_t sign(void *name)
{
    strncat(order, name, 1);
    return 0;
}

/* Tasks that are ready at once, capitals of the server: the order in which they run. */
static const char *run_all(void)
{
    static const char *const names[TASKS] = {"a", "A", "b", "B", "c", "C"};

    order[0] = '\0';
    for (int i = 0; i < TASKS; i++)
        drill_start(i % 2 == 0 ? stage.client : stage.server, names[i], sign,
                    (void *)(uintptr_t)names[i]);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(strlen(order), TASKS);
    return order;
}

START_TEST(tasks_run_in_any_order_while_a_rule_says_so)
{
    ck_assert_str_eq(run_all(), "aAbBcC");
    const int id = add("shuffle_tasks from 1s to 2s");
    ck_assert_str_eq(run_all(), "aAbBcC");
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_str_ne(run_all(), "aAbBcC");
    ck_assert_int_eq(drill_fault_hits(stage.world, id), TASKS - 1);
    drill_run_until(stage.world, 2 * DRILL_SECOND);
    ck_assert_str_eq(run_all(), "aAbBcC");
}
END_TEST

START_TEST(who_is_put_back_may_be_of_one_host_or_one_task)
{
    const int host = add("shuffle_tasks host server");

    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(run_all()[0], 'a');
    drill_fault_remove(stage.world, host);
    add("shuffle_tasks task a count 1");
    ck_assert_int_ne(run_all()[0], 'a');
}
END_TEST

START_TEST(without_rules_nobody_is_asked)
{
    const uint64_t asked = stage.world->sim.choices.asked;
    const int late = add("late_timer 50ms"), order_id = add("shuffle_tasks");

    ck_assert(stage.world->sim.late != NULL);
    drill_fault_remove(stage.world, late);
    drill_fault_remove(stage.world, order_id);
    add("late_timer 50ms off");
    add("shuffle_tasks chance 0%");
    ck_assert(stage.world->sim.late == NULL);
    ck_assert(stage.world->sim.shuffles == NULL);
    ck_assert_str_eq(run_all(), "aAbBcC");
    ck_assert_uint_eq(stage.world->sim.choices.asked, asked);
}
END_TEST

START_TEST(what_befalls_tasks_is_not_about_a_peer)
{
    ck_assert_int_eq(try_rule(stage.world, "late_timer 50ms peer server"), -EINVAL);
    ck_assert_int_eq(try_rule(stage.world, "shuffle_tasks port 80"), -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "it befalls tasks"), 2);
}
END_TEST

Suite *fault_task_suite(void);

Suite *fault_task_suite(void)
{
    Suite *suite = suite_create("fault_task");
    TCase *tests = tcase_create("fault_task");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_waits_until_a_time_is_woken_late);
    tcase_add_test(tests, a_late_timer_keeps_nobody_from_what_comes);
    tcase_add_test(tests, a_late_timer_can_be_of_a_host_or_a_call);
    tcase_add_test(tests, a_task_goes_by_the_name_of_reports_too);
    tcase_add_test(tests, a_time_so_far_away_that_it_never_comes_does_not_come_early);
    tcase_add_test(tests, tasks_run_in_any_order_while_a_rule_says_so);
    tcase_add_test(tests, who_is_put_back_may_be_of_one_host_or_one_task);
    tcase_add_test(tests, without_rules_nobody_is_asked);
    tcase_add_test(tests, what_befalls_tasks_is_not_about_a_peer);
    suite_add_tcase(suite, tests);
    return suite;
}
