#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

static char data[16];
static int receiver, sender;
static struct waiting sending;

/* A receiver whose queue is full, and a sender that is not connected to it. */
static void setup(void)
{
    locals_open();
    receiver = local_socket(SOCK_DGRAM, "@receiver");
    const int other = local_socket(SOCK_DGRAM, NULL);
    ck_assert_int_eq(local_connect(other, "@receiver"), 0);
    ck_assert_int_eq(local_fill(other, "x", 1), 11);
    sender = local_socket(SOCK_DGRAM, "@sender");
    sending = (struct waiting){
        .run = waiting_send, .fd = sender, .name = "@receiver", .data = data, .size = 1};
}

START_TEST(who_waits_for_room_sends_when_one_is_read)
{
    waiting_start(&sending);
    ck_assert_int_eq(local_recv(receiver, data, 1), 1);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, 1);
}
END_TEST

START_TEST(who_waits_for_room_of_its_peer_sends_when_one_is_read)
{
    ck_assert_int_eq(local_connect(sender, "@receiver"), 0);
    sending.name = NULL;
    waiting_start(&sending);
    ck_assert_int_eq(local_recv(receiver, data, 1), 1);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, 1);
}
END_TEST

START_TEST(who_waits_for_room_is_refused_when_the_receiver_goes)
{
    waiting_start(&sending);
    drill_close(receiver);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, -ECONNREFUSED);
}
END_TEST

START_TEST(who_waits_for_room_is_told_of_a_shutdown)
{
    waiting_start(&sending);
    drill_shutdown(receiver, SHUT_RD);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, -EPIPE);
}
END_TEST

START_TEST(stop_io_of_the_sender_ends_its_wait_for_room)
{
    waiting_start(&sending);
    drill_stop_io(sender);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, -EBADF);
}
END_TEST

START_TEST(a_deadline_of_the_sender_ends_its_wait_for_room)
{
    waiting_start(&sending);
    drill_set_write_deadline(sender, DRILL_MS);
    ck_assert(!waiting_is_done(&sending));
    ck_assert_int_eq(waiting_end(&sending), -EAGAIN);
    ck_assert_int_eq(drill_now(locals_world), DRILL_MS);
}
END_TEST

START_TEST(poll_of_a_connected_sender_waits_for_room_of_its_peer)
{
    struct waiting polling = {.run = waiting_poll, .fd = sender, .size = POLLOUT};

    ck_assert_int_eq(local_bits(sender) & POLLOUT, POLLOUT);
    ck_assert_int_eq(local_connect(sender, "@receiver"), 0);
    waiting_start(&polling);
    ck_assert_int_eq(local_recv(receiver, data, 1), 1);
    ck_assert(waiting_is_done(&polling));
    ck_assert_int_eq(polling.result, POLLOUT);
}
END_TEST

START_TEST(poll_of_a_connected_sender_ends_when_its_peer_goes_or_changes)
{
    struct waiting polling = {.run = waiting_poll, .fd = sender, .size = POLLOUT};

    ck_assert_int_eq(local_connect(sender, "@receiver"), 0);
    waiting_start(&polling);
    local_socket(SOCK_DGRAM, "@other");
    ck_assert_int_eq(local_connect(sender, "@other"), 0);
    ck_assert(waiting_is_done(&polling));
    ck_assert_int_eq(polling.result, POLLOUT);

    ck_assert_int_eq(local_connect(sender, "@receiver"), 0);
    polling.done = false;
    waiting_start(&polling);
    drill_close(receiver);
    ck_assert(waiting_is_done(&polling));
    ck_assert_int_eq(polling.result, POLLOUT);
}
END_TEST

START_TEST(an_edge_of_room_is_told_once)
{
    const int epoll = drill_epoll_create();
    struct drill_epoll_event event = {.events = DRILL_EPOLLOUT | DRILL_EPOLLET};

    ck_assert_int_eq(local_connect(sender, "@receiver"), 0);
    ck_assert_int_eq(drill_epoll_ctl(epoll, DRILL_EPOLL_CTL_ADD, sender, &event), 0);
    ck_assert_int_eq(drill_epoll_wait(epoll, &event, 1, 0), 0);
    local_recv(receiver, data, 1);
    ck_assert_int_eq(drill_epoll_wait(epoll, &event, 1, 0), 1);
    local_recv(receiver, data, 1);
    ck_assert_int_eq(drill_epoll_wait(epoll, &event, 1, 0), 0);
}
END_TEST

START_TEST(who_waits_to_receive_is_woken_by_a_message_or_a_shutdown)
{
    struct waiting receiving = {.run = waiting_recv, .fd = sender, .data = data, .size = 4};
    const struct drill_sockaddr to = local_name("@sender");

    waiting_start(&receiving);
    ck_assert_int_eq(drill_sendto(receiver, "abc", 3, 0, &to), 3);
    ck_assert(waiting_is_done(&receiving));
    ck_assert_int_eq(receiving.result, 3);
    receiving.done = false;
    waiting_start(&receiving);
    drill_shutdown(sender, SHUT_RD);
    ck_assert(waiting_is_done(&receiving));
    ck_assert_int_eq(receiving.result, 0);
}
END_TEST

START_TEST(a_seqpacket_that_waits_is_told_of_the_reset)
{
    int pair[2];

    local_pair(SOCK_SEQPACKET, pair);
    struct waiting receiving = {.run = waiting_recv, .fd = pair[0], .data = data, .size = 4};
    waiting_start(&receiving);
    local_send(pair[0], "unread");
    drill_close(pair[1]);
    ck_assert(waiting_is_done(&receiving));
    ck_assert_int_eq(receiving.result, -ECONNRESET);
    ck_assert_int_eq(local_recv(pair[0], data, 4), 0);
}
END_TEST

Suite *unix_dgram_suite(void);

Suite *unix_dgram_suite(void)
{
    Suite *suite = suite_create("unix_dgram");
    TCase *tests = tcase_create("unix_dgram");

    tcase_add_checked_fixture(tests, setup, locals_close);
    tcase_add_test(tests, who_waits_for_room_sends_when_one_is_read);
    tcase_add_test(tests, who_waits_for_room_of_its_peer_sends_when_one_is_read);
    tcase_add_test(tests, who_waits_for_room_is_refused_when_the_receiver_goes);
    tcase_add_test(tests, who_waits_for_room_is_told_of_a_shutdown);
    tcase_add_test(tests, stop_io_of_the_sender_ends_its_wait_for_room);
    tcase_add_test(tests, a_deadline_of_the_sender_ends_its_wait_for_room);
    tcase_add_test(tests, poll_of_a_connected_sender_waits_for_room_of_its_peer);
    tcase_add_test(tests, poll_of_a_connected_sender_ends_when_its_peer_goes_or_changes);
    tcase_add_test(tests, an_edge_of_room_is_told_once);
    tcase_add_test(tests, who_waits_to_receive_is_woken_by_a_message_or_a_shutdown);
    tcase_add_test(tests, a_seqpacket_that_waits_is_told_of_the_reset);
    suite_add_tcase(suite, tests);
    return suite;
}
