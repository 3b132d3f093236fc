#include "emu/mem.h"

#include <check.h>
#include <string.h>

#include "tests/draws.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#endif

enum { MIB = 1 << 20 };

static struct drill_mem mem;

static void setup(void)
{
    drill_mem_init(&mem, 0);
}

static void teardown(void)
{
    drill_mem_fini(&mem);
}

/* Each class from below, at and above its border, and three sizes beyond the pools. */
static const size_t sizes[] = {
    0,     1,     15,   16,          17,      31,          32,      33,
    1008,  1023,  1024, 1025,        2047,    2048,        2049,    4096,
    65536, 65537, MIB,  4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 5 * MIB, 9 * MIB + 7,
};
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(every_block_is_aligned_to_sixteen_bytes_and_writable_to_its_end)
{
    void *blocks[SIZES];

    for (size_t i = 0; i < SIZES; i++) {
        blocks[i] = drill_mem_new(&mem, sizes[i]);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], 0xa5, sizes[i]);
    }
    for (size_t i = 0; i < SIZES; i++)
        drill_mem_free(&mem, blocks[i], sizes[i]);
}
END_TEST

START_TEST(the_block_freed_last_is_given_first)
{
    for (size_t i = 0; i < SIZES && sizes[i] <= MIB / 4; i++) {
        void *first = drill_mem_new(&mem, sizes[i]), *second = drill_mem_new(&mem, sizes[i]);

        drill_mem_free(&mem, first, sizes[i]);
        drill_mem_free(&mem, second, sizes[i]);
        ck_assert_ptr_eq(drill_mem_new(&mem, sizes[i]), second);
        ck_assert_ptr_eq(drill_mem_new(&mem, sizes[i]), first);
    }
}
END_TEST

START_TEST(sizes_of_one_class_share_a_pool_and_others_do_not)
{
    void *block = drill_mem_new(&mem, 17);

    drill_mem_free(&mem, block, 17);
    ck_assert_ptr_ne(drill_mem_new(&mem, 16), block);
    ck_assert_ptr_ne(drill_mem_new(&mem, 33), block);
    ck_assert_ptr_eq(drill_mem_new(&mem, 32), block);
}
END_TEST

START_TEST(the_rest_of_a_chunk_becomes_a_block)
{
    enum { SIZE = 1008, FIT = (64 << 10) / SIZE };
    char *last = NULL;

    for (int i = 0; i < FIT; i++)
        last = drill_mem_new(&mem, SIZE);
    ck_assert_ptr_nonnull(drill_mem_new(&mem, SIZE));
    ck_assert_ptr_eq(drill_mem_new(&mem, 16), last + SIZE);
}
END_TEST

START_TEST(only_the_nth_allocation_fails)
{
    drill_mem_init(&mem, 3);
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 8));
    ck_assert_ptr_nonnull(drill_mem_zeroed(&mem, 8));
    ck_assert_ptr_null(drill_mem_text(&mem, "third"));
    ck_assert_uint_eq(mem.live, 2);
    ck_assert_uint_eq(mem.live_bytes, 16);
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 8));
    ck_assert_uint_eq(mem.count, 4);
}
END_TEST

static void set_another(void *context)
{
    ++*(int *)context;
    mem.fail_at = mem.count + 2;
}

START_TEST(who_is_spared_leaves_the_failure_to_the_next_one)
{
    mem.fail_at = mem.count + 1;
    mem.spared = true;
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(drill_mem_new(&mem, 100));
    mem.spared = false;
    ck_assert_ptr_null(drill_mem_new(&mem, 100));
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 100));
}
END_TEST

START_TEST(who_is_told_of_a_failure_can_say_which_is_next)
{
    int told = 0;

    drill_mem_init(&mem, 2);
    mem.failed = set_another;
    mem.failed_context = &told;
    for (int i = 1; i <= 6; i++)
        ck_assert_int_eq(drill_mem_new(&mem, 8) == NULL, i % 2 == 0);
    ck_assert_int_eq(told, 3);
}
END_TEST

