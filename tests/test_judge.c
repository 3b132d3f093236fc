#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/stage.h"

#define SUBJECT(name)                                                                              \
    static int name(int argc __attribute__((unused)), char **argv __attribute__((unused)))

/* A host with one task, which does what a test wants to be found. */
struct act {
    drill_subject *subject;
    const char *rule;
    int (*more)(struct drill_stage *stage, struct drill_host *host);
};

static int build(struct drill_stage *stage, void *context)
{
    const struct act *act = context;
    struct drill_host *host = drill_host_new(drill_stage_world(stage), "a", "10.0.0.1");
    int result = drill_stage_task(stage, host, "t", act->subject, 0, NULL);

    if (result == 0 && act->rule != NULL)
        result = drill_stage_fault(stage, act->rule);
    return result == 0 && act->more != NULL ? act->more(stage, host) : result;
}

static struct drill_outcome run(struct act *act, struct drill_order order)
{
    const struct drill_scenario scenario = {.name = "act", .build = build, .context = act};
    struct drill_outcome outcome;

    ck_assert_int_eq(drill_stage_run(&scenario, &order, &outcome), 0);
    return outcome;
}

static void finds(struct act act, enum drill_finding_kind kind, const char *sentence)
{
    const struct drill_outcome outcome = run(&act, (struct drill_order){0});

    ck_assert_msg(strstr(outcome.sentence, sentence) != NULL, "%s", outcome.sentence);
    ck_assert_msg(outcome.kind == kind, "%s", outcome.sentence);
}

static void passes(struct act act)
{
    finds(act, DRILL_PASSED, "");
}

SUBJECT(nothing)
{
    return argc == 1 && strcmp(argv[0], "t") == 0 ? 0 : 99;
}

SUBJECT(three)
{
    return 3;
}

SUBJECT(refused)
{
    return -ECONNREFUSED;
}

static int expect_three(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_exit(stage, "a/t", 3);
}

static int expect_anything(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_any_exit(stage, "a/t");
}

START_TEST(an_exit_that_was_not_expected_is_found)
{
    passes((struct act){.subject = nothing});
    finds((struct act){.subject = three}, DRILL_EXITED, "a/t ended with 3, not with 0");
    finds((struct act){.subject = refused}, DRILL_EXITED, "a/t ended with ECONNREFUSED, not");
    passes((struct act){.subject = three, .more = expect_three});
    finds((struct act){.subject = nothing, .more = expect_three}, DRILL_EXITED,
          "with 0, not with 3");
    passes((struct act){.subject = refused, .more = expect_anything});
}
END_TEST

SUBJECT(sleep_long)
{
    return drill_sleep(5 * DRILL_SECOND);
}

static void crash(void *host)
{
    drill_crash(host);
}

static int crashes(struct drill_stage *stage, struct drill_host *host)
{
    return drill_stage_at(stage, DRILL_SECOND, crash, host);
}

static int goes(struct drill_stage *stage, struct drill_host *host)
{
    const int result = crashes(stage, host);

    return result < 0 ? result : drill_stage_expect_gone(stage, "a/t");
}

START_TEST(who_goes_with_its_host_was_to_go)
{
    finds((struct act){.subject = sleep_long, .more = crashes}, DRILL_EXITED,
          "a/t went with its host, and was to end with 0");
    passes((struct act){.subject = sleep_long, .more = goes});
    struct act act = {.subject = sleep_long, .more = goes};
    const struct drill_outcome calm = run(&act, (struct drill_order){.calm = true});
    ck_assert_str_eq(calm.sentence, "a/t ended with 0, and was to go with its host");
}
END_TEST

static int by_a_second(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_by(stage, "a/t", DRILL_SECOND);
}

static int within_a_second(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_calm(stage, DRILL_SECOND, DRILL_SECOND);
}

static int in_three_seconds(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    drill_stage_limit_time(stage, 3 * DRILL_SECOND);
    return 0;
}

