/*
 * emu/fiber.h - switching between stacks, in nanoseconds.
 *
 * x86-64 and arm64 in assembly (callee-saved registers only, leaving with an indirect jump, because a
 * `ret` to another stack is mispredicted); elsewhere ucontext.  Known to AddressSanitizer and valgrind.
 * The floating-point environment is shared by all fibers.
 *
 *   Owns    nothing: a fiber lives in its owner's memory and on a borrowed stack.
 */
#ifndef EMU_FIBER_H
#define EMU_FIBER_H

#include "emu/stack.h"

struct drill_fiber {
    void *sp;       /* where it left off; NULL: it runs */
    void *system;   /* the portable fallback's own record */
    const void *base; /* what AddressSanitizer has to know */
    size_t size;
    void *fake;
};

/* A fiber for the stack that runs now: what a first switch away from it fills. */
void drill_fiber_adopt(struct drill_fiber *self);
/* A fiber that begins with run(argument) on `stack` when first switched to.  `run` must not return:
 * it ends with drill_fiber_leave.  0 or -ENOMEM (the fallback only). */
int drill_fiber_init(struct drill_fiber *self, struct drill_stack *stack, void (*run)(void *),
                     void *argument);
void drill_fiber_fini(struct drill_fiber *self);
/* Leaves `from`, which must be the one that runs, for `to`; returns when somebody switches back. */
void drill_fiber_switch(struct drill_fiber *from, struct drill_fiber *to);
/* As switch, but `from` never comes back: its shadow stack is given up. */
void drill_fiber_leave(struct drill_fiber *from, struct drill_fiber *to);

#endif
