#include "emu/call.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "emu/abi.h"
#include "tests/helpers.h"

static struct stage stage;
static struct lines lines;
static char block[64];

static void setup(void)
{
    lines_clear(&lines);
    stage_open(&stage, NULL);
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

/* A task that reads or writes and notes when it was done. */
struct waiter {
    int fd;
    bool writes;
    int64_t ended_ns;
    struct drill_task *task;
};

static int64_t wait_at(void *waiter)
{
    static char much[1 << 23];
    struct waiter *self = waiter;
    const ssize_t result = self->writes ? drill_sendto(self->fd, much, sizeof much, 0, NULL)
                                        : drill_recvfrom(self->fd, block, 1, 0, NULL);

    self->ended_ns = drill_monotonic();
    return result;
}

static struct waiter near_waiter(bool writes)
{
    return (struct waiter){.fd = stage.near, .writes = writes};
}

static void begin(struct waiter *waiter)
{
    waiter->task = drill_start(stage.client, "waits", wait_at, waiter);
    drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
    ck_assert(!drill_task_ended(waiter->task));
}

static int64_t result_of(struct waiter *waiter)
{
    int64_t result = 0;

    ck_assert_int_eq(drill_join(waiter->task, &result), 0);
    return result;
}

START_TEST(what_is_no_descriptor_is_told)
{
    drill_enter(stage.client);
    ck_assert_int_eq(drill_recvfrom(99, block, 1, 0, NULL), -EBADF);
    ck_assert_int_eq(drill_recvfrom(-1, block, 1, 0, NULL), -EBADF);
    ck_assert_int_eq(drill_listen(INT_MAX, 1), -EBADF);
    ck_assert_int_eq(drill_recvfrom(stage.far, block, 1, 0, NULL), -EBADF); /* the server's */
}
END_TEST

START_TEST(what_is_no_socket_is_told)
{
    drill_enter(stage.client);
    const int epoll = drill_epoll_create();
    ck_assert_int_eq(drill_listen(epoll, 1), -ENOTSOCK);
    ck_assert_int_eq(drill_recvfrom(epoll, block, 1, 0, NULL), -ENOTSOCK);
    ck_assert_int_eq(drill_read(epoll, block, 1), -EINVAL);
    ck_assert_int_eq(drill_write(epoll, block, 1), -EINVAL);
}
END_TEST

START_TEST(without_a_host_there_is_nobody_to_call)
{
    teardown();
    struct drill_world *world = drill_world_new(NULL);
    ck_assert_int_eq(drill_socket(AF_INET, SOCK_STREAM, 0), -ENXIO);
    drill_world_free(world);
    setup();
}
END_TEST

START_TEST(a_deadline_ends_a_wait_at_its_time)
{
    struct waiter reads = near_waiter(false);

    drill_enter(stage.client);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, 5 * DRILL_SECOND), 0);
    begin(&reads);
    ck_assert_int_eq(result_of(&reads), -EAGAIN);
    ck_assert_int_eq(reads.ended_ns, 5 * DRILL_SECOND);
}
END_TEST

START_TEST(once_a_deadline_has_passed_even_what_is_there_is_not_read)
{
    say(stage.server, stage.far, "x");
    drill_run_until(stage.world, DRILL_SECOND);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, DRILL_SECOND), 0);
    ck_assert_int_eq(drill_recvfrom(stage.near, block, 1, 0, NULL), -EAGAIN);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, 0), 0);
    hear(stage.client, stage.near, "x");
}
END_TEST

START_TEST(a_new_deadline_counts_for_who_already_waits)
{
    struct waiter reads = near_waiter(false);

    begin(&reads);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, 3 * DRILL_SECOND), 0);
    ck_assert_int_eq(result_of(&reads), -EAGAIN);
    ck_assert_int_eq(reads.ended_ns, 3 * DRILL_SECOND);
}
END_TEST

START_TEST(a_deadline_can_be_moved_and_cleared_while_somebody_waits)
{
    struct waiter reads = near_waiter(false);

    drill_enter(stage.client);
    drill_set_read_deadline(stage.near, 2 * DRILL_SECOND);
    begin(&reads);
    drill_set_read_deadline(stage.near, 9 * DRILL_SECOND);
    drill_run_until(stage.world, 3 * DRILL_SECOND);
    ck_assert(!drill_task_ended(reads.task));
    drill_set_read_deadline(stage.near, 0);
    drill_run_until(stage.world, 20 * DRILL_SECOND);
    ck_assert(!drill_task_ended(reads.task));
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(result_of(&reads), 1);
}
END_TEST

