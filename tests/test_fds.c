#include "emu/fds.h"

#include <check.h>
#include <errno.h>

#include "tests/draws.h"

enum { FILES = 512 };

static struct drill_mem mem;
static struct drill_fds fds;
static struct drill_file files[FILES];
static int closed;

static void close_file(struct drill_file *self)
{
    (void)self;
    closed++;
}

static const struct drill_file_ops ops = {.name = "test", .close = close_file};

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_fds_init(&fds, &mem);
    for (int i = 0; i < FILES; i++)
        drill_file_init(&files[i], &ops, NULL);
    closed = 0;
}

static void teardown(void)
{
    drill_fds_fini(&fds);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static int add(int file)
{
    return drill_fds_add(&fds, &files[file], 0, false);
}

START_TEST(the_first_descriptor_is_three)
{
    ck_assert_int_eq(add(0), DRILL_FDS_FIRST);
    ck_assert_ptr_eq(drill_fds_find(&fds, 3), &files[0]);
    for (int fd = -2; fd < DRILL_FDS_FIRST; fd++)
        ck_assert_ptr_null(drill_fds_find(&fds, fd));
}
END_TEST

START_TEST(the_lowest_free_number_is_given)
{
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(add(i), i + DRILL_FDS_FIRST);
    ck_assert_ptr_eq(drill_fds_take(&fds, 150), &files[147]);
    ck_assert_ptr_eq(drill_fds_take(&fds, 7), &files[4]);
    ck_assert_int_eq(add(300), 7);
    ck_assert_int_eq(add(301), 150);
    ck_assert_int_eq(add(302), 203);
    ck_assert_uint_eq(fds.count, 201);
}
END_TEST

START_TEST(a_search_can_begin_higher_and_does_not_hide_what_is_below)
{
    ck_assert_int_eq(drill_fds_add(&fds, &files[0], 1000, false), 1000);
    ck_assert_int_eq(drill_fds_add(&fds, &files[1], 1000, false), 1001);
    ck_assert_int_eq(add(2), 3);
    ck_assert_int_eq(drill_fds_add(&fds, &files[3], -1, false), -EINVAL);
}
END_TEST

START_TEST(at_the_limit_there_is_no_number)
{
    fds.limit = 5;
    ck_assert_int_eq(add(0), 3);
    ck_assert_int_eq(drill_fds_check(&fds), 0);
    ck_assert_int_eq(add(1), 4);
    ck_assert_int_eq(drill_fds_check(&fds), -EMFILE);
    ck_assert_int_eq(add(2), -EMFILE);
    ck_assert_uint_eq(files[2].refs, 1);
    ck_assert_int_eq(drill_fds_put(&fds, &files[2], 5, false), -EBADF);
    drill_fds_take(&fds, 3);
    ck_assert_int_eq(add(2), 3);
}
END_TEST

START_TEST(a_limit_can_leave_room_for_so_many_more)
{
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 0), 3);
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 2), 5);
    for (int i = 0; i < 100; i++)
        add(i);
    drill_fds_take(&fds, 7);
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 0), 7);
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 1), 103);
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 100), 202);
    fds.limit = 110;
    ck_assert_uint_eq(drill_fds_limit_for(&fds, 100), 110);
}
END_TEST

START_TEST(putting_closes_what_was_there)
{
    ck_assert_int_eq(add(0), 3);
    ck_assert_int_eq(drill_fds_put(&fds, &files[1], 3, false), 3);
    ck_assert_int_eq(closed, 1);
    ck_assert_uint_eq(fds.count, 1);
    ck_assert_ptr_eq(drill_fds_find(&fds, 3), &files[1]);
    ck_assert_int_eq(drill_fds_put(&fds, &files[2], 900, false), 900);
    ck_assert_int_eq(drill_fds_put(&fds, &files[3], -1, false), -EBADF);
    ck_assert_int_eq(add(4), 4);
}
END_TEST

START_TEST(what_is_taken_is_gone_and_its_reference_is_the_callers)
{
    ck_assert_int_eq(add(0), 3);
    ck_assert_ptr_eq(drill_fds_take(&fds, 3), &files[0]);
    ck_assert_uint_eq(files[0].refs, 1);
    ck_assert_int_eq(closed, 0);
    ck_assert_ptr_null(drill_fds_take(&fds, 3));
    ck_assert_ptr_null(drill_fds_take(&fds, -1));
    ck_assert_ptr_null(drill_fds_take(&fds, 1 << 20));
    ck_assert_ptr_null(drill_fds_find(&fds, 3));
}
END_TEST

