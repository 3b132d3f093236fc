#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

enum { SEGMENT = 1460 };

static const struct drill_link slow = {.delay_ns = 10 * DRILL_MS};
static struct stage stage;
static struct tap tap;

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect_over(&stage, &slow);
    ck_assert_int_eq(drill_run(stage.world), 0);
    tap_open(&tap, &stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static const struct seen *data(size_t index)
{
    return tap_find(&tap, true, DRILL_PACKET_DATA, index);
}

static size_t data_count(void)
{
    return tap_count(&tap, true, DRILL_PACKET_DATA);
}

/* How many packets of data were sent at a time that lies so long after the first. */
static size_t sent_after(int64_t after_ns)
{
    size_t count = 0;

    for (size_t i = 0; i < data_count(); i++)
        count += data(i)->at_ns - data(0)->at_ns == after_ns;
    return count;
}

START_TEST(a_second_small_write_waits_for_the_answer_to_the_first)
{
    say(stage.client, stage.near, "a");
    say(stage.client, stage.near, "b");
    say(stage.client, stage.near, "c");
    ck_assert_uint_eq(data_count(), 1);
    hear(stage.server, stage.far, "abc");
    ck_assert_uint_eq(data_count(), 2);
    ck_assert_uint_eq(data(1)->size, 2);
    ck_assert_int_eq(data(1)->at_ns - data(0)->at_ns, 20 * DRILL_MS);
}
END_TEST

START_TEST(without_delay_small_writes_go_at_once)
{
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_NODELAY, 1);
    say(stage.client, stage.near, "a");
    say(stage.client, stage.near, "b");
    ck_assert_uint_eq(data_count(), 2);
    hear(stage.server, stage.far, "ab");
}
END_TEST

START_TEST(setting_no_delay_lets_go_what_waits)
{
    say(stage.client, stage.near, "a");
    say(stage.client, stage.near, "b");
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_NODELAY, 1);
    ck_assert_uint_eq(data_count(), 2);
}
END_TEST

START_TEST(a_cork_holds_until_it_is_pulled)
{
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_CORK, 1);
    say(stage.client, stage.near, "a");
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND / 10), 0);
    ck_assert_uint_eq(data_count(), 0);
    say(stage.client, stage.near, "b");
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_CORK, 0);
    ck_assert_uint_eq(data_count(), 1);
    ck_assert_uint_eq(data(0)->size, 2);
}
END_TEST

START_TEST(more_to_come_is_waited_for)
{
    ck_assert_int_eq(give(stage.client, stage.near, "head", 4, MSG_MORE), 4);
    ck_assert_uint_eq(data_count(), 0);
    say(stage.client, stage.near, "body");
    ck_assert_uint_eq(data_count(), 1);
    ck_assert_uint_eq(data(0)->size, 8);
}
END_TEST

START_TEST(the_end_carries_off_what_waits)
{
    say(stage.client, stage.near, "a");
    say(stage.client, stage.near, "b");
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_uint_eq(data_count(), 2);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_FIN), 1);
}
END_TEST

START_TEST(slow_start_doubles_what_goes_in_a_round_trip)
{
    static char block[100 * SEGMENT];

    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(sent_after(0), 10);
    ck_assert_uint_eq(sent_after(20 * DRILL_MS), 20);
    ck_assert_uint_eq(sent_after(40 * DRILL_MS), 40);
}
END_TEST

START_TEST(a_reader_that_does_not_read_stops_the_sender)
{
    static char block[1 << 20];
    int size = 0;

    drill_enter(stage.server);
    ck_assert_int_eq(drill_getsockopt_int(stage.far, SOL_SOCKET, SO_RCVBUF, &size), 0);
    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(drill_run_until(stage.world, 10 * DRILL_SECOND), 0);
    uint64_t furthest = 0;
    for (size_t i = 0; i < data_count(); i++)
        furthest =
            data(i)->offset + data(i)->size > furthest ? data(i)->offset + data(i)->size : furthest;
    ck_assert_uint_eq(furthest, (uint64_t)size);
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, MSG_WAITALL), sizeof block);
}
END_TEST

START_TEST(a_full_buffer_turns_a_writer_away_until_there_is_room)
{
    static char block[1 << 16];
    ssize_t sent;

    while ((sent = give(stage.client, stage.near, block, sizeof block, MSG_DONTWAIT)) > 0)
        continue;
    ck_assert_int_eq(sent, -EAGAIN);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLOUT, 0);
    int queued = 0;
    ck_assert_int_eq(drill_ioctl_int(stage.near, DRILL_SIOCOUTQ, &queued), 0);
    ck_assert_int_gt(queued, 1 << 20);
    int64_t left = queued / 2;
    while (left > 0)
        left -= take(stage.server, stage.far, block, sizeof block, 0);
    ck_assert_int_eq(drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND), 0);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLOUT, POLLOUT);
}
END_TEST