static int late_is_allowed(struct drill_stage *stage, struct drill_host *host)
{
    drill_stage_allow(stage, DRILL_ALLOW_LATE);
    return in_three_seconds(stage, host);
}

START_TEST(who_is_late_is_found)
{
    finds((struct act){.subject = sleep_long, .more = by_a_second}, DRILL_LATE,
          "a/t has ended at 5s, not by 1s");
    finds((struct act){.subject = sleep_long, .more = within_a_second}, DRILL_LATE,
          "a/t has not ended within 1s of the calm at 1s");
    finds((struct act){.subject = sleep_long, .more = in_three_seconds}, DRILL_LATE,
          "a/t has not ended within 3s");
    passes((struct act){.subject = sleep_long, .more = late_is_allowed});
}
END_TEST

SUBJECT(listen_for_ever)
{
    const struct drill_sockaddr here = drill_sockaddr_parse("0.0.0.0:80");
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);

    drill_bind(fd, &here);
    drill_listen(fd, 1);
    drill_accept(fd, NULL);
    return drill_close(fd);
}

static int expect_stall(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_stall(stage);
}

static int stall_is_allowed(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    drill_stage_allow(stage, DRILL_ALLOW_STALL);
    return 0;
}

static void count_lines(void *context, const char *line)
{
    (void)line;
    ++*(int *)context;
}

START_TEST(a_stall_is_found_and_reported)
{
    struct act act = {.subject = listen_for_ever};
    int lines = 0;
    const struct drill_outcome outcome =
        run(&act, (struct drill_order){.report = count_lines, .report_context = &lines});

    ck_assert_int_eq(outcome.kind, DRILL_STALLED);
    ck_assert_str_eq(outcome.sentence, "stalled at 0ns: a/t waits in accept for what cannot come");
    ck_assert_int_ge(lines, 3);
    passes((struct act){.subject = listen_for_ever, .more = expect_stall});
    passes((struct act){.subject = listen_for_ever, .more = stall_is_allowed});
    finds((struct act){.subject = nothing, .more = expect_stall}, DRILL_UNMET,
          "a stall was expected");
}
END_TEST

SUBJECT(spin)
{
    while (drill_read(7, argv, 0) < 0)
        continue;
    return 0;
}

static int few_calls(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    drill_stage_limit_calls(stage, 1000);
    return 0;
}

SUBJECT(break_promise)
{
    drill_broken("%d is more than %d", argc, 0);
    return 0;
}

START_TEST(a_spin_and_a_broken_promise_are_found)
{
    finds((struct act){.subject = spin}, DRILL_SPUN, "a/t");
    finds((struct act){.subject = spin, .more = few_calls}, DRILL_SPUN, "1000");
    finds((struct act){.subject = break_promise}, DRILL_BROKE, "1 is more than 0");
}
END_TEST

SUBJECT(leave_open)
{
    return drill_socket(AF_INET, SOCK_STREAM, 0) < 0;
}

SUBJECT(close_twice)
{
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);

    drill_close(fd);
    return drill_close(fd) == -EBADF ? 0 : 1;
}

static int descriptors_are_allowed(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    drill_stage_allow(stage, DRILL_ALLOW_DESCRIPTORS);
    return 0;
}

START_TEST(descriptors_left_open_or_used_after_their_close_are_found)
{
    finds((struct act){.subject = leave_open}, DRILL_LEAKED,
          "a has 1 descriptor left open, the first is 3");
    finds((struct act){.subject = close_twice}, DRILL_REUSED, "");
    passes((struct act){.subject = leave_open, .more = descriptors_are_allowed});
    passes((struct act){.subject = close_twice, .more = descriptors_are_allowed});
}
END_TEST

/* A chain of all that was lost, so that no other checker finds it. */
static void *kept;

SUBJECT(leak)
{
    void **block = malloc(100);

    if (block == NULL)
        return 1;
    *block = kept;
    kept = block;
    return 0;
}

SUBJECT(keep_one)
{
    static void *once;

    if (once == NULL)
        once = malloc(100);
    return once == NULL;
}

