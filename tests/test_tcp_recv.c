#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

static struct stage stage;
static char block[1 << 16];

/* Each test runs on a calm connection and on one with links that take time. */
static void setup(void)
{
    memset(block, 0, sizeof block);
    stage_open(&stage, NULL);
    stage_connect(&stage);
}

static void setup_slow(void)
{
    memset(block, 0, sizeof block);
    stage_open(&stage, NULL);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
}

static void teardown(void)
{
    stage_close(&stage);
}

static ssize_t read_far(size_t size, int flags)
{
    memset(block, 0, 64);
    return take(stage.server, stage.far, block, size, flags);
}

static void write_near(const char *text)
{
    say(stage.client, stage.near, text);
    ck_assert_int_eq(drill_run(stage.world), 0);
}

START_TEST(a_read_gives_what_is_there_and_leaves_the_rest)
{
    write_near("abcdef");
    ck_assert_int_eq(read_far(4, 0), 4);
    ck_assert_str_eq(block, "abcd");
    ck_assert_int_eq(read_far(10, 0), 2);
    ck_assert_str_eq(block, "ef");
}
END_TEST

START_TEST(writes_have_no_boundaries)
{
    write_near("ab");
    write_near("cd");
    ck_assert_int_eq(read_far(10, 0), 4);
    ck_assert_str_eq(block, "abcd");
}
END_TEST

START_TEST(a_look_takes_nothing_away)
{
    write_near("abc");
    ck_assert_int_eq(read_far(2, MSG_PEEK), 2);
    ck_assert_int_eq(read_far(10, MSG_PEEK), 3);
    ck_assert_int_eq(read_far(10, 0), 3);
    ck_assert_str_eq(block, "abc");
    ck_assert_int_eq(read_far(10, MSG_DONTWAIT | MSG_PEEK), -EAGAIN);
}
END_TEST

START_TEST(where_nothing_is_a_reader_that_will_not_wait_is_told)
{
    ck_assert_int_eq(read_far(1, MSG_DONTWAIT), -EAGAIN);
    drill_enter(stage.server);
    drill_set_nonblock(stage.far, true);
    ck_assert_int_eq(read_far(1, 0), -EAGAIN);
    write_near("x");
    ck_assert_int_eq(read_far(1, 0), 1);
}
END_TEST

static int64_t write_in_two(void *fd)
{
    drill_sendto(*(int *)fd, "ab", 2, 0, NULL);
    drill_sleep(DRILL_SECOND);
    drill_sendto(*(int *)fd, "cd", 2, 0, NULL);
    return 0;
}

START_TEST(a_reader_that_wants_all_waits_for_all)
{
    drill_start(stage.client, "writes", write_in_two, &stage.near);
    ck_assert_int_eq(read_far(4, MSG_WAITALL), 4);
    ck_assert_str_eq(block, "abcd");
    ck_assert_int_ge(drill_now(stage.world), DRILL_SECOND);
}
END_TEST

START_TEST(a_reader_that_wants_all_takes_what_came_before_the_end)
{
    write_near("ab");
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(read_far(4, MSG_WAITALL), 2);
    ck_assert_int_eq(read_far(4, MSG_WAITALL), 0);
}
END_TEST

START_TEST(a_reader_that_wants_all_and_will_not_wait_takes_what_is_there)
{
    write_near("ab");
    ck_assert_int_eq(read_far(4, MSG_WAITALL | MSG_DONTWAIT), 2);
}
END_TEST

START_TEST(a_read_of_nothing_takes_nothing)
{
    write_near("ab");
    ck_assert_int_eq(read_far(0, 0), 0);
    ck_assert_int_eq(read_far(10, 0), 2);
}
END_TEST

START_TEST(bytes_can_be_thrown_away_unseen)
{
    write_near("abcd");
    memset(block, '.', 4);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_recvfrom(stage.far, block, 2, MSG_TRUNC, NULL), 2);
    ck_assert_mem_eq(block, "....", 4);
    ck_assert_int_eq(read_far(10, 0), 2);
    ck_assert_str_eq(block, "cd");
}
END_TEST

START_TEST(a_message_is_scattered_over_its_parts)
{
    char head[2], body[8] = "";
    struct drill_iovec parts[] = {{head, 2}, {NULL, 0}, {body, 8}};
    struct drill_message message = {.parts = parts, .part_count = 3};

    write_near("hdbody");
    drill_enter(stage.server);
    ck_assert_int_eq(drill_recvmsg(stage.far, &message, 0), 6);
    ck_assert_mem_eq(head, "hd", 2);
    ck_assert_str_eq(body, "body");
    ck_assert_int_eq(message.flags, 0);
}
END_TEST

