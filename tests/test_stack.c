#include "emu/stack.h"

#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT = 64 };

static struct drill_mem mem;
static struct drill_stacks stacks;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_stacks_init(&stacks, &mem, 0);
}

static void teardown(void)
{
    drill_stacks_fini(&stacks);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

/* The signal that ends a process in which a byte is written. */
static int signal_of_write(volatile char *where)
{
    const struct rlimit no_core = {0, 0};
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        *where = 1;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

START_TEST(all_bytes_of_a_stack_can_be_written)
{
    struct drill_stack *stack = drill_stacks_get(&stacks);

    ck_assert_ptr_nonnull(stack);
    ck_assert_uint_eq(stack->size, 256 << 10);
    ck_assert_uint_eq((uintptr_t)stack->base % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
    for (size_t index = 0; index < stack->size; index++)
        stack->base[index] = (char)index;
    drill_stacks_put(&stacks, stack);
}
END_TEST

START_TEST(writing_below_a_stack_faults)
{
    struct drill_stack *stack = drill_stacks_get(&stacks);

    ck_assert_int_eq(signal_of_write(stack->base), 0);
    ck_assert_int_eq(signal_of_write(stack->base - 1), SIGSEGV);
    ck_assert_int_eq(signal_of_write(stack->base - DRILL_STACK_GUARD), SIGSEGV);
    drill_stacks_put(&stacks, stack);
}
END_TEST

START_TEST(neighbouring_stacks_have_a_guard_between_them)
{
    struct drill_stack *some[8];

    for (size_t index = 0; index < 8; index++)
        some[index] = drill_stacks_get(&stacks);
    for (size_t index = 0; index < 8; index++)
        ck_assert_int_eq(signal_of_write(some[index]->base - 1), SIGSEGV);
    for (size_t index = 0; index < 8; index++)
        drill_stacks_put(&stacks, some[index]);
}
END_TEST

START_TEST(sizes_are_rounded_up_to_pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct drill_stacks small;

    drill_stacks_init(&small, &mem, 1);
    ck_assert_uint_eq(small.size, page);
    drill_stacks_init(&small, &mem, page);
    ck_assert_uint_eq(small.size, page);
    drill_stacks_init(&small, &mem, page + 1);
    ck_assert_uint_eq(small.size, 2 * page);

    struct drill_stack *stack = drill_stacks_get(&small);

    ck_assert_uint_eq(stack->size, 2 * page);
    stack->base[2 * page - 1] = 1;
    drill_stacks_put(&small, stack);
    drill_stacks_fini(&small);
}
END_TEST

START_TEST(the_stack_put_back_last_is_given_first)
{
    struct drill_stack *one = drill_stacks_get(&stacks), *two = drill_stacks_get(&stacks);

    ck_assert_ptr_ne(one, two);
    drill_stacks_put(&stacks, one);
    drill_stacks_put(&stacks, two);
    ck_assert_ptr_eq(drill_stacks_get(&stacks), two);
    ck_assert_ptr_eq(drill_stacks_get(&stacks), one);
    drill_stacks_put(&stacks, one);
    drill_stacks_put(&stacks, two);
}
END_TEST

START_TEST(only_a_few_stacks_are_kept)
{
    struct drill_stack *all[KEPT + 10];

    for (size_t index = 0; index < KEPT + 10; index++)
        all[index] = drill_stacks_get(&stacks);
    ck_assert_uint_eq(mem.live, KEPT + 10);
    for (size_t index = 0; index < KEPT + 10; index++)
        drill_stacks_put(&stacks, all[index]);
    ck_assert_uint_eq(mem.live, KEPT);
    ck_assert_uint_eq(stacks.free_count, KEPT);
    drill_stacks_fini(&stacks);
    ck_assert_uint_eq(stacks.free_count, 0);
}
END_TEST

START_TEST(a_failing_allocation_is_no_stack)
{
    mem.fail_at = 2;
    struct drill_stack *stack = drill_stacks_get(&stacks);

    ck_assert_ptr_nonnull(stack);
    ck_assert_ptr_null(drill_stacks_get(&stacks));
    ck_assert_uint_eq(mem.live, 1);
    drill_stacks_put(&stacks, stack);
}
END_TEST

START_TEST(a_stack_that_was_kept_asks_for_no_memory)
{
    drill_stacks_put(&stacks, drill_stacks_get(&stacks));
    ck_assert_uint_eq(mem.count, 1);
    drill_stacks_put(&stacks, drill_stacks_get(&stacks));
    ck_assert_uint_eq(mem.count, 1);
}
END_TEST

START_TEST(a_stack_larger_than_memory_is_none)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - DRILL_STACK_GUARD, SIZE_MAX / 2,
                                   SIZE_MAX / 4};
    struct drill_stacks huge;

    for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
        drill_stacks_init(&huge, &mem, sizes[index]);
        ck_assert_ptr_null(drill_stacks_get(&huge));
        ck_assert_uint_eq(mem.live, 0);
        drill_stacks_fini(&huge);
    }
}
END_TEST

