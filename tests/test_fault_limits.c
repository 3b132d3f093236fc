#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "tests/rules.h"

static int open_socket(void)
{
    drill_enter(stage.client);
    return drill_socket(AF_INET, SOCK_STREAM, 0);
}

START_TEST(a_host_may_open_so_many_descriptors_more)
{
    drill_enter(stage.client);
    ck_assert_int_eq(open_socket(), 3);
    ck_assert_int_eq(open_socket(), 4);
    ck_assert_int_eq(open_socket(), 5);
    drill_close(4);
    const int id = add("descriptors 2 host client");
    ck_assert_int_eq(open_socket(), 4);
    ck_assert_int_eq(open_socket(), 6);
    ck_assert_int_eq(open_socket(), -EMFILE);
    drill_close(3);
    ck_assert_int_eq(open_socket(), 3);
    ck_assert_int_eq(open_socket(), -EMFILE);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_socket(AF_INET, SOCK_STREAM, 0), 3);
    drill_fault_remove(stage.world, id);
    ck_assert_int_eq(open_socket(), 7);
    ck_assert_uint_eq(lines_with(&lines, "host client: descriptors below 7 <- fault descriptors#1"),
                      1);
}
END_TEST

START_TEST(the_least_limit_counts_and_a_crash_changes_none)
{
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 10);
    const int wide = add("descriptors 5 host client"), none = add("descriptors 0 host client");
    ck_assert_int_eq(open_socket(), -EMFILE);
    drill_crash(stage.client);
    drill_restart(stage.client);
    ck_assert_int_eq(open_socket(), -EMFILE);
    drill_fault_remove(stage.world, none);
    ck_assert_uint_eq(stage.client->fds.limit, 8);
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 6);
    ck_assert_uint_eq(stage.client->fds.limit, 6);
    drill_fault_remove(stage.world, wide);
    ck_assert_uint_eq(stage.client->fds.limit, 6);
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 1000);
    ck_assert_uint_eq(stage.client->fds.limit, 1000);
}
END_TEST

static int bind_any(void)
{
    const struct drill_sockaddr any = {.family = AF_INET};
    const int fd = open_socket();

    return drill_bind(fd, &any);
}

START_TEST(calm_goes_back_to_the_limits_that_the_world_began_with)
{
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 10);
    drill_limit(stage.client, DRILL_LIMIT_ABORT_ON_OVERFLOW, 1);
    add("descriptors 5 host client from 1s");
    until_ms(2000);
    ck_assert_uint_eq(stage.client->fds.limit, 8);
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 4);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 40000);
    ck_assert_uint_eq(stage.client->fds.limit, 4);
    drill_calm(stage.world);
    ck_assert_uint_eq(stage.client->fds.limit, 10);
    ck_assert_uint_eq(stage.client->ports.last_port, DRILL_PORTS_LAST);
    ck_assert(stage.client->limits.abort_on_overflow);
}
END_TEST

START_TEST(a_host_has_so_many_ephemeral_ports_more)
{
    const int ids[] = {add("ports 2 host client from 0s to 10s"), 0};

    ck_assert_int_eq(bind_any(), 0);
    ck_assert_int_eq(bind_any(), 0);
    ck_assert_int_eq(bind_any(), -EADDRINUSE);
    ck_assert_int_eq(drill_fault_hits(stage.world, ids[0]), 1);
    add("none: ports host client for 5s");
    ck_assert_int_eq(bind_any(), -EADDRINUSE);
    until_ms(5000);
    ck_assert_int_eq(bind_any(), -EADDRINUSE);
    until_ms(10000);
    ck_assert_int_eq(bind_any(), 0);
    ck_assert_uint_eq(stage.client->ports.last_port, DRILL_PORTS_LAST);
}
END_TEST

START_TEST(a_host_without_ports_connects_nowhere)
{
    const struct drill_sockaddr addr = stage_address();

    stage_listen(&stage, 5);
    const int id = add("ports 0 host client");
    const int fd = open_socket();
    ck_assert_int_eq(drill_connect(fd, &addr), -EADDRNOTAVAIL);
    drill_fault_remove(stage.world, id);
    ck_assert_int_eq(drill_connect(fd, &addr), 0);
}
END_TEST

START_TEST(the_nth_allocation_fails_and_only_it)
{
    const uint64_t from = stage.world->sim.mem.count;
    char *blocks[6];

    add("allocation 5"); /* the rule takes one or more itself, and counts from there */
    ck_assert_uint_gt(stage.world->sim.mem.count, from);
    for (int i = 0; i < 6; i++)
        blocks[i] = drill_mem_new(&stage.world->sim.mem, 8);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(blocks[i] == NULL, i == 4);
    for (int i = 0; i < 6; i++)
        drill_mem_free(&stage.world->sim.mem, blocks[i], 8);
    ck_assert_uint_eq(lines_with(&lines, "fails <- fault allocation#1"), 1);
}
END_TEST

static bool fails(void)
{
    void *block = drill_mem_new(&stage.world->sim.mem, 8);

    drill_mem_free(&stage.world->sim.mem, block, 8);
    return block == NULL;
}

START_TEST(allocations_that_fail_are_those_of_all_rules_and_of_the_test)
{
    stage_fail(&stage, 10);
    const uint64_t said = stage.world->sim.mem.fail_at;
    const int second = add("allocation 3");
    const uint64_t due = stage.world->sim.mem.fail_at;
    add("allocation");
    ck_assert(fails());
    while (stage.world->sim.mem.count + 1 < due)
        ck_assert(!fails());
    ck_assert(fails());
    while (stage.world->sim.mem.count + 1 < said)
        ck_assert(!fails());
    ck_assert(fails());
    ck_assert(!fails());
    drill_fault_remove(stage.world, second);
    add("third: allocation 2");
    drill_calm(stage.world);
    for (int i = 0; i < 5; i++)
        ck_assert(!fails());
    ck_assert(stage.world->sim.mem.failed == NULL);
}
END_TEST

Suite *fault_limits_suite(void);

Suite *fault_limits_suite(void)
{
    Suite *suite = suite_create("fault_limits");
    TCase *tests = tcase_create("limits");

    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, a_host_may_open_so_many_descriptors_more);
    tcase_add_test(tests, the_least_limit_counts_and_a_crash_changes_none);
    tcase_add_test(tests, calm_goes_back_to_the_limits_that_the_world_began_with);
    tcase_add_test(tests, a_host_has_so_many_ephemeral_ports_more);
    tcase_add_test(tests, a_host_without_ports_connects_nowhere);
    tcase_add_test(tests, the_nth_allocation_fails_and_only_it);
    tcase_add_test(tests, allocations_that_fail_are_those_of_all_rules_and_of_the_test);
    suite_add_tcase(suite, tests);
    return suite;
}
