#define _GNU_SOURCE /* strerrorname_np */
#include "emu/errname.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

START_TEST(the_errors_of_sockets_have_their_names)
{
    ck_assert_str_eq(drill_errname(ECONNRESET), "ECONNRESET");
    ck_assert_str_eq(drill_errname(EAGAIN), "EAGAIN");
    ck_assert_str_eq(drill_errname(EPERM), "EPERM");
    ck_assert_str_eq(drill_errname(EDEADLK), "EDEADLK");
    ck_assert_str_eq(drill_errname(EOPNOTSUPP), "EOPNOTSUPP");
    ck_assert_int_eq(drill_errname_find("ETIMEDOUT"), ETIMEDOUT);
}
END_TEST

START_TEST(second_names_are_read_too)
{
    ck_assert_int_eq(drill_errname_find("EWOULDBLOCK"), EWOULDBLOCK);
    ck_assert_int_eq(drill_errname_find("ENOTSUP"), ENOTSUP);
#ifdef EDEADLOCK
    ck_assert_int_eq(drill_errname_find("EDEADLOCK"), EDEADLOCK);
#endif
}
END_TEST

START_TEST(every_name_reads_back_as_its_number)
{
    int named = 0;

    for (int error = 1; error < 1000; error++) {
        const char *name = drill_errname(error);
        if (strcmp(name, "E?") == 0)
            continue;
        ck_assert_int_eq(drill_errname_find(name), error);
        named++;
    }
    ck_assert_int_ge(named, 78);
}
END_TEST

START_TEST(a_number_without_a_name_says_so)
{
    ck_assert_str_eq(drill_errname(0), "E?");
    ck_assert_str_eq(drill_errname(-ECONNRESET), "E?");
    ck_assert_str_eq(drill_errname(123456), "E?");
    ck_assert_str_eq(drill_errname(INT_MIN), "E?");
}
END_TEST

START_TEST(a_text_that_is_no_name_is_zero)
{
    static const char *const texts[] = {"",          "E",           "E?", "econnreset",
                                        "ECONNRESE", "ECONNRESETT", "0",  " EPERM"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_int_eq(drill_errname_find(texts[i]), 0);
}
END_TEST

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
START_TEST(libc_has_no_name_that_is_missing_here)
{
    for (int error = 1; error < 1000; error++) {
        const char *name = strerrorname_np(error);
        if (name)
            ck_assert_int_eq(drill_errname_find(name), error);
        ck_assert_int_eq(strcmp(drill_errname(error), "E?") != 0, name != NULL);
    }
}
END_TEST
#endif

Suite *errname_suite(void)
{
    Suite *suite = suite_create("errname");
    TCase *tests = tcase_create("errname");

    tcase_add_test(tests, the_errors_of_sockets_have_their_names);
    tcase_add_test(tests, second_names_are_read_too);
    tcase_add_test(tests, every_name_reads_back_as_its_number);
    tcase_add_test(tests, a_number_without_a_name_says_so);
    tcase_add_test(tests, a_text_that_is_no_name_is_zero);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
    tcase_add_test(tests, libc_has_no_name_that_is_missing_here);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
