#include "emu/inet_send.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;
static int near, far;
static char large[3000];

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

static void discover(int value)
{
    ck_assert_int_eq(set_option(stage.client, near, IPPROTO_IP, IP_MTU_DISCOVER, value), 0);
}

START_TEST(fragments_cross_as_one_packet)
{
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(give(stage.client, near, large, sizeof large, 0), sizeof large);
    ck_assert_uint_eq(drill_stats(stage.world).packets, 1);
    ck_assert_int_eq(take(stage.server, far, large, sizeof large, 0), sizeof large);
}
END_TEST

START_TEST(what_must_not_be_cut_fits_the_mtu)
{
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    discover(IP_PMTUDISC_DO);
    ck_assert_int_eq(give(stage.client, near, large, 1472, 0), 1472);
    ck_assert_int_eq(give(stage.client, near, large, 1473, 0), -EMSGSIZE);
    stage_link(&stage, &(struct drill_link){.mtu = 1000});
    ck_assert_int_eq(give(stage.client, near, large, 972, 0), 972);
    ck_assert_int_eq(give(stage.client, near, large, 973, 0), -EMSGSIZE);
    discover(IP_PMTUDISC_WANT);
    ck_assert_int_eq(give(stage.client, near, large, 973, 0), 973);
}
END_TEST

START_TEST(the_way_follows_options_and_addresses)
{
    const int open = datagram_socket(stage.client, SOCK_DGRAM, 0, NULL);

    ck_assert_int_eq(datagram_send(stage.client, open, "a", "10.0.0.3:7"), 1);
    ck_assert_int_eq(drill_host_address(stage.server, "10.0.0.3"), 0);
    const int third = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.3:7");
    ck_assert_int_eq(datagram_send(stage.client, open, "b", "10.0.0.3:7"), 1);
    datagram_hear(stage.server, third, "b", NULL);
    ck_assert_int_eq(set_option(stage.server, third, IPPROTO_IP, IP_RECVTTL, 1), 0);
    ck_assert_int_eq(set_option(stage.client, open, IPPROTO_IP, IP_TTL, 3), 0);
    ck_assert_int_eq(datagram_send(stage.client, open, "c", "10.0.0.3:7"), 1);
    const struct drill_inet *self = drill_inet_of(drill_fds_find(&stage.server->fds, third));
    ck_assert_uint_eq(self->in.first->ttl, 3);
}
END_TEST

START_TEST(control_data_counts_for_one_message)
{
    static const uint8_t ttl[20] = {20, [12] = 2, [16] = 9};
    _Alignas(8) uint8_t control[24] = {0};
    struct drill_iovec part = {large, 1};
    struct drill_sockaddr to = {.family = AF_INET, .port = 7, .inet4 = {10, 0, 0, 2}};
    const struct drill_message message = {.address = &to,
                                          .parts = &part,
                                          .part_count = 1,
                                          .control = control,
                                          .control_size = sizeof control};
    const struct drill_inet *self = drill_inet_of(drill_fds_find(&stage.server->fds, far));

    memcpy(control, ttl, sizeof ttl);
    ck_assert_int_eq(datagram_send(stage.client, near, "a", "10.0.0.2:7"), 1);
    ck_assert_int_eq(drill_sendmsg_n(near, &message, 0), 1);
    ck_assert_int_eq(datagram_send(stage.client, near, "a", "10.0.0.2:7"), 1);
    ck_assert_uint_eq(self->in.first->ttl, 64);
    ck_assert_uint_eq(self->in.first->next->ttl, 9);
    ck_assert_uint_eq(self->in.last->ttl, 64);
}
END_TEST

static struct drill_verdict look(void *context, const struct drill_packet_view *packet)
{
    unsigned *seen = context;

    ck_assert_int_eq(packet->kind, DRILL_PACKET_DATAGRAM);
    ck_assert_uint_eq(packet->size, 5);
    ck_assert_mem_eq(packet->data, "hello", 5);
    ck_assert_uint_eq(packet->source.port, 1000);
    ck_assert_uint_eq(packet->target.port, 7);
    ++*seen;
    return (struct drill_verdict){.fate = DRILL_DROP};
}

START_TEST(a_hook_sees_the_payload)
{
    unsigned seen = 0;

    drill_hook(stage.world, look, &seen);
    ck_assert_int_eq(datagram_send(stage.client, near, "hello", "10.0.0.2:7"), 5);
    ck_assert_uint_eq(seen, 1);
    datagram_none(stage.server, far);
}
END_TEST

START_TEST(a_slow_wire_sends_one_after_the_other)
{
    stage_link(&stage, &(struct drill_link){.rate_bps = 8000000, .mtu = 1500});
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(give(stage.client, near, large, 1000, 0), 1000);
    datagram_settle(&stage);
    ck_assert_int_ge(drill_now(stage.world), 10 * DRILL_MS);
    ck_assert_int_lt(drill_now(stage.world), 11 * DRILL_MS);
}
END_TEST

Suite *inet_send_suite(void)
{
    Suite *suite = suite_create("inet_send");
    TCase *tests = tcase_create("inet_send");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fragments_cross_as_one_packet);
    tcase_add_test(tests, what_must_not_be_cut_fits_the_mtu);
    tcase_add_test(tests, the_way_follows_options_and_addresses);
    tcase_add_test(tests, control_data_counts_for_one_message);
    tcase_add_test(tests, a_hook_sees_the_payload);
    tcase_add_test(tests, a_slow_wire_sends_one_after_the_other);
    suite_add_tcase(suite, tests);
    return suite;
}
