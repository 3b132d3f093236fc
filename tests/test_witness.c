#include "emu/witness.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/helpers.h"

enum { LIMIT = 200 };

static struct stage stage;
static struct lines lines;

static void setup(void)
{
    lines = (struct lines){0};
    stage_open(&stage, &(struct drill_config){.evidence = true,
                                              .spin_limit = LIMIT,
                                              .report = lines_add,
                                              .report_context = &lines});
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static const char *spun(void)
{
    return drill_evidence(stage.world).spun;
}

static int64_t ask_again_and_again(void *unused)
{
    char byte;

    (void)unused;
    drill_sleep(1500 * DRILL_MS);
    while (drill_recvfrom(stage.near, &byte, 1, MSG_DONTWAIT, NULL) == -EAGAIN)
        continue;
    return 0;
}

START_TEST(a_task_that_calls_and_never_waits_is_stopped_and_told)
{
    drill_start(stage.client, "ask", ask_again_and_again, NULL);
    ck_assert_int_eq(drill_run(stage.world), -EDEADLK);
    ck_assert_str_eq(spun(), "client/ask made 200 calls at 1.5s without time passing; "
                             "last: recv(3) = EAGAIN");
}
END_TEST

static int64_t answer_at_once(void *fd)
{
    char byte;

    while (drill_recvfrom(*(int *)fd, &byte, 1, 0, NULL) == 1)
        drill_sendto(*(int *)fd, &byte, 1, 0, NULL);
    return 0;
}

START_TEST(two_tasks_that_keep_waking_each_other_at_one_instant_are_told)
{
    drill_start_service(stage.client, "one", answer_at_once, &stage.near);
    drill_start_service(stage.server, "other", answer_at_once, &stage.far);
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(spun(), "server/other made 200 calls at 0ns without time passing; "
                             "last: recv(4) = 1");
}
END_TEST

static int64_t yield_for_ever(void *unused)
{
    (void)unused;
    while (drill_yield() == 0)
        continue;
    return 0;
}

/* The turn that events have after many switches is no rest. */
START_TEST(an_event_that_only_has_its_turn_does_not_hide_a_spin)
{
    stage.world->door.witness.spin_limit = 150000;
    drill_start_service(stage.client, "one", yield_for_ever, NULL);
    drill_start_service(stage.client, "other", yield_for_ever, NULL);
    drill_run_until(stage.world, DRILL_SECOND);
    drill_start_service(stage.server, "sleeps", ask_again_and_again, NULL);
    drill_run(stage.world);
    ck_assert_ptr_nonnull(spun());
    ck_assert_ptr_nonnull(strstr(spun(), "last: yield(-1) = 0"));
}
END_TEST

static int64_t call_often_but_rest(void *unused)
{
    char byte;

    (void)unused;
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < LIMIT - 1; j++)
            drill_recvfrom(stage.near, &byte, 1, MSG_DONTWAIT, NULL);
        drill_sleep(drill_monotonic() + 1);
    }
    return 0;
}

START_TEST(as_many_calls_as_allowed_at_each_instant_are_no_spin)
{
    run_task(stage.client, call_often_but_rest, NULL);
    ck_assert_ptr_null(spun());
}
END_TEST

START_TEST(the_main_stack_is_told_that_it_spins)
{
    char byte;
    ssize_t result = -EAGAIN;

    drill_enter(stage.client);
    for (int i = 0; result == -EAGAIN && i < 2 * LIMIT; i++)
        result = drill_recvfrom(stage.near, &byte, 1, MSG_DONTWAIT, NULL);
    ck_assert_int_eq(result, -EDEADLK);
    ck_assert_ptr_nonnull(spun());
}
END_TEST

START_TEST(without_a_limit_nobody_spins)
{
    char byte;

    stage.world->door.witness.spin_limit = 0;
    drill_enter(stage.client);
    for (int i = 0; i < 10 * LIMIT; i++)
        ck_assert_int_eq(drill_recvfrom(stage.near, &byte, 1, MSG_DONTWAIT, NULL), -EAGAIN);
    ck_assert_ptr_null(spun());
}
END_TEST

static const char *reused(void)
{
    return drill_evidence(stage.world).reused;
}

static const char *overdue(void)
{
    return drill_evidence(stage.world).overdue;
}

