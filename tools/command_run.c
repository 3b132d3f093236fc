/*
 * tools/command_run.c - `sockdrill run`: each scenario once, in a process of its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/golden.h"
#include "tools/pool.h"
#include "tools/progress.h"
#include "tools/trial.h"

struct rehearsal {
    const struct drill_request *request;
    struct drill_trial *trials;
    struct drill_report report;
    struct drill_progress progress;
};

struct listeners {
    struct drill_golden *golden;
    FILE *out;
};

static void hear(void *context, const char *line)
{
    const struct listeners *listeners = context;

    if (listeners->golden != NULL)
        drill_golden_line(listeners->golden, line);
    if (listeners->out != NULL)
        fprintf(listeners->out, "%s\n", line);
}

/* Only the run as it is written has a golden trace. */
static bool has_golden(const struct drill_trial *trial)
{
    const struct drill_request *request = trial->request;

    return trial->text != NULL && !request->seeded && !request->bug && !request->calm &&
           request->no_swarm;
}

static int run_one(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct rehearsal *self = context;
    const struct drill_trial *trial = &self->trials[run->number];
    struct drill_order order = trial->order;
    struct drill_golden golden;
    struct listeners listeners = {.out = self->request->trace ? stdout : NULL};
    int result = 0;

    if (has_golden(trial)) {
        result = drill_golden_open(&golden, trial->scenario->name, self->request->bless);
        listeners.golden = golden.file != NULL ? &golden : NULL;
    }
    if (result < 0)
        return result;
    if (listeners.golden != NULL || listeners.out != NULL) {
        order.trace = hear;
        order.trace_context = &listeners;
    }
    result = drill_stage_run(trial->scenario, &order, outcome);
    const int closed = listeners.golden != NULL ? drill_golden_close(&golden, outcome) : 0;
    fflush(stdout);
    return result < 0 ? result : closed;
}

static void ended(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome)
{
    struct rehearsal *self = context;
    struct drill_result *result = &self->report.results[run->number];
    struct drill_outcome known = *outcome;

    known.seed = drill_trial_seed(&self->trials[run->number]);
    drill_tally_add(&result->tally, &known);
    result->seconds = run->seconds;
    if (known.kind != DRILL_PASSED)
        drill_result_note(result, run, &known);
}

static void tick(void *context, const struct drill_pool_state *state)
{
    struct rehearsal *self = context;

    drill_progress_show(&self->progress, state);
}

static int name_results(struct rehearsal *self)
{
    int error = drill_report_init(&self->report, "run", self->request->name_count);

    for (size_t i = 0; error == 0 && i < self->report.count; i++) {
        char way[32];
        snprintf(way, sizeof way, "seed %" PRIu64, drill_trial_seed(&self->trials[i]));
        error = drill_result_name(&self->report.results[i], self->trials[i].scenario, way);
    }
    return error;
}

static enum drill_status run_all(struct rehearsal *self)
{
    const struct drill_request *request = self->request;
    const struct drill_pool pool = {.stride = 1,
                                    .count = request->name_count,
                                    .jobs = request->trace ? 1 : request->jobs,
                                    .alone = true,
                                    .every = true,
                                    .loud = request->trace,
                                    .cpu = request->cpu,
                                    .context = self,
                                    .run = run_one,
                                    .ended = ended,
                                    .tick = tick};
    struct drill_tally tally;
    uint64_t wrong;

    drill_progress_init(&self->progress, "run", pool.count, 0);
    const int end = drill_pool_run(&pool, &tally, &wrong);
    drill_progress_fini(&self->progress);
    if (end < 0)
        return drill_trial_explain(&self->trials[wrong], end);
    self->report.stopped = end == DRILL_POOL_INTERRUPTED;
    for (size_t i = 0; i < self->report.count; i++)
        drill_trial_investigate(&self->trials[i], NULL, &self->report.results[i]);
    return drill_report_publish(&self->report, request);
}

enum drill_status drill_command_run(const struct drill_request *request)
{
    struct rehearsal self = {.request = request};
    enum drill_status status;

    self.trials = drill_trials_open(request, &status);
    if (self.trials == NULL)
        return status;
    status = name_results(&self) == 0 ? run_all(&self) : DRILL_STATUS_INTERNAL;
    drill_report_fini(&self.report);
    drill_trials_close(self.trials, request->name_count);
    return status;
}
