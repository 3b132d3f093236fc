#include "emu/flow.h"

#include <check.h>

#include "emu/types.h"
#include "tests/draws.h"

enum { SEGMENT = 1000, WINDOW = 100 * SEGMENT };

static struct drill_flow flow;

static void setup(void)
{
    drill_flow_init(&flow, 0, WINDOW, SEGMENT);
}

/* Sends packets up to the limit, all at one time. */
static void fill(int64_t now_ns)
{
    while (flow.sent + SEGMENT <= drill_flow_limit(&flow))
        drill_flow_sent(&flow, flow.sent + SEGMENT, now_ns);
}

static bool acked(uint64_t packets)
{
    return drill_flow_acked(&flow, packets * SEGMENT, true, 0);
}

START_TEST(a_flow_begins_with_ten_packets)
{
    fill(0);
    ck_assert_uint_eq(flow.sent, 10 * SEGMENT);
    ck_assert_uint_eq(flow.highest, 10 * SEGMENT);
}
END_TEST

START_TEST(slow_start_sends_two_packets_for_each_acknowledged)
{
    fill(0);
    for (uint64_t i = 1; i <= 10; i++) {
        ck_assert(!acked(i));
        fill(0);
        ck_assert_uint_eq(flow.sent, (10 + 2 * i) * SEGMENT);
    }
}
END_TEST

START_TEST(beyond_the_threshold_a_window_brings_one_packet_more)
{
    flow.threshold = 10 * SEGMENT;
    fill(0);
    for (uint64_t i = 1; i <= 10; i++)
        acked(i);
    ck_assert_uint_ge(flow.window, 10 * SEGMENT + SEGMENT * 9 / 10);
    ck_assert_uint_le(flow.window, 11 * SEGMENT + 10);
}
END_TEST

START_TEST(the_window_of_the_peer_is_a_limit)
{
    flow.edge = 3 * SEGMENT;
    fill(0);
    ck_assert_uint_eq(flow.sent, 3 * SEGMENT);
}
END_TEST

START_TEST(three_duplicates_mean_loss)
{
    fill(0);
    ck_assert(!acked(1));
    ck_assert(!acked(1));
    ck_assert(!acked(1));
    ck_assert(acked(1));
    ck_assert(flow.recovering);
    ck_assert_uint_eq(flow.threshold, 9 * SEGMENT / 2);
    ck_assert_uint_eq(flow.retries, 0);
    ck_assert(!acked(1));
}
END_TEST

START_TEST(an_acknowledgement_that_brings_something_is_no_duplicate)
{
    fill(0);
    for (int i = 0; i < 10; i++)
        ck_assert(!drill_flow_acked(&flow, 0, false, 0));
    ck_assert(!flow.recovering);
}
END_TEST

START_TEST(without_anything_under_way_there_are_no_duplicates)
{
    for (int i = 0; i < 10; i++)
        ck_assert(!acked(0));
    ck_assert_uint_eq(flow.duplicates, 0);
}
END_TEST

START_TEST(each_of_two_duplicates_lets_one_packet_more_go)
{
    fill(0);
    acked(0);
    fill(0);
    ck_assert_uint_eq(flow.sent, 11 * SEGMENT);
    acked(0);
    fill(0);
    ck_assert_uint_eq(flow.sent, 12 * SEGMENT);
}
END_TEST

START_TEST(a_partial_answer_sends_the_next_hole)
{
    fill(0);
    for (int i = 0; i < 3; i++)
        acked(0);
    ck_assert(flow.recovering);
    ck_assert(acked(4)); /* the fifth was lost too */
    ck_assert(flow.recovering);
    ck_assert(acked(7));
    ck_assert(!acked(10));
    ck_assert(!flow.recovering);
    ck_assert_uint_eq(flow.window, flow.threshold);
}
END_TEST

START_TEST(a_partial_answer_lets_no_burst_go)
{
    fill(0);
    for (int i = 0; i < 8; i++)
        acked(0);
    fill(0);
    const uint64_t before = drill_flow_limit(&flow);
    acked(6);
    ck_assert_uint_le(drill_flow_limit(&flow), before + SEGMENT);
}
END_TEST

START_TEST(a_loss_in_the_next_window_is_found_at_once)
{
    fill(0);
    for (int i = 0; i < 3; i++)
        acked(0);
    acked(10);
    fill(0);
    ck_assert_uint_gt(flow.sent, 10 * SEGMENT);
    acked(10);
    acked(10);
    ck_assert(acked(10));
}
END_TEST

