#include "emu/choice.h"

#include <check.h>

#include "tests/choices.h"

enum { MILLION = 1000000 };

/* Computed apart from this code, in arbitrary precision. */
START_TEST(answers_are_the_same_on_every_platform)
{
    static const uint64_t of_ten[] = {2, 1, 7, 7};
    static const uint64_t of_a_million[] = {79090, 36609, 862242, 15303};
    static const uint64_t of_all[] = {
        UINT64_C(0x89fdaea08e15f463),
        UINT64_C(0x9f25d00198484d83),
        UINT64_C(0xe86c59aed2877536),
        UINT64_C(0x5ff3a8e87e723cc2),
    };

    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(user(0, 10), of_ten[i]);
        ck_assert_uint_eq(user(1, MILLION), of_a_million[i]);
    }
    seed(UINT64_MAX);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(drill_choices_pick(&choices, DRILL_CHOICE_JITTER, UINT32_MAX, UINT64_MAX),
                          of_all[i]);
    }
}
END_TEST

START_TEST(an_answer_is_below_the_count)
{
    static const uint64_t counts[] = {2, 3, 10, UINT32_MAX, UINT64_C(1) << 63, UINT64_MAX};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int round = 0; round < 1000; round++)
            ck_assert_uint_lt(user(0, counts[i]), counts[i]);
    }
}
END_TEST

START_TEST(a_count_of_none_or_one_asks_nobody)
{
    ck_assert_uint_eq(user(0, 0), 0);
    ck_assert_uint_eq(user(0, 1), 0);
    ck_assert_uint_eq(choices.asked, 0);
    ck_assert_uint_eq(mem.count, 0);
    ck_assert_uint_eq(user(0, 10), 2);
}
END_TEST

START_TEST(a_chance_of_none_or_all_asks_nobody)
{
    ck_assert(!drill_choices_chance(&choices, DRILL_CHOICE_USER, 0, 0));
    ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_USER, 0, MILLION));
    ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_USER, 0, UINT32_MAX));
    ck_assert_uint_eq(choices.asked, 0);
    ck_assert_uint_eq(mem.count, 0);
    ck_assert_uint_eq(user(0, 10), 2);
}
END_TEST

START_TEST(questions_elsewhere_shift_no_answer)
{
    uint64_t alone[100];

    for (int i = 0; i < 100; i++)
        alone[i] = user(5, MILLION);
    seed(1);
    for (uint32_t i = 0; i < 100; i++) {
        user(4, MILLION);
        user(1000 + i, MILLION);
        drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 5, 500000);
        drill_choices_pick(&choices, DRILL_CHOICE_RANDOM, 5, MILLION);
        ck_assert_uint_eq(user(5, MILLION), alone[i]);
    }
}
END_TEST

/* Of two independent streams of 1000 draws below 1000, about one draw in 1000 is the same. */
static void assert_unlike(const uint64_t *a, const uint64_t *b)
{
    int same = 0;

    for (int i = 0; i < 1000; i++)
        same += a[i] == b[i];
    ck_assert_int_lt(same, 10);
}

static void fill(uint64_t *answers, enum drill_choice_kind kind, uint32_t site)
{
    for (int i = 0; i < 1000; i++)
        answers[i] = drill_choices_pick(&choices, kind, site, 1000);
}

START_TEST(kinds_sites_and_seeds_have_unlike_streams)
{
    static uint64_t base[1000], other[1000];

    fill(base, DRILL_CHOICE_LOSS, 0);
    fill(other, DRILL_CHOICE_LOSS, 1);
    assert_unlike(base, other);
    fill(other, DRILL_CHOICE_JITTER, 0);
    assert_unlike(base, other);
    fill(other, DRILL_CHOICE_LOSS, 0);
    assert_unlike(base, other);
    seed(2);
    fill(other, DRILL_CHOICE_LOSS, 0);
    assert_unlike(base, other);
}
END_TEST

START_TEST(all_answers_are_alike)
{
    enum { FACES = 7, ROUNDS = 70000 };
    int seen[FACES] = {0};

    for (int i = 0; i < ROUNDS; i++)
        seen[user(0, FACES)]++;
    for (int face = 0; face < FACES; face++) {
        ck_assert_int_gt(seen[face], ROUNDS / FACES * 95 / 100);
        ck_assert_int_lt(seen[face], ROUNDS / FACES * 105 / 100);
    }
}
END_TEST

START_TEST(the_first_answers_of_many_sites_are_alike_too)
{
    int low = 0;

    for (uint32_t site = 0; site < 10000; site++)
        low += user(site, 2) == 0;
    ck_assert_int_gt(low, 4800);
    ck_assert_int_lt(low, 5200);
}
END_TEST

