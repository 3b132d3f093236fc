#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

static const struct drill_link slow = {.delay_ns = 10 * DRILL_MS};
static struct stage stage;
static struct tap tap;
static char byte;

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

static void pass(int64_t time_ns)
{
    ck_assert_int_eq(drill_run_until(stage.world, drill_now(stage.world) + time_ns), 0);
}

static void check_states(uint8_t near, uint8_t far)
{
    ck_assert_uint_eq(tcp_state(stage.client, stage.near), near);
    ck_assert_uint_eq(tcp_state(stage.server, stage.far), far);
}

static size_t live(void)
{
    return (size_t)drill_stats(stage.world).live_allocations;
}

static int linger(struct drill_host *host, int fd, int seconds)
{
    const struct linger value = {.l_onoff = 1, .l_linger = seconds};

    drill_enter(host);
    return drill_setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

START_TEST(each_direction_ends_by_itself)
{
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    pass(30 * DRILL_MS);
    check_states(DRILL_TCP_FIN_WAIT2, DRILL_TCP_CLOSE_WAIT);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), 0);
    say(stage.server, stage.far, "still there");
    hear(stage.client, stage.near, "still there");
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_WR), 0);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
    pass(30 * DRILL_MS);
    check_states(DRILL_TCP_CLOSED, DRILL_TCP_CLOSED);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -EPIPE);
}
END_TEST

START_TEST(the_end_comes_behind_all_data)
{
    static char block[100000];

    ck_assert_int_eq(give(stage.client, stage.near, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, MSG_WAITALL), sizeof block);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 0);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 0);
}
END_TEST

START_TEST(a_lost_end_is_sent_again)
{
    tap_drop(&tap, true, DRILL_PACKET_FIN, 0, 2);
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), 0);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_FIN), 3);
    ck_assert_int_ge(drill_now(stage.world), 600 * DRILL_MS);
}
END_TEST

START_TEST(the_lost_answer_to_an_end_is_made_up)
{
    tap_drop(&tap, false, DRILL_PACKET_ACK, 0, 1);
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    pass(DRILL_SECOND);
    check_states(DRILL_TCP_FIN_WAIT2, DRILL_TCP_CLOSE_WAIT);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_FIN), 2);
}
END_TEST

START_TEST(two_that_close_at_once_both_wait)
{
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_WR), 0);
    pass(15 * DRILL_MS);
    check_states(DRILL_TCP_CLOSING, DRILL_TCP_CLOSING);
    pass(15 * DRILL_MS);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLHUP, POLLHUP);
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLHUP, POLLHUP);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), 0);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_RST), 0);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 0);
}
END_TEST

/* The client closes first and waits; the server has closed. */
static struct drill_sockaddr close_client_first(void)
{
    struct drill_sockaddr name;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_getsockname(stage.near, &name), 0);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    pass(30 * DRILL_MS);
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    return name;
}

static int bind_to(const struct drill_sockaddr *name)
{
    const int fd = tcp_socket(stage.client);
    const int result = drill_bind(fd, name);

    ck_assert_int_eq(end(stage.client, fd), 0);
    return result;
}

START_TEST(who_closes_first_keeps_its_port_for_a_minute)
{
    const struct drill_sockaddr name = close_client_first();

    pass(10 * DRILL_MS);
    const int64_t start = drill_now(stage.world);
    ck_assert_int_eq(drill_run_until(stage.world, start + 60 * DRILL_SECOND - 1), 0);
    ck_assert_int_eq(bind_to(&name), -EADDRINUSE);
    ck_assert_int_eq(drill_run_until(stage.world, start + 60 * DRILL_SECOND), 0);
    ck_assert_int_eq(bind_to(&name), 0);
}
END_TEST

START_TEST(an_end_that_comes_again_is_answered_and_waited_for_anew)
{
    tap_drop(&tap, true, DRILL_PACKET_ACK, 0, 1); /* the last answer */
    const struct drill_sockaddr name = close_client_first();
    pass(10 * DRILL_SECOND);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_FIN), 2);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_ACK), 2);
    const int64_t again = tap_find(&tap, false, DRILL_PACKET_FIN, 1)->at_ns + 10 * DRILL_MS;
    ck_assert_int_eq(drill_run_until(stage.world, again + 60 * DRILL_SECOND - 1), 0);
    ck_assert_int_eq(bind_to(&name), -EADDRINUSE);
    pass(1);
    ck_assert_int_eq(bind_to(&name), 0);
}
END_TEST

START_TEST(who_is_closed_and_hears_no_end_waits_a_minute_for_it)
{
    const size_t before = live();

    ck_assert_int_eq(end(stage.client, stage.near), 0);
    pass(59 * DRILL_SECOND);
    const size_t waiting = live();
    pass(2 * DRILL_SECOND);
    ck_assert_uint_lt(live(), waiting);
    ck_assert_uint_lt(live(), before);
    ck_assert_uint_eq(tcp_state(stage.server, stage.far), DRILL_TCP_CLOSE_WAIT);
    say(stage.server, stage.far, "anybody?");
    pass(30 * DRILL_MS);
    ck_assert_int_eq(give(stage.server, stage.far, "x", 1, 0), -EPIPE);
}
END_TEST

