#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/rules.h"

static char block[256];

static ssize_t read_far(size_t size)
{
    return take(stage.server, stage.far, block, size, MSG_DONTWAIT);
}

START_TEST(a_split_gives_some_of_what_is_there_and_loses_nothing)
{
    size_t got = 0, pieces = 0;

    add("split");
    say(stage.client, stage.near, "0123456789abcdef0123456789abcdef");
    while (got < 32) {
        const ssize_t size = read_far(sizeof block);
        ck_assert_int_gt(size, 0);
        got += (size_t)size;
        pieces++;
    }
    ck_assert_uint_gt(pieces, 1);
}
END_TEST

START_TEST(a_split_write_takes_some_of_what_it_is_given)
{
    size_t sent = 0, pieces = 0;

    add("split_write");
    for (; sent < 32; pieces++)
        sent += (size_t)give(stage.client, stage.near, block, 32 - sent, 0);
    ck_assert_uint_gt(pieces, 1);
    ck_assert_int_eq(read_far(sizeof block), 32);
}
END_TEST

START_TEST(a_storm_of_eagain_lets_go_at_last)
{
    const int id = add("eagain call recv");
    int turned_away = 0;

    say(stage.client, stage.near, "x");
    while (read_far(1) == -EAGAIN && turned_away < 100)
        turned_away++;
    ck_assert_int_gt(turned_away, 2);
    ck_assert_int_lt(turned_away, 100);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), turned_away);
}
END_TEST

START_TEST(a_storm_spares_calls_that_may_wait)
{
    add("eagain call recv");
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(take(stage.server, stage.far, block, 1, 0), 1);
}
END_TEST

START_TEST(a_read_that_has_waited_is_cut_short_as_well)
{
    add("short_read 1");
    drill_fault_add(stage.world, &(struct drill_fault){
                                     .what = "errno", .call = "getpeername", .error = ENOBUFS});
    struct stream stream = {.fd = stage.near, .total = 100};
    ck_assert_ptr_nonnull(drill_start(stage.client, "send", send_stream, &stream));
    ck_assert_int_eq(take(stage.server, stage.far, block, sizeof block, 0), 1);
    drill_run(stage.world);
}
END_TEST

START_TEST(a_rule_about_a_later_byte_is_not_forgotten_before_that)
{
    add("short_read 1 offset 8");
    say(stage.client, stage.near, "0123456789abcdef");
    ck_assert_int_eq(read_far(4), 4);
    ck_assert_int_eq(read_far(4), 4);
    ck_assert_int_eq(read_far(4), 1);
}
END_TEST

START_TEST(calls_that_no_rule_is_about_are_the_same_with_rules_as_without)
{
    uint64_t hashes[2];

    for (int rules = 0; rules < 2; rules++) {
        if (rules > 0) {
            teardown();
            setup_connected();
            add("errno ENOBUFS call send fd 77");
        }
        for (int i = 0; i < 10; i++) {
            say(stage.client, stage.near, "abc");
            ck_assert_int_eq(read_far(2), 2);
            ck_assert_int_eq(read_far(2), 1);
            ck_assert_int_eq(read_far(2), -EAGAIN);
        }
        hashes[rules] = drill_hash(stage.world);
    }
    ck_assert_uint_eq(hashes[0], hashes[1]);
}
END_TEST

START_TEST(a_rule_that_comes_later_is_about_calls_that_were_spared)
{
    add("errno ENOBUFS call send fd 77");
    for (int i = 0; i < 3; i++) {
        say(stage.client, stage.near, "ab");
        ck_assert_int_eq(read_far(2), 2);
    }
    add("short_read 1");
    say(stage.client, stage.near, "ab");
    ck_assert_int_eq(read_far(2), 1);
}
END_TEST

static int64_t read_six(void *unused)
{
    (void)unused;
    return drill_recvfrom(stage.far, block, 6, MSG_WAITALL, NULL);
}

START_TEST(a_read_that_has_some_already_keeps_it_and_is_given_no_more_than_it_has_room_for)
{
    memset(block, '.', sizeof block);
    add("short_read 1 nth 2");
    struct drill_task *task = drill_start(stage.server, "read", read_six, NULL);
    drill_run_until(stage.world, 1);
    say(stage.client, stage.near, "ab");
    drill_run_until(stage.world, 2);
    say(stage.client, stage.near, "cdefghij");
    int64_t result = 0;
    ck_assert_int_eq(drill_join(task, &result), 0);
    ck_assert_int_eq(result, 3);
    ck_assert_mem_eq(block, "abc.......", 10);
    ck_assert_int_eq(read_far(sizeof block), 7);
}
END_TEST

START_TEST(a_half_open_connection_is_reset_at_one_end_only)
{
    add("half_open host client call send");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, MSG_NOSIGNAL), -ECONNRESET);
    ck_assert_int_eq(read_far(1), -EAGAIN);
    ck_assert_int_eq(give(stage.server, stage.far, "x", 1, MSG_NOSIGNAL), 1);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_int_eq(read_far(1), -ECONNRESET);
}
END_TEST

