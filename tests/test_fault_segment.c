#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/fault.h"
#include "emu/tcp.h"
#include "emu/witness.h"
#include "tests/rules.h"

enum { WINDOW = 4096 };

static char block[1 << 16];

static void setup(void)
{
    setup_traced();
    stage_connect(&stage);
    set_option(stage.client, stage.near, 6, 1, 1); /* TCP_NODELAY */
}

START_TEST(data_waits_and_what_comes_after_it_is_there_at_the_same_moment)
{
    const int id = add("coalesce 2ms");

    say(stage.client, stage.near, "one ");
    say(stage.client, stage.near, "two ");
    drill_run_until(stage.world, DRILL_MS);
    say(stage.client, stage.near, "three");
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, 0), 13);
    ck_assert_mem_eq(block, "one two three", 13);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_MS);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, ": joins <- packet #"), 2);
    say(stage.client, stage.near, "four");
    hear(stage.server, stage.far, "four");
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 2);
}
END_TEST

START_TEST(an_end_waits_behind_data_that_waits)
{
    add("coalesce 2ms");
    say(stage.client, stage.near, "text");
    end(stage.client, stage.near);
    hear(stage.server, stage.far, "text");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_MS);
}
END_TEST

static unsigned wrong_bits(size_t size)
{
    unsigned count = 0;

    ck_assert_int_eq(take(stage.server, stage.far, block, size, MSG_WAITALL), (ssize_t)size);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++)
            count += (block[i] >> bit & 1) != 0;
    return count;
}

START_TEST(bits_of_a_stream_flip_and_nobody_is_told)
{
    static const char zeros[3000];
    const int id = add("flip 3 nth 2");

    give(stage.client, stage.near, zeros, sizeof zeros, 0);
    ck_assert_uint_eq(wrong_bits(1460), 0);
    ck_assert_uint_eq(wrong_bits(1460), 3);
    ck_assert_uint_eq(wrong_bits(80), 0);
    ck_assert_int_eq(drill_now(stage.world), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(drill_stats(stage.world).retransmitted, 0);
}
END_TEST

START_TEST(bits_flip_at_any_offset_of_the_ring)
{
    static const char zeros[700];

    add("flip");
    for (int i = 0; i < 20; i++) {
        give(stage.client, stage.near, zeros, sizeof zeros, 0);
        ck_assert_uint_ge(wrong_bits(sizeof zeros), 1);
    }
}
END_TEST

/* Fills a window of a few thousand bytes until nothing more goes. */
static size_t fill(void)
{
    size_t sent = 0;
    ssize_t result;

    while ((result = give(stage.client, stage.near, block, 1024, MSG_DONTWAIT)) > 0)
        sent += (size_t)result;
    ck_assert_int_eq(result, -EAGAIN);
    return sent;
}

static void shrink(void)
{
    set_option(stage.server, stage.far, SOL_SOCKET, SO_RCVBUF, WINDOW / 2);
    set_option(stage.client, stage.near, SOL_SOCKET, SO_SNDBUF, WINDOW);
}

START_TEST(a_window_is_closed_for_so_long_and_opens_again)
{
    const int id = add("window_closed host server for 5s");

    stage_stream(&stage, true, 400000);
    ck_assert_int_ge(drill_now(stage.world), 5 * DRILL_SECOND);
    ck_assert_int_lt(drill_now(stage.world), 6 * DRILL_SECOND);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_ge(lines_with(&lines, "<- probe"), 2);
    ck_assert_uint_eq(lines_with(&lines, ": window closed <- fault window_closed#1"), 1);
}
END_TEST

START_TEST(what_was_on_its_way_into_a_window_that_closes_arrives_and_no_more_than_that)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = 10 * DRILL_MS});
    say(stage.client, stage.near, "one ");
    hear(stage.server, stage.far, "one ");
    add("window_closed host server for 5s");
    say(stage.client, stage.near, "two ");
    drill_run_until(stage.world, drill_now(stage.world) + 5 * DRILL_MS);
    say(stage.client, stage.near, "three ");
    drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
    say(stage.client, stage.near, "four");
    hear(stage.server, stage.far, "two three ");
    drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, MSG_DONTWAIT), -EAGAIN);
    hear(stage.server, stage.far, "four");
    ck_assert_int_ge(drill_now(stage.world), 5 * DRILL_SECOND);
}
END_TEST

START_TEST(a_window_opens_when_its_rule_goes)
{
    shrink();
    const int id = add("window_closed host server");
    fill();
    while (take(stage.server, stage.far, block, sizeof block, MSG_DONTWAIT) > 0)
        continue;
    fill();
    drill_run_until(stage.world, 20 * DRILL_SECOND);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, MSG_DONTWAIT), -EAGAIN);
    drill_fault_remove(stage.world, id);
    drill_run_until(stage.world, drill_now(stage.world));
    ck_assert_int_gt(take(stage.server, stage.far, block, 1, MSG_DONTWAIT), 0);
}
END_TEST

START_TEST(a_window_is_closed_until_the_time_of_its_rule_is_over)
{
    add("window_closed host server to 3s");
    stage_stream(&stage, true, 400000);
    ck_assert_int_ge(drill_now(stage.world), 3 * DRILL_SECOND);
    ck_assert_int_lt(drill_now(stage.world), 4 * DRILL_SECOND);
}
END_TEST

