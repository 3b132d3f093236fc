#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/pool.h"
#include "tools/trial.h"

enum {
    TRACE_LINES = 12,
    TRACE_BYTES = 256,
    STATE_BYTES = 16384,
    OUTPUT_LINES = 20,
    OUTPUT_BYTES = 8192,
    OPTIONS_BYTES = 128,
    LINE_BYTES = 512,
};

/* What a run leaves behind, wherever it dies. */
struct remains {
    uint64_t lines; /* of the trace */
    char trace[TRACE_LINES][TRACE_BYTES];
    size_t state_size;
    char state[STATE_BYTES];
};

struct search {
    const struct drill_trial *trial;
    struct remains *remains; /* shared */
    int output;              /* a file without a name */
};

static void keep_trace(void *context, const char *line)
{
    struct remains *remains = context;

    snprintf(remains->trace[remains->lines % TRACE_LINES], TRACE_BYTES, "%s", line);
    remains->lines++;
}

static void keep_state(void *context, const char *line)
{
    struct remains *remains = context;
    const size_t room = sizeof remains->state - remains->state_size;
    const size_t size = strlen(line);

    if (size + 1 > room)
        return;
    memcpy(remains->state + remains->state_size, line, size);
    remains->state[remains->state_size + size] = '\n';
    remains->state_size += size + 1;
}

static int run(void *context, const struct drill_pool_run *place, struct drill_outcome *outcome)
{
    const struct search *search = context;
    struct drill_order order = search->trial->order;

    if (dup2(search->output, STDOUT_FILENO) < 0 || dup2(search->output, STDERR_FILENO) < 0)
        return -errno;
    order.seed = place->number;
    order.seeded = true;
    order.trace = keep_trace;
    order.report = keep_state;
    order.trace_context = order.report_context = search->remains;
    const int result = drill_stage_run(search->trial->scenario, &order, outcome);
    fflush(NULL);
    return result;
}

static void take_outcome(void *context, const struct drill_pool_run *place,
                         const struct drill_outcome *outcome)
{
    (void)context, (void)place, (void)outcome;
}

static void take_remains(const struct search *search, struct drill_finding *finding)
{
    const struct remains *remains = search->remains;
    const uint64_t first = remains->lines > TRACE_LINES ? remains->lines - TRACE_LINES : 0;
    char output[OUTPUT_BYTES];

    for (uint64_t line = first; line < remains->lines; line++)
        drill_lines_add(&finding->trace, remains->trace[line % TRACE_LINES]);
    drill_lines_add_text(&finding->state, remains->state, remains->state_size);
    const ssize_t size = pread(search->output, output, sizeof output, 0);
    drill_lines_add_text(&finding->output, output, size > 0 ? (size_t)size : 0);
    while (finding->output.count > OUTPUT_LINES)
        free(finding->output.line[--finding->output.count]);
}

static int search_run(struct search *self, uint64_t seed, struct drill_finding *finding)
{
    const struct drill_pool pool = {.first = seed,
                                    .stride = 1,
                                    .count = 1,
                                    .jobs = 1,
                                    .loud = true,
                                    .cpu = self->trial->request->cpu,
                                    .context = self,
                                    .run = run,
                                    .ended = take_outcome};
    struct drill_tally tally;
    uint64_t wrong;

    self->remains = mmap(NULL, sizeof *self->remains, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    self->output = memfd_create("output", MFD_CLOEXEC);
    int result = -ENOMEM;
    if (self->remains != MAP_FAILED && self->output >= 0)
        result = drill_pool_run(&pool, &tally, &wrong);
    if (self->remains != MAP_FAILED && self->output >= 0)
        take_remains(self, finding);
    if (self->output >= 0)
        close(self->output);
    if (self->remains != MAP_FAILED)
        munmap(self->remains, sizeof *self->remains);
    return result;
}

/* The command that runs it once more. */
static char *again(const struct drill_trial *trial, uint64_t seed)
{
    const bool explores = trial->order.many;
    char options[OPTIONS_BYTES], line[LINE_BYTES];

    drill_trial_show_options(trial, options, sizeof options);
    snprintf(line, sizeof line, "sockdrill %s %s %s %" PRIu64 "%s", explores ? "explore" : "run",
             trial->scenario->name, explores ? "--seeds" : "--seed", seed, options);
    return strdup(line);
}

void drill_trial_inspect(const struct drill_trial *self, struct drill_finding *finding)
{
    struct search search = {.trial = self};

    finding->again = again(self, finding->outcome.seed);
    search_run(&search, finding->outcome.seed, finding);
}

void drill_trial_question(const struct drill_trial *self, struct drill_lines *lines)
{
    struct search search = {.trial = self};
    struct drill_finding finding = {0};

    search_run(&search, drill_trial_seed(self), &finding);
    *lines = finding.state;
    drill_lines_fini(&finding.trace);
    drill_lines_fini(&finding.output);
}