/* Pages that share a place in the lookaside must not be taken for each other. */
START_TEST(far_apart_numbers_keep_their_files)
{
    const int apart = DRILL_FDS_PAGE * DRILL_FDS_LOOKASIDE;

    ck_assert_int_eq(drill_fds_put(&fds, &files[0], 70, false), 70);
    ck_assert_int_eq(drill_fds_put(&fds, &files[1], 70 + apart, false), 70 + apart);
    ck_assert_ptr_eq(drill_fds_find(&fds, 70), &files[0]);
    ck_assert_ptr_eq(drill_fds_find(&fds, 70 + apart), &files[1]);
    ck_assert_ptr_eq(drill_fds_take(&fds, 70), &files[0]);
    ck_assert_ptr_null(drill_fds_find(&fds, 70));
    ck_assert_ptr_eq(drill_fds_find(&fds, 70 + apart), &files[1]);
}
END_TEST

START_TEST(the_open_ones_are_told_in_order_of_number)
{
    ck_assert_int_eq(drill_fds_next(&fds, 0), -1);
    drill_fds_put(&fds, &files[0], 500, false);
    drill_fds_put(&fds, &files[1], 64, false);
    drill_fds_put(&fds, &files[2], 3, false);
    ck_assert_int_eq(drill_fds_next(&fds, 0), 3);
    ck_assert_int_eq(drill_fds_next(&fds, 4), 64);
    ck_assert_int_eq(drill_fds_next(&fds, 65), 500);
    ck_assert_int_eq(drill_fds_next(&fds, 501), -1);
}
END_TEST

START_TEST(the_end_drops_every_file)
{
    for (int i = 0; i < 100; i++)
        add(i);
    drill_fds_fini(&fds);
    ck_assert_int_eq(closed, 100);
    ck_assert_uint_eq(fds.count, 0);
    ck_assert_uint_eq(mem.live, 0);
}
END_TEST

START_TEST(without_memory_for_a_page_nothing_is_added)
{
    for (uint64_t n = 1;; n++) {
        mem.fail_at = mem.count + n;
        const int fd = drill_fds_add(&fds, &files[0], 4096, false);
        if (fd >= 0) {
            ck_assert_int_eq(fd, 4096);
            ck_assert_uint_gt(n, 1);
            break;
        }
        ck_assert_int_eq(fd, -ENOMEM);
        ck_assert_uint_eq(fds.count, 0);
        ck_assert_uint_eq(mem.live, 0);
    }
    mem.fail_at = 0;
}
END_TEST

START_TEST(it_does_what_a_plain_array_does)
{
    static int model[FILES]; /* which file each number has, 0: none */
    uint64_t state = 0xfd5;

    for (int round = 0; round < 20000; round++) {
        const int fd = (int)draw_below(&state, FILES);
        int lowest = DRILL_FDS_FIRST;
        ck_assert_ptr_eq(drill_fds_find(&fds, fd), model[fd] ? &files[model[fd]] : NULL);
        if (draw_below(&state, 2) == 0 && model[fd]) {
            ck_assert_ptr_eq(drill_fds_take(&fds, fd), &files[model[fd]]);
            model[fd] = 0;
            continue;
        }
        while (lowest < FILES && model[lowest])
            lowest++;
        if (lowest == FILES)
            continue;
        const int file = 1 + (int)draw_below(&state, FILES - 1);
        ck_assert_int_eq(drill_fds_add(&fds, drill_file_ref(&files[file]), 0, false), lowest);
        model[lowest] = file;
    }
    for (int fd = 0; fd < FILES; fd++)
        model[fd] = 0;
}
END_TEST

Suite *fds_suite(void);

Suite *fds_suite(void)
{
    Suite *suite = suite_create("fds");
    TCase *tests = tcase_create("numbers");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_first_descriptor_is_three);
    tcase_add_test(tests, the_lowest_free_number_is_given);
    tcase_add_test(tests, a_search_can_begin_higher_and_does_not_hide_what_is_below);
    tcase_add_test(tests, at_the_limit_there_is_no_number);
    tcase_add_test(tests, a_limit_can_leave_room_for_so_many_more);
    tcase_add_test(tests, putting_closes_what_was_there);
    tcase_add_test(tests, what_is_taken_is_gone_and_its_reference_is_the_callers);
    tcase_add_test(tests, far_apart_numbers_keep_their_files);
    tcase_add_test(tests, the_open_ones_are_told_in_order_of_number);
    tcase_add_test(tests, the_end_drops_every_file);
    tcase_add_test(tests, without_memory_for_a_page_nothing_is_added);
    tcase_add_test(tests, it_does_what_a_plain_array_does);
    suite_add_tcase(suite, tests);
    return suite;
}
