#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
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

static int connect_to(struct drill_host *host, int fd, struct drill_sockaddr addr)
{
    drill_enter(host);
    return drill_connect(fd, &addr);
}

static int nonblocking_socket(struct drill_host *host)
{
    const int fd = tcp_socket(host);

    ck_assert_int_eq(drill_set_nonblock(fd, true), 0);
    return fd;
}

static int socket_error(struct drill_host *host, int fd)
{
    int error = -1;

    drill_enter(host);
    ck_assert_int_eq(drill_getsockopt_int(fd, SOL_SOCKET, SO_ERROR, &error), 0);
    return error;
}

START_TEST(a_handshake_takes_one_round_trip)
{
    stage_listen(&stage, 1);
    stage_link(&stage, &(struct drill_link){.delay_ns = 20 * DRILL_MS});
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
    ck_assert_int_eq(drill_now(stage.world), 40 * DRILL_MS);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(tap.seen_count, 3);
    ck_assert_int_eq(tcp_state(stage.client, fd), DRILL_TCP_ESTABLISHED);
}
END_TEST

START_TEST(a_syn_is_sent_again_as_linux_does_and_given_up_after_131_seconds)
{
    static const int64_t seconds[] = {0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67};
    const size_t count = sizeof seconds / sizeof *seconds;

    stage_listen(&stage, 1);
    drill_partition(stage.client, stage.server);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -ETIMEDOUT);
    ck_assert_int_eq(drill_now(stage.world), 131 * DRILL_SECOND);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_SYN), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tap_find(&tap, true, DRILL_PACKET_SYN, i)->at_ns,
                         seconds[i] * DRILL_SECOND);
}
END_TEST

START_TEST(an_address_that_nobody_has_never_answers)
{
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(connect_to(stage.client, fd, drill_sockaddr_inet4(10, 9, 9, 9, 80)),
                     -ETIMEDOUT);
    ck_assert_int_eq(drill_now(stage.world), 131 * DRILL_SECOND);
}
END_TEST

START_TEST(a_lost_syn_costs_a_second)
{
    stage_listen(&stage, 1);
    tap_drop(&tap, true, DRILL_PACKET_SYN, 0, 1);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_lost_answer_to_a_syn_is_sent_again)
{
    stage_listen(&stage, 1);
    tap_drop(&tap, false, DRILL_PACKET_SYN_ACK, 0, 1);
    stage_connect(&stage);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    say(stage.client, stage.near, "hello");
    hear(stage.server, stage.far, "hello");
}
END_TEST

START_TEST(a_lost_last_step_of_the_handshake_is_made_up_by_data)
{
    stage_listen(&stage, 1);
    tap_drop(&tap, true, DRILL_PACKET_ACK, 0, 1);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
    say(stage.client, fd, "hello");
    drill_enter(stage.server);
    const int far = drill_accept(stage.listener, NULL);
    ck_assert_int_ge(far, 0);
    hear(stage.server, far, "hello");
    ck_assert_int_eq(drill_now(stage.world), 0);
}
END_TEST

START_TEST(a_damaged_syn_is_as_good_as_lost)
{
    stage_listen(&stage, 1);
    drill_hook(stage.world, NULL, NULL);
    stage_link(&stage, &(struct drill_link){.corrupt_ppm = 1000000});
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -ETIMEDOUT);
}
END_TEST

START_TEST(a_syn_that_comes_twice_makes_one_connection)
{
    struct drill_pollfd asked = {.events = POLLIN};

    stage_listen(&stage, 5);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .duplicate_ppm = 1000000});
    stage_connect(&stage);
    ck_assert_int_eq(drill_run(stage.world), 0);
    asked.fd = stage.listener;
    drill_enter(stage.server);
    ck_assert_int_eq(drill_poll(&asked, 1, 0), 0);
    say(stage.client, stage.near, "once");
    hear(stage.server, stage.far, "once");
}
END_TEST

