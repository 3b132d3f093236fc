#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

static int listener;
static struct waiting waiting;

/* A listener with one connection more than its backlog of 0, and somebody who waits for the next.
 */
static void setup(void)
{
    locals_open();
    listener = local_listener(SOCK_STREAM, "@listener", 0);
    ck_assert_int_eq(local_connect(local_socket(SOCK_STREAM, NULL), "@listener"), 0);
    waiting = (struct waiting){
        .run = waiting_connect, .fd = local_socket(SOCK_STREAM, NULL), .name = "@listener"};
    waiting_start(&waiting);
}

START_TEST(accept_makes_room_for_who_waits_to_connect)
{
    ck_assert_int_ge(drill_accept(listener, NULL), 0);
    ck_assert(waiting_is_done(&waiting));
    ck_assert_int_eq(waiting.result, 0);
    ck_assert_int_eq(local_send(waiting.fd, "abc"), 3);
}
END_TEST

START_TEST(a_larger_backlog_makes_room_for_who_waits_to_connect)
{
    ck_assert_int_eq(drill_listen(listener, 1), 0);
    ck_assert(waiting_is_done(&waiting));
    ck_assert_int_eq(waiting.result, 0);
}
END_TEST

START_TEST(who_waits_to_connect_is_refused_when_the_listener_goes)
{
    drill_close(listener);
    ck_assert(waiting_is_done(&waiting));
    ck_assert_int_eq(waiting.result, -ECONNREFUSED);
}
END_TEST

START_TEST(who_waits_to_connect_is_refused_when_the_listener_shuts)
{
    ck_assert_int_eq(drill_shutdown(listener, SHUT_RD), 0);
    ck_assert(waiting_is_done(&waiting));
    ck_assert_int_eq(waiting.result, -ECONNREFUSED);
}
END_TEST

START_TEST(stop_io_ends_a_connect_that_waits)
{
    ck_assert_int_eq(drill_stop_io(waiting.fd), 0);
    ck_assert(waiting_is_done(&waiting));
    ck_assert_int_eq(waiting.result, -EBADF);
}
END_TEST

START_TEST(a_deadline_that_is_set_ends_a_connect_that_waits)
{
    ck_assert_int_eq(drill_set_write_deadline(waiting.fd, DRILL_MS), 0);
    ck_assert(!waiting_is_done(&waiting));
    ck_assert_int_eq(waiting_end(&waiting), -EAGAIN);
    ck_assert_int_eq(drill_now(locals_world), DRILL_MS);
}
END_TEST

START_TEST(a_close_does_not_end_a_connect_that_waits)
{
    ck_assert_int_eq(drill_close(waiting.fd), 0);
    ck_assert(!waiting_is_done(&waiting));
    ck_assert_int_ge(drill_accept(listener, NULL), 0);
    ck_assert_int_eq(waiting_end(&waiting), 0);
}
END_TEST

START_TEST(who_waits_to_accept_is_woken_by_a_connect_or_a_shutdown)
{
    const int other = local_listener(SOCK_SEQPACKET, "@other", 5);
    struct waiting accepting = {.run = waiting_accept, .fd = other};

    waiting_start(&accepting);
    ck_assert_int_eq(local_connect(local_socket(SOCK_SEQPACKET, NULL), "@other"), 0);
    ck_assert(waiting_is_done(&accepting));
    ck_assert_int_ge(accepting.result, 0);
    accepting.done = false;
    waiting_start(&accepting);
    drill_shutdown(other, SHUT_RD);
    ck_assert(waiting_is_done(&accepting));
    ck_assert_int_eq(accepting.result, -EINVAL);
}
END_TEST

START_TEST(a_connection_without_memory_is_not_made)
{
    const int other = local_listener(SOCK_STREAM, "@other", 5);
    const int client = local_socket(SOCK_STREAM, NULL);
    uint64_t failed = 0;
    int result;

    ck_assert_int_eq(drill_setsockopt_int(other, SOL_SOCKET, SO_PASSCRED, 1), 0);
    drill_set_nonblock(other, true);
    do {
        locals_world->sim.mem.fail_at = locals_world->sim.mem.count + ++failed;
        result = local_connect(client, "@other");
        locals_world->sim.mem.fail_at = 0;
        if (result < 0) {
            ck_assert_int_eq(result, -ENOMEM);
            ck_assert_int_eq(drill_accept(other, NULL), -EAGAIN);
        }
    } while (result < 0);
    ck_assert_uint_gt(failed, 2);
    ck_assert_int_ge(drill_accept(other, NULL), 0);
}
END_TEST

Suite *unix_listen_suite(void);

Suite *unix_listen_suite(void)
{
    Suite *suite = suite_create("unix_listen");
    TCase *tests = tcase_create("unix_listen");

    tcase_add_checked_fixture(tests, setup, locals_close);
    tcase_add_test(tests, accept_makes_room_for_who_waits_to_connect);
    tcase_add_test(tests, a_larger_backlog_makes_room_for_who_waits_to_connect);
    tcase_add_test(tests, who_waits_to_connect_is_refused_when_the_listener_goes);
    tcase_add_test(tests, who_waits_to_connect_is_refused_when_the_listener_shuts);
    tcase_add_test(tests, stop_io_ends_a_connect_that_waits);
    tcase_add_test(tests, a_deadline_that_is_set_ends_a_connect_that_waits);
    tcase_add_test(tests, a_close_does_not_end_a_connect_that_waits);
    tcase_add_test(tests, who_waits_to_accept_is_woken_by_a_connect_or_a_shutdown);
    tcase_add_test(tests, a_connection_without_memory_is_not_made);
    suite_add_tcase(suite, tests);
    return suite;
}