START_TEST(a_deadline_of_the_past_ends_a_wait_at_once)
{
    struct waiter reads = near_waiter(false);

    begin(&reads);
    drill_enter(stage.client);
    drill_set_read_deadline(stage.near, 1);
    ck_assert_int_eq(result_of(&reads), -EAGAIN);
    ck_assert_int_eq(reads.ended_ns, DRILL_SECOND);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, -1), -EINVAL);
}
END_TEST

START_TEST(reading_and_writing_have_deadlines_of_their_own)
{
    struct waiter writes = near_waiter(true);

    drill_enter(stage.client);
    drill_set_read_deadline(stage.near, 1);
    drill_run_until(stage.world, DRILL_SECOND);
    say(stage.client, stage.near, "x");
    drill_set_read_deadline(stage.near, 0);
    drill_set_write_deadline(stage.near, 4 * DRILL_SECOND);
    begin(&writes);
    ck_assert_int_gt(result_of(&writes), 1 << 20); /* what was taken so far */
    ck_assert_int_eq(writes.ended_ns, 4 * DRILL_SECOND);
    ck_assert_int_eq(drill_sendto(stage.near, block, 1, 0, NULL), -EAGAIN);
    say(stage.server, stage.far, "x");
    hear(stage.client, stage.near, "x");
}
END_TEST

START_TEST(a_timeout_of_a_socket_counts_from_each_call)
{
    const struct timeval two = {.tv_sec = 2};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_setsockopt(stage.near, SOL_SOCKET, SO_RCVTIMEO, &two, sizeof two), 0);
    for (int64_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(drill_recvfrom(stage.near, block, 1, 0, NULL), -EAGAIN);
        ck_assert_int_eq(drill_now(stage.world), 2 * i * DRILL_SECOND);
    }
}
END_TEST

START_TEST(a_deadline_bounds_accept_and_connect_too)
{
    const struct drill_sockaddr nobody = drill_sockaddr_inet4(10, 9, 9, 9, 1);

    drill_enter(stage.server);
    drill_set_read_deadline(stage.listener, DRILL_SECOND);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), -EAGAIN);
    ck_assert_int_eq(drill_now(stage.world), DRILL_SECOND);
    const int fd = tcp_socket(stage.client);
    drill_set_write_deadline(fd, 3 * DRILL_SECOND);
    ck_assert_int_lt(drill_connect(fd, &nobody), 0);
    ck_assert_int_eq(drill_now(stage.world), 3 * DRILL_SECOND);
}
END_TEST

START_TEST(stopping_ends_every_wait_and_every_later_call)
{
    struct waiter reads = near_waiter(false), reads_too = near_waiter(false),
                  writes = near_waiter(true);

    begin(&reads);
    begin(&reads_too);
    begin(&writes);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_stop_io(stage.near), 0);
    ck_assert_int_eq(result_of(&reads), -EBADF);
    ck_assert_int_eq(result_of(&reads_too), -EBADF);
    ck_assert_int_gt(result_of(&writes), 0); /* what was taken before */
    ck_assert_int_eq(drill_recvfrom(stage.near, block, 1, 0, NULL), -EBADF);
    ck_assert_int_eq(drill_sendto(stage.near, block, 1, 0, NULL), -EBADF);
    ck_assert_int_eq(drill_socket(AF_INET, SOCK_STREAM, 0), 4); /* the number is still taken */
    ck_assert_int_eq(drill_close(stage.near), 0);
}
END_TEST

START_TEST(a_wait_survives_the_closing_of_its_descriptor)
{
    struct waiter reads = near_waiter(false);

    begin(&reads);
    ck_assert_int_eq(end(stage.client, stage.near), 0);
    say(stage.server, stage.far, "x");
    ck_assert_int_eq(result_of(&reads), 1); /* as in Linux, the call holds the socket */
}
END_TEST

