/*
 * emu/witness.h - what a judge of the run wants to know of its calls, while it is on.
 *
 * The door tells it of every call, when the call has its answer.  It finds tasks that call and call
 * while time stands still, and keeps what the program says of itself.  Of each kind of finding the
 * first is kept, as a sentence; and a trace has a line about it.
 *
 *   Owns    its memory, which drill_witness_fini gives back.
 *   Errors  none: where memory fails there is less evidence, and nothing else changes.
 */
#ifndef EMU_WITNESS_H
#define EMU_WITNESS_H

#include "emu/fault.h"
#include "emu/marks.h"

enum { DRILL_WITNESS_SENTENCE = 240 };

struct drill_witness {
    struct drill_sim *sim;
    struct drill_tasks *tasks;
    uint64_t spin_limit; /* calls of one task while time stands still; 0: any number */
    struct drill_marks marks;
    char spun[DRILL_WITNESS_SENTENCE]; /* "": nobody has */
};

void drill_witness_init(struct drill_witness *self, struct drill_sim *sim,
                        struct drill_tasks *tasks);
/* From now on every call is looked at. */
void drill_witness_begin(struct drill_witness *self, uint64_t spin_limit);

/* A call has been answered.  Gives the answer; to a task that spins, none ever. */
ssize_t drill_witness_answer(struct drill_witness *self, enum drill_call_id call,
                             const struct drill_args *args, ssize_t result);

/* What the program says of itself, whether calls are looked at or not. */
void drill_witness_reached(struct drill_witness *self, const char *mark);
void drill_witness_broken(struct drill_witness *self, const char *format, va_list values);

#endif
