#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

static struct stage stage;
static struct tap tap;
static char byte;

/* A connection on links that never lose anything unless they are cut. */
static void setup(void)
{
    stage_open(&stage, NULL);
    tap_open(&tap, &stage);
    stage_connect(&stage);
    ck_assert_int_eq(drill_run(stage.world), 0);
    tap.seen_count = 0;
}

static void teardown(void)
{
    stage_close(&stage);
}

static void cut(void)
{
    drill_partition(stage.client, stage.server);
    drill_partition(stage.server, stage.client);
}

static void heal(void)
{
    drill_heal(stage.client, stage.server);
    drill_heal(stage.server, stage.client);
}

static void wait_until(int64_t when_ns)
{
    ck_assert_int_eq(drill_run_until(stage.world, when_ns), 0);
}

START_TEST(data_is_sent_again_after_twice_the_time_and_given_up_as_linux_does)
{
    int64_t due = 0, timeout = 200 * DRILL_MS;

    cut();
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ETIMEDOUT);
    ck_assert_int_eq(drill_now(stage.world) / DRILL_MS, 924600);
    const size_t count = tap_count(&tap, true, DRILL_PACKET_DATA);
    ck_assert_uint_eq(count, 16);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(tap_find(&tap, true, DRILL_PACKET_DATA, i)->at_ns / DRILL_MS,
                         due / DRILL_MS);
        due += timeout;
        timeout = 2 * timeout < DRILL_RTO_MAX_NS ? 2 * timeout : DRILL_RTO_MAX_NS;
    }
}
END_TEST

START_TEST(who_writes_after_a_timeout_finds_a_broken_pipe)
{
    cut();
    say(stage.client, stage.near, "x");
    wait_until(1000 * DRILL_SECOND);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
    ck_assert_int_eq(give(stage.client, stage.near, "y", 1, 0), -ETIMEDOUT);
    ck_assert_int_eq(give(stage.client, stage.near, "y", 1, 0), -EPIPE);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
}
END_TEST

START_TEST(a_partition_that_heals_in_time_means_delay)
{
    cut();
    say(stage.client, stage.near, "x");
    wait_until(800 * DRILL_SECOND);
    heal();
    hear(stage.server, stage.far, "x");
    ck_assert_int_eq(drill_now(stage.world) / DRILL_MS, 804600);
}
END_TEST

START_TEST(patience_begins_anew_with_every_answer)
{
    for (int round = 0; round < 3; round++) {
        cut();
        say(stage.client, stage.near, "x");
        wait_until(drill_now(stage.world) + 600 * DRILL_SECOND);
        heal();
        hear(stage.server, stage.far, "x");
        wait_until(drill_now(stage.world) + DRILL_SECOND);
    }
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
}
END_TEST

START_TEST(a_program_can_have_less_patience)
{
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
    cut();
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ETIMEDOUT);
    ck_assert_int_ge(drill_now(stage.world), 5 * DRILL_SECOND);
    ck_assert_int_le(drill_now(stage.world), 13 * DRILL_SECOND);
}
END_TEST

START_TEST(a_socket_nobody_holds_gives_up_earlier)
{
    const uint64_t live = drill_stats(stage.world).live_allocations;

    cut();
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(drill_now(stage.world) / DRILL_MS, 102200);
    ck_assert_uint_lt(drill_stats(stage.world).live_allocations, live);
}
END_TEST

/* Fills the server's window; its program does not read. */
static void fill(void)
{
    static char block[1 << 20];

    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    wait_until(drill_now(stage.world) + DRILL_SECOND);
}

START_TEST(a_shut_window_is_probed_ever_more_rarely)
{
    fill();
    const size_t before = tap_count(&tap, true, DRILL_PACKET_ACK);
    wait_until(drill_now(stage.world) + 100 * DRILL_SECOND);
    const size_t probes = tap_count(&tap, true, DRILL_PACKET_ACK) - before;
    ck_assert_uint_ge(probes, 5);
    ck_assert_uint_le(probes, 10);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 0);
}
END_TEST

START_TEST(a_shut_window_that_answers_is_waited_for)
{
    fill();
    wait_until(10000 * DRILL_SECOND);
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLERR, 0);
}
END_TEST

