#include "emu/stack.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef ASAN_UNPOISON_MEMORY_REGION
#define ASAN_UNPOISON_MEMORY_REGION(base, size) ((void)(base), (void)(size))
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(first, last)    ((void)(first), (void)(last), 0U)
#define VALGRIND_STACK_DEREGISTER(id)           ((void)(id))
#define VALGRIND_MAKE_MEM_UNDEFINED(base, size) ((void)(base), (void)(size))
#endif

#ifndef MAP_STACK
#define MAP_STACK 0
#endif

enum { DEFAULT_SIZE = 256 << 10, FREE_MAX = 64 };

void drill_stacks_init(struct drill_stacks *self, struct drill_mem *mem, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (size == 0)
        size = DEFAULT_SIZE;
    if (size > SIZE_MAX / 2)
        size = SIZE_MAX / 2; /* more than there is, and safe to add to */
    *self = (struct drill_stacks){.mem = mem, .size = (size + page - 1) / page * page};
}

/* A reserved stack holds the next one in its highest bytes, which a task has touched anyway. */
static char **next_of(char *base, size_t size)
{
    return (char **)(void *)(base + size - sizeof(char *));
}

static char *take_reserved(struct drill_reserve *reserve, size_t size)
{
    char *base = reserve && reserve->stack_size == size ? reserve->stacks : NULL;

    if (base) {
        reserve->stacks = *next_of(base, size);
        reserve->stack_count--;
    }
    return base;
}

/* Leaves a stack for the next world; false: it is of no use there. */
static bool leave(struct drill_reserve *reserve, char *base, size_t size)
{
    if (!reserve || (reserve->stack_count > 0 && reserve->stack_size != size) ||
        reserve->stack_count == FREE_MAX)
        return false;
    *next_of(base, size) = reserve->stacks;
    reserve->stacks = base;
    reserve->stack_size = size;
    reserve->stack_count++;
    return true;
}

static void unmap(char *base, size_t size)
{
    int result = munmap(base - DRILL_STACK_GUARD, DRILL_STACK_GUARD + size);

    assert(result == 0);
}

void drill_stacks_drain(struct drill_reserve *reserve)
{
    while (reserve->stacks)
        unmap(take_reserved(reserve, reserve->stack_size), reserve->stack_size);
}

/* Pages for a stack of `size` above those that fault; NULL: none. */
static char *map(size_t size)
{
    size_t whole = DRILL_STACK_GUARD + size;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK;
    char *guard = mmap(NULL, whole, PROT_NONE, flags, -1, 0);

    if (guard == MAP_FAILED)
        return NULL;
    if (mprotect(guard + DRILL_STACK_GUARD, size, PROT_READ | PROT_WRITE) != 0) {
        munmap(guard, whole);
        return NULL;
    }
    return guard + DRILL_STACK_GUARD;
}

static struct drill_stack *stack_new(struct drill_stacks *self)
{
    struct drill_stack *stack = drill_mem_new(self->mem, sizeof *stack);

    if (!stack)
        return NULL;
    stack->next = NULL;
    stack->size = self->size;
    stack->base = take_reserved(self->mem->reserve, stack->size);
    if (!stack->base)
        stack->base = map(stack->size);
    if (!stack->base) {
        drill_mem_free(self->mem, stack, sizeof *stack);
        return NULL;
    }
    stack->valgrind_id = VALGRIND_STACK_REGISTER(stack->base, stack->base + stack->size - 1);
    return stack;
}

static void stack_free(struct drill_stacks *self, struct drill_stack *stack)
{
    VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
    if (!leave(self->mem->reserve, stack->base, stack->size))
        unmap(stack->base, stack->size);
    drill_mem_free(self->mem, stack, sizeof *stack);
}

void drill_stacks_fini(struct drill_stacks *self)
{
    while (self->free) {
        struct drill_stack *stack = self->free;
        self->free = stack->next;
        stack_free(self, stack);
    }
    self->free_count = 0;
}

struct drill_stack *drill_stacks_get(struct drill_stacks *self)
{
    struct drill_stack *stack = self->free;

    if (!stack)
        return stack_new(self);
    self->free = stack->next;
    self->free_count--;
    stack->next = NULL;
    VALGRIND_MAKE_MEM_UNDEFINED(stack->base, stack->size);
    return stack;
}

void drill_stacks_put(struct drill_stacks *self, struct drill_stack *stack)
{
    /* Frames that were left and not returned from are still poisoned. */
    ASAN_UNPOISON_MEMORY_REGION(stack->base, stack->size);
    if (self->free_count == FREE_MAX) {
        stack_free(self, stack);
        return;
    }
    stack->next = self->free;
    self->free = stack;
    self->free_count++;
}
