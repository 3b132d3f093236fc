#include "emu/sockaddr.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/abi.h"
#include "tests/draws.h"

enum { COUNT_MAX = 512 };

static struct drill_sockaddr addr;
static char text[COUNT_MAX];

static const char *read_and_write(const char *given)
{
    ck_assert_msg(drill_sockaddr_read(&addr, given) == 0, "%s is refused", given);
    ck_assert_int_eq(drill_sockaddr_write(&addr, text, sizeof text), (int)strlen(text));
    return text;
}

START_TEST(canonical_texts_are_written_as_they_were_read)
{
    static const char *const texts[] = {
        "0.0.0.0:0",
        "10.0.0.1:80",
        "255.255.255.255:65535",
        "[::]:0",
        "[::1]:80",
        "[1::]:1",
        "[2001:db8::1]:443",
        "[1:2:3:4:5:6:7:8]:9",
        "[::ffff:1.2.3.4]:5",
        "[fe80::1%2]:80",
        "[fe80::1%4294967295]:80",
        "unix:",
        "unix:/run/it.sock",
        "unix:relative",
        "unix:@abstract",
        "unix:@",
        "unix:@@",
        "unix:a@b",
        "unix:\\x40path",
        "unix:@a\\x00b\\xff\\x20\\x5c\\x7f",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_str_eq(read_and_write(texts[i]), texts[i]);
}
END_TEST

START_TEST(other_forms_are_written_in_the_canonical_one)
{
    static const char *const pairs[][2] = {
        {"10.0.0.1", "10.0.0.1:0"},
        {"::1", "[::1]:0"},
        {"[::1]", "[::1]:0"},
        {"fe80::1%2", "[fe80::1%2]:0"},
        {"fe80::1%0", "[fe80::1]:0"},
        {"::1:80", "[::1:80]:0"},
        {"0:0:0:0:0:0:0:0", "[::]:0"},
        {"2001:0DB8:0000:0000:0000:0000:0000:0001", "[2001:db8::1]:0"},
        {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:0"},
        {"::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:0"},
        {"1:0:0:2:0:0:0:3", "[1:0:0:2::3]:0"},
        {"1:0:0:2:3:0:0:4", "[1::2:3:0:0:4]:0"},
        {"1:0:2:3:4:5:6:7", "[1:0:2:3:4:5:6:7]:0"},
        {"1:2:3:4:5:6:0:0", "[1:2:3:4:5:6::]:0"},
        {"::FFFF:0102:0304", "[::ffff:1.2.3.4]:0"},
        {"::1.2.3.4", "[::102:304]:0"},
        {"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:0"},
        {"1:2:3:4:5:6:7.8.9.10", "[1:2:3:4:5:6:708:90a]:0"},
        {"1::6:7.8.9.10", "[1::6:708:90a]:0"},
        {"::ffff:0:0", "[::ffff:0.0.0.0]:0"},
        {"::ffff:0:1.2.3.4", "[::ffff:0:102:304]:0"},
        {"unix:a b", "unix:a\\x20b"},
        {"unix:\\x61\\x5Cb", "unix:a\\x5cb"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert_str_eq(read_and_write(pairs[i][0]), pairs[i][1]);
}
END_TEST

static void assert_refused(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct drill_sockaddr before;
        memset(&addr, 0x5a, sizeof addr);
        before = addr;
        ck_assert_msg(drill_sockaddr_read(&addr, texts[i]) == -EINVAL, "%s is taken", texts[i]);
        ck_assert_msg(memcmp(&addr, &before, sizeof addr) == 0, "%s changed it", texts[i]);
    }
}

START_TEST(what_is_no_inet4_address_is_refused)
{
    static const char *const texts[] = {
        "",
        " ",
        ":",
        ":80",
        "localhost",
        "localhost:80",
        "10.0.0.1 ",
        " 10.0.0.1",
        "+10.0.0.1",
        "10.0.0",
        "10.0.0.",
        "10.0.0.1.",
        "10.0.0.1.2",
        "10..0.1",
        ".10.0.0.1",
        "10.0.0.256",
        "10.0.0.1000",
        "10.0.0.-1",
        "10.0.0.01",
        "010.0.0.1",
        "0x10.0.0.1",
        "10.0.0.a",
        "1",
        "10.0.0.1:",
        "10.0.0.1:65536",
        "10.0.0.1:99999999999999999999",
        "10.0.0.1:-1",
        "10.0.0.1:+1",
        "10.0.0.1: 1",
        "10.0.0.1:080",
        "10.0.0.1:00",
        "10.0.0.1:8a",
        "10.0.0.1:80:",
        "10.0.0.1:80\n",
        "10.0.0.1%1",
        "10.0.0.1/8",
        "[10.0.0.1]:80",
        "[",
        "[]",
        "[]:80",
    };

    assert_refused(texts, sizeof texts / sizeof *texts);
}
END_TEST

START_TEST(what_is_no_inet6_address_is_refused)
{
    static const char *const texts[] = {
        "[::1",
        "[::1:80",
        "::1]",
        "::1]:80",
        "[::1]:",
        "[::1]80",
        "[::1]:65536",
        "[::1] ",
        "[[::1]]",
        "[::1]:80]",
        ":::",
        "::1::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:",
        ":1:2:3:4:5:6:7:8",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "1:",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "12345::",
        "::12345",
        "::g",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.256",
        "::01.2.3.4",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "::ffff:1.2.3.4:80",
        "fe80::1%",
        "fe80::1%eth0",
        "fe80::1%01",
        "fe80::1%4294967296",
        "fe80::1%1%2",
        "[fe80::1%]:80",
        "[fe80::1]%1:80",
        "fe80::1%-1",
    };

    assert_refused(texts, sizeof texts / sizeof *texts);
}
END_TEST

START_TEST(what_is_no_unix_name_is_refused)
{
    static const char *const texts[] = {
        "unix",        "UNIX:/a",   "unix:a\\",     "unix:a\\x",   "unix:a\\x4",
        "unix:a\\xg0", "unix:a\\n", "unix:a\\x00b", "unix:\\x00b",
    };

    assert_refused(texts, sizeof texts / sizeof *texts);
}
END_TEST

START_TEST(the_parts_are_where_they_belong)
{
    ck_assert_int_eq(drill_sockaddr_read(&addr, "1.2.3.4:258"), 0);
    ck_assert_uint_eq(addr.family, DRILL_AF_INET);
    ck_assert_uint_eq(addr.port, 258);
    ck_assert_mem_eq(addr.inet4, "\1\2\3\4", 4);

    ck_assert_int_eq(drill_sockaddr_read(&addr, "[fe80::102%7]:258"), 0);
    ck_assert_uint_eq(addr.family, DRILL_AF_INET6);
    ck_assert_uint_eq(addr.port, 258);
    ck_assert_uint_eq(addr.zone, 7);
    ck_assert_mem_eq(addr.inet6, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\1\2", 16);

    ck_assert_int_eq(drill_sockaddr_read(&addr, "unix:@ab"), 0);
    ck_assert_uint_eq(addr.family, DRILL_AF_UNIX);
    ck_assert_uint_eq(addr.local.size, 3);
    ck_assert_mem_eq(addr.local.name, "\0ab", 3);
}
END_TEST

START_TEST(equal_texts_give_equal_bytes)
{
    struct drill_sockaddr a, b;

    memset(&a, 0x55, sizeof a);
    memset(&b, 0xaa, sizeof b);
    ck_assert_int_eq(drill_sockaddr_read(&a, "10.0.0.1:80"), 0);
    ck_assert_int_eq(drill_sockaddr_read(&b, "10.0.0.1:80"), 0);
    ck_assert_mem_eq(&a, &b, sizeof a);
}
END_TEST

START_TEST(a_unix_name_fills_its_room_and_no_more)
{
    enum { ROOM = sizeof addr.local.name };
    char name[COUNT_MAX] = "unix:";
    size_t prefix = strlen(name);

    memset(name + prefix, 'n', ROOM);
    ck_assert_str_eq(read_and_write(name), name);
    ck_assert_uint_eq(addr.local.size, ROOM);
    name[prefix + ROOM] = 'n';
    ck_assert_int_eq(drill_sockaddr_read(&addr, name), -EINVAL);
    name[prefix] = '@';
    ck_assert_int_eq(drill_sockaddr_read(&addr, name), -EINVAL);
    name[prefix + ROOM] = '\0';
    ck_assert_str_eq(read_and_write(name), name);
}
END_TEST

START_TEST(a_size_beyond_the_name_is_not_believed)
{
    memset(&addr, 'n', sizeof addr);
    addr.family = DRILL_AF_UNIX;
    addr.local.size = 255;
    ck_assert_int_eq(drill_sockaddr_write(&addr, text, sizeof text), 5 + sizeof addr.local.name);
}
END_TEST

START_TEST(a_family_without_a_text_is_said_to_be_unspecified)
{
    memset(&addr, 0, sizeof addr);
    drill_sockaddr_write(&addr, text, sizeof text);
    ck_assert_str_eq(text, "unspec");
    addr.family = 17;
    drill_sockaddr_write(&addr, text, sizeof text);
    ck_assert_str_eq(text, "unspec");
    ck_assert_int_eq(drill_sockaddr_read(&addr, text), -EINVAL);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_cut_as_snprintf_does)
{
    static const char whole[] = "[2001:db8::1]:443";
    enum { LENGTH = sizeof whole - 1 };

    ck_assert_int_eq(drill_sockaddr_read(&addr, whole), 0);
    ck_assert_int_eq(drill_sockaddr_write(&addr, NULL, 0), LENGTH);
    for (size_t size = 1; size <= LENGTH + 2; size++) {
        char expected[LENGTH + 2];
        memset(text, '#', sizeof text);
        ck_assert_int_eq(drill_sockaddr_write(&addr, text, size), LENGTH);
        snprintf(expected, sizeof expected, "%.*s", (int)size - 1, whole);
        ck_assert_str_eq(text, expected);
        ck_assert_int_eq(text[size], '#');
    }
}
END_TEST

/* Libc is the judge: it must read what is written, and what it writes must be read. */
START_TEST(random_inet6_addresses_agree_with_libc)
{
    uint64_t state = 99;

    for (int round = 0; round < 20000; round++) {
        uint8_t ip[16], back[16];
        char theirs[INET6_ADDRSTRLEN];
        for (int i = 0; i < 16; i++)
            ip[i] = draw_below(&state, 3) ? 0 : (uint8_t)draw(&state);
        inet_ntop(AF_INET6, ip, theirs, sizeof theirs);
        ck_assert_int_eq(drill_sockaddr_read(&addr, theirs), 0);
        ck_assert_mem_eq(addr.inet6, ip, 16);

        ck_assert_int_gt(drill_sockaddr_write(&addr, text, sizeof text), 0);
        *strchr(text, ']') = '\0';
        ck_assert_int_eq(inet_pton(AF_INET6, text + 1, back), 1);
        ck_assert_mem_eq(back, ip, 16);
        if (!strchr(theirs, '.'))
            ck_assert_str_eq(text + 1, theirs);
    }
}
END_TEST

START_TEST(random_texts_are_taken_where_libc_takes_them)
{
    static const char letters[] = "0:1.f:";
    uint64_t state = 5;
    int taken = 0;

    for (int round = 0; round < 300000; round++) {
        uint8_t ip[16];
        size_t size = 2 + draw_below(&state, 16);
        for (size_t i = 0; i < size; i++)
            text[i] = letters[draw_below(&state, sizeof letters - 1)];
        text[size] = '\0';
        bool theirs = inet_pton(AF_INET6, text, ip) == 1;
        bool ours = drill_sockaddr_read(&addr, text) == 0 && addr.family == DRILL_AF_INET6;
        ck_assert_msg(ours == theirs, "%s is %s", text, ours ? "taken" : "refused");
        if (ours)
            ck_assert_mem_eq(addr.inet6, ip, 16);
        taken += ours;
    }
    ck_assert_int_gt(taken, 100);
}
END_TEST

START_TEST(random_unix_names_read_back_as_they_were)
{
    uint64_t state = 3;

    for (int round = 0; round < 5000; round++) {
        struct drill_sockaddr name, back;
        memset(&name, 0, sizeof name);
        name.family = DRILL_AF_UNIX;
        name.local.size = (uint8_t)draw_below(&state, sizeof name.local.name + 1);
        bool is_abstract = draw_below(&state, 2);
        for (int i = 0; i < name.local.size; i++)
            name.local.name[i] = (char)(draw_below(&state, 255) + 1);
        if (is_abstract && name.local.size > 0)
            name.local.name[0] = '\0';
        drill_sockaddr_write(&name, text, sizeof text);
        ck_assert_int_eq(drill_sockaddr_read(&back, text), 0);
        ck_assert_mem_eq(&back, &name, sizeof name);
    }
}
END_TEST

Suite *sockaddr_suite(void)
{
    Suite *suite = suite_create("sockaddr");
    TCase *tests = tcase_create("sockaddr");

    tcase_add_test(tests, canonical_texts_are_written_as_they_were_read);
    tcase_add_test(tests, other_forms_are_written_in_the_canonical_one);
    tcase_add_test(tests, what_is_no_inet4_address_is_refused);
    tcase_add_test(tests, what_is_no_inet6_address_is_refused);
    tcase_add_test(tests, what_is_no_unix_name_is_refused);
    tcase_add_test(tests, the_parts_are_where_they_belong);
    tcase_add_test(tests, equal_texts_give_equal_bytes);
    tcase_add_test(tests, a_unix_name_fills_its_room_and_no_more);
    tcase_add_test(tests, a_size_beyond_the_name_is_not_believed);
    tcase_add_test(tests, a_family_without_a_text_is_said_to_be_unspecified);
    tcase_add_test(tests, what_does_not_fit_is_counted_and_cut_as_snprintf_does);
    tcase_add_test(tests, random_inet6_addresses_agree_with_libc);
    tcase_add_test(tests, random_texts_are_taken_where_libc_takes_them);
    tcase_add_test(tests, random_unix_names_read_back_as_they_were);
    suite_add_tcase(suite, tests);
    return suite;
}
