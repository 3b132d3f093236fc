#include "emu/inet_recv.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "emu/control.h"
#include "tests/datagrams.h"

static struct stage stage;
static int near, far;

static void setup(void)
{
    stage_open(&stage, NULL);
    near = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:1000");
    far = datagram_socket(stage.server, SOCK_DGRAM, 0, "0.0.0.0:7");
}

static void teardown(void)
{
    stage_close(&stage);
}

static void send_one(void)
{
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:7"), 1);
}

/* Receives into one byte, with room for control data, of which it gives the size. */
static size_t receive(struct drill_host *host, int fd, uint8_t *control, size_t room, int flags,
                      struct drill_sockaddr *local)
{
    char byte;
    struct drill_iovec part = {&byte, 1};
    struct drill_message message = {
        .parts = &part, .part_count = 1, .control = control, .control_size = room, .local = local};

    drill_enter(host);
    ck_assert_int_eq(drill_recvmsg(fd, &message, flags), 1);
    return message.control_size;
}

START_TEST(a_message_tells_the_address_it_came_to)
{
    struct drill_sockaddr local;
    char text[64];

    send_one();
    ck_assert_uint_eq(receive(stage.server, far, NULL, 0, 0, &local), 0);
    drill_sockaddr_write(&local, text, sizeof text);
    ck_assert_str_eq(text, "10.0.0.2:7");
}
END_TEST

START_TEST(a_full_queue_loses_the_newest_and_says_so_in_the_trace)
{
    static struct lines lines;
    int heard = 0;
    char byte;

    lines = (struct lines){0};
    drill_trace_to(stage.world, lines_add, &lines);
    ck_assert_int_eq(set_option(stage.server, far, SOL_SOCKET, SO_RCVBUF, 2000), 0);
    for (int i = 0; i < 10; i++)
        send_one();
    while (take(stage.server, far, &byte, 1, 0) == 1)
        heard++;
    ck_assert_int_eq(heard, 4000 / (int)drill_dgram_weight(1));
    ck_assert_uint_eq(drill_stats(stage.world).dropped, 10 - (uint64_t)heard);
    ck_assert_uint_eq(lines_with(&lines, "receive buffer full"), 10 - (size_t)heard);
    drill_trace_to(stage.world, NULL, NULL);
}
END_TEST

START_TEST(a_time_stamp_is_of_the_receivers_clock_at_the_arrival)
{
    _Alignas(8) uint8_t control[64];
    int64_t stamp[2];

    stage_link(&stage, &(struct drill_link){.delay_ns = 5 * DRILL_MS});
    ck_assert_int_eq(drill_clock_set(stage.server, 1000 * DRILL_SECOND), 0);
    ck_assert_int_eq(set_option(stage.server, far, SOL_SOCKET, SO_TIMESTAMPNS, 1), 0);
    send_one();
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    ck_assert_uint_eq(receive(stage.server, far, control, sizeof control, 0, NULL), 32);
    memcpy(stamp, control + DRILL_CONTROL_HEAD, sizeof stamp);
    ck_assert_int_eq(stamp[0], 1000);
    ck_assert_int_eq(stamp[1], 5 * DRILL_MS);
    ck_assert_int_eq(set_option(stage.server, far, SOL_SOCKET, SO_TIMESTAMP, 1), 0);
    send_one();
    datagram_settle(&stage);
    ck_assert_uint_eq(receive(stage.server, far, control, sizeof control, 0, NULL), 32);
    memcpy(stamp, control + DRILL_CONTROL_HEAD, sizeof stamp);
    ck_assert_int_eq(stamp[0], 1001);
    ck_assert_int_eq(stamp[1], 5000);
}
END_TEST

START_TEST(an_interface_is_that_of_the_receiver)
{
    _Alignas(8) uint8_t control[64];
    int32_t interface;

    ck_assert_int_eq(set_option(stage.server, far, IPPROTO_IP, IP_PKTINFO, 1), 0);
    send_one();
    ck_assert_uint_eq(receive(stage.server, far, control, sizeof control, 0, NULL), 32);
    memcpy(&interface, control + DRILL_CONTROL_HEAD, sizeof interface);
    ck_assert_int_eq(interface, DRILL_INTERFACE_NET);
    ck_assert_mem_eq(control + DRILL_CONTROL_HEAD + 4, "\x0a\0\0\x02\x0a\0\0\x02", 8);
}
END_TEST

START_TEST(errors_queue_as_they_come_back)
{
    _Alignas(8) uint8_t control[64];
    uint32_t error;

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_RECVERR, 1), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "a", "10.0.0.2:9"), 1);
    ck_assert_int_eq(datagram_send(stage.client, near, "b", "10.0.0.2:10"), 1);
    datagram_settle(&stage);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(receive(stage.client, near, control, sizeof control, MSG_ERRQUEUE, NULL),
                          48);
        memcpy(&error, control + DRILL_CONTROL_HEAD, sizeof error);
        ck_assert_uint_eq(error, ECONNREFUSED);
        ck_assert_mem_eq(control + DRILL_CONTROL_HEAD + 20, "\x0a\0\0\x02", 4);
    }
    datagram_none(stage.client, near);
}
END_TEST

START_TEST(a_quoted_datagram_is_cut)
{
    static char large[2000];

    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_RECVERR, 1), 0);
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:9"), 0);
    ck_assert_int_eq(give(stage.client, near, large, sizeof large, 0), sizeof large);
    ck_assert_int_eq(take(stage.client, near, large, sizeof large, MSG_ERRQUEUE), 520);
}
END_TEST

START_TEST(without_memory_an_error_is_told_but_not_queued)
{
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_RECVERR, 1), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "", "10.0.0.2:9"), 0);
    ck_assert_int_eq(take(stage.client, near, NULL, 0, MSG_ERRQUEUE), 0);
    stage_fail(&stage, 2);
    ck_assert_int_eq(datagram_send(stage.client, near, "a", "10.0.0.2:9"), 1);
    stage_fail(&stage, 0);
    ck_assert_int_eq(take(stage.client, near, NULL, 0, MSG_ERRQUEUE), -EAGAIN);
    ck_assert_int_eq(take(stage.client, near, NULL, 0, 0), -ECONNREFUSED);
}
END_TEST

Suite *inet_recv_suite(void)
{
    Suite *suite = suite_create("inet_recv");
    TCase *tests = tcase_create("inet_recv");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_message_tells_the_address_it_came_to);
    tcase_add_test(tests, a_full_queue_loses_the_newest_and_says_so_in_the_trace);
    tcase_add_test(tests, a_time_stamp_is_of_the_receivers_clock_at_the_arrival);
    tcase_add_test(tests, an_interface_is_that_of_the_receiver);
    tcase_add_test(tests, errors_queue_as_they_come_back);
    tcase_add_test(tests, a_quoted_datagram_is_cut);
    tcase_add_test(tests, without_memory_an_error_is_told_but_not_queued);
    suite_add_tcase(suite, tests);
    return suite;
}
