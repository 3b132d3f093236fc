#include "emu/task.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "tests/helpers.h"

static struct stage stage;
static char order[64];

static void setup(void)
{
    stage_open(&stage, NULL);
    order[0] = '\0';
}

static void teardown(void)
{
    stage_close(&stage);
}

static void note(const char *what)
{
    strncat(order, what, sizeof order - strlen(order) - 1);
}

static struct drill_task *start(const char *name, int64_t (*run)(void *))
{
    struct drill_task *task = drill_start(stage.client, name, run, (void *)(uintptr_t)name);

    ck_assert_ptr_nonnull(task);
    return task;
}

static int64_t note_twice(void *name)
{
    note(name);
    drill_yield();
    note(name);
    return 0;
}

START_TEST(who_is_ready_first_runs_first)
{
    start("a", note_twice);
    start("b", note_twice);
    start("c", note_twice);
    ck_assert_str_eq(order, "");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "abcabc");
}
END_TEST

static uint64_t last_of_all(void *context, const struct drill_choice *choice)
{
    (void)context;
    return choice->count - 1;
}

START_TEST(an_oracle_picks_who_runs)
{
    drill_oracle_set(stage.world, last_of_all, NULL);
    start("a", note_twice);
    start("b", note_twice);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "bbaa");
}
END_TEST

START_TEST(without_an_oracle_no_decision_is_asked_for)
{
    start("a", note_twice);
    start("b", note_twice);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(stage.world->sim.choices.asked, 0);
}
END_TEST

static int64_t sleep_by_name(void *name)
{
    drill_sleep(*(const char *)name * DRILL_MS);
    note(name);
    return drill_monotonic();
}

START_TEST(sleepers_wake_in_order_of_time)
{
    start("c", sleep_by_name);
    start("a", sleep_by_name);
    start("b", sleep_by_name);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "abc");
    ck_assert_int_eq(drill_now(stage.world), 'c' * DRILL_MS);
}
END_TEST

START_TEST(joining_gives_the_result_and_ends_the_task)
{
    struct drill_task *task = start("z", sleep_by_name);
    int64_t result = 0;

    ck_assert(!drill_task_ended(task));
    ck_assert_int_eq(drill_join(task, &result), 0);
    ck_assert_int_eq(result, 'z' * DRILL_MS);
    ck_assert_uint_eq(drill_stats(stage.world).live_tasks, 0);
}
END_TEST

START_TEST(a_task_that_has_ended_can_be_joined_later)
{
    struct drill_task *task = start("a", sleep_by_name);
    int64_t result = 0;

    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert(drill_task_ended(task));
    ck_assert_int_eq(drill_join(task, &result), 0);
    ck_assert_int_eq(result, 'a' * DRILL_MS);
}
END_TEST

static int64_t join_other(void *other)
{
    int64_t result = 0;
    const int joined = drill_join(other, &result);

    return joined < 0 ? joined : result + 1;
}

START_TEST(a_task_can_wait_for_another)
{
    struct drill_task *other = start("a", sleep_by_name);

    ck_assert_int_eq(run_task(stage.server, join_other, other), 'a' * DRILL_MS + 1);
}
END_TEST

static struct drill_task *self;

static int64_t join_self(void *unused)
{
    (void)unused;
    return drill_join(self, NULL);
}

START_TEST(nobody_waits_for_itself)
{
    int64_t result = 0;

    self = start("a", join_self);
    ck_assert_int_eq(drill_join(self, &result), 0);
    ck_assert_int_eq(result, -EDEADLK);
}
END_TEST

START_TEST(one_waits_for_a_task_and_no_other)
{
    struct drill_task *sleeper = start("a", sleep_by_name);
    struct drill_task *first = drill_start(stage.client, "first", join_other, sleeper);
    int64_t result = 0;

    ck_assert_int_eq(run_task(stage.client, join_other, sleeper), -EDEADLK);
    ck_assert_int_eq(drill_join(first, &result), 0);
    ck_assert_int_eq(result, 'a' * DRILL_MS + 1);
}
END_TEST

static int64_t wait_for_ever(void *fd)
{
    struct drill_pollfd both[2] = {{.fd = *(int *)fd, .events = POLLIN}, {.fd = -1}};

    drill_poll(both, 2, DRILL_NEVER);
    note("woken");
    return 0;
}

START_TEST(a_task_that_ends_with_its_host_leaves_nothing_behind)
{
    stage_listen(&stage, 1);
    struct drill_task *waiting = drill_start(stage.server, "waits", wait_for_ever, &stage.listener);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    const uint64_t live = drill_stats(stage.world).live_allocations;
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_uint_lt(drill_stats(stage.world).live_allocations, live);
    ck_assert(drill_task_ended(waiting));
    ck_assert_str_eq(order, "");
    int64_t result = 0;
    ck_assert_int_eq(drill_join(waiting, &result), 0);
    ck_assert_int_eq(result, -ECANCELED);
}
END_TEST

