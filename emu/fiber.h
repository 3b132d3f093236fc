/*
 * emu/fiber.h - switching between stacks, in nanoseconds.
 *
 * On x86-64 and arm64 a switch is a few instructions in line: what the compiler cannot be told to
 * save itself is stored in the fiber, and an indirect jump leaves, because a `ret` to another stack
 * is mispredicted.  Elsewhere, and with DRILL_FIBER_PORTABLE, it is swapcontext(3).
 * AddressSanitizer is told of every switch; emu/stack.h tells valgrind of the stacks.
 *
 * A fiber stays on the thread it began on.  The floating-point environment, errno and the signal
 * mask belong to the thread, so all its fibers share them.  Where the processor enforces shadow
 * stacks (CET, GCS), build with DRILL_FIBER_PORTABLE; landing pads for indirect branches (IBT, BTI)
 * are there.
 *
 *   Owns    nothing: a fiber lives in its owner's memory and on a borrowed stack.
 */
#ifndef EMU_FIBER_H
#define EMU_FIBER_H

#include <stddef.h>

#include "emu/stack.h"

#if defined(DRILL_FIBER_PORTABLE)
#define DRILL_FIBER_ASSEMBLY 0
#elif (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__) && defined(__GNUC__)
#define DRILL_FIBER_ASSEMBLY 1
#else
#define DRILL_FIBER_ASSEMBLY 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define DRILL_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRILL_FIBER_ASAN 1
#endif
#endif

struct drill_fiber {
    /* Where it left off.  The assembly knows the places of these four. */
    void *sp; /* portable: its ucontext_t, on its own stack */
    void *pc;
    void *frame; /* the frame pointer, and the register clang uses as a second one: */
    void *frame2;
    void (*run)(void *); /* NULL: adopted, or it has left */
    void *argument;
    /* For AddressSanitizer only: */
    const void *base; /* its stack; of one that was adopted known once it was left */
    size_t size;
    void *shadow;             /* its fake stack, while it does not run */
    struct drill_fiber *last; /* who switched to it */
};

/* A fiber for the stack that runs now: what a first switch away from it fills. */
void drill_fiber_adopt(struct drill_fiber *self);
/* A fiber that begins with run(argument) on `stack` when first switched to.  `run` must not return:
 * it ends with drill_fiber_leave. */
void drill_fiber_init(struct drill_fiber *self, struct drill_stack *stack, void (*run)(void *),
                      void *argument);
/* For a fiber that does not run, before its stack is given back: what a sanitizer keeps for one
 * that stopped half-way is freed.  Its frames are not unwound. */
void drill_fiber_fini(struct drill_fiber *self);
/* As drill_fiber_switch, but `from` never comes back. */
_Noreturn void drill_fiber_leave(struct drill_fiber *from, struct drill_fiber *to);

#ifdef DRILL_FIBER_ASAN
/* Before and after every change of stacks. */
void drill_fiber_depart(struct drill_fiber *from, struct drill_fiber *to);
void drill_fiber_arrive(struct drill_fiber *self);
#else
static inline void drill_fiber_depart(struct drill_fiber *from, struct drill_fiber *to)
{
    (void)from, (void)to;
}
static inline void drill_fiber_arrive(struct drill_fiber *self)
{
    (void)self;
}
#endif

#if !DRILL_FIBER_ASSEMBLY

void drill_fiber_jump(struct drill_fiber *from, struct drill_fiber *to);

#elif defined(__x86_64__)

#ifdef __AVX512F__
#define DRILL_FIBER_AVX512                                                                         \
    "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",      \
        "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k0", "k1", "k2", "k3", "k4", "k5",  \
        "k6", "k7",
#else
#define DRILL_FIBER_AVX512
#endif
#ifdef __APX_F__
#define DRILL_FIBER_APX                                                                            \
    "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28",     \
        "r29", "r30", "r31",
#else
#define DRILL_FIBER_APX
#endif

/* Nothing is pushed, so the red zone stays whole.  A fiber that begins finds itself in rdi, which
 * is its function's first argument. */
static inline void drill_fiber_jump(struct drill_fiber *from, struct drill_fiber *to)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rsp, 0(%%rsi)\n\t"
                     "movq %%rax, 8(%%rsi)\n\t"
                     "movq %%rbp, 16(%%rsi)\n\t"
                     "movq %%rbx, 24(%%rsi)\n\t"
                     "movq 0(%%rdi), %%rsp\n\t"
                     "movq 16(%%rdi), %%rbp\n\t"
                     "movq 24(%%rdi), %%rbx\n\t"
                     "jmpq *8(%%rdi)\n"
                     "1:\n\t"
                     "endbr64"
                     : "+S"(from), "+D"(to)
                     :
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       DRILL_FIBER_AVX512 DRILL_FIBER_APX "st", "st(1)", "st(2)", "st(3)", "st(4)",
                       "st(5)", "st(6)", "st(7)", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6",
                       "mm7", "cc", "memory");
}

#else

#ifdef __ARM_FEATURE_SVE
#define DRILL_FIBER_SVE                                                                            \
    "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", "p14", \
        "p15",
#else
#define DRILL_FIBER_SVE
#endif
#if defined(__APPLE__) || defined(__ANDROID__)
#define DRILL_FIBER_X18 /* the platform's own */
#else
#define DRILL_FIBER_X18 "x18",
#endif

/* A fiber that begins finds itself in x0, which is its function's first argument, and no caller in
 * x30; `hint #36` is `bti j`. */
static inline void drill_fiber_jump(struct drill_fiber *from, struct drill_fiber *to)
{
    register struct drill_fiber *x0 __asm__("x0") = to;
    register struct drill_fiber *x1 __asm__("x1") = from;

    __asm__ volatile("mov x2, sp\n\t"
                     "adr x3, 1f\n\t"
                     "stp x2, x3, [x1]\n\t"
                     "stp x29, x19, [x1, #16]\n\t"
                     "ldp x2, x16, [x0]\n\t"
                     "ldp x29, x19, [x0, #16]\n\t"
                     "mov sp, x2\n\t"
                     "mov x30, xzr\n\t"
                     "br x16\n"
                     "1:\n\t"
                     "hint #36"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", DRILL_FIBER_X18 "x20", "x21", "x22", "x23",
                       "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5",
                       "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
                       "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
                       "v28", "v29", "v30", "v31", DRILL_FIBER_SVE "cc", "memory");
}

#endif

/* Leaves `from`, which must be the one that runs, for `to`, which must not be the same; returns
 * when somebody switches back. */
static inline void drill_fiber_switch(struct drill_fiber *from, struct drill_fiber *to)
{
    drill_fiber_depart(from, to);
    drill_fiber_jump(from, to);
    drill_fiber_arrive(from);
}

#endif
