#include "emu/host.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct drill_sim sim;
static struct drill_host host;

static struct drill_addr address(const char *text)
{
    struct drill_sockaddr plain;
    struct drill_addr addr;

    ck_assert_int_eq(drill_sockaddr_read(&plain, text), 0);
    ck_assert_int_eq(drill_addr_from(&addr, &plain), 0);
    return addr;
}

static void setup(void)
{
    drill_sim_init(&sim, 1, 0);
    ck_assert_int_eq(drill_host_init(&host, NULL, &sim, "host"), 0);
    host.addrs[host.addr_count++] = address("10.0.0.1");
    host.addrs[host.addr_count++] = address("10.0.0.9");
    host.addrs[host.addr_count++] = address("fd00::1");
}

static void teardown(void)
{
    drill_host_fini(&host);
    drill_sim_fini(&sim);
}

static bool has(const char *text)
{
    const struct drill_addr addr = address(text);

    return drill_host_has(&host, &addr);
}

START_TEST(a_host_has_its_addresses_and_loopback)
{
    ck_assert(has("10.0.0.1"));
    ck_assert(has("10.0.0.9"));
    ck_assert(has("fd00::1"));
    ck_assert(has("127.0.0.1"));
    ck_assert(has("127.255.3.4"));
    ck_assert(has("::1"));
    ck_assert(!has("10.0.0.2"));
    ck_assert(!has("fd00::2"));
    ck_assert(!has("128.0.0.1"));
}
END_TEST

static void check_source(const char *remote, const char *source)
{
    const struct drill_addr to = address(remote);
    const struct drill_addr *found = drill_host_source(&host, &to);

    if (source == NULL) {
        ck_assert_ptr_null(found);
        return;
    }
    const struct drill_addr expected = address(source);
    ck_assert_ptr_nonnull(found);
    ck_assert(drill_addr_same_ip(found, &expected));
}

START_TEST(the_source_is_of_the_family_and_reach_of_the_remote)
{
    check_source("10.0.0.2", "10.0.0.1");
    check_source("10.0.0.9", "10.0.0.9");
    check_source("fd00::2", "fd00::1");
    check_source("127.0.0.1", "127.0.0.1");
    check_source("127.9.9.9", "127.0.0.1");
    check_source("::1", "::1");
    check_source("fe80::2", NULL);
}
END_TEST

START_TEST(without_an_address_of_the_family_there_is_no_source)
{
    host.addr_count = 2;
    check_source("fd00::2", NULL);
    check_source("10.0.0.2", "10.0.0.1");
}
END_TEST

START_TEST(an_address_tells_its_interface)
{
    const struct drill_addr loopback = address("127.0.0.1"), own = address("fd00::1"),
                            foreign = address("10.0.0.3");

    ck_assert_uint_eq(drill_host_interface(&host, &loopback), DRILL_INTERFACE_LOOPBACK);
    ck_assert_uint_eq(drill_host_interface(&host, &own), DRILL_INTERFACE_NET);
    ck_assert_uint_eq(drill_host_interface(&host, &foreign), 0);
}
END_TEST

START_TEST(the_wall_clock_begins_in_the_year_2000_and_goes_with_time)
{
    ck_assert_int_eq(drill_host_wall(&host), DRILL_HOST_EPOCH_NS);
    sim.timeline.now_ns = 5 * DRILL_SECOND;
    ck_assert_int_eq(drill_host_wall(&host), DRILL_HOST_EPOCH_NS + 5 * DRILL_SECOND);
}
END_TEST

START_TEST(a_wall_clock_that_was_set_goes_on_from_there)
{
    sim.timeline.now_ns = DRILL_SECOND;
    drill_host_set_wall(&host, 100, 0);
    ck_assert_int_eq(drill_host_wall(&host), 100);
    sim.timeline.now_ns += 7;
    ck_assert_int_eq(drill_host_wall(&host), 107);
}
END_TEST

START_TEST(a_clock_that_drifts_gains_or_loses_so_many_millionths)
{
    drill_host_set_wall(&host, 0, 200);
    sim.timeline.now_ns = 10 * DRILL_SECOND;
    ck_assert_int_eq(drill_host_wall(&host), 10 * DRILL_SECOND + 2 * DRILL_MS);
    drill_host_set_wall(&host, 0, -1000000);
    sim.timeline.now_ns += 10 * DRILL_SECOND;
    ck_assert_int_eq(drill_host_wall(&host), 0);
}
END_TEST

START_TEST(a_century_of_the_worst_drift_does_not_overflow)
{
    const int64_t century = INT64_C(100) * 365 * 86400 * DRILL_SECOND;

    drill_host_set_wall(&host, 0, 1000000);
    sim.timeline.now_ns = century;
    ck_assert_int_eq(drill_host_wall(&host), 2 * century);
}
END_TEST

static int64_t nothing(void *argument)
{
    (void)argument;
    return 0;
}

START_TEST(boots_are_kept_in_order_with_a_copy_of_their_name)
{
    char name[] = "first";

    ck_assert_int_eq(drill_host_boot(&host, name, nothing, &host), 0);
    ck_assert_int_eq(drill_host_boot(&host, "second", nothing, NULL), 0);
    name[0] = 'X';
    ck_assert_str_eq(host.boots->name, "first");
    ck_assert_ptr_eq(host.boots->argument, &host);
    ck_assert_str_eq(host.boots->next->name, "second");
    ck_assert_ptr_null(host.boots->next->next);
}
END_TEST

START_TEST(without_memory_no_boot_is_noted)
{
    for (uint64_t n = 1; n <= 2; n++) {
        sim.mem.fail_at = sim.mem.count + n;
        ck_assert_int_eq(drill_host_boot(&host, "boot", nothing, NULL), -ENOMEM);
        ck_assert_ptr_null(host.boots);
    }
    sim.mem.fail_at = sim.mem.count + 3;
    ck_assert_int_eq(drill_host_boot(&host, "boot", nothing, NULL), 0);
}
END_TEST

START_TEST(without_memory_there_is_no_host)
{
    struct drill_host other;

    sim.mem.fail_at = sim.mem.count + 1;
    ck_assert_int_eq(drill_host_init(&other, NULL, &sim, "other"), -ENOMEM);
}
END_TEST

Suite *host_suite(void);

Suite *host_suite(void)
{
    Suite *suite = suite_create("host");
    TCase *tests = tcase_create("machine");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_host_has_its_addresses_and_loopback);
    tcase_add_test(tests, the_source_is_of_the_family_and_reach_of_the_remote);
    tcase_add_test(tests, without_an_address_of_the_family_there_is_no_source);
    tcase_add_test(tests, an_address_tells_its_interface);
    tcase_add_test(tests, the_wall_clock_begins_in_the_year_2000_and_goes_with_time);
    tcase_add_test(tests, a_wall_clock_that_was_set_goes_on_from_there);
    tcase_add_test(tests, a_clock_that_drifts_gains_or_loses_so_many_millionths);
    tcase_add_test(tests, a_century_of_the_worst_drift_does_not_overflow);
    tcase_add_test(tests, boots_are_kept_in_order_with_a_copy_of_their_name);
    tcase_add_test(tests, without_memory_no_boot_is_noted);
    tcase_add_test(tests, without_memory_there_is_no_host);
    suite_add_tcase(suite, tests);
    return suite;
}
