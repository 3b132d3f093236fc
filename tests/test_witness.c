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
    return suite;
}
