/*
 * tools/command_explore.c - `sockdrill explore`: each scenario with many seeds, or with each
 * fault at each place.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/pool.h"
#include "tools/progress.h"
#include "tools/trial.h"

struct expedition {
    const struct drill_request *request;
    struct drill_trial *trials, *trial; /* all, and the one under way */
    struct drill_plan plan;
    struct drill_result *result;
    struct drill_report report;
    struct drill_progress progress;
};

static int run_one(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct expedition *self = context;
    struct drill_order order = self->trial->order;

    drill_plan_order(&self->plan, run, &order);
    return drill_stage_run(self->trial->scenario, &order, outcome);
}

static void ended(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome)
{
    struct expedition *self = context;
    struct drill_outcome known = *outcome;

    /* A run that died could not say its seed, and one of a tape has that of all. */
    known.seed = self->request->plan == DRILL_BY_SEED ? run->number : self->trial->order.seed;
    drill_result_note(self->result, run, &known);
}

static bool counts(void *context, const struct drill_pool_run *run)
{
    return drill_plan_counts(&((struct expedition *)context)->plan, run);
}

static bool has_more(void *context, const struct drill_pool_run *run)
{
    return drill_plan_has_more(&((struct expedition *)context)->plan, run);
}

static void tick(void *context, const struct drill_pool_state *state)
{
    drill_progress_show(&((struct expedition *)context)->progress, state);
}

static int prepare(struct expedition *self)
{
    const struct drill_request *request = self->request;
    char options[128], way[192];
    int error = drill_report_init(&self->report, "explore", request->name_count);

    self->report.shard = request->shard;
    self->report.shards = request->shards;
    drill_plan_show(request, way, sizeof way);
    const size_t size = strlen(way);
    for (size_t i = 0; error == 0 && i < self->report.count; i++) {
        struct drill_trial *trial = &self->trials[i];
        if (request->plan != DRILL_BY_SEED) {
            trial->order.seed = drill_trial_seed(trial);
            trial->order.swarm = false;
        }
        trial->order.seeded = trial->order.quick = trial->order.many = true;
        drill_trial_show_options(trial, options, sizeof options);
        snprintf(way + size, sizeof way - size, "%s", options);
        error = drill_result_name(&self->report.results[i], trial->scenario, way);
    }
    return error;
}

static int explore_one(struct expedition *self)
{
    const struct drill_request *request = self->request;
    struct drill_pool pool = {.jobs = request->jobs,
                              .alone = request->isolate || self->trial->scenario->alone,
                              .cpu = request->cpu,
                              .seconds = request->seconds,
                              .context = self,
                              .run = run_one,
                              .ended = ended,
                              .tick = tick};
    uint64_t wrong = 0;

    if (request->plan != DRILL_BY_SEED) {
        pool.counts = counts;
        pool.more = has_more;
    }
    drill_plan_number(&self->plan, &pool);
    drill_progress_init(&self->progress, self->trial->scenario->name, pool.count, pool.seconds);
    const int end = drill_pool_run(&pool, &self->result->tally, &wrong);
    self->result->seconds = self->progress.seconds;
    drill_progress_fini(&self->progress);
    return end;
}

static enum drill_status explore_all(struct expedition *self)
{
    for (size_t i = 0; i < self->report.count && !self->report.stopped; i++) {
        self->trial = &self->trials[i];
        self->result = &self->report.results[i];
        const int end = explore_one(self);
        if (end < 0)
            return drill_trial_explain(self->trial, end);
        self->report.stopped = end == DRILL_POOL_INTERRUPTED;
        drill_trial_investigate(self->trial, &self->plan, self->result);
    }
    return drill_report_publish(&self->report, self->request);
}

enum drill_status drill_command_explore(const struct drill_request *request)
{
    struct expedition self = {.request = request};
    enum drill_status status;

    self.trials = drill_trials_open(request, &status);
    if (self.trials == NULL)
        return status;
    status = DRILL_STATUS_INTERNAL;
    if (drill_plan_open(&self.plan, request, request->jobs) == 0 && prepare(&self) == 0)
        status = explore_all(&self);
    drill_plan_close(&self.plan);
    drill_report_fini(&self.report);
    drill_trials_close(self.trials, request->name_count);
    return status;
}
