#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/abi.h"
#include "tests/helpers.h"

enum { MANY = 1000 };

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect(&stage);
    drill_enter(stage.client);
}

static void teardown(void)
{
    stage_close(&stage);
}

/* A task that polls and notes what it was told, and when. */
struct poller {
    struct drill_pollfd fds[2];
    int64_t deadline_ns;
    int64_t woken_ns;
    uint32_t wakes; /* switches to it are counted by the world; this by its return */
};

static int64_t poll_it(void *poller)
{
    struct poller *self = poller;
    const int result = drill_poll(self->fds, 2, self->deadline_ns);

    self->woken_ns = drill_monotonic();
    self->wakes++;
    return result;
}

static struct poller poller_of(int first, int second)
{
    return (struct poller){
        .fds = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}},
        .deadline_ns = DRILL_NEVER};
}

START_TEST(what_is_ready_is_told_at_once_and_no_time_passes)
{
    struct drill_pollfd fds[3] = {{.fd = stage.near, .events = POLLIN | POLLOUT},
                                  {.fd = -1, .events = POLLIN, .revents = 7},
                                  {.fd = 99, .events = POLLIN}};

    ck_assert_int_eq(drill_poll(fds, 3, DRILL_NEVER), 2);
    ck_assert_int_eq(fds[0].revents, POLLOUT);
    ck_assert_int_eq(fds[1].revents, 0);
    ck_assert_int_eq(fds[2].revents, POLLNVAL);
    ck_assert_int_eq(drill_now(stage.world), 0);
}
END_TEST

START_TEST(only_what_was_asked_for_is_told)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};

    ck_assert_int_eq(drill_poll(&asked, 1, 0), 0);
    say(stage.server, stage.far, "x");
    drill_enter(stage.client);
    ck_assert_int_eq(drill_poll(&asked, 1, 0), 1);
    ck_assert_int_eq(asked.revents, POLLIN);
    asked.events = 0;
    ck_assert_int_eq(drill_poll(&asked, 1, 0), 0);
    ck_assert_int_eq(asked.revents, 0);
}
END_TEST

START_TEST(a_wait_ends_with_its_time)
{
    struct drill_pollfd asked = {.fd = stage.near, .events = POLLIN};

    ck_assert_int_eq(drill_poll(&asked, 1, 3 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), 3 * DRILL_SECOND);
    ck_assert_int_eq(drill_poll(NULL, 0, 5 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_now(stage.world), 5 * DRILL_SECOND);
    ck_assert_int_eq(drill_poll(&asked, 1, DRILL_SECOND), 0); /* that has passed */
    ck_assert_int_eq(drill_now(stage.world), 5 * DRILL_SECOND);
}
END_TEST

START_TEST(either_of_two_wakes)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    const int other = stage.near, other_far = stage.far;
    stage_connect(&stage);
    struct poller polls = poller_of(stage.near, other);
    const int64_t start = drill_now(stage.world);
    struct drill_task *task = drill_start(stage.client, "polls", poll_it, &polls);
    int64_t result = 0;
    say(stage.server, other_far, "x");
    ck_assert_int_eq(drill_join(task, &result), 0);
    ck_assert_int_eq(result, 1);
    ck_assert_int_eq(polls.fds[0].revents, 0);
    ck_assert_int_eq(polls.fds[1].revents, POLLIN);
    ck_assert_int_eq(polls.woken_ns - start, DRILL_MS);
}
END_TEST

START_TEST(nobody_is_woken_for_what_it_does_not_wait_for)
{
    const int other_far = stage.far;
    stage_connect(&stage);
    struct poller polls = poller_of(stage.near, -1);

    drill_start(stage.client, "polls", poll_it, &polls);
    drill_run_until(stage.world, 1);
    const uint64_t switches = drill_stats(stage.world).switches;
    say(stage.server, other_far, "x");
    drill_run_until(stage.world, 2);
    ck_assert_uint_eq(drill_stats(stage.world).switches, switches);
    say(stage.server, stage.far, "x");
    drill_run_until(stage.world, 3);
    ck_assert_uint_eq(polls.wakes, 1);
}
END_TEST

