#include "emu/ports.h"

#include <check.h>
#include <errno.h>

enum { TCP = 6, UDP = 17 };

static struct drill_mem mem;
static struct drill_ports ports;
static struct drill_holder holders[3];

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_ports_init(&ports, &mem);
    for (int i = 0; i < 3; i++)
        holders[i] = (struct drill_holder){0};
}

static void teardown(void)
{
    drill_ports_fini(&ports);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static void join(uint8_t protocol, uint16_t port, int holder, bool bound)
{
    ck_assert_int_eq(drill_ports_join(&ports, protocol, port, &holders[holder], bound, false), 0);
}

START_TEST(a_port_nobody_holds_is_not_found)
{
    ck_assert_ptr_null(drill_ports_find(&ports, TCP, 80));
    join(TCP, 81, 0, true);
    ck_assert_ptr_null(drill_ports_find(&ports, TCP, 80));
    drill_ports_leave(&ports, TCP, 81, &holders[0], true);
    ck_assert_ptr_null(drill_ports_find(&ports, TCP, 81));
    ck_assert_ptr_null(holders[0].prev);
}
END_TEST

START_TEST(protocols_have_ports_of_their_own)
{
    join(TCP, 80, 0, true);
    ck_assert_ptr_null(drill_ports_find(&ports, UDP, 80));
    join(UDP, 80, 1, true);
    ck_assert_ptr_eq(drill_ports_find(&ports, TCP, 80)->first, &holders[0]);
    ck_assert_ptr_eq(drill_ports_find(&ports, UDP, 80)->first, &holders[1]);
    drill_ports_leave(&ports, TCP, 80, &holders[0], true);
    drill_ports_leave(&ports, UDP, 80, &holders[1], true);
}
END_TEST

START_TEST(the_newest_holder_is_first)
{
    for (int i = 0; i < 3; i++)
        join(TCP, 80, i, i == 0);
    const struct drill_port *port = drill_ports_find(&ports, TCP, 80);
    ck_assert_ptr_eq(port->first, &holders[2]);
    ck_assert_ptr_eq(port->first->next, &holders[1]);
    ck_assert_ptr_eq(port->first->next->next, &holders[0]);
    drill_ports_leave(&ports, TCP, 80, &holders[1], false);
    ck_assert_ptr_eq(port->first->next, &holders[0]);
    drill_ports_leave(&ports, TCP, 80, &holders[2], false);
    ck_assert_ptr_eq(port->first, &holders[0]);
    drill_ports_leave(&ports, TCP, 80, &holders[0], true);
}
END_TEST

START_TEST(children_stand_behind_the_others)
{
    ck_assert_int_eq(drill_ports_join(&ports, TCP, 80, &holders[0], false, true), 0);
    join(TCP, 80, 1, true);
    ck_assert_int_eq(drill_ports_join(&ports, TCP, 80, &holders[2], false, true), 0);
    const struct drill_port *port = drill_ports_find(&ports, TCP, 80);
    ck_assert_ptr_eq(port->first, &holders[1]);
    ck_assert_ptr_eq(port->first->next, &holders[0]);
    ck_assert_ptr_eq(port->first->next->next, &holders[2]);
    drill_ports_leave(&ports, TCP, 80, &holders[2], false);
    drill_ports_leave(&ports, TCP, 80, &holders[0], false);
    ck_assert_int_eq(drill_ports_join(&ports, TCP, 80, &holders[2], false, true), 0);
    ck_assert_ptr_eq(port->first->next, &holders[2]);
    drill_ports_leave(&ports, TCP, 80, &holders[1], true);
    drill_ports_leave(&ports, TCP, 80, &holders[2], false);
}
END_TEST

START_TEST(those_that_bound_are_counted)
{
    join(TCP, 80, 0, true);
    join(TCP, 80, 1, false);
    ck_assert_uint_eq(drill_ports_find(&ports, TCP, 80)->bound, 1);
    drill_ports_leave(&ports, TCP, 80, &holders[0], true);
    ck_assert_uint_eq(drill_ports_find(&ports, TCP, 80)->bound, 0);
    drill_ports_leave(&ports, TCP, 80, &holders[1], false);
}
END_TEST

START_TEST(a_page_without_holders_is_given_back)
{
    join(TCP, 64, 0, true);
    join(TCP, 127, 1, true);
    join(TCP, 128, 2, true);
    drill_ports_leave(&ports, TCP, 64, &holders[0], true);
    ck_assert_ptr_eq(drill_ports_find(&ports, TCP, 127)->first, &holders[1]);
    drill_ports_leave(&ports, TCP, 127, &holders[1], true);
    ck_assert_ptr_eq(drill_ports_find(&ports, TCP, 128)->first, &holders[2]);
    drill_ports_leave(&ports, TCP, 128, &holders[2], true);
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_ptr_null(drill_ports_find(&ports, TCP, 128));
}
END_TEST

START_TEST(the_highest_port_is_a_port)
{
    join(TCP, 65535, 0, true);
    ck_assert_ptr_eq(drill_ports_find(&ports, TCP, 65535)->first, &holders[0]);
    drill_ports_leave(&ports, TCP, 65535, &holders[0], true);
}
END_TEST

START_TEST(a_last_port_can_leave_room_for_so_many_more)
{
    ck_assert_uint_eq(drill_ports_last_for(&ports, 0), DRILL_PORTS_FIRST - 1);
    ck_assert_uint_eq(drill_ports_last_for(&ports, 2), DRILL_PORTS_FIRST + 1);
    join(TCP, DRILL_PORTS_FIRST, 0, true);
    join(UDP, DRILL_PORTS_FIRST + 2, 1, true);
    ck_assert_uint_eq(drill_ports_last_for(&ports, 0), DRILL_PORTS_FIRST);
    ck_assert_uint_eq(drill_ports_last_for(&ports, 1), DRILL_PORTS_FIRST + 2);
    ck_assert_uint_eq(drill_ports_last_for(&ports, 1000000), DRILL_PORTS_LAST);
    drill_ports_leave(&ports, TCP, DRILL_PORTS_FIRST, &holders[0], true);
    drill_ports_leave(&ports, UDP, DRILL_PORTS_FIRST + 2, &holders[1], true);
}
END_TEST

START_TEST(without_memory_nobody_joins)
{
    for (uint64_t n = 1;; n++) {
        mem.fail_at = mem.count + n;
        const int result = drill_ports_join(&ports, TCP, 80, &holders[0], true, false);
        if (result == 0)
            break;
        ck_assert_int_eq(result, -ENOMEM);
        ck_assert_ptr_null(holders[0].prev);
        ck_assert_uint_eq(mem.live, 0);
        ck_assert_uint_lt(n, 10);
    }
    ck_assert_uint_gt(mem.count, 1);
    mem.fail_at = 0;
    drill_ports_leave(&ports, TCP, 80, &holders[0], true);
}
END_TEST

Suite *ports_suite(void);

Suite *ports_suite(void)
{
    Suite *suite = suite_create("ports");
    TCase *tests = tcase_create("holders");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_port_nobody_holds_is_not_found);
    tcase_add_test(tests, protocols_have_ports_of_their_own);
    tcase_add_test(tests, the_newest_holder_is_first);
    tcase_add_test(tests, children_stand_behind_the_others);
    tcase_add_test(tests, those_that_bound_are_counted);
    tcase_add_test(tests, a_page_without_holders_is_given_back);
    tcase_add_test(tests, the_highest_port_is_a_port);
    tcase_add_test(tests, a_last_port_can_leave_room_for_so_many_more);
    tcase_add_test(tests, without_memory_nobody_joins);
    suite_add_tcase(suite, tests);
    return suite;
}
