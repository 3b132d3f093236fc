/*
 * emu/stack.h - stacks for fibers, each above pages that fault.
 *
 * The one file of emu/ that asks the operating system for something: pages that fault.  Memory is
 * the system's to give page by page as it is touched, so a large stack costs little.  A stack that
 * is given back is kept for the next task, the last one first and up to 64; it is not cleared.  At
 * the end they go to the reserve of the memory, if it has one.
 * Linux's limit of 65530 mappings (vm.max_map_count, proc(5)) ends at some 32000 stacks.
 *
 *   Owns    the stacks that are free; one in use belongs to who got it, and must be put back before
 *           drill_stacks_fini.
 *   Errors  NULL when the system has no memory, or emu/mem.h says so.
 */
#ifndef EMU_STACK_H
#define EMU_STACK_H

#include <stddef.h>

#include "emu/mem.h"

/* Below each stack: wide, because the memory below it is another stack, and a frame with a large
 * array that is not touched in order could step over a single page. */
enum { DRILL_STACK_GUARD = 64 << 10 };

struct drill_stack {
    struct drill_stack *next;
    char *base; /* lowest usable byte */
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
/* Gives back the stacks of a reserve (emu/mem.h). */
void drill_stacks_drain(struct drill_reserve *reserve);
/* NULL: out of memory. */
struct drill_stack *drill_stacks_get(struct drill_stacks *self);
/* No fiber may be on it any more. */
void drill_stacks_put(struct drill_stacks *self, struct drill_stack *stack);

#endif
