#include "emu/control.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "emu/abi.h"

static _Alignas(8) uint8_t block[128];

static void setup(void)
{
    memset(block, 0, sizeof block);
}

static size_t put(size_t at, uint64_t size, int type)
{
    const struct drill_control_head head = {.size = size, .level = 7, .type = type};

    memcpy(block + at, &head, sizeof head);
    return at + drill_control_space((size_t)size - sizeof head);
}

START_TEST(messages_are_found_one_behind_the_other)
{
    const size_t first = put(0, DRILL_CONTROL_HEAD + 3, 1);
    const size_t end = put(first, DRILL_CONTROL_HEAD, 2);
    const struct drill_args args = {.control = block, .control_size = end};
    struct drill_control found;
    size_t at = 0;

    ck_assert_uint_eq(first, 24);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 1);
    ck_assert_int_eq(found.level, 7);
    ck_assert_int_eq(found.type, 1);
    ck_assert_uint_eq(found.size, 3);
    ck_assert_ptr_eq(found.data, block + 16);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 1);
    ck_assert_int_eq(found.type, 2);
    ck_assert_uint_eq(found.size, 0);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 0);
}
END_TEST

START_TEST(what_is_too_short_for_a_head_is_no_message)
{
    const struct drill_args args = {.control = block, .control_size = DRILL_CONTROL_HEAD - 1};
    struct drill_control found;
    size_t at = 0;

    put(0, DRILL_CONTROL_HEAD, 1);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 0);
}
END_TEST

START_TEST(lengths_that_cannot_be_are_refused)
{
    const uint64_t wrong[] = {0, DRILL_CONTROL_HEAD - 1, 33, UINT64_MAX};
    const struct drill_args args = {.control = block, .control_size = 32};
    const struct drill_args nothing = {.control_size = 32};
    struct drill_control found;
    size_t at = 0;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put(0, wrong[i], 1);
        ck_assert_int_eq(drill_control_next(&args, &at, &found), -EINVAL);
        ck_assert_uint_eq(at, 0);
    }
    ck_assert_int_eq(drill_control_next(&nothing, &at, &found), -EFAULT);
}
END_TEST

START_TEST(what_is_put_can_be_found)
{
    struct drill_args args = {.control = block, .control_size = sizeof block};
    struct drill_control found;
    size_t at = 0;

    drill_control_put(&args, 1, 2, "abc", 3);
    drill_control_put(&args, 3, 4, "d", 1);
    ck_assert_uint_eq(args.control_used, 48);
    ck_assert_int_eq(args.out_flags, 0);
    ck_assert_uint_eq(drill_control_room(&args), sizeof block - 48);
    args.control_size = args.control_used;
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 1);
    ck_assert_mem_eq(found.data, "abc", 3);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 1);
    ck_assert_int_eq(found.level, 3);
    ck_assert_mem_eq(found.data, "d", 1);
}
END_TEST

START_TEST(what_does_not_fit_is_cut_and_told)
{
    struct drill_args args = {.control = block, .control_size = DRILL_CONTROL_HEAD + 2};
    struct drill_control found;
    size_t at = 0;

    drill_control_put(&args, 1, 2, "abc", 3);
    ck_assert_int_eq(args.out_flags, DRILL_MSG_CTRUNC);
    ck_assert_uint_eq(args.control_used, args.control_size);
    ck_assert_int_eq(drill_control_next(&args, &at, &found), 1);
    ck_assert_uint_eq(found.size, 2);
    ck_assert_mem_eq(found.data, "ab", 2);
    ck_assert_int_eq(block[DRILL_CONTROL_HEAD + 2], 0);
}
END_TEST

START_TEST(without_room_for_a_head_nothing_is_put)
{
    struct drill_args args = {.control = block, .control_size = DRILL_CONTROL_HEAD - 1};
    struct drill_args nowhere = {.control_size = sizeof block};

    drill_control_put(&args, 1, 2, "abc", 3);
    drill_control_put(&nowhere, 1, 2, "abc", 3);
    ck_assert_int_eq(args.out_flags, DRILL_MSG_CTRUNC);
    ck_assert_uint_eq(args.control_used, 0);
    ck_assert_int_eq(nowhere.out_flags, DRILL_MSG_CTRUNC);
    ck_assert_uint_eq(nowhere.control_used, 0);
}
END_TEST

Suite *control_suite(void);

Suite *control_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, messages_are_found_one_behind_the_other);
    tcase_add_test(tests, what_is_too_short_for_a_head_is_no_message);
    tcase_add_test(tests, lengths_that_cannot_be_are_refused);
    tcase_add_test(tests, what_is_put_can_be_found);
    tcase_add_test(tests, what_does_not_fit_is_cut_and_told);
    tcase_add_test(tests, without_room_for_a_head_nothing_is_put);
    suite_add_tcase(suite, tests);
    return suite;
}
