#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/datagrams.h"
#include "tests/rules.h"

static char block[256];

/* A server that answers, a client that asks, and datagrams between them. */
static void exchange(void)
{
    stage_connect(&stage);
    for (int i = 0; i < 3; i++) {
        say(stage.client, stage.near, "question");
        hear(stage.server, stage.far, "question");
        say(stage.server, stage.far, "answer");
        hear(stage.client, stage.near, "answer");
    }
    const int from = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:7");
    const int to = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.2:9");
    datagram_send(stage.client, from, "message", "10.0.0.2:9");
    datagram_send(stage.client, from, "nobody", "10.0.0.2:10");
    datagram_settle(&stage);
    stage_stream(&stage, true, 400000);
    stage_stream(&stage, false, 3000);
    take(stage.server, to, block, sizeof block, MSG_DONTWAIT);
    end(stage.server, stage.far);
    end(stage.client, stage.near);
    drill_run(stage.world);
}

static const struct drill_link ways[] = {
    {0},
    {.delay_ns = 3 * DRILL_MS},
    {.delay_ns = DRILL_MS, .jitter_ns = DRILL_MS, .loss_ppm = 20000, .reorder_ppm = 20000},
};

static uint64_t hash_of(const struct drill_link *link, const char *rule, bool traced)
{
    setup_rules(traced);
    stage_link(&stage, link);
    const int id = rule != NULL ? add(rule) : 0;
    exchange();
    if (id > 0)
        ck_assert_msg(drill_fault_hits(stage.world, id) == 0, "%s", rule);
    const uint64_t hash = drill_hash(stage.world);
    stage_close(&stage);
    return hash;
}

static const char *parameter_of(int row)
{
    switch (drill_fault_rows[row].parameter) {
    case DRILL_TAKES_CHANCES:
        return " enter 10% leave 50%";
    default:
        return "";
    }
}

static bool befalls_packets(int row)
{
    const enum drill_fault_place place = drill_fault_rows[row].place;

    return place == DRILL_PLACE_PACKET || place == DRILL_PLACE_SEGMENT ||
           place == DRILL_PLACE_SYN || place == DRILL_PLACE_DATAGRAM;
}

START_TEST(a_rule_that_never_falls_leaves_the_hash)
{
    static const char *const never[] = {"chance 0%",          "off",           "port 99",
                                        "skip 100000000",     "from 1000000s", "address 10.9.9.9",
                                        "host server port 99"};
    const struct drill_link *link = &ways[_i];
    const uint64_t hash = hash_of(link, NULL, false);

    ck_assert_uint_eq(hash_of(link, NULL, true), hash);
    for (int row = 0; row < DRILL_FAULTS; row++)
        for (size_t i = 0; befalls_packets(row) && i < sizeof never / sizeof *never; i++) {
            char rule[128];
            snprintf(rule, sizeof rule, "%s%s %s", drill_fault_rows[row].name, parameter_of(row),
                     never[i]);
            ck_assert_msg(hash_of(link, rule, i % 2 == 0) == hash, "%s", rule);
        }
}
END_TEST

START_TEST(a_packet_is_lost_and_tcp_sends_it_again)
{
    stage_connect(&stage);
    const int id = add("drop kind DATA host client nth 2");
    say(stage.client, stage.near, "first ");
    say(stage.client, stage.near, "second");
    hear(stage.server, stage.far, "first second");
    ck_assert_int_ge(drill_now(stage.world), 200 * DRILL_MS);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, ": lost <- fault drop#1"), 1);
}
END_TEST

START_TEST(a_late_packet_keeps_those_behind_it_waiting)
{
    stage_connect(&stage);
    set_option(stage.client, stage.near, 6, 1, 1);
    add("delay 40ms kind DATA host client nth 1");
    say(stage.client, stage.near, "a");
    say(stage.client, stage.near, "b");
    hear(stage.server, stage.far, "ab");
    ck_assert_int_eq(drill_now(stage.world), 40 * DRILL_MS);
    ck_assert_uint_eq(lines_with(&lines, ": late <- fault delay#1"), 1);
}
END_TEST

START_TEST(a_late_packet_of_one_connection_delays_no_other)
{
    stage_connect(&stage);
    const int near = stage.near, far = stage.far;

    stage_connect(&stage);
    add("delay 40ms kind DATA host client nth 1");
    say(stage.client, near, "a");
    say(stage.client, stage.near, "b");
    hear(stage.server, stage.far, "b");
    ck_assert_int_eq(drill_now(stage.world), 0);
    hear(stage.server, far, "a");
    ck_assert_int_eq(drill_now(stage.world), 40 * DRILL_MS);
}
END_TEST

static int from, to;

static void open_datagrams(void)
{
    from = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:7");
    to = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.2:9");
}

static void send_texts(const char *texts)
{
    for (; *texts != '\0'; texts++)
        datagram_send(stage.client, from, (const char[]){*texts, '\0'}, "10.0.0.2:9");
}

static void hear_texts(const char *texts)
{
    drill_run(stage.world);
    for (; *texts != '\0'; texts++)
        datagram_hear(stage.server, to, (const char[]){*texts, '\0'}, NULL);
    datagram_none(stage.server, to);
}

