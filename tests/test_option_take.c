#include "emu/option_take.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct drill_sim sim;
static struct drill_host host;
static const struct drill_file_ops no_ops;
static struct drill_file file;

static void setup(void)
{
    drill_sim_init(&sim, 1, 0);
    host = (struct drill_host){.sim = &sim};
    drill_file_init(&file, &no_ops, &host);
}

static void teardown(void)
{
    drill_settings_free(&file);
    ck_assert_uint_eq(sim.mem.live, 0);
    drill_sim_fini(&sim);
}

static int take(enum drill_option_kind kind, enum drill_option option, int32_t value)
{
    return drill_option_take(&file, kind, option, &value, sizeof value);
}

/* What a fresh socket answers to one value, and what it has then; measured on Linux 6.18. */
struct fact {
    enum drill_option_kind kind;
    enum drill_option option;
    int32_t given, answer, kept;
};

static const struct fact facts[] = {
    {DRILL_KIND_TCP4, DRILL_SO_REUSEADDR, -1, 0, 1},
    {DRILL_KIND_TCP4, DRILL_TCP_NODELAY, 1000, 0, 1},
    {DRILL_KIND_UNIX_STREAM, DRILL_SO_REUSEPORT, 0, 0, 0},
    {DRILL_KIND_UNIX_STREAM, DRILL_SO_REUSEPORT, 1, -EOPNOTSUPP, 0},
    {DRILL_KIND_UDP6, DRILL_SO_REUSEPORT, 2, 0, 1},
    {DRILL_KIND_TCP4, DRILL_SO_BSDCOMPAT, 1, 0, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_THIN_DUPACK, 1, 0, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_THIN_DUPACK, 2, -EINVAL, 0},
    {DRILL_KIND_TCP4, DRILL_SO_RESERVE_MEM, -1, -EINVAL, 0},
    {DRILL_KIND_TCP4, DRILL_SO_RESERVE_MEM, 1, -EOPNOTSUPP, 0},
    {DRILL_KIND_TCP4, DRILL_SO_RCVBUF, 1000, 0, 2304},
    {DRILL_KIND_TCP4, DRILL_SO_RCVBUF, 5000, 0, 10000},
    {DRILL_KIND_TCP4, DRILL_SO_RCVBUF, -1, 0, 8388608},
    {DRILL_KIND_TCP4, DRILL_SO_SNDBUF, 0, 0, 4608},
    {DRILL_KIND_TCP4, DRILL_SO_SNDBUF, INT32_MAX, 0, 8388608},
    {DRILL_KIND_UDP4, DRILL_SO_RCVLOWAT, 0, 0, 1},
    {DRILL_KIND_UDP4, DRILL_SO_RCVLOWAT, -1, 0, INT32_MAX},
    {DRILL_KIND_TCP4, DRILL_SO_RCVLOWAT, -1, 0, 16777216},
    {DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, 0, 0, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, 87, -EINVAL, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, 88, 0, 88},
    {DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, 32768, -EINVAL, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_KEEPIDLE, 0, -EINVAL, 7200},
    {DRILL_KIND_TCP4, DRILL_TCP_KEEPCNT, 128, -EINVAL, 9},
    {DRILL_KIND_TCP4, DRILL_TCP_LINGER2, 0, 0, 60},
    {DRILL_KIND_TCP4, DRILL_TCP_LINGER2, -7, 0, -1},
    {DRILL_KIND_TCP4, DRILL_TCP_LINGER2, 1000, 0, 120},
    {DRILL_KIND_TCP4, DRILL_TCP_WINDOW_CLAMP, 0, 0, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_WINDOW_CLAMP, -1, 0, 1152},
    {DRILL_KIND_TCP4, DRILL_TCP_WINDOW_CLAMP, 5000, 0, 5000},
    {DRILL_KIND_TCP4, DRILL_TCP_DEFER_ACCEPT, -1, 0, 0},
    {DRILL_KIND_TCP4, DRILL_TCP_DEFER_ACCEPT, 1, 0, 1},
    {DRILL_KIND_TCP4, DRILL_TCP_DEFER_ACCEPT, 2, 0, 3},
    {DRILL_KIND_TCP4, DRILL_TCP_DEFER_ACCEPT, 1000, 0, 1087},
    {DRILL_KIND_TCP4, DRILL_SO_TXREHASH, -1, 0, 1},
    {DRILL_KIND_TCP4, DRILL_SO_TXREHASH, 2, -EINVAL, 1},
    {DRILL_KIND_TCP4, DRILL_IP_TOS, 1000, 0, 232},
    {DRILL_KIND_TCP4, DRILL_IP_TOS, -1, 0, 252},
    {DRILL_KIND_UDP4, DRILL_IP_TOS, -1, 0, 255},
    {DRILL_KIND_UDP4, DRILL_IP_TTL, -1, 0, 64},
    {DRILL_KIND_UDP4, DRILL_IP_TTL, 0, -EINVAL, 64},
    {DRILL_KIND_UDP4, DRILL_IP_TTL, 256, -EINVAL, 64},
    {DRILL_KIND_UDP4, DRILL_IP_MULTICAST_TTL, 0, 0, 0},
    {DRILL_KIND_UDP4, DRILL_IP_UNICAST_IF, 1, -EADDRNOTAVAIL, 0},
    {DRILL_KIND_UDP4, DRILL_IP_LOCAL_PORT_RANGE, 1000, 0, 1000},
    {DRILL_KIND_UDP4, DRILL_IP_LOCAL_PORT_RANGE, 1000 << 16 | 2000, -EINVAL, 0},
    {DRILL_KIND_UDP4, DRILL_UDP_ENCAP, 1, -ENOPROTOOPT, 0},
    {DRILL_KIND_UDP4, DRILL_UDP_ENCAP, 2, 0, 2},
    {DRILL_KIND_UDP4, DRILL_UDP_SEGMENT, -1, -EINVAL, 0},
    {DRILL_KIND_UDP6, DRILL_IPV6_UNICAST_HOPS, -1, 0, 64},
    {DRILL_KIND_UDP6, DRILL_IPV6_UNICAST_HOPS, 256, -EINVAL, 64},
    {DRILL_KIND_UDP6, DRILL_IPV6_MULTICAST_IF, 2, 0, 2},
    {DRILL_KIND_UDP6, DRILL_IPV6_MULTICAST_IF, 1000, -ENODEV, 0},
    {DRILL_KIND_TCP6, DRILL_IPV6_TCLASS, 2, 0, 0},
    {DRILL_KIND_UDP6, DRILL_IPV6_TCLASS, 2, 0, 2},
    {DRILL_KIND_UDP6, DRILL_IPV6_TCLASS, 256, -EINVAL, 0},
    {DRILL_KIND_UDP6, DRILL_IPV6_MTU, 1279, -EINVAL, 0},
    {DRILL_KIND_UDP6, DRILL_IPV6_MTU, 1280, 0, 1280},
    {DRILL_KIND_UDP6, DRILL_IPV6_ADDR_PREFERENCES, 1, 0, 0x401},
    {DRILL_KIND_UDP6, DRILL_IPV6_ADDR_PREFERENCES, 1000, 0, 0x500},
    {DRILL_KIND_UDP6, DRILL_IPV6_ADDR_PREFERENCES, 3, -EINVAL, 0x500},
};