START_TEST(a_chance_comes_true_as_often_as_it_says)
{
    static const uint32_t chances_ppm[] = {1000, 10000, 250000, 500000, 999000};
    enum { ROUNDS = 100000 };

    for (uint32_t i = 0; i < sizeof chances_ppm / sizeof *chances_ppm; i++) {
        int64_t hits = 0, expected = (int64_t)ROUNDS * chances_ppm[i] / MILLION;
        for (int round = 0; round < ROUNDS; round++)
            hits += drill_choices_chance(&choices, DRILL_CHOICE_LOSS, i, chances_ppm[i]);
        ck_assert_int_gt(hits, expected * 97 / 100 - 30);
        ck_assert_int_lt(hits, expected * 103 / 100 + 30);
    }
}
END_TEST

START_TEST(a_greater_chance_is_true_wherever_a_smaller_one_is)
{
    bool rare[1000];

    for (int i = 0; i < 1000; i++)
        rare[i] = drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, 100000);
    seed(1);
    for (int i = 0; i < 1000; i++)
        ck_assert(drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, 200000) || !rare[i]);
}
END_TEST

START_TEST(questions_and_answers_that_are_not_calm_are_counted)
{
    uint64_t stirred = 0;

    for (int i = 0; i < 1000; i++)
        stirred += user(0, 3) != 0;
    for (int i = 0; i < 1000; i++)
        stirred += drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, 300000);
    ck_assert_uint_eq(choices.asked, 2000);
    ck_assert_uint_eq(choices.stirred, stirred);
}
END_TEST

START_TEST(kinds_have_names_and_sites_without_a_world_are_numbers)
{
    const struct drill_choice choice = {.kind = DRILL_CHOICE_USER, .site = 12, .choices = &choices};
    char text[32] = "not empty";

    for (int kind = 0; kind < DRILL_CHOICE_KINDS; kind++)
        ck_assert_int_eq(
            drill_choice_find_kind(drill_choice_kind_name((enum drill_choice_kind)kind)), kind);
    ck_assert_int_eq(drill_choice_find_kind("chance"), -1);
    ck_assert_str_eq(drill_choice_kind_name(DRILL_CHOICE_KINDS), "unknown");
    drill_choice_show_about(&choice, 1, text, sizeof text);
    ck_assert_str_eq(text, "");
    drill_choice_show_site(&choice, text, sizeof text);
    ck_assert_str_eq(text, "12");
    ck_assert_uint_eq(drill_choice_hash("a"), UINT32_C(0xe40c292c));
}
END_TEST

START_TEST(without_memory_the_answer_is_calm_and_the_next_one_is_counted)
{
    /* The first stream needs itself, a table and its buckets. */
    for (uint64_t fail_at = 1; fail_at <= 3; fail_at++) {
        mem.fail_at = mem.count + fail_at;
        ck_assert_uint_eq(user(0, 10), 0);
        ck_assert_uint_eq(choices.asked, 0);
        ck_assert_uint_eq(mem.live, 0);
        ck_assert_uint_eq(user(0, 10), 2);
        seed(1);
    }
}
END_TEST

START_TEST(any_allocation_may_fail_among_many_streams)
{
    for (uint64_t fail_at = 1;; fail_at++) {
        uint64_t first = mem.count;
        mem.fail_at = first + fail_at;
        for (uint32_t site = 0; site < 400; site++)
            user(site, 10);
        ck_assert_uint_ge(choices.asked, 399);
        seed(1);
        ck_assert_uint_eq(mem.live, 0);
        if (mem.count < first + fail_at)
            break;
    }
}
END_TEST

Suite *choice_suite(void)
{
    Suite *suite = suite_create("choice");
    TCase *tests = tcase_create("choice");

    tcase_add_checked_fixture(tests, choices_open, choices_close);
    tcase_add_test(tests, answers_are_the_same_on_every_platform);
    tcase_add_test(tests, an_answer_is_below_the_count);
    tcase_add_test(tests, a_count_of_none_or_one_asks_nobody);
    tcase_add_test(tests, a_chance_of_none_or_all_asks_nobody);
    tcase_add_test(tests, questions_elsewhere_shift_no_answer);
    tcase_add_test(tests, kinds_sites_and_seeds_have_unlike_streams);
    tcase_add_test(tests, all_answers_are_alike);
    tcase_add_test(tests, the_first_answers_of_many_sites_are_alike_too);
    tcase_add_test(tests, a_chance_comes_true_as_often_as_it_says);
    tcase_add_test(tests, a_greater_chance_is_true_wherever_a_smaller_one_is);
    tcase_add_test(tests, questions_and_answers_that_are_not_calm_are_counted);
    tcase_add_test(tests, kinds_have_names_and_sites_without_a_world_are_numbers);
    tcase_add_test(tests, without_memory_the_answer_is_calm_and_the_next_one_is_counted);
    tcase_add_test(tests, any_allocation_may_fail_among_many_streams);
    suite_add_tcase(suite, tests);
    return suite;
}
