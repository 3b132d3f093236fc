#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/diary.h"
#include "tools/plan.h"
#include "tools/pool.h"
#include "tools/shrink.h"
#include "tools/stage_parts.h"
#include "tools/trial.h"

enum {
    TRACE_LINES = 12,
    TRACE_BYTES = 256,
    STATE_BYTES = 16384,
    OUTPUT_LINES = 20,
    OUTPUT_BYTES = 8192,
    OPTIONS_BYTES = 128,
    SHRINK_RUNS = 2000,
    DECISIONS_MAX = 200,
    ALL_MAY = 0777,
};

/* What a run leaves behind, wherever it dies. */
struct remains {
    uint64_t lines;  /* of the trace */
    bool to_the_end; /* what services do when all is over is of interest, too */
    bool is_over;
    char trace[TRACE_LINES][TRACE_BYTES];
    size_t state_size;
    char state[STATE_BYTES];
};

struct search {
    const struct drill_trial *trial;
    const struct drill_plan *plan; /* NULL: the run is that of a seed */
    struct drill_pool_run goal;    /* of the plan */
    struct drill_log *replayed;    /* answers; NULL: the seed, or the plan */
    const struct drill_outcome *finding;
    const char *path;        /* where its log goes; NULL: nowhere */
    struct remains *remains; /* shared */
    int output;              /* a file without a name */
    bool stopped;            /* by who is tired of waiting */
};