START_TEST(a_timeout_begins_again_with_one_packet)
{
    fill(0);
    drill_flow_timed_out(&flow);
    ck_assert_uint_eq(flow.sent, 0);
    ck_assert_uint_eq(flow.highest, 10 * SEGMENT);
    ck_assert_uint_eq(flow.threshold, 5 * SEGMENT);
    fill(0);
    ck_assert_uint_eq(flow.sent, SEGMENT);
}
END_TEST

START_TEST(what_a_timeout_sent_again_for_nothing_tells_of_no_loss)
{
    fill(0);
    drill_flow_timed_out(&flow);
    fill(0);
    for (int i = 0; i < 5; i++)
        ck_assert(!acked(0));
    ck_assert(!acked(10));
    fill(0);
    for (int i = 0; i < 5; i++)
        ck_assert(!acked(10));
    ck_assert(!flow.recovering);
    acked(11);
    fill(0);
    acked(11);
    acked(11);
    ck_assert(acked(11));
}
END_TEST

START_TEST(an_answer_to_what_fell_behind_goes_on_behind_it)
{
    fill(0);
    drill_flow_timed_out(&flow);
    acked(7);
    ck_assert_uint_eq(flow.sent, 7 * SEGMENT);
    fill(0);
    ck_assert_uint_eq(flow.sent, 9 * SEGMENT);
}
END_TEST

START_TEST(the_first_timeout_is_a_second_and_doubles_up_to_two_minutes)
{
    int64_t expected = DRILL_SECOND;

    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(drill_flow_timeout(&flow), expected);
        drill_flow_timed_out(&flow);
        expected = 2 * expected < DRILL_RTO_MAX_NS ? 2 * expected : DRILL_RTO_MAX_NS;
    }
}
END_TEST

static void round_of(int64_t round_ns)
{
    drill_flow_sent(&flow, flow.sent + SEGMENT, 1000);
    drill_flow_acked(&flow, flow.sent, true, 1000 + round_ns);
}

START_TEST(the_timeout_follows_the_round_trip)
{
    drill_flow_measured(&flow, 40 * DRILL_MS); /* RFC 6298 2.2: R + max(the minimum, 4 * R / 2) */
    ck_assert_int_eq(flow.smoothed_ns, 40 * DRILL_MS);
    ck_assert_int_eq(drill_flow_timeout(&flow), 240 * DRILL_MS);
    round_of(120 * DRILL_MS); /* 2.3: 40 + 80 / 8; variance 20 + (80 - 20) / 4 */
    ck_assert_int_eq(flow.smoothed_ns, 50 * DRILL_MS);
    ck_assert_int_eq(flow.variance_ns, 35 * DRILL_MS);
    ck_assert_int_eq(drill_flow_timeout(&flow), 250 * DRILL_MS);
    setup();
    round_of(DRILL_SECOND);
    ck_assert_int_eq(drill_flow_timeout(&flow), 3 * DRILL_SECOND);
}
END_TEST

START_TEST(what_was_sent_twice_is_not_timed)
{
    fill(0);
    drill_flow_timed_out(&flow);
    fill(0);
    drill_flow_acked(&flow, 10 * SEGMENT, true, 50 * DRILL_SECOND);
    ck_assert_int_eq(flow.smoothed_ns, 0);
    ck_assert_int_eq(drill_flow_timeout(&flow), DRILL_RTO_FIRST_NS);
}
END_TEST

START_TEST(progress_ends_the_backing_off)
{
    fill(0);
    drill_flow_timed_out(&flow);
    drill_flow_timed_out(&flow);
    acked(1);
    ck_assert_int_eq(drill_flow_timeout(&flow), DRILL_RTO_FIRST_NS);
}
END_TEST

START_TEST(how_long_nothing_was_answered_counts_from_the_oldest)
{
    drill_flow_sent(&flow, SEGMENT, 5);
    drill_flow_sent(&flow, 2 * SEGMENT, 9);
    ck_assert_int_eq(flow.unanswered_since_ns - 1, 5);
    drill_flow_acked(&flow, SEGMENT, true, 20);
    ck_assert_int_eq(flow.unanswered_since_ns - 1, 20);
    drill_flow_acked(&flow, 2 * SEGMENT, true, 30);
    ck_assert_int_eq(flow.unanswered_since_ns, 0);
}
END_TEST

