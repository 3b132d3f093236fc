/*
 * tools/command_check.c - `sockdrill check`: runs a seed twice, and shows where the second run
 * leaves the first.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lines.h"
#include "tools/pool.h"
#include "tools/progress.h"
#include "tools/trial.h"

/* Lines that led to the first one that differs; and blocks that shift the second run's memory: of
 * each size some more than an allocator keeps at hand, so that it takes others. */
enum { LED = 10, STEP = 16, SIZES = 256, EACH = 10, SHIFT = 24680 };

struct inquiry {
    const struct drill_trial *trial;
    struct drill_progress progress;
    uint64_t found;
};

/* The second run beside the first. */
struct twice {
    struct drill_lines first;
    size_t line; /* of the second run */
    bool differs;
};

static void keep(void *context, const char *line)
{
    drill_lines_add(&((struct twice *)context)->first, line);
}

static void show(const struct twice *self, const char *came)
{
    const size_t from = self->line > LED ? self->line - LED : 0;

    for (size_t i = from; i < self->line; i++)
        printf("  %s\n", self->first.line[i]);
    printf("first run:  %s\n",
           self->line < self->first.count ? self->first.line[self->line] : "has ended");
    printf("second run: %s\n", came);
}

static void compare(void *context, const char *line)
{
    struct twice *self = context;

    if (!self->differs &&
        (self->line >= self->first.count || strcmp(self->first.line[self->line], line) != 0)) {
        self->differs = true;
        show(self, line);
    }
    self->line++;
}

static void **take_memory(void)
{
    void **const blocks = calloc(SIZES * EACH, sizeof *blocks);

    for (size_t i = 0; blocks != NULL && i < SIZES * EACH; i++)
        blocks[i] = malloc(i == 0 ? SHIFT : (i / EACH + 1) * STEP - 1);
    return blocks;
}

static void give_memory(void **blocks)
{
    for (size_t i = 0; blocks != NULL && i < SIZES * EACH; i++)
        free(blocks[i]);
    free(blocks);
}

static int run_twice(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct drill_trial *trial = ((const struct inquiry *)context)->trial;
    struct drill_order order = trial->order;
    struct twice twice = {0};

    order.seed = run->number;
    order.seeded = order.quick = true;
    order.trace = keep;
    order.trace_context = &twice;
    int result = drill_stage_run(trial->scenario, &order, outcome);
    const uint64_t hash = outcome->hash;
    void **const blocks = take_memory(); /* what hangs on addresses shows */
    order.trace = compare;
    if (result == 0)
        result = drill_stage_run(trial->scenario, &order, outcome);
    give_memory(blocks);
    if (result == 0 && !twice.differs && twice.line < twice.first.count) {
        twice.differs = true;
        show(&twice, "has ended");
    }
    outcome->kind = twice.differs || hash != outcome->hash ? DRILL_DIFFERED : DRILL_PASSED;
    if (twice.differs)
        snprintf(outcome->sentence, sizeof outcome->sentence,
                 "line %zu of the trace is another in the second run", twice.line);
    else
        snprintf(outcome->sentence, sizeof outcome->sentence,
                 "the traces are the same, and the hashes are not");
    drill_lines_fini(&twice.first);
    fflush(stdout);
    return result;
}

static void ended(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome)
{
    struct inquiry *self = context;

    self->found++;
    printf("%s: seed %" PRIu64 ": %s: %s\n", self->trial->scenario->name, run->number,
           drill_finding_name(outcome->kind), outcome->sentence);
    fflush(stdout);
}

static void tick(void *context, const struct drill_pool_state *state)
{
    drill_progress_show(&((struct inquiry *)context)->progress, state);
}

static enum drill_status check(struct inquiry *self)
{
    const struct drill_request *request = self->trial->request;
    const bool one = !request->seeded;
    const uint64_t first = one ? drill_trial_seed(self->trial) : request->first_seed;
    const struct drill_pool pool = {.first = first,
                                    .stride = 1,
                                    .count = one ? 1 : request->last_seed - first + 1,
                                    .jobs = 1,
                                    .loud = true,
                                    .cpu = request->cpu,
                                    .context = self,
                                    .run = run_twice,
                                    .ended = ended,
                                    .tick = tick};
    struct drill_tally tally;
    uint64_t wrong;

    drill_progress_init(&self->progress, self->trial->scenario->name, pool.count, 0);
    const int end = drill_pool_run(&pool, &tally, &wrong);
    drill_progress_fini(&self->progress);
    if (end < 0)
        return drill_trial_explain(self->trial, end);
    printf("%s: %" PRIu64 " seeds, each twice, %" PRIu64 " not the same\n",
           self->trial->scenario->name, tally.runs, self->found);
    if (end == DRILL_POOL_INTERRUPTED)
        return DRILL_STATUS_STOPPED;
    return self->found == 0 ? DRILL_STATUS_PASSED : DRILL_STATUS_FOUND;
}

enum drill_status drill_command_check(const struct drill_request *request)
{
    struct drill_trial trial;
    enum drill_status status = drill_trial_open(&trial, request, request->names[0]);

    if (status != DRILL_STATUS_PASSED)
        return status;
    status = check(&(struct inquiry){.trial = &trial});
    drill_trial_close(&trial);
    return status;
}
