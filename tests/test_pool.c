#include "tools/pool.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/helpers.h"

enum { RUNS = 40, NOTED = 64 };

/* What is to become of some runs; all others pass. */
struct fate {
    uint64_t number;
    void (*meet)(void);
};

/* What the parent was told. */
struct notes {
    const struct fate *fates;
    uint64_t wrong; /* the run that cannot be; 0: none */
    size_t count;
    uint64_t numbers[NOTED];
    struct drill_outcome outcomes[NOTED];
    uint64_t seen; /* by the last tick */
};

static void be_shot(void)
{
    raise(SIGSEGV);
}

static void leave(void)
{
    exit(3);
}

static void leave_well(void)
{
    exit(0);
}

static void turn(void)
{
    for (volatile int i = 0;; i++)
        continue;
}

static void sleep_on(void)
{
    for (;;)
        pause();
}

static void halt(void)
{
    raise(SIGSTOP);
}

/* Also what the worker speaks through. */
static void close_all(void)
{
    for (int fd = STDERR_FILENO + 1; fd < NOTED; fd++)
        close(fd);
}

static void split_in_two(void)
{
    ck_assert_int_ge(fork(), 0);
}

static void stop_all(void)
{
    kill(getppid(), SIGINT);
}

static const struct fate nobody[] = {{0, NULL}};

static const struct fate fates[] = {
    {3, be_shot},   {4, abort}, {11, leave},     {12, leave_well},   {20, turn},
    {31, sleep_on}, {33, halt}, {15, close_all}, {36, split_in_two}, {0, NULL},
};

static int do_run(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct notes *notes = context;
    const uint64_t number = run->number;

    outcome->seed = number;
    outcome->hash = number * 7;
    outcome->calls = 2;
    snprintf(outcome->marks[outcome->mark_count++], DRILL_MARK_BYTES, "here");
    snprintf(outcome->unused, sizeof outcome->unused, number % 2 == 0 ? "a\nb c" : "b c");
    for (const struct fate *fate = notes->fates; fate->meet != NULL; fate++)
        if (fate->number == number)
            fate->meet();
    if (number == 15 || number == 25) {
        outcome->kind = DRILL_STALLED;
        snprintf(outcome->sentence, sizeof outcome->sentence, "nobody moves");
    }
    return number == notes->wrong ? -EINVAL : 0;
}

static void note(void *context, const struct drill_pool_run *run,
                 const struct drill_outcome *outcome)
{
    struct notes *notes = context;

    ck_assert_uint_lt(notes->count, NOTED);
    notes->numbers[notes->count] = run->number;
    notes->outcomes[notes->count++] = *outcome;
}

static void see(void *context, const struct drill_pool_state *state)
{
    struct notes *notes = context;

    notes->seen = state->runs;
}

static struct drill_pool pool_of(struct notes *notes, int jobs)
{
    return (struct drill_pool){.first = 1,
                               .stride = 1,
                               .count = RUNS,
                               .jobs = jobs,
                               .cpu = 0.2,
                               .context = notes,
                               .run = do_run,
                               .ended = note,
                               .tick = see};
}

static const struct drill_outcome *outcome_of(const struct notes *notes, uint64_t number)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->numbers[i] == number)
            return &notes->outcomes[i];
    ck_abort_msg("nothing is known of run %d", (int)number);
    return NULL;
}

static void expect(const struct notes *notes, uint64_t number, enum drill_finding_kind kind,
                   const char *sentence)
{
    const struct drill_outcome *outcome = outcome_of(notes, number);

    ck_assert_int_eq(outcome->kind, kind);
    ck_assert_uint_eq(outcome->seed, number);
    ck_assert_str_eq(outcome->sentence, sentence);
}

