#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/sockdrill.h"

/* Messages of mistakes go to standard error; here they go to a file, so that they can be read. */
static FILE *told;
static int standard_error;

static void setup(void)
{
    told = tmpfile();
    fflush(stderr);
    standard_error = dup(STDERR_FILENO);
    dup2(fileno(told), STDERR_FILENO);
}

static void teardown(void)
{
    fflush(stderr);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    fclose(told);
}

static bool was_told(const char *what)
{
    char text[4096] = "";

    fflush(stderr);
    rewind(told);
    const size_t size = fread(text, 1, sizeof text - 1, told);
    text[size] = '\0';
    return strstr(text, what) != NULL;
}

static void nothing(void *context)
{
    (void)context;
}

static int64_t nobody(void *argument)
{
    (void)argument;
    return 0;
}

START_TEST(a_world_that_is_missing_is_said_and_answered)
{
    ck_assert_int_eq(drill_run(NULL), -EINVAL);
    ck_assert(was_told("drill_run: no world was given"));
    ck_assert_int_eq(drill_run_until(NULL, 1), -EINVAL);
    ck_assert_int_eq(drill_step(NULL), -EINVAL);
    ck_assert_int_eq(drill_at(NULL, 0, nothing, NULL), -EINVAL);
    ck_assert_int_eq(drill_now(NULL), -EINVAL);
    ck_assert_uint_eq(drill_hash(NULL), 0);
    ck_assert_uint_eq(drill_stats(NULL).calls, 0);
    ck_assert_ptr_null(drill_host_new(NULL, "a", NULL));
    ck_assert_ptr_null(drill_host_find(NULL, "a"));
    ck_assert_int_eq(drill_name_add(NULL, "a", "10.0.0.1"), -EINVAL);
    ck_assert_int_eq(drill_name_remove(NULL, "a"), -EINVAL);
    ck_assert_int_eq(drill_name_fault(NULL, "a", 0, 0), -EINVAL);
    ck_assert_int_eq(drill_fault_add(NULL, NULL), -EINVAL);
    ck_assert_uint_eq(drill_choose(NULL, DRILL_CHOICE_USER, 0, 2), 0);
    drill_hook(NULL, NULL, NULL);
    drill_oracle_set(NULL, NULL, NULL);
    drill_netstat(NULL, NULL, NULL);
    drill_trace_to(NULL, NULL, NULL);
    drill_world_free(NULL);
}
END_TEST

