#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;
static struct lines lines;

static void setup(void)
{
    lines.count = lines.size = 0;
    lines.text[0] = '\0';
    stage_open(&stage, &(struct drill_config){.seed = 4,
                                              .trace = lines_add,
                                              .trace_context = &lines,
                                              .report = lines_add,
                                              .report_context = &lines});
}

static void teardown(void)
{
    stage_close(&stage);
}

static int add(const char *text)
{
    struct drill_fault_line line;

    ck_assert_msg(drill_fault_parse(text, &line) == 0, "%s: %s", text, line.error);
    const int id = drill_fault_add(stage.world, &line.fault);
    ck_assert_int_gt(id, 0);
    return id;
}

static void until_ms(int64_t ms)
{
    ck_assert_int_eq(drill_run_until(stage.world, ms * DRILL_MS), 0);
}

static uint64_t hash_with(const char *rule)
{
    teardown();
    setup();
    if (rule != NULL)
        add(rule);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 50000});
    stage_stream(&stage, true, 50000);
    return drill_hash(stage.world);
}

START_TEST(an_act_that_is_off_or_never_comes_changes_nothing)
{
    const uint64_t calm = hash_with(NULL);

    ck_assert_uint_eq(hash_with("partition off"), calm);
    ck_assert_uint_eq(hash_with("crash host client off"), calm);
    ck_assert_uint_eq(hash_with("crash host client chance 0%"), calm);
    ck_assert_uint_eq(hash_with("pause host client from 1000s"), calm);
    ck_assert_uint_ne(hash_with("partition host client from 5ms for 50ms"), calm);
}
END_TEST

START_TEST(a_chance_is_asked_once_when_it_would_begin)
{
    const int id = add("partition from 1s for 1s chance 30%");
    const uint64_t asked = stage.world->sim.choices.asked;

    until_ms(5000);
    ck_assert_uint_eq(stage.world->sim.choices.asked, asked + 1);
    ck_assert_int_le(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(an_act_without_an_end_lasts_and_the_run_does_not)
{
    add("partition");
    add("pause host client");
    ck_assert_int_eq(drill_run(stage.world), 0);
    until_ms(1000000);
    ck_assert_uint_eq(stage.client->pauses, 1);
}
END_TEST

Suite *fault_act_suite(void);

Suite *fault_act_suite(void)
{
    Suite *suite = suite_create("fault_act");
    TCase *tests = tcase_create("acts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_act_that_is_off_or_never_comes_changes_nothing);
    tcase_add_test(tests, a_chance_is_asked_once_when_it_would_begin);
    tcase_add_test(tests, an_act_without_an_end_lasts_and_the_run_does_not);
    suite_add_tcase(suite, tests);
    return suite;
}
