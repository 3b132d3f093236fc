/*
 * tools/pool_work.h - what a worker and its parent share.
 *
 *   Owns    the parent owns the memory; each worker writes into one slot of it, and on the pipe.
 *   Order   a message is shorter than PIPE_BUF, so messages of many workers do not mix.
 */
#ifndef TOOLS_POOL_WORK_H
#define TOOLS_POOL_WORK_H

#include <stdatomic.h>
#include <sys/types.h>

#include "tools/pool.h"

/* The place of one worker. */
struct drill_pool_slot {
    _Atomic pid_t busy;       /* the process that runs; 0: between two runs */
    _Atomic uint64_t begun;   /* how many runs have begun here: tells one from the next */
    _Atomic uint64_t part;    /* of the number that it is at */
    _Atomic uint64_t next;    /* the n-th number: it is at it, or it comes next ... */
    _Atomic uint64_t end;     /* ... and where its share ends */
    _Atomic bool hung, idle;  /* the parent has ended the run: it goes on and on, or waits */
    _Atomic bool stopped;     /* likewise, since all end: it counts for nothing */
    _Atomic bool done;        /* there is nothing left to do */
    _Atomic bool renews;      /* another is to go on */
    _Atomic bool mute;        /* what came of the run is in `last`: it could not be said */
    struct drill_tally tally; /* of the runs that have ended by themselves */
    struct drill_outcome last;
};

struct drill_pool_shared {
    _Atomic uint64_t next; /* the first run that nobody has taken */
    _Atomic bool stop;
    _Atomic int error; /* of the run that cannot be */
    _Atomic uint64_t wrong;
    struct drill_pool_slot slots[];
};

struct drill_pool_message {
    struct drill_pool_run run;
    struct drill_outcome outcome;
};

/* Runs until there is nothing left; never returns. */
_Noreturn void drill_pool_work(const struct drill_pool *pool, struct drill_pool_shared *shared,
                               struct drill_pool_slot *slot, int pipe);
/* The run that a worker is at. */
struct drill_pool_run drill_pool_place(const struct drill_pool *pool,
                                       const struct drill_pool_shared *shared,
                                       const struct drill_pool_slot *slot);
bool drill_pool_counts(const struct drill_pool *pool, const struct drill_pool_run *run);
/* After a run: on to the next one. */
void drill_pool_advance(const struct drill_pool *pool, const struct drill_pool_run *run,
                        struct drill_pool_slot *slot);
/* Notes what came of a run whose process has ended, with this status of waitpid. */
void drill_pool_died(const struct drill_pool *pool, const struct drill_pool_run *run,
                     struct drill_pool_slot *slot, int status);

#endif
