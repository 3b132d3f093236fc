#include "emu/multicast.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;
static struct drill_host *third;
static int sender, near, far, other;

static void setup(void)
{
    stage_open(&stage, NULL);
    third = drill_host_new(stage.world, "third", "10.0.0.3");
    sender = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:1000");
    near = datagram_socket(stage.client, SOCK_DGRAM, 0, "0.0.0.0:7");
    far = datagram_socket(stage.server, SOCK_DGRAM, 0, "0.0.0.0:7");
    other = datagram_socket(third, SOCK_DGRAM, 0, "0.0.0.0:7");
}

static void teardown(void)
{
    stage_close(&stage);
}

static int change(struct drill_host *host, int fd, int option, uint8_t last)
{
    const uint8_t request[8] = {239, 0, 0, last};

    drill_enter(host);
    return drill_setsockopt(fd, IPPROTO_IP, option, request, sizeof request);
}

static void join(struct drill_host *host, int fd, uint8_t last)
{
    ck_assert_int_eq(change(host, fd, IP_ADD_MEMBERSHIP, last), 0);
}

static void send_to_group(void)
{
    ck_assert_int_eq(datagram_send(stage.client, sender, "all", "239.0.0.1:7"), 3);
    datagram_settle(&stage);
}

START_TEST(members_on_every_host_hear_and_the_others_do_not)
{
    join(stage.client, near, 1);
    join(stage.server, far, 1);
    join(third, other, 2);
    send_to_group();
    datagram_hear(stage.client, near, "all", "10.0.0.1:1000");
    datagram_hear(stage.server, far, "all", "10.0.0.1:1000");
    datagram_none(third, other);
}
END_TEST

START_TEST(each_host_has_a_link_of_its_own)
{
    const struct drill_link slow = {.delay_ns = DRILL_MS}, lossy = {.loss_ppm = 1000000};

    join(stage.server, far, 1);
    join(third, other, 1);
    ck_assert_int_eq(drill_link_both(stage.client, stage.server, &slow), 0);
    ck_assert_int_eq(drill_link_both(stage.client, third, &lossy), 0);
    ck_assert_int_eq(datagram_send(stage.client, sender, "all", "239.0.0.1:7"), 3);
    datagram_none(stage.server, far);
    datagram_settle(&stage);
    datagram_hear(stage.server, far, "all", NULL);
    datagram_none(third, other);
}
END_TEST

START_TEST(a_sender_may_ask_not_to_hear_itself)
{
    join(stage.client, near, 1);
    join(stage.server, far, 1);
    ck_assert_int_eq(set_option(stage.client, sender, IPPROTO_IP, IP_MULTICAST_LOOP, 0), 0);
    send_to_group();
    datagram_none(stage.client, near);
    datagram_hear(stage.server, far, "all", NULL);
}
END_TEST

START_TEST(no_hops_leave_no_host)
{
    join(stage.client, near, 1);
    join(stage.server, far, 1);
    ck_assert_int_eq(set_option(stage.client, sender, IPPROTO_IP, IP_MULTICAST_TTL, 0), 0);
    send_to_group();
    datagram_hear(stage.client, near, "all", NULL);
    datagram_none(stage.server, far);
}
END_TEST

START_TEST(who_leaves_hears_no_more)
{
    join(stage.server, far, 1);
    send_to_group();
    ck_assert_int_eq(change(stage.server, far, IP_DROP_MEMBERSHIP, 1), 0);
    send_to_group();
    datagram_hear(stage.server, far, "all", NULL);
    datagram_none(stage.server, far);
}
END_TEST

START_TEST(a_socket_that_closes_leaves_its_groups)
{
    const int second = datagram_socket(stage.server, SOCK_DGRAM, 0, NULL);

    join(stage.server, second, 1);
    join(stage.server, second, 2);
    join(stage.server, far, 3);
    ck_assert_int_eq(end(stage.server, second), 0);
    send_to_group();
    datagram_none(stage.server, far);
    ck_assert_ptr_nonnull(stage.server->members);
    ck_assert_int_eq(end(stage.server, far), 0);
    ck_assert_ptr_null(stage.server->members);
}
END_TEST