static void expect_all(const struct notes *notes, const struct drill_tally *tally)
{
    ck_assert_uint_eq(notes->count, 9);
    expect(notes, 3, DRILL_CRASHED, "the run died of SIGSEGV (Segmentation fault)");
    expect(notes, 4, DRILL_CRASHED, "the run died of SIGABRT (Aborted)");
    expect(notes, 11, DRILL_CRASHED, "the run ended its process with exit status 3");
    expect(notes, 12, DRILL_CRASHED, "the run ended its process with exit status 0");
    expect(notes, 20, DRILL_HUNG, "the run used 0.2 s of processor time and did not end");
    expect(notes, 31, DRILL_HUNG,
           "the run waits for something that is outside the virtual network");
    expect(notes, 33, DRILL_HUNG,
           "the run waits for something that is outside the virtual network");
    expect(notes, 15, DRILL_STALLED, "nobody moves");
    expect(notes, 25, DRILL_STALLED, "nobody moves");
    ck_assert_uint_eq(tally->runs, RUNS);
    ck_assert_uint_eq(drill_tally_found(tally), 9);
    ck_assert_uint_eq(tally->kinds[DRILL_PASSED], RUNS - 9);
    ck_assert_uint_eq(tally->kinds[DRILL_CRASHED], 4);
    ck_assert_uint_eq(tally->calls, 2 * (RUNS - 7));
    ck_assert_uint_eq(drill_tally_has(&tally->reached, "here"), RUNS - 7);
    ck_assert_uint_eq(notes->seen, RUNS);
}

START_TEST(a_run_that_passes_is_counted_and_not_told)
{
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 2);
    struct drill_tally tally;

    pool.count = 10;
    ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_DONE);
    ck_assert_uint_eq(tally.runs, 10);
    ck_assert_uint_eq(notes.count, 0);
    ck_assert_uint_eq(drill_tally_has(&tally.unused, "a"), 5);
    ck_assert_uint_eq(drill_tally_has(&tally.unused, "b c"), 10);
}
END_TEST

START_TEST(every_way_to_die_is_a_finding_and_nothing_else_is_lost)
{
    struct drill_tally first = {0}, tally;

    for (int jobs = 1; jobs <= 8; jobs += 7) {
        struct notes notes = {.fates = fates};
        const struct drill_pool pool = pool_of(&notes, jobs);
        ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_DONE);
        expect_all(&notes, &tally);
        if (jobs == 1)
            first = tally;
    }
    ck_assert_mem_eq(&first, &tally, sizeof tally);
}
END_TEST

START_TEST(runs_in_processes_of_their_own_end_the_same)
{
    struct notes notes = {.fates = fates};
    struct drill_pool pool = pool_of(&notes, 2);
    struct drill_tally tally;

    pool.alone = true;
    ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_DONE);
    expect_all(&notes, &tally);
}
END_TEST

START_TEST(shards_are_the_same_runs)
{
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 1);
    struct drill_tally whole, part, sum = {0};

    ck_assert_int_eq(drill_pool_run(&pool, &whole, NULL), DRILL_POOL_DONE);
    for (uint64_t shard = 0; shard < 3; shard++) {
        pool.first = 1 + shard;
        pool.stride = 3;
        pool.count = (RUNS - shard + 2) / 3;
        ck_assert_int_eq(drill_pool_run(&pool, &part, NULL), DRILL_POOL_DONE);
        drill_tally_merge(&sum, &part);
    }
    ck_assert_mem_eq(&whole, &sum, sizeof sum);
}
END_TEST

START_TEST(a_pool_of_one_run_runs_once)
{
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 8);
    struct drill_tally tally;

    pool.first = 17;
    pool.count = 1;
    pool.every = true;
    ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_DONE);
    ck_assert_uint_eq(tally.runs, 1);
    ck_assert_uint_eq(notes.count, 1);
    expect(&notes, 17, DRILL_PASSED, "");
}
END_TEST

START_TEST(an_interrupt_ends_it_with_what_is_known)
{
    static const struct fate stop[] = {{20, stop_all}, {30, turn}, {0, NULL}};
    struct notes notes = {.fates = stop};
    struct drill_pool pool = pool_of(&notes, 1);
    struct drill_tally tally;

    pool.count = UINT64_MAX;
    ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_INTERRUPTED);
    ck_assert_uint_ge(tally.runs, 20);
    expect(&notes, 15, DRILL_STALLED, "nobody moves");
}
END_TEST

