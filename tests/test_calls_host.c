#include <check.h>
#include <errno.h>

#include "emu/calls.h"
#include "tests/helpers.h"

enum { MANY = 20 };

static struct stage stage;
static struct drill_sockaddr found[MANY];

static void open_with(uint64_t seed)
{
    stage_open(&stage, &(struct drill_config){.seed = seed});
    drill_enter(stage.client);
}

static void setup(void)
{
    open_with(1);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void check_found(int index, const char *text)
{
    char printed[64];

    ck_assert_int_gt(drill_sockaddr_print(&found[index], printed, sizeof printed), 0);
    ck_assert_str_eq(printed, text);
}

START_TEST(a_literal_means_itself)
{
    ck_assert_int_eq(drill_resolve("10.1.2.3", found, MANY), 1);
    check_found(0, "10.1.2.3:0");
    ck_assert_int_eq(drill_resolve("::1", found, MANY), 1);
    check_found(0, "[::1]:0");
    ck_assert_int_eq(drill_resolve("localhost", found, MANY), 1);
    check_found(0, "127.0.0.1:0");
}
END_TEST

START_TEST(a_host_is_found_by_its_own_name)
{
    ck_assert_int_eq(drill_resolve("server", found, MANY), 2);
    check_found(0, "10.0.0.2:0");
    check_found(1, "[fd00::2]:0");
    ck_assert_int_eq(drill_resolve("server", found, 1), 2);
    ck_assert_int_eq(drill_resolve("server", NULL, 0), 2);
}
END_TEST

START_TEST(a_name_of_the_world_comes_before_a_host_of_that_name)
{
    ck_assert_int_eq(drill_name_add(stage.world, "server", "10.7.7.7"), 0);
    ck_assert_int_eq(drill_name_add(stage.world, "server", "10.7.7.8"), 0);
    ck_assert_int_eq(drill_resolve("server", found, MANY), 2);
    check_found(0, "10.7.7.7:0");
    check_found(1, "10.7.7.8:0");
    ck_assert_int_eq(drill_name_remove(stage.world, "server"), 0);
    ck_assert_int_eq(drill_resolve("server", found, MANY), 2);
    check_found(0, "10.0.0.2:0");
}
END_TEST

START_TEST(a_name_nobody_has_is_unknown)
{
    ck_assert_int_eq(drill_resolve("nowhere", found, MANY), -ENOENT);
    ck_assert_int_eq(drill_resolve("", found, MANY), -ENOENT);
    ck_assert_int_eq(drill_resolve(NULL, found, MANY), -EFAULT);
    ck_assert_int_eq(drill_resolve("server", NULL, 1), -EFAULT);
}
END_TEST

START_TEST(a_lookup_takes_its_time_and_may_fail)
{
    ck_assert_int_eq(drill_name_fault(stage.world, "server", 3 * DRILL_SECOND, -EAGAIN), 0);
    ck_assert_int_eq(drill_resolve("server", found, MANY), -EAGAIN);
    ck_assert_int_eq(drill_now(stage.world), 3 * DRILL_SECOND);
    ck_assert_int_eq(drill_name_fault(stage.world, "server", DRILL_SECOND, 0), 0);
    ck_assert_int_eq(drill_resolve("server", found, MANY), 2);
    ck_assert_int_eq(drill_now(stage.world), 4 * DRILL_SECOND);
    ck_assert_int_eq(drill_name_fault(stage.world, "server", -1, 0), -EINVAL);
    ck_assert_int_eq(drill_name_fault(stage.world, "server", 0, EAGAIN), -EINVAL);
}
END_TEST

static void forget(void *name)
{
    drill_name_remove(stage.world, name);
}

START_TEST(a_name_can_go_while_it_is_looked_up)
{
    drill_name_add(stage.world, "fleeting", "10.7.7.7");
    drill_name_fault(stage.world, "fleeting", 2 * DRILL_SECOND, 0);
    drill_at(stage.world, DRILL_SECOND, forget, (void *)"fleeting");
    ck_assert_int_eq(drill_resolve("fleeting", found, MANY), -ENOENT);
}
END_TEST

START_TEST(a_host_knows_its_first_address)
{
    ck_assert_int_eq(drill_local_ip(&found[0]), 0);
    check_found(0, "10.0.0.1:0");
    drill_enter(drill_host_new(stage.world, "bare", NULL));
    ck_assert_int_eq(drill_local_ip(&found[0]), 0);
    check_found(0, "127.0.0.1:0");
    ck_assert_int_eq(drill_local_ip(NULL), -EFAULT);
}
END_TEST

START_TEST(sleeping_passes_time)
{
    ck_assert_int_eq(drill_sleep(DRILL_SECOND), 0);
    ck_assert_int_eq(drill_monotonic(), DRILL_SECOND);
    ck_assert_int_eq(drill_sleep(0), 0);
    ck_assert_int_eq(drill_monotonic(), DRILL_SECOND);
    ck_assert_int_eq(drill_sleep(-1), -EINVAL);
}
END_TEST

static int yields;

static int64_t yield_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        yields++;
        drill_yield();
    }
    return 0;
}

