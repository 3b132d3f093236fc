#include "emu/unix.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/locals.h"

START_TEST(what_is_sent_to_a_closed_socket_leaves_nothing_behind)
{
    const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

    drill_close(local_socket(SOCK_STREAM, NULL)); /* the table of descriptors stays */
    const uint64_t before = locals_world->sim.mem.live;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int pair[2];

        local_pair(types[i], pair);
        ck_assert_int_eq(local_send(pair[0], "abc"), 3);
        ck_assert_int_eq(local_send(pair[1], "abc"), 3);
        drill_close(pair[0]);
        drill_close(pair[1]);
    }
    ck_assert_uint_eq(locals_world->sim.mem.live, before);
    ck_assert_ptr_null(locals_host->unix_sockets);
}
END_TEST

START_TEST(a_closed_socket_is_kept_while_its_peer_names_it)
{
    struct drill_sockaddr shown;
    const struct drill_sockaddr name = local_name("@name");
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(drill_bind(pair[0], &name), 0);
    drill_close(pair[0]);
    ck_assert_int_eq(drill_getpeername(pair[1], &shown), 0);
    ck_assert(drill_sockaddr_equal(&shown, &name));
}
END_TEST

START_TEST(a_pair_without_memory_is_not_made)
{
    uint64_t failed = 0;
    int pair[2], result;

    do {
        locals_world->sim.mem.fail_at = locals_world->sim.mem.count + ++failed;
        result = drill_socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        locals_world->sim.mem.fail_at = 0;
        if (result < 0) {
            ck_assert_int_eq(result, -ENOMEM);
            ck_assert_uint_eq(locals_host->fds.count, 0);
            ck_assert_ptr_null(locals_host->unix_sockets);
        }
    } while (result < 0);
    ck_assert_uint_gt(failed, 2);
}
END_TEST

START_TEST(stop_io_and_deadlines_end_a_recv_that_waits)
{
    const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char data[8];
        int pair[2];
        local_pair(types[i], pair);
        struct waiting receiving = {
            .run = waiting_recv, .fd = pair[0], .data = data, .size = sizeof data};
        const int64_t until = drill_now(locals_world) + DRILL_MS;

        waiting_start(&receiving);
        drill_set_read_deadline(pair[0], until);
        ck_assert(!waiting_is_done(&receiving));
        ck_assert_int_eq(waiting_end(&receiving), -EAGAIN);
        ck_assert_int_eq(drill_now(locals_world), until);
        drill_set_read_deadline(pair[0], 0);
        receiving.done = false;
        waiting_start(&receiving);
        drill_stop_io(pair[0]);
        ck_assert(waiting_is_done(&receiving));
        ck_assert_int_eq(receiving.result, -EBADF);
    }
}
END_TEST

START_TEST(a_poll_ends_when_its_socket_is_closed)
{
    struct waiting polling = {.run = waiting_poll, .size = POLLIN};

    polling.fd = local_socket(SOCK_DGRAM, NULL);
    waiting_start(&polling);
    drill_close(polling.fd);
    ck_assert(waiting_is_done(&polling));
    ck_assert_int_eq(polling.result, POLLNVAL);
}
END_TEST

START_TEST(a_larger_send_buffer_is_room)
{
    struct waiting polling = {.run = waiting_poll, .size = POLLOUT};
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(local_fill(pair[0], "a", 1), 278);
    polling.fd = pair[0];
    waiting_start(&polling);
    drill_setsockopt_int(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20);
    ck_assert(waiting_is_done(&polling));
    ck_assert_int_eq(polling.result, POLLOUT);
}
END_TEST

START_TEST(tasks_of_a_crashed_host_go_with_what_they_waited_on)
{
    struct drill_host *other = drill_host_new(locals_world, "other", NULL);
    char data[8];
    int pair[2];

    drill_enter(other);
    local_pair(SOCK_STREAM, pair);
    struct waiting receiving = {
        .run = waiting_recv, .fd = pair[0], .data = data, .size = sizeof data};
    struct drill_host *self = locals_host;
    locals_host = other;
    waiting_start(&receiving);
    locals_host = self;
    ck_assert_int_eq(drill_crash(other), 0);
    ck_assert(!receiving.done);
    ck_assert_ptr_null(other->unix_sockets);
    drill_enter(self);
}
END_TEST

Suite *unix_suite(void);

Suite *unix_suite(void)
{
    Suite *suite = suite_create("unix");
    TCase *tests = tcase_create("unix");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, what_is_sent_to_a_closed_socket_leaves_nothing_behind);
    tcase_add_test(tests, a_closed_socket_is_kept_while_its_peer_names_it);
    tcase_add_test(tests, a_pair_without_memory_is_not_made);
    tcase_add_test(tests, stop_io_and_deadlines_end_a_recv_that_waits);
    tcase_add_test(tests, a_poll_ends_when_its_socket_is_closed);
    tcase_add_test(tests, a_larger_send_buffer_is_room);
    tcase_add_test(tests, tasks_of_a_crashed_host_go_with_what_they_waited_on);
    suite_add_tcase(suite, tests);
    return suite;
}
