#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

enum { LONG = 1 << 20 };

static char block[LONG];
static int pair[2];

static void setup(void)
{
    locals_open();
    local_pair(SOCK_STREAM, pair);
}

static void hears(const char *text)
{
    char data[16] = "";

    ck_assert_int_eq(local_recv(pair[1], data, sizeof data - 1), (ssize_t)strlen(text));
    ck_assert_str_eq(data, text);
}

START_TEST(a_long_stream_arrives_whole_and_in_order)
{
    struct stream from = {.fd = pair[0], .total = 3 * LONG, .chunk = 50001};
    struct stream to = {.fd = pair[1], .total = 3 * LONG, .chunk = 7777};
    struct drill_task *sender = drill_start(locals_host, "sender", send_stream, &from);

    run_task(locals_host, receive_stream, &to);
    ck_assert_int_eq(drill_join(sender, NULL), 0);
    ck_assert_uint_eq(to.done, 3 * LONG);
    ck_assert(!to.wrong);
    ck_assert_int_eq(to.error, 0);
}
END_TEST

START_TEST(a_send_that_waits_goes_on_as_it_is_read)
{
    struct waiting sending = {.run = waiting_send, .fd = pair[0], .data = block, .size = LONG};
    size_t read = 0;

    waiting_start(&sending);
    while (!waiting_is_done(&sending)) {
        const ssize_t got = local_recv(pair[1], block, 100000);
        ck_assert_int_gt(got, 0);
        read += (size_t)got;
    }
    ck_assert_int_eq(sending.result, LONG);
    while (read < LONG)
        read += (size_t)local_recv(pair[1], block, LONG);
    ck_assert_int_eq(local_recv(pair[1], block, 1), -EAGAIN);
}
END_TEST

START_TEST(a_deadline_or_stop_io_ends_a_send_that_waits_with_what_went)
{
    struct waiting sending = {.run = waiting_send, .fd = pair[0], .data = block, .size = LONG};

    waiting_start(&sending);
    drill_set_write_deadline(pair[0], DRILL_MS);
    ck_assert_int_eq(waiting_end(&sending), 219264);
    drill_set_write_deadline(pair[0], 0);
    sending.done = false;
    waiting_start(&sending);
    drill_stop_io(pair[0]);
    ck_assert(waiting_is_done(&sending));
    ck_assert_int_eq(sending.result, -EBADF);
}
END_TEST

START_TEST(who_waits_is_told_when_the_peer_closes)
{
    struct waiting sending = {.run = waiting_send, .fd = pair[0], .data = block, .size = LONG};
    struct waiting receiving = {.run = waiting_recv, .fd = pair[0], .data = block + 8, .size = 8};

    waiting_start(&sending);
    waiting_start(&receiving);
    drill_close(pair[1]);
    ck_assert(waiting_is_done(&sending));
    ck_assert(waiting_is_done(&receiving));
    ck_assert_int_eq(sending.result, 219264);
    ck_assert_int_eq(receiving.result, -ECONNRESET);
}
END_TEST

START_TEST(a_recv_goes_past_where_an_urgent_byte_was_if_another_follows)
{
    char urgent;

    local_send(pair[0], "a");
    drill_sendto(pair[0], "!", 1, MSG_OOB, NULL);
    ck_assert_int_eq(drill_recvfrom(pair[1], &urgent, 1, MSG_OOB, NULL), 1);
    local_send(pair[0], "b");
    drill_sendto(pair[0], "?", 1, MSG_OOB, NULL);
    local_send(pair[0], "c");
    hears("ab");
    hears("c");
    ck_assert_int_eq(drill_recvfrom(pair[1], &urgent, 1, MSG_OOB, NULL), -EINVAL);
}
END_TEST

START_TEST(an_urgent_byte_that_was_taken_is_nothing_unread)
{
    char urgent;
    int error = -1;

    drill_sendto(pair[0], "!", 1, MSG_OOB, NULL);
    ck_assert_int_eq(drill_recvfrom(pair[1], &urgent, 1, MSG_OOB, NULL), 1);
    ck_assert_int_eq(local_bits(pair[1]) & (POLLIN | POLLPRI), POLLIN);
    ck_assert_int_eq(local_recv(pair[1], &urgent, 1), -EAGAIN);
    ck_assert_int_eq(local_bits(pair[1]) & (POLLIN | POLLPRI), 0);
    drill_sendto(pair[0], "!", 1, MSG_OOB, NULL);
    ck_assert_int_eq(drill_recvfrom(pair[1], &urgent, 1, MSG_OOB, NULL), 1);
    drill_close(pair[1]);
    drill_getsockopt_int(pair[0], SOL_SOCKET, SO_ERROR, &error);
    ck_assert_int_eq(error, 0);
}
END_TEST

START_TEST(an_urgent_byte_in_line_is_read_where_it_stands)
{
    int mark = 0;

    drill_setsockopt_int(pair[1], SOL_SOCKET, SO_OOBINLINE, 1);
    local_send(pair[0], "ab");
    drill_sendto(pair[0], "!", 1, MSG_OOB, NULL);
    local_send(pair[0], "cd");
    hears("ab");
    drill_ioctl_int(pair[1], DRILL_SIOCATMARK, &mark);
    ck_assert_int_eq(mark, 1);
    hears("!cd");
}
END_TEST

START_TEST(only_the_last_byte_of_an_urgent_send_is_urgent)
{
    char data[8] = "";

    drill_sendto(pair[0], "ab!", 3, MSG_OOB, NULL);
    local_send(pair[0], "cd");
    ck_assert_int_eq(drill_recvfrom(pair[1], data, 8, MSG_PEEK | MSG_DONTWAIT, NULL), 2);
    hears("ab");
    ck_assert_int_eq(drill_recvfrom(pair[1], data, 8, MSG_PEEK | MSG_DONTWAIT, NULL), 2);
    ck_assert_mem_eq(data, "cd", 2);
    hears("cd");
}
END_TEST

START_TEST(without_memory_a_send_tells_what_went)
{
    locals_world->sim.mem.fail_at = locals_world->sim.mem.count + 3;
    ck_assert_int_eq(drill_sendto(pair[0], block, LONG, 0, NULL), 2 * DRILL_UNIX_CHUNK);
    locals_world->sim.mem.fail_at = locals_world->sim.mem.count + 1;
    ck_assert_int_eq(drill_sendto(pair[0], block, LONG, 0, NULL), -ENOMEM);
}
END_TEST

Suite *unix_stream_suite(void);

Suite *unix_stream_suite(void)
{
    Suite *suite = suite_create("unix_stream");
    TCase *tests = tcase_create("unix_stream");

    tcase_add_checked_fixture(tests, setup, locals_close);
    tcase_add_test(tests, a_long_stream_arrives_whole_and_in_order);
    tcase_add_test(tests, a_send_that_waits_goes_on_as_it_is_read);
    tcase_add_test(tests, a_deadline_or_stop_io_ends_a_send_that_waits_with_what_went);
    tcase_add_test(tests, who_waits_is_told_when_the_peer_closes);
    tcase_add_test(tests, a_recv_goes_past_where_an_urgent_byte_was_if_another_follows);
    tcase_add_test(tests, an_urgent_byte_that_was_taken_is_nothing_unread);
    tcase_add_test(tests, an_urgent_byte_in_line_is_read_where_it_stands);
    tcase_add_test(tests, only_the_last_byte_of_an_urgent_send_is_urgent);
    tcase_add_test(tests, without_memory_a_send_tells_what_went);
    suite_add_tcase(suite, tests);
    return suite;
}
