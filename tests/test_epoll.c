#include "emu/epoll.h"

#include <check.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/helpers.h"

enum { IDLE = 1000, EVENTS = 16 };

static struct stage stage;
static int set;
static struct drill_epoll_event events[EVENTS];

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect(&stage);
    drill_enter(stage.client);
    set = drill_epoll_create();
    ck_assert_int_ge(set, 0);
}

static void teardown(void)
{
    stage_close(&stage);
}

static int control(int op, int fd, uint32_t bits, uint64_t data)
{
    const struct drill_epoll_event event = {.events = bits, .data = data};

    drill_enter(stage.client);
    return drill_epoll_ctl(set, op, fd, &event);
}

static void watch(int fd, uint32_t bits, uint64_t data)
{
    ck_assert_int_eq(control(EPOLL_CTL_ADD, fd, bits, data), 0);
}

static int ready(void)
{
    drill_enter(stage.client);
    return drill_epoll_wait(set, events, EVENTS, 0);
}

START_TEST(a_set_that_is_stopped_answers_nobody_any_more)
{
    watch(stage.near, EPOLLIN, 42);
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(drill_stop_io(set), 0);
    ck_assert_int_eq(drill_epoll_wait(set, events, EVENTS, DRILL_NEVER), -EBADF);
}
END_TEST

