#include "emu/sim.h"

#include <check.h>
#include <string.h>

#include "tests/helpers.h"

static struct drill_sim sim;
static struct lines lines;

static void setup(void)
{
    lines = (struct lines){0};
    drill_sim_init(&sim, 1, 0);
}

static void teardown(void)
{
    drill_sim_fini(&sim);
}

START_TEST(a_line_of_the_trace_begins_with_its_time)
{
    sim.timeline.now_ns = 12 * DRILL_SECOND + 34;
    drill_sim_trace_to(&sim, lines_add, &lines);
    drill_sim_trace(&sim, "%s has %d", "client", 3);
    ck_assert_str_eq(lines.text, "  12.000000034 client has 3\n");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut)
{
    char long_text[2000];

    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    drill_sim_trace_to(&sim, lines_add, &lines);
    drill_sim_trace(&sim, "%s", long_text);
    ck_assert_uint_eq(lines.count, 1);
    ck_assert_uint_gt(lines.size, 400);
    ck_assert_uint_lt(lines.size, sizeof long_text);
}
END_TEST

START_TEST(calls_are_watched_while_there_is_a_trace_or_a_rule)
{
    ck_assert(!sim.watched);
    drill_sim_trace_to(&sim, lines_add, &lines);
    ck_assert(sim.watched);
    drill_sim_trace_to(&sim, NULL, NULL);
    ck_assert(!sim.watched);
    sim.fault_rules = 1;
    drill_sim_trace_to(&sim, NULL, NULL);
    ck_assert(sim.watched);
}
END_TEST

START_TEST(calls_are_watched_for_a_witness)
{
    struct drill_witness *anybody = (struct drill_witness *)(void *)&lines;

    sim.witness = anybody;
    drill_sim_watch(&sim);
    ck_assert(sim.watched);
    sim.witness = NULL;
    drill_sim_watch(&sim);
    ck_assert(!sim.watched);
}
END_TEST

START_TEST(a_report_goes_to_who_listens_and_else_nowhere)
{
    drill_sim_report(&sim, "lost");
    sim.report = lines_add;
    sim.report_context = &lines;
    drill_sim_report(&sim, "%d told", 1);
    ck_assert_str_eq(lines.text, "1 told\n");
}
END_TEST

START_TEST(the_hash_tells_values_and_their_order)
{
    const uint64_t start = sim.hash;
    drill_sim_record(&sim, 1, 2);
    drill_sim_record(&sim, 3, 4);
    const uint64_t one_way = sim.hash;
    sim.hash = start;
    drill_sim_record(&sim, 3, 4);
    drill_sim_record(&sim, 1, 2);
    const uint64_t other_way = sim.hash;
    sim.hash = start;
    drill_sim_record(&sim, 1, 2);
    drill_sim_record(&sim, 3, 5);
    ck_assert_uint_ne(one_way, other_way);
    ck_assert_uint_ne(one_way, sim.hash);
    sim.hash = start;
    drill_sim_record(&sim, 1, 2);
    drill_sim_record(&sim, 3, 4);
    ck_assert_uint_eq(one_way, sim.hash);
}
END_TEST

START_TEST(a_result_of_zero_counts_in_the_hash)
{
    const uint64_t start = sim.hash;

    drill_sim_record(&sim, 0, 0);
    ck_assert_uint_ne(sim.hash, start);
}
END_TEST

Suite *sim_suite(void);

Suite *sim_suite(void)
{
    Suite *suite = suite_create("sim");
    TCase *tests = tcase_create("record");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_line_of_the_trace_begins_with_its_time);
    tcase_add_test(tests, a_line_that_is_too_long_is_cut);
    tcase_add_test(tests, calls_are_watched_while_there_is_a_trace_or_a_rule);
    tcase_add_test(tests, calls_are_watched_for_a_witness);
    tcase_add_test(tests, a_report_goes_to_who_listens_and_else_nowhere);
    tcase_add_test(tests, the_hash_tells_values_and_their_order);
    tcase_add_test(tests, a_result_of_zero_counts_in_the_hash);
    suite_add_tcase(suite, tests);
    return suite;
}
