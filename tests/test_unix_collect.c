#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

/* Its two ends lie in each other's queues, and no descriptor is left. */
static void make_garbage(void)
{
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(local_send_fds(pair[0], &pair[0], 1), 1);
    ck_assert_int_eq(local_send_fds(pair[1], &pair[1], 1), 1);
    drill_close(pair[0]);
    drill_close(pair[1]);
}

static uint64_t blocks(void)
{
    return locals_world->sim.mem.live;
}

START_TEST(a_cycle_goes_when_another_unix_socket_is_closed)
{
    const int other = local_socket(SOCK_DGRAM, NULL);
    const uint64_t before = blocks();

    make_garbage();
    ck_assert_uint_gt(blocks(), before);
    ck_assert_uint_eq(locals_host->unix_passed, 2);
    drill_close(other);
    ck_assert_uint_eq(locals_host->unix_passed, 0);
    ck_assert_uint_lt(blocks(), before);
}
END_TEST

START_TEST(a_cycle_goes_at_the_end_of_the_world)
{
    make_garbage();
    make_garbage();
}
END_TEST

START_TEST(a_cycle_goes_in_a_crash)
{
    make_garbage();
    ck_assert_int_eq(drill_crash(locals_host), 0);
    ck_assert_uint_eq(locals_host->unix_passed, 0);
    ck_assert_ptr_null(locals_host->unix_sockets);
}
END_TEST

START_TEST(a_socket_in_its_own_queue_goes_and_its_peer_is_told)
{
    int pair[2];
    char byte;

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(local_send_fds(pair[0], &pair[1], 1), 1);
    drill_close(pair[1]);
    ck_assert_int_eq(local_recv(pair[0], &byte, 1), -EAGAIN);
    drill_close(local_socket(SOCK_STREAM, NULL));
    ck_assert_int_eq(local_recv(pair[0], &byte, 1), -ECONNRESET);
}
END_TEST

START_TEST(what_a_descriptor_can_still_reach_stays)
{
    int way[2], middle[2], inner[2], fd;

    local_pair(SOCK_STREAM, way);
    local_pair(SOCK_STREAM, middle);
    local_pair(SOCK_DGRAM, inner);
    ck_assert_int_eq(local_send_fds(middle[0], &inner[0], 1), 1);
    ck_assert_int_eq(local_send_fds(way[0], &middle[1], 1), 1);
    drill_close(inner[0]);
    drill_close(middle[0]);
    drill_close(middle[1]);
    drill_close(local_socket(SOCK_STREAM, NULL));
    ck_assert_int_eq(local_recv_fds(way[1], &fd, 1), 1);
    ck_assert_int_eq(local_recv_fds(fd, &fd, 1), 1);
    ck_assert_int_eq(local_send(inner[1], "a"), 1);
    ck_assert_int_eq(local_bits(fd) & POLLIN, POLLIN);
}
END_TEST

START_TEST(who_waits_in_a_listener_that_can_be_reached_stays)
{
    const int listener = local_listener(SOCK_STREAM, "@listener", 5);
    const int client = local_socket(SOCK_STREAM, NULL);
    int carried[2], fd;

    local_pair(SOCK_STREAM, carried);
    ck_assert_int_eq(local_connect(client, "@listener"), 0);
    ck_assert_int_eq(local_send_fds(client, &carried[0], 1), 1);
    drill_close(carried[0]);
    drill_close(local_socket(SOCK_STREAM, NULL));
    ck_assert_int_eq(local_recv_fds(drill_accept(listener, NULL), &fd, 1), 1);
    ck_assert_int_eq(local_send(carried[1], "a"), 1);
    ck_assert_int_eq(local_bits(fd) & POLLIN, POLLIN);
}
END_TEST

START_TEST(a_listener_that_waits_in_itself_goes)
{
    const int listener = local_listener(SOCK_STREAM, "@listener", 5);
    const int client = local_socket(SOCK_STREAM, NULL);
    char byte;

    ck_assert_int_eq(local_connect(client, "@listener"), 0);
    ck_assert_int_eq(local_send_fds(client, &listener, 1), 1);
    drill_close(listener);
    drill_close(local_socket(SOCK_STREAM, NULL));
    ck_assert_uint_eq(locals_host->unix_passed, 0);
    ck_assert_int_eq(local_recv(client, &byte, 1), -ECONNRESET);
    ck_assert_int_eq(local_connect(local_socket(SOCK_STREAM, NULL), "@listener"), -ECONNREFUSED);
}
END_TEST

START_TEST(what_a_task_waits_on_stays)
{
    struct waiting receiving = {.run = waiting_recv, .data = &receiving.size, .size = 8};
    int pair[2];

    local_pair(SOCK_DGRAM, pair);
    receiving.fd = pair[0];
    waiting_start(&receiving);
    ck_assert_int_eq(local_send_fds(pair[0], &pair[0], 1), 1);
    drill_close(pair[0]);
    drill_close(local_socket(SOCK_STREAM, NULL));
    ck_assert_uint_eq(locals_host->unix_passed, 1);
    ck_assert_int_eq(local_send(pair[1], "abc"), 3);
    ck_assert_int_eq(waiting_end(&receiving), 3);
}
END_TEST

START_TEST(sockets_of_tcp_in_flight_go_without_a_word_in_a_crash)
{
    struct stage stage;
    int pair[2];
    char byte;

    stage_open(&stage, NULL);
    stage_connect(&stage);
    drill_enter(stage.server);
    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(local_send_fds(pair[0], &stage.far, 1), 1);
    drill_close(stage.far);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, MSG_DONTWAIT), -EAGAIN);
    stage_close(&stage);
    drill_enter(locals_host);
}
END_TEST

Suite *unix_collect_suite(void);

Suite *unix_collect_suite(void)
{
    Suite *suite = suite_create("unix_collect");
    TCase *tests = tcase_create("unix_collect");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, a_cycle_goes_when_another_unix_socket_is_closed);
    tcase_add_test(tests, a_cycle_goes_at_the_end_of_the_world);
    tcase_add_test(tests, a_cycle_goes_in_a_crash);
    tcase_add_test(tests, a_socket_in_its_own_queue_goes_and_its_peer_is_told);
    tcase_add_test(tests, what_a_descriptor_can_still_reach_stays);
    tcase_add_test(tests, who_waits_in_a_listener_that_can_be_reached_stays);
    tcase_add_test(tests, a_listener_that_waits_in_itself_goes);
    tcase_add_test(tests, what_a_task_waits_on_stays);
    tcase_add_test(tests, sockets_of_tcp_in_flight_go_without_a_word_in_a_crash);
    suite_add_tcase(suite, tests);
    return suite;
}
