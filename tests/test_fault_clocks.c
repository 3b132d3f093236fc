#include "emu/fault.h"

#include <check.h>

#include "tests/rules.h"

static int64_t wall_of(struct drill_host *host)
{
    drill_enter(host);
    return drill_wall() - DRILL_HOST_EPOCH_NS - drill_monotonic();
}

START_TEST(a_wall_clock_steps_and_steps_back)
{
    const int id = add("clock_step 30s host client from 1s for 5s");

    until_ms(999);
    ck_assert_int_eq(wall_of(stage.client), 0);
    until_ms(1000);
    ck_assert_int_eq(wall_of(stage.client), 30 * DRILL_SECOND);
    ck_assert_int_eq(wall_of(stage.server), 0);
    until_ms(6000);
    ck_assert_int_eq(wall_of(stage.client), 0);
    ck_assert_int_eq(drill_monotonic(), 6 * DRILL_SECOND);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(
        lines_with(&lines, "clock of client steps 30000000000 ns <- fault clock_step#1"), 1);
    ck_assert_uint_eq(
        lines_with(&lines, "clock of client steps -30000000000 ns <- fault clock_step#1"), 1);
}
END_TEST

START_TEST(a_wall_clock_can_step_into_the_past)
{
    add("clock_step -30s host client");
    ck_assert_int_eq(wall_of(stage.client), -30 * DRILL_SECOND);
}
END_TEST

START_TEST(steps_add_up_and_end_in_any_order)
{
    const int first = add("clock_step 30s host client");
    const int second = add("clock_step 1s host client");

    drill_clock_step(stage.client, DRILL_MS);
    drill_fault_remove(stage.world, first);
    ck_assert_int_eq(wall_of(stage.client), DRILL_SECOND + DRILL_MS);
    drill_fault_remove(stage.world, second);
    ck_assert_int_eq(wall_of(stage.client), DRILL_MS);
}
END_TEST

START_TEST(a_strobe_jumps_forth_and_back_and_ends_where_it_began)
{
    add("clock_strobe 200ms host client from 1s for 700ms");
    until_ms(1000);
    ck_assert_int_eq(wall_of(stage.client), 200 * DRILL_MS);
    until_ms(1200);
    ck_assert_int_eq(wall_of(stage.client), 0);
    until_ms(1400);
    ck_assert_int_eq(wall_of(stage.client), 200 * DRILL_MS);
    until_ms(1650);
    ck_assert_int_eq(wall_of(stage.client), 0);
    until_ms(1700);
    ck_assert_int_eq(wall_of(stage.client), 0);
    until_ms(9000);
    ck_assert_int_eq(wall_of(stage.client), 0);
    ck_assert_uint_eq(lines_with(&lines, "clock of client steps"), 4);
}
END_TEST

START_TEST(a_strobe_without_an_end_comes_to_rest)
{
    add("clock_strobe 1ns host client from 1s");
    until_ms(2000);
    ck_assert_uint_ge(lines.count, 100000);
    ck_assert_uint_le(lines.count, 100010);
    ck_assert_int_eq(wall_of(stage.client), 0);
}
END_TEST

START_TEST(a_strobe_that_ends_while_it_is_forth_jumps_back)
{
    add("clock_strobe host client from 1s for 50ms");
    until_ms(1049);
    ck_assert_int_eq(wall_of(stage.client), 100 * DRILL_MS);
    until_ms(1050);
    ck_assert_int_eq(wall_of(stage.client), 0);
}
END_TEST

START_TEST(a_drift_adds_to_that_of_the_test_and_goes)
{
    drill_clock_drift(stage.client, 1000);
    add("clock_drift 100000 host client from 1s for 10s");
    until_ms(2000);
    ck_assert_int_eq(stage.client->wall_drift_ppm, 101000);
    drill_clock_drift(stage.client, 0);
    ck_assert_int_eq(stage.client->wall_drift_ppm, 100000);
    until_ms(11000);
    ck_assert_int_eq(stage.client->wall_drift_ppm, 0);
    ck_assert_int_eq(wall_of(stage.client), 2 * DRILL_MS + DRILL_SECOND);
    ck_assert_uint_eq(lines_with(&lines, "clock of client drifts 101000 ppm <- fault"), 1);
}
END_TEST

START_TEST(without_a_host_one_is_drawn)
{
    add("clock_step 1s");
    ck_assert((wall_of(stage.client) != 0) != (wall_of(stage.server) != 0));
}
END_TEST

Suite *fault_clocks_suite(void);

Suite *fault_clocks_suite(void)
{
    Suite *suite = suite_create("fault_clocks");
    TCase *tests = tcase_create("clocks");

    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, a_wall_clock_steps_and_steps_back);
    tcase_add_test(tests, a_wall_clock_can_step_into_the_past);
    tcase_add_test(tests, steps_add_up_and_end_in_any_order);
    tcase_add_test(tests, a_strobe_jumps_forth_and_back_and_ends_where_it_began);
    tcase_add_test(tests, a_strobe_without_an_end_comes_to_rest);
    tcase_add_test(tests, a_strobe_that_ends_while_it_is_forth_jumps_back);
    tcase_add_test(tests, a_drift_adds_to_that_of_the_test_and_goes);
    tcase_add_test(tests, without_a_host_one_is_drawn);
    suite_add_tcase(suite, tests);
    return suite;
}
