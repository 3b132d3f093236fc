#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/fault.h"
#include "tests/datagrams.h"
#include "tests/rules.h"

static int near, far;

static void setup(void)
{
    setup_traced();
    near = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:7");
    far = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.2:9");
}

static void send_near(const char *text)
{
    ck_assert_int_eq(datagram_send(stage.client, near, text, "10.0.0.2:9"), (ssize_t)strlen(text));
}

START_TEST(a_datagram_arrives_with_its_first_bytes_only)
{
    const int id = add("truncate 3");

    send_near("message");
    datagram_hear(stage.server, far, "mes", "10.0.0.1:7");
    send_near("abc");
    datagram_hear(stage.server, far, "abc", "10.0.0.1:7");
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    drill_fault_remove(stage.world, id);
    add("truncate");
    send_near("message");
    datagram_hear(stage.server, far, "m", NULL);
}
END_TEST

START_TEST(the_same_datagram_comes_from_another_port_first)
{
    const int id = add("spoof");

    send_near("message");
    datagram_hear(stage.server, far, "message", "10.0.0.1:8");
    datagram_hear(stage.server, far, "message", "10.0.0.1:7");
    datagram_none(stage.server, far);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, "<- fault spoof#1: arrives"), 1);
}
END_TEST

START_TEST(a_spoofed_datagram_takes_the_way_of_the_other)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    add("spoof");
    send_near("message");
    datagram_none(stage.server, far);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "message", "10.0.0.1:8");
    datagram_hear(stage.server, far, "message", "10.0.0.1:7");
}
END_TEST

START_TEST(a_datagram_comes_to_the_next_host_which_may_listen)
{
    struct drill_host *third = drill_host_new(stage.world, "third", "10.0.0.3");
    const int astray = datagram_socket(third, SOCK_DGRAM, 0, "0.0.0.0:9");

    const int id = add("misdeliver nth 1");
    send_near("message");
    send_near("another");
    datagram_hear(third, astray, "message", "10.0.0.1:7");
    datagram_hear(stage.server, far, "another", "10.0.0.1:7");
    datagram_none(stage.server, far);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(where_nobody_has_the_port_it_is_refused)
{
    add("misdeliver");
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:9"), 0);
    datagram_send(stage.client, near, "message", NULL);
    ck_assert_int_eq(datagram_send(stage.client, near, "message", NULL), -ECONNREFUSED);
    datagram_none(stage.server, far);
}
END_TEST

START_TEST(a_nat_takes_another_port_and_finds_the_way_back)
{
    const int id = add("nat_rebind host client nth 2");

    send_near("first");
    datagram_hear(stage.server, far, "first", "10.0.0.1:7");
    datagram_send(stage.server, far, "answer", "10.0.0.1:7");
    datagram_hear(stage.client, near, "answer", "10.0.0.2:9");
    send_near("second");
    datagram_hear(stage.server, far, "second", "10.0.0.1:1007");
    send_near("third");
    datagram_hear(stage.server, far, "third", "10.0.0.1:1007");
    datagram_send(stage.server, far, "answer", "10.0.0.1:1007");
    datagram_hear(stage.client, near, "answer", "10.0.0.2:9");
    datagram_send(stage.server, far, "to the old port", "10.0.0.1:7");
    datagram_none(stage.client, near);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, ": lost <- fault nat_rebind#1"), 1);
}
END_TEST

START_TEST(a_nat_may_take_another_port_again_and_again)
{
    add("nat_rebind host client");
    send_near("1");
    datagram_hear(stage.server, far, "1", "10.0.0.1:1007");
    send_near("2");
    datagram_hear(stage.server, far, "2", "10.0.0.1:2007");
    datagram_send(stage.server, far, "late", "10.0.0.1:1007");
    datagram_none(stage.client, near);
    datagram_send(stage.server, far, "answer", "10.0.0.1:2007");
    datagram_hear(stage.client, near, "answer", "10.0.0.2:9");
}
END_TEST

START_TEST(a_rule_can_name_the_port_and_other_flows_keep_theirs)
{
    const int other = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:70");

    add("nat_rebind 4000 host client port 7");
    send_near("one");
    datagram_hear(stage.server, far, "one", "10.0.0.1:4000");
    datagram_send(stage.client, other, "two", "10.0.0.2:9");
    datagram_hear(stage.server, far, "two", "10.0.0.1:70");
    datagram_send(stage.server, far, "answer", "10.0.0.1:70");
    datagram_hear(stage.client, other, "answer", "10.0.0.2:9");
}
END_TEST

START_TEST(an_error_finds_its_way_back_through_the_nat)
{
    add("nat_rebind host client");
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:10"), 0);
    datagram_send(stage.client, near, "message", NULL);
    ck_assert_int_eq(datagram_send(stage.client, near, "message", NULL), -ECONNREFUSED);
}
END_TEST

START_TEST(a_nat_that_has_forgotten_a_connection_resets_its_sender)
{
    stage_connect(&stage);
    add("nat_rebind host client kind DATA");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, MSG_NOSIGNAL), 1);
    char byte;
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, MSG_DONTWAIT), -EAGAIN);
    ck_assert_int_eq(give(stage.server, stage.far, "x", 1, MSG_NOSIGNAL), 1);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), -ECONNRESET);
    ck_assert_uint_eq(lines_with(&lines, "<- fault nat_rebind#1: arrives"), 1);
}
END_TEST

/* Whatever fails, a datagram is lost or whole, and nothing leaks. */
START_TEST(whichever_allocation_fails_a_datagram_is_lost_or_as_the_rule_wants_it)
{
    static const char *const rules[] = {"truncate 3", "spoof",     "misdeliver", "nat_rebind",
                                        "corrupt",    "duplicate", "reorder",    "delay"};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (uint64_t n = 1; n < 12; n++) {
            teardown();
            setup();
            add(rules[i]);
            stage_fail(&stage, n);
            datagram_send(stage.client, near, "message", "10.0.0.2:9");
            datagram_send(stage.client, near, "message", "10.0.0.2:9");
            datagram_settle(&stage);
            stage_fail(&stage, 0);
        }
}
END_TEST

Suite *fault_dgram_suite(void);

Suite *fault_dgram_suite(void)
{
    Suite *suite = suite_create("fault_dgram");
    TCase *tests = tcase_create("fault_dgram");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_datagram_arrives_with_its_first_bytes_only);
    tcase_add_test(tests, the_same_datagram_comes_from_another_port_first);
    tcase_add_test(tests, a_spoofed_datagram_takes_the_way_of_the_other);
    tcase_add_test(tests, a_datagram_comes_to_the_next_host_which_may_listen);
    tcase_add_test(tests, where_nobody_has_the_port_it_is_refused);
    tcase_add_test(tests, a_nat_takes_another_port_and_finds_the_way_back);
    tcase_add_test(tests, a_nat_may_take_another_port_again_and_again);
    tcase_add_test(tests, a_rule_can_name_the_port_and_other_flows_keep_theirs);
    tcase_add_test(tests, an_error_finds_its_way_back_through_the_nat);
    tcase_add_test(tests, a_nat_that_has_forgotten_a_connection_resets_its_sender);
    tcase_add_test(tests, whichever_allocation_fails_a_datagram_is_lost_or_as_the_rule_wants_it);
    suite_add_tcase(suite, tests);
    return suite;
}