START_TEST(no_run_begins_after_its_time)
{
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 2);
    struct drill_tally tally;

    pool.count = UINT64_MAX;
    pool.seconds = 0.05;
    ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_TIMED);
    ck_assert_uint_ge(tally.runs, 1);
}
END_TEST

START_TEST(a_run_that_cannot_be_ends_them_all)
{
    struct notes notes = {.fates = nobody, .wrong = 9};
    struct drill_pool pool = pool_of(&notes, 2);
    struct drill_tally tally;
    uint64_t wrong = 0;

    for (int alone = 0; alone < 2; alone++) {
        pool.alone = alone != 0;
        ck_assert_int_eq(drill_pool_run(&pool, &tally, &wrong), -EINVAL);
        ck_assert_uint_eq(wrong, 9);
    }
}
END_TEST

static int run_nothing(void *context, const struct drill_pool_run *run,
                       struct drill_outcome *outcome)
{
    (void)context;
    outcome->seed = run->number;
    return 0;
}

START_TEST(workers_are_renewed_and_no_run_is_lost)
{
    enum { MANY = 250000 };
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 1);
    struct drill_tally one, two;

    pool.count = MANY;
    pool.run = run_nothing;
    ck_assert_int_eq(drill_pool_run(&pool, &one, NULL), DRILL_POOL_DONE);
    pool.jobs = 2;
    ck_assert_int_eq(drill_pool_run(&pool, &two, NULL), DRILL_POOL_DONE);
    ck_assert_uint_eq(one.runs, MANY);
    ck_assert_mem_eq(&one, &two, sizeof one);
}
END_TEST

/* Each number has three parts, of which the first does not count; the second dies. */
static int run_part(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    (void)context;
    outcome->seed = run->number;
    outcome->kind = DRILL_BROKE;
    if (run->part == 1)
        be_shot();
    return 0;
}

static bool counts(void *context, const struct drill_pool_run *run)
{
    (void)context;
    return run->part != 0;
}

static bool is_to_come(void *context, const struct drill_pool_run *run)
{
    (void)context;
    return run->part < 2;
}

START_TEST(a_number_can_have_parts_and_a_death_is_that_of_one_part)
{
    struct notes notes = {.fates = nobody};
    struct drill_pool pool = pool_of(&notes, 2);
    struct drill_tally tally;

    pool.count = 6;
    pool.run = run_part;
    pool.counts = counts;
    pool.more = is_to_come;
    for (int alone = 0; alone < 2; alone++) {
        notes.count = 0;
        pool.alone = alone != 0;
        ck_assert_int_eq(drill_pool_run(&pool, &tally, NULL), DRILL_POOL_DONE);
        ck_assert_uint_eq(tally.runs, 12);
        ck_assert_uint_eq(tally.kinds[DRILL_CRASHED], 6);
        ck_assert_uint_eq(tally.kinds[DRILL_BROKE], 6);
        ck_assert_uint_eq(notes.count, 12);
    }
}
END_TEST

Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");

    tcase_add_test(tests, a_run_that_passes_is_counted_and_not_told);
    tcase_add_test(tests, every_way_to_die_is_a_finding_and_nothing_else_is_lost);
    tcase_add_test(tests, runs_in_processes_of_their_own_end_the_same);
    tcase_add_test(tests, shards_are_the_same_runs);
    tcase_add_test(tests, a_pool_of_one_run_runs_once);
    tcase_add_test(tests, an_interrupt_ends_it_with_what_is_known);
    tcase_add_test(tests, no_run_begins_after_its_time);
    tcase_add_test(tests, a_run_that_cannot_be_ends_them_all);
    tcase_add_test(tests, a_number_can_have_parts_and_a_death_is_that_of_one_part);
    tcase_add_test(tests, workers_are_renewed_and_no_run_is_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
