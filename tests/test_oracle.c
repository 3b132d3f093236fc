#include "emu/choice.h"

#include <check.h>

#include "tests/choices.h"

enum { MILLION = 1000000 };

/* An oracle that writes down what it was asked and answers what the test wants. */
struct tape {
    struct drill_choice asked;
    uint64_t answer;
};

static uint64_t answer_from_tape(void *context, const struct drill_choice *choice)
{
    struct tape *tape = context;

    tape->asked = *choice;
    return tape->answer;
}

static void install(struct tape *tape)
{
    choices.oracle = answer_from_tape;
    choices.context = tape;
}

START_TEST(an_oracle_is_asked_instead_of_the_seed)
{
    struct tape tape = {.answer = 6};

    install(&tape);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(drill_choices_pick(&choices, DRILL_CHOICE_BYTES, 9, 7), 6);
        ck_assert_int_eq(tape.asked.kind, DRILL_CHOICE_BYTES);
        ck_assert_uint_eq(tape.asked.site, 9);
        ck_assert_uint_eq(tape.asked.index, i);
        ck_assert_uint_eq(tape.asked.count, 7);
        ck_assert_uint_eq(tape.asked.ppm, 0);
    }
}
END_TEST

START_TEST(an_oracle_sees_a_chance_as_two_answers_and_its_odds)
{
    struct tape tape = {.answer = 1};

    install(&tape);
    ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 3, 5));
    ck_assert_uint_eq(tape.asked.count, 2);
    ck_assert_uint_eq(tape.asked.ppm, 5);
    tape.answer = 0;
    ck_assert(!drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 3, 999999));
    ck_assert_uint_eq(tape.asked.index, 1);
}
END_TEST

START_TEST(an_oracle_is_not_asked_what_cannot_fall_differently)
{
    struct tape tape = {.answer = 1};

    install(&tape);
    ck_assert_uint_eq(user(0, 1), 0);
    ck_assert(!drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, 0));
    ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, MILLION));
    ck_assert_uint_eq(tape.asked.count, 0);
}
END_TEST

START_TEST(an_answer_that_is_too_great_is_cut)
{
    struct tape tape = {.answer = UINT64_MAX};

    install(&tape);
    ck_assert_uint_eq(user(0, 7), 6);
    ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, 1));
    ck_assert_uint_eq(choices.stirred, 2);
}
END_TEST

START_TEST(after_an_oracle_the_seed_goes_on_where_it_would_have_been)
{
    struct tape tape = {.answer = 0};

    install(&tape);
    user(0, 10);
    user(0, 10);
    choices.oracle = NULL;
    ck_assert_uint_eq(user(0, 10), 7);
}
END_TEST

START_TEST(an_oracle_is_told_what_the_seed_says_and_how_many_were_asked)
{
    struct tape tape = {.answer = 0};
    static const uint64_t of_ten[] = {2, 1, 7, 7};

    install(&tape);
    for (uint64_t i = 0; i < 4; i++) {
        user(0, 10);
        ck_assert_uint_eq(tape.asked.proposed, of_ten[i]);
        ck_assert_uint_eq(tape.asked.number, i + 1);
    }
}
END_TEST

START_TEST(what_a_strategy_proposes_is_the_answer_unless_an_oracle_says_otherwise)
{
    struct tape tape = {.answer = 4};

    ck_assert_uint_eq(drill_choices_decide(&choices, DRILL_CHOICE_TASK, 0, 10, 3), 3);
    ck_assert_uint_eq(drill_choices_decide(&choices, DRILL_CHOICE_TASK, 0, 10, 12), 9);
    ck_assert_uint_eq(drill_choices_decide(&choices, DRILL_CHOICE_TASK, 0, 1, 3), 0);
    install(&tape);
    ck_assert_uint_eq(drill_choices_decide(&choices, DRILL_CHOICE_TASK, 0, 10, 3), 4);
    ck_assert_uint_eq(tape.asked.proposed, 3);
    ck_assert_uint_eq(tape.asked.index, 2);
}
END_TEST

START_TEST(what_a_strategy_draws_is_no_decision)
{
    const uint64_t first = drill_choices_draw(&choices, 7, 0, MILLION);

    ck_assert_uint_eq(drill_choices_draw(&choices, 7, 0, MILLION), first);
    ck_assert_uint_ne(drill_choices_draw(&choices, 7, 1, MILLION), first);
    ck_assert_uint_eq(choices.asked, 0);
    seed(2);
    ck_assert_uint_ne(drill_choices_draw(&choices, 7, 0, MILLION), first);
}
END_TEST

struct heard {
    uint64_t count, sum, last_index;
};

static void hear(void *context, const struct drill_choice *choice, uint64_t answer)
{
    struct heard *heard = context;

    heard->count++;
    heard->sum += answer;
    heard->last_index = choice->index;
}

START_TEST(a_recorder_hears_each_answer_that_is_not_0)
{
    struct tape tape = {.answer = 3};
    struct heard heard = {0};

    choices.recorder = hear;
    choices.recorder_context = &heard;
    for (int i = 0; i < 100; i++)
        user(0, 2);
    ck_assert_uint_eq(heard.count, choices.stirred);
    ck_assert_uint_eq(heard.sum, choices.stirred);
    install(&tape);
    user(0, 10);
    ck_assert_uint_eq(heard.sum, choices.stirred + 2);
    ck_assert_uint_eq(heard.last_index, 100);
    tape.answer = 0;
    user(0, 10);
    ck_assert_uint_eq(heard.count, choices.stirred);
}
END_TEST

Suite *oracle_suite(void)
{
    Suite *suite = suite_create("oracle");
    TCase *tests = tcase_create("oracle");

    tcase_add_checked_fixture(tests, choices_open, choices_close);
    tcase_add_test(tests, an_oracle_is_asked_instead_of_the_seed);
    tcase_add_test(tests, an_oracle_sees_a_chance_as_two_answers_and_its_odds);
    tcase_add_test(tests, an_oracle_is_not_asked_what_cannot_fall_differently);
    tcase_add_test(tests, an_answer_that_is_too_great_is_cut);
    tcase_add_test(tests, after_an_oracle_the_seed_goes_on_where_it_would_have_been);
    tcase_add_test(tests, an_oracle_is_told_what_the_seed_says_and_how_many_were_asked);
    tcase_add_test(tests, what_a_strategy_proposes_is_the_answer_unless_an_oracle_says_otherwise);
    tcase_add_test(tests, what_a_strategy_draws_is_no_decision);
    tcase_add_test(tests, a_recorder_hears_each_answer_that_is_not_0);
    suite_add_tcase(suite, tests);
    return suite;
}