START_TEST(where_nobody_listens_a_connection_is_refused_after_a_round_trip)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = 5 * DRILL_MS});
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -ECONNREFUSED);
    ck_assert_int_eq(drill_now(stage.world), 10 * DRILL_MS);
    stage_listen(&stage, 1);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
}
END_TEST

START_TEST(an_attempt_goes_on_without_waiting)
{
    stage_listen(&stage, 1);
    stage_link(&stage, &(struct drill_link){.delay_ns = 5 * DRILL_MS});
    const int fd = nonblocking_socket(stage.client);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EINPROGRESS);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EALREADY);
    ck_assert_int_eq(bits_of(stage.client, fd), 0);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    ck_assert_int_eq(bits_of(stage.client, fd), POLLOUT);
    ck_assert_int_eq(socket_error(stage.client, fd), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EISCONN);
}
END_TEST

START_TEST(a_refusal_is_told_once)
{
    const int fd = nonblocking_socket(stage.client);

    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EINPROGRESS);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(bits_of(stage.client, fd) & (POLLERR | POLLHUP), POLLERR | POLLHUP);
    ck_assert_int_eq(socket_error(stage.client, fd), ECONNREFUSED);
    ck_assert_int_eq(socket_error(stage.client, fd), 0);
}
END_TEST

/* Both bind, then both connect before either has heard of the other. */
static void open_both(int64_t delay_ns)
{
    const struct drill_sockaddr here = drill_sockaddr_inet4(10, 0, 0, 1, 1000),
                                there = drill_sockaddr_inet4(10, 0, 0, 2, 2000);

    stage_link(&stage, &(struct drill_link){.delay_ns = delay_ns});
    stage.near = nonblocking_socket(stage.client);
    ck_assert_int_eq(drill_bind(stage.near, &here), 0);
    stage.far = nonblocking_socket(stage.server);
    ck_assert_int_eq(drill_bind(stage.far, &there), 0);
    ck_assert_int_eq(connect_to(stage.client, stage.near, there), -EINPROGRESS);
    ck_assert_int_eq(connect_to(stage.server, stage.far, here), -EINPROGRESS);
}

START_TEST(two_that_open_at_once_meet)
{
    open_both(10 * DRILL_MS);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
    ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
    ck_assert_int_eq(tcp_state(stage.server, stage.far), DRILL_TCP_ESTABLISHED);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_SYN), 1);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_SYN), 1);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_RST), 0);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 0);
    say(stage.client, stage.near, "there");
    say(stage.server, stage.far, "back");
    ck_assert_int_eq(drill_run_until(stage.world, 2 * DRILL_SECOND), 0);
    hear(stage.server, stage.far, "there");
    hear(stage.client, stage.near, "back");
}
END_TEST

START_TEST(two_that_open_at_once_meet_though_a_packet_is_lost)
{
    static const enum drill_packet_kind kinds[] = {DRILL_PACKET_SYN, DRILL_PACKET_SYN_ACK};

    for (size_t i = 0; i < 2; i++) {
        teardown();
        setup();
        tap_drop(&tap, true, kinds[i], 0, 1);
        open_both(10 * DRILL_MS);
        ck_assert_int_eq(drill_run_until(stage.world, 10 * DRILL_SECOND), 0);
        ck_assert_int_eq(tcp_state(stage.client, stage.near), DRILL_TCP_ESTABLISHED);
        ck_assert_int_eq(tcp_state(stage.server, stage.far), DRILL_TCP_ESTABLISHED);
    }
}
END_TEST

START_TEST(a_socket_can_connect_to_itself)
{
    const struct drill_sockaddr self = drill_sockaddr_inet4(10, 0, 0, 1, 4000);
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(drill_bind(fd, &self), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, self), 0);
    say(stage.client, fd, "echo");
    hear(stage.client, fd, "echo");
}
END_TEST

