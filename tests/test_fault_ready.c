#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/rules.h"

enum { MANY = 8, EVENTS = 16 };

static int set;
static struct drill_epoll_event events[EVENTS];
static char block[256];

static void setup(void)
{
    setup_connected();
    drill_enter(stage.client);
    set = drill_epoll_create();
    ck_assert_int_ge(set, 0);
}

static void watch(int fd, uint32_t bits)
{
    const struct drill_epoll_event event = {.events = bits, .data = (uint64_t)fd};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
}

static int ready(void)
{
    drill_enter(stage.client);
    return drill_epoll_wait(set, events, EVENTS, 0);
}

static int polled(int16_t bits)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = bits};

    drill_enter(stage.client);
    ck_assert_int_ge(drill_poll(&asked, 1, 0), 0);
    return asked.revents;
}

static void drain(void)
{
    while (take(stage.client, stage.near, block, sizeof block, MSG_DONTWAIT) > 0) {
    }
}

START_TEST(poll_tells_a_lie_only_of_what_was_asked_for_and_is_not_ready)
{
    const int id = add("spurious");

    ck_assert_int_eq(polled(POLLIN), POLLIN);
    ck_assert_int_eq(take(stage.client, stage.near, block, 1, MSG_DONTWAIT), -EAGAIN);
    ck_assert_int_eq(polled(POLLPRI), 0);
    ck_assert_int_eq(polled(POLLOUT), POLLOUT); /* which is the truth */
    ck_assert_int_eq(polled(POLLIN | POLLOUT), POLLOUT);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(a_connect_that_is_under_way_is_never_told_to_be_done)
{
    const struct drill_sockaddr there = stage_address();
    struct drill_pollfd asked = {.events = POLLIN | POLLOUT};

    add("spurious");
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    asked.fd = tcp_socket(stage.client);
    ck_assert_int_eq(drill_set_nonblock(asked.fd, true), 0);
    ck_assert_int_eq(drill_connect(asked.fd, &there), -EINPROGRESS);
    ck_assert_int_eq(drill_poll(&asked, 1, 0), 0);
}
END_TEST

START_TEST(a_loop_that_is_lied_to_waits_at_last_and_hears_the_truth)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};
    int lies = 0;

    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    add("spurious");
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    for (;; lies++) {
        ck_assert_int_eq(drill_poll(&asked, 1, DRILL_NEVER), 1);
        if (take(stage.client, stage.near, block, 1, MSG_DONTWAIT) == 1)
            break;
        ck_assert_int_lt(lies, 100);
    }
    ck_assert_int_gt(lies, 3);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_rule_of_a_port_lies_about_its_connections_only)
{
    struct drill_pollfd asked[2] = {{.fd = stage.near, .events = POLLIN}};
    struct drill_sockaddr name;
    char text[64];

    stage_connect(&stage);
    drill_enter(stage.client);
    asked[1] = (struct drill_pollfd){.fd = stage.near, .events = POLLIN};
    ck_assert_int_eq(drill_getsockname(stage.near, &name), 0);
    snprintf(text, sizeof text, "spurious port %u", name.port);
    add(text);
    ck_assert_int_eq(drill_poll(asked, 2, 0), 1);
    ck_assert_int_eq(asked[0].revents, 0);
    ck_assert_int_eq(asked[1].revents, POLLIN);
}
END_TEST

START_TEST(each_connection_can_be_lied_about_once)
{
    uint64_t told = 0;

    for (int i = 0; i < MANY; i++) {
        stage_connect(&stage);
        watch(stage.near, EPOLLIN);
    }
    add("spurious count 1 each");
    for (int i = 0; i < 200; i++)
        if (ready() == 1) {
            ck_assert_uint_eq(told & UINT64_C(1) << events[0].data, 0);
            told |= UINT64_C(1) << events[0].data;
        }
    ck_assert_uint_ne(told & (told - 1), 0);
}
END_TEST

START_TEST(epoll_tells_a_lie_beside_the_truth)
{
    const int other = stage.near;

    watch(other, EPOLLIN);
    stage_connect(&stage);
    watch(stage.near, EPOLLIN | EPOLLONESHOT);
    say(stage.server, stage.far, "x");
    add("spurious");
    ck_assert_int_eq(ready(), 2);
    ck_assert_uint_eq(events[0].data, (uint64_t)stage.near);
    ck_assert_uint_eq(events[1].data, (uint64_t)other);
    ck_assert_uint_eq(events[1].events, EPOLLIN);
    ck_assert_int_eq(drill_epoll_wait(set, events, 1, 0), 1);
    ck_assert_uint_eq(events[0].data, (uint64_t)other);
}
END_TEST

static uint64_t zeroes(void *context, const struct drill_choice *choice)
{
    (void)context;
    (void)choice;
    return 0;
}

/* The order in which many that are ready are told, a digit each. */
static uint64_t order_of_many(void)
{
    uint64_t order = 0;

    ck_assert_int_eq(ready(), MANY);
    for (int i = 0; i < MANY; i++)
        order = order * 100 + events[i].data;
    return order;
}

