#include <check.h>

#include "api/decide.h"
#include "emu/choice_tape.h"

static struct drill_mem mem;
static struct drill_choices choices;

static void setup(void)
{
    drill_mem_init(&mem, 0);
}

static void teardown(void)
{
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static uint64_t ask(enum drill_choice_kind kind, uint32_t site, uint64_t count)
{
    return drill_choices_pick(&choices, kind, site, count);
}

static struct drill_bytes bytes_of(const char *text, size_t size)
{
    return (struct drill_bytes){.data = (const uint8_t *)text, .size = size};
}

static void answer_from(struct drill_bytes *bytes)
{
    drill_choices_init(&choices, &mem, 1);
    choices.oracle = drill_bytes_oracle;
    choices.context = bytes;
}

START_TEST(bytes_answer_and_then_all_is_calm)
{
    struct drill_bytes bytes = bytes_of("\x05\xff\x02\x01\x07", 5);

    answer_from(&bytes);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 10), 5);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 256), 255);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 257), 0x102 % 257);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 1 << 20), 7);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 10), 0);
    drill_choices_fini(&choices);
    answer_from(&bytes);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 10), 5);
    drill_choices_fini(&choices);
}
END_TEST

START_TEST(of_a_chance_bytes_say_yes_as_often_as_it_says_and_0_is_no)
{
    static char all[256];
    static const uint32_t chances_ppm[] = {1, 10000, 250000, 999999};
    static const int wanted[] = {1, 2, 63, 254};

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (size_t i = 0; i < 4; i++) {
        struct drill_bytes bytes = bytes_of(all, sizeof all);
        int yes = 0;
        answer_from(&bytes);
        ck_assert(!drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, chances_ppm[i]));
        for (int round = 1; round < 256; round++)
            yes += drill_choices_chance(&choices, DRILL_CHOICE_LOSS, 0, chances_ppm[i]);
        ck_assert_int_eq(yes, wanted[i]);
        drill_choices_fini(&choices);
    }
}
END_TEST

START_TEST(kinds_that_take_no_bytes_are_calm_or_the_seeds)
{
    struct drill_bytes bytes = bytes_of("\x05\x06", 2);

    bytes.kinds = 1 << DRILL_CHOICE_LOSS;
    answer_from(&bytes);
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 10), 0);
    ck_assert_uint_eq(ask(DRILL_CHOICE_LOSS, 0, 10), 5);
    bytes.seeded = true;
    ck_assert_uint_eq(ask(DRILL_CHOICE_USER, 0, 10), 1);
    ck_assert_uint_eq(ask(DRILL_CHOICE_LOSS, 0, 10), 6);
    drill_choices_fini(&choices);
}
END_TEST

Suite *choice_bytes_suite(void)
{
    Suite *suite = suite_create("choice_bytes");
    TCase *tests = tcase_create("choice_bytes");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bytes_answer_and_then_all_is_calm);
    tcase_add_test(tests, of_a_chance_bytes_say_yes_as_often_as_it_says_and_0_is_no);
    tcase_add_test(tests, kinds_that_take_no_bytes_are_calm_or_the_seeds);
    suite_add_tcase(suite, tests);
    return suite;
}
