/*
 * tools/shrink_log.h - takes out of a log all decisions that a finding does not need.
 *
 * Whoever asks says what a run with a log comes to: the same finding, or not.  Decisions are taken
 * out in ever smaller groups (Zeller, Hildebrandt: "Simplifying and isolating failure-inducing
 * input", TSE 2002), then each answer that is left is made smaller; again and again, until nothing
 * goes any more.  A decision that goes may leave a program with one question less, so it is also
 * tried with all that follow in its stream one question earlier.
 *
 *   Owns    nothing: the log is the caller's.
 *   Errors  -EINVAL when the log does not give the finding to begin with; -ENOMEM; -EINTR when it
 *           was stopped.  The log still gives the finding, unless it never did.
 *   Order   the same log and answers, the same runs.
 */
#ifndef TOOLS_SHRINK_LOG_H
#define TOOLS_SHRINK_LOG_H

#include "api/decide.h"

struct drill_shrinker {
    struct drill_log *log;
    /* Whether a run with the log gives the same finding. */
    bool (*fails)(void *context, struct drill_log *log);
    /* Before each run, for progress: true stops.  May be NULL. */
    bool (*stops)(void *context, const struct drill_shrinker *self);
    void *context;
    uint64_t runs; /* made so far */
    size_t count;  /* decisions that are left */
};

int drill_shrink_log(struct drill_shrinker *self);

#endif