START_TEST(values_are_kept_as_linux_keeps_them)
{
    const struct fact *fact = &facts[_i];

    ck_assert_int_eq(take(fact->kind, fact->option, fact->given), fact->answer);
    ck_assert_int_eq(drill_option(&file, fact->option, fact->kind), fact->kept);
}
END_TEST

START_TEST(ecn_bits_stay_as_they_are_for_tcp)
{
    drill_settings_need(&file, DRILL_KIND_TCP4)->values[DRILL_IP_TOS] = 2;
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_IP_TOS, 0x11), 0);
    ck_assert_int_eq(file.settings->values[DRILL_IP_TOS], 0x12);
}
END_TEST

START_TEST(a_type_of_service_makes_a_priority)
{
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_IP_TOS, 0x10), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_PRIORITY], 6);
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_SO_PRIORITY, 1), 0);
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_IP_TOS, 0x10), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_PRIORITY], 1);
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_IP_TOS, 0xb8), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_PRIORITY], 4);
}
END_TEST

START_TEST(level_ip_takes_a_byte)
{
    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP4, DRILL_IP_TTL, "\x7", 1), 0);
    ck_assert_int_eq(file.settings->values[DRILL_IP_TTL], 7);
    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP4, DRILL_IP_TOS, NULL, 0), 0);
    ck_assert_int_eq(file.settings->values[DRILL_IP_TOS], 0);
    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP6, DRILL_IPV6_DONTFRAG, "\x1", 1), 0);
    ck_assert_int_eq(file.settings->values[DRILL_IPV6_DONTFRAG], 0);
}
END_TEST