START_TEST(a_low_mark_keeps_a_reader_waiting)
{
    set_option(stage.server, stage.far, SOL_SOCKET, SO_RCVLOWAT, 4);
    write_near("ab");
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLIN, 0);
    write_near("cd");
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLIN, POLLIN);
    ck_assert_int_eq(read_far(10, 0), 4);
}
END_TEST

START_TEST(an_urgent_byte_stands_beside_the_stream)
{
    ck_assert_int_eq(give(stage.client, stage.near, "ab!", 3, MSG_OOB), 3);
    write_near("cd");
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLPRI, POLLPRI);
    ck_assert_int_eq(read_far(10, 0), 2);
    ck_assert_str_eq(block, "ab");
    ck_assert_int_eq(read_far(1, MSG_OOB), 1);
    ck_assert_str_eq(block, "!");
    ck_assert_int_eq(read_far(1, MSG_OOB), -EINVAL);
    ck_assert_int_eq(read_far(10, 0), 2);
    ck_assert_str_eq(block, "cd");
}
END_TEST

START_TEST(an_urgent_byte_can_be_kept_in_line)
{
    int mark = -1;

    set_option(stage.server, stage.far, SOL_SOCKET, SO_OOBINLINE, 1);
    ck_assert_int_eq(give(stage.client, stage.near, "ab!", 3, MSG_OOB), 3);
    write_near("cd");
    ck_assert_int_eq(read_far(10, 0), 2);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_SIOCATMARK, &mark), 0);
    ck_assert_int_eq(mark, 1);
    ck_assert_int_eq(read_far(10, 0), 3);
    ck_assert_str_eq(block, "!cd");
    ck_assert_int_eq(read_far(1, MSG_OOB), -EINVAL);
}
END_TEST

START_TEST(a_fresh_socket_has_nothing_to_read)
{
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(take(stage.client, fd, block, 1, 0), -ENOTCONN);
    ck_assert_int_eq(take(stage.server, stage.listener, block, 1, 0), -ENOTCONN);
}
END_TEST

START_TEST(after_its_own_end_of_reading_a_reader_gets_what_is_left_and_then_the_end)
{
    write_near("left");
    ck_assert_int_eq(shut(stage.server, stage.far, SHUT_RD), 0);
    ck_assert_int_eq(read_far(10, 0), 4);
    ck_assert_int_eq(read_far(10, 0), 0);
    write_near("more"); /* Linux goes on accepting it (tcp_rcv_established) */
    ck_assert_int_eq(read_far(10, 0), 4);
}
END_TEST

START_TEST(how_much_is_unread_can_be_asked)
{
    int unread = -1;

    write_near("four");
    drill_enter(stage.server);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &unread), 0);
    ck_assert_int_eq(unread, 4);
    ck_assert_int_eq(read_far(3, 0), 3);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &unread), 0);
    ck_assert_int_eq(unread, 1);
}
END_TEST

static void add_all(TCase *tests)
{
    tcase_add_test(tests, a_read_gives_what_is_there_and_leaves_the_rest);
    tcase_add_test(tests, writes_have_no_boundaries);
    tcase_add_test(tests, a_look_takes_nothing_away);
    tcase_add_test(tests, where_nothing_is_a_reader_that_will_not_wait_is_told);
    tcase_add_test(tests, a_reader_that_wants_all_waits_for_all);
    tcase_add_test(tests, a_reader_that_wants_all_takes_what_came_before_the_end);
    tcase_add_test(tests, a_reader_that_wants_all_and_will_not_wait_takes_what_is_there);
    tcase_add_test(tests, a_read_of_nothing_takes_nothing);
    tcase_add_test(tests, bytes_can_be_thrown_away_unseen);
    tcase_add_test(tests, a_message_is_scattered_over_its_parts);
    tcase_add_test(tests, a_low_mark_keeps_a_reader_waiting);
    tcase_add_test(tests, an_urgent_byte_stands_beside_the_stream);
    tcase_add_test(tests, an_urgent_byte_can_be_kept_in_line);
    tcase_add_test(tests, a_fresh_socket_has_nothing_to_read);
    tcase_add_test(tests, after_its_own_end_of_reading_a_reader_gets_what_is_left_and_then_the_end);
    tcase_add_test(tests, how_much_is_unread_can_be_asked);
}

Suite *tcp_recv_suite(void);

Suite *tcp_recv_suite(void)
{
    Suite *suite = suite_create("tcp_recv");
    TCase *calm = tcase_create("calm"), *slow = tcase_create("slow");

    tcase_add_checked_fixture(calm, setup, teardown);
    tcase_add_checked_fixture(slow, setup_slow, teardown);
    add_all(calm);
    add_all(slow);
    suite_add_tcase(suite, calm);
    suite_add_tcase(suite, slow);
    return suite;
}
