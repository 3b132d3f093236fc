#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/rules.h"

static bool strikes(const char *rule)
{
    const int id = add(rule);
    const bool struck = give(stage.client, stage.near, "x", 1, 0) < 0;

    drill_fault_remove(stage.world, id);
    return struck;
}

START_TEST(a_rule_is_about_its_call_host_task_and_descriptor)
{
    char rule[80];

    ck_assert(strikes("errno ENOBUFS call send"));
    ck_assert(!strikes("errno ENOBUFS call write"));
    ck_assert(strikes("errno ENOBUFS call send host client"));
    ck_assert(!strikes("errno ENOBUFS call send host server"));
    ck_assert(strikes("errno ENOBUFS call send task main"));
    ck_assert(!strikes("errno ENOBUFS call send task other"));
    snprintf(rule, sizeof rule, "errno ENOBUFS call send fd %d", stage.near);
    ck_assert(strikes(rule));
    snprintf(rule, sizeof rule, "errno ENOBUFS call send fd %d", stage.near + 1);
    ck_assert(!strikes(rule));
}
END_TEST

START_TEST(it_is_about_a_peer_an_address_and_a_port)
{
    ck_assert(strikes("errno ENOBUFS call send peer server"));
    ck_assert(!strikes("errno ENOBUFS call send peer client"));
    ck_assert(strikes("errno ENOBUFS call send address 10.0.0.2"));
    ck_assert(strikes("errno ENOBUFS call send address 10.0.0.1"));
    ck_assert(strikes("errno ENOBUFS call send address 10.0.0.2:80"));
    ck_assert(!strikes("errno ENOBUFS call send address 10.0.0.2:81"));
    ck_assert(!strikes("errno ENOBUFS call send address 10.0.0.3"));
    ck_assert(strikes("errno ENOBUFS call send port 80"));
    ck_assert(!strikes("errno ENOBUFS call send port 81"));
}
END_TEST

START_TEST(it_is_about_a_direction_and_a_place_in_the_stream)
{
    ck_assert(strikes("errno ENOBUFS side out"));
    ck_assert(!strikes("errno ENOBUFS side in"));
    ck_assert(!strikes("errno ENOBUFS call send offset 100"));
    for (int i = 0; i < 100; i++)
        give(stage.client, stage.near, "x", 1, 0);
    ck_assert(strikes("errno ENOBUFS call send offset 100"));
}
END_TEST

START_TEST(calls_of_a_descriptor_that_no_rule_is_about_are_not_looked_at_again)
{
    const struct drill_faults *faults = &stage.world->door.faults;
    uint64_t spared = 0;

    add("errno ENOBUFS call send host server");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), 1);
    for (int i = 0; i < DRILL_SPARED; i++)
        spared |= faults->spared[i].age == faults->age ? faults->spared[i].calls : 0;
    ck_assert_uint_eq(spared, UINT64_C(1) << DRILL_CALL_send);
    add("errno ENOBUFS call send host client");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
}
END_TEST

START_TEST(connections_and_sockets_are_told_apart)
{
    struct drill_host *host = stage.client;
    struct drill_file *first = drill_fds_find(&host->fds, stage.near);
    struct drill_file *far = drill_fds_find(&stage.server->fds, stage.far);

    ck_assert_uint_ne(drill_flow_of_file(first), 0);
    ck_assert_uint_eq(drill_flow_of_file(first), drill_flow_of_file(far));
    stage_connect(&stage);
    ck_assert_uint_ne(drill_flow_of_file(first),
                      drill_flow_of_file(drill_fds_find(&host->fds, stage.near)));
    ck_assert_uint_eq(drill_flow_of_file(NULL), 0);
}
END_TEST

Suite *fault_where_suite(void);

Suite *fault_where_suite(void)
{
    Suite *suite = suite_create("fault_where");
    TCase *tests = tcase_create("fault_where");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, a_rule_is_about_its_call_host_task_and_descriptor);
    tcase_add_test(tests, it_is_about_a_peer_an_address_and_a_port);
    tcase_add_test(tests, it_is_about_a_direction_and_a_place_in_the_stream);
    tcase_add_test(tests, calls_of_a_descriptor_that_no_rule_is_about_are_not_looked_at_again);
    tcase_add_test(tests, connections_and_sockets_are_told_apart);
    suite_add_tcase(suite, tests);
    return suite;
}
