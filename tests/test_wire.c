#include "emu/wire.h"

#include <check.h>
#include <string.h>

static struct drill_mem mem;

static void setup(void)
{
    drill_mem_init(&mem, 0);
}

static void teardown(void)
{
    drill_mem_fini(&mem);
}

static struct drill_addr addr(const char *text)
{
    struct drill_sockaddr shown;
    struct drill_addr read;

    ck_assert_int_eq(drill_sockaddr_read(&shown, text), 0);
    ck_assert_int_eq(drill_addr_from(&read, &shown), 0);
    return read;
}

/* RFC 1071, 3. */
START_TEST(a_sum_is_that_of_the_standard)
{
    static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    ck_assert_uint_eq(drill_wire_sum(data, sizeof data), (uint16_t)~0xddf2);
    ck_assert_uint_eq(drill_wire_sum(data, 7), (uint16_t)~0xdcfb);
    ck_assert_uint_eq(drill_wire_sum(data, 0), UINT16_MAX);
}
END_TEST

static struct drill_dgram *packet(const char *source, const char *target, size_t size)
{
    struct drill_dgram *dgram = drill_dgram_new(&mem, size);

    ck_assert_ptr_nonnull(dgram);
    memset(dgram->bytes, 0, size);
    dgram->source = addr(source);
    dgram->target = addr(target);
    return dgram;
}

START_TEST(a_header_says_what_the_message_says)
{
    struct drill_dgram *dgram = packet("10.0.0.1", "10.0.0.2", DRILL_WIRE_HEADER4 + 300);
    static const uint8_t expected[] = {0x45, 0x20, 0x01, 0x40, 0, 0, 0x40, 0, 9, 253};

    dgram->header = DRILL_WIRE_HEADER4;
    dgram->tos = 0x20;
    dgram->ttl = 9;
    dgram->protocol = 253;
    drill_wire_header(dgram, 7, true);
    ck_assert_mem_eq(dgram->bytes, expected, sizeof expected);
    ck_assert_mem_eq(dgram->bytes + 12, "\x0a\0\0\x01\x0a\0\0\x02", 8);
    ck_assert_uint_eq(drill_wire_sum(dgram->bytes, DRILL_WIRE_HEADER4), 0);
    drill_wire_header(dgram, 0x0708, false);
    ck_assert_mem_eq(dgram->bytes + 4, "\x07\x08\0\0", 4);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(a_header_of_ones_own_decides_over_the_message)
{
    struct drill_dgram *dgram = packet("10.0.0.1", "10.0.0.2", 24);
    static const uint8_t given[] = {0x46, 1, 0, 0, 0, 0, 0, 0, 3, 4, 9, 9, 0, 0, 0, 0, 10, 0, 0, 7};

    memcpy(dgram->bytes, given, sizeof given);
    dgram->header = 24; /* with options */
    drill_wire_complete(dgram, 0x1234);
    ck_assert_mem_eq(dgram->bytes + 2, "\0\x18\x12\x34", 4);
    ck_assert_mem_eq(dgram->bytes + 12, "\x0a\0\0\x01\x0a\0\0\x07", 8);
    ck_assert_uint_eq(drill_wire_sum(dgram->bytes, 24), 0);
    ck_assert_uint_eq(dgram->tos, 1);
    ck_assert_uint_eq(dgram->ttl, 3);
    ck_assert_uint_eq(dgram->protocol, 4);
    ck_assert_uint_eq(dgram->target.ip[15], 7);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(a_sum_of_icmpv6_takes_in_the_addresses)
{
    struct drill_dgram *dgram = packet("fd00::1", "fd00::2", 8);

    drill_wire_put16(dgram->bytes + 2, drill_wire_sum6(dgram));
    ck_assert_uint_eq(drill_wire_sum6(dgram), 0);
    dgram->target.ip[15] = 3;
    ck_assert_uint_ne(drill_wire_sum6(dgram), 0);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

Suite *wire_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *tests = tcase_create("wire");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_sum_is_that_of_the_standard);
    tcase_add_test(tests, a_header_says_what_the_message_says);
    tcase_add_test(tests, a_header_of_ones_own_decides_over_the_message);
    tcase_add_test(tests, a_sum_of_icmpv6_takes_in_the_addresses);
    suite_add_tcase(suite, tests);
    return suite;
}
