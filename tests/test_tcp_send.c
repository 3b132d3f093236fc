#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "tests/draws.h"
#include "tests/helpers.h"

static struct stage stage;
static char block[1 << 16];

static void setup(void)
{
    stage_open(&stage, NULL);
    stage_connect(&stage);
}

static void setup_slow(void)
{
    stage_open(&stage, NULL);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
}

static void teardown(void)
{
    stage_close(&stage);
}

static ssize_t write_near(size_t size, int flags)
{
    return give(stage.client, stage.near, block, size, flags);
}

/* Writes until nothing more is taken; how much was. */
static uint64_t fill(void)
{
    uint64_t taken = 0;
    ssize_t sent;

    while ((sent = write_near(sizeof block, MSG_DONTWAIT)) > 0)
        taken += (uint64_t)sent;
    ck_assert_int_eq(sent, -EAGAIN);
    return taken;
}

static uint64_t drain(uint64_t size)
{
    uint64_t got = 0;

    while (got < size) {
        const size_t want = size - got < sizeof block ? (size_t)(size - got) : sizeof block;
        const ssize_t read = take(stage.server, stage.far, block, want, 0);
        ck_assert_int_gt(read, 0);
        got += (uint64_t)read;
    }
    return got;
}

START_TEST(a_write_of_nothing_sends_nothing)
{
    ck_assert_int_eq(write_near(0, 0), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(bits_of(stage.server, stage.far) & POLLIN, 0);
}
END_TEST

START_TEST(a_message_is_gathered_from_its_parts)
{
    struct drill_iovec parts[] = {{(char[]){"he"}, 2}, {NULL, 0}, {(char[]){"llo"}, 3}};
    const struct drill_message message = {.parts = parts, .part_count = 3};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &message, 0), 5);
    hear(stage.server, stage.far, "hello");
}
END_TEST

START_TEST(a_full_buffer_takes_a_part_and_then_nothing)
{
    const uint64_t taken = fill();

    ck_assert_uint_gt(taken, 1 << 20);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLOUT, 0);
    ck_assert_uint_eq(drain(taken), taken);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_int_eq(bits_of(stage.client, stage.near) & POLLOUT, POLLOUT);
}
END_TEST

START_TEST(a_buffer_has_the_size_a_program_chose)
{
    set_option(stage.client, stage.near, SOL_SOCKET, SO_SNDBUF, 8192); /* Linux doubles it */
    set_option(stage.server, stage.far, SOL_SOCKET, SO_RCVBUF, 4096);
    const uint64_t taken = fill();
    ck_assert_uint_ge(taken, 16384);
    ck_assert_uint_le(taken, 16384 + 131072);
}
END_TEST

static int64_t write_block(void *fd)
{
    return drill_sendto(*(int *)fd, block, sizeof block, 0, NULL);
}

START_TEST(a_writer_waits_until_all_is_taken)
{
    const uint64_t taken = fill();
    struct drill_task *writes = drill_start(stage.client, "writes", write_block, &stage.near);
    int64_t result = 0;

    drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
    ck_assert(!drill_task_ended(writes));
    drain(taken + sizeof block);
    ck_assert_int_eq(drill_join(writes, &result), 0);
    ck_assert_int_eq(result, sizeof block);
}
END_TEST

