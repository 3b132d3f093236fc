#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/decide.h"
#include "emu/choice_log.h"
#include "tests/helpers.h"

static struct drill_log *log_of_test;
static struct lines lines;

static void setup(void)
{
    log_of_test = drill_log_new();
    ck_assert_ptr_nonnull(log_of_test);
    memset(&lines, 0, sizeof lines);
}

static void teardown(void)
{
    drill_log_free(log_of_test);
}

static void read_text(const char *text)
{
    struct drill_text_error error;
    const int result = drill_log_read(log_of_test, text, strlen(text), &error);

    ck_assert_msg(result == 0, "%u:%u: %s", error.line, error.column, error.text);
}

/* What drill_log_read says of a text, as "line:column: what was expected". */
static const char *refused(const char *text, size_t size)
{
    static char said[200];
    struct drill_text_error error;

    ck_assert_int_eq(drill_log_read(log_of_test, text, size, &error), -EINVAL);
    ck_assert_uint_eq(drill_log_count(log_of_test), 0);
    snprintf(said, sizeof said, "%u:%u: %s", error.line, error.column, error.text);
    return said;
}

static void assert_refused(const char *text, const char *why)
{
    ck_assert_str_eq(refused(text, strlen(text)), why);
}

static const char example[] =
    "scenario scenarios/echo.drill\n"
    "seed 7\n"
    "bug\n"
    "fault split chance 20%\n"
    "fault drop chance 1%\n"
    "choose fault split#1 12 = 1              # 0.040000000 client/ask recv(3, 64): split\n"
    "choose loss client>server 3 = 1\n";

START_TEST(what_was_written_is_read_and_written_the_same)
{
    read_text(example);
    ck_assert_int_eq(drill_log_write(log_of_test, lines_add, &lines), 0);
    ck_assert_str_eq(lines.text, example);
}
END_TEST

START_TEST(decisions_have_their_parts_and_lines)
{
    read_text(example);
    ck_assert_uint_eq(drill_log_count(log_of_test), 2);
    const struct drill_decision first = drill_log_at(log_of_test, 0);
    ck_assert_int_eq(first.kind, DRILL_CHOICE_FAULT);
    ck_assert_str_eq(first.site, "split#1");
    ck_assert_uint_eq(first.index, 12);
    ck_assert_uint_eq(first.answer, 1);
    ck_assert_str_eq(first.about, "0.040000000 client/ask recv(3, 64): split");
    ck_assert_uint_eq(first.line, 6);
    ck_assert_str_eq(drill_log_at(log_of_test, 1).about, "");
    ck_assert_str_eq(drill_log_at(log_of_test, 2).site, "");
}
END_TEST

START_TEST(headers_are_kept_as_they_stand)
{
    const char *key, *value;

    read_text("  scenario \"a b.drill  # where \r\n# lines\nseed\t7\r\nbug\nseed 8\n");
    ck_assert_str_eq(drill_log_header(log_of_test, "scenario"), "\"a b.drill  # where");
    ck_assert_str_eq(drill_log_header(log_of_test, "seed"), "7");
    ck_assert_str_eq(drill_log_header(log_of_test, "bug"), "");
    ck_assert_ptr_null(drill_log_header(log_of_test, "calm"));
    ck_assert(drill_log_header_at(log_of_test, 3, &key, &value));
    ck_assert_str_eq(key, "seed");
    ck_assert_str_eq(value, "8");
    ck_assert(!drill_log_header_at(log_of_test, 4, &key, &value));
}
END_TEST

START_TEST(headers_that_would_not_be_read_again_are_refused)
{
    ck_assert_int_eq(drill_log_set_header(log_of_test, "seed", "7"), 0);
    ck_assert_int_eq(drill_log_set_header(log_of_test, "", "7"), -EINVAL);
    ck_assert_int_eq(drill_log_set_header(log_of_test, "choose", "7"), -EINVAL);
    ck_assert_int_eq(drill_log_set_header(log_of_test, "a b", "7"), -EINVAL);
    ck_assert_int_eq(drill_log_set_header(log_of_test, "seed", "7\nseed 8"), -EINVAL);
    while (log_of_test->header_count < DRILL_LOG_HEADERS)
        ck_assert_int_eq(drill_log_set_header(log_of_test, "fault", "drop"), 0);
    ck_assert_int_eq(drill_log_set_header(log_of_test, "seed", "7"), -E2BIG);
}
END_TEST