static int leak_is_allowed(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    drill_stage_allow(stage, DRILL_ALLOW_LEAK);
    return 0;
}

START_TEST(memory_that_is_lost_each_time_is_found)
{
    struct act act = {.subject = leak};

    finds(act, DRILL_LEAKED, "a/t has ended and has not freed");
    ck_assert_int_eq(run(&act, (struct drill_order){.quick = true}).kind, DRILL_LEAKED);
    passes((struct act){.subject = leak, .more = leak_is_allowed});
    passes((struct act){.subject = keep_one});
}
END_TEST

SUBJECT(wander)
{
    static int runs;

    return drill_sleep(++runs * DRILL_MS);
}

START_TEST(a_program_that_remembers_another_run_is_found)
{
    finds((struct act){.subject = wander}, DRILL_DIFFERED, "a second run differs");
    struct act act = {.subject = wander};
    ck_assert_int_eq(run(&act, (struct drill_order){.quick = true}).kind, DRILL_PASSED);
}
END_TEST

SUBJECT(reach)
{
    drill_reached("here");
    return drill_sleep(DRILL_SECOND);
}

static int expect_marks(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    const int result = drill_stage_expect_reached(stage, "here");
    return result < 0 ? result : drill_stage_expect_reached(stage, "there");
}

START_TEST(a_mark_is_to_be_reached_in_some_run)
{
    struct act act = {.subject = reach, .more = expect_marks};
    const struct drill_outcome outcome = run(&act, (struct drill_order){.many = true});

    finds(act, DRILL_UNMET, "the mark there was not reached");
    ck_assert_int_eq(outcome.kind, DRILL_PASSED);
    ck_assert_str_eq(outcome.unreached, "there");
    ck_assert_uint_eq(outcome.mark_count, 1);
    ck_assert_str_eq(outcome.marks[0], "here");
}
END_TEST

static int expect_hits(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_hits(stage, "late_timer#1", 1, false);
}

static int expect_more_hits(struct drill_stage *stage, struct drill_host *host)
{
    (void)host;
    return drill_stage_expect_hits(stage, "late_timer#1", 2, true);
}

START_TEST(a_rule_is_to_strike_so_often)
{
    struct act act = {.subject = sleep_long, .rule = "late_timer 1s", .more = expect_hits};
    const struct drill_outcome outcome = run(&act, (struct drill_order){0});

    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_uint_eq(outcome.strikes, 1);
    act.more = expect_more_hits;
    finds(act, DRILL_UNMET, "the rule late_timer#1 has struck 1 times, not 2 or more");
    ck_assert_int_eq(run(&act, (struct drill_order){.calm = true}).kind, DRILL_PASSED);
    ck_assert_int_eq(run(&act, (struct drill_order){.off = true}).kind, DRILL_PASSED);
    ck_assert_str_eq(run(&act, (struct drill_order){.off = true}).unused, "");
    act = (struct act){.subject = nothing, .rule = "late_timer 1s"};
    ck_assert_str_eq(run(&act, (struct drill_order){0}).unused, "late_timer#1");
}
END_TEST

Suite *judge_suite(void);

Suite *judge_suite(void)
{
    Suite *suite = suite_create("judge");
    TCase *tests = tcase_create("findings");

    tcase_add_test(tests, an_exit_that_was_not_expected_is_found);
    tcase_add_test(tests, who_goes_with_its_host_was_to_go);
    tcase_add_test(tests, who_is_late_is_found);
    tcase_add_test(tests, a_stall_is_found_and_reported);
    tcase_add_test(tests, a_spin_and_a_broken_promise_are_found);
    tcase_add_test(tests, descriptors_left_open_or_used_after_their_close_are_found);
    tcase_add_test(tests, memory_that_is_lost_each_time_is_found);
    tcase_add_test(tests, a_program_that_remembers_another_run_is_found);
    tcase_add_test(tests, a_mark_is_to_be_reached_in_some_run);
    tcase_add_test(tests, a_rule_is_to_strike_so_often);
    suite_add_tcase(suite, tests);
    return suite;
}