static void keep_trace(void *context, const char *line)
{
    struct remains *remains = context;

    remains->is_over = remains->is_over || strstr(line, DRILL_STAGE_OVER) != NULL;
    if (remains->is_over && !remains->to_the_end)
        return;
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

static int look(const struct search *search, struct drill_order *order,
                struct drill_outcome *outcome)
{
    struct drill_diary diary;

    if (dup2(search->output, STDOUT_FILENO) < 0 || dup2(search->output, STDERR_FILENO) < 0)
        return -errno;
    search->remains->to_the_end = search->finding->kind == DRILL_LEAKED ||
                                  search->finding->kind == DRILL_REUSED ||
                                  search->finding->kind == DRILL_DIFFERED;
    order->trace = keep_trace;
    order->report = keep_state;
    order->trace_context = order->report_context = search->remains;
    int result = drill_diary_open(&diary, search->trial, search->path, search->finding);
    if (result == 0)
        result = drill_stage_run(&diary.scenario, order, outcome);
    fflush(NULL);
    const int closed = drill_diary_close(&diary);
    return result < 0 ? result : closed;
}

/* A plan goes through what comes before. */
static bool is_before(const struct search *search, const struct drill_pool_run *run)
{
    return search->plan != NULL && run->part < search->goal.part;
}

static int run(void *context, const struct drill_pool_run *place, struct drill_outcome *outcome)
{
    const struct search *search = context;
    struct drill_order order = search->trial->order;

    order.seed = search->finding->seed;
    order.seeded = true;
    if (search->replayed != NULL) {
        order.oracle = drill_log_oracle;
        order.oracle_context = search->replayed;
    } else if (search->plan != NULL) {
        drill_plan_order(search->plan, place, &order);
    }
    if (is_before(search, place))
        return drill_stage_run(search->trial->scenario, &order, outcome);
    return look(search, &order, outcome);
}

static bool counts(void *context, const struct drill_pool_run *place)
{
    return !is_before(context, place);
}

static bool is_more(void *context, const struct drill_pool_run *place)
{
    const struct search *search = context;

    return is_before(search, place) && drill_plan_has_more(search->plan, place);
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

    drill_lines_fini(&finding->trace);
    drill_lines_fini(&finding->state);
    drill_lines_fini(&finding->output);
    for (uint64_t line = first; line < remains->lines; line++)
        drill_lines_add(&finding->trace, remains->trace[line % TRACE_LINES]);
    drill_lines_add_text(&finding->state, remains->state, remains->state_size);
    const ssize_t size = pread(search->output, output, sizeof output, 0);
    drill_lines_add_text(&finding->output, output, size > 0 ? (size_t)size : 0);
    while (finding->output.count > OUTPUT_LINES)
        free(finding->output.line[--finding->output.count]);
}

static void search_run(struct search *self, struct drill_finding *finding)
{
    const struct drill_pool pool = {.first = self->goal.number,
                                    .stride = 1,
                                    .count = 1,
                                    .jobs = 1,
                                    .loud = true,
                                    .cpu = self->trial->request->cpu,
                                    .context = self,
                                    .run = run,
                                    .ended = take_outcome,
                                    .counts = counts,
                                    .more = is_more};
    struct drill_tally tally;
    uint64_t wrong;

    self->finding = &finding->outcome;
    self->remains = mmap(NULL, sizeof *self->remains, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    self->output = memfd_create("output", MFD_CLOEXEC);
    if (self->remains != MAP_FAILED && self->output >= 0) {
        self->stopped = drill_pool_run(&pool, &tally, &wrong) == DRILL_POOL_INTERRUPTED;
        take_remains(self, finding);
    }
    if (self->output >= 0)
        close(self->output);
    if (self->remains != MAP_FAILED)
        munmap(self->remains, sizeof *self->remains);
}

/* The command that runs it once more. */
static char *again(const struct drill_trial *trial, const struct drill_plan *plan, uint64_t seed)
{
    static const char *const plans[] = {[DRILL_ANY_ONE] = "--any-one",
                                        [DRILL_ANY_TWO] = "--any-two",
                                        [DRILL_EXHAUSTIVE] = "--exhaustive"};
    char *const name = drill_text_quote(trial->scenario->name);
    char options[OPTIONS_BYTES], *line;
    int size;

    if (name == NULL)
        return NULL;
    drill_trial_show_options(trial, options, sizeof options);
    if (plan != NULL && plan->request->plan != DRILL_BY_SEED)
        size =
            asprintf(&line, "sockdrill explore %s %s%s", name, plans[plan->request->plan], options);
    else
        size = asprintf(&line, "sockdrill %s %s %s %" PRIu64 "%s", plan != NULL ? "explore" : "run",
                        name, plan != NULL ? "--seeds" : "--seed", seed, options);
    free(name);
    return size < 0 ? NULL : line;
}

/* A name without folder and ending: where it begins, and its size. */
static const char *stem_of(const char *name, size_t *size)
{
    const char *const stroke = strrchr(name, '/');
    const char *const stem = stroke != NULL ? stroke + 1 : name;

    *size = strcspn(stem, ".");
    return stem;
}

/* How many scenarios of the same name, from other folders, come before it. */
static unsigned namesakes(const struct drill_trial *trial)
{
    const struct drill_request *request = trial->request;
    unsigned count = 0;
    size_t size, other_size;
    const char *const stem = stem_of(trial->scenario->name, &size);

    for (size_t i = 0; i < request->name_count; i++) {
        if (strcmp(request->names[i], trial->scenario->name) == 0)
            break;
        const char *const other = stem_of(request->names[i], &other_size);
        count += size == other_size && memcmp(stem, other, size) == 0;
    }
    return count;
}

/* DIR/NAME-SEED.log, where NAME has no folder and no ending, but a number if it is not the first.
 */
static char *path_of(const struct drill_trial *trial, const struct drill_plan *plan,
                     const struct drill_finding *finding)
{
    static const char *const plans[] = {[DRILL_BY_SEED] = "",
                                        [DRILL_ANY_ONE] = "one-",
                                        [DRILL_ANY_TWO] = "two-",
                                        [DRILL_EXHAUSTIVE] = "any-"};
    size_t length;
    const char *const name = stem_of(trial->scenario->name, &length);
    const unsigned before = namesakes(trial);
    const enum drill_plan_kind kind = plan != NULL ? plan->request->plan : DRILL_BY_SEED;
    char number[48], which[16] = "", *path;

    if (kind == DRILL_BY_SEED)
        snprintf(number, sizeof number, "%" PRIu64, finding->outcome.seed);
    else
        snprintf(number, sizeof number, "%" PRIu64 "-%" PRIu64, finding->number, finding->part);
    if (before > 0)
        snprintf(which, sizeof which, ".%u", before + 1);
    const int size = asprintf(&path, "%s/%.*s%s%s-%s%s.log", trial->request->logs, (int)length,
                              name, which, trial->request->bug ? "-bug" : "", plans[kind], number);
    return size < 0 ? NULL : path;
}

static void take_decision(void *context, const char *line)
{
    struct drill_lines *lines = context;

    if (strncmp(line, "choose ", strlen("choose ")) == 0 && lines->count < DECISIONS_MAX)
        drill_lines_add(lines, line);
}

/* Its log, as short as a small budget makes it, and the trace of what then happens. */
static void shorten(struct search *search, struct drill_finding *finding)
{
    const struct drill_request *request = search->trial->request;
    struct drill_log *log = drill_log_new();

    if (log == NULL || drill_diary_load(log, finding->log) != DRILL_STATUS_PASSED) {
        drill_log_free(log);
        return;
    }
    if (!request->no_shrink && finding->outcome.kind != DRILL_HUNG && drill_log_count(log) > 0)
        finding->shrunk =
            drill_shrink(search->trial, log, &finding->outcome, SHRINK_RUNS, NULL) == 0;
    if (finding->shrunk) {
        search->replayed = log;
        search->plan = NULL;
        search->goal = (struct drill_pool_run){0};
        search_run(search, finding);
        drill_diary_load(log, finding->log);
    }
    drill_log_write(log, take_decision, &finding->decisions);
    drill_log_free(log);
}

bool drill_trial_inspect(const struct drill_trial *self, const struct drill_plan *plan,
                         struct drill_finding *finding)
{
    const bool is_of_tape = plan != NULL && plan->tapes != NULL;
    struct search search = {.trial = self, .plan = is_of_tape ? plan : NULL};

    if (is_of_tape)
        search.goal = (struct drill_pool_run){.number = finding->number, .part = finding->part};
    finding->again = again(self, plan, finding->outcome.seed);
    if (self->request->logs[0] != '\0' && finding->outcome.kind != DRILL_DIFFERED) {
        mkdir(self->request->logs, ALL_MAY);
        finding->log = path_of(self, plan, finding);
    }
    search.path = finding->log;
    search_run(&search, finding);
    if (finding->log != NULL && access(finding->log, R_OK) != 0) {
        fprintf(stderr, "sockdrill: %s: %s\n", finding->log, strerror(errno));
        free(finding->log);
        finding->log = NULL;
    }
    if (!search.stopped && finding->log != NULL)
        shorten(&search, finding);
    return !search.stopped;
}

void drill_trial_replay(const struct drill_trial *self, struct drill_log *log,
                        struct drill_finding *finding)
{
    struct search search = {.trial = self, .replayed = log};

    search_run(&search, finding);
    drill_log_write(log, take_decision, &finding->decisions);
}

void drill_trial_question(const struct drill_trial *self, struct drill_lines *lines)
{
    struct drill_finding finding = {.outcome.seed = drill_trial_seed(self)};
    struct search search = {.trial = self};

    search_run(&search, &finding);
    *lines = finding.state;
    drill_lines_fini(&finding.trace);
    drill_lines_fini(&finding.output);
}