START_TEST(each_kind_of_allocation_can_be_the_one_that_fails)
{
    for (size_t i = 0; i < SIZES; i++) {
        drill_mem_init(&mem, 1);
        ck_assert_ptr_null(drill_mem_new(&mem, sizes[i]));
        drill_mem_init(&mem, 1);
        ck_assert_ptr_null(drill_mem_zeroed(&mem, sizes[i]));
        ck_assert_uint_eq(mem.live, 0);
    }
}
END_TEST

START_TEST(a_size_that_no_system_has_fails_and_changes_nothing)
{
    ck_assert_ptr_null(drill_mem_new(&mem, SIZE_MAX));
    ck_assert_ptr_null(drill_mem_zeroed(&mem, SIZE_MAX - 16));
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_uint_eq(mem.live_bytes, 0);
    ck_assert_ptr_null(mem.chunks);
}
END_TEST

START_TEST(a_zeroed_block_is_zero_though_it_was_used_before)
{
    for (size_t i = 0; i < SIZES; i++) {
        void *dirty = drill_mem_new(&mem, sizes[i]);
        memset(dirty, 0xff, sizes[i]);
        drill_mem_free(&mem, dirty, sizes[i]);

        unsigned char *block = drill_mem_zeroed(&mem, sizes[i]);
        for (size_t byte = 0; byte < sizes[i]; byte++) {
            if (block[byte] != 0)
                ck_abort_msg("byte %zu of %zu is not zero", byte, sizes[i]);
        }
        drill_mem_free(&mem, block, sizes[i]);
    }
}
END_TEST

START_TEST(what_is_live_is_counted_in_blocks_and_bytes)
{
    void *small = drill_mem_new(&mem, 5), *large = drill_mem_new(&mem, 5 * MIB);

    ck_assert_uint_eq(mem.live, 2);
    ck_assert_uint_eq(mem.live_bytes, 5 + 5 * MIB);
    drill_mem_free(&mem, large, 5 * MIB);
    ck_assert_uint_eq(mem.live, 1);
    ck_assert_uint_eq(mem.live_bytes, 5);
    drill_mem_free(&mem, small, 5);
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_uint_eq(mem.live_bytes, 0);
    ck_assert_uint_eq(mem.count, 2);
}
END_TEST

START_TEST(freeing_null_is_passed_over)
{
    drill_mem_free(&mem, NULL, 24);
    drill_mem_free(&mem, NULL, 5 * MIB);
    ck_assert_uint_eq(mem.live, 0);
}
END_TEST

START_TEST(a_text_is_copied_with_its_end)
{
    const char *text = "a name";
    char *copy = drill_mem_text(&mem, text);

    ck_assert_ptr_ne(copy, text);
    ck_assert_str_eq(copy, text);
    ck_assert_uint_eq(mem.live_bytes, strlen(text) + 1);
    drill_mem_free(&mem, copy, strlen(text) + 1);
    ck_assert_str_eq(drill_mem_text(&mem, ""), "");
}
END_TEST

START_TEST(large_blocks_can_be_freed_in_any_order)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
        void *blocks[3];
        for (int i = 0; i < 3; i++)
            blocks[i] = drill_mem_new(&mem, 5 * MIB);
        for (int i = 0; i < 3; i++)
            drill_mem_free(&mem, blocks[orders[order][i]], 5 * MIB);
        ck_assert_ptr_null(mem.chunks);
    }
}
END_TEST

START_TEST(after_fini_it_can_be_used_anew)
{
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 40));
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 6 * MIB));
    drill_mem_fini(&mem);
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_ptr_nonnull(drill_mem_new(&mem, 40));
}
END_TEST

struct held {
    unsigned char *block;
    size_t size;
    unsigned char mark;
};

static void check_and_free(struct held *held)
{
    for (size_t i = 0; i < held->size; i++)
        if (held->block[i] != held->mark)
            ck_abort_msg("byte %zu of %zu is not its own", i, held->size);
    drill_mem_free(&mem, held->block, held->size);
    held->block = NULL;
}

