/*
 * tools/shrink.h - the shortest log that still finds the same: candidates are run in a process of
 * their own, and where a run ends its process, each in one.
 *
 *   Owns    nothing.
 *   Errors  -EINVAL: the log does not find it; -ENOMEM, or what a process answers.
 *   Order   the same log, the same result: the budget is a number of runs.
 */
#ifndef TOOLS_SHRINK_H
#define TOOLS_SHRINK_H

#include "api/decide.h"
#include "tools/trial.h"

/* How it goes on. */
typedef void drill_shrink_progress(uint64_t runs, uint64_t decisions);

/* `budget` 0: as many runs as it takes; `progress` may be NULL. */
int drill_shrink(const struct drill_trial *trial, struct drill_log *log,
                 const struct drill_outcome *finding, uint64_t budget,
                 drill_shrink_progress *progress);

#endif
