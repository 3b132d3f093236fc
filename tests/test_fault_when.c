#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/rules.h"

/* Which of so many sends are struck, the first leftmost. */
static void struck(const char *rule, const char *pattern)
{
    const int id = add(rule);
    char seen[65] = "";

    for (size_t i = 0; pattern[i] != '\0'; i++)
        seen[i] = give(stage.client, stage.near, "x", 1, 0) < 0 ? '1' : '0';
    ck_assert_str_eq(seen, pattern);
    drill_fault_remove(stage.world, id);
}

START_TEST(skip_every_and_count_choose_among_the_places_that_match)
{
    struck("errno ENOBUFS call send", "1111");
    struck("errno ENOBUFS call send skip 2", "0011");
    struck("errno ENOBUFS call send every 3", "001001001");
    struck("errno ENOBUFS call send skip 1 every 2 count 2", "001010000");
    struck("errno ENOBUFS call send nth 3", "00100");
}
END_TEST

START_TEST(lists_and_masks_name_them)
{
    struck("errno ENOBUFS call send list 2,4-6", "01011100");
    struck("errno ENOBUFS call send list 1", "1000");
    struck("errno ENOBUFS call send mask 011", "011011011");
    struck("errno ENOBUFS call send skip 1 mask 10", "0101010");
}
END_TEST

START_TEST(a_burst_strikes_so_often_in_a_row)
{
    struck("errno ENOBUFS call send nth 2 burst 3", "01000");
    struck("errno ENOBUFS call send list 2 burst 3", "011100");
}
END_TEST

START_TEST(a_rule_counts_all_connections_together_or_each_by_itself)
{
    const int near = stage.near;

    const int all = add("errno ENOBUFS call send nth 2");
    stage_connect(&stage);
    ck_assert_int_eq(give(stage.client, near, "x", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
    drill_fault_remove(stage.world, all);
    add("errno ENOBUFS call send nth 2 each");
    ck_assert_int_eq(give(stage.client, near, "x", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, near, "x", 1, 0), -ENOBUFS);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
    ck_assert_int_eq(give(stage.client, near, "x", 1, 0), 1);
}
END_TEST

START_TEST(a_window_of_time_opens_and_closes)
{
    add("errno ENOBUFS call send from 1s to 2s");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
    drill_run_until(stage.world, 2 * DRILL_SECOND);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
}
END_TEST

START_TEST(a_rule_can_wait_for_another_to_strike)
{
    const int first = add("first: errno ENOBUFS call send nth 2");

    add("errno ENOMEM call send after first");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOMEM);
    drill_fault_remove(stage.world, first);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
}
END_TEST

START_TEST(a_rule_that_is_off_or_of_no_chance_asks_nobody_and_counts_nothing)
{
    const uint64_t asked = stage.world->sim.choices.asked;
    const int off = add("errno ENOBUFS call send off"),
              never = add("errno ENOBUFS call send chance 0%");

    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    ck_assert_uint_eq(stage.world->sim.choices.asked, asked);
    ck_assert_int_eq(drill_fault_hits(stage.world, off), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, never), 0);
    ck_assert(!stage.world->sim.watched);
}
END_TEST

START_TEST(another_rule_shifts_no_choice_of_this_one)
{
    uint64_t alone = 0, beside = 0;

    add("errno ENOBUFS call send chance 50%");
    for (int i = 0; i < 60; i++)
        alone = alone << 1 | (give(stage.client, stage.near, "x", 1, 0) < 0);
    teardown();
    setup_connected();
    add("split chance 50%");
    add("errno ENOBUFS call send chance 50%");
    for (int i = 0; i < 60; i++)
        beside = beside << 1 | (give(stage.client, stage.near, "x", 1, 0) < 0);
    ck_assert_uint_eq(alone, beside);
}
END_TEST

START_TEST(without_memory_for_a_connection_a_rule_lets_it_be)
{
    add("errno ENOBUFS call send each");
    stage_fail(&stage, 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
}
END_TEST

Suite *fault_when_suite(void);

Suite *fault_when_suite(void)
{
    Suite *suite = suite_create("fault_when");
    TCase *tests = tcase_create("fault_when");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, skip_every_and_count_choose_among_the_places_that_match);
    tcase_add_test(tests, lists_and_masks_name_them);
    tcase_add_test(tests, a_burst_strikes_so_often_in_a_row);
    tcase_add_test(tests, a_rule_counts_all_connections_together_or_each_by_itself);
    tcase_add_test(tests, a_window_of_time_opens_and_closes);
    tcase_add_test(tests, a_rule_can_wait_for_another_to_strike);
    tcase_add_test(tests, a_rule_that_is_off_or_of_no_chance_asks_nobody_and_counts_nothing);
    tcase_add_test(tests, another_rule_shifts_no_choice_of_this_one);
    tcase_add_test(tests, without_memory_for_a_connection_a_rule_lets_it_be);
    suite_add_tcase(suite, tests);
    return suite;
}
