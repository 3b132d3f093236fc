#include "emu/choice_tape.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/decide.h"

enum { RUNS_MAX = 4096, KEY = 32 };

static struct drill_mem mem;
static struct drill_choices choices;
static struct drill_tape *tape;

/* What was answered in each run, as a text of digits. */
struct runs {
    size_t count;
    char key[RUNS_MAX][KEY];
};

static struct runs runs, others;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    memset(&runs, 0, sizeof runs);
}

static void teardown(void)
{
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static void note(struct runs *self, uint64_t answer)
{
    char *key = self->key[self->count];
    const size_t length = strlen(key);

    ck_assert_uint_lt(length + 1, KEY);
    key[length] = (char)('0' + answer);
}

static uint64_t ask(enum drill_choice_kind kind, uint32_t site, uint64_t count)
{
    return drill_choices_pick(&choices, kind, site, count);
}

/* Makes all runs of a program that asks. */
static void make_runs(struct runs *into, void (*program)(struct runs *),
                      const struct drill_tape_config *config)
{
    bool more = true;

    tape = drill_tape_new(config);
    ck_assert_ptr_nonnull(tape);
    while (more) {
        drill_choices_init(&choices, &mem, 1);
        choices.oracle = drill_tape_oracle;
        choices.context = tape;
        program(into);
        drill_choices_fini(&choices);
        const bool foreign = drill_tape_state(tape).foreign;
        if (foreign)
            memset(into->key[into->count], 0, KEY);
        into->count += !foreign;
        ck_assert_uint_lt(into->count, RUNS_MAX);
        more = drill_tape_next(tape);
    }
    ck_assert_uint_ge(drill_tape_state(tape).estimate, drill_tape_state(tape).runs);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void assert_all_different(struct runs *self)
{
    qsort(self->key, self->count, KEY, by_key);
    for (size_t i = 1; i < self->count; i++)
        ck_assert_str_ne(self->key[i - 1], self->key[i]);
}

static void three_questions(struct runs *into)
{
    note(into, ask(DRILL_CHOICE_USER, 1, 2));
    note(into, ask(DRILL_CHOICE_USER, 2, 3));
    note(into, ask(DRILL_CHOICE_LOSS, 1, 4));
}

/* What was answered decides what is asked. */
static void a_tree(struct runs *into)
{
    const uint64_t first = ask(DRILL_CHOICE_USER, 1, 3);

    note(into, first);
    for (uint64_t i = 0; i < first; i++)
        note(into, ask(DRILL_CHOICE_USER, 2, 2 + first));
}

static void six_bits(struct runs *into)
{
    for (int i = 0; i < 6; i++)
        note(into, ask(DRILL_CHOICE_FAULT, (uint32_t)i, 2));
}

START_TEST(every_assignment_comes_up_exactly_once)
{
    make_runs(&runs, three_questions, &(struct drill_tape_config){0});
    ck_assert_uint_eq(runs.count, 24);
    ck_assert_str_eq(runs.key[0], "000");
    ck_assert_str_eq(runs.key[1], "001");
    ck_assert_str_eq(runs.key[23], "123");
    ck_assert_uint_eq(drill_tape_state(tape).estimate, 24);
    assert_all_different(&runs);
    drill_tape_free(tape);
}
END_TEST

START_TEST(a_program_whose_questions_depend_on_answers_is_gone_through_too)
{
    make_runs(&runs, a_tree, &(struct drill_tape_config){0});
    ck_assert_uint_eq(runs.count, 1 + 3 + 16);
    assert_all_different(&runs);
    ck_assert(!drill_tape_state(tape).diverged);
    drill_tape_free(tape);
}
END_TEST

static size_t other_than_0(const char *key)
{
    size_t count = 0;

    for (; *key != '\0'; key++)
        count += *key != '0';
    return count;
}

START_TEST(a_budget_bounds_how_many_answers_are_not_0)
{
    static const size_t wanted[] = {0, 7, 22, 42, 57, 63, 64};

    for (uint32_t budget = 1; budget <= 6; budget++) {
        memset(&runs, 0, sizeof runs);
        make_runs(&runs, six_bits, &(struct drill_tape_config){.budget = budget});
        ck_assert_uint_eq(runs.count, wanted[budget]);
        ck_assert_uint_eq(drill_tape_state(tape).estimate, wanted[budget] + (budget == 0));
        for (size_t i = 0; i < runs.count; i++)
            ck_assert_uint_le(other_than_0(runs.key[i]), budget);
        assert_all_different(&runs);
        drill_tape_free(tape);
    }
}
END_TEST

START_TEST(shards_share_all_runs_among_them)
{
    void (*const programs[])(struct runs *) = {three_questions, a_tree, six_bits};

    for (size_t program = 0; program < 3; program++)
        for (uint32_t budget = 0; budget < 3; budget++)
            for (uint32_t shards = 1; shards <= 5; shards++) {
                memset(&runs, 0, sizeof runs);
                memset(&others, 0, sizeof others);
                make_runs(&others, programs[program],
                          &(struct drill_tape_config){.budget = budget});
                drill_tape_free(tape);
                for (uint32_t shard = 0; shard < shards; shard++) {
                    make_runs(&runs, programs[program],
                              &(struct drill_tape_config){
                                  .budget = budget, .shard = shard, .shards = shards});
                    drill_tape_free(tape);
                }
                ck_assert_uint_eq(runs.count, others.count);
                assert_all_different(&runs);
                assert_all_different(&others);
                ck_assert_mem_eq(runs.key, others.key, sizeof runs.key);
            }
}
END_TEST

START_TEST(only_the_kinds_that_were_asked_for_are_tried)
{
    const struct drill_tape_config config = {.kinds = 1 << DRILL_CHOICE_LOSS};

    make_runs(&runs, three_questions, &config);
    ck_assert_uint_eq(runs.count, 4);
    for (size_t i = 0; i < runs.count; i++)
        ck_assert_int_eq(strncmp(runs.key[i], "00", 2), 0);
    drill_tape_free(tape);
    memset(&runs, 0, sizeof runs);
    make_runs(&runs, three_questions,
              &(struct drill_tape_config){.kinds = config.kinds, .seeded = true});
    drill_choices_init(&choices, &mem, 1);
    three_questions(&others);
    drill_choices_fini(&choices);
    for (size_t i = 0; i < runs.count; i++)
        ck_assert_int_eq(strncmp(runs.key[i], others.key[others.count], 2), 0);
    drill_tape_free(tape);
}
END_TEST

static uint64_t seen[64];
static size_t seen_count;

static void one_large(struct runs *into)
{
    (void)into;
    seen[seen_count++] = ask(DRILL_CHOICE_USER, 1, 1001);
}

START_TEST(of_a_large_count_the_first_the_middle_and_the_last_are_tried)
{
    seen_count = 0;
    make_runs(&runs, one_large, &(struct drill_tape_config){0});
    ck_assert_uint_eq(seen_count, 4);
    ck_assert_uint_eq(seen[1], 1);
    ck_assert_uint_eq(seen[2], 500);
    ck_assert_uint_eq(seen[3], 1000);
    drill_tape_free(tape);
    seen_count = 0;
    make_runs(&runs, one_large, &(struct drill_tape_config){.values = 1});
    ck_assert_uint_eq(seen_count, 2);
    ck_assert_uint_eq(seen[1], 1);
    drill_tape_free(tape);
}
END_TEST

START_TEST(all_values_are_tried_on_demand)
{
    make_runs(&runs, three_questions, &(struct drill_tape_config){.values = UINT64_MAX});
    ck_assert_uint_eq(runs.count, 24);
    drill_tape_free(tape);
}
END_TEST

/* A rule that may strike and then asks where. */
static void two_strikes(struct runs *into)
{
    for (uint32_t site = 1; site <= 2; site++) {
        const uint64_t falls = ask(DRILL_CHOICE_FAULT, site, 2);
        note(into, falls);
        if (falls)
            note(into, ask(DRILL_CHOICE_CUT, site, 100) / 33);
    }
    note(into, ask(DRILL_CHOICE_CUT, 9, 2));
}

/* A rule that asks for two things once it strikes, and then another that asks without striking. */
static void damages(struct runs *into)
{
    const uint64_t falls = ask(DRILL_CHOICE_FAULT, 1, 2);

    note(into, falls);
    if (falls) {
        note(into, ask(DRILL_CHOICE_DAMAGE, 1, 2));
        note(into, ask(DRILL_CHOICE_DAMAGE, 1, 3));
    }
    note(into, ask(DRILL_CHOICE_DAMAGE, 2, 2));
}

START_TEST(what_a_fault_asks_about_itself_costs_nothing)
{
    make_runs(&runs, two_strikes, &(struct drill_tape_config){.budget = 1});
    static const char *const wanted[] = {"000",  "001",  "0100", "0110",
                                         "0130", "1000", "1100", "1300"};
    ck_assert_uint_eq(runs.count, 8);
    assert_all_different(&runs);
    for (size_t i = 0; i < runs.count; i++)
        ck_assert_str_eq(runs.key[i], wanted[i]);
    drill_tape_free(tape);
}
END_TEST

START_TEST(all_that_a_fault_asks_about_itself_is_gone_through)
{
    make_runs(&runs, damages, &(struct drill_tape_config){.budget = 1});
    ck_assert_uint_eq(runs.count, 1 + 1 + 6);
    assert_all_different(&runs);
    ck_assert_str_eq(runs.key[0], "00");
    ck_assert_str_eq(runs.key[1], "01");
    ck_assert_str_eq(runs.key[7], "1120");
    drill_tape_free(tape);
}
END_TEST

static int unsteady;

static void another_each_time(struct runs *into)
{
    note(into, ask(DRILL_CHOICE_USER, (uint32_t)(unsteady++ % 3), 2));
    ask(DRILL_CHOICE_USER, 5, 2);
}

START_TEST(a_program_that_is_not_the_same_each_time_is_told)
{
    make_runs(&runs, another_each_time, &(struct drill_tape_config){0});
    ck_assert(drill_tape_state(tape).diverged);
    ck_assert_uint_eq(runs.count, 2);
    drill_tape_free(tape);
}
END_TEST

START_TEST(more_questions_than_there_is_room_for_are_answered_0_and_told)
{
    make_runs(&runs, six_bits, &(struct drill_tape_config){.questions = 3});
    ck_assert_uint_eq(runs.count, 8);
    ck_assert(drill_tape_state(tape).truncated);
    for (size_t i = 0; i < runs.count; i++)
        ck_assert_str_eq(runs.key[i] + 3, "000");
    drill_tape_free(tape);
}
END_TEST

START_TEST(a_run_can_be_made_again)
{
    tape = drill_tape_new(&(struct drill_tape_config){0});
    for (int round = 0; round < 10; round++) {
        for (int again = 0; again < 2; again++) {
            drill_choices_init(&choices, &mem, 1);
            choices.oracle = drill_tape_oracle;
            choices.context = tape;
            three_questions(&runs);
            drill_choices_fini(&choices);
            runs.count++;
        }
        ck_assert_str_eq(runs.key[runs.count - 1], runs.key[runs.count - 2]);
        ck_assert(drill_tape_next(tape));
    }
    drill_tape_free(tape);
}
END_TEST

START_TEST(a_tape_lies_in_one_block_that_can_be_moved)
{
    const struct drill_tape_config config = {.questions = 16};
    const size_t size = drill_tape_size(&config);
    void *memory = malloc(size), *copy = malloc(size);
    size_t count = 0;

    struct drill_tape *place = drill_tape_place(memory, &config);
    bool more = true;
    while (more) {
        drill_choices_init(&choices, &mem, 1);
        choices.oracle = drill_tape_oracle;
        choices.context = place;
        three_questions(&runs);
        drill_choices_fini(&choices);
        memcpy(copy, place, size);
        place = place == memory ? copy : memory;
        memcpy(place, place == memory ? copy : memory, size);
        count++;
        runs.count++;
        more = drill_tape_next(place);
    }
    ck_assert_uint_eq(count, 24);
    free(memory);
    free(copy);
}
END_TEST

Suite *choice_tape_suite(void)
{
    Suite *suite = suite_create("choice_tape");
    TCase *tests = tcase_create("choice_tape");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_assignment_comes_up_exactly_once);
    tcase_add_test(tests, a_program_whose_questions_depend_on_answers_is_gone_through_too);
    tcase_add_test(tests, a_budget_bounds_how_many_answers_are_not_0);
    tcase_add_test(tests, shards_share_all_runs_among_them);
    tcase_add_test(tests, only_the_kinds_that_were_asked_for_are_tried);
    tcase_add_test(tests, of_a_large_count_the_first_the_middle_and_the_last_are_tried);
    tcase_add_test(tests, all_values_are_tried_on_demand);
    tcase_add_test(tests, what_a_fault_asks_about_itself_costs_nothing);
    tcase_add_test(tests, all_that_a_fault_asks_about_itself_is_gone_through);
    tcase_add_test(tests, a_program_that_is_not_the_same_each_time_is_told);
    tcase_add_test(tests, more_questions_than_there_is_room_for_are_answered_0_and_told);
    tcase_add_test(tests, a_run_can_be_made_again);
    tcase_add_test(tests, a_tape_lies_in_one_block_that_can_be_moved);
    suite_add_tcase(suite, tests);
    return suite;
}