START_TEST(a_reserve_keeps_stacks_for_the_next_world)
{
    struct drill_reserve reserve = {0};
    struct drill_stacks next;

    mem.reserve = &reserve;
    drill_stacks_init(&next, &mem, 0);
    struct drill_stack *stack = drill_stacks_get(&next);
    const char *base = stack->base;
    drill_stacks_put(&next, stack);
    drill_stacks_fini(&next);
    ck_assert_uint_eq(reserve.stack_count, 1);
    drill_stacks_init(&next, &mem, 0);
    const uint64_t count = mem.count;
    stack = drill_stacks_get(&next);
    ck_assert_ptr_eq(stack->base, base);
    ck_assert_uint_eq(mem.count, count + 1); /* counted as without a reserve */
    drill_stacks_put(&next, stack);
    drill_stacks_fini(&next);
    drill_stacks_drain(&reserve);
    ck_assert_uint_eq(reserve.stack_count, 0);
    mem.reserve = NULL;
}
END_TEST

START_TEST(stacks_of_another_size_are_not_mixed_up)
{
    struct drill_reserve reserve = {0};
    struct drill_stacks small, large;

    mem.reserve = &reserve;
    drill_stacks_init(&small, &mem, 64 << 10);
    drill_stacks_init(&large, &mem, 128 << 10);
    struct drill_stack *one = drill_stacks_get(&small), *other = drill_stacks_get(&large);
    drill_stacks_put(&small, one);
    drill_stacks_put(&large, other);
    drill_stacks_fini(&small);
    drill_stacks_fini(&large);
    ck_assert_uint_eq(reserve.stack_count, 1);
    drill_stacks_init(&large, &mem, 128 << 10);
    other = drill_stacks_get(&large);
    ck_assert_uint_eq(reserve.stack_count, 1);
    drill_stacks_put(&large, other);
    drill_stacks_fini(&large);
    drill_stacks_drain(&reserve);
    mem.reserve = NULL;
}
END_TEST

Suite *stack_suite(void)
{
    Suite *suite = suite_create("stack");
    TCase *stack = tcase_create("stack");

    tcase_add_checked_fixture(stack, setup, teardown);
    tcase_add_test(stack, all_bytes_of_a_stack_can_be_written);
    tcase_add_test(stack, writing_below_a_stack_faults);
    tcase_add_test(stack, neighbouring_stacks_have_a_guard_between_them);
    tcase_add_test(stack, sizes_are_rounded_up_to_pages);
    tcase_add_test(stack, the_stack_put_back_last_is_given_first);
    tcase_add_test(stack, only_a_few_stacks_are_kept);
    tcase_add_test(stack, a_failing_allocation_is_no_stack);
    tcase_add_test(stack, a_stack_that_was_kept_asks_for_no_memory);
    tcase_add_test(stack, a_stack_larger_than_memory_is_none);
    tcase_add_test(stack, a_reserve_keeps_stacks_for_the_next_world);
    tcase_add_test(stack, stacks_of_another_size_are_not_mixed_up);
    suite_add_tcase(suite, stack);
    return suite;
}