START_TEST(a_shut_window_that_answers_no_more_is_given_up)
{
    fill();
    cut();
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ETIMEDOUT);
    ck_assert_int_ge(drill_now(stage.world), 900 * DRILL_SECOND);
    ck_assert_int_le(drill_now(stage.world), 1100 * DRILL_SECOND);
}
END_TEST

START_TEST(a_run_does_not_go_on_for_a_window_that_stays_shut)
{
    fill();
    const int64_t before = drill_now(stage.world);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(drill_now(stage.world), before);
}
END_TEST

static void keep_alive(void)
{
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(stage.client, stage.near, SOL_SOCKET, SO_KEEPALIVE, 1);
}

START_TEST(keepalive_finds_out_that_the_peer_is_dead)
{
    keep_alive();
    cut();
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ETIMEDOUT);
    ck_assert_int_eq(drill_now(stage.world), 25 * DRILL_SECOND);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_ACK), 3);
    ck_assert_int_eq(tap_find(&tap, true, DRILL_PACKET_ACK, 1)->at_ns, 15 * DRILL_SECOND);
}
END_TEST

START_TEST(keepalive_leaves_a_peer_alone_that_answers)
{
    keep_alive();
    wait_until(3600 * DRILL_SECOND);
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_ACK), 360);
    ck_assert_int_eq(tcp_state(stage.server, stage.far), DRILL_TCP_ESTABLISHED);
}
END_TEST

START_TEST(talk_puts_keepalive_off)
{
    keep_alive();
    for (int i = 1; i <= 10; i++) {
        say(stage.server, stage.far, "x");
        hear(stage.client, stage.near, "x");
        wait_until(i * 9 * DRILL_SECOND);
    }
    for (size_t i = 0; i < tap.seen_count; i++)
        ck_assert_int_eq(tap.seen[i].at_ns % (9 * DRILL_SECOND), 0);
}
END_TEST

START_TEST(keepalive_finds_a_peer_that_has_started_anew)
{
    keep_alive();
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
    ck_assert_int_eq(drill_now(stage.world), 10 * DRILL_SECOND);
}
END_TEST

START_TEST(keepalive_can_be_turned_off_again)
{
    keep_alive();
    set_option(stage.client, stage.near, SOL_SOCKET, SO_KEEPALIVE, 0);
    cut();
    wait_until(3600 * DRILL_SECOND);
    ck_assert_uint_eq(tap.seen_count, 0);
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
}
END_TEST

START_TEST(without_keepalive_a_dead_peer_is_never_missed)
{
    cut();
    wait_until(INT64_C(365) * 86400 * DRILL_SECOND);
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
    ck_assert_uint_eq(tap.seen_count, 0);
}
END_TEST

Suite *tcp_timer_suite(void);

Suite *tcp_timer_suite(void)
{
    Suite *suite = suite_create("tcp_timer");
    TCase *tests = tcase_create("patience");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, data_is_sent_again_after_twice_the_time_and_given_up_as_linux_does);
    tcase_add_test(tests, who_writes_after_a_timeout_finds_a_broken_pipe);
    tcase_add_test(tests, a_partition_that_heals_in_time_means_delay);
    tcase_add_test(tests, patience_begins_anew_with_every_answer);
    tcase_add_test(tests, a_program_can_have_less_patience);
    tcase_add_test(tests, a_socket_nobody_holds_gives_up_earlier);
    tcase_add_test(tests, a_shut_window_is_probed_ever_more_rarely);
    tcase_add_test(tests, a_shut_window_that_answers_is_waited_for);
    tcase_add_test(tests, a_shut_window_that_answers_no_more_is_given_up);
    tcase_add_test(tests, a_run_does_not_go_on_for_a_window_that_stays_shut);
    tcase_add_test(tests, keepalive_finds_out_that_the_peer_is_dead);
    tcase_add_test(tests, keepalive_leaves_a_peer_alone_that_answers);
    tcase_add_test(tests, talk_puts_keepalive_off);
    tcase_add_test(tests, keepalive_finds_a_peer_that_has_started_anew);
    tcase_add_test(tests, keepalive_can_be_turned_off_again);
    tcase_add_test(tests, without_keepalive_a_dead_peer_is_never_missed);
    suite_add_tcase(suite, tests);
    return suite;
}
