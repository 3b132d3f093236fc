#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

enum { SEGMENT = 1460 };

static struct stage stage;
static struct tap tap;
static char byte;

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = 10 * DRILL_MS});
    ck_assert_int_eq(drill_run(stage.world), 0);
    tap_open(&tap, &stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void pass(int64_t time_ns)
{
    ck_assert_int_eq(drill_run_until(stage.world, drill_now(stage.world) + time_ns), 0);
}

static void reset_from_server(void)
{
    const struct linger now = {.l_onoff = 1};

    drill_enter(stage.server);
    ck_assert_int_eq(drill_setsockopt(stage.far, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    ck_assert_int_eq(drill_close(stage.far), 0);
    pass(15 * DRILL_MS);
}

START_TEST(a_reset_is_told_once_to_who_reads_first)
{
    reset_from_server();
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -EPIPE);
}
END_TEST

START_TEST(a_reset_is_told_once_to_who_writes_first)
{
    reset_from_server();
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ECONNRESET);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -EPIPE);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
}
END_TEST

START_TEST(what_came_before_a_reset_is_read_before_it_is_told)
{
    say(stage.server, stage.far, "last words");
    reset_from_server();
    ck_assert_int_eq(bits_of(stage.client, stage.near) & (POLLIN | POLLERR | POLLHUP),
                     POLLIN | POLLERR | POLLHUP);
    hear(stage.client, stage.near, "last words");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(a_reset_after_the_end_breaks_the_pipe)
{
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_WR), 0);
    pass(15 * DRILL_MS);
    reset_from_server();
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -EPIPE);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
}
END_TEST

static int64_t read_one(void *fd)
{
    char got;
    return drill_recvfrom(*(int *)fd, &got, 1, 0, NULL);
}

START_TEST(a_reset_for_what_only_waits_for_its_time_is_not_told)
{
    drill_hook(stage.world, NULL, NULL);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .duplicate_ppm = 1000000});
    say(stage.server, stage.far, "left");
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    pass(DRILL_MS);
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_WR), 0);
    pass(DRILL_SECOND); /* the last answer came twice, and the second found nobody */
    hear(stage.client, stage.near, "left");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
}
END_TEST

START_TEST(a_reset_wakes_who_waits)
{
    struct drill_task *reads = drill_start(stage.client, "reads", read_one, &stage.near);
    int64_t result = 0;

    pass(DRILL_SECOND);
    reset_from_server();
    ck_assert_int_eq(drill_join(reads, &result), 0);
    ck_assert_int_eq(result, -ECONNRESET);
}
END_TEST

START_TEST(a_host_that_has_started_anew_resets_old_connections)
{
    ck_assert_int_eq(drill_crash(stage.server), 0);
    pass(DRILL_SECOND);
    ck_assert_uint_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    say(stage.client, stage.near, "hello?");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 1);
}
END_TEST

START_TEST(a_host_that_is_down_does_not_answer)
{
    ck_assert_int_eq(drill_crash(stage.server), 0);
    say(stage.client, stage.near, "hello?");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ETIMEDOUT);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 0);
}
END_TEST

static struct drill_verdict first_is_late(void *context, const struct drill_packet_view *packet)
{
    const bool late = packet->kind == DRILL_PACKET_DATA && packet->offset == 0;

    (void)context;
    return (struct drill_verdict){.fate = late ? DRILL_DELIVER : DRILL_PASS,
                                  .delay_ns = 60 * DRILL_MS};
}

START_TEST(nothing_is_read_before_what_stands_in_front_of_it)
{
    char block[3 * SEGMENT];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)byte_at(i);
    drill_hook(stage.world, first_is_late, NULL);
    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    pass(59 * DRILL_MS);
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, MSG_DONTWAIT), -EAGAIN);
    pass(2 * DRILL_MS);
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, 0), sizeof block);
    for (size_t i = 0; i < sizeof block; i++)
        ck_assert_uint_eq((uint8_t)block[i], byte_at(i));
}
END_TEST

START_TEST(what_comes_twice_is_read_once)
{
    drill_hook(stage.world, NULL, NULL);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .duplicate_ppm = 1000000});
    stage_stream(&stage, true, 50 * SEGMENT);
}
END_TEST

START_TEST(a_damaged_segment_never_damages_the_stream)
{
    drill_hook(stage.world, NULL, NULL);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .corrupt_ppm = 200000});
    stage_stream(&stage, true, 100 * SEGMENT);
    ck_assert_uint_gt(drill_stats(stage.world).retransmitted, 5);
}
END_TEST

START_TEST(an_end_that_overtakes_data_waits_for_it)
{
    tap_drop(&tap, true, DRILL_PACKET_DATA, 0, 1);
    say(stage.client, stage.near, "data");
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    pass(30 * DRILL_MS);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, MSG_DONTWAIT), -EAGAIN);
    hear(stage.server, stage.far, "data");
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), 0);
}
END_TEST

START_TEST(both_directions_flow_at_once)
{
    struct stream streams[4] = {{.fd = stage.near, .total = 100 * SEGMENT},
                                {.fd = stage.far, .total = 70 * SEGMENT},
                                {.fd = stage.near},
                                {.fd = stage.far}};

    drill_start(stage.client, "sends", send_stream, &streams[0]);
    drill_start(stage.server, "sends", send_stream, &streams[1]);
    drill_start(stage.client, "receives", receive_stream, &streams[2]);
    drill_start(stage.server, "receives", receive_stream, &streams[3]);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(streams[3].done, 100 * SEGMENT);
    ck_assert_uint_eq(streams[2].done, 70 * SEGMENT);
    ck_assert(!streams[2].wrong && !streams[3].wrong);
}
END_TEST

START_TEST(held_packets_mean_delay_and_their_order_stays)
{
    drill_hold(stage.client, stage.server);
    say(stage.client, stage.near, "one");
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_NODELAY, 1);
    say(stage.client, stage.near, "two");
    pass(100 * DRILL_MS);
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLIN, 0);
    drill_release(stage.client, stage.server);
    hear(stage.server, stage.far, "onetwo");
}
END_TEST

Suite *tcp_input_suite(void);

Suite *tcp_input_suite(void)
{
    Suite *suite = suite_create("tcp_input");
    TCase *tests = tcase_create("arrivals");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_reset_is_told_once_to_who_reads_first);
    tcase_add_test(tests, a_reset_is_told_once_to_who_writes_first);
    tcase_add_test(tests, what_came_before_a_reset_is_read_before_it_is_told);
    tcase_add_test(tests, a_reset_after_the_end_breaks_the_pipe);
    tcase_add_test(tests, a_reset_for_what_only_waits_for_its_time_is_not_told);
    tcase_add_test(tests, a_reset_wakes_who_waits);
    tcase_add_test(tests, a_host_that_has_started_anew_resets_old_connections);
    tcase_add_test(tests, a_host_that_is_down_does_not_answer);
    tcase_add_test(tests, nothing_is_read_before_what_stands_in_front_of_it);
    tcase_add_test(tests, what_comes_twice_is_read_once);
    tcase_add_test(tests, a_damaged_segment_never_damages_the_stream);
    tcase_add_test(tests, an_end_that_overtakes_data_waits_for_it);
    tcase_add_test(tests, both_directions_flow_at_once);
    tcase_add_test(tests, held_packets_mean_delay_and_their_order_stays);
    suite_add_tcase(suite, tests);
    return suite;
}