START_TEST(setting_a_buffer_locks_it)
{
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_RCVBUF, 5000), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_BUF_LOCK], 2);
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_SNDBUFFORCE, 5000), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_BUF_LOCK], 3);
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_RCVLOWAT, 1 << 20), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVLOWAT], 5000);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVBUF], 10000);
}
END_TEST

START_TEST(a_low_water_mark_makes_room_for_itself)
{
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_RCVLOWAT, 1 << 20), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVLOWAT], 1 << 20);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVBUF], 2 << 20);
}
END_TEST

START_TEST(force_goes_beyond_the_greatest_buffer)
{
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_RCVBUFFORCE, 0x12345678), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVBUF], 0x2468acf0);
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_RCVBUFFORCE, INT32_MAX), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_RCVBUF], INT32_MAX - 1);
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_SO_SNDBUFFORCE, -5), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_SNDBUF], 4608);
}
END_TEST

static int take_linger(int32_t on, int32_t seconds)
{
    const struct drill_option_pair given = {on, seconds};

    return drill_option_take(&file, DRILL_KIND_TCP4, DRILL_SO_LINGER, &given, sizeof given);
}

START_TEST(linger_remembers_its_time_when_it_is_off)
{
    ck_assert_int_eq(take_linger(7, 5), 0);
    ck_assert_int_eq(file.settings->linger_seconds, 5);
    ck_assert_int_eq(take_linger(0, 0), 0);
    ck_assert_int_eq(file.settings->linger_seconds, -1);
    ck_assert_int_eq(file.settings->values[DRILL_SO_LINGER], 5);
    ck_assert_int_eq(take_linger(1, -1), 0);
    ck_assert_int_eq(file.settings->linger_seconds, INT32_MAX);
}
END_TEST

static int take_time(enum drill_option option, int64_t seconds, int64_t microseconds)
{
    const struct drill_option_time given = {seconds, microseconds};

    return drill_option_take(&file, DRILL_KIND_TCP4, option, &given, sizeof given);
}

START_TEST(timeouts_are_whole_ticks)
{
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO, 1, 500000), 0);
    ck_assert_int_eq(file.settings->receive_timeout_ns, 1500 * DRILL_MS);
    ck_assert_int_eq(file.settings->send_timeout_ns, 0);
    ck_assert_int_eq(take_time(DRILL_SO_SNDTIMEO_NEW, 0, 1), 0);
    ck_assert_int_eq(file.settings->send_timeout_ns, 4 * DRILL_MS);
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO_NEW, 0, 1000000), -EDOM);
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO_NEW, 0, -1), -EDOM);
    ck_assert_int_eq(file.settings->receive_timeout_ns, 1500 * DRILL_MS);
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO, -1, 0), 0);
    ck_assert_int_lt(file.settings->receive_timeout_ns, 0);
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO, INT64_C(1) << 32, 0), 0);
    ck_assert_int_eq(file.settings->receive_timeout_ns, (INT64_C(1) << 32) * DRILL_SECOND);
    ck_assert_int_eq(take_time(DRILL_SO_RCVTIMEO, INT64_C(1) << 33, 0), 0);
    ck_assert_int_eq(file.settings->receive_timeout_ns, 0);
}
END_TEST

