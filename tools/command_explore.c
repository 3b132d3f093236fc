/*
 * tools/command_explore.c - `sockdrill explore`: each scenario with many seeds.
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
    struct drill_result *result;
    struct drill_report report;
    struct drill_progress progress;
};

static int run_seed(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct drill_trial *trial = ((const struct expedition *)context)->trial;
    struct drill_order order = trial->order;

    order.seed = run->number;
    return drill_stage_run(trial->scenario, &order, outcome);
}

static void ended(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome)
{
    drill_result_note(((struct expedition *)context)->result, run, outcome);
}

static void tick(void *context, const struct drill_pool_state *state)
{
    drill_progress_show(&((struct expedition *)context)->progress, state);
}

/* The runs of this shard. */
static uint64_t count_runs(const struct drill_request *request)
{
    const uint64_t runs = request->last_seed - request->first_seed + 1;
    const uint64_t before = request->shard - 1;

    if (request->seconds > 0 && !request->seeded)
        return UINT64_MAX / request->shards;
    return runs > before ? (runs - before + request->shards - 1) / request->shards : 0;
}

static int prepare(struct expedition *self)
{
    const struct drill_request *request = self->request;
    char options[128], way[192];
    int error = drill_report_init(&self->report, "explore", request->name_count);

    self->report.shard = request->shard;
    self->report.shards = request->shards;
    for (size_t i = 0; error == 0 && i < self->report.count; i++) {
        struct drill_order *order = &self->trials[i].order;
        order->seeded = order->quick = order->many = true;
        drill_trial_show_options(&self->trials[i], options, sizeof options);
        if (request->seconds > 0 && !request->seeded)
            snprintf(way, sizeof way, "seeds from 1%s", options);
        else
            snprintf(way, sizeof way, "seeds %" PRIu64 "-%" PRIu64 "%s", request->first_seed,
                     request->last_seed, options);
        error = drill_result_name(&self->report.results[i], self->trials[i].scenario, way);
    }
    return error;
}

static int explore_one(struct expedition *self)
{
    const struct drill_request *request = self->request;
    const struct drill_pool pool = {.first = request->first_seed + request->shard - 1,
                                    .stride = request->shards,
                                    .count = count_runs(request),
                                    .jobs = request->jobs,
                                    .alone = request->isolate || self->trial->scenario->alone,
                                    .cpu = request->cpu,
                                    .seconds = request->seconds,
                                    .context = self,
                                    .run = run_seed,
                                    .ended = ended,
                                    .tick = tick};
    uint64_t wrong = 0;

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
        drill_trial_investigate(self->trial, self->result);
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
    status = prepare(&self) == 0 ? explore_all(&self) : DRILL_STATUS_INTERNAL;
    drill_report_fini(&self.report);
    drill_trials_close(self.trials, request->name_count);
    return status;
}
