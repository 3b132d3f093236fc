#include "emu/option_give.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct drill_sim sim;
static struct drill_host host;
static const struct drill_file_ops no_ops;
static struct drill_file file;
static char room[DRILL_OPTION_ROOM];

static void setup(void)
{
    drill_sim_init(&sim, 1, 0);
    host = (struct drill_host){.sim = &sim};
    drill_file_init(&file, &no_ops, &host);
    memset(room, '?', sizeof room);
}

static void teardown(void)
{
    drill_settings_free(&file);
    ck_assert_uint_eq(sim.mem.live, 0);
    drill_sim_fini(&sim);
}

static int give(enum drill_option_kind kind, enum drill_option option)
{
    return drill_option_give(&file, kind, option, room, sizeof room);
}

static void assert_gives(enum drill_option_kind kind, enum drill_option option, const void *bytes,
                         int size)
{
    ck_assert_int_eq(give(kind, option), size);
    ck_assert_mem_eq(room, bytes, (size_t)size);
}

START_TEST(numbers_are_given_as_they_are)
{
    const int32_t at_first = 64, then = 3;

    assert_gives(DRILL_KIND_UDP4, DRILL_IP_TTL, &at_first, 4);
    drill_settings_need(&file, DRILL_KIND_UDP4)->values[DRILL_IP_TTL] = then;
    assert_gives(DRILL_KIND_UDP4, DRILL_IP_TTL, &then, 4);
}
END_TEST

START_TEST(linger_is_given_with_its_time)
{
    struct drill_option_pair pair = {0, 0};

    assert_gives(DRILL_KIND_TCP4, DRILL_SO_LINGER, &pair, 8);
    drill_settings_need(&file, DRILL_KIND_TCP4)->values[DRILL_SO_LINGER] = 5;
    pair.second = 5;
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_LINGER, &pair, 8);
    file.settings->linger_seconds = 5;
    pair.first = 1;
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_LINGER, &pair, 8);
}
END_TEST

START_TEST(timeouts_are_given_by_direction)
{
    const struct drill_option_time none = {0, 0}, received = {1, 2}, sent = {3, 4};

    assert_gives(DRILL_KIND_TCP4, DRILL_SO_RCVTIMEO, &none, 16);
    drill_settings_need(&file, DRILL_KIND_TCP4)->receive_timeout_ns = DRILL_SECOND + 2 * DRILL_US;
    file.settings->send_timeout_ns = 3 * DRILL_SECOND + 4 * DRILL_US;
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_RCVTIMEO, &received, 16);
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_RCVTIMEO_NEW, &received, 16);
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_SNDTIMEO, &sent, 16);
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_SNDTIMEO_NEW, &sent, 16);
    file.settings->send_timeout_ns = -1;
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_SNDTIMEO, &none, 16);
}
END_TEST

START_TEST(congestion_control_is_cubic_at_first)
{
    assert_gives(DRILL_KIND_TCP4, DRILL_TCP_CONGESTION, "cubic\0\0\0\0\0\0\0\0\0\0", 16);
    memcpy(drill_settings_need(&file, DRILL_KIND_TCP4)->congestion, "reno", sizeof "reno");
    ck_assert_int_eq(give(DRILL_KIND_TCP4, DRILL_TCP_CONGESTION), 16);
    ck_assert_str_eq(room, "reno");
}
END_TEST

START_TEST(a_device_needs_room_for_the_longest_name)
{
    const enum drill_option option = DRILL_SO_BINDTODEVICE;
    int32_t *index = &drill_settings_need(&file, DRILL_KIND_TCP4)->values[DRILL_SO_BINDTOIFINDEX];

    ck_assert_int_eq(give(DRILL_KIND_TCP4, option), 0);
    *index = 1;
    assert_gives(DRILL_KIND_TCP4, option, "lo", 3);
    ck_assert_int_eq(drill_option_give(&file, DRILL_KIND_TCP4, option, room, 15), -EINVAL);
    *index = 77;
    ck_assert_int_eq(give(DRILL_KIND_TCP4, option), -ENODEV);
}
END_TEST

START_TEST(no_segment_is_shown_as_the_least)
{
    int32_t shown = 536;

    assert_gives(DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, &shown, 4);
    shown = drill_settings_need(&file, DRILL_KIND_TCP4)->values[DRILL_TCP_MAXSEG] = 1000;
    assert_gives(DRILL_KIND_TCP4, DRILL_TCP_MAXSEG, &shown, 4);
}
END_TEST