START_TEST(a_person_may_write_blanks_and_comments)
{
    read_text("# found on Monday\n\n   choose   user   7   0   =   3   # why not\n#\n"
              "choose user 7 1 = 2 # = 4");
    ck_assert_uint_eq(drill_log_count(log_of_test), 2);
    ck_assert_str_eq(drill_log_at(log_of_test, 0).about, "");
    ck_assert_uint_eq(drill_log_at(log_of_test, 0).line, 3);
}
END_TEST

START_TEST(sites_of_any_text_are_written_so_that_they_can_be_read)
{
    static const char *const sites[] = {
        "a b", "#x", "\"", "tab\there", "back\\slash", "", "line\nend", "\xc3\xbc\xc3\x9f", "x#1"};
    enum { COUNT = sizeof sites / sizeof *sites };

    for (uint64_t i = 0; i < COUNT; i++)
        ck_assert_int_eq(
            drill_log_add(log_of_test, &(struct drill_decision){.kind = DRILL_CHOICE_USER,
                                                                .site = sites[i],
                                                                .index = i,
                                                                .answer = 1,
                                                                .about = "1.000000000 a\nb c"}),
            0);
    ck_assert_int_eq(drill_log_write(log_of_test, lines_add, &lines), 0);
    ck_assert_uint_eq(lines.count, COUNT);
    read_text(lines.text);
    for (uint64_t i = 0; i < COUNT; i++) {
        ck_assert_str_eq(drill_log_at(log_of_test, i).site, sites[i]);
        ck_assert_str_eq(drill_log_at(log_of_test, i).about, "1.000000000 a?b c");
    }
}
END_TEST

START_TEST(errors_name_the_place_and_what_was_expected)
{
    assert_refused("Seed 7", "1:1: expected choose, or a key such as seed");
    assert_refused("seed 7\nchoose user 7 0 = 1\nchose user 7 1 = 2", "3:1: expected choose");
    assert_refused("choose", "1:7: expected a kind of choice such as fault");
    assert_refused("choose chance x 0 = 1",
                   "1:8: expected a kind of choice such as fault, not 'chance'");
    assert_refused("choose fault", "1:13: expected a site such as split#1");
    assert_refused("choose fault x", "1:15: expected which question, from 0");
    assert_refused("choose fault x y = 1", "1:16: expected which question, from 0, a number, "
                                           "not 'y'");
    assert_refused("choose fault x 1 1", "1:18: expected '=', not '1'");
    assert_refused("choose fault x 1", "1:17: expected '='");
    assert_refused("choose fault x 1 =", "1:19: expected an answer");
    assert_refused("choose fault x 1 = -1", "1:20: expected an answer, a number, not '-1'");
    assert_refused("choose fault x 1 = 1 2", "1:22: expected the end of the line, not '2'");
    assert_refused("choose fault \"x\\0y\" 1 = 1",
                   "1:14: expected a site, a text of less than 160 bytes");
    assert_refused("choose fault \"x 1 = 1", "1:14: expected a closing quote for this one");
    assert_refused("choose user 7 1 = 1\n\nchoose user 7 2 = 1\nchoose user 7 1 = 2",
                   "4:1: expected another choice: line 1 has this one");
}
END_TEST

START_TEST(what_is_no_text_is_refused)
{
    static char large[DRILL_LOG_LINE + 10];

    ck_assert_str_eq(refused("seed 7\nab\0c", 11), "2:3: expected a text");
    memset(large, 'a', sizeof large);
    ck_assert_str_eq(refused(large, sizeof large), "1:1024: expected a shorter line");
    memset(large, ' ', sizeof large);
    ck_assert_str_eq(refused(large, sizeof large), "1:1024: expected a shorter line");
}
END_TEST