START_TEST(a_descriptor_that_is_used_after_it_was_closed_is_told)
{
    char byte;

    end(stage.client, stage.near);
    ck_assert_ptr_null(reused());
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -EBADF);
    ck_assert_str_eq(reused(), "client/main recv(3): descriptor 3 was closed");
    ck_assert_int_eq(end(stage.client, stage.near), -EBADF);
    ck_assert_str_eq(reused(), "client/main recv(3): descriptor 3 was closed");
    ck_assert_uint_eq(drill_evidence(stage.world).reused_count, 2);
}
END_TEST

START_TEST(a_descriptor_that_is_closed_twice_is_told)
{
    end(stage.client, stage.near);
    end(stage.client, stage.near);
    ck_assert_str_eq(reused(), "client/main close(3): descriptor 3 was closed");
}
END_TEST

START_TEST(a_closed_descriptor_that_is_to_be_watched_is_told)
{
    const struct drill_epoll_event event = {.events = 1};

    drill_enter(stage.client);
    const int epoll = drill_epoll_create();
    drill_close(stage.near);
    ck_assert_int_eq(drill_epoll_ctl(epoll, 1, stage.near, &event), -EBADF);
    ck_assert_str_eq(reused(), "client/main epoll_ctl(4): descriptor 3 was closed");
}
END_TEST

START_TEST(a_number_that_was_never_open_or_is_open_again_is_not_told)
{
    char byte;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_recvfrom(99, &byte, 1, 0, NULL), -EBADF);
    ck_assert_int_eq(drill_close(-1), -EBADF);
    ck_assert_int_eq(drill_dup2(stage.near, 50), 50);
    ck_assert_int_eq(drill_close(40), -EBADF);
    drill_close(stage.near);
    ck_assert_int_eq(tcp_socket(stage.client), stage.near);
    ck_assert_int_eq(drill_close(stage.near), 0);
    ck_assert_ptr_null(reused());
}
END_TEST

START_TEST(what_was_closed_before_a_crash_is_forgotten)
{
    end(stage.client, stage.near);
    drill_crash(stage.client);
    drill_restart(stage.client);
    ck_assert_int_eq(end(stage.client, stage.near), -EBADF);
    ck_assert_ptr_null(reused());
}
END_TEST

START_TEST(an_open_descriptor_that_answers_EBADF_is_not_told)
{
    char byte;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_dup2(stage.near, INT32_MAX), -EBADF);
    drill_stop_io(stage.near);
    ck_assert_int_eq(drill_recvfrom(stage.near, &byte, 1, 0, NULL), -EBADF);
    ck_assert_ptr_null(reused());
}
END_TEST

static int64_t receive_a_byte(void *unused)
{
    char byte;

    (void)unused;
    return drill_recvfrom(stage.near, &byte, 1, 0, NULL);
}

static void delay_timer(void *task)
{
    struct drill_task *late = task;

    drill_timeline_set(&stage.world->sim.timeline, &late->timer, 9 * DRILL_SECOND);
}

/* Only a fault of the emulator could do that. */
START_TEST(a_call_that_returns_after_its_deadline_is_told)
{
    drill_enter(stage.client);
    drill_set_read_deadline(stage.near, 5 * DRILL_SECOND);
    struct drill_task *task = drill_start(stage.client, "ask", receive_a_byte, NULL);
    drill_at(stage.world, DRILL_SECOND, delay_timer, task);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(overdue(), "client/ask recv(3) = EAGAIN at 9s, and was to return by 5s");
}
END_TEST

static int64_t sleep_a_while(void *unused)
{
    (void)unused;
    return drill_sleep(5 * DRILL_SECOND);
}

START_TEST(a_sleep_that_is_too_long_is_told)
{
    struct drill_task *task = drill_start(stage.client, "ask", sleep_a_while, NULL);

    drill_at(stage.world, DRILL_SECOND, delay_timer, task);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(overdue(), "client/ask sleep(-1) = 0 at 9s, and was to return by 5s");
}
END_TEST

static void strike(void *task)
{
    drill_faults_rule(&stage.world->door.faults, 1)->hits++;
    delay_timer(task);
}

START_TEST(a_rule_that_makes_timers_late_excuses_it)
{
    const struct drill_fault late = {.what = "late_timer", .delay_ns = 1, .from_ns = DRILL_NEVER};

    ck_assert_int_eq(drill_fault_add(stage.world, &late), 1);
    struct drill_task *task = drill_start(stage.client, "ask", sleep_a_while, NULL);
    drill_at(stage.world, DRILL_SECOND, strike, task);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_ptr_null(overdue());
}
END_TEST

