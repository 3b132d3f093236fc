#include "emu/names.h"

#include <check.h>
#include <errno.h>

static struct drill_mem mem;
static struct drill_names names;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_names_init(&names, &mem);
}

static void teardown(void)
{
    drill_names_fini(&names);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static struct drill_addr addr(uint8_t last)
{
    return (struct drill_addr){.ip = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = last}};
}

static int add(const char *name, uint8_t last)
{
    const struct drill_addr given = addr(last);

    return drill_names_add(&names, name, &given);
}

START_TEST(addresses_add_up_in_order)
{
    ck_assert_int_eq(add("a", 2), 0);
    ck_assert_int_eq(add("a", 1), 0);
    ck_assert_int_eq(add("b", 3), 0);
    const struct drill_name *found = drill_names_find(&names, "a");
    ck_assert_uint_eq(found->count, 2);
    ck_assert_uint_eq(found->addrs[0].ip[15], 2);
    ck_assert_uint_eq(found->addrs[1].ip[15], 1);
    ck_assert_uint_eq(drill_names_find(&names, "b")->count, 1);
}
END_TEST

START_TEST(a_name_that_only_begins_alike_is_another)
{
    ck_assert_int_eq(add("host", 1), 0);
    ck_assert_ptr_null(drill_names_find(&names, "hos"));
    ck_assert_ptr_null(drill_names_find(&names, "hosts"));
    ck_assert_ptr_null(drill_names_find(&names, ""));
}
END_TEST

START_TEST(a_removed_name_is_unknown)
{
    ck_assert_int_eq(drill_names_remove(&names, "a"), -ENOENT);
    ck_assert_int_eq(add("a", 1), 0);
    ck_assert_int_eq(drill_names_remove(&names, "a"), 0);
    ck_assert_ptr_null(drill_names_find(&names, "a"));
    ck_assert_int_eq(drill_names_remove(&names, "a"), -ENOENT);
}
END_TEST

START_TEST(a_name_takes_so_many_addresses_and_no_more)
{
    for (int i = 0; i < DRILL_NAME_ADDRS; i++)
        ck_assert_int_eq(add("a", (uint8_t)i), 0);
    ck_assert_int_eq(add("a", 99), -ENOSPC);
    ck_assert_uint_eq(drill_names_find(&names, "a")->count, DRILL_NAME_ADDRS);
}
END_TEST

START_TEST(a_fault_is_remembered_for_a_name_known_or_not)
{
    ck_assert_int_eq(add("a", 1), 0);
    ck_assert_int_eq(drill_names_fault(&names, "a", 5, -EAGAIN), 0);
    ck_assert_int_eq(drill_names_fault(&names, "new", 7, 0), 0);
    ck_assert_int_eq(drill_names_find(&names, "a")->error, -EAGAIN);
    ck_assert_uint_eq(drill_names_find(&names, "a")->count, 1);
    ck_assert_int_eq(drill_names_find(&names, "new")->delay_ns, 7);
    ck_assert_uint_eq(drill_names_find(&names, "new")->count, 0);
}
END_TEST

START_TEST(without_memory_no_name_comes_to_be)
{
    for (uint64_t n = 1;; n++) {
        mem.fail_at = mem.count + n;
        const int result = add("a", 1);
        if (result == 0)
            break;
        ck_assert_int_eq(result, -ENOMEM);
        ck_assert_ptr_null(drill_names_find(&names, "a"));
        ck_assert_uint_eq(mem.live, 0);
        ck_assert_uint_lt(n, 10);
    }
    ck_assert_uint_gt(mem.count, 2);
    mem.fail_at = 0;
}
END_TEST

Suite *names_suite(void);

Suite *names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tests = tcase_create("table");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, addresses_add_up_in_order);
    tcase_add_test(tests, a_name_that_only_begins_alike_is_another);
    tcase_add_test(tests, a_removed_name_is_unknown);
    tcase_add_test(tests, a_name_takes_so_many_addresses_and_no_more);
    tcase_add_test(tests, a_fault_is_remembered_for_a_name_known_or_not);
    tcase_add_test(tests, without_memory_no_name_comes_to_be);
    suite_add_tcase(suite, tests);
    return suite;
}
