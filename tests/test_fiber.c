#include "emu/fiber.h"

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

enum { ROUNDS = 1000, MANY = 10000, CHAIN = 200 };

/* An assertion that fails jumps out, so fibers only take notes and the root judges. */
struct actor {
    struct drill_fiber fiber;
    struct drill_stack *stack;
    struct actor *next;
    uint64_t count;
    bool failed;
};

static struct drill_mem mem;
static struct drill_stacks stacks;
static struct drill_fiber root;

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_stacks_init(&stacks, &mem, 0);
    drill_fiber_adopt(&root);
}

static void teardown(void)
{
    drill_stacks_fini(&stacks);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static void actor_init(struct actor *self, void (*run)(void *))
{
    memset(self, 0, sizeof *self);
    self->stack = drill_stacks_get(&stacks);
    ck_assert_ptr_nonnull(self->stack);
    drill_fiber_init(&self->fiber, self->stack, run, self);
}

static void actor_fini(struct actor *self)
{
    drill_fiber_fini(&self->fiber);
    drill_stacks_put(&stacks, self->stack);
}

static void resume(struct actor *self)
{
    drill_fiber_switch(&root, &self->fiber);
}

static void pause_here(struct actor *self)
{
    drill_fiber_switch(&self->fiber, &root);
}

static void count_and_end(void *argument)
{
    struct actor *self = argument;

    self->count++;
    drill_fiber_leave(&self->fiber, self->next ? &self->next->fiber : &root);
}

static void count_forever(void *argument)
{
    struct actor *self = argument;

    for (;;) {
        self->count++;
        pause_here(self);
    }
}

START_TEST(a_fiber_runs_and_ends)
{
    struct actor one;

    actor_init(&one, count_and_end);
    actor_fini(&one); /* it need not run */
    actor_init(&one, count_and_end);
    ck_assert_uint_eq(one.count, 0);
    resume(&one);
    ck_assert_uint_eq(one.count, 1);
    actor_fini(&one);
}
END_TEST

START_TEST(a_fiber_goes_on_where_it_stopped)
{
    struct actor one;

    actor_init(&one, count_forever);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        resume(&one);
        ck_assert_uint_eq(one.count, round);
    }
    actor_fini(&one);
}
END_TEST

typedef double pair __attribute__((vector_size(16)));

/* More values alive over a switch than there are registers of each kind, different on each stack.
 */
static inline __attribute__((always_inline)) bool survives(struct drill_fiber *from,
                                                           struct drill_fiber *to, uint64_t seed)
{
    volatile uint64_t opaque = seed;
    uint64_t whole[20];
    double real[20];
    pair two[20];
    long double wide[20];
    bool same = true;

#pragma GCC unroll 20
    for (unsigned index = 0; index < 20; index++) {
        whole[index] = opaque + index;
        real[index] = (double)(opaque * 3 + index);
        wide[index] = (long double)(opaque * 9 + index);
        two[index] = (pair){(double)(opaque * 5 + index), (double)(opaque * 7 + index)};
    }
    drill_fiber_switch(from, to);
#pragma GCC unroll 20
    for (unsigned index = 0; index < 20; index++) {
        same = same && whole[index] == seed + index;
        same = same && real[index] == (double)(seed * 3 + index);
        same = same && wide[index] == (long double)(seed * 9 + index);
        same = same && two[index][0] == (double)(seed * 5 + index);
        same = same && two[index][1] == (double)(seed * 7 + index);
    }
    return same;
}

static void keep_values(void *argument)
{
    struct actor *self = argument;

    for (;;)
        self->failed = !survives(&self->fiber, &root, 1000000 + self->count++) || self->failed;
}

START_TEST(values_in_registers_survive_a_switch)
{
    struct actor one;
    bool failed = false;

    actor_init(&one, keep_values);
    for (uint64_t round = 0; round < ROUNDS; round++)
        failed = !survives(&root, &one.fiber, round) || failed;
    ck_assert(!failed);
    ck_assert(!one.failed);
    ck_assert_uint_eq(one.count, ROUNDS);
    actor_fini(&one);
}
END_TEST

static __attribute__((noinline)) uintptr_t hidden(const void *pointer)
{
    const void *volatile address = pointer;

    return (uintptr_t)address;
}

static void look_at_alignment(void *argument)
{
    struct actor *self = argument;
    _Alignas(16) char block[16] = {0};
    volatile pair value = {1.5, 2.5}; /* stored with an instruction that faults if misaligned */

    self->failed = hidden(block) % 16 != 0 || hidden((const void *)&value) % 16 != 0 ||
                   (uintptr_t)__builtin_frame_address(0) % 16 != 0 || value[1] != 2.5;
    drill_fiber_leave(&self->fiber, &root);
}

START_TEST(a_fiber_begins_with_its_stack_aligned)
{
    struct actor one;

    actor_init(&one, look_at_alignment);
    resume(&one);
    ck_assert(!one.failed);
    actor_fini(&one);
}
END_TEST

START_TEST(ten_thousand_fibers_live_at_once)
{
    struct actor *all = drill_mem_new(&mem, MANY * sizeof *all);

    ck_assert_ptr_nonnull(all);
    for (size_t index = 0; index < MANY; index++)
        actor_init(&all[index], count_forever);
    for (uint64_t round = 1; round <= 3; round++) {
        for (size_t index = 0; index < MANY; index++)
            resume(&all[index]);
        for (size_t index = 0; index < MANY; index++)
            ck_assert_uint_eq(all[index].count, round);
    }
    for (size_t index = 0; index < MANY; index++)
        actor_fini(&all[index]);
    drill_mem_free(&mem, all, MANY * sizeof *all);
}
END_TEST

