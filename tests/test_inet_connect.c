#include "emu/inet_connect.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;
static int fd;

static void setup(void)
{
    stage_open(&stage, NULL);
    fd = datagram_socket(stage.client, SOCK_DGRAM, 0, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void check_name(int result, const struct drill_sockaddr *addr, const char *expected)
{
    char text[64];

    ck_assert_int_eq(result, 0);
    drill_sockaddr_write(addr, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(connecting_fixes_both_names)
{
    struct drill_sockaddr addr;

    ck_assert_int_eq(drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 40000), 0);
    ck_assert_int_eq(datagram_connect(stage.client, fd, "10.0.0.2:7"), 0);
    check_name(drill_getsockname(fd, &addr), &addr, "10.0.0.1:40000");
    check_name(drill_getpeername(fd, &addr), &addr, "10.0.0.2:7");
    ck_assert_int_eq(datagram_connect(stage.client, fd, "10.0.0.1:8"), 0);
    check_name(drill_getsockname(fd, &addr), &addr, "10.0.0.1:40000");
    check_name(drill_getpeername(fd, &addr), &addr, "10.0.0.1:8");
}
END_TEST

START_TEST(a_connect_that_fails_leaves_the_peer)
{
    struct drill_sockaddr addr;

    ck_assert_int_eq(datagram_connect(stage.client, fd, "10.0.0.2:7"), 0);
    ck_assert_int_eq(datagram_connect(stage.client, fd, "255.255.255.255:7"), -EACCES);
    ck_assert_int_eq(datagram_connect(stage.client, fd, "[fd00::2]:7"), -EAFNOSUPPORT);
    check_name(drill_getpeername(fd, &addr), &addr, "10.0.0.2:7");
}
END_TEST

START_TEST(the_mtu_of_the_way_can_be_asked_for)
{
    int mtu;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_getsockopt_int(fd, IPPROTO_IP, IP_MTU, &mtu), -ENOTCONN);
    ck_assert_int_eq(datagram_connect(stage.client, fd, "10.0.0.2:7"), 0);
    ck_assert_int_eq(drill_getsockopt_int(fd, IPPROTO_IP, IP_MTU, &mtu), 0);
    ck_assert_int_eq(mtu, 1500);
    stage_link(&stage, &(struct drill_link){.mtu = 1280});
    ck_assert_int_eq(drill_getsockopt_int(fd, IPPROTO_IP, IP_MTU, &mtu), 0);
    ck_assert_int_eq(mtu, 1280);
}
END_TEST

Suite *inet_connect_suite(void)
{
    Suite *suite = suite_create("inet_connect");
    TCase *tests = tcase_create("inet_connect");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, connecting_fixes_both_names);
    tcase_add_test(tests, a_connect_that_fails_leaves_the_peer);
    tcase_add_test(tests, the_mtu_of_the_way_can_be_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
