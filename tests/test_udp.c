#include "emu/udp.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;
static int near, far;

static void setup(void)
{
    stage_open(&stage, NULL);
    near = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:1000");
    far = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.2:7");
}

static void teardown(void)
{
    stage_close(&stage);
}

START_TEST(a_datagram_crosses_a_calm_link_in_the_call_that_sends_it)
{
    ck_assert_int_eq(datagram_send(stage.client, near, "hello", "10.0.0.2:7"), 5);
    datagram_hear(stage.server, far, "hello", "10.0.0.1:1000");
    ck_assert_uint_eq(drill_stats(stage.world).packets, 1);
}
END_TEST

START_TEST(a_datagram_crosses_a_slow_link_when_its_time_has_come)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = 5 * DRILL_MS});
    ck_assert_int_eq(datagram_send(stage.client, near, "late", "10.0.0.2:7"), 4);
    ck_assert_int_eq(drill_run_until(stage.world, 5 * DRILL_MS - 1), 0);
    datagram_none(stage.server, far);
    ck_assert_int_eq(drill_run_until(stage.world, 5 * DRILL_MS), 0);
    datagram_hear(stage.server, far, "late", "10.0.0.1:1000");
}
END_TEST

START_TEST(what_was_sent_outlives_its_sender)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    ck_assert_int_eq(datagram_send(stage.client, near, "last", "10.0.0.2:7"), 4);
    ck_assert_int_eq(end(stage.client, near), 0);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "last", "10.0.0.1:1000");
}
END_TEST

START_TEST(a_lossy_link_loses_and_the_sender_does_not_hear_of_it)
{
    stage_link(&stage, &(struct drill_link){.loss_ppm = 1000000});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "lost", NULL), 4);
    datagram_settle(&stage);
    datagram_none(stage.server, far);
    datagram_none(stage.client, near);
    ck_assert_uint_eq(drill_stats(stage.world).dropped, 1);
}
END_TEST

START_TEST(a_datagram_may_come_twice)
{
    stage_link(&stage, &(struct drill_link){.duplicate_ppm = 1000000});
    ck_assert_int_eq(datagram_send(stage.client, near, "twice", "10.0.0.2:7"), 5);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "twice", "10.0.0.1:1000");
    datagram_hear(stage.server, far, "twice", "10.0.0.1:1000");
    datagram_none(stage.server, far);
}
END_TEST

static uint64_t hold_back_the_first(void *context, const struct drill_choice *choice)
{
    (void)context;
    return choice->kind == DRILL_CHOICE_REORDER && choice->index == 0;
}

START_TEST(a_datagram_may_be_overtaken)
{
    stage_link(&stage, &(struct drill_link){
                           .delay_ns = DRILL_MS, .reorder_ppm = 500000, .reorder_ns = DRILL_MS});
    drill_oracle_set(stage.world, hold_back_the_first, NULL);
    ck_assert_int_eq(datagram_send(stage.client, near, "first", "10.0.0.2:7"), 5);
    ck_assert_int_eq(datagram_send(stage.client, near, "second", "10.0.0.2:7"), 6);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "second", NULL);
    datagram_hear(stage.server, far, "first", NULL);
}
END_TEST

static unsigned ones(const uint8_t *data, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < 8 * size; i++)
        count += data[i / 8] >> i % 8 & 1;
    return count;
}

START_TEST(a_damaged_datagram_differs_in_one_bit)
{
    uint8_t sent[100] = {0}, heard[100];

    stage_link(&stage, &(struct drill_link){.corrupt_ppm = 1000000, .duplicate_ppm = 1000000});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(give(stage.client, near, sent, sizeof sent, 0), sizeof sent);
        datagram_settle(&stage);
        for (int copy = 0; copy < 2; copy++) {
            ck_assert_int_eq(take(stage.server, far, heard, sizeof heard, 0), sizeof heard);
            ck_assert_uint_eq(ones(heard, sizeof heard), 1);
        }
    }
    ck_assert_int_eq(give(stage.client, near, sent, 0, 0), 0);
    datagram_settle(&stage);
    ck_assert_int_eq(take(stage.server, far, heard, sizeof heard, 0), 0);
}
END_TEST

static uint64_t flip_the_tenth(void *context, const struct drill_choice *choice)
{
    (void)context;
    return choice->kind != DRILL_CHOICE_CORRUPT ? 0 : choice->count == 2 ? 1 : 10;
}

START_TEST(the_oracle_chooses_the_bit)
{
    stage_link(&stage, &(struct drill_link){.corrupt_ppm = 1});
    drill_oracle_set(stage.world, flip_the_tenth, NULL);
    ck_assert_int_eq(datagram_send(stage.client, near, "abc", "10.0.0.2:7"), 3);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "afc", NULL);
}
END_TEST

START_TEST(a_refusal_comes_back_after_one_round_trip)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = 3 * DRILL_MS});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:9"), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "anybody?", NULL), 8);
    ck_assert_int_eq(drill_run_until(stage.world, 6 * DRILL_MS - 1), 0);
    datagram_none(stage.client, near);
    ck_assert_int_eq(drill_run_until(stage.world, 6 * DRILL_MS), 0);
    ck_assert(bits_of(stage.client, near) & POLLERR);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), -ECONNREFUSED);
    datagram_none(stage.client, near);
}
END_TEST