START_TEST(a_port_is_free_again_after_an_attempt_that_failed)
{
    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 40000);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 40000);
    for (int i = 0; i < 3; i++) {
        const int fd = tcp_socket(stage.client);
        ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -ECONNREFUSED);
        ck_assert_int_eq(end(stage.client, fd), 0);
    }
}
END_TEST

START_TEST(without_a_port_left_there_is_no_address)
{
    drill_limit(stage.client, DRILL_LIMIT_PORT_FIRST, 40000);
    drill_limit(stage.client, DRILL_LIMIT_PORT_LAST, 40001);
    stage_listen(&stage, 5);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(connect_to(stage.client, tcp_socket(stage.client), stage_address()), 0);
    ck_assert_int_eq(connect_to(stage.client, tcp_socket(stage.client), stage_address()),
                     -EADDRNOTAVAIL);
}
END_TEST

START_TEST(an_attempt_can_be_called_off)
{
    const struct drill_sockaddr nobody = {.family = AF_UNSPEC};
    const int fd = nonblocking_socket(stage.client);

    stage_listen(&stage, 1);
    drill_partition(stage.client, stage.server);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EINPROGRESS);
    ck_assert_int_eq(connect_to(stage.client, fd, nobody), 0);
    drill_heal(stage.client, stage.server);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(drill_now(stage.world), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), -EINPROGRESS);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
}
END_TEST

START_TEST(a_connect_for_which_there_is_no_memory_can_be_tried_again)
{
    stage_listen(&stage, 1);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    const int fd = nonblocking_socket(stage.client);
    for (uint64_t n = 1;; n++) {
        stage_fail(&stage, n);
        const int result = connect_to(stage.client, fd, stage_address());
        stage_fail(&stage, 0);
        if (result == -EINPROGRESS)
            break;
        ck_assert_int_eq(result, -ENOMEM);
        ck_assert_uint_lt(n, 50);
    }
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(connect_to(stage.client, fd, stage_address()), 0);
}
END_TEST

static TCase *handshakes(void)
{
    TCase *tests = tcase_create("handshakes");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_handshake_takes_one_round_trip);
    tcase_add_test(tests, a_syn_is_sent_again_as_linux_does_and_given_up_after_131_seconds);
    tcase_add_test(tests, an_address_that_nobody_has_never_answers);
    tcase_add_test(tests, a_lost_syn_costs_a_second);
    tcase_add_test(tests, a_lost_answer_to_a_syn_is_sent_again);
    tcase_add_test(tests, a_lost_last_step_of_the_handshake_is_made_up_by_data);
    tcase_add_test(tests, a_damaged_syn_is_as_good_as_lost);
    tcase_add_test(tests, a_syn_that_comes_twice_makes_one_connection);
    tcase_add_test(tests, where_nobody_listens_a_connection_is_refused_after_a_round_trip);
    tcase_add_test(tests, two_that_open_at_once_meet);
    tcase_add_test(tests, two_that_open_at_once_meet_though_a_packet_is_lost);
    tcase_add_test(tests, a_socket_can_connect_to_itself);
    return tests;
}

static TCase *attempts(void)
{
    TCase *tests = tcase_create("attempts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_attempt_goes_on_without_waiting);
    tcase_add_test(tests, a_refusal_is_told_once);
    tcase_add_test(tests, a_port_is_free_again_after_an_attempt_that_failed);
    tcase_add_test(tests, without_a_port_left_there_is_no_address);
    tcase_add_test(tests, an_attempt_can_be_called_off);
    tcase_add_test(tests, a_connect_for_which_there_is_no_memory_can_be_tried_again);
    return tests;
}

Suite *tcp_open_suite(void);

Suite *tcp_open_suite(void)
{
    Suite *suite = suite_create("tcp_open");

    suite_add_tcase(suite, handshakes());
    suite_add_tcase(suite, attempts());
    return suite;
}
