#include "emu/bindings.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/helpers.h"

enum { PORT = 4000, ADDR = 1, REUSEPORT = 2, ONLY6 = 4, LISTENS = 8 };

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
    drill_enter(stage.client);
}

static void teardown(void)
{
    stage_close(&stage);
}

static int new_socket(int family, int type, int flags)
{
    const int fd = drill_socket(family, type, 0);

    ck_assert_int_ge(fd, 0);
    if (flags & ADDR)
        drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (flags & REUSEPORT)
        drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (flags & ONLY6)
        drill_setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return fd;
}

static int bind_to(int type, const char *text, int flags)
{
    const struct drill_sockaddr addr = drill_sockaddr_parse(text);
    const int fd = new_socket(addr.family, type, flags);
    const int result = drill_bind(fd, &addr);

    return result == 0 && (flags & LISTENS) ? drill_listen(fd, 1) : result;
}

struct row {
    const char *first, *second;
    int first_flags, second_flags;
    int answer; /* to the second */
};

/* inet_csk_get_port and ipv6_rcv_saddr_equal. */
static const struct row streams[] = {
    {"10.0.0.1:4000", "10.0.0.1:4000", 0, 0, -EADDRINUSE},
    {"10.0.0.1:4000", "127.0.0.1:4000", 0, 0, 0},
    {"10.0.0.1:4000", "10.0.0.1:4001", 0, 0, 0},
    {"0.0.0.0:4000", "10.0.0.1:4000", 0, 0, -EADDRINUSE},
    {"10.0.0.1:4000", "0.0.0.0:4000", 0, 0, -EADDRINUSE},
    {"0.0.0.0:4000", "[::]:4000", 0, 0, -EADDRINUSE},
    {"[::]:4000", "0.0.0.0:4000", 0, 0, -EADDRINUSE},
    {"[::]:4000", "0.0.0.0:4000", ONLY6, 0, 0},
    {"0.0.0.0:4000", "[::]:4000", 0, ONLY6, 0},
    {"[::]:4000", "10.0.0.1:4000", 0, 0, -EADDRINUSE},
    {"[fd00::1]:4000", "10.0.0.1:4000", 0, 0, 0},
    {"[fd00::1]:4000", "0.0.0.0:4000", 0, 0, 0},
    {"[::]:4000", "[fd00::1]:4000", 0, 0, -EADDRINUSE},
    {"10.0.0.1:4000", "10.0.0.1:4000", ADDR, ADDR, 0},
    {"10.0.0.1:4000", "10.0.0.1:4000", ADDR, 0, -EADDRINUSE},
    {"10.0.0.1:4000", "10.0.0.1:4000", 0, ADDR, -EADDRINUSE},
    {"10.0.0.1:4000", "10.0.0.1:4000", ADDR | LISTENS, ADDR, -EADDRINUSE},
    {"10.0.0.1:4000", "10.0.0.1:4000", REUSEPORT, REUSEPORT, 0},
    {"10.0.0.1:4000", "10.0.0.1:4000", REUSEPORT | LISTENS, REUSEPORT | LISTENS, 0},
    {"10.0.0.1:4000", "10.0.0.1:4000", REUSEPORT, 0, -EADDRINUSE},
};

START_TEST(who_may_bind_beside_whom)
{
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        const struct row *row = &streams[i];
        teardown();
        setup();
        ck_assert_int_eq(bind_to(SOCK_STREAM, row->first, row->first_flags), 0);
        const int answer = bind_to(SOCK_STREAM, row->second, row->second_flags);
        ck_assert_msg(answer == row->answer, "row %zu: %d", i, answer);
    }
}
END_TEST

START_TEST(protocols_do_not_meet)
{
    ck_assert_int_eq(bind_to(SOCK_STREAM, "10.0.0.1:4000", 0), 0);
    ck_assert_int_eq(bind_to(SOCK_DGRAM, "10.0.0.1:4000", 0), 0);
    ck_assert_int_eq(bind_to(SOCK_DGRAM, "10.0.0.1:4000", 0), -EADDRINUSE);
}
END_TEST

START_TEST(an_address_must_be_the_hosts)
{
    ck_assert_int_eq(bind_to(SOCK_STREAM, "10.0.0.2:4000", 0), -EADDRNOTAVAIL);
    ck_assert_int_eq(bind_to(SOCK_DGRAM, "10.0.0.2:4000", 0), -EADDRNOTAVAIL);
    ck_assert_int_eq(bind_to(SOCK_STREAM, "[fd00::2]:4000", 0), -EADDRNOTAVAIL);
    ck_assert_int_eq(bind_to(SOCK_DGRAM, "224.0.0.1:4000", 0), 0);
}
END_TEST

START_TEST(a_socket_binds_once)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(10, 0, 0, 1, PORT);
    const int fd = new_socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(drill_bind(fd, &addr), 0);
    ck_assert_int_eq(drill_bind(fd, &addr), -EINVAL);
    ck_assert_int_eq(drill_close(fd), 0);
    ck_assert_int_eq(bind_to(SOCK_STREAM, "10.0.0.1:4000", 0), 0);
}
END_TEST

static uint16_t port_of(int fd)
{
    struct drill_sockaddr name;

    ck_assert_int_eq(drill_getsockname(fd, &name), 0);
    return name.port;
}

static int bind_any(int *fd)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(0, 0, 0, 0, 0);

    *fd = new_socket(AF_INET, SOCK_STREAM, 0);
    return drill_bind(*fd, &addr);
}