START_TEST(more_than_a_log_can_hold_is_refused)
{
    static char many[16 * (DRILL_LOG_HEADERS + 1)];

    for (int i = 0; i <= DRILL_LOG_HEADERS; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "k 1\n");
    assert_refused(many, "257:1: expected fewer headers");
}
END_TEST

/* Parts of logs, and bytes that do not belong there, in any order. */
START_TEST(texts_at_random_are_read_or_refused_and_nothing_is_left)
{
    static const char *const parts[] = {"choose ", "fault ", "loss ", "x ",          "1 ",
                                        "= ",      "\n",     "# ",    "seed ",       "\"",
                                        "\\",      "\xff",   "\r",    "0.000000000 "};
    struct drill_mem mem;
    struct drill_choices choices;

    drill_mem_init(&mem, 0);
    drill_choices_init(&choices, &mem, 1);
    for (int round = 0; round < 3000; round++) {
        char text[512] = "";
        struct drill_text_error error;
        const uint64_t count = drill_choices_pick(&choices, DRILL_CHOICE_USER, 0, 30);
        for (uint64_t i = 0; i < count; i++)
            strncat(text,
                    parts[drill_choices_pick(&choices, DRILL_CHOICE_USER, 1,
                                             sizeof parts / sizeof *parts)],
                    sizeof text - strlen(text) - 1);
        const int result = drill_log_read(log_of_test, text, strlen(text), &error);
        ck_assert(result == 0 || (error.line > 0 && error.column > 0 && error.text[0] != '\0'));
        if (result < 0)
            ck_assert_uint_eq(log_of_test->mem.live, 0);
    }
    drill_choices_fini(&choices);
    drill_mem_fini(&mem);
}
END_TEST

START_TEST(without_memory_the_log_is_empty)
{
    for (uint64_t fail_at = 1;; fail_at++) {
        struct drill_log log;
        struct drill_text_error error;
        drill_log_init(&log, fail_at);
        const int result = drill_log_parse(&log, example, sizeof example - 1, &error);
        if (result < 0) {
            ck_assert_int_eq(result, -ENOMEM);
            ck_assert_uint_eq(log.mem.live, 0);
        }
        drill_log_fini(&log);
        if (result == 0)
            break;
    }
}
END_TEST

static void write_line(void *text, const struct drill_choice *choice, uint64_t answer)
{
    drill_choice_line(choice, answer, text, DRILL_LOG_LINE);
}

START_TEST(a_choice_that_is_heard_can_be_written_at_once)
{
    struct stage stage;
    char line[DRILL_LOG_LINE] = "";

    stage_open(&stage, &(struct drill_config){.seed = 1});
    drill_recorder_set(stage.world, write_line, line);
    drill_choose(stage.world, DRILL_CHOICE_USER, 7, UINT64_MAX >> 1);
    ck_assert_ptr_eq(strstr(line, "choose user 7 0 = "), line);
    ck_assert_ptr_nonnull(strstr(line, " # 0.000000000 world"));
    stage_close(&stage);
    read_text(line);
}
END_TEST

Suite *choice_log_text_suite(void)
{
    Suite *suite = suite_create("choice_log_text");
    TCase *tests = tcase_create("choice_log_text");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_written_is_read_and_written_the_same);
    tcase_add_test(tests, decisions_have_their_parts_and_lines);
    tcase_add_test(tests, headers_are_kept_as_they_stand);
    tcase_add_test(tests, headers_that_would_not_be_read_again_are_refused);
    tcase_add_test(tests, a_person_may_write_blanks_and_comments);
    tcase_add_test(tests, sites_of_any_text_are_written_so_that_they_can_be_read);
    tcase_add_test(tests, errors_name_the_place_and_what_was_expected);
    tcase_add_test(tests, what_is_no_text_is_refused);
    tcase_add_test(tests, more_than_a_log_can_hold_is_refused);
    tcase_add_test(tests, texts_at_random_are_read_or_refused_and_nothing_is_left);
    tcase_add_test(tests, without_memory_the_log_is_empty);
    tcase_add_test(tests, a_choice_that_is_heard_can_be_written_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
