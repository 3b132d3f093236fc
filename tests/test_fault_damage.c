#include "emu/fault.h"

#include <check.h>
#include <stdio.h>

#include "tests/helpers.h"

enum { BITS = 64 };

static struct stage stage;
static uint64_t flipped;
static unsigned calls;

static void flip(void *context, uint64_t bit)
{
    ck_assert_ptr_eq(context, &stage);
    ck_assert_uint_lt(bit, BITS);
    flipped ^= UINT64_C(1) << bit;
    calls++;
}

static unsigned ones(uint64_t word)
{
    unsigned count = 0;

    for (; word != 0; word &= word - 1)
        count++;
    return count;
}

/* How many bits of so many a rule flips. */
static unsigned damage(const char *text, uint64_t total)
{
    const int id = add_rule(stage.world, text);

    flipped = calls = 0;
    drill_rule_damage(drill_faults_rule(&stage.world->door.faults, id), total, flip, &stage);
    drill_fault_remove(stage.world, id);
    ck_assert_uint_eq(ones(flipped), calls);
    return calls;
}

static void setup(void)
{
    stage_open(&stage, &(struct drill_config){.seed = 9});
}

static void teardown(void)
{
    stage_close(&stage);
}

START_TEST(so_many_bits_flip_as_the_rule_says_and_no_more_than_there_are)
{
    for (uint64_t total = 1; total <= BITS; total++)
        for (unsigned count = 1; count < 40; count++) {
            char text[32];
            snprintf(text, sizeof text, "corrupt %u", count);
            ck_assert_uint_eq(damage(text, total), count < total ? count : total);
        }
}
END_TEST

START_TEST(else_one_half_of_the_time_and_ever_more_ever_more_rarely)
{
    unsigned counts[BITS] = {0};

    for (int i = 0; i < 400; i++) {
        char text[32];
        snprintf(text, sizeof text, "r%d: corrupt", i);
        counts[damage(text, BITS)]++;
    }
    ck_assert_uint_eq(counts[0], 0);
    ck_assert_uint_gt(counts[1], 160);
    ck_assert_uint_lt(counts[1], 240);
    ck_assert_uint_gt(counts[1], counts[2]);
    ck_assert_uint_gt(counts[2], counts[3]);
    ck_assert_uint_gt(counts[3], counts[5]);
}
END_TEST

Suite *fault_damage_suite(void);

Suite *fault_damage_suite(void)
{
    Suite *suite = suite_create("fault_damage");
    TCase *tests = tcase_create("fault_damage");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, so_many_bits_flip_as_the_rule_says_and_no_more_than_there_are);
    tcase_add_test(tests, else_one_half_of_the_time_and_ever_more_ever_more_rarely);
    suite_add_tcase(suite, tests);
    return suite;
}
