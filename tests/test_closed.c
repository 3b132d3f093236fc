#include "emu/closed.h"

#include <check.h>
#include <limits.h>

static struct drill_mem mem;
static struct drill_closed closed;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_closed_init(&closed, &mem);
}

static void teardown(void)
{
    drill_closed_fini(&closed);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

START_TEST(a_number_that_was_closed_is_known_and_no_other)
{
    static const int numbers[] = {3, 63, 64, 511, 512, 513, 1048575};
    const size_t count = sizeof numbers / sizeof *numbers;

    for (size_t i = 0; i < count; i++)
        drill_closed_add(&closed, 1, 0, numbers[i]);
    for (int fd = 0, i = 0; fd < 600; fd++) {
        const bool is_one = fd == numbers[i];
        ck_assert_msg(drill_closed_has(&closed, 1, 0, fd) == is_one, "%d", fd);
        i += is_one;
    }
    ck_assert(drill_closed_has(&closed, 1, 0, 1048575));
    ck_assert(!drill_closed_has(&closed, 1, 0, 1048574));
    ck_assert(!drill_closed_has(&closed, 1, 0, -1));
    ck_assert(!drill_closed_has(&closed, 1, 0, INT_MAX));
}
END_TEST

START_TEST(hosts_and_their_lives_have_numbers_of_their_own)
{
    drill_closed_add(&closed, 1, 0, 5);
    ck_assert(!drill_closed_has(&closed, 2, 0, 5));
    ck_assert(!drill_closed_has(&closed, 1, 1, 5));
    ck_assert(drill_closed_has(&closed, 1, 0, 5));
}
END_TEST

START_TEST(without_memory_a_number_is_forgotten)
{
    for (uint64_t n = 1; n < 5; n++) {
        drill_closed_fini(&closed);
        mem.fail_at = mem.count + n;
        drill_closed_add(&closed, 1, 0, 5);
        ck_assert(drill_closed_has(&closed, 1, 0, 5) == (n > 3));
    }
}
END_TEST

Suite *closed_suite(void);

Suite *closed_suite(void)
{
    Suite *suite = suite_create("closed");
    TCase *tests = tcase_create("closed");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_number_that_was_closed_is_known_and_no_other);
    tcase_add_test(tests, hosts_and_their_lives_have_numbers_of_their_own);
    tcase_add_test(tests, without_memory_a_number_is_forgotten);
    suite_add_tcase(suite, tests);
    return suite;
}