START_TEST(what_stays_ready_is_told_every_time)
{
    watch(stage.near, EPOLLIN, 42);
    ck_assert_int_eq(ready(), 0);
    say(stage.server, stage.far, "x");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(ready(), 1);
        ck_assert_uint_eq(events[0].data, 42);
        ck_assert_uint_eq(events[0].events, EPOLLIN);
    }
    hear(stage.client, stage.near, "x");
    ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(an_edge_is_told_once)
{
    watch(stage.near, EPOLLIN | EPOLLET, 1);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(ready(), 0);
    say(stage.server, stage.far, "y");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(one_shot_strikes_once_until_it_is_set_again)
{
    watch(stage.near, EPOLLIN | EPOLLONESHOT, 1);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(ready(), 1);
    say(stage.server, stage.far, "y");
    ck_assert_int_eq(ready(), 0);
    ck_assert_int_eq(control(EPOLL_CTL_MOD, stage.near, EPOLLIN | EPOLLONESHOT, 2), 0);
    ck_assert_int_eq(ready(), 1);
    ck_assert_uint_eq(events[0].data, 2);
}
END_TEST

START_TEST(what_is_ready_when_it_is_added_is_told)
{
    say(stage.server, stage.far, "x");
    watch(stage.near, EPOLLIN | EPOLLOUT | EPOLLET, 1);
    ck_assert_int_eq(ready(), 1);
    ck_assert_uint_eq(events[0].events, EPOLLIN | EPOLLOUT);
}
END_TEST

START_TEST(a_change_counts_at_once)
{
    say(stage.server, stage.far, "x");
    watch(stage.near, 0, 1);
    ck_assert_int_eq(ready(), 0);
    ck_assert_int_eq(control(EPOLL_CTL_MOD, stage.near, EPOLLIN, 3), 0);
    ck_assert_int_eq(ready(), 1);
    ck_assert_uint_eq(events[0].data, 3);
    ck_assert_int_eq(control(EPOLL_CTL_MOD, stage.near, EPOLLOUT, 3), 0);
    ck_assert_int_eq(ready(), 1);
    ck_assert_uint_eq(events[0].events, EPOLLOUT);
    ck_assert_int_eq(control(EPOLL_CTL_DEL, stage.near, 0, 0), 0);
    ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(an_end_is_told_though_nobody_asked)
{
    const struct linger now = {.l_onoff = 1};

    watch(stage.near, 0, 1);
    drill_enter(stage.server);
    drill_setsockopt(stage.far, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ck_assert_int_eq(drill_close(stage.far), 0);
    ck_assert_int_eq(ready(), 1);
    ck_assert_uint_eq(events[0].events, EPOLLERR | EPOLLHUP);
}
END_TEST

START_TEST(a_closed_descriptor_leaves_every_set)
{
    watch(stage.near, EPOLLIN, 1);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(ready(), 0);
    ck_assert_int_eq(control(EPOLL_CTL_DEL, stage.near, 0, 0), -EBADF);
}
END_TEST

START_TEST(a_duplicate_keeps_a_closed_descriptor_in_its_set)
{
    drill_enter(stage.client);
    const int copy = drill_dup(stage.near);
    watch(stage.near, EPOLLIN, 1);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(ready(), 1);
    ck_assert_int_eq(end(stage.client, copy), 0);
    ck_assert_int_eq(ready(), 0);
}
END_TEST

START_TEST(a_set_takes_a_descriptor_once)
{
    drill_enter(stage.client);
    const int copy = drill_dup(stage.near);
    watch(stage.near, EPOLLIN, 1);
    ck_assert_int_eq(control(EPOLL_CTL_ADD, stage.near, EPOLLIN, 1), -EEXIST);
    watch(copy, EPOLLIN, 2); /* another number is another member */
    ck_assert_int_eq(control(EPOLL_CTL_MOD, 77, EPOLLIN, 1), -EBADF);
    ck_assert_int_eq(control(EPOLL_CTL_DEL, copy, 0, 0), 0);
    ck_assert_int_eq(control(EPOLL_CTL_DEL, copy, 0, 0), -ENOENT);
    ck_assert_int_eq(control(EPOLL_CTL_MOD, copy, EPOLLIN, 0), -ENOENT);
    ck_assert_int_eq(control(99, stage.near, EPOLLIN, 0), -EINVAL);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    struct drill_epoll_event event = {.events = EPOLLIN};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_epoll_ctl(set, EPOLL_CTL_ADD, set, &event), -EINVAL);
    ck_assert_int_eq(drill_epoll_ctl(stage.near, EPOLL_CTL_ADD, set, &event), -EINVAL);
    ck_assert_int_eq(drill_epoll_ctl(set, EPOLL_CTL_ADD, stage.near, NULL), -EFAULT);
    ck_assert_int_eq(drill_epoll_wait(set, events, 0, 0), -EINVAL);
    ck_assert_int_eq(drill_epoll_wait(stage.near, events, 1, 0), -EINVAL);
    ck_assert_int_eq(drill_epoll_wait(99, events, 1, 0), -EBADF);
}
END_TEST

START_TEST(sets_can_be_in_sets_but_not_in_themselves)
{
    drill_enter(stage.client);
    const int outer = drill_epoll_create();
    struct drill_epoll_event event = {.events = EPOLLIN, .data = 9};
    watch(stage.near, EPOLLIN, 1);
    ck_assert_int_eq(drill_epoll_ctl(outer, EPOLL_CTL_ADD, set, &event), 0);
    ck_assert_int_eq(drill_epoll_ctl(set, EPOLL_CTL_ADD, outer, &event), -ELOOP);
    ck_assert_int_eq(drill_epoll_wait(outer, events, EVENTS, 0), 0);
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(drill_epoll_wait(outer, events, EVENTS, 0), 1);
    ck_assert_uint_eq(events[0].data, 9);
}
END_TEST

START_TEST(the_first_that_was_ready_is_told_first_and_all_have_their_turn)
{
    const int first = stage.near, first_far = stage.far;

    stage_connect(&stage);
    watch(stage.near, EPOLLIN, 2);
    watch(first, EPOLLIN, 1);
    say(stage.server, first_far, "x");
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(ready(), 2);
    ck_assert_uint_eq(events[0].data, 1);
    ck_assert_uint_eq(events[1].data, 2);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(drill_epoll_wait(set, events, 1, 0), 1);
        ck_assert_uint_eq(events[0].data, (uint64_t)i % 2 + 1);
    }
}
END_TEST

static int64_t wait_once(void *woken_ns)
{
    struct drill_epoll_event event;
    const int told = drill_epoll_wait(set, &event, 1, DRILL_NEVER);

    *(int64_t *)woken_ns = drill_monotonic();
    return told;
}

START_TEST(a_waiter_is_woken_by_the_one_of_many_that_is_ready)
{
    int64_t woken_ns = -1, result = 0;
    const int last = stage.near, last_far = stage.far;

    for (int i = 0; i < IDLE; i++) {
        stage_connect(&stage);
        watch(stage.near, EPOLLIN, (uint64_t)i);
    }
    watch(last, EPOLLIN, IDLE);
    struct drill_task *task = drill_start(stage.client, "waits", wait_once, &woken_ns);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_int_eq(woken_ns, -1);
    const struct drill_stats before = drill_stats(stage.world);
    say(stage.server, last_far, "x");
    ck_assert_int_eq(drill_join(task, &result), 0);
    ck_assert_int_eq(result, 1);
    ck_assert_int_eq(woken_ns, DRILL_SECOND);
    ck_assert_uint_eq(drill_stats(stage.world).events, before.events);
    ck_assert_uint_le(drill_stats(stage.world).switches, before.switches + 2);
}
END_TEST

START_TEST(a_wait_ends_with_its_time)
{
    watch(stage.near, EPOLLIN, 1);
    ck_assert_int_eq(drill_epoll_wait(set, events, 1, DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(who_waits_and_is_ended_leaves_nothing)
{
    int64_t woken_ns = -1;

    watch(stage.near, EPOLLIN, 1);
    drill_start(stage.client, "waits", wait_once, &woken_ns);
    drill_run_until(stage.world, 1);
    ck_assert_int_eq(drill_crash(stage.client), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(woken_ns, -1);
}
END_TEST

START_TEST(without_memory_nothing_is_watched)
{
    for (uint64_t n = 1;; n++) {
        stage_fail(&stage, n);
        const int result = control(EPOLL_CTL_ADD, stage.near, EPOLLOUT, 1);
        stage_fail(&stage, 0);
        if (result == 0) {
            ck_assert_uint_gt(n, 1);
            break;
        }
        ck_assert_int_eq(result, -ENOMEM);
        ck_assert_int_eq(ready(), 0);
    }
    ck_assert_int_eq(ready(), 1);
}
END_TEST

Suite *epoll_suite(void);

Suite *epoll_suite(void)
{
    Suite *suite = suite_create("epoll");
    TCase *tests = tcase_create("sets");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_set_that_is_stopped_answers_nobody_any_more);
    tcase_add_test(tests, what_stays_ready_is_told_every_time);
    tcase_add_test(tests, an_edge_is_told_once);
    tcase_add_test(tests, one_shot_strikes_once_until_it_is_set_again);
    tcase_add_test(tests, what_is_ready_when_it_is_added_is_told);
    tcase_add_test(tests, a_change_counts_at_once);
    tcase_add_test(tests, an_end_is_told_though_nobody_asked);
    tcase_add_test(tests, a_closed_descriptor_leaves_every_set);
    tcase_add_test(tests, a_duplicate_keeps_a_closed_descriptor_in_its_set);
    tcase_add_test(tests, a_set_takes_a_descriptor_once);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, sets_can_be_in_sets_but_not_in_themselves);
    tcase_add_test(tests, the_first_that_was_ready_is_told_first_and_all_have_their_turn);
    tcase_add_test(tests, a_waiter_is_woken_by_the_one_of_many_that_is_ready);
    tcase_add_test(tests, a_wait_ends_with_its_time);
    tcase_add_test(tests, who_waits_and_is_ended_leaves_nothing);
    tcase_add_test(tests, without_memory_nothing_is_watched);
    suite_add_tcase(suite, tests);
    return suite;
}
