#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

static char block[262144];

/* The numbers are those of Linux 6.18 with a send buffer of 212992. */

START_TEST(a_stream_takes_as_much_of_one_send_as_on_linux)
{
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(drill_sendto(pair[0], block, sizeof block, MSG_DONTWAIT, NULL), 219264);
    ck_assert_int_eq(local_send(pair[0], "a"), -EAGAIN);
}
END_TEST

START_TEST(small_messages_cost_as_much_as_on_linux)
{
    const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int pair[2], until_full;

        local_pair(types[i], pair);
        ck_assert_int_eq(local_fill(pair[0], "a", 1), 278);
        drill_close(pair[1]);
        local_pair(types[i], pair);
        for (until_full = 0; (local_bits(pair[0]) & POLLOUT) != 0; until_full++)
            local_send(pair[0], "a");
        ck_assert_int_eq(until_full, 70);
    }
}
END_TEST

START_TEST(room_is_told_when_three_quarters_are_free)
{
    int pair[2], taken = 0;
    char byte;

    local_pair(SOCK_DGRAM, pair);
    const int sent = local_fill(pair[0], "a", 1);
    while ((local_bits(pair[0]) & POLLOUT) == 0) {
        ck_assert_int_eq(local_recv(pair[1], &byte, 1), 1);
        taken++;
    }
    ck_assert_int_eq(sent - taken, 69);
}
END_TEST

START_TEST(what_was_sent_costs_nothing_once_its_receiver_is_gone)
{
    struct drill_sockaddr to = local_name("@receiver");
    const int receiver = local_socket(SOCK_DGRAM, "@receiver");
    const int sender = local_socket(SOCK_DGRAM, NULL);
    int waiting = 0;

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(drill_sendto(sender, block, 4096, 0, &to), 4096);
    ck_assert_int_eq(drill_ioctl_int(sender, DRILL_SIOCOUTQ, &waiting), 0);
    ck_assert_int_eq(waiting, 5 * (4096 + DRILL_UNIX_MESSAGE_COST));
    drill_close(receiver);
    ck_assert_int_eq(drill_ioctl_int(sender, DRILL_SIOCOUTQ, &waiting), 0);
    ck_assert_int_eq(waiting, 0);
}
END_TEST

START_TEST(a_message_outlives_its_sender)
{
    struct drill_sockaddr to = local_name("@receiver"), from;
    const int receiver = local_socket(SOCK_DGRAM, "@receiver");
    const int sender = local_socket(SOCK_DGRAM, "@sender");
    const struct drill_sockaddr name = local_name("@sender");
    char data[8];

    ck_assert_int_eq(drill_sendto(sender, "abc", 3, 0, &to), 3);
    drill_close(sender);
    ck_assert_int_eq(drill_recvfrom(receiver, data, sizeof data, 0, &from), 3);
    ck_assert(drill_sockaddr_equal(&from, &name));
}
END_TEST

START_TEST(a_message_without_memory_is_not_sent)
{
    int pair[2];
    char data[8];

    local_pair(SOCK_DGRAM, pair);
    locals_world->sim.mem.fail_at = locals_world->sim.mem.count + 1;
    ck_assert_int_eq(local_send(pair[0], "abc"), -ENOMEM);
    ck_assert_int_eq(local_recv(pair[1], data, sizeof data), -EAGAIN);
    ck_assert_int_eq(local_send(pair[0], "def"), 3);
    ck_assert_int_eq(local_recv(pair[1], data, sizeof data), 3);
}
END_TEST

Suite *unix_queue_suite(void);

Suite *unix_queue_suite(void)
{
    Suite *suite = suite_create("unix_queue");
    TCase *tests = tcase_create("unix_queue");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, a_stream_takes_as_much_of_one_send_as_on_linux);
    tcase_add_test(tests, small_messages_cost_as_much_as_on_linux);
    tcase_add_test(tests, room_is_told_when_three_quarters_are_free);
    tcase_add_test(tests, what_was_sent_costs_nothing_once_its_receiver_is_gone);
    tcase_add_test(tests, a_message_outlives_its_sender);
    tcase_add_test(tests, a_message_without_memory_is_not_sent);
    suite_add_tcase(suite, tests);
    return suite;
}
