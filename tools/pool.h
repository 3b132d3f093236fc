/*
 * tools/pool.h - many runs in processes of their own: workers that run, a parent that watches.
 *
 *   pool.c         workers come and go, and what they find is gathered
 *   pool_work.c    what a worker does
 *
 * A run that kills its process, or uses it up without an end, is a finding of exactly this run; the
 * worker is replaced and goes on behind it.  A run that passes costs no system call.
 *
 *   Owns    the workers, for as long as drill_pool_run takes.
 *   Errors  what `run` answers for a run that cannot be; -ENOMEM, -EAGAIN and what else fork and
 *           mmap answer.  Workers are gone then.
 *   Order   runs end in any order; each is told with its number.
 */
#ifndef TOOLS_POOL_H
#define TOOLS_POOL_H

#include "tools/tally.h"

/* Most numbers are one run; if there are more of them, they are its parts, from 0. */
struct drill_pool_run {
    uint64_t number, part;
    int worker;     /* from 0 */
    double seconds; /* that it took, if all are told; 0 if it died */
};

struct drill_pool_state {
    uint64_t numbers, runs, found; /* so far */
    double seconds;
};

struct drill_pool {
    uint64_t first, stride, count; /* numbers: first, first + stride ... so many */
    int jobs;                      /* workers at once */
    bool alone;                    /* each run in a process of its own */
    bool every;                    /* what passed is told as well */
    bool loud;      /* runs may write to standard output and error; else both are thrown away */
    double cpu;     /* seconds of processor time after which a run hangs; 0: never */
    double seconds; /* of the clock on the wall, after which no run begins; 0: none */
    void *context;
    /* In a worker: does a run.  An error ends them all. */
    int (*run)(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome);
    /* In the parent: tells what came of it. */
    void (*ended)(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome);
    /* Where the run was, or in the parent if that has died: whether it counts, and whether another
     * part is to come; NULL: always, and never. */
    bool (*counts)(void *context, const struct drill_pool_run *run);
    bool (*more)(void *context, const struct drill_pool_run *run);
    /* In the parent, some times a second; may be NULL. */
    void (*tick)(void *context, const struct drill_pool_state *state);
};

enum drill_pool_end { DRILL_POOL_DONE, DRILL_POOL_TIMED, DRILL_POOL_INTERRUPTED };

/* Runs them all: how it has ended, or an error, and of which run to `wrong`. */
int drill_pool_run(const struct drill_pool *pool, struct drill_tally *tally, uint64_t *wrong);

#endif
