#include "emu/socket.h"

#include <check.h>
#include <errno.h>

static struct drill_sim sim;
static struct drill_host host;
static struct drill_socket four, six;
static const struct drill_file_ops ops = {.name = "test"};

static void setup(void)
{
    drill_sim_init(&sim, 1, 0);
    ck_assert_int_eq(drill_host_init(&host, NULL, &sim, "host"), 0);
    drill_socket_init(&four, &ops, &host, DRILL_AF_INET, DRILL_SOCK_STREAM, DRILL_IPPROTO_TCP);
    drill_socket_init(&six, &ops, &host, DRILL_AF_INET6, DRILL_SOCK_DGRAM, DRILL_IPPROTO_UDP);
}

static void teardown(void)
{
    drill_socket_fini(&four);
    drill_socket_fini(&six);
    drill_host_fini(&host);
    drill_sim_fini(&sim);
}

START_TEST(sockets_are_numbered_from_one)
{
    ck_assert_uint_eq(four.number, 1);
    ck_assert_uint_eq(six.number, 2);
}
END_TEST

START_TEST(a_fresh_socket_has_the_wildcard_of_its_family)
{
    ck_assert(drill_addr_is_any(&four.local) && drill_addr_is_v4(&four.local));
    ck_assert(drill_addr_is_any(&six.local) && !drill_addr_is_v4(&six.local));
    ck_assert_int_eq(drill_socket_take_error(&four), 0);
}
END_TEST

START_TEST(its_kind_tells_its_options)
{
    ck_assert_int_eq(drill_socket_kind(&four), DRILL_KIND_TCP4);
    ck_assert_int_eq(drill_socket_kind(&six), DRILL_KIND_UDP6);
}
END_TEST

START_TEST(an_error_is_taken_once)
{
    drill_socket_fail(&four, ECONNRESET, 7);
    ck_assert_uint_eq(four.cause_packet, 7);
    ck_assert_int_eq(drill_socket_take_error(&four), -ECONNRESET);
    ck_assert_int_eq(drill_socket_take_error(&four), 0);
}
END_TEST

START_TEST(an_address_has_to_be_of_the_family)
{
    const struct drill_sockaddr v4 = {.family = DRILL_AF_INET, .port = 80, .inet4 = {10, 0, 0, 1}};
    const struct drill_sockaddr v6 = {.family = DRILL_AF_INET6, .port = 80, .inet6 = {0xfd}};
    const struct drill_sockaddr local = {.family = DRILL_AF_UNIX, .local = {.size = 5}};
    const struct drill_sockaddr unknown = {.family = 77};
    struct drill_addr addr;

    ck_assert_int_eq(drill_socket_addr(&four, &v4, &addr), 0);
    ck_assert_uint_eq(addr.port, 80);
    ck_assert(drill_addr_is_v4(&addr));
    ck_assert_int_eq(drill_socket_addr(&six, &v6, &addr), 0);
    ck_assert_int_eq(drill_socket_addr(&four, NULL, &addr), -EFAULT);
    ck_assert_int_eq(drill_socket_addr(&four, &v6, &addr), -EAFNOSUPPORT);
    ck_assert_int_eq(drill_socket_addr(&six, &v4, &addr), -EINVAL); /* too short to be looked at */
    ck_assert_int_eq(drill_socket_addr(&four, &local, &addr), -EINVAL);
    ck_assert_int_eq(drill_socket_addr(&four, &unknown, &addr), -EAFNOSUPPORT);
}
END_TEST

START_TEST(an_address_is_shown_in_the_family_of_the_socket)
{
    const struct drill_sockaddr v4 = {.family = DRILL_AF_INET, .port = 80, .inet4 = {10, 0, 0, 1}};
    struct drill_addr addr;

    ck_assert_int_eq(drill_socket_addr(&four, &v4, &addr), 0);
    ck_assert_int_eq(drill_socket_show(&four, &addr).family, DRILL_AF_INET);
    const struct drill_sockaddr mapped = drill_socket_show(&six, &addr);
    ck_assert_int_eq(mapped.family, DRILL_AF_INET6);
    ck_assert_uint_eq(mapped.inet6[10], 0xff);
    ck_assert_uint_eq(mapped.inet6[12], 10);
    ck_assert_uint_eq(mapped.port, 80);
}
END_TEST

START_TEST(it_leaves_its_port_and_still_tells_which_it_was)
{
    four.local.port = 4000;
    four.bound = DRILL_BOUND_PORT;
    ck_assert_int_eq(drill_ports_join(&host.ports, four.protocol, 4000, &four.holder, true, false),
                     0);
    drill_socket_unbind(&four);
    ck_assert_ptr_null(drill_ports_find(&host.ports, four.protocol, 4000));
    ck_assert_uint_eq(four.local.port, 4000);
    ck_assert_uint_eq(four.bound, 0);
    drill_socket_unbind(&four);
}
END_TEST

Suite *socket_suite(void);

Suite *socket_suite(void)
{
    Suite *suite = suite_create("socket");
    TCase *tests = tcase_create("common");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sockets_are_numbered_from_one);
    tcase_add_test(tests, a_fresh_socket_has_the_wildcard_of_its_family);
    tcase_add_test(tests, its_kind_tells_its_options);
    tcase_add_test(tests, an_error_is_taken_once);
    tcase_add_test(tests, an_address_has_to_be_of_the_family);
    tcase_add_test(tests, an_address_is_shown_in_the_family_of_the_socket);
    tcase_add_test(tests, it_leaves_its_port_and_still_tells_which_it_was);
    suite_add_tcase(suite, tests);
    return suite;
}
