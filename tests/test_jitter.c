#include "emu/jitter.h"

#include <check.h>

#define HOUR (3600 * DRILL_SECOND)

enum { SHAPES = DRILL_JITTER_PARETO + 1, LAST = DRILL_JITTER_DRAWS - 1 };

/* The most that a shape adds, in units of jitter_ns. */
static const int cuts[SHAPES] = {
    [DRILL_JITTER_UNIFORM] = 1,
    [DRILL_JITTER_NORMAL] = 1,
    [DRILL_JITTER_EXPONENTIAL] = 8,
    [DRILL_JITTER_PARETO] = 16,
};

/* The delay below which `permille` of the draws lie, of a jitter of one million. */
static int64_t quantile(enum drill_jitter shape, uint32_t permille)
{
    return drill_jitter_delay(shape, 1000000, permille * DRILL_JITTER_DRAWS / 1000);
}

static int64_t mean(enum drill_jitter shape)
{
    int64_t sum = 0;

    for (uint32_t draw = 0; draw <= LAST; draw++)
        sum += drill_jitter_delay(shape, 1000000, draw);
    return sum / DRILL_JITTER_DRAWS;
}

static void assert_near(int64_t value, int64_t expected)
{
    int64_t slack = expected / 200 + 50;

    ck_assert_int_ge(value, expected - slack);
    ck_assert_int_le(value, expected + slack);
}

START_TEST(a_draw_of_zero_adds_nothing)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, HOUR, 0), 0);
        ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, INT64_MAX, 0), 0);
    }
}
END_TEST

START_TEST(without_a_jitter_no_draw_adds_anything)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        for (uint32_t draw = 0; draw <= LAST; draw += 255) {
            ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, 0, draw), 0);
            ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, -5, draw), 0);
            ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, INT64_MIN, draw), 0);
        }
    }
}
END_TEST

START_TEST(a_greater_draw_never_adds_less)
{
    static const int64_t jitters_ns[] = {1, 7, 1000, 65536, 65537, HOUR, INT64_MAX};

    for (int shape = 0; shape < SHAPES; shape++) {
        for (size_t i = 0; i < sizeof jitters_ns / sizeof *jitters_ns; i++) {
            int64_t before_ns = 0;
            for (uint32_t draw = 0; draw <= LAST; draw++) {
                int64_t delay_ns =
                    drill_jitter_delay((enum drill_jitter)shape, jitters_ns[i], draw);
                if (delay_ns < before_ns)
                    ck_abort_msg("shape %d adds less at %u", shape, draw);
                before_ns = delay_ns;
            }
        }
    }
}
END_TEST

START_TEST(the_last_draw_adds_as_much_as_the_shape_allows)
{
    static const int64_t jitters_ns[] = {1, 3, 1000, 999999937, HOUR};

    for (int shape = 0; shape < SHAPES; shape++) {
        for (size_t i = 0; i < sizeof jitters_ns / sizeof *jitters_ns; i++) {
            int64_t most_ns = jitters_ns[i] * cuts[shape];
            ck_assert_int_eq(drill_jitter_delay((enum drill_jitter)shape, jitters_ns[i], LAST),
                             most_ns);
        }
    }
}
END_TEST

START_TEST(uniform_delays_are_in_proportion_to_the_draw)
{
    assert_near(quantile(DRILL_JITTER_UNIFORM, 250), 250000);
    assert_near(quantile(DRILL_JITTER_UNIFORM, 500), 500000);
    assert_near(quantile(DRILL_JITTER_UNIFORM, 900), 900000);
    assert_near(mean(DRILL_JITTER_UNIFORM), 500000);
}
END_TEST

/* Of the absolute value of a normal deviate, with a sigma of jitter_ns / 4. */
START_TEST(normal_delays_have_the_quantiles_of_half_a_bell)
{
    assert_near(quantile(DRILL_JITTER_NORMAL, 500), 674490 / 4);
    assert_near(quantile(DRILL_JITTER_NORMAL, 683), 1000642 / 4);
    assert_near(quantile(DRILL_JITTER_NORMAL, 950), 1959964 / 4);
    assert_near(quantile(DRILL_JITTER_NORMAL, 999), 3290527 / 4);
    assert_near(mean(DRILL_JITTER_NORMAL), 797885 / 4);
}
END_TEST

START_TEST(exponential_delays_have_a_mean_of_the_jitter)
{
    assert_near(quantile(DRILL_JITTER_EXPONENTIAL, 500), 693147);
    assert_near(quantile(DRILL_JITTER_EXPONENTIAL, 900), 2302585);
    assert_near(quantile(DRILL_JITTER_EXPONENTIAL, 999), 6907755);
    assert_near(mean(DRILL_JITTER_EXPONENTIAL), 1000000);
}
END_TEST

START_TEST(pareto_delays_are_mostly_short_with_a_heavy_tail)
{
    assert_near(quantile(DRILL_JITTER_PARETO, 500), 125000);
    assert_near(quantile(DRILL_JITTER_PARETO, 900), 1125000);
    assert_near(quantile(DRILL_JITTER_PARETO, 990), 12375000);
    ck_assert_int_eq(quantile(DRILL_JITTER_PARETO, 999), 16000000);
}
END_TEST

START_TEST(an_hour_is_as_exact_as_a_second)
{
    for (int shape = 0; shape < SHAPES; shape++) {
        for (uint32_t draw = 1; draw <= LAST; draw += 97) {
            int64_t second_ns = drill_jitter_delay((enum drill_jitter)shape, DRILL_SECOND, draw);
            int64_t hour_ns = drill_jitter_delay((enum drill_jitter)shape, HOUR, draw);
            ck_assert_int_ge(hour_ns, 3600 * second_ns);
            ck_assert_int_lt(hour_ns, 3600 * (second_ns + 1));
        }
    }
}
END_TEST

Suite *jitter_suite(void)
{
    Suite *suite = suite_create("jitter");
    TCase *tests = tcase_create("jitter");

    tcase_add_test(tests, a_draw_of_zero_adds_nothing);
    tcase_add_test(tests, without_a_jitter_no_draw_adds_anything);
    tcase_add_test(tests, a_greater_draw_never_adds_less);
    tcase_add_test(tests, the_last_draw_adds_as_much_as_the_shape_allows);
    tcase_add_test(tests, uniform_delays_are_in_proportion_to_the_draw);
    tcase_add_test(tests, normal_delays_have_the_quantiles_of_half_a_bell);
    tcase_add_test(tests, exponential_delays_have_a_mean_of_the_jitter);
    tcase_add_test(tests, pareto_delays_are_mostly_short_with_a_heavy_tail);
    tcase_add_test(tests, an_hour_is_as_exact_as_a_second);
    suite_add_tcase(suite, tests);
    return suite;
}
