#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

enum { PAIRS = 1000 };

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static struct drill_tcp *end_of(struct drill_host *host, int fd)
{
    struct drill_file *file = drill_fds_find(&host->fds, fd);

    ck_assert_ptr_nonnull(file);
    return drill_tcp_of(file);
}

static struct drill_conn *conn(void)
{
    return end_of(stage.client, stage.near)->conn;
}

START_TEST(both_ends_find_one_connection)
{
    const struct drill_addr near = drill_conn_addr(conn(), 0), far = drill_conn_addr(conn(), 1);

    ck_assert_ptr_eq(end_of(stage.server, stage.far)->conn, conn());
    ck_assert_ptr_eq(drill_conn_find(stage.client, &near, &far), conn());
    ck_assert_ptr_eq(drill_conn_find(stage.server, &far, &near), conn());
    ck_assert_uint_eq(near.port, 32768);
    ck_assert_uint_eq(far.port, STAGE_PORT);
    struct drill_addr other = far;
    other.port++;
    ck_assert_ptr_null(drill_conn_find(stage.client, &near, &other));
}
END_TEST

START_TEST(loopback_connections_of_two_hosts_are_apart)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(127, 0, 0, 1, 90);
    struct drill_host *const hosts[] = {stage.client, stage.server};
    int near[2], far[2];

    for (int i = 0; i < 2; i++) { /* the same four-tuple on both */
        drill_limit(hosts[i], DRILL_LIMIT_PORT_FIRST, 50000);
        const int listener = tcp_socket(hosts[i]);
        ck_assert_int_eq(drill_bind(listener, &addr), 0);
        ck_assert_int_eq(drill_listen(listener, 1), 0);
        near[i] = tcp_socket(hosts[i]);
        ck_assert_int_eq(drill_connect(near[i], &addr), 0);
        far[i] = drill_accept(listener, NULL);
        ck_assert_int_ge(far[i], 0);
    }
    say(stage.client, near[0], "client");
    say(stage.server, near[1], "server");
    hear(stage.server, far[1], "server");
    hear(stage.client, far[0], "client");
}
END_TEST

START_TEST(a_calm_connection_has_no_flows_and_needs_no_events)
{
    const uint64_t before = drill_stats(stage.world).events;

    ck_assert(drill_conn_is_calm(conn()));
    for (int i = 0; i < 100; i++) {
        say(stage.client, stage.near, "ping");
        hear(stage.server, stage.far, "ping");
    }
    ck_assert_ptr_null(conn()->flows);
    ck_assert_uint_eq(drill_stats(stage.world).events, before);
}
END_TEST

START_TEST(a_connection_that_gets_a_slow_link_and_a_calm_one_again_loses_nothing)
{
    for (int round = 0; round < 3; round++) {
        say(stage.client, stage.near, "calm");
        stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 100000});
        say(stage.client, stage.near, "slow");
        say(stage.server, stage.far, "back");
        ck_assert_ptr_nonnull(conn()->flows);
        stage_link(&stage, &(struct drill_link){0});
        say(stage.client, stage.near, "calm");
        hear(stage.server, stage.far, "calmslowcalm");
        hear(stage.client, stage.near, "back");
        ck_assert_int_eq(drill_run(stage.world), 0);
    }
    say(stage.client, stage.near, "last");
    ck_assert_int_eq(drill_run(stage.world), 0);
    hear(stage.server, stage.far, "last");
    ck_assert_ptr_null(conn()->flows);
}
END_TEST

START_TEST(data_on_a_calm_connection_waits_for_the_reader)
{
    static char block[1 << 18];

    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    const struct drill_pipe *out = drill_tcp_out(end_of(stage.client, stage.near));
    ck_assert_uint_lt(out->arrived, out->written); /* no more than the reader's window */
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, MSG_WAITALL), sizeof block);
    ck_assert_uint_eq(out->arrived, sizeof block);
}
END_TEST

START_TEST(an_idle_pair_is_small)
{
    const uint64_t before = drill_stats(stage.world).live_bytes;

    for (int i = 0; i < PAIRS; i++)
        stage_connect(&stage);
    const uint64_t bytes = drill_stats(stage.world).live_bytes - before;
    ck_assert_uint_le(bytes / PAIRS, 700); /* with descriptors, ports and the table */
}
END_TEST

START_TEST(a_connection_is_forgotten_when_both_ends_are_gone)
{
    const struct drill_addr near = drill_conn_addr(conn(), 0), far = drill_conn_addr(conn(), 1);

    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_ptr_nonnull(drill_conn_find(stage.client, &near, &far));
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    drill_run_until(stage.world, 61 * DRILL_SECOND);
    ck_assert_ptr_null(drill_conn_find(stage.client, &near, &far));
}
END_TEST

START_TEST(a_packet_under_way_outlives_both_ends)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(drill_crash(stage.client), 0);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    ck_assert_int_eq(drill_run(stage.world), 0); /* it arrives where nobody knows it */
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_SECOND);
}
END_TEST

START_TEST(without_memory_for_its_flows_a_connection_ends_with_that_error)
{
    say(stage.client, stage.near, "x"); /* so that there is a ring */
    hear(stage.server, stage.far, "x");
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    stage_fail(&stage, 1);
    ck_assert_int_eq(give(stage.client, stage.near, "y", 1, 0), 1);
    stage_fail(&stage, 0);
    ck_assert_int_eq(give(stage.client, stage.near, "z", 1, 0), -ENOMEM);
    ck_assert_int_eq(give(stage.client, stage.near, "z", 1, 0), -EPIPE);
}
END_TEST

Suite *tcp_conn_suite(void);

Suite *tcp_conn_suite(void)
{
    Suite *suite = suite_create("tcp_conn");
    TCase *tests = tcase_create("connections");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, both_ends_find_one_connection);
    tcase_add_test(tests, loopback_connections_of_two_hosts_are_apart);
    tcase_add_test(tests, a_calm_connection_has_no_flows_and_needs_no_events);
    tcase_add_test(tests, a_connection_that_gets_a_slow_link_and_a_calm_one_again_loses_nothing);
    tcase_add_test(tests, data_on_a_calm_connection_waits_for_the_reader);
    tcase_add_test(tests, an_idle_pair_is_small);
    tcase_add_test(tests, a_connection_is_forgotten_when_both_ends_are_gone);
    tcase_add_test(tests, a_packet_under_way_outlives_both_ends);
    tcase_add_test(tests, without_memory_for_its_flows_a_connection_ends_with_that_error);
    suite_add_tcase(suite, tests);
    return suite;
}