START_TEST(a_host_that_was_paused_excuses_it)
{
    struct drill_task *task = drill_start(stage.client, "ask", sleep_a_while, NULL);

    drill_run_until(stage.world, DRILL_SECOND);
    drill_pause(stage.client);
    drill_run_until(stage.world, 7 * DRILL_SECOND);
    drill_resume(stage.client);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert(drill_task_ended(task));
    ck_assert_ptr_null(overdue());
}
END_TEST

static void move_deadline(void *when)
{
    drill_enter(stage.client);
    drill_set_read_deadline(stage.near, *(int64_t *)when);
}

START_TEST(a_deadline_that_moves_while_somebody_waits_makes_nobody_late)
{
    static int64_t never = 0, past = 1, later = 8 * DRILL_SECOND;

    for (int i = 0; i < 2; i++) {
        move_deadline(&later);
        const int64_t now = drill_now(stage.world);
        drill_start(stage.client, "ask", receive_a_byte, NULL);
        drill_at(stage.world, now + 1, move_deadline, &never);
        drill_at(stage.world, now + DRILL_SECOND, move_deadline, i == 0 ? &past : &later);
        drill_run(stage.world);
        later += 20 * DRILL_SECOND;
    }
    ck_assert_int_eq(drill_now(stage.world), 28 * DRILL_SECOND);
    ck_assert_ptr_null(overdue());
}
END_TEST

static void send_late_byte(void *unused)
{
    (void)unused;
    drill_enter(stage.server);
    drill_sendto(stage.far, "x", 1, 0, NULL);
    drill_enter(stage.client);
}

/* The action runs on the stack that waits in recv. */
START_TEST(a_call_made_while_the_main_stack_waits_leaves_its_wait_alone)
{
    move_deadline(&(int64_t){5 * DRILL_SECOND});
    drill_at(stage.world, 2 * DRILL_SECOND, send_late_byte, NULL);
    hear(stage.client, stage.near, "x");
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND);
    ck_assert_ptr_null(overdue());
    ck_assert_uint_eq(drill_received(stage.client, "main").count, 1);
}
END_TEST

START_TEST(what_is_found_stands_in_the_trace_once)
{
    drill_trace_to(stage.world, lines_add, &lines);
    end(stage.client, stage.near);
    end(stage.client, stage.near);
    end(stage.client, stage.near);
    ck_assert_uint_eq(lines_with(&lines, "witness: client/main close(3): descriptor 3"), 1);
}
END_TEST

static TCase *descriptors(void)
{
    TCase *tests = tcase_create("descriptors");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_descriptor_that_is_used_after_it_was_closed_is_told);
    tcase_add_test(tests, a_descriptor_that_is_closed_twice_is_told);
    tcase_add_test(tests, a_closed_descriptor_that_is_to_be_watched_is_told);
    tcase_add_test(tests, a_number_that_was_never_open_or_is_open_again_is_not_told);
    tcase_add_test(tests, what_was_closed_before_a_crash_is_forgotten);
    tcase_add_test(tests, an_open_descriptor_that_answers_EBADF_is_not_told);
    tcase_add_test(tests, what_is_found_stands_in_the_trace_once);
    return tests;
}

static TCase *times(void)
{
    TCase *tests = tcase_create("times");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_call_that_returns_after_its_deadline_is_told);
    tcase_add_test(tests, a_sleep_that_is_too_long_is_told);
    tcase_add_test(tests, a_rule_that_makes_timers_late_excuses_it);
    tcase_add_test(tests, a_host_that_was_paused_excuses_it);
    tcase_add_test(tests, a_deadline_that_moves_while_somebody_waits_makes_nobody_late);
    tcase_add_test(tests, a_call_made_while_the_main_stack_waits_leaves_its_wait_alone);
    return tests;
}

Suite *witness_suite(void);

Suite *witness_suite(void)
{
    Suite *suite = suite_create("witness");
    TCase *spins = tcase_create("spins");

    tcase_add_checked_fixture(spins, setup, teardown);
    tcase_add_test(spins, a_task_that_calls_and_never_waits_is_stopped_and_told);
    tcase_add_test(spins, two_tasks_that_keep_waking_each_other_at_one_instant_are_told);
    tcase_add_test(spins, an_event_that_only_has_its_turn_does_not_hide_a_spin);
    tcase_add_test(spins, as_many_calls_as_allowed_at_each_instant_are_no_spin);
    tcase_add_test(spins, the_main_stack_is_told_that_it_spins);
    tcase_add_test(spins, without_a_limit_nobody_spins);
    suite_add_tcase(suite, spins);
    suite_add_tcase(suite, descriptors());
    suite_add_tcase(suite, times());
    return suite;
}