START_TEST(what_is_ready_is_told_in_any_order_and_in_its_own_if_nothing_is_chosen)
{
    for (int i = 0; i < MANY; i++) {
        stage_connect(&stage);
        watch(stage.near, EPOLLOUT);
    }
    const uint64_t natural = order_of_many();
    const int id = add("shuffle_ready");
    const uint64_t shuffled = order_of_many();
    ck_assert_uint_ne(shuffled, natural);
    ck_assert_uint_ne(shuffled, order_of_many());
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 2);
    drill_oracle_set(stage.world, zeroes, NULL);
    ck_assert_uint_eq(order_of_many(), natural);
}
END_TEST

START_TEST(an_edge_is_lost_while_something_is_unread_and_never_after_all_was_read)
{
    const int id = add("lost_edge");

    watch(stage.near, EPOLLIN | EPOLLET);
    say(stage.server, stage.far, "ab");
    ck_assert_int_eq(ready(), 1);
    hear(stage.client, stage.near, "a");
    say(stage.server, stage.far, "c");
    ck_assert_int_eq(ready(), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    hear(stage.client, stage.near, "bc"); /* all of it, though it has not seen EAGAIN */
    say(stage.server, stage.far, "d");
    ck_assert_int_eq(ready(), 1);
    drain();
    say(stage.server, stage.far, "e");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(what_arrives_before_an_edge_was_told_is_told_with_it)
{
    add("lost_edge");
    watch(stage.near, EPOLLIN | EPOLLET);
    say(stage.server, stage.far, "a");
    say(stage.server, stage.far, "b");
    ck_assert_int_eq(ready(), 1);
}
END_TEST

START_TEST(the_end_of_a_stream_is_no_edge_to_lose)
{
    add("lost_edge");
    watch(stage.near, EPOLLIN | EPOLLRDHUP | EPOLLET);
    say(stage.server, stage.far, "ab");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(end(stage.server, stage.far), 0);
    ck_assert_int_eq(ready(), 1);
}
END_TEST

START_TEST(a_level_is_not_lost)
{
    add("lost_edge");
    watch(stage.near, EPOLLIN);
    say(stage.server, stage.far, "ab");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(ready(), 1);
}
END_TEST

START_TEST(an_edge_is_told_once_more_and_then_no_more)
{
    const int id = add("extra_edge");

    watch(stage.near, EPOLLIN | EPOLLET);
    say(stage.server, stage.far, "a");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(ready(), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    say(stage.server, stage.far, "b");
    ck_assert_int_eq(ready(), 1);
    drain();
    ck_assert_int_eq(ready(), 0); /* it is no lie */
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(an_edge_that_may_come_once_more_makes_no_set_ready)
{
    const int outer = drill_epoll_create();
    const struct drill_epoll_event event = {.events = EPOLLIN};

    add("extra_edge list 2");
    watch(stage.near, EPOLLOUT | EPOLLET);
    ck_assert_int_eq(drill_epoll_ctl(outer, EPOLL_CTL_ADD, set, &event), 0);
    ck_assert_int_eq(drill_epoll_wait(outer, events, 1, 0), 1);
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(drill_epoll_wait(outer, events, 1, 0), 0);
    ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(who_waits_for_readiness_is_interrupted_after_a_moment)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};

    watch(stage.near, EPOLLIN);
    add("eintr");
    ck_assert_int_eq(drill_poll(&asked, 1, DRILL_SECOND), -EINTR);
    ck_assert_int_eq(drill_now(stage.world), DRILL_MOMENT_NS);
    ck_assert_int_eq(drill_epoll_wait(set, events, 1, DRILL_NEVER), -EINTR);
    ck_assert_int_eq(drill_now(stage.world), 2 * DRILL_MOMENT_NS);
    ck_assert_int_eq(drill_poll(&asked, 1, 0), 0);
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(drill_poll(&asked, 1, DRILL_NEVER), 1);
    ck_assert_int_eq(drill_epoll_wait(set, events, 1, DRILL_NEVER), 1);
}
END_TEST

Suite *fault_ready_suite(void);

Suite *fault_ready_suite(void)
{
    Suite *suite = suite_create("fault_ready");
    TCase *tests = tcase_create("fault_ready");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, poll_tells_a_lie_only_of_what_was_asked_for_and_is_not_ready);
    tcase_add_test(tests, a_connect_that_is_under_way_is_never_told_to_be_done);
    tcase_add_test(tests, a_loop_that_is_lied_to_waits_at_last_and_hears_the_truth);
    tcase_add_test(tests, a_rule_of_a_port_lies_about_its_connections_only);
    tcase_add_test(tests, each_connection_can_be_lied_about_once);
    tcase_add_test(tests, epoll_tells_a_lie_beside_the_truth);
    tcase_add_test(tests, what_is_ready_is_told_in_any_order_and_in_its_own_if_nothing_is_chosen);
    tcase_add_test(tests, an_edge_is_lost_while_something_is_unread_and_never_after_all_was_read);
    tcase_add_test(tests, what_arrives_before_an_edge_was_told_is_told_with_it);
    tcase_add_test(tests, the_end_of_a_stream_is_no_edge_to_lose);
    tcase_add_test(tests, a_level_is_not_lost);
    tcase_add_test(tests, an_edge_is_told_once_more_and_then_no_more);
    tcase_add_test(tests, an_edge_that_may_come_once_more_makes_no_set_ready);
    tcase_add_test(tests, who_waits_for_readiness_is_interrupted_after_a_moment);
    suite_add_tcase(suite, tests);
    return suite;
}