START_TEST(datagrams_are_lost_late_twice_and_out_of_order)
{
    static const struct {
        const char *rule, *heard;
    } cases[] = {
        {"drop list 2-3", "ad"},
        {"delay 10ms nth 2", "abcd"},
        {"reorder 10ms nth 2", "acdb"},
        {"duplicate 10ms nth 2", "abcdb"},
        {"burst_loss enter 100% leave 100%", "bd"},
        {"burst_loss enter 100%", "bd"},
        {"burst_loss enter 100% leave 0.0001%", ""},
        {"mtu_hole 28", ""},
        {"mtu_hole", "abcd"},
    };

    open_datagrams();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int id = add(cases[i].rule);
        send_texts("abcd");
        hear_texts(cases[i].heard);
        drill_fault_remove(stage.world, id);
    }
}
END_TEST

START_TEST(bursts_are_a_matter_of_each_flow)
{
    open_datagrams();
    add("burst_loss enter 100% leave 100%");
    send_texts("a");
    const int other = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:8");
    datagram_send(stage.client, other, "x", "10.0.0.2:9");
    datagram_send(stage.client, other, "y", "10.0.0.2:9");
    send_texts("b");
    hear_texts("yb");
}
END_TEST

static unsigned wrong_bits(const char *sent)
{
    const ssize_t size = take(stage.server, to, block, sizeof block, MSG_DONTWAIT);
    unsigned count = 0;

    ck_assert_int_eq(size, (ssize_t)strlen(sent));
    for (ssize_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++)
            count += ((block[i] ^ sent[i]) >> bit & 1) != 0;
    return count;
}

START_TEST(a_datagram_arrives_damaged)
{
    open_datagrams();
    const int id = add("corrupt 5");
    datagram_send(stage.client, from, "message", "10.0.0.2:9");
    ck_assert_uint_eq(wrong_bits("message"), 5);
    drill_fault_remove(stage.world, id);
    add("corrupt");
    unsigned ones = 0;
    for (int i = 0; i < 40; i++) {
        datagram_send(stage.client, from, "message", "10.0.0.2:9");
        const unsigned bits = wrong_bits("message");
        ck_assert_uint_ge(bits, 1);
        ones += bits == 1;
    }
    ck_assert_uint_gt(ones, 10);
    ck_assert_uint_lt(ones, 30);
}
END_TEST

/* A broadcast is one message for every host. */
START_TEST(without_memory_for_one_of_its_own_a_message_that_is_to_be_damaged_is_lost)
{
    from = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:7");
    to = datagram_socket(stage.server, SOCK_DGRAM, 0, "0.0.0.0:9");
    add("corrupt host client peer server");
    set_option(stage.client, from, SOL_SOCKET, 6, 1);
    datagram_send(stage.client, from, "message", "10.0.0.255:9");
    ck_assert_uint_gt(wrong_bits("message"), 0);
    stage_fail(&stage, 3);
    datagram_send(stage.client, from, "message", "10.0.0.255:9");
    ck_assert_uint_eq(lines_with(&lines, ": lost <- out of memory"), 1);
    datagram_none(stage.server, to);
}
END_TEST

START_TEST(tcp_drops_what_is_damaged)
{
    stage_connect(&stage);
    const int id = add("corrupt kind DATA nth 1");
    say(stage.client, stage.near, "text");
    hear(stage.server, stage.far, "text");
    ck_assert_int_ge(drill_now(stage.world), 200 * DRILL_MS);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, ": damaged <- fault corrupt#1"), 1);
}
END_TEST

START_TEST(what_a_packet_sets_off_begins_after_it)
{
    stage_connect(&stage);
    add("crash host server kind DATA nth 2");
    say(stage.client, stage.near, "a");
    hear(stage.server, stage.far, "a");
    say(stage.client, stage.near, "b");
    drill_run(stage.world);
}
END_TEST

START_TEST(a_rule_that_is_gone_is_still_the_cause_of_what_is_under_way)
{
    stage_listen(&stage, 5);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    const int id = add("refuse");
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);
    drill_set_nonblock(fd, true);
    ck_assert_int_eq(drill_connect(fd, &there), -EINPROGRESS);
    drill_fault_remove(stage.world, id);
    drill_run(stage.world);
    ck_assert_uint_eq(lines_with(&lines, "<- fault refuse#1: arrives"), 1);
}
END_TEST

Suite *fault_packet_suite(void);

Suite *fault_packet_suite(void)
{
    Suite *suite = suite_create("fault_packet");
    TCase *tests = tcase_create("fault_packet"), *hashes = tcase_create("hashes");

    tcase_set_timeout(hashes, 60);
    tcase_add_loop_test(hashes, a_rule_that_never_falls_leaves_the_hash, 0,
                        sizeof ways / sizeof *ways);
    suite_add_tcase(suite, hashes);
    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, a_packet_is_lost_and_tcp_sends_it_again);
    tcase_add_test(tests, a_late_packet_keeps_those_behind_it_waiting);
    tcase_add_test(tests, a_late_packet_of_one_connection_delays_no_other);
    tcase_add_test(tests, datagrams_are_lost_late_twice_and_out_of_order);
    tcase_add_test(tests, bursts_are_a_matter_of_each_flow);
    tcase_add_test(tests, a_datagram_arrives_damaged);
    tcase_add_test(tests,
                   without_memory_for_one_of_its_own_a_message_that_is_to_be_damaged_is_lost);
    tcase_add_test(tests, tcp_drops_what_is_damaged);
    tcase_add_test(tests, what_a_packet_sets_off_begins_after_it);
    tcase_add_test(tests, a_rule_that_is_gone_is_still_the_cause_of_what_is_under_way);
    suite_add_tcase(suite, tests);
    return suite;
}
