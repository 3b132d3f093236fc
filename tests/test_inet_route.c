#include "emu/inet_route.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

/* Where a datagram to an address comes from, if the socket is bound to `bound`. */
static int route(const char *bound, const char *target, struct drill_outgoing *out)
{
    const int fd = datagram_socket(stage.client, SOCK_DGRAM, 0, bound);
    const struct drill_file *file = drill_fds_find(&stage.client->fds, fd);
    struct drill_sockaddr addr;

    ck_assert_int_eq(drill_sockaddr_read(&addr, target), 0);
    *out = (struct drill_outgoing){.wanted = drill_addr_any4};
    ck_assert_int_eq(drill_addr_from(&out->target, &addr), 0);
    return drill_inet_route((const struct drill_inet *)(const void *)file, out);
}

static void check_source(const char *bound, const char *target, const char *source)
{
    struct drill_outgoing out;
    struct drill_sockaddr shown;
    char text[64];

    ck_assert_int_eq(route(bound, target, &out), 0);
    out.route.source.port = 0;
    shown = drill_addr_plain(&out.route.source);
    drill_sockaddr_write(&shown, text, sizeof text);
    ck_assert_str_eq(text, source);
}

START_TEST(the_source_is_an_address_of_the_way)
{
    check_source("0.0.0.0:0", "10.0.0.2:7", "10.0.0.1:0");
    check_source("0.0.0.0:0", "10.0.0.1:7", "10.0.0.1:0");
    check_source("0.0.0.0:0", "127.0.0.1:7", "127.0.0.1:0");
    check_source("0.0.0.0:0", "0.0.0.0:7", "127.0.0.1:0");
    check_source("[::]:0", "[fd00::2]:7", "[fd00::1]:0");
    check_source("[::]:0", "10.0.0.2:7", "10.0.0.1:0");
    check_source("[::]:0", "[::]:7", "[::1]:0");
    check_source("10.0.0.1:0", "127.0.0.1:7", "10.0.0.1:0");
    check_source("239.1.1.1:0", "10.0.0.2:7", "10.0.0.1:0");
    check_source("10.0.0.255:0", "10.0.0.2:7", "10.0.0.1:0");
}
END_TEST

START_TEST(there_is_not_always_a_way)
{
    struct drill_outgoing out;

    ck_assert_int_eq(route("127.0.0.1:0", "10.0.0.2:7", &out), -EINVAL);
    ck_assert_int_eq(route("[::ffff:10.0.0.1]:0", "[fd00::2]:7", &out), -EAFNOSUPPORT);
    ck_assert_int_eq(route("0.0.0.0:0", "255.255.255.255:7", &out), -EACCES);
    ck_assert_int_eq(route("0.0.0.0:0", "10.0.0.255:7", &out), -EACCES);
    ck_assert_int_eq(route("0.0.0.0:0", "127.255.255.255:7", &out), -EACCES);
    ck_assert_int_eq(route("[::]:0", "[fe80::2%2]:7", &out), -ENETUNREACH);
    ck_assert_int_eq(route("[::]:0", "[ff02::5%1]:7", &out), -ENETUNREACH);
}
END_TEST

START_TEST(an_address_that_a_host_has_is_no_broadcast)
{
    struct drill_outgoing out;

    ck_assert_int_eq(drill_host_address(stage.server, "10.0.0.255"), 0);
    ck_assert_int_eq(route("0.0.0.0:0", "10.0.0.255:7", &out), 0);
    ck_assert(!out.route.many);
    ck_assert_ptr_eq(out.route.path->to, stage.server);
}
END_TEST

START_TEST(an_unknown_address_is_a_way_to_nobody)
{
    struct drill_outgoing out;

    ck_assert_int_eq(route("0.0.0.0:0", "192.0.2.1:7", &out), 0);
    ck_assert_ptr_null(out.route.path);
}
END_TEST

START_TEST(a_host_of_one_family_does_not_reach_the_other)
{
    struct drill_host *four = drill_host_new(stage.world, "four", "10.0.0.4");
    const int fd = datagram_socket(four, SOCK_DGRAM, 0, "[::]:0");

    ck_assert_int_eq(datagram_send(four, fd, "x", "[fd00::2]:7"), -ENETUNREACH);
    ck_assert_int_eq(datagram_send(four, fd, "x", "10.0.0.2:7"), 1);
}
END_TEST

START_TEST(the_interface_is_where_it_arrives)
{
    struct drill_outgoing out;

    ck_assert_int_eq(route("0.0.0.0:0", "10.0.0.1:7", &out), 0);
    ck_assert_uint_eq(out.route.interface, DRILL_INTERFACE_LOOPBACK);
    ck_assert_int_eq(route("0.0.0.0:0", "10.0.0.2:7", &out), 0);
    ck_assert_uint_eq(out.route.interface, DRILL_INTERFACE_NET);
    ck_assert_int_eq(route("0.0.0.0:0", "224.0.0.5:7", &out), 0);
    ck_assert_uint_eq(out.route.interface, DRILL_INTERFACE_NET);
    ck_assert(out.route.many);
}
END_TEST

Suite *inet_route_suite(void)
{
    Suite *suite = suite_create("inet_route");
    TCase *tests = tcase_create("inet_route");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_source_is_an_address_of_the_way);
    tcase_add_test(tests, there_is_not_always_a_way);
    tcase_add_test(tests, an_address_that_a_host_has_is_no_broadcast);
    tcase_add_test(tests, an_unknown_address_is_a_way_to_nobody);
    tcase_add_test(tests, a_host_of_one_family_does_not_reach_the_other);
    tcase_add_test(tests, the_interface_is_where_it_arrives);
    suite_add_tcase(suite, tests);
    return suite;
}