START_TEST(pieces_join_what_is_there)
{
    ck_assert_uint_eq(drill_flow_arrived(&flow, 0, 20, 30), 0);
    ck_assert_uint_eq(drill_flow_arrived(&flow, 0, 40, 50), 0);
    ck_assert_uint_eq(flow.piece_count, 2);
    ck_assert_uint_eq(drill_flow_arrived(&flow, 0, 30, 40), 0);
    ck_assert_uint_eq(flow.piece_count, 1);
    ck_assert_uint_eq(drill_flow_arrived(&flow, 0, 0, 20), 50);
    ck_assert_uint_eq(flow.piece_count, 0);
    ck_assert_uint_eq(drill_flow_arrived(&flow, 50, 10, 40), 50);
}
END_TEST

START_TEST(a_piece_too_many_is_as_good_as_lost)
{
    for (uint64_t i = 0; i < DRILL_FLOW_PIECES + 4; i++)
        drill_flow_arrived(&flow, 0, 10 + 10 * i, 15 + 10 * i);
    ck_assert_uint_eq(flow.piece_count, DRILL_FLOW_PIECES);
    ck_assert_uint_eq(drill_flow_arrived(&flow, 0, 0, 10), 15);
    ck_assert_uint_eq(flow.piece_count, DRILL_FLOW_PIECES - 1);
}
END_TEST

START_TEST(what_is_told_to_be_there_is_there)
{
    enum { BYTES = 300, ROUNDS = 5000 };
    uint64_t state = 0xf10;

    for (int round = 0; round < ROUNDS / 50; round++) {
        bool there[BYTES] = {false};
        uint64_t arrived = 0;
        setup();
        for (int i = 0; i < 50; i++) {
            const uint64_t from = draw_below(&state, BYTES - 30),
                           to = from + draw_below(&state, 30);
            if (to == from)
                continue;
            for (uint64_t at = from; at < to; at++)
                there[at] = true;
            arrived = drill_flow_arrived(&flow, arrived, from, to);
            for (uint64_t at = 0; at < arrived; at++)
                ck_assert(there[at]);
            ck_assert(flow.piece_count == DRILL_FLOW_PIECES || !there[arrived]);
            for (uint32_t piece = 0; piece < flow.piece_count; piece++) {
                ck_assert_uint_gt(flow.pieces[piece].from,
                                  piece == 0 ? arrived : flow.pieces[piece - 1].to);
                ck_assert_uint_lt(flow.pieces[piece].from, flow.pieces[piece].to);
            }
        }
    }
}
END_TEST

Suite *flow_suite(void);

Suite *flow_suite(void)
{
    Suite *suite = suite_create("flow");
    TCase *tests = tcase_create("cursors");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_flow_begins_with_ten_packets);
    tcase_add_test(tests, slow_start_sends_two_packets_for_each_acknowledged);
    tcase_add_test(tests, beyond_the_threshold_a_window_brings_one_packet_more);
    tcase_add_test(tests, the_window_of_the_peer_is_a_limit);
    tcase_add_test(tests, three_duplicates_mean_loss);
    tcase_add_test(tests, an_acknowledgement_that_brings_something_is_no_duplicate);
    tcase_add_test(tests, without_anything_under_way_there_are_no_duplicates);
    tcase_add_test(tests, each_of_two_duplicates_lets_one_packet_more_go);
    tcase_add_test(tests, a_partial_answer_sends_the_next_hole);
    tcase_add_test(tests, a_partial_answer_lets_no_burst_go);
    tcase_add_test(tests, a_loss_in_the_next_window_is_found_at_once);
    tcase_add_test(tests, a_timeout_begins_again_with_one_packet);
    tcase_add_test(tests, what_a_timeout_sent_again_for_nothing_tells_of_no_loss);
    tcase_add_test(tests, an_answer_to_what_fell_behind_goes_on_behind_it);
    tcase_add_test(tests, the_first_timeout_is_a_second_and_doubles_up_to_two_minutes);
    tcase_add_test(tests, the_timeout_follows_the_round_trip);
    tcase_add_test(tests, what_was_sent_twice_is_not_timed);
    tcase_add_test(tests, progress_ends_the_backing_off);
    tcase_add_test(tests, how_long_nothing_was_answered_counts_from_the_oldest);
    tcase_add_test(tests, pieces_join_what_is_there);
    tcase_add_test(tests, a_piece_too_many_is_as_good_as_lost);
    tcase_add_test(tests, what_is_told_to_be_there_is_there);
    suite_add_tcase(suite, tests);
    return suite;
}
