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

static void setup(void)
{
    stage_open(&stage, NULL);
    tap_open(&tap, &stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void wait_until(int64_t when_ns)
{
    ck_assert_int_eq(drill_run_until(stage.world, when_ns), 0);
}

/* A connection that begins, and what can be done at once is done. */
static int begin(void)
{
    const struct drill_sockaddr addr = stage_address();
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(drill_set_nonblock(fd, true), 0);
    ck_assert_int_eq(drill_connect(fd, &addr), -EINPROGRESS);
    wait_until(drill_now(stage.world));
    return fd;
}

static int accept_one(void)
{
    drill_enter(stage.server);
    return drill_accept4(stage.listener, NULL, SOCK_NONBLOCK);
}

static int accept_now(void)
{
    drill_enter(stage.server);
    drill_set_nonblock(stage.listener, true);
    return accept_one();
}

START_TEST(connections_are_accepted_in_the_order_in_which_they_were_made)
{
    struct drill_sockaddr peer, name;

    stage_listen(&stage, 5);
    for (int i = 0; i < 3; i++) {
        const int fd = begin();
        drill_enter(stage.client);
        ck_assert_int_eq(drill_getsockname(fd, &name), 0);
        ck_assert_int_eq(name.port, 32768 + i);
    }
    for (int i = 0; i < 3; i++) {
        drill_enter(stage.server);
        ck_assert_int_ge(drill_accept(stage.listener, &peer), 0);
        ck_assert_int_eq(peer.port, 32768 + i);
    }
    ck_assert_int_eq(accept_now(), -EAGAIN);
}
END_TEST

START_TEST(one_more_than_the_backlog_waits_and_the_next_tries_again)
{
    int fds[4];

    stage_listen(&stage, 2);
    for (int i = 0; i < 4; i++)
        fds[i] = begin();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tcp_state(stage.client, fds[i]), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(tcp_state(stage.client, fds[3]), DRILL_TCP_SYN_SENT);
    ck_assert_int_ge(accept_now(), 0);
    wait_until(DRILL_SECOND);
    ck_assert_int_eq(tcp_state(stage.client, fds[3]), DRILL_TCP_ESTABLISHED);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(accept_now(), 0);
    ck_assert_int_eq(accept_now(), -EAGAIN);
}
END_TEST

/* Two handshakes under way at once, and room for one. */
static int begin_two(int *second)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    stage_listen(&stage, 0);
    const int first = begin();
    *second = begin();
    wait_until(10 * DRILL_MS);
    return first;
}

START_TEST(the_last_packet_of_a_handshake_finds_the_queue_full)
{
    int second;
    const int first = begin_two(&second);

    ck_assert_int_eq(tcp_state(stage.client, first), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(tcp_state(stage.client, second), DRILL_TCP_ESTABLISHED);
    ck_assert_int_ge(accept_now(), 0);
    ck_assert_int_eq(accept_now(), -EAGAIN);
    say(stage.client, second, "x");
    wait_until(2 * DRILL_SECOND);
    ck_assert_int_ge(accept_now(), 0);
}
END_TEST

START_TEST(what_a_full_queue_does_not_take_is_told_with_the_reason)
{
    static struct lines lines;
    int second;

    stage_close(&stage);
    lines_clear(&lines);
    stage_open(&stage, &(struct drill_config){.trace = lines_add, .trace_context = &lines});
    begin_two(&second);
    ck_assert_uint_eq(lines_with(&lines, "ACK dropped <- accept queue full"), 1);
    begin();
    wait_until(20 * DRILL_MS);
    ck_assert_uint_eq(lines_with(&lines, "SYN dropped <- accept queue full"), 1);
}
END_TEST

START_TEST(with_abort_on_overflow_it_is_reset)
{
    int second;

    ck_assert_int_eq(drill_limit(stage.server, DRILL_LIMIT_ABORT_ON_OVERFLOW, 1), 0);
    const int first = begin_two(&second);
    ck_assert_int_eq(tcp_state(stage.client, first), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(take(stage.client, second, &(char){0}, 1, 0), -ECONNRESET);
    ck_assert_int_ge(accept_now(), 0);
    ck_assert_int_eq(accept_now(), -EAGAIN);
}
END_TEST

START_TEST(an_overflow_that_lasts_ends_in_a_timeout)
{
    stage_listen(&stage, 0);
    begin();
    const int fd = begin();
    wait_until(200 * DRILL_SECOND);
    ck_assert_int_eq(bits_of(stage.client, fd) & POLLERR, POLLERR);
    ck_assert_int_eq(take(stage.client, fd, &(char){0}, 1, 0), -ETIMEDOUT);
}
END_TEST

START_TEST(a_listener_is_readable_while_somebody_waits)
{
    stage_listen(&stage, 1);
    ck_assert_int_eq(bits_of(stage.server, stage.listener), 0);
    begin();
    ck_assert_int_eq(bits_of(stage.server, stage.listener), POLLIN);
    ck_assert_int_ge(accept_now(), 0);
    ck_assert_int_eq(bits_of(stage.server, stage.listener), 0);
}
END_TEST

START_TEST(a_connection_that_was_reset_can_still_be_accepted)
{
    stage_listen(&stage, 1);
    const int fd = begin();
    drill_enter(stage.client);
    ck_assert_int_eq(drill_setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                                      sizeof(struct linger)),
                     0);
    ck_assert_int_eq(drill_close(fd), 0);
    wait_until(2);
    const int far = accept_now();
    ck_assert_int_ge(far, 0);
    ck_assert_int_eq(take(stage.server, far, &(char){0}, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(without_a_number_left_a_connection_stays_in_the_queue)
{
    stage_listen(&stage, 1);
    begin();
    drill_limit(stage.server, DRILL_LIMIT_DESCRIPTORS, 4);
    ck_assert_int_eq(accept_now(), -EMFILE);
    ck_assert_int_eq(bits_of(stage.server, stage.listener), POLLIN);
    drill_limit(stage.server, DRILL_LIMIT_DESCRIPTORS, 5);
    ck_assert_int_eq(accept_now(), 4);
}
END_TEST

START_TEST(a_child_has_the_options_of_its_listener)
{
    int value = 0;

    stage_listen(&stage, 1);
    set_option(stage.server, stage.listener, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(stage.server, stage.listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    stage_connect(&stage);
    set_option(stage.server, stage.listener, IPPROTO_TCP, TCP_NODELAY, 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_getsockopt_int(stage.far, IPPROTO_TCP, TCP_NODELAY, &value), 0);
    ck_assert_int_eq(value, 1);
    ck_assert_int_eq(drill_getsockopt_int(stage.far, SOL_SOCKET, SO_KEEPALIVE, &value), 0);
    ck_assert_int_eq(value, 1);
    ck_assert_int_eq(drill_getsockopt_int(stage.far, SOL_SOCKET, SO_ACCEPTCONN, &value), 0);
    ck_assert_int_eq(value, 0);
}
END_TEST

START_TEST(a_listener_that_closes_resets_who_waits)
{
    stage_listen(&stage, 1);
    const int waits = begin();
    ck_assert_int_eq(end(stage.server, stage.listener), 0);
    wait_until(2);
    ck_assert_int_eq(take(stage.client, waits, &(char){0}, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(a_listener_that_closes_resets_who_is_half_open)
{
    stage_listen(&stage, 1);
    stage_link(&stage, &(struct drill_link){.delay_ns = 10 * DRILL_MS});
    const int fd = begin();
    wait_until(15 * DRILL_MS); /* the SYN is there, its answer not yet */
    ck_assert_int_eq(end(stage.server, stage.listener), 0);
    wait_until(DRILL_SECOND / 2);
    ck_assert_int_eq(take(stage.client, fd, &(char){0}, 1, 0), -ECONNRESET);
    stage_listen(&stage, 1); /* and its port is free */
}
END_TEST

START_TEST(a_half_open_connection_is_forgotten_when_nobody_answers)
{
    stage_listen(&stage, 1);
    tap_drop(&tap, true, DRILL_PACKET_ACK, 0, 100000);
    const int fd = begin();
    ck_assert_int_eq(tcp_state(stage.client, fd), DRILL_TCP_ESTABLISHED);
    const uint64_t live = drill_stats(stage.world).live_allocations;
    wait_until(100 * DRILL_SECOND);
    ck_assert_uint_lt(drill_stats(stage.world).live_allocations, live);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_SYN_ACK), 6);
    say(stage.client, fd, "x");
    wait_until(101 * DRILL_SECOND);
    ck_assert_int_eq(take(stage.client, fd, &(char){0}, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(a_backlog_can_be_changed)
{
    stage_listen(&stage, 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_listen(stage.listener, 5), 0);
    for (int i = 0; i < 6; i++)
        begin();
    for (int i = 0; i < 6; i++)
        ck_assert_int_ge(accept_now(), 0);
}
END_TEST

START_TEST(a_waiting_accept_is_woken)
{
    stage_listen(&stage, 1);
    stage_link(&stage, &(struct drill_link){.delay_ns = 10 * DRILL_MS});
    begin();
    ck_assert_int_ge(accept_one(), 0);
    ck_assert_int_eq(drill_now(stage.world), 30 * DRILL_MS);
}
END_TEST

Suite *tcp_listen_suite(void);

Suite *tcp_listen_suite(void)
{
    Suite *suite = suite_create("tcp_listen");
    TCase *tests = tcase_create("queues");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, connections_are_accepted_in_the_order_in_which_they_were_made);
    tcase_add_test(tests, one_more_than_the_backlog_waits_and_the_next_tries_again);
    tcase_add_test(tests, the_last_packet_of_a_handshake_finds_the_queue_full);
    tcase_add_test(tests, what_a_full_queue_does_not_take_is_told_with_the_reason);
    tcase_add_test(tests, with_abort_on_overflow_it_is_reset);
    tcase_add_test(tests, an_overflow_that_lasts_ends_in_a_timeout);
    tcase_add_test(tests, a_listener_is_readable_while_somebody_waits);
    tcase_add_test(tests, a_connection_that_was_reset_can_still_be_accepted);
    tcase_add_test(tests, without_a_number_left_a_connection_stays_in_the_queue);
    tcase_add_test(tests, a_child_has_the_options_of_its_listener);
    tcase_add_test(tests, a_listener_that_closes_resets_who_waits);
    tcase_add_test(tests, a_listener_that_closes_resets_who_is_half_open);
    tcase_add_test(tests, a_half_open_connection_is_forgotten_when_nobody_answers);
    tcase_add_test(tests, a_backlog_can_be_changed);
    tcase_add_test(tests, a_waiting_accept_is_woken);
    suite_add_tcase(suite, tests);
    return suite;
}
