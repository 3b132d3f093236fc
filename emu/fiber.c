#include "emu/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef DRILL_FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

void drill_fiber_depart(struct drill_fiber *from, struct drill_fiber *to)
{
    to->last = from;
    __sanitizer_start_switch_fiber(&from->shadow, to->base, to->size);
}

void drill_fiber_arrive(struct drill_fiber *self)
{
    __sanitizer_finish_switch_fiber(self->shadow, &self->last->base, &self->last->size);
}
#endif

/* The first frame of every fiber.  A backtrace ends here: it has no caller. */
static _Noreturn void begin(struct drill_fiber *self)
{
    drill_fiber_arrive(self);
    self->run(self->argument);
    abort();
}

#if DRILL_FIBER_ASSEMBLY

_Static_assert(offsetof(struct drill_fiber, sp) == 0 && offsetof(struct drill_fiber, pc) == 8 &&
                   offsetof(struct drill_fiber, frame) == 16 &&
                   offsetof(struct drill_fiber, frame2) == 24,
               "the places the assembly knows");

static void prepare(struct drill_fiber *self, char *top)
{
#ifdef __x86_64__
    /* As after a call: the stack was aligned to 16 before the return address, which is none. */
    top -= sizeof(void *);
    *(void **)(void *)top = NULL;
#endif
    self->sp = top;
    self->pc = (void *)(uintptr_t)begin;
    self->frame = NULL;
    self->frame2 = NULL;
}

#else

#include <ucontext.h>

/* makecontext(3) hands on nothing wider than int. */
static void begin_halves(unsigned high, unsigned low)
{
    begin((struct drill_fiber *)(((uintptr_t)high << 16 << 16) | low));
}

static void prepare(struct drill_fiber *self, char *top)
{
    uintptr_t address = (uintptr_t)self;
    char *base = top - self->size;
    size_t size = (sizeof(ucontext_t) + 63) / 64 * 64; /* of the top of the stack, for the record */
    ucontext_t *context = (ucontext_t *)(void *)(top - size);

    getcontext(context);
    context->uc_link = NULL;
    context->uc_stack.ss_sp = base;
    context->uc_stack.ss_size = self->size - size;
    makecontext(context, (void (*)(void))(uintptr_t)begin_halves, 2,
                (unsigned)(address >> 16 >> 16), (unsigned)address);
    self->sp = context;
}

void drill_fiber_jump(struct drill_fiber *from, struct drill_fiber *to)
{
    ucontext_t here = {0};
    void *there = to->sp;

    from->sp = &here;
    int result = swapcontext(&here, there);
    assert(result == 0);
    from->sp = NULL;
}

#endif

void drill_fiber_adopt(struct drill_fiber *self)
{
    *self = (struct drill_fiber){0};
}

void drill_fiber_init(struct drill_fiber *self, struct drill_stack *stack, void (*run)(void *),
                      void *argument)
{
    *self = (struct drill_fiber){
        .run = run, .argument = argument, .base = stack->base, .size = stack->size};
    prepare(self, stack->base + stack->size);
}

_Noreturn void drill_fiber_leave(struct drill_fiber *from, struct drill_fiber *to)
{
    from->run = NULL;
#ifdef DRILL_FIBER_ASAN
    to->last = from;
    __sanitizer_start_switch_fiber(NULL, to->base, to->size);
#endif
    drill_fiber_jump(from, to);
    abort();
}

#ifdef DRILL_FIBER_ASAN

static void retire(void *argument)
{
    struct drill_fiber *self = argument;

    drill_fiber_leave(self, self->last);
}

/* A fake stack can only be freed from within: the fiber runs once more, from its top, to leave. */
void drill_fiber_fini(struct drill_fiber *self)
{
    struct drill_fiber here;

    if (!self->run)
        return;
    __asan_unpoison_memory_region(self->base, self->size);
    self->run = retire;
    self->argument = self;
    prepare(self, (char *)(uintptr_t)self->base + self->size);
    drill_fiber_adopt(&here);
    drill_fiber_switch(&here, self);
}

#else

void drill_fiber_fini(struct drill_fiber *self)
{
    self->run = NULL;
}

#endif
