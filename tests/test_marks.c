#include "emu/marks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/sockdrill.h"
#include "tests/helpers.h"

static struct drill_marks marks;
static struct lines lines;

static void setup(void)
{
    marks = (struct drill_marks){0};
    lines = (struct lines){0};
}

START_TEST(places_stand_in_the_order_in_which_they_were_first_reached)
{
    ck_assert(drill_marks_reach(&marks, "second"));
    ck_assert(drill_marks_reach(&marks, "first"));
    ck_assert(!drill_marks_reach(&marks, "second"));
    ck_assert_uint_eq(marks.count, 2);
    ck_assert_str_eq(marks.places[0].name, "second");
    ck_assert_uint_eq(marks.places[0].count, 2);
    ck_assert_str_eq(marks.places[1].name, "first");
    ck_assert_uint_eq(marks.places[1].count, 1);
}
END_TEST

START_TEST(a_place_beyond_the_last_is_not_kept_but_the_others_still_count)
{
    char name[16];

    for (int i = 0; i < DRILL_MARKS_MAX; i++) {
        snprintf(name, sizeof name, "place %d", i);
        ck_assert(drill_marks_reach(&marks, name));
    }
    ck_assert(!drill_marks_reach(&marks, "one too many"));
    ck_assert_uint_eq(marks.count, DRILL_MARKS_MAX);
    drill_marks_reach(&marks, "place 0");
    ck_assert_uint_eq(marks.places[0].count, 2);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut_and_found_again)
{
    char name[300];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert(drill_marks_reach(&marks, name));
    ck_assert(!drill_marks_reach(&marks, name));
    ck_assert_uint_eq(strlen(marks.places[0].name), DRILL_MARKS_NAME - 1);
    name[10] = '\0';
    ck_assert(drill_marks_reach(&marks, name));
}
END_TEST

static int64_t break_two_promises(void *world)
{
    (void)world;
    drill_broken("%d bytes came, not %d", 3, 4);
    DRILL_ALWAYS(1 > 2, "one is less than two");
    DRILL_ALWAYS(2 > 1, "two is more than one");
    return 0;
}

START_TEST(the_first_broken_promise_is_kept_with_who_broke_it)
{
    struct stage stage;

    stage_open(&stage, &(struct drill_config){.report = lines_add, .report_context = &lines});
    ck_assert_ptr_null(drill_evidence(stage.world).broken);
    run_task(stage.client, break_two_promises, NULL);
    const struct drill_evidence evidence = drill_evidence(stage.world);
    ck_assert_str_eq(evidence.broken, "client/task: 3 bytes came, not 4");
    ck_assert_uint_eq(evidence.broken_count, 2);
    ck_assert_uint_eq(lines_with(&lines, "broken: client/task: 3 bytes came, not 4"), 1);
    ck_assert_uint_eq(lines.count, 1);
    stage_close(&stage);
}
END_TEST

START_TEST(a_sentence_that_is_too_long_is_cut)
{
    struct stage stage;
    char text[1000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    stage_open(&stage, NULL);
    drill_broken("%s", text);
    ck_assert_uint_eq(strlen(drill_evidence(stage.world).broken), DRILL_MARKS_SENTENCE - 1);
    stage_close(&stage);
}
END_TEST

static int64_t reach_places(void *unused)
{
    (void)unused;
    drill_reached("door");
    for (int i = 0; i < 3; i++)
        DRILL_SOMETIMES(i == 1, "one");
    DRILL_SOMETIMES(false, "never");
    drill_reached("door");
    return 0;
}

START_TEST(places_are_told_with_how_often_and_stand_in_the_trace_once)
{
    struct stage stage;
    uint64_t count = 0;

    stage_open(&stage, &(struct drill_config){.trace = lines_add, .trace_context = &lines});
    run_task(stage.client, reach_places, NULL);
    ck_assert_str_eq(drill_mark(stage.world, 0, &count), "door");
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(drill_mark(stage.world, 1, NULL), "one");
    ck_assert_ptr_null(drill_mark(stage.world, 2, &count));
    ck_assert_uint_eq(lines_with(&lines, "client/task reached door"), 1);
    stage_close(&stage);
}
END_TEST

START_TEST(what_is_said_changes_no_hash)
{
    struct stage stage;

    stage_open(&stage, NULL);
    const uint64_t before = drill_hash(stage.world);
    drill_reached("place");
    drill_broken("a promise");
    ck_assert_uint_eq(drill_hash(stage.world), before);
    stage_close(&stage);
}
END_TEST

START_TEST(outside_any_world_nobody_listens)
{
    drill_reached("place");
    drill_broken("a promise");
}
END_TEST

Suite *marks_suite(void);

Suite *marks_suite(void)
{
    Suite *suite = suite_create("marks");
    TCase *tests = tcase_create("marks");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, places_stand_in_the_order_in_which_they_were_first_reached);
    tcase_add_test(tests, a_place_beyond_the_last_is_not_kept_but_the_others_still_count);
    tcase_add_test(tests, a_name_that_is_too_long_is_cut_and_found_again);
    tcase_add_test(tests, the_first_broken_promise_is_kept_with_who_broke_it);
    tcase_add_test(tests, a_sentence_that_is_too_long_is_cut);
    tcase_add_test(tests, places_are_told_with_how_often_and_stand_in_the_trace_once);
    tcase_add_test(tests, what_is_said_changes_no_hash);
    tcase_add_test(tests, outside_any_world_nobody_listens);
    suite_add_tcase(suite, tests);
    return suite;
}
