#include "tools/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum drill_status drill_trial_open(struct drill_trial *self, const struct drill_request *request,
                                   const char *name)
{
    *self = (struct drill_trial){.request = request};
    for (size_t i = 0; i < request->own_count; i++)
        if (strcmp(request->own[i].name, name) == 0) {
            self->own = request->own[i];
            self->scenario = &self->own;
        }
    if (self->scenario != NULL) {
        self->spare = self->own.reserve == NULL ? drill_reserve_new() : NULL;
        if (self->spare != NULL)
            self->own.reserve = self->spare;
    } else {
        self->text = drill_text_read(name, stderr);
        if (self->text == NULL)
            return DRILL_STATUS_INPUT;
        self->scenario = drill_text_scenario(self->text);
    }
    self->order = (struct drill_order){.seed = request->first_seed,
                                       .seeded = request->seeded,
                                       .calm = request->calm,
                                       .bug = request->bug,
                                       .tasks = request->tasks,
                                       .faults = request->faults,
                                       .swarm = !request->no_swarm};
    return DRILL_STATUS_PASSED;
}

void drill_trial_close(struct drill_trial *self)
{
    drill_text_free(self->text);
    drill_reserve_free(self->spare);
    self->text = NULL;
    self->spare = NULL;
}

void drill_trials_close(struct drill_trial *self, size_t count)
{
    for (size_t i = 0; i < count; i++)
        drill_trial_close(&self[i]);
    free(self);
}

struct drill_trial *drill_trials_open(const struct drill_request *request,
                                      enum drill_status *status)
{
    struct drill_trial *trials = calloc(request->name_count, sizeof *trials);

    *status = trials != NULL ? DRILL_STATUS_PASSED : DRILL_STATUS_INTERNAL;
    for (size_t i = 0; trials != NULL && i < request->name_count; i++) {
        const enum drill_status opened = drill_trial_open(&trials[i], request, request->names[i]);
        if (opened != DRILL_STATUS_PASSED)
            *status = opened;
    }
    if (trials != NULL && *status != DRILL_STATUS_PASSED) {
        drill_trials_close(trials, request->name_count);
        return NULL;
    }
    return trials;
}

uint64_t drill_trial_seed(const struct drill_trial *self)
{
    if (self->order.seeded)
        return self->order.seed;
    return self->scenario->seed != 0 ? self->scenario->seed : 1;
}

void drill_trial_investigate(const struct drill_trial *self, const struct drill_plan *plan,
                             struct drill_result *result)
{
    bool wanted = true;

    for (size_t i = 0; wanted && i < result->count && i < DRILL_INVESTIGATED; i++)
        wanted = drill_trial_inspect(self, plan, &result->findings[i]);
}

enum drill_status drill_trial_explain(const struct drill_trial *self, int error)
{
    struct drill_lines lines = {0};

    if (error != -EINVAL) {
        fprintf(stderr, "sockdrill: %s: %s\n", self->scenario->name, strerror(-error));
        return DRILL_STATUS_INTERNAL;
    }
    drill_trial_question(self, &lines);
    fprintf(stderr, "sockdrill: %s cannot be set up\n", self->scenario->name);
    for (size_t i = 0; i < lines.count; i++)
        fprintf(stderr, "  %s\n", lines.line[i]);
    drill_lines_fini(&lines);
    return DRILL_STATUS_INPUT;
}

void drill_trial_show_options(const struct drill_trial *self, char *text, size_t size)
{
    static const char *const orders[] = {
        [DRILL_ORDER_FIFO] = "",
        [DRILL_ORDER_RANDOM] = " --order random",
        [DRILL_ORDER_PCT] = " --order pct",
    };
    static const char *const faults[] = {
        [DRILL_NO_STANDARD] = "",
        [DRILL_STANDARD] = " --faults standard",
        [DRILL_STANDARD_HOSTILE] = " --faults hostile",
    };
    const struct drill_request *request = self->request;

    snprintf(text, size, "%s%s%s%s%s", request->bug ? " --bug" : "", request->calm ? " --calm" : "",
             self->order.many == self->order.swarm ? ""
             : self->order.swarm                   ? " --swarm"
                                                   : " --no-swarm",
             orders[request->tasks], faults[request->faults]);
}
