#include "emu/words.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct drill_words words;

static void split(const char *line, int count)
{
    ck_assert_int_eq(drill_words_split(&words, line), count);
}

/* What is wrong, and where. */
static void refused(const char *line, unsigned column, const char *text)
{
    ck_assert_int_eq(drill_words_split(&words, line), -EINVAL);
    ck_assert_uint_eq(words.error.column, column);
    ck_assert_ptr_nonnull(strstr(words.error.text, text));
}

START_TEST(a_line_is_split_at_blanks_and_ends_at_a_comment)
{
    split("  drop  kind\tDATA # always", 3);
    ck_assert_str_eq(words.word[0], "drop");
    ck_assert_str_eq(words.word[2], "DATA");
    ck_assert_uint_eq(words.column[0], 3);
    ck_assert_uint_eq(words.column[2], 14);
    split("", 0);
    split("   # nothing", 0);
    split("a#b", 1);
}
END_TEST

START_TEST(a_quoted_word_holds_blanks_and_escapes)
{
    split("send \"a b\\n\\x00\\\"#\" 5", 3);
    ck_assert_uint_eq(words.size[1], 7);
    ck_assert(memcmp(words.word[1], "a b\n\0\"#", 7) == 0);
    split("\"\"", 1);
    ck_assert_uint_eq(words.size[0], 0);
}
END_TEST

START_TEST(a_line_that_is_wrong_is_refused_with_its_place)
{
    char many[4 * DRILL_WORDS_MAX] = "", wide[DRILL_WORDS_BYTES + 8];

    refused("a \"b", 3, "closing quote");
    refused("a \"b\\q\"", 5, "\\n");
    for (int i = 0; i <= DRILL_WORDS_MAX; i++)
        memcpy(many + i * 2, "a ", 3);
    refused(many, 2 * DRILL_WORDS_MAX + 1, "fewer words");
    memset(wide, 'a', sizeof wide);
    wide[sizeof wide - 1] = '\0';
    refused(wide, DRILL_WORDS_BYTES, "shorter");
}
END_TEST

START_TEST(what_is_told_of_a_word_is_one_line)
{
    ck_assert_int_eq(drill_words_split(&words, "\"a\\nb\\x1b-\""), 1);
    ck_assert_int_eq(drill_words_finish(&words), -EINVAL);
    ck_assert_str_eq(words.error.text, "expected the end of the line, not 'a?b?-'");
}
END_TEST

START_TEST(words_are_taken_in_order_and_what_is_missing_is_told)
{
    split("drop chance", 2);
    ck_assert_str_eq(drill_words_peek(&words), "drop");
    ck_assert(!drill_words_skip(&words, "chance"));
    ck_assert(drill_words_skip(&words, "drop"));
    ck_assert_int_eq(drill_words_finish(&words), -EINVAL);
    ck_assert_uint_eq(words.error.column, 6);
    split("drop chance", 2);
    drill_words_take(&words, "a fault");
    drill_words_take(&words, "a key");
    ck_assert_ptr_null(drill_words_take(&words, "a chance"));
    ck_assert_uint_eq(words.error.column, 12);
    ck_assert_str_eq(words.error.text, "expected a chance");
    ck_assert_int_eq(drill_words_finish(&words), 0);
}
END_TEST

START_TEST(times_have_units_fractions_and_signs)
{
    const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"5", 5 * DRILL_SECOND},    {"1.5ms", 1500000},          {"20us", 20000},        {"7ns", 7},
        {"2m", 120 * DRILL_SECOND}, {"1h", 3600 * DRILL_SECOND}, {"-0.25s", -250000000}, {"0", 0}};
    const char *bad[] = {"",           "s",  "1.5xs", "--1", "1 s", "99999999999999999999",
                         "300000000h", "1e3"};
    int64_t ns;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert(drill_word_time(good[i].text, &ns));
        ck_assert_int_eq(ns, good[i].ns);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!drill_word_time(bad[i], &ns), "%s", bad[i]);
}
END_TEST

START_TEST(a_time_that_is_shown_reads_the_same)
{
    const int64_t times[] = {0, 1, 999, 1000, 1500000, 40000000, 1234567890, -2500000000};
    char text[32];
    int64_t ns;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        drill_word_show_time(times[i], text, sizeof text);
        ck_assert(drill_word_time(text, &ns));
        ck_assert_int_eq(ns, times[i]);
    }
    drill_word_show_time(1500000, text, sizeof text);
    ck_assert_str_eq(text, "1.5ms");
}
END_TEST

START_TEST(sizes_rates_and_chances_have_units)
{
    uint64_t bytes;
    int64_t bps;
    uint32_t ppm;

    ck_assert(drill_word_size("64KiB", &bytes) && bytes == 65536);
    ck_assert(drill_word_rate("64kbit", &bps) && bps == 64000);
    ck_assert(drill_word_rate("1.5Mbit", &bps) && bps == 1500000);
    ck_assert(drill_word_chance("0.5%", &ppm) && ppm == 5000);
    ck_assert(drill_word_chance("300ppm", &ppm) && ppm == 300);
    ck_assert(drill_word_chance("100%", &ppm) && ppm == 1000000);
    ck_assert(!drill_word_chance("101%", &ppm));
    ck_assert(!drill_word_chance("10", &ppm));
    ck_assert(!drill_word_number("1.5", &bytes));
}
END_TEST

START_TEST(a_value_of_the_wrong_shape_is_refused_with_what_it_is_for)
{
    int64_t ns;

    split("delay soon", 2);
    drill_words_take(&words, "a fault");
    ck_assert_int_eq(drill_words_time(&words, &ns, "how late"), -EINVAL);
    ck_assert_uint_eq(words.error.column, 7);
    ck_assert_str_eq(words.error.text, "expected how late, a time such as 20ms, not 'soon'");
    ck_assert_int_eq(drill_words_time(&words, &ns, "how late"), -EINVAL);
}
END_TEST

Suite *words_suite(void);

Suite *words_suite(void)
{
    Suite *suite = suite_create("words");
    TCase *tests = tcase_create("words");

    tcase_add_test(tests, a_line_is_split_at_blanks_and_ends_at_a_comment);
    tcase_add_test(tests, a_quoted_word_holds_blanks_and_escapes);
    tcase_add_test(tests, a_line_that_is_wrong_is_refused_with_its_place);
    tcase_add_test(tests, what_is_told_of_a_word_is_one_line);
    tcase_add_test(tests, words_are_taken_in_order_and_what_is_missing_is_told);
    tcase_add_test(tests, times_have_units_fractions_and_signs);
    tcase_add_test(tests, a_time_that_is_shown_reads_the_same);
    tcase_add_test(tests, sizes_rates_and_chances_have_units);
    tcase_add_test(tests, a_value_of_the_wrong_shape_is_refused_with_what_it_is_for);
    suite_add_tcase(suite, tests);
    return suite;
}