START_TEST(a_host_that_is_missing_is_said_and_answered)
{
    const struct drill_link link = {0};

    ck_assert_int_eq(drill_link_set(NULL, NULL, &link), -EINVAL);
    ck_assert(was_told("drill_link_set: no from was given"));
    ck_assert_int_eq(drill_partition(NULL, NULL), -EINVAL);
    ck_assert_int_eq(drill_hold(NULL, NULL), -EINVAL);
    ck_assert_int_eq(drill_host_address(NULL, "10.0.0.1"), -EINVAL);
    ck_assert_ptr_null(drill_host_name(NULL));
    ck_assert_int_eq(drill_boot(NULL, "a", nobody, NULL), -EINVAL);
    ck_assert_int_eq(drill_crash(NULL), -EINVAL);
    ck_assert_int_eq(drill_restart(NULL), -EINVAL);
    ck_assert_int_eq(drill_pause(NULL), -EINVAL);
    ck_assert_int_eq(drill_resume(NULL), -EINVAL);
    ck_assert_int_eq(drill_clock_step(NULL, 1), -EINVAL);
    ck_assert_int_eq(drill_limit(NULL, DRILL_LIMIT_DESCRIPTORS, 1), -EINVAL);
    ck_assert_int_eq(drill_enter(NULL), -EINVAL);
    ck_assert_ptr_null(drill_start(NULL, "a", nobody, NULL));
    ck_assert_int_eq(drill_join(NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(what_goes_with_a_host_is_checked_too)
{
    struct drill_world *world = drill_world_new(NULL);
    struct drill_host *host = drill_host_new(world, "a", "10.0.0.1");

    ck_assert_int_eq(drill_link_set(host, host, NULL), -EINVAL);
    ck_assert_int_eq(drill_link_set(host, host, &(struct drill_link){.delay_ns = -1}), -EINVAL);
    ck_assert_int_eq(drill_host_address(host, "10.0.0.300"), -EINVAL);
    ck_assert(was_told("'10.0.0.300' is no IP address"));
    ck_assert_int_eq(drill_host_address(host, "10.0.0.1"), -EADDRINUSE);
    ck_assert_ptr_null(drill_host_new(world, "a", NULL));
    ck_assert_ptr_null(drill_start(host, "task", NULL, NULL));
    ck_assert_int_eq(drill_fault_add(world, &(struct drill_fault){.what = "thunder"}), -EINVAL);
    ck_assert(was_told("there is no fault 'thunder'"));
    drill_world_free(world);
}
END_TEST

START_TEST(hosts_of_two_worlds_have_no_link)
{
    struct drill_world *one = drill_world_new(NULL), *other = drill_world_new(NULL);
    struct drill_host *a = drill_host_new(one, "a", NULL), *b = drill_host_new(other, "b", NULL);

    ck_assert_int_eq(drill_partition(a, b), -EINVAL);
    ck_assert(was_told("a and b are of different worlds"));
    drill_world_free(other);
    drill_world_free(one);
}
END_TEST

START_TEST(a_call_outside_any_world_is_said_and_answered)
{
    ck_assert_int_eq(drill_socket(2, 1, 0), -ENXIO);
    ck_assert(was_told("a call outside any world"));
}
END_TEST

START_TEST(worlds_that_share_a_reserve_run_as_without)
{
    struct drill_reserve *reserve = drill_reserve_new();
    uint64_t hashes[3];

    for (int i = 0; i < 3; i++) {
        struct drill_world *each =
            drill_world_new(&(struct drill_config){.seed = 7, .reserve = i > 0 ? reserve : NULL});
        struct drill_host *host = drill_host_new(each, "host", "10.0.0.9");
        drill_enter(host);
        const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
        drill_close(fd);
        drill_run(each);
        hashes[i] = drill_hash(each);
        drill_world_free(each);
    }
    ck_assert_uint_eq(hashes[0], hashes[1]);
    ck_assert_uint_eq(hashes[0], hashes[2]);
    drill_reserve_free(reserve);
    drill_reserve_free(NULL);
}
END_TEST

START_TEST(two_worlds_live_side_by_side)
{
    struct drill_world *one = drill_world_new(NULL), *other = drill_world_new(NULL);
    struct drill_host *a = drill_host_new(one, "a", "10.0.0.1");
    struct drill_host *b = drill_host_new(other, "b", "10.0.0.1");

    drill_enter(a);
    const int of_a = drill_socket(2, 1, 0);
    drill_enter(b);
    const int of_b = drill_socket(2, 1, 0);
    ck_assert_int_eq(of_a, of_b);
    drill_run_until(one, DRILL_SECOND);
    ck_assert_int_eq(drill_now(one), DRILL_SECOND);
    ck_assert_int_eq(drill_now(other), 0);
    drill_world_free(one);
    drill_enter(b);
    ck_assert_int_eq(drill_close(of_b), 0);
    drill_world_free(other);
}
END_TEST

Suite *sockdrill_suite(void)
{
    Suite *suite = suite_create("sockdrill");
    TCase *tests = tcase_create("sockdrill");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_world_that_is_missing_is_said_and_answered);
    tcase_add_test(tests, a_host_that_is_missing_is_said_and_answered);
    tcase_add_test(tests, what_goes_with_a_host_is_checked_too);
    tcase_add_test(tests, hosts_of_two_worlds_have_no_link);
    tcase_add_test(tests, a_call_outside_any_world_is_said_and_answered);
    tcase_add_test(tests, two_worlds_live_side_by_side);
    tcase_add_test(tests, worlds_that_share_a_reserve_run_as_without);
    suite_add_tcase(suite, tests);
    return suite;
}
