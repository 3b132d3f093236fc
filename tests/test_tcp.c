#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/abi.h"
#include "emu/tcp.h"
#include "tests/helpers.h"

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static int near_bits(void)
{
    return bits_of(stage.client, stage.near);
}

/* tcp_poll of Linux, on the way from open to closed. */
START_TEST(readiness_follows_a_connection_that_the_peer_ends_first)
{
    ck_assert_int_eq(near_bits(), POLLOUT);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT);
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT | DRILL_POLLRDHUP);
    hear(stage.client, stage.near, "x");
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT | DRILL_POLLRDHUP);
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT | DRILL_POLLRDHUP | POLLHUP);
}
END_TEST

START_TEST(readiness_follows_a_connection_that_is_reset)
{
    say(stage.client, stage.near, "unread");
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT | DRILL_POLLRDHUP | POLLHUP | POLLERR);
    ck_assert_int_eq(take(stage.client, stage.near, &(char){0}, 1, 0), -ECONNRESET);
    ck_assert_int_eq(near_bits(), POLLIN | POLLOUT | DRILL_POLLRDHUP | POLLHUP);
}
END_TEST

START_TEST(a_writer_is_told_of_room_when_a_third_is_free)
{
    static char block[1 << 16];
    ssize_t sent;
    int queued = 0;

    while ((sent = give(stage.client, stage.near, block, sizeof block, MSG_DONTWAIT)) > 0)
        continue;
    ck_assert_int_eq(near_bits(), 0);
    for (bool writable = false; !writable; writable = near_bits() == POLLOUT)
        ck_assert_int_gt(take(stage.server, stage.far, block, sizeof block, 0), 0);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_ioctl_int(stage.near, DRILL_SIOCOUTQ, &queued), 0);
    ck_assert_int_le(queued, 2626560 * 2 / 3);
    ck_assert_int_ge(queued, 2626560 * 2 / 3 - 200000);
}
END_TEST

START_TEST(what_is_connected_cannot_bind_or_listen)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(10, 0, 0, 1, 4000);

    drill_enter(stage.client);
    ck_assert_int_eq(drill_bind(stage.near, &addr), -EINVAL);
    ck_assert_int_eq(drill_listen(stage.near, 1), -EINVAL);
    ck_assert_int_eq(drill_accept(stage.near, NULL), -EINVAL);
}
END_TEST

START_TEST(what_listens_does_not_connect)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(10, 0, 0, 1, 4000);

    drill_enter(stage.server);
    ck_assert_int_eq(drill_connect(stage.listener, &addr), -EISCONN);
    ck_assert_int_eq(drill_sendto(stage.listener, "x", 1, 0, NULL), -EPIPE);
}
END_TEST

START_TEST(a_peer_has_a_name_only_while_there_is_a_connection)
{
    struct drill_sockaddr name;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_getpeername(stage.near, &name), 0);
    say(stage.client, stage.near, "unread");
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_getpeername(stage.near, &name), -ENOTCONN);
    ck_assert_int_eq(drill_getsockname(stage.near, &name), 0);
    ck_assert_uint_eq(name.port, 32768);
}
END_TEST

START_TEST(what_waits_on_either_side_can_be_asked)
{
    int value = -1;

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    say(stage.client, stage.near, "four");
    ck_assert_int_eq(drill_ioctl_int(stage.near, DRILL_SIOCOUTQ, &value), 0);
    ck_assert_int_eq(value, 4);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(drill_ioctl_int(stage.near, DRILL_SIOCOUTQ, &value), 0);
    ck_assert_int_eq(value, 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &value), 0);
    ck_assert_int_eq(value, 4);
    ck_assert_int_eq(drill_ioctl_int(stage.listener, DRILL_FIONREAD, &value), -EINVAL);
}
END_TEST

START_TEST(a_socket_that_was_called_back_connects_again)
{
    const struct drill_sockaddr nobody = {.family = AF_UNSPEC}, addr = stage_address();

    drill_enter(stage.client);
    ck_assert_int_eq(drill_connect(stage.near, &nobody), 0);
    ck_assert_int_eq(take(stage.server, stage.far, &(char){0}, 1, 0), -ECONNRESET);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_connect(stage.near, &addr), 0);
    drill_enter(stage.server);
    stage.far = drill_accept(stage.listener, NULL);
    say(stage.client, stage.near, "again");
    hear(stage.server, stage.far, "again");
}
END_TEST

START_TEST(connections_over_ipv6_are_like_others)
{
    const struct drill_sockaddr addr = drill_sockaddr_parse("[fd00::2]:81");

    drill_enter(stage.server);
    const int listener = drill_socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(drill_bind(listener, &addr), 0);
    ck_assert_int_eq(drill_listen(listener, 1), 0);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 50000});
    drill_enter(stage.client);
    stage.near = drill_socket(AF_INET6, SOCK_STREAM, 0);
    ck_assert_int_eq(drill_connect(stage.near, &addr), 0);
    drill_enter(stage.server);
    stage.far = drill_accept(listener, NULL);
    stage_stream(&stage, true, 50000);
    stage_stream(&stage, false, 50000);
}
END_TEST

Suite *tcp_suite(void);

Suite *tcp_suite(void)
{
    Suite *suite = suite_create("tcp");
    TCase *tests = tcase_create("sockets");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, readiness_follows_a_connection_that_the_peer_ends_first);
    tcase_add_test(tests, readiness_follows_a_connection_that_is_reset);
    tcase_add_test(tests, a_writer_is_told_of_room_when_a_third_is_free);
    tcase_add_test(tests, what_is_connected_cannot_bind_or_listen);
    tcase_add_test(tests, what_listens_does_not_connect);
    tcase_add_test(tests, a_peer_has_a_name_only_while_there_is_a_connection);
    tcase_add_test(tests, what_waits_on_either_side_can_be_asked);
    tcase_add_test(tests, a_socket_that_was_called_back_connects_again);
    tcase_add_test(tests, connections_over_ipv6_are_like_others);
    suite_add_tcase(suite, tests);
    return suite;
}
