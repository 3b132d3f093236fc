#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "emu/unix.h"
#include "tests/locals.h"

static void describes(int fd, const char *text)
{
    struct drill_file *file = drill_fds_find(&locals_host->fds, fd);
    char got[192];

    file->ops->describe(file, got, sizeof got);
    ck_assert_str_eq(got, text);
}

START_TEST(a_line_tells_of_queues_names_and_state)
{
    const int listener = local_listener(SOCK_STREAM, "@listener", 7);
    const int client = local_socket(SOCK_STREAM, "client");

    ck_assert_int_eq(local_connect(client, "@listener"), 0);
    describes(listener,
              "       1        7 unix:@listener           *                        LISTEN");
    const int accepted = drill_accept(listener, NULL);
    ck_assert_int_eq(local_send(client, "abc"), 3);
    describes(accepted,
              "       3        0 unix:@listener           unix:client              ESTABLISHED");
    describes(client,
              "       0      770 unix:client              unix:@listener           ESTABLISHED");
    describes(local_socket(SOCK_DGRAM, NULL),
              "       0        0 unix:                    *                        CLOSED");
}
END_TEST

START_TEST(only_streams_have_a_mark)
{
    int pair[2], value = 0;

    local_pair(SOCK_DGRAM, pair);
    ck_assert_int_eq(drill_ioctl_int(pair[0], DRILL_SIOCATMARK, &value), -EOPNOTSUPP);
    ck_assert_int_eq(drill_ioctl_int(pair[0], 0x1234, &value), -ENOTTY);
}
END_TEST

START_TEST(a_listener_says_so)
{
    int value = 0;

    ck_assert_int_eq(drill_getsockopt_int(local_listener(SOCK_STREAM, "@listener", 1), SOL_SOCKET,
                                          SO_ACCEPTCONN, &value),
                     0);
    ck_assert_int_eq(value, 1);
}
END_TEST

START_TEST(credentials_are_cut_to_the_room_there_is)
{
    struct drill_credentials peer = {.uid = 7};
    size_t size = sizeof peer.pid;
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(drill_getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
    ck_assert_uint_eq(size, sizeof peer.pid);
    ck_assert_int_eq(peer.pid, 1);
    ck_assert_uint_eq(peer.uid, 7);
    ck_assert_int_eq(drill_getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, NULL, &size), -EFAULT);
}
END_TEST

START_TEST(a_peer_that_is_known_has_no_groups)
{
    uint32_t groups[4];
    size_t size = sizeof groups;
    int pair[2];

    ck_assert_int_eq(
        drill_getsockopt(local_socket(SOCK_STREAM, NULL), SOL_SOCKET, SO_PEERGROUPS, groups, &size),
        -ENODATA);
    local_pair(SOCK_STREAM, pair);
    ck_assert_int_eq(drill_getsockopt(pair[0], SOL_SOCKET, SO_PEERGROUPS, groups, &size), 0);
    ck_assert_uint_eq(size, 0);
}
END_TEST

Suite *unix_info_suite(void);

Suite *unix_info_suite(void)
{
    Suite *suite = suite_create("unix_info");
    TCase *tests = tcase_create("unix_info");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, a_line_tells_of_queues_names_and_state);
    tcase_add_test(tests, only_streams_have_a_mark);
    tcase_add_test(tests, a_listener_says_so);
    tcase_add_test(tests, credentials_are_cut_to_the_room_there_is);
    tcase_add_test(tests, a_peer_that_is_known_has_no_groups);
    suite_add_tcase(suite, tests);
    return suite;
}
