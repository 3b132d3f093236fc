#include "tools/shrink_log.h"

#include <check.h>
#include <errno.h>

#include "emu/choice_log.h"
#include "tests/helpers.h"

/* What a finding needs: these questions, answered with so much at least. */
struct needs {
    size_t count;
    struct {
        uint64_t index, answer;
    } need[8];
    uint64_t stop_after; /* runs; 0: never */
};

static struct drill_log *log_of_test;

static void setup(void)
{
    log_of_test = drill_log_new();
    ck_assert_ptr_nonnull(log_of_test);
}

static void teardown(void)
{
    drill_log_free(log_of_test);
}

static void add(uint64_t index, uint64_t answer)
{
    ck_assert_int_eq(drill_log_add(log_of_test, &(struct drill_decision){.kind = DRILL_CHOICE_USER,
                                                                         .site = "7",
                                                                         .index = index,
                                                                         .answer = answer,
                                                                         .about = ""}),
                     0);
}

static bool meets_needs(void *context, struct drill_log *log)
{
    const struct needs *needs = context;
    size_t met = 0;

    for (size_t place = 0; place < drill_log_count(log); place++) {
        const struct drill_decision decision = drill_log_at(log, place);
        for (size_t i = 0; i < needs->count; i++)
            met +=
                decision.index == needs->need[i].index && decision.answer >= needs->need[i].answer;
    }
    return met == needs->count;
}

static bool stops(void *context, const struct drill_shrinker *self)
{
    const struct needs *needs = context;

    return needs->stop_after > 0 && self->runs == needs->stop_after;
}

static int shrink(struct needs *needs, uint64_t *runs)
{
    struct drill_shrinker shrinker = {
        .log = log_of_test, .fails = meets_needs, .stops = stops, .context = needs};
    const int result = drill_shrink_log(&shrinker);

    *runs = shrinker.runs;
    ck_assert(result < 0 || shrinker.count == drill_log_count(log_of_test));
    return result;
}

START_TEST(of_a_thousand_decisions_the_three_that_are_needed_are_left)
{
    struct needs needs = {.count = 3, .need = {{17, 5}, {500, 1}, {998, 77}}};
    uint64_t runs;

    for (uint64_t i = 0; i < 1000; i++)
        add(i, 100);
    ck_assert_int_eq(shrink(&needs, &runs), 0);
    ck_assert_uint_eq(drill_log_count(log_of_test), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(drill_log_at(log_of_test, i).index, needs.need[i].index);
        ck_assert_uint_eq(drill_log_at(log_of_test, i).answer, needs.need[i].answer);
    }
    ck_assert_uint_lt(runs, 200); /* of 50 us each: a hundredth of a second */
}
END_TEST

START_TEST(what_needs_no_decision_has_none_after_one_run_more)
{
    struct needs needs = {0};
    uint64_t runs;

    for (uint64_t i = 0; i < 1000; i++)
        add(i, 100);
    ck_assert_int_eq(shrink(&needs, &runs), 0);
    ck_assert_uint_eq(drill_log_count(log_of_test), 0);
    ck_assert_uint_eq(runs, 2);
}
END_TEST

START_TEST(a_log_in_which_all_is_needed_stays)
{
    struct needs needs = {.count = 8};
    uint64_t runs;

    for (uint64_t i = 0; i < 8; i++) {
        add(i, 1);
        needs.need[i].index = i;
        needs.need[i].answer = 1;
    }
    ck_assert_int_eq(shrink(&needs, &runs), 0);
    ck_assert_uint_eq(drill_log_count(log_of_test), 8);
}
END_TEST