START_TEST(each_connection_has_its_own_window_and_its_own_time)
{
    const int near = stage.near, far = stage.far;

    stage_connect(&stage);
    const int id = add("window_closed host server for 2s");
    stage_stream(&stage, true, 400000);
    ck_assert_int_lt(drill_now(stage.world), 3 * DRILL_SECOND);
    const int64_t begun = drill_now(stage.world);
    stage.near = near;
    stage.far = far;
    stage_stream(&stage, true, 400000);
    ck_assert_int_ge(drill_now(stage.world), begun + 2 * DRILL_SECOND);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 2);
}
END_TEST

START_TEST(a_window_whose_opening_is_lost_opens_all_the_same)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 300000});
    add("window_closed for 1s");
    stage_stream(&stage, true, 300000);
    stage_stream(&stage, false, 300000);
}
END_TEST

START_TEST(a_connection_with_a_closed_window_can_end)
{
    shrink();
    add("window_closed host server");
    fill();
    end(stage.server, stage.far);
    drill_run_until(stage.world, 2 * DRILL_SECOND);
    ck_assert_int_lt(give(stage.client, stage.near, block, 1, MSG_NOSIGNAL | MSG_DONTWAIT), 0);
}
END_TEST

START_TEST(whichever_allocation_fails_a_window_that_is_closed_opens_again)
{
    add("window_closed host server for 5s");
    for (uint64_t n = 1; n < 8; n++) {
        const int64_t begun = drill_now(stage.world);
        stage_connect(&stage);
        stage_fail(&stage, n);
        const ssize_t sent = give(stage.client, stage.near, "x", 1, 0);
        stage_fail(&stage, 0);
        if (sent == 1)
            hear(stage.server, stage.far, "x");
        stage_stream(&stage, true, 1000);
        ck_assert_int_le(drill_now(stage.world), begun + 6 * DRILL_SECOND);
    }
}
END_TEST

static int connect_once(void)
{
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    const int result = drill_connect(fd, &there);
    drill_close(fd);
    return result;
}

START_TEST(a_connection_is_refused)
{
    add("refuse nth 1");
    const int id = add("backlog_reset nth 1");
    ck_assert_int_eq(connect_once(), -ECONNREFUSED);
    ck_assert_int_eq(connect_once(), -ECONNREFUSED);
    ck_assert_int_eq(connect_once(), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, "<- fault refuse#1: arrives"), 1);
}
END_TEST

START_TEST(a_syn_is_dropped_as_by_a_full_queue)
{
    add("backlog_drop nth 1");
    ck_assert_int_eq(connect_once(), 0);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_connection_hangs_until_it_gives_up_and_no_other_does)
{
    add("hang_connect nth 1");
    ck_assert_int_eq(connect_once(), -ETIMEDOUT);
    ck_assert_int_eq(connect_once(), 0);
    ck_assert_uint_gt(lines_with(&lines, ": lost <- fault hang_connect#1"), 5);
    drill_run(stage.world);
    ck_assert_uint_eq(stage.world->net.silenced, 0);
}
END_TEST

START_TEST(a_connection_is_heard_again_when_its_rule_goes)
{
    stage_connect(&stage);
    const int id = add("silent_close host client call send count 1");
    say(stage.client, stage.near, "text");
    drill_run_until(stage.world, 3 * DRILL_SECOND);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, MSG_DONTWAIT), -EAGAIN);
    drill_fault_remove(stage.world, id);
    ck_assert_uint_eq(stage.world->net.silenced, 0);
    hear(stage.server, stage.far, "text");
    drill_run(stage.world);
    const uint64_t packets = drill_stats(stage.world).packets;
    say(stage.client, stage.near, "calm");
    hear(stage.server, stage.far, "calm");
    ck_assert_uint_eq(drill_stats(stage.world).packets, packets);
}
END_TEST

Suite *fault_segment_suite(void);

Suite *fault_segment_suite(void)
{
    Suite *suite = suite_create("fault_segment");
    TCase *tests = tcase_create("fault_segment");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, data_waits_and_what_comes_after_it_is_there_at_the_same_moment);
    tcase_add_test(tests, an_end_waits_behind_data_that_waits);
    tcase_add_test(tests, bits_of_a_stream_flip_and_nobody_is_told);
    tcase_add_test(tests, bits_flip_at_any_offset_of_the_ring);
    tcase_add_test(tests, a_window_is_closed_for_so_long_and_opens_again);
    tcase_add_test(tests,
                   what_was_on_its_way_into_a_window_that_closes_arrives_and_no_more_than_that);
    tcase_add_test(tests, a_window_opens_when_its_rule_goes);
    tcase_add_test(tests, a_window_is_closed_until_the_time_of_its_rule_is_over);
    tcase_add_test(tests, each_connection_has_its_own_window_and_its_own_time);
    tcase_add_test(tests, a_window_whose_opening_is_lost_opens_all_the_same);
    tcase_add_test(tests, a_connection_with_a_closed_window_can_end);
    tcase_add_test(tests, whichever_allocation_fails_a_window_that_is_closed_opens_again);
    tcase_add_test(tests, a_connection_is_refused);
    tcase_add_test(tests, a_syn_is_dropped_as_by_a_full_queue);
    tcase_add_test(tests, a_connection_hangs_until_it_gives_up_and_no_other_does);
    tcase_add_test(tests, a_connection_is_heard_again_when_its_rule_goes);
    suite_add_tcase(suite, tests);
    return suite;
}