static ssize_t give_four(int fd)
{
    return give(stage.client, fd, "abcd", 4, MSG_NOSIGNAL);
}

START_TEST(a_reset_of_each_connection_comes_at_its_byte_and_a_later_one_cuts_nothing)
{
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    add("reset 2 host client call send count 1 each");
    add("reset 3 host client call send from 1h");
    ck_assert_int_eq(give_four(stage.near), 2);
    ck_assert_int_eq(give_four(stage.near), -ECONNRESET);
    ck_assert_int_eq(drill_connect(fd, &there), 0);
    ck_assert_int_eq(give_four(fd), 2);
    ck_assert_int_eq(give_four(fd), -ECONNRESET);
}
END_TEST

START_TEST(a_reset_that_has_struck_lets_the_next_connection_be)
{
    const struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    add("reset 2 host client call send count 1");
    ck_assert_int_eq(give_four(stage.near), 2);
    ck_assert_int_eq(give_four(stage.near), -ECONNRESET);
    ck_assert_int_eq(drill_connect(fd, &there), 0);
    ck_assert_int_eq(give_four(fd), 4);
}
END_TEST

START_TEST(accept_tells_of_a_connection_that_was_lost)
{
    struct drill_sockaddr there = stage_address();
    const int fd = tcp_socket(stage.client);

    add("accept_error");
    drill_connect(fd, &there);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_set_nonblock(stage.listener, true), 0);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), -ECONNABORTED);
    ck_assert_int_eq(drill_accept(stage.listener, NULL), -EAGAIN);
    ck_assert_int_eq(take(stage.client, fd, block, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(new_sockets_get_small_buffers)
{
    int value = 0;

    add("buffers 4096 host client");
    const int fd = tcp_socket(stage.client);
    drill_getsockopt_int(fd, SOL_SOCKET, SO_SNDBUF, &value);
    ck_assert_int_eq(value, 8192);
}
END_TEST

START_TEST(names_fail_are_slow_change_and_begin_with_the_dead)
{
    struct drill_sockaddr addrs[4];
    char text[32];

    drill_enter(stage.client);
    const int fails = add("name_error EAGAIN name server");
    ck_assert_int_eq(drill_resolve("server", addrs, 4), -EAGAIN);
    ck_assert_int_eq(drill_resolve("client", addrs, 4), 2);
    drill_fault_remove(stage.world, fails);
    const int dead = add("name_dead");
    ck_assert_int_eq(drill_resolve("server", addrs, 4), 3);
    drill_sockaddr_print(&addrs[0], text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "192.0.2.1"));
    drill_fault_remove(stage.world, dead);
    const int changed = add("name_change 10.0.0.9");
    ck_assert_int_eq(drill_resolve("server", addrs, 4), 1);
    drill_sockaddr_print(&addrs[0], text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "10.0.0.9"));
    drill_fault_remove(stage.world, changed);
    add("name_slow 5s");
    ck_assert_int_eq(drill_resolve("server", addrs, 4), 2);
    ck_assert_int_eq(drill_now(stage.world), 5 * DRILL_SECOND);
}
END_TEST

Suite *fault_call_suite(void);

Suite *fault_call_suite(void)
{
    Suite *suite = suite_create("fault_call");
    TCase *tests = tcase_create("fault_call");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, a_split_gives_some_of_what_is_there_and_loses_nothing);
    tcase_add_test(tests, a_split_write_takes_some_of_what_it_is_given);
    tcase_add_test(tests, a_storm_of_eagain_lets_go_at_last);
    tcase_add_test(tests, a_storm_spares_calls_that_may_wait);
    tcase_add_test(tests, a_rule_about_a_later_byte_is_not_forgotten_before_that);
    tcase_add_test(tests, calls_that_no_rule_is_about_are_the_same_with_rules_as_without);
    tcase_add_test(tests, a_rule_that_comes_later_is_about_calls_that_were_spared);
    tcase_add_test(tests, a_read_that_has_waited_is_cut_short_as_well);
    tcase_add_test(tests,
                   a_read_that_has_some_already_keeps_it_and_is_given_no_more_than_it_has_room_for);
    tcase_add_test(tests, a_half_open_connection_is_reset_at_one_end_only);
    tcase_add_test(tests,
                   a_reset_of_each_connection_comes_at_its_byte_and_a_later_one_cuts_nothing);
    tcase_add_test(tests, a_reset_that_has_struck_lets_the_next_connection_be);
    tcase_add_test(tests, accept_tells_of_a_connection_that_was_lost);
    tcase_add_test(tests, new_sockets_get_small_buffers);
    tcase_add_test(tests, names_fail_are_slow_change_and_begin_with_the_dead);
    suite_add_tcase(suite, tests);
    return suite;
}
