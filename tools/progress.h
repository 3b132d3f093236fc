/*
 * tools/progress.h - how far the runs are: a line on standard error that is written again and again
 * on a terminal, and now and then a line of its own elsewhere.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include "tools/pool.h"

struct drill_progress {
    const char *name; /* of the scenario */
    uint64_t count;   /* runs; UINT64_MAX: until the time is over */
    double limit;     /* the time; 0: none */
    double seconds;   /* so far */
    double said;      /* when the last line of its own was written */
    bool terminal, dirty;
};

void drill_progress_init(struct drill_progress *self, const char *name, uint64_t count,
                         double limit);
void drill_progress_show(struct drill_progress *self, const struct drill_pool_state *state);
/* Takes the line away. */
void drill_progress_fini(struct drill_progress *self);

#endif
