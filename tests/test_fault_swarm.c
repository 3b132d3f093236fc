#include "emu/fault.h"

#include <check.h>

#include "api/decide.h"
#include "tests/helpers.h"

static struct stage stage;

static void open_seed(uint64_t seed)
{
    stage_open(&stage, &(struct drill_config){.seed = seed});
}

static void setup(void)
{
    open_seed(1);
}

static void teardown(void)
{
    stage_close(&stage);
}

static struct drill_faults *faults(void)
{
    return &stage.world->door.faults;
}

static const struct drill_rule *add(const char *text)
{
    return drill_faults_rule(faults(), add_rule(stage.world, text));
}

static uint64_t always(void *answer, const struct drill_choice *choice)
{
    return choice->kind == DRILL_CHOICE_SWARM && *(const uint64_t *)answer;
}

START_TEST(without_a_swarm_nobody_is_asked)
{
    add("split chance 10%");
    ck_assert_uint_eq(stage.world->sim.choices.asked, 0);
    ck_assert(!faults()->first->fault.off);
}
END_TEST

START_TEST(each_family_is_chosen_once)
{
    drill_swarm(stage.world);
    const struct drill_rule *first = add("split chance 10%");
    const struct drill_rule *second = add("short_read 1 chance 10%");
    ck_assert_uint_eq(stage.world->sim.choices.asked, 1);
    ck_assert_int_eq(first->fault.off, second->fault.off);
    add("drop chance 10%");
    ck_assert_uint_eq(stage.world->sim.choices.asked, 2);
}
END_TEST

START_TEST(calm_is_off_and_1_is_on)
{
    uint64_t answer = 0;

    drill_swarm(stage.world);
    drill_oracle_set(stage.world, always, &answer);
    ck_assert(add("split chance 10%")->fault.off);
    answer = 1;
    ck_assert(!add("drop chance 10%")->fault.off);
    ck_assert_ptr_null(faults()->groups[DRILL_RULES_CALL]);
    ck_assert_ptr_nonnull(faults()->groups[DRILL_RULES_PACKET]);
    drill_oracle_set(stage.world, NULL, NULL);
}
END_TEST

START_TEST(what_strikes_for_sure_and_what_is_off_is_in_no_swarm)
{
    drill_swarm(stage.world);
    ck_assert(!add("split")->fault.off);
    ck_assert(add("split chance 10% off")->fault.off);
    ck_assert_uint_eq(stage.world->sim.choices.asked, 0);
}
END_TEST

START_TEST(half_of_the_seeds_have_a_family)
{
    int on = 0;

    for (uint64_t seed = 1; seed <= 1000; seed++) {
        stage_close(&stage);
        open_seed(seed);
        drill_swarm(stage.world);
        on += !add("split chance 10%")->fault.off;
    }
    ck_assert_int_gt(on, 450);
    ck_assert_int_lt(on, 550);
}
END_TEST

START_TEST(a_rule_that_its_family_lets_be_draws_what_it_would_without_a_swarm)
{
    uint64_t seed = 1;
    bool falls[200];

    do {
        stage_close(&stage);
        open_seed(seed++);
        drill_swarm(stage.world);
    } while (add("split chance 30%")->fault.off);
    for (int i = 0; i < 200; i++)
        falls[i] = drill_rule_falls(faults()->first, 0);
    stage_close(&stage);
    open_seed(seed - 1);
    add("split chance 30%");
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(drill_rule_falls(faults()->first, 0), falls[i]);
}
END_TEST

START_TEST(every_fault_that_has_a_standard_rule_is_added_by_its_name)
{
    int faithful = 0, hostile = 0;

    for (int i = 0; i < DRILL_FAULTS; i++) {
        const bool has_one = drill_fault_rows[i].standard[0] != '\0';
        faithful += has_one && !drill_fault_rows[i].hostile;
        hostile += has_one && drill_fault_rows[i].hostile;
    }
    ck_assert_int_gt(hostile, 0);
    const struct drill_rule *mine = add("split: split chance 1%");
    ck_assert_int_eq(drill_fault_add_standard(stage.world, false), faithful - 1);
    ck_assert_ptr_eq(drill_faults_named(faults(), "split"), mine);
    ck_assert_int_gt(drill_fault_find(stage.world, "drop"), 0);
    ck_assert_int_lt(drill_fault_find(stage.world, "spoof"), 0);
    ck_assert_int_eq(drill_fault_add_standard(stage.world, true), hostile);
    ck_assert_int_gt(drill_fault_find(stage.world, "spoof"), 0);
}
END_TEST

START_TEST(standard_rules_of_a_calm_oracle_change_nothing)
{
    uint64_t answer = 0;

    drill_swarm(stage.world);
    drill_oracle_set(stage.world, always, &answer);
    ck_assert_int_gt(drill_fault_add_standard(stage.world, true), 0);
    stage_connect(&stage);
    stage_stream(&stage, true, 100000);
    const uint64_t hash = drill_hash(stage.world);
    drill_oracle_set(stage.world, NULL, NULL);
    stage_close(&stage);
    open_seed(1);
    stage_connect(&stage);
    stage_stream(&stage, true, 100000);
    ck_assert_uint_eq(drill_hash(stage.world), hash);
}
END_TEST

Suite *fault_swarm_suite(void)
{
    Suite *suite = suite_create("fault_swarm");
    TCase *tests = tcase_create("fault_swarm");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, without_a_swarm_nobody_is_asked);
    tcase_add_test(tests, each_family_is_chosen_once);
    tcase_add_test(tests, calm_is_off_and_1_is_on);
    tcase_add_test(tests, what_strikes_for_sure_and_what_is_off_is_in_no_swarm);
    tcase_add_test(tests, half_of_the_seeds_have_a_family);
    tcase_add_test(tests, a_rule_that_its_family_lets_be_draws_what_it_would_without_a_swarm);
    tcase_add_test(tests, every_fault_that_has_a_standard_rule_is_added_by_its_name);
    tcase_add_test(tests, standard_rules_of_a_calm_oracle_change_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
