#include "tools/report.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct drill_scenario scenario = {.name = "echo", .about = "what it is about"};

static void open_report(struct drill_report *report)
{
    ck_assert_int_eq(drill_report_init(report, "explore", 1), 0);
    ck_assert_int_eq(drill_result_name(&report->results[0], &scenario, "seeds 1-9"), 0);
}

static struct drill_outcome outcome_of(enum drill_finding_kind kind, const char *sentence)
{
    struct drill_outcome outcome = {.kind = kind, .calls = 3, .virtual_ns = 5};

    snprintf(outcome.sentence, sizeof outcome.sentence, "%s", sentence);
    return outcome;
}

static void note(struct drill_report *report, uint64_t number, enum drill_finding_kind kind,
                 const char *sentence)
{
    struct drill_outcome outcome = outcome_of(kind, sentence);
    const struct drill_pool_run run = {.number = number};

    outcome.seed = number;
    drill_tally_add(&report->results[0].tally, &outcome);
    if (kind != DRILL_PASSED)
        drill_result_note(&report->results[0], &run, &outcome);
}

static void expect(const struct drill_report *report, size_t at, uint64_t number, uint64_t count,
                   const char *sentence)
{
    const struct drill_finding *finding = &report->results[0].findings[at];

    ck_assert_uint_lt(at, report->results[0].count);
    ck_assert_uint_eq(finding->number, number);
    ck_assert_uint_eq(finding->outcome.seed, number);
    ck_assert_uint_eq(finding->count, count);
    ck_assert_str_eq(finding->outcome.sentence, sentence);
}

START_TEST(findings_that_differ_in_numbers_only_are_one)
{
    struct drill_report report;

    open_report(&report);
    note(&report, 7, DRILL_EXITED, "client/ask ended with 7, not with 0");
    note(&report, 3, DRILL_STALLED, "stalled at 1.5s: nobody moves");
    note(&report, 2, DRILL_EXITED, "client/ask ended with 12, not with 0");
    note(&report, 9, DRILL_STALLED, "stalled at 20ms: nobody moves");
    note(&report, 4, DRILL_LATE, "stalled at 20ms: nobody moves");
    ck_assert_uint_eq(report.results[0].count, 4);
    expect(&report, 0, 2, 2, "client/ask ended with 12, not with 0");
    expect(&report, 1, 3, 1, "stalled at 1.5s: nobody moves");
    expect(&report, 2, 4, 1, "stalled at 20ms: nobody moves");
    expect(&report, 3, 9, 1, "stalled at 20ms: nobody moves");
    drill_report_fini(&report);
}
END_TEST

START_TEST(parts_of_a_number_have_an_order_too)
{
    struct drill_report report;
    struct drill_outcome outcome = outcome_of(DRILL_LEAKED, "a leak");

    open_report(&report);
    for (uint64_t part = 5; part-- > 2;)
        drill_result_note(&report.results[0], &(struct drill_pool_run){.number = 1, .part = part},
                          &outcome);
    ck_assert_uint_eq(report.results[0].count, 1);
    ck_assert_uint_eq(report.results[0].findings[0].part, 2);
    ck_assert_uint_eq(report.results[0].findings[0].count, 3);
    drill_report_fini(&report);
}
END_TEST

START_TEST(a_mark_is_missed_if_no_run_has_reached_it)
{
    struct drill_report report;
    struct drill_outcome outcome = {0};

    open_report(&report);
    snprintf(outcome.unreached, sizeof outcome.unreached, "seldom\nnever");
    drill_tally_add(&report.results[0].tally, &outcome);
    snprintf(outcome.unreached, sizeof outcome.unreached, "never");
    drill_tally_add(&report.results[0].tally, &outcome);
    ck_assert_str_eq(drill_result_missed(&report.results[0], 0), "never");
    ck_assert_ptr_null(drill_result_missed(&report.results[0], 1));
    ck_assert(drill_report_has_found(&report));
    drill_report_fini(&report);
}
END_TEST

START_TEST(names_for_which_there_is_no_room_are_the_last_of_the_alphabet)
{
    struct drill_tally_names up = {0}, down = {0};
    char name[8];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%03d", i);
        drill_tally_name(&up, name, strlen(name), 1);
        snprintf(name, sizeof name, "%03d", 99 - i);
        drill_tally_name(&down, name, strlen(name), 1);
    }
    ck_assert(up.more && down.more);
    ck_assert_uint_eq(up.count, DRILL_TALLY_NAMES);
    ck_assert_mem_eq(up.names, down.names, sizeof up.names);
}
END_TEST

