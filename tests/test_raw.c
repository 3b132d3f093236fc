#include "emu/raw.h"

#include <check.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

enum { EXPERIMENT = 253 }; /* RFC 3692 */

static struct stage stage;
static int near, far;

static void setup(void)
{
    stage_open(&stage, NULL);
    near = datagram_socket(stage.client, SOCK_RAW, EXPERIMENT, NULL);
    far = datagram_socket(stage.server, SOCK_RAW, EXPERIMENT, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

START_TEST(a_packet_crosses_with_its_header)
{
    uint8_t heard[64];

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    ck_assert_int_eq(datagram_send(stage.client, near, "raw", "10.0.0.2:0"), 3);
    datagram_none(stage.client, near);
    datagram_settle(&stage);
    ck_assert_int_eq(take(stage.server, far, heard, sizeof heard, 0), 23);
    ck_assert_uint_eq(heard[0], 0x45);
    ck_assert_uint_eq(heard[9], EXPERIMENT);
    ck_assert_mem_eq(heard + 12, "\x0a\0\0\x01\x0a\0\0\x02raw", 11);
}
END_TEST

START_TEST(damage_spares_the_header)
{
    uint8_t heard[64];

    stage_link(&stage, &(struct drill_link){.corrupt_ppm = 1000000});
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(datagram_send(stage.client, near, "a", "10.0.0.2:0"), 1);
        datagram_settle(&stage);
        ck_assert_int_eq(take(stage.server, far, heard, sizeof heard, 0), 21);
        ck_assert_mem_eq(heard + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
        ck_assert_uint_ne(heard[20], 'a');
    }
}
END_TEST

START_TEST(what_is_larger_than_the_mtu_may_be_cut)
{
    static char large[2000];

    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:0"), 0);
    ck_assert_int_eq(give(stage.client, near, large, 1480, 0), 1480);
    ck_assert_int_eq(take(stage.server, far, large, sizeof large, 0), 1500);
    ck_assert_uint_eq((uint8_t)large[6], 0x40);
    ck_assert_int_eq(give(stage.client, near, large, 1481, 0), 1481);
    ck_assert_int_eq(take(stage.server, far, large, sizeof large, 0), 1501);
    ck_assert_uint_eq((uint8_t)large[6], 0);
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_HDRINCL, 1), 0);
    ck_assert_int_eq(give(stage.client, near, large, 1501, 0), -EMSGSIZE);
}
END_TEST

START_TEST(a_source_of_ones_own_is_not_checked)
{
    uint8_t packet[21] = {0x45, [8] = 64, EXPERIMENT, [12] = 192, 0, 2, 1, 10, 0, 0, 2, 'x'};

    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_HDRINCL, 1), 0);
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:0"), 0);
    ck_assert_int_eq(give(stage.client, near, packet, sizeof packet, 0), sizeof packet);
    ck_assert_int_eq(take(stage.server, far, packet, sizeof packet, 0), sizeof packet);
    ck_assert_mem_eq(packet + 12, "\xc0\0\x02\x01", 4);
}
END_TEST

START_TEST(a_filter_can_be_read_back)
{
    const int fd = datagram_socket(stage.client, SOCK_RAW, IPPROTO_ICMPV6, "[::]:0");
    struct icmp6_filter set, got;
    size_t size = sizeof got;

    ICMP6_FILTER_SETBLOCKALL(&set);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &set);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &set, sizeof set), 0);
    ck_assert_int_eq(drill_getsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &got, &size), 0);
    ck_assert_uint_eq(size, sizeof set);
    ck_assert_mem_eq(&got, &set, sizeof set);
}
END_TEST

START_TEST(a_message_of_icmpv6_has_room_for_its_sum)
{
    const int fd = datagram_socket(stage.client, SOCK_RAW, IPPROTO_ICMPV6, "[::]:0");

    ck_assert_int_eq(datagram_send(stage.client, fd, "abc", "[fd00::2]:0"), -EINVAL);
    ck_assert_int_eq(datagram_send(stage.client, fd, "abcd", "[fd00::2]:0"), 4);
}
END_TEST

START_TEST(a_closed_socket_leaves_the_others_in_order)
{
    const int second = datagram_socket(stage.server, SOCK_RAW, EXPERIMENT, NULL);
    const int third = datagram_socket(stage.server, SOCK_RAW, EXPERIMENT, NULL);

    ck_assert_int_eq(end(stage.server, second), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:0"), 1);
    ck_assert_int_eq(take(stage.server, far, NULL, 0, MSG_TRUNC), 21);
    ck_assert_int_eq(take(stage.server, third, NULL, 0, MSG_TRUNC), 21);
}
END_TEST

START_TEST(without_memory_there_is_no_socket_and_no_packet)
{
    drill_enter(stage.client);
    for (uint64_t n = 1; n < 3; n++) {
        stage_fail(&stage, n);
        ck_assert_int_eq(drill_socket(AF_INET, SOCK_RAW, IPPROTO_RAW), -ENOMEM);
    }
    stage_fail(&stage, 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:0"), 1);
    stage_fail(&stage, 1);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:0"), -ENOBUFS);
    stage_fail(&stage, 2);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:0"), 1);
    stage_fail(&stage, 0);
    ck_assert_uint_eq(drill_stats(stage.world).dropped, 1);
}
END_TEST

Suite *raw_suite(void)
{
    Suite *suite = suite_create("raw");
    TCase *tests = tcase_create("raw");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_packet_crosses_with_its_header);
    tcase_add_test(tests, damage_spares_the_header);
    tcase_add_test(tests, what_is_larger_than_the_mtu_may_be_cut);
    tcase_add_test(tests, a_source_of_ones_own_is_not_checked);
    tcase_add_test(tests, a_filter_can_be_read_back);
    tcase_add_test(tests, a_message_of_icmpv6_has_room_for_its_sum);
    tcase_add_test(tests, a_closed_socket_leaves_the_others_in_order);
    tcase_add_test(tests, without_memory_there_is_no_socket_and_no_packet);
    suite_add_tcase(suite, tests);
    return suite;
}