START_TEST(a_refusal_for_a_socket_that_is_gone_is_dropped)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:9"), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), 1);
    ck_assert_int_eq(end(stage.client, near), 0);
    datagram_settle(&stage);
    ck_assert_uint_eq(drill_stats(stage.world).packets, 2);
}
END_TEST

static int64_t receive(void *context)
{
    char byte;

    (void)context;
    drill_set_nonblock(near, false);
    return drill_recvfrom(near, &byte, 1, 0, NULL);
}

START_TEST(a_refusal_wakes_who_waits)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:9"), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), 1);
    ck_assert_int_eq(run_task(stage.client, receive, NULL), -ECONNREFUSED);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_MS);
}
END_TEST

START_TEST(a_crashed_host_refuses_nothing)
{
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), 1);
    datagram_settle(&stage);
    datagram_none(stage.client, near);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), 1);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), -ECONNREFUSED);
}
END_TEST

START_TEST(what_is_held_back_goes_as_one)
{
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(give(stage.client, near, "ab", 2, MSG_MORE), 2);
    datagram_none(stage.server, far);
    ck_assert_int_eq(give(stage.client, near, "cd", 2, 0), 2);
    datagram_hear(stage.server, far, "abcd", NULL);
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_UDP, UDP_CORK, 1), 0);
    ck_assert_int_eq(give(stage.client, near, "e", 1, 0), 1);
    ck_assert_int_eq(give(stage.client, near, "f", 1, 0), 1);
    datagram_none(stage.server, far);
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_UDP, UDP_CORK, 0), 0);
    datagram_hear(stage.server, far, "ef", NULL);
    ck_assert_int_eq(give(stage.client, near, "never sent", 10, MSG_MORE), 10);
}
END_TEST

START_TEST(held_back_and_too_large_is_forgotten)
{
    static char large[65507];

    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(give(stage.client, near, "ab", 2, MSG_MORE), 2);
    ck_assert_int_eq(give(stage.client, near, large, sizeof large, 0), -EMSGSIZE);
    ck_assert_int_eq(give(stage.client, near, "c", 1, 0), 1);
    datagram_hear(stage.server, far, "c", NULL);
}
END_TEST

START_TEST(both_families_cross)
{
    const int near6 = datagram_socket(stage.client, SOCK_DGRAM, 0, "[::]:1001");
    const int far6 = datagram_socket(stage.server, SOCK_DGRAM, 0, "[::]:8");

    ck_assert_int_eq(datagram_send(stage.client, near6, "six", "[fd00::2]:8"), 3);
    datagram_hear(stage.server, far6, "six", "[fd00::1]:1001");
    ck_assert_int_eq(datagram_send(stage.client, near, "four", "10.0.0.2:8"), 4);
    datagram_hear(stage.server, far6, "four", "[::ffff:10.0.0.1]:1000");
}
END_TEST

/* Whatever allocation fails: the call says so, or the datagram is lost, and nothing leaks. */
START_TEST(without_memory_a_call_fails_or_a_datagram_is_lost)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .duplicate_ppm = 1000000});
    for (uint64_t n = 1; n < 8; n++) {
        stage_fail(&stage, n);
        const ssize_t sent = datagram_send(stage.client, near, "x", "10.0.0.2:7");
        ck_assert(sent == 1 || sent == -ENOBUFS);
        drill_run(stage.world);
        stage_fail(&stage, 0);
        char byte;
        while (take(stage.server, far, &byte, 1, 0) == 1)
            ck_assert_int_eq(byte, 'x');
    }
    ck_assert_int_eq(datagram_send(stage.client, near, "y", "10.0.0.2:7"), 1);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "y", NULL);
}
END_TEST

Suite *udp_suite(void)
{
    Suite *suite = suite_create("udp");
    TCase *tests = tcase_create("udp");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_datagram_crosses_a_calm_link_in_the_call_that_sends_it);
    tcase_add_test(tests, a_datagram_crosses_a_slow_link_when_its_time_has_come);
    tcase_add_test(tests, what_was_sent_outlives_its_sender);
    tcase_add_test(tests, a_lossy_link_loses_and_the_sender_does_not_hear_of_it);
    tcase_add_test(tests, a_datagram_may_come_twice);
    tcase_add_test(tests, a_datagram_may_be_overtaken);
    tcase_add_test(tests, a_damaged_datagram_differs_in_one_bit);
    tcase_add_test(tests, the_oracle_chooses_the_bit);
    tcase_add_test(tests, a_refusal_comes_back_after_one_round_trip);
    tcase_add_test(tests, a_refusal_for_a_socket_that_is_gone_is_dropped);
    tcase_add_test(tests, a_refusal_wakes_who_waits);
    tcase_add_test(tests, a_crashed_host_refuses_nothing);
    tcase_add_test(tests, what_is_held_back_goes_as_one);
    tcase_add_test(tests, held_back_and_too_large_is_forgotten);
    tcase_add_test(tests, both_families_cross);
    tcase_add_test(tests, without_memory_a_call_fails_or_a_datagram_is_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
