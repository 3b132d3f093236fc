#include "emu/pipe.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/draws.h"
#include "tests/helpers.h"

enum { BLOCK = 20000 };

static struct drill_mem mem;
static struct drill_pipe queue;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    queue = (struct drill_pipe){0};
}

static void teardown(void)
{
    drill_pipe_fini(&queue, &mem);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static struct drill_args around(void *data, size_t size, struct drill_iovec *part)
{
    *part = (struct drill_iovec){data, size};
    return (struct drill_args){.parts = part, .part_count = 1, .size = size};
}

/* Writes the bytes that belong behind what is written. */
static int write_next(size_t size)
{
    static uint8_t block[BLOCK];
    struct drill_iovec part;
    const struct drill_args args = around(block, size, &part);

    for (size_t i = 0; i < size; i++)
        block[i] = byte_at(queue.written + i);
    return drill_pipe_write(&queue, &mem, &args, 0, size);
}

static void check_peek(size_t skip, size_t size)
{
    static uint8_t block[BLOCK];
    struct drill_iovec part;
    const struct drill_args args = around(block, size, &part);

    drill_pipe_peek(&queue, &args, 0, skip, size);
    for (size_t i = 0; i < size; i++)
        if (block[i] != byte_at(queue.read + skip + i))
            ck_abort_msg("byte %zu of %zu is another", i, size);
}

START_TEST(what_is_written_is_unread_once_it_has_arrived)
{
    ck_assert_int_eq(write_next(100), 0);
    ck_assert_uint_eq(queue.written, 100);
    ck_assert_uint_eq(drill_pipe_unread(&queue), 0);
    queue.arrived = 60;
    ck_assert_uint_eq(drill_pipe_unread(&queue), 60);
    check_peek(0, 60);
    check_peek(59, 1);
    ck_assert_uint_eq(queue.read, 0);
}
END_TEST

START_TEST(a_large_ring_is_given_back_when_it_is_empty)
{
    ck_assert_int_eq(write_next(5000), 0);
    ck_assert_uint_eq(mem.live, 1);
    queue.arrived = 5000;
    drill_pipe_skip(&queue, &mem, 4999);
    ck_assert_uint_eq(mem.live, 1);
    drill_pipe_skip(&queue, &mem, 1);
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_int_eq(write_next(10), 0);
    queue.arrived = queue.written;
    check_peek(0, 10);
}
END_TEST

START_TEST(short_messages_need_no_more_than_the_first_allocation)
{
    ck_assert_int_eq(write_next(10), 0);
    for (uint64_t i = 0; i < 1000; i++) {
        queue.arrived = queue.written;
        check_peek(0, 10);
        drill_pipe_skip(&queue, &mem, 10);
        ck_assert_int_eq(write_next(10), 0);
    }
    ck_assert_uint_eq(mem.count, 1);
    ck_assert_uint_eq(mem.kept_rings, 1);
    drill_pipe_fini(&queue, &mem);
    ck_assert_uint_eq(mem.kept_rings, 0);
    ck_assert_uint_eq(mem.live, 0);
}
END_TEST

START_TEST(nothing_can_be_looked_at_and_taken_off_where_nothing_is)
{
    check_peek(0, 0);
    drill_pipe_skip(&queue, &mem, 0);
    drill_pipe_fini(&queue, &mem);
    ck_assert_uint_eq(mem.count, 0);
}
END_TEST

START_TEST(a_ring_that_wraps_and_grows_keeps_every_byte)
{
    ck_assert_int_eq(write_next(4000), 0);
    queue.arrived = 4000;
    drill_pipe_skip(&queue, &mem, 3990);
    ck_assert_int_eq(write_next(4000), 0); /* goes round the end */
    ck_assert_int_eq(write_next(9000), 0); /* and into a larger ring */
    queue.arrived = queue.written;
    check_peek(0, (size_t)drill_pipe_unread(&queue));
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    mem.fail_at = 1;
    ck_assert_int_eq(write_next(10), -ENOMEM);
    ck_assert_uint_eq(queue.written, 0);
    ck_assert_int_eq(write_next(4096), 0);
    mem.fail_at = mem.count + 1;
    ck_assert_int_eq(write_next(1), -ENOMEM);
    ck_assert_uint_eq(queue.written, 4096);
    queue.arrived = 4096;
    check_peek(0, 4096);
}
END_TEST

START_TEST(a_part_is_written_from_its_offset_on)
{
    char text[] = "--abc";
    struct drill_iovec part;
    const struct drill_args args = around(text, 5, &part);
    char back[3];
    struct drill_iovec back_part;
    const struct drill_args into = around(back, 3, &back_part);

    ck_assert_int_eq(drill_pipe_write(&queue, &mem, &args, 2, 3), 0);
    queue.arrived = 3;
    drill_pipe_peek(&queue, &into, 0, 0, 3);
    ck_assert_mem_eq(back, "abc", 3);
}
END_TEST

START_TEST(a_bit_flips_wherever_its_byte_lies)
{
    uint8_t byte;

    for (unsigned round = 0; round < 40; round++) {
        const uint64_t place = queue.written + 60;
        ck_assert_int_eq(write_next(100), 0);
        drill_pipe_flip(&queue, place, round % 8);
        queue.arrived = queue.written;
        drill_pipe_skip(&queue, &mem, 60);
        ck_assert_uint_eq(drill_pipe_get(&queue, &mem, &byte, 1), 1);
        ck_assert_uint_eq(byte, (uint8_t)(byte_at(place) ^ 1U << round % 8));
        drill_pipe_skip(&queue, &mem, 39);
    }
}
END_TEST

START_TEST(any_order_of_writing_and_reading_keeps_the_stream)
{
    uint64_t state = 0xbeef;

    for (int round = 0; round < 20000; round++) {
        const uint32_t size = 1 + draw_below(&state, draw_below(&state, 50) == 0 ? BLOCK : 700);
        const uint64_t under_way = queue.written - queue.arrived;
        switch (draw_below(&state, 3)) {
        case 0:
            if (queue.written - queue.read < 100000)
                ck_assert_int_eq(write_next(size), 0);
            break;
        case 1:
            queue.arrived += under_way < size ? under_way : size;
            break;
        default: {
            const uint64_t unread = drill_pipe_unread(&queue);
            const size_t count = (size_t)(unread < size ? unread : size);
            check_peek(0, count);
            drill_pipe_skip(&queue, &mem, count);
        }
        }
        ck_assert_uint_le(queue.read, queue.arrived);
        ck_assert_uint_le(queue.arrived, queue.written);
    }
    ck_assert_uint_gt(queue.read, 1000000);
}
END_TEST

Suite *pipe_suite(void);

Suite *pipe_suite(void)
{
    Suite *suite = suite_create("pipe");
    TCase *tests = tcase_create("ring");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_written_is_unread_once_it_has_arrived);
    tcase_add_test(tests, a_large_ring_is_given_back_when_it_is_empty);
    tcase_add_test(tests, short_messages_need_no_more_than_the_first_allocation);
    tcase_add_test(tests, nothing_can_be_looked_at_and_taken_off_where_nothing_is);
    tcase_add_test(tests, a_ring_that_wraps_and_grows_keeps_every_byte);
    tcase_add_test(tests, without_memory_nothing_is_written);
    tcase_add_test(tests, a_part_is_written_from_its_offset_on);
    tcase_add_test(tests, a_bit_flips_wherever_its_byte_lies);
    tcase_add_test(tests, any_order_of_writing_and_reading_keeps_the_stream);
    suite_add_tcase(suite, tests);
    return suite;
}
