#include <check.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

enum { SEGMENT = 1460 };

static struct stage stage;
static struct tap tap;
static char block[1 << 20];

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = 20 * DRILL_MS});
    ck_assert_int_eq(drill_run(stage.world), 0);
}

static void teardown(void)
{
    stage_close(&stage);
}

static struct tcp_info info_of(struct drill_host *host, int fd)
{
    struct tcp_info info;
    size_t size = sizeof info;

    memset(&info, 0xee, sizeof info);
    drill_enter(host);
    ck_assert_int_eq(drill_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info;
}

static struct tcp_info near_info(void)
{
    return info_of(stage.client, stage.near);
}

START_TEST(the_round_trip_is_told)
{
    ck_assert_uint_eq(near_info().tcpi_rtt, 40000);
    ck_assert_uint_eq(near_info().tcpi_rto, 240000);
    ck_assert_uint_eq(near_info().tcpi_snd_mss, SEGMENT);
    ck_assert_uint_eq(near_info().tcpi_snd_cwnd, 10);
}
END_TEST

START_TEST(what_is_under_way_and_what_was_acknowledged_is_told)
{
    ck_assert_int_eq(give(stage.client, stage.near, block, 20 * SEGMENT, 0), 20 * SEGMENT);
    ck_assert_uint_eq(near_info().tcpi_unacked, 10);
    ck_assert_uint_eq(near_info().tcpi_bytes_acked, 0);
    ck_assert_uint_eq(near_info().tcpi_notsent_bytes, 10 * SEGMENT);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(near_info().tcpi_unacked, 0);
    ck_assert_uint_eq(near_info().tcpi_bytes_acked, 20 * SEGMENT);
    ck_assert_uint_gt(near_info().tcpi_snd_cwnd, 10);
    ck_assert_uint_eq(info_of(stage.server, stage.far).tcpi_bytes_received, 20 * SEGMENT);
}
END_TEST

START_TEST(timeouts_and_what_was_sent_again_are_told)
{
    drill_partition(stage.client, stage.server);
    say(stage.client, stage.near, "x");
    drill_run_until(stage.world, drill_now(stage.world) + 1800 * DRILL_MS);
    const struct tcp_info info = near_info();
    ck_assert_uint_eq(info.tcpi_retransmits, 3); /* after 0.24, 0.72 and 1.68 s */
    ck_assert_uint_eq(info.tcpi_backoff, 3);
    ck_assert_uint_eq(info.tcpi_total_retrans, 3);
    ck_assert_uint_eq(info.tcpi_rto, 8 * 240000);
    ck_assert_uint_eq(info.tcpi_ca_state, 4); /* TCP_CA_Loss */
}
END_TEST

START_TEST(a_loss_that_duplicates_told_is_told)
{
    tap_open(&tap, &stage);
    tap_drop(&tap, true, DRILL_PACKET_DATA, 2, 1);
    ck_assert_int_eq(give(stage.client, stage.near, block, 20 * SEGMENT, 0), 20 * SEGMENT);
    drill_run_until(stage.world, drill_now(stage.world) + 45 * DRILL_MS);
    ck_assert_uint_eq(near_info().tcpi_ca_state, 3); /* TCP_CA_Recovery */
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(near_info().tcpi_ca_state, 0);
    ck_assert_uint_lt(near_info().tcpi_snd_ssthresh, 10);
}
END_TEST

START_TEST(a_shut_window_is_told_by_its_probes)
{
    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    drill_run_until(stage.world, drill_now(stage.world) + 20 * DRILL_SECOND);
    ck_assert_uint_gt(near_info().tcpi_probes, 1);
    ck_assert_uint_eq(near_info().tcpi_retransmits, 0);
}
END_TEST

START_TEST(the_state_is_told)
{
    ck_assert_uint_eq(info_of(stage.server, stage.listener).tcpi_state, DRILL_TCP_LISTEN);
    ck_assert_uint_eq(info_of(stage.server, stage.listener).tcpi_unacked, 0);
    ck_assert_uint_eq(info_of(stage.server, stage.listener).tcpi_sacked, 16);
    ck_assert_uint_eq(near_info().tcpi_state, DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_uint_eq(near_info().tcpi_state, DRILL_TCP_FIN_WAIT1);
    const int fresh = tcp_socket(stage.client);
    ck_assert_uint_eq(info_of(stage.client, fresh).tcpi_state, DRILL_TCP_CLOSED);
    ck_assert_uint_eq(info_of(stage.client, fresh).tcpi_snd_mss, 536);
}
END_TEST

START_TEST(a_short_buffer_gets_the_beginning_of_it)
{
    uint8_t state[2] = {0, 0xee};
    size_t size = 1;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_getsockopt(stage.near, IPPROTO_TCP, TCP_INFO, state, &size), 0);
    ck_assert_uint_eq(size, 1);
    ck_assert_uint_eq(state[0], DRILL_TCP_ESTABLISHED);
    ck_assert_uint_eq(state[1], 0xee);
}
END_TEST

START_TEST(a_calm_connection_tells_as_much)
{
    teardown();
    stage_open(&stage, NULL);
    stage_connect(&stage);
    say(stage.client, stage.near, "four");
    ck_assert_uint_eq(near_info().tcpi_bytes_acked, 4);
    ck_assert_uint_eq(near_info().tcpi_unacked, 0);
    ck_assert_uint_eq(info_of(stage.server, stage.far).tcpi_bytes_received, 4);
}
END_TEST

Suite *tcp_info_suite(void);

Suite *tcp_info_suite(void)
{
    Suite *suite = suite_create("tcp_info");
    TCase *tests = tcase_create("told");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_round_trip_is_told);
    tcase_add_test(tests, what_is_under_way_and_what_was_acknowledged_is_told);
    tcase_add_test(tests, timeouts_and_what_was_sent_again_are_told);
    tcase_add_test(tests, a_loss_that_duplicates_told_is_told);
    tcase_add_test(tests, a_shut_window_is_told_by_its_probes);
    tcase_add_test(tests, the_state_is_told);
    tcase_add_test(tests, a_short_buffer_gets_the_beginning_of_it);
    tcase_add_test(tests, a_calm_connection_tells_as_much);
    suite_add_tcase(suite, tests);
    return suite;
}