START_TEST(blocks_of_all_sizes_never_overlap)
{
    enum { SLOTS = 512, ROUNDS = 20000 };
    static struct held slots[SLOTS];
    uint64_t state = 42;

    for (int round = 0; round < ROUNDS; round++) {
        struct held *held = &slots[draw_below(&state, SLOTS)];
        if (held->block) {
            check_and_free(held);
            continue;
        }
        held->size = draw_below(&state, draw_below(&state, 50) == 0 ? 10000 : 1100);
        held->mark = (unsigned char)round;
        held->block = drill_mem_new(&mem, held->size);
        ck_assert_ptr_nonnull(held->block);
        ck_assert_uint_eq((uintptr_t)held->block % 16, 0);
        memset(held->block, held->mark, held->size);
    }
    for (int slot = 0; slot < SLOTS; slot++) {
        if (slots[slot].block)
            check_and_free(&slots[slot]);
    }
    ck_assert_uint_eq(mem.live, 0);
    ck_assert_uint_eq(mem.live_bytes, 0);
}
END_TEST

#ifdef HAS_ASAN
START_TEST(what_is_not_handed_out_is_poisoned)
{
    for (size_t i = 0; i < SIZES && sizes[i] <= MIB / 4; i++) {
        char *block = drill_mem_new(&mem, sizes[i]);
        ck_assert_ptr_null(__asan_region_is_poisoned(block, sizes[i]));
        if (sizes[i] % 16)
            ck_assert(__asan_address_is_poisoned(block + sizes[i]));
        drill_mem_free(&mem, block, sizes[i]);
        ck_assert(__asan_address_is_poisoned(block));
        ck_assert(sizes[i] == 0 || __asan_address_is_poisoned(block + sizes[i] - 1));
    }
}
END_TEST
#endif

START_TEST(a_reserve_gives_the_next_world_the_memory_of_the_last)
{
    struct drill_reserve reserve = {0};
    struct drill_mem next = {0};

    drill_mem_init(&next, 0);
    next.reserve = &reserve;
    void *first = drill_mem_new(&next, 64), *large = drill_mem_new(&next, 3000);
    drill_mem_free(&next, first, 64);
    drill_mem_free(&next, large, 3000);
    drill_mem_fini(&next);
    ck_assert_uint_eq(reserve.chunk_count, 2);
    drill_mem_init(&next, 0);
    next.reserve = &reserve;
    ck_assert_ptr_eq(drill_mem_new(&next, 2500), large); /* of the same class */
    ck_assert_ptr_eq(drill_mem_new(&next, 64), first);
    ck_assert_uint_eq(reserve.chunk_count, 0);
    ck_assert_uint_eq(next.count, 2);
    drill_mem_free(&next, first, 64);
    drill_mem_free(&next, large, 2500);
    drill_mem_fini(&next);
    drill_mem_drain(&reserve);
    ck_assert_uint_eq(reserve.chunk_count, 0);
}
END_TEST

Suite *mem_suite(void)
{
    Suite *suite = suite_create("mem");
    TCase *tests = tcase_create("mem");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_block_is_aligned_to_sixteen_bytes_and_writable_to_its_end);
    tcase_add_test(tests, the_block_freed_last_is_given_first);
    tcase_add_test(tests, sizes_of_one_class_share_a_pool_and_others_do_not);
    tcase_add_test(tests, the_rest_of_a_chunk_becomes_a_block);
    tcase_add_test(tests, only_the_nth_allocation_fails);
    tcase_add_test(tests, who_is_spared_leaves_the_failure_to_the_next_one);
    tcase_add_test(tests, who_is_told_of_a_failure_can_say_which_is_next);
    tcase_add_test(tests, each_kind_of_allocation_can_be_the_one_that_fails);
    tcase_add_test(tests, a_size_that_no_system_has_fails_and_changes_nothing);
    tcase_add_test(tests, a_zeroed_block_is_zero_though_it_was_used_before);
    tcase_add_test(tests, what_is_live_is_counted_in_blocks_and_bytes);
    tcase_add_test(tests, freeing_null_is_passed_over);
    tcase_add_test(tests, a_text_is_copied_with_its_end);
    tcase_add_test(tests, large_blocks_can_be_freed_in_any_order);
    tcase_add_test(tests, after_fini_it_can_be_used_anew);
    tcase_add_test(tests, blocks_of_all_sizes_never_overlap);
    tcase_add_test(tests, a_reserve_gives_the_next_world_the_memory_of_the_last);
#ifdef HAS_ASAN
    tcase_add_test(tests, what_is_not_handed_out_is_poisoned);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
