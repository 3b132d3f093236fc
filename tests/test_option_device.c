#include "emu/option_device.h"

#include <check.h>
#include <errno.h>

static struct drill_host host;
static struct drill_settings settings;

static void setup(void)
{
    const struct drill_sockaddr shown = {.family = 2, .inet4 = {10, 0, 0, 1}};

    host = (struct drill_host){.addr_count = 1};
    settings = (struct drill_settings){0};
    ck_assert_int_eq(drill_addr_from(&host.addrs[0], &shown), 0);
}

START_TEST(a_device_is_its_index)
{
    const int32_t *index = &settings.values[DRILL_SO_BINDTOIFINDEX];

    ck_assert_int_eq(drill_option_take_device(&settings, "eth0", 5), 0);
    ck_assert_int_eq(*index, 2);
    ck_assert_int_eq(drill_option_take_device(&settings, "wlan0", 5), -ENODEV);
    ck_assert_int_eq(*index, 2);
    ck_assert_int_eq(drill_option_take_device(&settings, NULL, 0), 0);
    ck_assert_int_eq(*index, 0);
}
END_TEST

START_TEST(a_name_ends_where_there_is_no_more_room)
{
    ck_assert_int_eq(drill_option_take_device(&settings, "lo", 2), 0);
    ck_assert_int_eq(settings.values[DRILL_SO_BINDTOIFINDEX], 1);
    ck_assert_int_eq(drill_option_take_device(&settings, "lololololololololo", 18), -ENODEV);
}
END_TEST

START_TEST(an_index_is_one_of_the_host)
{
    ck_assert_int_eq(drill_option_take_interface(0), 0);
    ck_assert_int_eq(drill_option_take_interface(2), 0);
    ck_assert_int_eq(drill_option_take_interface(3), -ENODEV);
    ck_assert_int_eq(drill_option_take_interface(-1), -ENODEV);
}
END_TEST

START_TEST(an_index_in_network_order_is_one_of_the_host)
{
    ck_assert_int_eq(drill_option_take_link("\0\0\0\2", 4), 0);
    ck_assert_int_eq(drill_option_take_link("\0\0\0\3", 4), -EADDRNOTAVAIL);
    ck_assert_int_eq(drill_option_take_link("\2\0\0\0", 4), -EADDRNOTAVAIL);
    ck_assert_int_eq(drill_option_take_link("\0\0\0\2", 5), -EINVAL);
}
END_TEST

static int take(const void *value, size_t size, int32_t *number)
{
    return drill_option_take_address(&settings, &host, value, size, number);
}

START_TEST(multicast_leaves_by_an_address_of_the_host)
{
    static const uint8_t own[] = {10, 0, 0, 1}, foreign[] = {10, 0, 0, 2}, none[4];
    static const uint8_t request[] = {224, 0, 0, 9, 10, 0, 0, 1};
    int32_t number = 0;

    ck_assert_int_eq(take(own, 4, &number), 0);
    ck_assert_mem_eq(&number, own, 4);
    ck_assert_int_eq(take(foreign, 4, &number), -EADDRNOTAVAIL);
    ck_assert_mem_eq(&number, own, 4);
    ck_assert_int_eq(take(none, 4, &number), 0);
    ck_assert_int_eq(number, 0);
    ck_assert_int_eq(take(request, 8, &number), 0);
    ck_assert_mem_eq(&number, own, 4);
}
END_TEST

START_TEST(multicast_leaves_by_an_index_rather_than_an_address)
{
    const int32_t good[] = {0, 0, 2}, bad[] = {0, 0, 3};
    int32_t number = 1;

    ck_assert_int_eq(take(good, sizeof good, &number), 0);
    ck_assert_int_eq(settings.multicast_interface, 2);
    ck_assert_int_eq(number, 0);
    ck_assert_int_eq(take(bad, sizeof bad, &number), -EADDRNOTAVAIL);
    ck_assert_int_eq(settings.multicast_interface, 2);
}
END_TEST

Suite *option_device_suite(void)
{
    Suite *suite = suite_create("option_device");
    TCase *tests = tcase_create("option_device");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_device_is_its_index);
    tcase_add_test(tests, a_name_ends_where_there_is_no_more_room);
    tcase_add_test(tests, an_index_is_one_of_the_host);
    tcase_add_test(tests, an_index_in_network_order_is_one_of_the_host);
    tcase_add_test(tests, multicast_leaves_by_an_address_of_the_host);
    tcase_add_test(tests, multicast_leaves_by_an_index_rather_than_an_address);
    suite_add_tcase(suite, tests);
    return suite;
}
