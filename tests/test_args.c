#include "emu/args.h"

#include <check.h>
#include <string.h>

#include "tests/draws.h"

enum { ROOM = 64, PARTS = 8 };

static char first[4], second[1], third[8];
static struct drill_iovec parts[] = {
    {first, sizeof first}, {NULL, 0}, {second, sizeof second}, {third, sizeof third}};
static struct drill_args args = {.parts = parts, .part_count = 4, .size = 13};

static void setup(void)
{
    memset(first, '.', sizeof first);
    memset(second, '.', sizeof second);
    memset(third, '.', sizeof third);
}

START_TEST(what_is_given_goes_on_in_the_next_part)
{
    drill_args_give(&args, 0, "abcdefg", 7);
    ck_assert_mem_eq(first, "abcd", 4);
    ck_assert_mem_eq(second, "e", 1);
    ck_assert_mem_eq(third, "fg......", 8);
}
END_TEST

START_TEST(an_offset_counts_through_the_parts)
{
    drill_args_give(&args, 4, "xyz", 3);
    ck_assert_mem_eq(first, "....", 4);
    ck_assert_mem_eq(second, "x", 1);
    ck_assert_mem_eq(third, "yz......", 8);
}
END_TEST

START_TEST(nothing_given_touches_nothing)
{
    drill_args_give(&args, 13, "x", 0);
    ck_assert_mem_eq(first, "....", 4);
    ck_assert_mem_eq(third, "........", 8);
}
END_TEST

START_TEST(taking_gathers_and_leaves_the_parts_alone)
{
    char block[6] = "";

    memcpy(first, "abcd", 4);
    memcpy(second, "e", 1);
    memcpy(third, "fghijklm", 8);
    drill_args_take(&args, 3, block, 5);
    ck_assert_str_eq(block, "defgh");
    ck_assert_mem_eq(first, "abcd", 4);
}
END_TEST

/* Cuts `room` into parts of random sizes, some of them empty. */
static struct drill_args cut(uint8_t *room, struct drill_iovec *into, uint64_t *state)
{
    size_t place = 0;

    for (int i = 0; i < PARTS; i++) {
        const size_t rest = ROOM - place;
        const size_t size = i == PARTS - 1 ? rest : draw_below(state, (uint32_t)rest + 1) / 2;
        into[i] = (struct drill_iovec){room + place, size};
        place += size;
    }
    return (struct drill_args){.parts = into, .part_count = PARTS, .size = ROOM};
}

START_TEST(every_cut_moves_the_same_bytes)
{
    uint64_t state = 0x5eed;

    for (int round = 0; round < 1000; round++) {
        uint8_t room[ROOM], block[ROOM], back[ROOM];
        struct drill_iovec into[PARTS];
        const struct drill_args any = cut(room, into, &state);
        const size_t from = draw_below(&state, ROOM),
                     size = draw_below(&state, ROOM - (uint32_t)from);

        memset(room, 0, sizeof room);
        for (size_t i = 0; i < ROOM; i++)
            block[i] = (uint8_t)(draw(&state) | 1);
        drill_args_give(&any, from, block, size);
        ck_assert_mem_eq(room + from, block, size);
        for (size_t i = 0; i < ROOM; i++)
            ck_assert(room[i] == 0 || (i >= from && i < from + size));
        drill_args_take(&any, from, back, size);
        ck_assert_mem_eq(back, block, size);
    }
}
END_TEST

Suite *args_suite(void);

Suite *args_suite(void)
{
    Suite *suite = suite_create("args");
    TCase *tests = tcase_create("copies");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, what_is_given_goes_on_in_the_next_part);
    tcase_add_test(tests, an_offset_counts_through_the_parts);
    tcase_add_test(tests, nothing_given_touches_nothing);
    tcase_add_test(tests, taking_gathers_and_leaves_the_parts_alone);
    tcase_add_test(tests, every_cut_moves_the_same_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