START_TEST(a_pacing_rate_of_minus_one_is_no_limit)
{
    uint64_t rate = UINT64_MAX;

    assert_gives(DRILL_KIND_TCP4, DRILL_SO_MAX_PACING_RATE, &rate, 8);
    drill_settings_need(&file, DRILL_KIND_TCP4)->values[DRILL_SO_MAX_PACING_RATE] = -2;
    rate = UINT32_MAX - 1;
    assert_gives(DRILL_KIND_TCP4, DRILL_SO_MAX_PACING_RATE, &rate, 8);
}
END_TEST

START_TEST(memory_tells_the_buffers)
{
    const int32_t counts[9] = {0, 131072, 0, 16384};

    assert_gives(DRILL_KIND_TCP4, DRILL_SO_MEMINFO, counts, 36);
}
END_TEST

START_TEST(structures_are_given_whole)
{
    const int32_t nobody[] = {0, -1, -1};
    const struct drill_option_pair stamping = {3, 0}, launch = {11, 2};

    assert_gives(DRILL_KIND_TCP4, DRILL_SO_PEERCRED, nobody, 12);
    drill_settings_need(&file, DRILL_KIND_UDP4)->values[DRILL_SO_TIMESTAMPING] = 3;
    file.settings->values[DRILL_SO_TXTIME] = 11 | 2 << 8;
    assert_gives(DRILL_KIND_UDP4, DRILL_SO_TIMESTAMPING, &stamping, 8);
    assert_gives(DRILL_KIND_UDP4, DRILL_SO_TXTIME, &launch, 8);
}
END_TEST

START_TEST(the_clock_of_tcp_is_in_milliseconds)
{
    const uint32_t now_ms = 1234;

    sim.timeline.now_ns = 1234 * DRILL_MS + 999;
    assert_gives(DRILL_KIND_TCP4, DRILL_TCP_TIMESTAMP, &now_ms, 4);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    ck_assert_int_eq(give(DRILL_KIND_TCP4, DRILL_SO_SNDBUFFORCE), -ENOPROTOOPT);
    ck_assert_int_eq(give(DRILL_KIND_TCP4, DRILL_SO_CNX_ADVICE), -ENOPROTOOPT);
    ck_assert_int_eq(give(DRILL_KIND_UDP4, DRILL_IP_ADD_MEMBERSHIP), -ENOPROTOOPT);
    ck_assert_int_eq(give(DRILL_KIND_UDP4, DRILL_IP_MTU), -ENOTCONN);
    ck_assert_int_eq(give(DRILL_KIND_UDP6, DRILL_IPV6_MTU), -ENOTCONN);
    ck_assert_int_eq(give(DRILL_KIND_UDP6, DRILL_IPV6_PATHMTU), -ENOTCONN);
    ck_assert_int_eq(drill_option_give(&file, DRILL_KIND_UDP6, DRILL_IPV6_PATHMTU, room, 31),
                     -EINVAL);
    ck_assert_int_eq(give(DRILL_KIND_TCP4, DRILL_TCP_REPAIR_QUEUE), -EINVAL);
    ck_assert_int_eq(give(DRILL_KIND_UDP6, DRILL_IPV6_2292PKTOPTIONS), -ENOPROTOOPT);
    ck_assert_int_eq(give(DRILL_KIND_TCP6, DRILL_IPV6_2292PKTOPTIONS), 0);
    ck_assert_int_eq(give(DRILL_KIND_TCP4, DRILL_TCP_SAVED_SYN), 0);
}
END_TEST

Suite *option_give_suite(void)
{
    Suite *suite = suite_create("option_give");
    TCase *tests = tcase_create("option_give");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, numbers_are_given_as_they_are);
    tcase_add_test(tests, linger_is_given_with_its_time);
    tcase_add_test(tests, timeouts_are_given_by_direction);
    tcase_add_test(tests, congestion_control_is_cubic_at_first);
    tcase_add_test(tests, a_device_needs_room_for_the_longest_name);
    tcase_add_test(tests, no_segment_is_shown_as_the_least);
    tcase_add_test(tests, a_pacing_rate_of_minus_one_is_no_limit);
    tcase_add_test(tests, memory_tells_the_buffers);
    tcase_add_test(tests, structures_are_given_whole);
    tcase_add_test(tests, the_clock_of_tcp_is_in_milliseconds);
    tcase_add_test(tests, what_cannot_be_read_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
