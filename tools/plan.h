/*
 * tools/plan.h - the runs of an exploration: one for each seed, or all that differ in one fault, in
 * two, in anything.
 *
 * What is no seed is enumerated by tapes (api/decide.h).  They deal all runs to a fixed number of
 * lots, whatever the number of workers: a lot is a number of the pool, its runs are the parts.
 *
 *   Owns    a tape for each worker, in memory that processes share.
 *   Errors  -ENOMEM.
 *   Order   number and part name a run, on every machine.
 */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include "tools/pool.h"
#include "tools/request.h"

struct drill_plan {
    const struct drill_request *request;
    void *tapes; /* NULL: seeds */
    size_t tape_bytes;
    int workers;
};

int drill_plan_open(struct drill_plan *self, const struct drill_request *request, int workers);
void drill_plan_close(struct drill_plan *self);
/* Of a pool: the numbers of this shard. */
void drill_plan_number(const struct drill_plan *self, struct drill_pool *pool);
/* Makes an order that of one run. */
void drill_plan_order(const struct drill_plan *self, const struct drill_pool_run *run,
                      struct drill_order *order);
/* As the functions of a pool have it. */
bool drill_plan_counts(const struct drill_plan *self, const struct drill_pool_run *run);
bool drill_plan_has_more(const struct drill_plan *self, const struct drill_pool_run *run);
/* "seeds 1-1000", "any one fault" ... */
void drill_plan_show(const struct drill_request *request, char *text, size_t size);

#endif