/* Parts of one report, in another order. */
static void open_parts(struct drill_report parts[2])
{
    open_report(&parts[0]);
    open_report(&parts[1]);
    note(&parts[1], 1, DRILL_EXITED, "ended with 1");
    note(&parts[0], 2, DRILL_EXITED, "ended with 2");
    note(&parts[0], 4, DRILL_LEAKED, "4 bytes");
    note(&parts[1], 3, DRILL_PASSED, "");
    parts[1].results[0].findings[0].again = strdup("once more");
    drill_lines_add(&parts[1].results[0].findings[0].trace, "a line");
}

static void quotes(const char *word, const char *wanted)
{
    char *const text = drill_text_quote(word);

    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(a_path_is_told_as_a_shell_takes_it)
{
    quotes("logs/a-1.log", "logs/a-1.log");
    quotes("", "''");
    quotes("my logs/a$b\\c", "'my logs/a$b\\c'");
    quotes("it's\\\n\xff", "$'it\\'s\\\\\\x0a\\xff'");
}
END_TEST

static void fits(const char *given, const char *wanted)
{
    char text[32];

    snprintf(text, sizeof text, "%s", given);
    drill_text_fit(text);
    ck_assert_str_eq(text, wanted);
}

START_TEST(what_is_no_text_of_one_line_becomes_one)
{
    fits("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    fits("a\nb", "a?b");
    fits("\xff", "?");
    fits("\xc0\x80", "??");
    fits("\xed\xa0\x80.", "???.");
    fits("\xe2\x82", "??");
    fits("\xf4\x90\x80\x80", "????");
}
END_TEST

START_TEST(reports_merge_in_any_order)
{
    for (int first = 0; first < 2; first++) {
        struct drill_report parts[2];
        open_parts(parts);
        ck_assert_int_eq(drill_report_merge(&parts[first], &parts[1 - first]), 0);
        expect(&parts[first], 0, 1, 2, "ended with 1");
        expect(&parts[first], 1, 4, 1, "4 bytes");
        ck_assert_str_eq(parts[first].results[0].findings[0].again, "once more");
        ck_assert_uint_eq(parts[first].results[0].tally.runs, 4);
        ck_assert_uint_eq(drill_tally_found(&parts[first].results[0].tally), 3);
        drill_report_fini(&parts[0]);
        drill_report_fini(&parts[1]);
    }
}
END_TEST

START_TEST(reports_of_something_else_do_not_merge)
{
    struct drill_report parts[2];

    open_parts(parts);
    free(parts[1].results[0].way);
    parts[1].results[0].way = strdup("seeds 1-10");
    ck_assert_int_eq(drill_report_merge(&parts[0], &parts[1]), -EINVAL);
    drill_report_fini(&parts[0]);
    drill_report_fini(&parts[1]);
}
END_TEST

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(getdelim(&text, &room, EOF, file), 0);
    fclose(file);
    return text;
}

START_TEST(what_was_written_as_json_is_read_as_it_was)
{
    char path[] = "/tmp/report-XXXXXX";
    struct drill_report report, read;

    open_report(&report);
    note(&report, UINT64_MAX, DRILL_BROKE, "\"quoted\" \\ 7");
    note(&report, 5, DRILL_PASSED, "");
    drill_lines_add_text(&report.results[0].findings[0].output, "a\x01\nb", 4);
    report.shard = 2;
    report.shards = 3;
    close(mkstemp(path));
    const int error = drill_report_write_json(&report, path);
    if (error == 0) {
        char *before = read_all(path);
        ck_assert_int_eq(drill_report_read_json(&read, path), 0);
        ck_assert_int_eq(drill_report_write_json(&read, path), 0);
        char *after = read_all(path);
        ck_assert_str_eq(before, after);
        expect(&read, 0, UINT64_MAX, 1, "\"quoted\" \\ 7");
        ck_assert_mem_eq(&report.results[0].tally, &read.results[0].tally,
                         sizeof report.results[0].tally);
        free(before);
        free(after);
        drill_report_fini(&read);
    } else {
        ck_assert_int_eq(error, -ENOSYS);
    }
    unlink(path);
    drill_report_fini(&report);
}
END_TEST

Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");

    tcase_add_test(tests, findings_that_differ_in_numbers_only_are_one);
    tcase_add_test(tests, parts_of_a_number_have_an_order_too);
    tcase_add_test(tests, a_mark_is_missed_if_no_run_has_reached_it);
    tcase_add_test(tests, names_for_which_there_is_no_room_are_the_last_of_the_alphabet);
    tcase_add_test(tests, a_path_is_told_as_a_shell_takes_it);
    tcase_add_test(tests, what_is_no_text_of_one_line_becomes_one);
    tcase_add_test(tests, reports_merge_in_any_order);
    tcase_add_test(tests, reports_of_something_else_do_not_merge);
    tcase_add_test(tests, what_was_written_as_json_is_read_as_it_was);
    suite_add_tcase(suite, tests);
    return suite;
}