static void check_segment(uint32_t mtu, uint32_t mtu_back, size_t expected)
{
    static char block[10000];

    teardown();
    stage_open(&stage, NULL);
    drill_link_set(stage.client, stage.server,
                   &(struct drill_link){.delay_ns = DRILL_MS, .mtu = mtu});
    drill_link_set(stage.server, stage.client,
                   &(struct drill_link){.delay_ns = DRILL_MS, .mtu = mtu_back});
    stage_connect(&stage);
    tap_open(&tap, &stage);
    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, MSG_WAITALL), sizeof block);
    ck_assert_uint_eq(data(0)->size, expected);
}

START_TEST(a_segment_fills_the_smaller_mtu_of_both_directions)
{
    check_segment(0, 0, 1460);
    check_segment(1000, 0, 960);
    check_segment(0, 1280, 1240);
    check_segment(9000, 9000, 8960);
}
END_TEST

/* When the segment of a number, which was dropped, went again. */
static int64_t sent_again(uint64_t number)
{
    for (size_t i = 0; i < data_count(); i++)
        if (data(i)->offset == number * SEGMENT && !data(i)->dropped)
            return data(i)->at_ns;
    ck_abort_msg("it was not sent again");
    return 0;
}

START_TEST(one_lost_segment_costs_a_round_trip_and_no_timeout)
{
    for (uint32_t lost = 0; lost < 60; lost += 7) {
        teardown();
        setup();
        tap_drop(&tap, true, DRILL_PACKET_DATA, lost, 1);
        stage_stream(&stage, true, 100 * SEGMENT);
        ck_assert_uint_eq(drill_stats(stage.world).retransmitted, 1);
        ck_assert_int_le(sent_again(lost) - data(lost)->at_ns, 40 * DRILL_MS);
    }
}
END_TEST

START_TEST(several_lost_in_a_window_cost_a_round_trip_each)
{
    tap_drop(&tap, true, DRILL_PACKET_DATA, 12, 4);
    const int64_t taken = stage_stream(&stage, true, 60 * SEGMENT);
    ck_assert_int_le(taken, 220 * DRILL_MS);
    ck_assert_uint_eq(drill_stats(stage.world).retransmitted, 4);
    for (uint64_t lost = 13; lost < 16; lost++)
        ck_assert_int_eq(sent_again(lost) - sent_again(lost - 1), 20 * DRILL_MS);
}
END_TEST

START_TEST(whichever_packet_is_lost_the_stream_is_whole)
{
    static const enum drill_packet_kind kinds[] = {DRILL_PACKET_DATA, DRILL_PACKET_ACK,
                                                   DRILL_PACKET_FIN};

    for (uint32_t lost = 0; lost < 25; lost++)
        for (size_t kind = 0; kind < 3; kind++) {
            teardown();
            setup();
            tap_drop(&tap, kinds[kind] != DRILL_PACKET_ACK, kinds[kind], lost, 1);
            stage_stream(&stage, true, 20 * SEGMENT + 1);
        }
}
END_TEST

START_TEST(a_lost_window_update_is_made_up_by_a_probe)
{
    static char block[1 << 20];
    int unread = 0;

    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(drill_run_until(stage.world, 5 * DRILL_SECOND), 0);
    drill_partition(stage.server, stage.client);
    ck_assert_int_gt(take(stage.server, stage.far, block, sizeof block, 0), 100000);
    drill_heal(stage.server, stage.client);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &unread), 0);
    ck_assert_int_eq(unread, 0);
    ck_assert_int_eq(drill_run_until(stage.world, 65 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &unread), 0);
    ck_assert_int_gt(unread, 100000);
}
END_TEST

Suite *tcp_output_suite(void);

Suite *tcp_output_suite(void)
{
    Suite *suite = suite_create("tcp_output");
    TCase *tests = tcase_create("sending");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_second_small_write_waits_for_the_answer_to_the_first);
    tcase_add_test(tests, without_delay_small_writes_go_at_once);
    tcase_add_test(tests, setting_no_delay_lets_go_what_waits);
    tcase_add_test(tests, a_cork_holds_until_it_is_pulled);
    tcase_add_test(tests, more_to_come_is_waited_for);
    tcase_add_test(tests, the_end_carries_off_what_waits);
    tcase_add_test(tests, slow_start_doubles_what_goes_in_a_round_trip);
    tcase_add_test(tests, a_reader_that_does_not_read_stops_the_sender);
    tcase_add_test(tests, a_full_buffer_turns_a_writer_away_until_there_is_room);
    tcase_add_test(tests, a_segment_fills_the_smaller_mtu_of_both_directions);
    tcase_add_test(tests, one_lost_segment_costs_a_round_trip_and_no_timeout);
    tcase_add_test(tests, several_lost_in_a_window_cost_a_round_trip_each);
    tcase_add_test(tests, whichever_packet_is_lost_the_stream_is_whole);
    tcase_add_test(tests, a_lost_window_update_is_made_up_by_a_probe);
    suite_add_tcase(suite, tests);
    return suite;
}