static struct actor chain[CHAIN];

/* Goes down the chain and comes back up through each. */
static void call_the_next(void *argument)
{
    struct actor *self = argument, *next = self->next;

    if (next)
        drill_fiber_switch(&self->fiber, &next->fiber);
    self->count = next ? next->count + 1 : 1;
    drill_fiber_leave(&self->fiber, self == chain ? &root : &self[-1].fiber);
}

START_TEST(fibers_switch_among_themselves)
{
    for (size_t index = 0; index < CHAIN; index++)
        actor_init(&chain[index], call_the_next);
    for (size_t index = 0; index + 1 < CHAIN; index++)
        chain[index].next = &chain[index + 1];
    resume(&chain[0]);
    for (size_t index = 0; index < CHAIN; index++) {
        ck_assert_uint_eq(chain[index].count, CHAIN - index);
        actor_fini(&chain[index]);
    }
}
END_TEST

static uint64_t descend(struct actor *self, unsigned depth)
{
    volatile uint64_t here = depth;

    pause_here(self);
    if (depth > 0)
        here += descend(self, depth - 1);
    pause_here(self);
    return here;
}

static void descend_and_end(void *argument)
{
    struct actor *self = argument;

    self->count = descend(self, 100);
    drill_fiber_leave(&self->fiber, &root);
}

START_TEST(a_fiber_switches_from_deep_in_its_calls)
{
    struct actor one;

    actor_init(&one, descend_and_end);
    for (unsigned switches = 0; switches < 2 * 101; switches++) {
        resume(&one);
        ck_assert_uint_eq(one.count, 0);
    }
    resume(&one);
    ck_assert_uint_eq(one.count, 100 * 101 / 2);
    actor_fini(&one);
}
END_TEST

START_TEST(a_stack_serves_the_next_fiber)
{
    struct drill_stack *first = NULL;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct actor one;

        actor_init(&one, round % 2 == 0 ? count_and_end : descend_and_end);
        if (!first)
            first = one.stack;
        ck_assert_ptr_eq(one.stack, first);
        resume(&one); /* every other one is left half-way */
        actor_fini(&one);
    }
    ck_assert_uint_eq(mem.count, 1);
}
END_TEST

START_TEST(a_fiber_can_leave_for_one_that_has_not_begun)
{
    struct actor one, two;

    actor_init(&one, count_and_end);
    actor_init(&two, count_and_end);
    one.next = &two;
    resume(&one);
    ck_assert_uint_eq(one.count, 1);
    ck_assert_uint_eq(two.count, 1);
    actor_fini(&one);
    actor_fini(&two);
}
END_TEST

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *argument)
{
    struct actor *self = argument;

    (void)context;
    return ++self->count < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static void trace_back(void *argument)
{
    struct actor *self = argument;

    self->failed = _Unwind_Backtrace(count_frame, self) != _URC_END_OF_STACK;
    drill_fiber_leave(&self->fiber, &root);
}

START_TEST(a_backtrace_ends_with_the_fiber)
{
    struct actor one;

    actor_init(&one, trace_back);
    resume(&one);
    ck_assert(!one.failed);
    ck_assert_uint_ge(one.count, 2);
    ck_assert_uint_le(one.count, 5);
    actor_fini(&one);
}
END_TEST

static uint64_t fill(uint64_t depth)
{
    volatile char room[512];

    room[depth % sizeof room] = (char)depth;
    return depth == 0 ? 0 : fill(depth - 1) + (uint64_t)room[depth % sizeof room];
}

static void overflow(void *argument)
{
    struct actor *self = argument;

    self->count = fill(self->stack->size);
    drill_fiber_leave(&self->fiber, &root);
}

START_TEST(a_stack_that_overflows_faults)
{
    const struct rlimit no_core = {0, 0};
    struct actor one;
    int status = 0;

    actor_init(&one, overflow);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        resume(&one);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
    actor_fini(&one);
}
END_TEST

Suite *fiber_suite(void)
{
    Suite *suite = suite_create("fiber");
    TCase *fiber = tcase_create("fiber");

    tcase_add_checked_fixture(fiber, setup, teardown);
    tcase_set_timeout(fiber, 60);
    tcase_add_test(fiber, a_fiber_runs_and_ends);
    tcase_add_test(fiber, a_fiber_goes_on_where_it_stopped);
    tcase_add_test(fiber, values_in_registers_survive_a_switch);
    tcase_add_test(fiber, a_fiber_begins_with_its_stack_aligned);
    tcase_add_test(fiber, ten_thousand_fibers_live_at_once);
    tcase_add_test(fiber, fibers_switch_among_themselves);
    tcase_add_test(fiber, a_fiber_switches_from_deep_in_its_calls);
    tcase_add_test(fiber, a_stack_serves_the_next_fiber);
    tcase_add_test(fiber, a_fiber_can_leave_for_one_that_has_not_begun);
    tcase_add_test(fiber, a_backtrace_ends_with_the_fiber);
    tcase_add_test(fiber, a_stack_that_overflows_faults);
    suite_add_tcase(suite, fiber);
    return suite;
}