START_TEST(one_kind_of_time_stamp_clears_the_others)
{
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_SO_TIMESTAMP, 1), 0);
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_SO_TIMESTAMPNS, 5), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_TIMESTAMP], 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_TIMESTAMPNS], 1);
    ck_assert_int_eq(take(DRILL_KIND_UDP4, DRILL_SO_TIMESTAMP, 0), 0);
    ck_assert_int_eq(file.settings->values[DRILL_SO_TIMESTAMPNS], 0);
}
END_TEST

static int take_text(enum drill_option option, const char *text, size_t size)
{
    return drill_option_take(&file, DRILL_KIND_TCP4, option, text, size);
}

START_TEST(congestion_control_has_two_names)
{
    ck_assert_int_eq(take_text(DRILL_TCP_CONGESTION, "reno", 4), 0);
    ck_assert_str_eq(file.settings->congestion, "reno");
    ck_assert_int_eq(take_text(DRILL_TCP_CONGESTION, "vegas", 5), -ENOENT);
    ck_assert_int_eq(take_text(DRILL_TCP_CONGESTION, "renorenorenorenoreno", 20), -ENOENT);
    ck_assert_str_eq(file.settings->congestion, "reno");
    ck_assert_int_eq(take_text(DRILL_TCP_CONGESTION, "cubic\0x", 7), 0);
    ck_assert_str_eq(file.settings->congestion, "cubic");
}
END_TEST

START_TEST(headers_to_send_can_only_be_cleared)
{
    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP6, DRILL_IPV6_HOPOPTS, NULL, 0), 0);
    ck_assert_uint_eq(sim.unmodelled, 0);
    ck_assert_int_eq(take(DRILL_KIND_UDP6, DRILL_IPV6_HOPOPTS, 0), -EINVAL);
    ck_assert_uint_eq(sim.unmodelled, 1);
}
END_TEST

START_TEST(a_launch_time_has_a_clock_and_flags)
{
    const struct drill_option_pair good = {11, 3}, bad = {11, 4};
    const enum drill_option option = DRILL_SO_TXTIME;

    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP4, option, &good, sizeof good), 0);
    ck_assert_int_eq(drill_option_take(&file, DRILL_KIND_UDP4, option, &bad, sizeof bad), -EINVAL);
    ck_assert_int_eq(file.settings->values[option], 11 | 3 << 8);
}
END_TEST

START_TEST(without_memory_nothing_is_taken)
{
    sim.mem.fail_at = 1;
    ck_assert_int_eq(take(DRILL_KIND_TCP4, DRILL_TCP_NODELAY, 1), -ENOMEM);
    ck_assert_int_eq(drill_option(&file, DRILL_TCP_NODELAY, DRILL_KIND_TCP4), 0);
}
END_TEST

Suite *option_take_suite(void)
{
    Suite *suite = suite_create("option_take");
    TCase *tests = tcase_create("option_take");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, values_are_kept_as_linux_keeps_them, 0,
                        sizeof facts / sizeof facts[0]);
    tcase_add_test(tests, ecn_bits_stay_as_they_are_for_tcp);
    tcase_add_test(tests, a_type_of_service_makes_a_priority);
    tcase_add_test(tests, level_ip_takes_a_byte);
    tcase_add_test(tests, setting_a_buffer_locks_it);
    tcase_add_test(tests, a_low_water_mark_makes_room_for_itself);
    tcase_add_test(tests, force_goes_beyond_the_greatest_buffer);
    tcase_add_test(tests, linger_remembers_its_time_when_it_is_off);
    tcase_add_test(tests, timeouts_are_whole_ticks);
    tcase_add_test(tests, one_kind_of_time_stamp_clears_the_others);
    tcase_add_test(tests, congestion_control_has_two_names);
    tcase_add_test(tests, headers_to_send_can_only_be_cleared);
    tcase_add_test(tests, a_launch_time_has_a_clock_and_flags);
    tcase_add_test(tests, without_memory_nothing_is_taken);
    suite_add_tcase(suite, tests);
    return suite;
}
