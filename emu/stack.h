/*
 * emu/stack.h - stacks for fibers, each with a guard page below it.
 *
 * The one file of emu/ that asks the operating system for something: pages that fault.  A stack that
 * is freed is kept for the next task, up to a few; drill_stacks_fini unmaps them.
 */
#ifndef EMU_STACK_H
#define EMU_STACK_H

#include <stddef.h>

#include "emu/mem.h"

struct drill_stack {
    struct drill_stack *next;
    char *base; /* lowest usable byte; the guard page is below */
    size_t size;
    unsigned valgrind_id;
};

struct drill_stacks {
    struct drill_mem *mem; /* of the struct drill_stack, and the count that makes the n-th fail */
    struct drill_stack *free;
    unsigned free_count;
    size_t size;
};

/* `size` in bytes, rounded up to pages; 0: 256 KiB. */
void drill_stacks_init(struct drill_stacks *self, struct drill_mem *mem, size_t size);
void drill_stacks_fini(struct drill_stacks *self);
/* NULL: out of memory. */
struct drill_stack *drill_stacks_get(struct drill_stacks *self);
void drill_stacks_put(struct drill_stacks *self, struct drill_stack *stack);

#endif