START_TEST(a_socket_joins_twenty_groups_at_most)
{
    for (uint8_t i = 0; i < 20; i++)
        join(stage.server, far, i);
    ck_assert_int_eq(change(stage.server, far, IP_ADD_MEMBERSHIP, 20), -ENOBUFS);
    ck_assert_int_eq(change(stage.server, far, IP_DROP_MEMBERSHIP, 7), 0);
    join(stage.server, far, 20);
}
END_TEST

START_TEST(without_memory_nothing_is_joined)
{
    stage_fail(&stage, 1);
    ck_assert_int_eq(change(stage.server, far, IP_ADD_MEMBERSHIP, 1), -ENOMEM);
    stage_fail(&stage, 0);
    ck_assert_int_eq(change(stage.server, far, IP_DROP_MEMBERSHIP, 1), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(all_hosts_are_in_the_group_of_all)
{
    ck_assert_int_eq(datagram_send(stage.client, sender, "all", "224.0.0.1:7"), 3);
    datagram_hear(stage.client, near, "all", NULL);
    datagram_hear(stage.server, far, "all", NULL);
    datagram_hear(third, other, "all", NULL);
}
END_TEST

START_TEST(a_group_of_inet6_is_heard_across_hosts)
{
    struct ipv6_mreq request = {.ipv6mr_interface = 2};
    const int near6 = datagram_socket(stage.client, SOCK_DGRAM, 0, "[::]:8");
    const int far6 = datagram_socket(stage.server, SOCK_DGRAM, 0, "[::]:8");

    request.ipv6mr_multiaddr.s6_addr[0] = 0xff;
    request.ipv6mr_multiaddr.s6_addr[1] = 2;
    request.ipv6mr_multiaddr.s6_addr[15] = 5;
    drill_enter(stage.server);
    ck_assert_int_eq(
        drill_setsockopt(far6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request), 0);
    ck_assert_int_eq(datagram_send(stage.client, near6, "six", "[ff02::5]:8"), 3);
    datagram_hear(stage.server, far6, "six", "[fd00::1]:8");
    ck_assert_int_eq(datagram_send(stage.client, near6, "six", "[ff02::6]:8"), 3);
    datagram_none(stage.server, far6);
}
END_TEST

START_TEST(a_group_can_be_joined_by_the_options_of_rfc_3678)
{
    struct group_req request = {.gr_interface = 2};
    const struct sockaddr_in group = {.sin_family = AF_INET, .sin_addr = {htonl(0xef000001)}};

    memcpy(&request.gr_group, &group, sizeof group);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_setsockopt(far, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request),
                     0);
    ck_assert_int_eq(drill_setsockopt(far, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request),
                     -EADDRINUSE);
    send_to_group();
    datagram_hear(stage.server, far, "all", NULL);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_setsockopt(far, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, sizeof request),
                     0);
}
END_TEST

START_TEST(a_broadcast_reaches_every_host)
{
    static const char *const targets[] = {"255.255.255.255:7", "10.0.0.255:7"};

    ck_assert_int_eq(set_option(stage.client, sender, SOL_SOCKET, SO_BROADCAST, 1), 0);
    ck_assert_int_eq(datagram_send(stage.client, sender, "all", targets[_i]), 3);
    datagram_hear(stage.client, near, "all", "10.0.0.1:1000");
    datagram_hear(stage.server, far, "all", "10.0.0.1:1000");
    datagram_hear(third, other, "all", "10.0.0.1:1000");
}
END_TEST

Suite *multicast_suite(void)
{
    Suite *suite = suite_create("multicast");
    TCase *tests = tcase_create("multicast");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, members_on_every_host_hear_and_the_others_do_not);
    tcase_add_test(tests, each_host_has_a_link_of_its_own);
    tcase_add_test(tests, a_sender_may_ask_not_to_hear_itself);
    tcase_add_test(tests, no_hops_leave_no_host);
    tcase_add_test(tests, who_leaves_hears_no_more);
    tcase_add_test(tests, a_socket_that_closes_leaves_its_groups);
    tcase_add_test(tests, a_socket_joins_twenty_groups_at_most);
    tcase_add_test(tests, without_memory_nothing_is_joined);
    tcase_add_test(tests, all_hosts_are_in_the_group_of_all);
    tcase_add_test(tests, a_group_of_inet6_is_heard_across_hosts);
    tcase_add_test(tests, a_group_can_be_joined_by_the_options_of_rfc_3678);
    tcase_add_loop_test(tests, a_broadcast_reaches_every_host, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
