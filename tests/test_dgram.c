#include "emu/dgram.h"

#include <check.h>
#include <string.h>

static struct drill_mem mem;
static struct drill_dgram_queue queue;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    queue = (struct drill_dgram_queue){0};
}

static void teardown(void)
{
    drill_dgram_queue_empty(&queue, &mem);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static struct drill_dgram *make(const char *text)
{
    struct drill_dgram *dgram = drill_dgram_new(&mem, strlen(text));

    ck_assert_ptr_nonnull(dgram);
    memcpy(dgram->bytes, text, strlen(text));
    return dgram;
}

/* How many fit into 212992 bytes on Linux 6.18. */
START_TEST(a_message_weighs_what_linux_counts)
{
    static const struct {
        size_t size, fit;
    } rows[] = {{0, 256},   {100, 256}, {500, 166}, {1000, 92}, {1472, 92},
                {2000, 48}, {4000, 25}, {9000, 12}, {30000, 6}, {65507, 3}};
    const uint64_t weight = drill_dgram_weight(rows[_i].size);

    ck_assert_uint_eq(212992 / weight, rows[_i].fit);
}
END_TEST

START_TEST(a_queue_keeps_order_and_weight)
{
    struct drill_dgram *a = make("a"), *b = make("b"), *c = make("c");

    ck_assert(drill_dgram_queue_put(&queue, a, UINT64_MAX));
    ck_assert(drill_dgram_queue_put(&queue, b, UINT64_MAX));
    ck_assert(drill_dgram_queue_put(&queue, c, UINT64_MAX));
    ck_assert_uint_eq(queue.weight, 3 * drill_dgram_weight(1));
    drill_dgram_queue_take(&queue, b);
    drill_dgram_queue_take(&queue, c);
    ck_assert_ptr_eq(queue.first, a);
    ck_assert_ptr_eq(queue.last, a);
    ck_assert(drill_dgram_queue_put(&queue, c, UINT64_MAX));
    ck_assert_ptr_eq(a->next, c);
    drill_dgram_drop(b, &mem);
    drill_dgram_queue_take(&queue, a);
    drill_dgram_drop(a, &mem);
    ck_assert_uint_eq(queue.weight, drill_dgram_weight(1));
}
END_TEST

START_TEST(a_limit_holds_for_all_but_the_first)
{
    struct drill_dgram *second = make("b");
    const uint64_t weight = drill_dgram_weight(1);

    ck_assert(drill_dgram_queue_put(&queue, make("a"), 1));
    ck_assert(!drill_dgram_queue_put(&queue, second, 2 * weight - 1));
    ck_assert(drill_dgram_queue_put(&queue, second, 2 * weight));
}
END_TEST

START_TEST(who_alone_refers_to_a_message_owns_it_as_it_is)
{
    struct drill_dgram *dgram = make("abc");

    ck_assert_ptr_eq(drill_dgram_own(dgram, &mem), dgram);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(a_shared_message_is_copied_to_be_owned)
{
    struct drill_dgram *dgram = make("abc"), *mine;

    dgram->refs++;
    mine = drill_dgram_own(dgram, &mem);
    ck_assert_ptr_ne(mine, dgram);
    ck_assert_uint_eq(dgram->refs, 1);
    ck_assert_uint_eq(mine->refs, 1);
    drill_dgram_flip(mine, 9);
    ck_assert_mem_eq(mine->bytes, "a`c", 3);
    ck_assert_mem_eq(dgram->bytes, "abc", 3);
    drill_dgram_drop(mine, &mem);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(without_memory_a_shared_message_is_let_go)
{
    struct drill_dgram *dgram = make("abc");

    dgram->refs++;
    mem.fail_at = mem.count + 1;
    ck_assert_ptr_null(drill_dgram_own(dgram, &mem));
    ck_assert_uint_eq(dgram->refs, 1);
    mem.fail_at = mem.count + 1;
    ck_assert_ptr_null(drill_dgram_grow(dgram, &mem, 1));
    ck_assert_uint_eq(dgram->refs, 1);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(a_flip_leaves_the_header_alone)
{
    struct drill_dgram *dgram = make("header!");

    dgram->header = 6;
    drill_dgram_flip(dgram, 0);
    ck_assert_mem_eq(dgram->bytes, "header ", 7);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

START_TEST(a_copy_may_be_cut_and_a_message_may_grow)
{
    struct drill_dgram *dgram = make("abcdef"), *cut = drill_dgram_copy(dgram, &mem, 2);

    ck_assert_uint_eq(cut->size, 2);
    dgram = drill_dgram_grow(dgram, &mem, 3);
    ck_assert_uint_eq(dgram->size, 9);
    ck_assert_mem_eq(dgram->bytes, "abcdef", 6);
    drill_dgram_drop(cut, &mem);
    drill_dgram_drop(dgram, &mem);
}
END_TEST

Suite *dgram_suite(void)
{
    Suite *suite = suite_create("dgram");
    TCase *tests = tcase_create("dgram");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_message_weighs_what_linux_counts, 0, 10);
    tcase_add_test(tests, a_queue_keeps_order_and_weight);
    tcase_add_test(tests, a_limit_holds_for_all_but_the_first);
    tcase_add_test(tests, who_alone_refers_to_a_message_owns_it_as_it_is);
    tcase_add_test(tests, a_shared_message_is_copied_to_be_owned);
    tcase_add_test(tests, without_memory_a_shared_message_is_let_go);
    tcase_add_test(tests, a_flip_leaves_the_header_alone);
    tcase_add_test(tests, a_copy_may_be_cut_and_a_message_may_grow);
    suite_add_tcase(suite, tests);
    return suite;
}