START_TEST(a_call_stands_in_the_trace_with_what_it_was_given)
{
    const struct drill_sockaddr addr = drill_sockaddr_inet4(10, 0, 0, 2, 81);

    drill_trace_to(stage.world, lines_add, &lines);
    say(stage.client, stage.near, "four");
    const int fd = tcp_socket(stage.client);
    drill_connect(fd, &addr);
    set_option(stage.client, fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    drill_resolve("server", NULL, 0);
    drill_sleep(DRILL_SECOND);
    end(stage.client, 99);
    static const char *const expected[] = {
        "   0.000000000 client/main send(3, 4) = 4\n",
        "client/main connect(4, 10.0.0.2:81) = ECONNREFUSED",
        "client/main setsockopt(4, 1, 9) = 0",
        "resolve(-1, server) = 2",
        "   1.000000000 client/main sleep(",
        "client/main close(99, 0) = EBADF",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(lines.text, expected[i]) != NULL, "%s not in:\n%s", expected[i],
                      lines.text);
}
END_TEST

START_TEST(an_error_tells_the_packet_that_brought_it)
{
    const struct linger now = {.l_onoff = 1};
    char expected[64];

    drill_trace_to(stage.world, lines_add, &lines);
    drill_enter(stage.server);
    drill_setsockopt(stage.far, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    drill_close(stage.far);
    const uint64_t number = drill_stats(stage.world).packets;
    ck_assert_int_eq(take(stage.client, stage.near, block, 1, 0), -ECONNRESET);
    snprintf(expected, sizeof expected, "recv(3, 1) = ECONNRESET <- packet #%llu",
             (unsigned long long)number);
    ck_assert_uint_eq(lines_with(&lines, expected), 1);
}
END_TEST

START_TEST(each_call_and_its_result_count_in_the_hash)
{
    drill_enter(stage.client);
    const uint64_t before = drill_hash(stage.world), calls = drill_stats(stage.world).calls;
    drill_get_nonblock(stage.near);
    const uint64_t after = drill_hash(stage.world);
    ck_assert_uint_ne(before, after);
    ck_assert_uint_eq(drill_stats(stage.world).calls, calls + 1);
    drill_get_nonblock(99);
    ck_assert_uint_ne(drill_hash(stage.world), after);
}
END_TEST

START_TEST(parts_that_make_no_message_are_refused)
{
    struct drill_iovec parts[] = {{NULL, 5}, {block, SIZE_MAX}};
    struct drill_message message = {.parts = parts, .part_count = 1};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &message, 0), -EFAULT);
    message.parts = &parts[1];
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &message, 0), -EINVAL);
    message = (struct drill_message){.parts = NULL, .part_count = 1};
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &message, 0), -EFAULT);
    message = (struct drill_message){.parts = parts, .part_count = 1025};
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &message, 0), -EMSGSIZE);
    ck_assert_int_eq(drill_sendmsg_n(stage.near, NULL, 0), -EFAULT);
}
END_TEST

static TCase *waits(void)
{
    TCase *tests = tcase_create("waits");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_deadline_ends_a_wait_at_its_time);
    tcase_add_test(tests, once_a_deadline_has_passed_even_what_is_there_is_not_read);
    tcase_add_test(tests, a_new_deadline_counts_for_who_already_waits);
    tcase_add_test(tests, a_deadline_can_be_moved_and_cleared_while_somebody_waits);
    tcase_add_test(tests, a_deadline_of_the_past_ends_a_wait_at_once);
    tcase_add_test(tests, reading_and_writing_have_deadlines_of_their_own);
    tcase_add_test(tests, a_timeout_of_a_socket_counts_from_each_call);
    tcase_add_test(tests, a_deadline_bounds_accept_and_connect_too);
    tcase_add_test(tests, stopping_ends_every_wait_and_every_later_call);
    tcase_add_test(tests, a_wait_survives_the_closing_of_its_descriptor);
    return tests;
}

static TCase *door(void)
{
    TCase *tests = tcase_create("door");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_no_descriptor_is_told);
    tcase_add_test(tests, what_is_no_socket_is_told);
    tcase_add_test(tests, without_a_host_there_is_nobody_to_call);
    tcase_add_test(tests, a_call_stands_in_the_trace_with_what_it_was_given);
    tcase_add_test(tests, an_error_tells_the_packet_that_brought_it);
    tcase_add_test(tests, each_call_and_its_result_count_in_the_hash);
    tcase_add_test(tests, parts_that_make_no_message_are_refused);
    return tests;
}

Suite *call_suite(void);

Suite *call_suite(void)
{
    Suite *suite = suite_create("call");

    suite_add_tcase(suite, waits());
    suite_add_tcase(suite, door());
    return suite;
}
