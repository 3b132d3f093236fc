/*
 * emu/witness.h - what a judge of the run wants to know of its calls, while it is on.
 *
 * The door tells it of every call: before it runs, at each try of one that may wait, and when it
 * has its answer.  It finds streams that do not give what was sent, descriptors that are used after
 * they were closed, calls that return later than they may, and tasks that call and call while time
 * stands still; and it keeps what tasks have received, and what the program says of itself.  Of
 * each kind of finding the first is kept, as a sentence, and a trace has a line about it.
 *
 *   Owns    its memory, which drill_witness_fini gives back.
 *   Errors  none: where memory fails there is less evidence, and nothing else changes.
 */
#ifndef EMU_WITNESS_H
#define EMU_WITNESS_H

#include "emu/closed.h"
#include "emu/fault.h"
#include "emu/marks.h"
#include "emu/receipts.h"

enum { DRILL_WITNESS_SENTENCE = 240 };

struct drill_witness {
    struct drill_sim *sim;
    struct drill_tasks *tasks;
    const struct drill_faults *faults;
    uint64_t spin_limit; /* calls of one task while time stands still; 0: any number */
    struct drill_marks marks;
    struct drill_closed closed;
    struct drill_receipt *receipts;
    uint64_t reused_count;
    char corrupted[DRILL_WITNESS_SENTENCE]; /* "": nothing was found */
    char reused[DRILL_WITNESS_SENTENCE];
    char overdue[DRILL_WITNESS_SENTENCE];
    char spun[DRILL_WITNESS_SENTENCE];
};

void drill_witness_init(struct drill_witness *self, struct drill_sim *sim,
                        struct drill_tasks *tasks, const struct drill_faults *faults);
void drill_witness_fini(struct drill_witness *self);
/* From now on every call is looked at. */
void drill_witness_begin(struct drill_witness *self, uint64_t spin_limit);

/* The current task makes a call.  Gives the call that it is already in: an action that runs on the
 * root's stack may call while the root waits. */
struct drill_task_call drill_witness_enter(struct drill_witness *self,
                                           const struct drill_args *args);
/* Runs one try of the call. */
ssize_t drill_witness_try(struct drill_witness *self,
                          ssize_t (*run)(struct drill_host *host, struct drill_args *args),
                          struct drill_host *host, struct drill_args *args);
/* It has been answered.  Gives the answer; to a task that spins, none ever. */
ssize_t drill_witness_leave(struct drill_witness *self, const struct drill_task_call *outer,
                            const struct drill_args *args, ssize_t result);

/* What the program says of itself, whether calls are looked at or not. */
void drill_witness_reached(struct drill_witness *self, const char *mark);
void drill_witness_broken(struct drill_witness *self, const char *format, va_list values);

#endif