START_TEST(a_writer_that_waits_is_told_of_a_reset)
{
    struct linger now = {.l_onoff = 1};
    int64_t result = 0;

    fill();
    struct drill_task *writes = drill_start(stage.client, "writes", write_block, &stage.near);
    drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
    drill_enter(stage.server);
    drill_setsockopt(stage.far, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ck_assert_int_eq(drill_close(stage.far), 0);
    ck_assert_int_eq(drill_join(writes, &result), 0);
    ck_assert_int_eq(result, -ECONNRESET);
    ck_assert_int_eq(write_near(1, 0), -EPIPE);
    ck_assert_int_eq(take(stage.client, stage.near, block, 1, 0), 0);
}
END_TEST

START_TEST(after_its_own_end_a_writer_finds_a_broken_pipe)
{
    ck_assert_int_eq(shut(stage.client, stage.near, SHUT_WR), 0);
    ck_assert_int_eq(write_near(1, 0), -EPIPE);
    ck_assert_int_eq(write_near(0, 0), -EPIPE);
}
END_TEST

START_TEST(a_fresh_socket_has_nobody_to_send_to)
{
    const int fd = tcp_socket(stage.client);

    ck_assert_int_eq(give(stage.client, fd, block, 1, 0), -EPIPE);
}
END_TEST

START_TEST(without_memory_nothing_is_sent_and_the_connection_lives)
{
    ck_assert_int_eq(drill_run(stage.world), 0);
    stage_fail(&stage, 1);
    ck_assert_int_eq(write_near(5000, 0), -ENOMEM);
    stage_fail(&stage, 0);
    memcpy(block, "fine", 4);
    ck_assert_int_eq(write_near(4, 0), 4);
    hear(stage.server, stage.far, "fine");
}
END_TEST

static void write_some(uint64_t *state, uint64_t *written)
{
    size_t size = 1 + draw_below(state, draw_below(state, 8) == 0 ? sizeof block - 1 : 3000);

    for (size_t i = 0; i < size; i++)
        block[i] = (char)byte_at(*written + i);
    const ssize_t sent = write_near(size, MSG_DONTWAIT);
    ck_assert(sent > 0 || sent == -EAGAIN);
    *written += sent > 0 ? (uint64_t)sent : 0;
}

static void read_some(uint64_t *state, uint64_t *read)
{
    const size_t size = 1 + draw_below(state, draw_below(state, 8) == 0 ? sizeof block - 1 : 3000);
    const bool peek = draw_below(state, 4) == 0;
    const ssize_t got =
        take(stage.server, stage.far, block, size, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));

    ck_assert(got > 0 || got == -EAGAIN);
    size_t wrong = 0;
    for (ssize_t i = 0; i < got; i++)
        wrong += (uint8_t)block[i] != (uint8_t)byte_at(*read + (uint64_t)i);
    ck_assert_uint_eq(wrong, 0);
    *read += got > 0 && !peek ? (uint64_t)got : 0;
}

START_TEST(any_sizes_of_writes_and_reads_make_the_same_stream)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t state = seed, written = 0, read = 0;
        for (int round = 0; round < 400; round++) {
            if (draw_below(&state, 2) == 0)
                write_some(&state, &written);
            else
                read_some(&state, &read);
            if (draw_below(&state, 10) == 0)
                drill_run_until(stage.world, drill_now(stage.world) + DRILL_MS);
            ck_assert_uint_le(read, written);
        }
        while (read < written) {
            read_some(&state, &read);
            drill_run_until(stage.world, drill_now(stage.world) + DRILL_MS);
        }
        ck_assert_int_eq(end(stage.client, stage.near), 0);
        ck_assert_int_eq(end(stage.server, stage.far), 0);
        stage_connect(&stage);
    }
}
END_TEST

static void add_all(TCase *tests)
{
    tcase_add_test(tests, a_write_of_nothing_sends_nothing);
    tcase_add_test(tests, a_message_is_gathered_from_its_parts);
    tcase_add_test(tests, a_full_buffer_takes_a_part_and_then_nothing);
    tcase_add_test(tests, a_buffer_has_the_size_a_program_chose);
    tcase_add_test(tests, a_writer_waits_until_all_is_taken);
    tcase_add_test(tests, a_writer_that_waits_is_told_of_a_reset);
    tcase_add_test(tests, after_its_own_end_a_writer_finds_a_broken_pipe);
    tcase_add_test(tests, a_fresh_socket_has_nobody_to_send_to);
    tcase_add_test(tests, without_memory_nothing_is_sent_and_the_connection_lives);
    tcase_add_test(tests, any_sizes_of_writes_and_reads_make_the_same_stream);
}

Suite *tcp_send_suite(void);

Suite *tcp_send_suite(void)
{
    Suite *suite = suite_create("tcp_send");
    TCase *calm = tcase_create("calm"), *slow = tcase_create("slow");

    tcase_add_checked_fixture(calm, setup, teardown);
    tcase_add_checked_fixture(slow, setup_slow, teardown);
    add_all(calm);
    add_all(slow);
    suite_add_tcase(suite, calm);
    suite_add_tcase(suite, slow);
    return suite;
}