START_TEST(a_log_that_does_not_fail_is_refused_and_stays)
{
    struct needs needs = {.count = 1, .need = {{5, 1}}};
    uint64_t runs;

    add(1, 3);
    add(2, 0);
    ck_assert_int_eq(shrink(&needs, &runs), -EINVAL);
    ck_assert_uint_eq(drill_log_count(log_of_test), 2);
    ck_assert_uint_eq(drill_log_at(log_of_test, 0).answer, 3);
    ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(an_empty_log_that_fails_stays_empty)
{
    struct needs needs = {0};
    uint64_t runs;

    ck_assert_int_eq(shrink(&needs, &runs), 0);
    ck_assert_uint_eq(drill_log_count(log_of_test), 0);
    ck_assert_uint_eq(runs, 1);
}
END_TEST

START_TEST(it_can_be_stopped_anywhere_and_the_log_still_fails)
{
    for (uint64_t after = 1; after < 150; after++) {
        struct needs needs = {
            .count = 3, .need = {{17, 5}, {50, 1}, {98, 77}}, .stop_after = after};
        uint64_t runs;
        drill_log_clear(log_of_test);
        for (uint64_t i = 0; i < 100; i++)
            add(i, 100);
        const int result = shrink(&needs, &runs);
        ck_assert(meets_needs(&needs, log_of_test));
        if (result == 0)
            return;
        ck_assert_int_eq(result, -EINTR);
        ck_assert_uint_eq(runs, after);
    }
    ck_abort_msg("it did not come to an end");
}
END_TEST

/* Ten steps; one that is struck asks where, and is then made again, which asks once more.  Found:
 * the sixth step is struck hard. */
static bool strikes_the_sixth(void *context, struct drill_log *log)
{
    struct drill_mem mem;
    struct drill_choices choices;
    bool found = false;

    (void)context;
    drill_mem_init(&mem, 0);
    drill_choices_init(&choices, &mem, 1);
    choices.oracle = drill_log_oracle;
    choices.context = log;
    for (int step = 0; step < 10; step++)
        while (drill_choices_pick(&choices, DRILL_CHOICE_FAULT, 7, 2) != 0) {
            const uint64_t where = drill_choices_pick(&choices, DRILL_CHOICE_CUT, 7, 10);
            found = found || (step == 5 && where >= 4);
        }
    drill_choices_fini(&choices);
    drill_mem_fini(&mem);
    return found;
}

static void add_strike(uint64_t index, uint64_t count, uint64_t where)
{
    ck_assert_int_eq(drill_log_add(log_of_test, &(struct drill_decision){.kind = DRILL_CHOICE_FAULT,
                                                                         .site = "7",
                                                                         .index = index,
                                                                         .answer = 1,
                                                                         .about = ""}),
                     0);
    ck_assert_int_eq(drill_log_add(log_of_test, &(struct drill_decision){.kind = DRILL_CHOICE_CUT,
                                                                         .site = "7",
                                                                         .index = count,
                                                                         .answer = where,
                                                                         .about = ""}),
                     0);
}

START_TEST(what_comes_behind_a_decision_that_goes_comes_earlier)
{
    struct drill_shrinker shrinker = {.log = log_of_test, .fails = strikes_the_sixth};

    add_strike(1, 0, 2);
    add_strike(3, 1, 2);
    add_strike(7, 2, 9);
    add_strike(8, 3, 5);
    ck_assert_int_eq(drill_shrink_log(&shrinker), 0);
    ck_assert_uint_eq(drill_log_count(log_of_test), 2);
    ck_assert_uint_eq(drill_log_at(log_of_test, 0).index, 5);
    ck_assert_uint_eq(drill_log_at(log_of_test, 1).index, 0);
    ck_assert_uint_eq(drill_log_at(log_of_test, 1).answer, 4);
    ck_assert(strikes_the_sixth(NULL, log_of_test));
}
END_TEST

/* A stream over a bad link: whether something was sent again, twice at least. */
static bool sends_again(uint64_t seed, struct drill_log *record, struct drill_log *replay)
{
    struct stage stage;

    stage_open(&stage, &(struct drill_config){.seed = seed});
    if (record != NULL)
        drill_log_record(record, stage.world);
    if (replay != NULL)
        drill_log_replay(replay, stage.world);
    stage_connect(&stage);
    stage_link(&stage, &(struct drill_link){
                           .delay_ns = DRILL_MS, .jitter_ns = DRILL_MS, .loss_ppm = 50000});
    stage_stream(&stage, true, 60000);
    const bool found = drill_stats(stage.world).retransmitted >= 2;
    stage_close(&stage);
    return found;
}

static bool sends_again_with(void *context, struct drill_log *log)
{
    (void)context;
    return sends_again(1, NULL, log);
}

START_TEST(a_run_of_a_world_is_shrunk_to_what_was_lost)
{
    struct drill_shrinker shrinker = {.log = log_of_test, .fails = sends_again_with};
    uint64_t seed = 1;

    while (!sends_again(seed, log_of_test, NULL))
        seed++;
    ck_assert_uint_gt(drill_log_count(log_of_test), 20);
    ck_assert_int_eq(drill_shrink_log(&shrinker), 0);
    ck_assert_uint_ge(drill_log_count(log_of_test), 1);
    ck_assert_uint_le(drill_log_count(log_of_test), 2);
    for (size_t i = 0; i < drill_log_count(log_of_test); i++)
        ck_assert_int_eq(drill_log_at(log_of_test, i).kind, DRILL_CHOICE_LOSS);
}
END_TEST

Suite *shrink_log_suite(void)
{
    Suite *suite = suite_create("shrink_log");
    TCase *tests = tcase_create("shrink_log");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, of_a_thousand_decisions_the_three_that_are_needed_are_left);
    tcase_add_test(tests, what_needs_no_decision_has_none_after_one_run_more);
    tcase_add_test(tests, a_log_in_which_all_is_needed_stays);
    tcase_add_test(tests, a_log_that_does_not_fail_is_refused_and_stays);
    tcase_add_test(tests, an_empty_log_that_fails_stays_empty);
    tcase_add_test(tests, it_can_be_stopped_anywhere_and_the_log_still_fails);
    tcase_add_test(tests, what_comes_behind_a_decision_that_goes_comes_earlier);
    tcase_add_test(tests, a_run_of_a_world_is_shrunk_to_what_was_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
