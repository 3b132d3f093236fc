/*
 * emu/mem.h - every allocation of a world, from last-in first-out pools by size.
 *
 * Blocks are handed out hot: the one freed last is given first.  Sizes are told back on free, so a
 * block carries no header.  Under AddressSanitizer free blocks are poisoned.
 *
 *   Owns    all blocks; drill_mem_fini gives everything back at once.
 *   Errors  NULL when the system has no memory, or for the n-th allocation if `fail_at` is n.
 */
#ifndef EMU_MEM_H
#define EMU_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DRILL_MEM_CLASSES = 96 };

/* What a world leaves for the next one, so that making a world asks the system for nothing.  It
 * shows in nothing else: allocations count, and fail, with a reserve as without. */
struct drill_reserve {
    void *chunks[DRILL_MEM_CLASSES]; /* by the class of their size */
    unsigned chunk_count;
    void *stacks; /* of emu/stack.h */
    unsigned stack_count;
    size_t stack_size;
};

struct drill_mem {
    struct drill_reserve *reserve; /* NULL: none */
    uint64_t count;                /* allocations asked for so far */
    uint64_t fail_at;              /* the allocation that fails; 0: none */
    void (*failed)(void *context); /* it has: who set it says which is next; NULL: none is */
    void *failed_context;
    bool spared;   /* whose turn it is now is none to fail: the next one is that */
    uint64_t live; /* blocks handed out and not yet freed */
    uint64_t live_bytes;
    uint32_t kept_rings; /* of pipes in which nothing is: see emu/pipe.h */
    void *free[DRILL_MEM_CLASSES];
    void *chunks;
    char *fresh; /* what is left of the newest chunk */
    size_t fresh_bytes;
};

/* True while memory is asked of the system for a world, or given back: for who counts what the
 * program under test takes. */
extern _Thread_local volatile bool drill_mem_asks __attribute__((tls_model("initial-exec")));

void drill_mem_init(struct drill_mem *self, uint64_t fail_at);
void drill_mem_fini(struct drill_mem *self);
/* Gives back the memory of a reserve. */
void drill_mem_drain(struct drill_reserve *reserve);

void *drill_mem_new(struct drill_mem *self, size_t size);
void *drill_mem_zeroed(struct drill_mem *self, size_t size);
/* `size` as it was asked for.  A NULL block is passed over. */
void drill_mem_free(struct drill_mem *self, void *block, size_t size);
/* A copy of a text; free it with its strlen + 1. */
char *drill_mem_text(struct drill_mem *self, const char *text);

#endif
