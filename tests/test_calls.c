#include "emu/calls.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;
static char block[16];

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

START_TEST(a_duplicate_shares_everything_but_its_number)
{
    const int copy = drill_dup(stage.near);

    ck_assert_int_eq(copy, 4);
    ck_assert_int_eq(drill_set_nonblock(copy, true), 0);
    ck_assert_int_eq(drill_get_nonblock(stage.near), 1);
    ck_assert_int_eq(drill_recvfrom(stage.near, block, 1, 0, NULL), -EAGAIN);
    say(stage.client, copy, "one");
    say(stage.client, stage.near, "two");
    hear(stage.server, stage.far, "onetwo");
    ck_assert_int_eq(drill_dup(99), -EBADF);
}
END_TEST

START_TEST(the_last_number_closes_the_connection)
{
    const int copy = drill_dup(stage.near);

    ck_assert_int_eq(drill_close(stage.near), 0);
    ck_assert_int_eq(drill_close(stage.near), -EBADF);
    say(stage.server, stage.far, "still");
    hear(stage.client, copy, "still");
    ck_assert_int_eq(drill_close(copy), 0);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 0);
}
END_TEST

START_TEST(a_duplicate_can_take_the_place_of_another)
{
    const int other = tcp_socket(stage.client);

    ck_assert_int_eq(drill_dup2(stage.near, other), other);
    say(stage.client, other, "here");
    hear(stage.server, stage.far, "here");
    drill_enter(stage.client);
    ck_assert_int_eq(drill_dup2(stage.near, stage.near), stage.near);
    ck_assert_int_eq(drill_dup2(stage.near, 70), 70);
    ck_assert_int_eq(drill_dup2(stage.near, -1), -EBADF);
    ck_assert_int_eq(drill_dup2(99, stage.near), -EBADF);
    say(stage.client, stage.near, "unhurt");
}
END_TEST

START_TEST(there_are_no_more_numbers_than_the_limit)
{
    drill_limit(stage.client, DRILL_LIMIT_DESCRIPTORS, 5);
    ck_assert_int_eq(drill_dup(stage.near), 4);
    ck_assert_int_eq(drill_dup(stage.near), -EMFILE);
    ck_assert_int_eq(drill_socket(AF_INET, SOCK_STREAM, 0), -EMFILE);
    ck_assert_int_eq(drill_epoll_create(), -EMFILE);
    ck_assert_int_eq(drill_dup2(stage.near, 5), -EBADF);
    ck_assert_int_eq(drill_close(4), 0);
    ck_assert_int_eq(drill_socket(AF_INET, SOCK_STREAM, 0), 4);
}
END_TEST

START_TEST(names_are_told_of_both_ends)
{
    struct drill_sockaddr name, peer;

    ck_assert_int_eq(drill_getsockname(stage.near, &name), 0);
    ck_assert_int_eq(drill_getpeername(stage.near, &peer), 0);
    ck_assert_int_eq(peer.port, STAGE_PORT);
    drill_enter(stage.server);
    struct drill_sockaddr far_name, far_peer;
    ck_assert_int_eq(drill_getsockname(stage.far, &far_name), 0);
    ck_assert_int_eq(drill_getpeername(stage.far, &far_peer), 0);
    ck_assert(drill_sockaddr_equal(&name, &far_peer));
    ck_assert(drill_sockaddr_equal(&peer, &far_name));
    ck_assert_int_eq(drill_getpeername(stage.listener, &peer), -ENOTCONN);
    ck_assert_int_eq(drill_getsockname(stage.far, NULL), -EFAULT);
    ck_assert_int_eq(drill_getpeername(stage.far, NULL), -EFAULT);
}
END_TEST

START_TEST(there_are_three_ways_to_shut)
{
    ck_assert_int_eq(drill_shutdown(stage.near, -1), -EINVAL);
    ck_assert_int_eq(drill_shutdown(stage.near, 3), -EINVAL);
    ck_assert_int_eq(drill_shutdown(stage.near, SHUT_RDWR), 0);
    ck_assert_int_eq(drill_recvfrom(stage.near, block, 1, 0, NULL), 0);
    ck_assert_int_eq(drill_sendto(stage.near, block, 1, 0, NULL), -EPIPE);
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 0);
    ck_assert_int_eq(shut(stage.client, tcp_socket(stage.client), SHUT_RD), -ENOTCONN);
}
END_TEST

START_TEST(read_and_write_are_recv_and_send_without_flags)
{
    ck_assert_int_eq(drill_write(stage.near, "ab", 2), 2);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_read(stage.far, block, 0), 0);
    ck_assert_int_eq(drill_read(stage.far, block, sizeof block), 2);
    ck_assert_mem_eq(block, "ab", 2);
}
END_TEST

START_TEST(accept_takes_two_flags_and_no_other)
{
    const struct drill_sockaddr addr = stage_address();
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(drill_connect(fd, &addr), 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_accept4(stage.listener, NULL, 1), -EINVAL);
    const int made = drill_accept4(stage.listener, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ck_assert_int_ge(made, 0);
    ck_assert_int_eq(drill_get_nonblock(made), 1);
    ck_assert_int_eq(drill_get_nonblock(stage.listener), 0);
}
END_TEST

START_TEST(an_ioctl_answers_one_number)
{
    int value = -1;

    ck_assert_int_eq(drill_ioctl_int(stage.near, 0x541B, &value), 0);
    ck_assert_int_eq(value, 0);
    ck_assert_int_eq(drill_ioctl_int(stage.near, 0x541B, NULL), -EFAULT);
    ck_assert_int_eq(drill_ioctl_int(stage.near, 12345, &value), -ENOTTY);
    ck_assert_int_eq(drill_ioctl_int(drill_epoll_create(), 0x541B, &value), -ENOTTY);
}
END_TEST

START_TEST(a_deadline_is_for_sockets)
{
    const int epoll = drill_epoll_create();

    ck_assert_int_eq(drill_set_read_deadline(epoll, 1), -ENOTSOCK);
    ck_assert_int_eq(drill_set_write_deadline(epoll, 1), -ENOTSOCK);
    stage_fail(&stage, 1);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, 1), -ENOMEM);
    ck_assert_int_eq(drill_set_read_deadline(stage.near, 1), 0);
}
END_TEST

START_TEST(an_accept_without_memory_loses_no_connection)
{
    const struct drill_sockaddr addr = stage_address();

    drill_enter(stage.server);
    while (drill_dup(stage.listener) < 63) /* so that the next number needs a page */
        continue;
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(fd, &addr), 0);
    drill_enter(stage.server);
    stage_fail(&stage, 1);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), -ENOMEM);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), 64);
}
END_TEST

Suite *calls_suite(void);

Suite *calls_suite(void)
{
    Suite *suite = suite_create("calls");
    TCase *tests = tcase_create("calls");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_duplicate_shares_everything_but_its_number);
    tcase_add_test(tests, the_last_number_closes_the_connection);
    tcase_add_test(tests, a_duplicate_can_take_the_place_of_another);
    tcase_add_test(tests, there_are_no_more_numbers_than_the_limit);
    tcase_add_test(tests, names_are_told_of_both_ends);
    tcase_add_test(tests, there_are_three_ways_to_shut);
    tcase_add_test(tests, read_and_write_are_recv_and_send_without_flags);
    tcase_add_test(tests, accept_takes_two_flags_and_no_other);
    tcase_add_test(tests, an_ioctl_answers_one_number);
    tcase_add_test(tests, a_deadline_is_for_sockets);
    tcase_add_test(tests, an_accept_without_memory_loses_no_connection);
    suite_add_tcase(suite, tests);
    return suite;
}
