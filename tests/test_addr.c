#include "emu/addr.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "emu/abi.h"

static struct drill_sockaddr shape(const char *text)
{
    struct drill_sockaddr addr;

    ck_assert_msg(drill_sockaddr_read(&addr, text) == 0, "%s", text);
    return addr;
}

static struct drill_addr addr(const char *text)
{
    struct drill_sockaddr from = shape(text);
    struct drill_addr self;

    ck_assert_int_eq(drill_addr_from(&self, &from), 0);
    return self;
}

static void assert_shows(struct drill_sockaddr shown, const char *expected)
{
    char text[64];

    drill_sockaddr_write(&shown, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(inet4_is_held_mapped)
{
    struct drill_addr self = addr("10.1.2.3:80");

    ck_assert(drill_addr_is_v4(&self));
    assert_shows(drill_addr_show(&self, DRILL_AF_INET6), "[::ffff:10.1.2.3]:80");
    assert_shows(drill_addr_show(&self, DRILL_AF_INET), "10.1.2.3:80");
    assert_shows(drill_addr_plain(&self), "10.1.2.3:80");
}
END_TEST

START_TEST(mapped_inet6_is_the_same_address)
{
    struct drill_addr a = addr("10.1.2.3:80"), b = addr("[::ffff:10.1.2.3]:80");

    ck_assert_mem_eq(&a, &b, sizeof a);
    assert_shows(drill_addr_plain(&b), "10.1.2.3:80");
}
END_TEST

START_TEST(inet6_is_held_as_it_is)
{
    struct drill_addr self = addr("[2001:db8::1]:443");

    ck_assert(!drill_addr_is_v4(&self));
    assert_shows(drill_addr_plain(&self), "[2001:db8::1]:443");
}
END_TEST

START_TEST(another_family_is_refused_and_nothing_changes)
{
    struct drill_sockaddr local = shape("unix:/run/it"), none = {.family = DRILL_AF_UNSPEC};
    struct drill_addr self = addr("10.1.2.3:80"), before = self;

    ck_assert_int_eq(drill_addr_from(&self, &local), -EAFNOSUPPORT);
    ck_assert_int_eq(drill_addr_from(&self, &none), -EAFNOSUPPORT);
    ck_assert_mem_eq(&self, &before, sizeof self);
}
END_TEST

START_TEST(a_zone_counts_only_where_an_address_has_one)
{
    ck_assert_uint_eq(addr("fe80::1%3").zone, 3);
    ck_assert_uint_eq(addr("febf::1%3").zone, 3);
    ck_assert_uint_eq(addr("ff02::1%3").zone, 3);
    ck_assert_uint_eq(addr("ff01::1%3").zone, 3);
    ck_assert_uint_eq(addr("ff05::1%3").zone, 0);
    ck_assert_uint_eq(addr("fec0::1%3").zone, 0);
    ck_assert_uint_eq(addr("2001:db8::1%3").zone, 0);
    ck_assert_uint_eq(addr("::1%3").zone, 0);
}
END_TEST

START_TEST(a_key_of_equal_addresses_is_equal_whatever_the_rest_of_their_shapes)
{
    struct drill_sockaddr a = shape("10.1.2.3:80"), b;
    struct drill_addr from_a, from_b;

    memset(&b, 0xff, sizeof b);
    b.family = a.family;
    b.port = a.port;
    memcpy(b.inet4, a.inet4, sizeof b.inet4);
    memset(&from_a, 0x55, sizeof from_a);
    memset(&from_b, 0xaa, sizeof from_b);
    ck_assert_int_eq(drill_addr_from(&from_a, &a), 0);
    ck_assert_int_eq(drill_addr_from(&from_b, &b), 0);
    ck_assert_mem_eq(&from_a, &from_b, sizeof from_a);
}
END_TEST

enum {
    ANY = 1,
    LOOPBACK = 2,
    MULTICAST = 4,
    BROADCAST = 8,
    LINK_LOCAL = 16,
};

static int classes_of(const struct drill_addr *self)
{
    return (drill_addr_is_any(self) ? ANY : 0) | (drill_addr_is_loopback(self) ? LOOPBACK : 0) |
           (drill_addr_is_multicast(self) ? MULTICAST : 0) |
           (drill_addr_is_broadcast(self) ? BROADCAST : 0) |
           (drill_addr_is_link_local(self) ? LINK_LOCAL : 0);
}

START_TEST(addresses_belong_to_the_classes_of_their_prefixes)
{
    static const struct {
        const char *text;
        int classes;
    } cases[] = {
        {"0.0.0.0", ANY},
        {"::", ANY},
        {"::ffff:0.0.0.0", ANY},
        {"0.0.0.1", 0},
        {"126.255.255.255", 0},
        {"127.0.0.0", LOOPBACK},
        {"127.255.255.255", LOOPBACK},
        {"::ffff:127.0.0.1", LOOPBACK},
        {"128.0.0.0", 0},
        {"::1", LOOPBACK},
        {"::2", 0},
        {"::127.0.0.1", 0},
        {"223.255.255.255", 0},
        {"224.0.0.0", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.0", 0},
        {"255.255.255.254", 0},
        {"255.255.255.255", BROADCAST},
        {"feff::", 0},
        {"ff00::", MULTICAST},
        {"ff02::1", MULTICAST},
        {"fe7f::1", 0},
        {"fe80::1", LINK_LOCAL},
        {"febf::1", LINK_LOCAL},
        {"fec0::1", 0},
        {"169.254.0.1", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct drill_addr self = addr(cases[i].text);
        ck_assert_msg(classes_of(&self) == cases[i].classes, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(the_same_ip_has_the_same_zone_and_any_port)
{
    struct drill_addr a = addr("[fe80::1%1]:80"), b = addr("[fe80::1%1]:81"),
                      c = addr("[fe80::1%2]:80"), d = addr("[fe80::2%1]:80");

    ck_assert(drill_addr_same_ip(&a, &b));
    ck_assert(!drill_addr_same_ip(&a, &c));
    ck_assert(!drill_addr_same_ip(&a, &d));
}
END_TEST

START_TEST(the_two_wildcards_differ)
{
    ck_assert(drill_addr_is_v4(&drill_addr_any4));
    ck_assert(!drill_addr_is_v4(&drill_addr_any6));
    ck_assert(!drill_addr_same_ip(&drill_addr_any4, &drill_addr_any6));
    assert_shows(drill_addr_plain(&drill_addr_any4), "0.0.0.0:0");
    assert_shows(drill_addr_plain(&drill_addr_any6), "[::]:0");
}
END_TEST

Suite *addr_suite(void)
{
    Suite *suite = suite_create("addr");
    TCase *tests = tcase_create("addr");

    tcase_add_test(tests, inet4_is_held_mapped);
    tcase_add_test(tests, mapped_inet6_is_the_same_address);
    tcase_add_test(tests, inet6_is_held_as_it_is);
    tcase_add_test(tests, another_family_is_refused_and_nothing_changes);
    tcase_add_test(tests, a_zone_counts_only_where_an_address_has_one);
    tcase_add_test(tests, a_key_of_equal_addresses_is_equal_whatever_the_rest_of_their_shapes);
    tcase_add_test(tests, addresses_belong_to_the_classes_of_their_prefixes);
    tcase_add_test(tests, the_same_ip_has_the_same_zone_and_any_port);
    tcase_add_test(tests, the_two_wildcards_differ);
    suite_add_tcase(suite, tests);
    return suite;
}