START_TEST(who_still_holds_a_descriptor_waits_for_ever)
{
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    pass(3600 * DRILL_SECOND);
    check_states(DRILL_TCP_FIN_WAIT2, DRILL_TCP_CLOSE_WAIT);
    say(stage.server, stage.far, "late");
    hear(stage.client, stage.near, "late");
}
END_TEST

START_TEST(closing_with_unread_data_resets)
{
    say(stage.client, stage.near, "unread");
    pass(15 * DRILL_MS);
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 1);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
}
END_TEST

START_TEST(data_for_what_is_closed_is_answered_with_a_reset)
{
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    pass(15 * DRILL_MS);
    say(stage.client, stage.near, "x");
    pass(30 * DRILL_MS);
    ck_assert_int_eq(give(stage.client, stage.near, "y", 1, 0), -EPIPE);
    ck_assert_uint_eq(tap_count(&tap, false, DRILL_PACKET_RST), 1);
}
END_TEST

START_TEST(a_linger_of_nothing_resets)
{
    ck_assert_int_eq(linger(stage.client, stage.near, 0), 0);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_RST), 1);
    ck_assert_uint_eq(tap_count(&tap, true, DRILL_PACKET_FIN), 0);
    ck_assert_int_eq(take(stage.server, stage.far, &byte, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(who_closes_and_hears_nothing_of_a_new_connection_ends_with_the_world)
{
    struct drill_sockaddr here;

    drill_enter(stage.client);
    ck_assert_int_eq(drill_getsockname(stage.near, &here), 0);
    drill_partition(stage.client, stage.server);
    ck_assert_int_eq(linger(stage.client, stage.near, 0), 0);
    ck_assert_int_eq(drill_close(stage.near), 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_close(stage.far), 0);
    /* Its FIN is never answered, and the tuple is another connection's. */
    const int fd = tcp_socket(stage.client);
    const struct drill_sockaddr there = stage_address();
    drill_set_nonblock(fd, true);
    ck_assert_int_eq(drill_bind(fd, &here), 0);
    ck_assert_int_eq(drill_connect(fd, &there), -EINPROGRESS);
    ck_assert_int_eq(drill_run_until(stage.world, DRILL_SECOND), 0);
}
END_TEST

START_TEST(lingering_waits_until_all_is_acknowledged)
{
    ck_assert_int_eq(linger(stage.client, stage.near, 5), 0);
    say(stage.client, stage.near, "x");
    const int64_t before = drill_now(stage.world);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(drill_now(stage.world) - before, 20 * DRILL_MS);
    hear(stage.server, stage.far, "x");
}
END_TEST

START_TEST(lingering_ends_with_its_time)
{
    ck_assert_int_eq(linger(stage.client, stage.near, 5), 0);
    drill_partition(stage.client, stage.server);
    say(stage.client, stage.near, "x");
    const int64_t before = drill_now(stage.world);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(drill_now(stage.world) - before, 5 * DRILL_SECOND);
    drill_heal(stage.client, stage.server);
    hear(stage.server, stage.far, "x");
}
END_TEST

START_TEST(a_connection_leaves_nothing_behind)
{
    const size_t before = live();

    for (int i = 0; i < 5; i++) {
        close_client_first();
        pass(61 * DRILL_SECOND);
        stage_connect(&stage);
        ck_assert_int_eq(drill_run(stage.world), 0);
        ck_assert_uint_le(live(), before);
    }
}
END_TEST

Suite *tcp_close_suite(void);

Suite *tcp_close_suite(void)
{
    Suite *suite = suite_create("tcp_close");
    TCase *tests = tcase_create("ends");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_direction_ends_by_itself);
    tcase_add_test(tests, the_end_comes_behind_all_data);
    tcase_add_test(tests, a_lost_end_is_sent_again);
    tcase_add_test(tests, the_lost_answer_to_an_end_is_made_up);
    tcase_add_test(tests, two_that_close_at_once_both_wait);
    tcase_add_test(tests, who_closes_first_keeps_its_port_for_a_minute);
    tcase_add_test(tests, an_end_that_comes_again_is_answered_and_waited_for_anew);
    tcase_add_test(tests, who_is_closed_and_hears_no_end_waits_a_minute_for_it);
    tcase_add_test(tests, who_still_holds_a_descriptor_waits_for_ever);
    tcase_add_test(tests, closing_with_unread_data_resets);
    tcase_add_test(tests, data_for_what_is_closed_is_answered_with_a_reset);
    tcase_add_test(tests, a_linger_of_nothing_resets);
    tcase_add_test(tests, who_closes_and_hears_nothing_of_a_new_connection_ends_with_the_world);
    tcase_add_test(tests, lingering_waits_until_all_is_acknowledged);
    tcase_add_test(tests, lingering_ends_with_its_time);
    tcase_add_test(tests, a_connection_leaves_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