START_TEST(everybody_who_waits_for_the_same_is_told)
{
    struct poller first = poller_of(stage.near, -1), second = poller_of(-1, stage.near);

    drill_start(stage.client, "first", poll_it, &first);
    drill_start(stage.client, "second", poll_it, &second);
    drill_run_until(stage.world, 1);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(first.fds[0].revents, POLLIN);
    ck_assert_int_eq(second.fds[1].revents, POLLIN);
}
END_TEST

START_TEST(a_descriptor_that_is_closed_meanwhile_is_told_as_invalid)
{
    struct poller polls = poller_of(stage.near, -1);

    drill_start(stage.client, "polls", poll_it, &polls);
    drill_run_until(stage.world, 1);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(polls.fds[0].revents, POLLNVAL);
}
END_TEST

START_TEST(a_descriptor_that_was_stopped_is_told_as_invalid)
{
    struct poller polls = poller_of(stage.near, -1);

    drill_start(stage.client, "polls", poll_it, &polls);
    drill_run_until(stage.world, 1);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_stop_io(stage.near), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(polls.fds[0].revents, POLLNVAL);
}
END_TEST

START_TEST(one_descriptor_can_be_asked_for_twice)
{
    struct poller polls = poller_of(stage.near, stage.near);

    polls.fds[1].events = POLLRDNORM;
    drill_start(stage.client, "polls", poll_it, &polls);
    drill_run_until(stage.world, 1);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(polls.fds[0].revents, POLLIN);
    ck_assert_int_eq(polls.fds[1].revents, POLLRDNORM);
}
END_TEST

START_TEST(who_waits_and_is_ended_leaves_nothing)
{
    struct poller polls = poller_of(stage.near, stage.near);

    drill_start(stage.client, "polls", poll_it, &polls);
    drill_run_until(stage.world, 1);
    ck_assert_int_eq(drill_crash(stage.client), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(polls.wakes, 0);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    struct drill_pollfd fds[6] = {{0}};

    ck_assert_int_eq(drill_poll(NULL, 1, 0), -EFAULT);
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 5);
    ck_assert_int_eq(drill_poll(fds, 6, 0), -EINVAL);
}
END_TEST

START_TEST(without_memory_nobody_waits)
{
    struct drill_pollfd fds[MANY];

    for (int i = 0; i < MANY; i++)
        fds[i] = (struct drill_pollfd){.fd = -1};
    stage_fail(&stage, 1);
    ck_assert_int_eq(drill_poll(fds, MANY, DRILL_NEVER), -ENOMEM);
}
END_TEST

/* tcp_poll of Linux in the states of a connection. */
START_TEST(the_bits_follow_the_state)
{
    const int fresh = tcp_socket(stage.client);

    ck_assert_int_eq(bits_of(stage.client, fresh), POLLOUT | POLLHUP);
    ck_assert_int_eq(bits_of(stage.client, stage.near), POLLOUT);
    ck_assert_int_eq(bits_of(stage.server, stage.listener), 0);
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_WR), 0);
    ck_assert_int_eq(bits_of(stage.server, stage.far), POLLOUT);
    ck_assert_int_eq(bits_of(stage.client, stage.near), POLLIN | POLLOUT | DRILL_POLLRDHUP);
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(bits_of(stage.client, stage.near),
                     POLLIN | POLLOUT | DRILL_POLLRDHUP | POLLHUP);
}
END_TEST

Suite *poll_suite(void);

Suite *poll_suite(void)
{
    Suite *suite = suite_create("poll");
    TCase *tests = tcase_create("waiting");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_ready_is_told_at_once_and_no_time_passes);
    tcase_add_test(tests, only_what_was_asked_for_is_told);
    tcase_add_test(tests, a_wait_ends_with_its_time);
    tcase_add_test(tests, either_of_two_wakes);
    tcase_add_test(tests, nobody_is_woken_for_what_it_does_not_wait_for);
    tcase_add_test(tests, everybody_who_waits_for_the_same_is_told);
    tcase_add_test(tests, a_descriptor_that_is_closed_meanwhile_is_told_as_invalid);
    tcase_add_test(tests, a_descriptor_that_was_stopped_is_told_as_invalid);
    tcase_add_test(tests, one_descriptor_can_be_asked_for_twice);
    tcase_add_test(tests, who_waits_and_is_ended_leaves_nothing);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, without_memory_nobody_waits);
    tcase_add_test(tests, the_bits_follow_the_state);
    suite_add_tcase(suite, tests);
    return suite;
}