START_TEST(sleeping_is_interrupted_when_half_of_it_is_over)
{
    add_rule(stage.world, "eintr call sleep");
    ck_assert_int_eq(drill_sleep(2 * DRILL_SECOND), -EINTR);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    ck_assert_int_eq(drill_sleep(DRILL_US + 2), -EINTR);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND + DRILL_US);
    ck_assert_int_eq(drill_sleep(DRILL_US), 0); /* so who tries again gets there */
}
END_TEST

START_TEST(yielding_lets_others_run_and_no_time_pass)
{
    yields = 0;
    drill_start(stage.client, "first", yield_often, NULL);
    drill_start(stage.server, "second", yield_often, NULL);
    ck_assert_int_eq(drill_yield(), 0);
    ck_assert_int_gt(yields, 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(yields, 200);
    ck_assert_int_eq(drill_now(stage.world), 0);
}
END_TEST

START_TEST(random_bytes_are_those_of_the_seed_and_the_host)
{
    uint8_t first[32], again[32], other[32];

    ck_assert_int_eq(drill_random(first, sizeof first), sizeof first);
    ck_assert_int_eq(drill_random(again, sizeof again), sizeof again);
    ck_assert_mem_ne(first, again, sizeof first);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_random(other, sizeof other), sizeof other);
    ck_assert_mem_ne(first, other, sizeof first);
    teardown();
    open_with(1);
    drill_random(again, sizeof again);
    ck_assert_mem_eq(first, again, sizeof first);
    teardown();
    open_with(2);
    drill_random(again, sizeof again);
    ck_assert_mem_ne(first, again, sizeof first);
    ck_assert_int_eq(drill_random(NULL, 1), -EFAULT);
    ck_assert_int_eq(drill_random(NULL, 0), 0);
}
END_TEST

START_TEST(what_is_no_name_cannot_be_removed)
{
    ck_assert_int_eq(drill_unlink("/tmp/nothing"), -ENOENT);
    ck_assert_int_eq(drill_unlink(NULL), -EFAULT);
}
END_TEST

Suite *calls_host_suite(void);

Suite *calls_host_suite(void)
{
    Suite *suite = suite_create("calls_host");
    TCase *tests = tcase_create("host");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_literal_means_itself);
    tcase_add_test(tests, a_host_is_found_by_its_own_name);
    tcase_add_test(tests, a_name_of_the_world_comes_before_a_host_of_that_name);
    tcase_add_test(tests, a_name_nobody_has_is_unknown);
    tcase_add_test(tests, a_lookup_takes_its_time_and_may_fail);
    tcase_add_test(tests, a_name_can_go_while_it_is_looked_up);
    tcase_add_test(tests, a_host_knows_its_first_address);
    tcase_add_test(tests, sleeping_passes_time);
    tcase_add_test(tests, sleeping_is_interrupted_when_half_of_it_is_over);
    tcase_add_test(tests, yielding_lets_others_run_and_no_time_pass);
    tcase_add_test(tests, random_bytes_are_those_of_the_seed_and_the_host);
    tcase_add_test(tests, what_is_no_name_cannot_be_removed);
    suite_add_tcase(suite, tests);
    return suite;
}