START_TEST(who_joins_a_task_that_is_ended_is_told)
{
    stage_listen(&stage, 1);
    struct drill_task *waiting = drill_start(stage.server, "waits", wait_for_ever, &stage.listener);
    struct drill_task *joins = drill_start(stage.client, "joins", join_other, waiting);
    int64_t result = 0;

    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_join(joins, &result), 0);
    ck_assert_int_eq(result, -ECANCELED + 1);
}
END_TEST

START_TEST(a_frozen_task_runs_when_its_host_goes_on)
{
    start("a", sleep_by_name);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_MS), 0);
    ck_assert_int_eq(drill_pause(stage.client), 0);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    ck_assert_str_eq(order, "");
    ck_assert_int_eq(drill_resume(stage.client), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "a");
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_ready_task_can_be_frozen_and_let_go_twice)
{
    start("a", note_twice);
    drill_pause(stage.client);
    drill_pause(stage.client);
    ck_assert_int_eq(drill_run_until(stage.world, 1), 0);
    ck_assert_str_eq(order, "");
    drill_resume(stage.client);
    drill_resume(stage.client);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "aa");
}
END_TEST

START_TEST(a_service_does_not_keep_a_run_going)
{
    stage_listen(&stage, 1);
    ck_assert_ptr_nonnull(
        drill_start_service(stage.server, "serves", wait_for_ever, &stage.listener));
    start("a", sleep_by_name);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(a_step_lets_one_thing_happen)
{
    start("a", note_twice);
    start("b", note_twice);
    ck_assert_int_eq(drill_step(stage.world), 1);
    ck_assert_str_eq(order, "a");
    ck_assert_int_eq(drill_step(stage.world), 1);
    ck_assert_str_eq(order, "ab");
    while (drill_step(stage.world))
        continue;
    ck_assert_str_eq(order, "abab");
}
END_TEST

static int64_t run_world(void *unused)
{
    (void)unused;
    return drill_run(stage.world);
}

START_TEST(only_the_main_stack_runs_a_world)
{
    ck_assert_int_eq(run_task(stage.client, run_world, NULL), -EBUSY);
}
END_TEST

START_TEST(the_main_stack_sleeps_while_tasks_run)
{
    start("a", sleep_by_name);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_sleep(DRILL_SECOND), 0);
    ck_assert_str_eq(order, "a");
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(without_memory_no_task_starts)
{
    for (uint64_t n = 1;; n++) {
        const uint64_t live = drill_stats(stage.world).live_allocations;
        stage_fail(&stage, n);
        struct drill_task *task = drill_start(stage.client, "a", note_twice, (void *)"a");
        if (task != NULL) {
            ck_assert_uint_gt(n, 2);
            break;
        }
        ck_assert_uint_eq(drill_stats(stage.world).live_allocations, live);
        ck_assert_uint_eq(drill_stats(stage.world).live_tasks, 0);
        ck_assert_uint_lt(n, 20);
    }
    stage_fail(&stage, 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "aa");
}
END_TEST

static TCase *running(void)
{
    TCase *tests = tcase_create("running");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_is_ready_first_runs_first);
    tcase_add_test(tests, an_oracle_picks_who_runs);
    tcase_add_test(tests, without_an_oracle_no_decision_is_asked_for);
    tcase_add_test(tests, sleepers_wake_in_order_of_time);
    tcase_add_test(tests, joining_gives_the_result_and_ends_the_task);
    tcase_add_test(tests, a_task_that_has_ended_can_be_joined_later);
    tcase_add_test(tests, a_task_can_wait_for_another);
    tcase_add_test(tests, nobody_waits_for_itself);
    tcase_add_test(tests, one_waits_for_a_task_and_no_other);
    return tests;
}

static TCase *others(void)
{
    TCase *tests = tcase_create("others");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_task_that_ends_with_its_host_leaves_nothing_behind);
    tcase_add_test(tests, who_joins_a_task_that_is_ended_is_told);
    tcase_add_test(tests, a_frozen_task_runs_when_its_host_goes_on);
    tcase_add_test(tests, a_ready_task_can_be_frozen_and_let_go_twice);
    tcase_add_test(tests, a_service_does_not_keep_a_run_going);
    tcase_add_test(tests, a_step_lets_one_thing_happen);
    tcase_add_test(tests, only_the_main_stack_runs_a_world);
    tcase_add_test(tests, the_main_stack_sleeps_while_tasks_run);
    tcase_add_test(tests, without_memory_no_task_starts);
    return tests;
}

Suite *task_suite(void);

Suite *task_suite(void)
{
    Suite *suite = suite_create("task");

    suite_add_tcase(suite, running());
    suite_add_tcase(suite, others());
    return suite;
}