START_TEST(ephemeral_ports_are_given_in_turn_until_none_is_left)
{
    int fds[4];

    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 50000);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 50002);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(bind_any(&fds[i]), 0);
        ck_assert_uint_eq(port_of(fds[i]), 50000 + (unsigned)i);
    }
    ck_assert_int_eq(bind_any(&fds[3]), -EADDRINUSE);
    ck_assert_int_eq(drill_close(fds[1]), 0);
    ck_assert_int_eq(bind_any(&fds[1]), 0);
    ck_assert_uint_eq(port_of(fds[1]), 50001);
}
END_TEST

START_TEST(a_range_without_ports_gives_none_and_a_bad_limit_changes_nothing)
{
    int fd;

    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 50000);
    ck_assert_int_eq(drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 65536 + 50000), -EINVAL);
    ck_assert_int_eq(drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 0), -EINVAL);
    ck_assert_int_eq(bind_any(&fd), 0);
    ck_assert_uint_eq(port_of(fd), 50000);
    ck_assert_int_eq(drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 40000), 0);
    ck_assert_int_eq(bind_any(&fd), -EADDRINUSE);
}
END_TEST

START_TEST(the_last_port_of_all_can_be_given)
{
    int fd;

    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 65535);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 65535);
    ck_assert_int_eq(bind_any(&fd), 0);
    ck_assert_uint_eq(port_of(fd), 65535);
    ck_assert_int_eq(bind_any(&fd), -EADDRINUSE);
}
END_TEST

START_TEST(two_connections_share_a_port_if_they_go_to_different_places)
{
    const struct drill_sockaddr first = drill_sockaddr_inet4(10, 0, 0, 2, 80),
                                second = drill_sockaddr_inet4(10, 0, 0, 2, 81);
    int fds[3];

    stage_listen(&stage, 5);
    const int other = tcp_socket(stage.server);
    ck_assert_int_eq(drill_bind(other, &second), 0);
    ck_assert_int_eq(drill_listen(other, 5), 0);
    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 50000);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 50000);
    for (int i = 0; i < 3; i++)
        fds[i] = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(fds[0], &first), 0);
    ck_assert_int_eq(drill_connect(fds[1], &second), 0);
    ck_assert_uint_eq(port_of(fds[0]), port_of(fds[1]));
    ck_assert_int_eq(drill_connect(fds[2], &first), -EADDRNOTAVAIL);
}
END_TEST

/* Who is found for a connection: the listener that names the address most exactly. */
START_TEST(the_most_exact_listener_receives)
{
    struct drill_pollfd asked[3] = {{.events = 1}, {.events = 1}, {.events = 1}};
    static const char *const texts[] = {"10.0.0.2:80", "0.0.0.0:80", "[::]:80"};
    const struct drill_sockaddr targets[] = {drill_sockaddr_inet4(10, 0, 0, 2, 80),
                                             drill_sockaddr_inet4(127, 0, 0, 1, 80),
                                             drill_sockaddr_parse("[fd00::2]:80")};

    drill_enter(stage.server);
    for (int i = 0; i < 3; i++) {
        const struct drill_sockaddr addr = drill_sockaddr_parse(texts[i]);
        asked[i].fd = new_socket(addr.family, SOCK_STREAM, ADDR | (i == 2 ? ONLY6 : 0));
        ck_assert_int_eq(drill_bind(asked[i].fd, &addr), 0);
    }
    asked[1].fd = -1; /* bound, but it does not listen */
    ck_assert_int_eq(drill_listen(asked[2].fd, 5), 0);
    ck_assert_int_eq(drill_listen(asked[0].fd, 5), 0);
    for (int i = 0; i < 3; i += 2) {
        const int fd = new_socket(targets[i].family, SOCK_STREAM, 0);
        ck_assert_int_eq(drill_connect(fd, &targets[i]), 0);
        ck_assert_int_eq(drill_poll(asked, 3, 0), 1 + i / 2);
        ck_assert_int_ne(asked[i].revents, 0);
    }
    ck_assert_int_eq(drill_connect(new_socket(AF_INET, SOCK_STREAM, 0), &targets[1]),
                     -ECONNREFUSED);
}
END_TEST

START_TEST(without_memory_nothing_is_bound)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(10, 0, 0, 1, PORT);
    const int fd = new_socket(AF_INET, SOCK_STREAM, 0);

    stage_fail(&stage, 1);
    ck_assert_int_eq(drill_bind(fd, &addr), -ENOMEM);
    ck_assert_uint_eq(port_of(fd), 0);
    ck_assert_int_eq(drill_bind(fd, &addr), 0);
}
END_TEST

Suite *bindings_suite(void);

Suite *bindings_suite(void)
{
    Suite *suite = suite_create("bindings");
    TCase *tests = tcase_create("addresses");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, who_may_bind_beside_whom);
    tcase_add_test(tests, protocols_do_not_meet);
    tcase_add_test(tests, an_address_must_be_the_hosts);
    tcase_add_test(tests, a_socket_binds_once);
    tcase_add_test(tests, ephemeral_ports_are_given_in_turn_until_none_is_left);
    tcase_add_test(tests, a_range_without_ports_gives_none_and_a_bad_limit_changes_nothing);
    tcase_add_test(tests, the_last_port_of_all_can_be_given);
    tcase_add_test(tests, two_connections_share_a_port_if_they_go_to_different_places);
    tcase_add_test(tests, the_most_exact_listener_receives);
    tcase_add_test(tests, without_memory_nothing_is_bound);
    suite_add_tcase(suite, tests);
    return suite;
}
