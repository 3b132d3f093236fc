#include "tools/shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/pool.h"
#include "tools/report.h"
#include "tools/shrink_log.h"

/* What processes share. */
struct board {
    uint64_t runs, count;
    int result; /* of the shrinker, once `ended` */
    bool ended;
};

struct effort {
    const struct drill_trial *trial;
    struct drill_log *log;
    const struct drill_outcome *finding;
    char shape[DRILL_SENTENCE];
    uint64_t budget;
    drill_shrink_progress *progress;
    struct board *board;
    int text; /* a file without a name: the log as the other process leaves it */
    struct drill_outcome last;
    bool stopped; /* by who is tired of waiting */
};

static int play(const struct effort *self, struct drill_log *log, struct drill_outcome *outcome)
{
    struct drill_order order = self->trial->order;

    order.seed = self->finding->seed;
    order.seeded = order.quick = true;
    order.oracle = drill_log_oracle;
    order.oracle_context = log;
    return drill_stage_run(self->trial->scenario, &order, outcome);
}

static bool is_same(const struct effort *self, const struct drill_outcome *outcome)
{
    char shape[DRILL_SENTENCE];

    drill_finding_shape(shape, outcome->sentence);
    return outcome->kind == self->finding->kind && strcmp(shape, self->shape) == 0;
}

static bool stops(void *context, const struct drill_shrinker *shrinker)
{
    const struct effort *self = context;

    self->board->runs = shrinker->runs;
    self->board->count = shrinker->count;
    return self->stopped || (self->budget > 0 && shrinker->runs >= self->budget);
}

static bool fails_here(void *context, struct drill_log *log)
{
    const struct effort *self = context;
    struct drill_outcome outcome;

    return play(self, log, &outcome) == 0 && is_same(self, &outcome);
}

static int shrink_with(struct effort *self, bool (*fails)(void *, struct drill_log *))
{
    struct drill_shrinker shrinker = {
        .log = self->log, .fails = fails, .stops = stops, .context = self};
    const int result = drill_shrink_log(&shrinker);

    self->board->runs = shrinker.runs;
    self->board->count = shrinker.count;
    if (self->stopped)
        return -EINTR;
    return result == -EINTR ? 0 : result;
}

static void write_line(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
}

static int shrink_there(void *context, const struct drill_pool_run *run,
                        struct drill_outcome *outcome)
{
    struct effort *self = context;
    FILE *file = fdopen(dup(self->text), "w");

    (void)run, (void)outcome;
    self->board->result = shrink_with(self, fails_here);
    if (file == NULL || drill_log_write(self->log, write_line, file) < 0 || fclose(file) != 0)
        return -EIO;
    self->board->ended = true;
    return 0;
}

static void take_outcome(void *context, const struct drill_pool_run *run,
                         const struct drill_outcome *outcome)
{
    (void)run;
    ((struct effort *)context)->last = *outcome;
}

static void tick(void *context, const struct drill_pool_state *state)
{
    const struct effort *self = context;

    (void)state;
    if (self->progress != NULL)
        self->progress(self->board->runs, self->board->count);
}

static struct drill_pool pool_of(struct effort *self)
{
    return (struct drill_pool){.stride = 1,
                               .count = 1,
                               .jobs = 1,
                               .every = true,
                               .cpu = self->trial->request->cpu,
                               .context = self,
                               .ended = take_outcome};
}

static int take_log(struct effort *self)
{
    struct drill_text_error wrong;
    const off_t size = lseek(self->text, 0, SEEK_END);
    char *text = mmap(NULL, (size_t)size + 1, PROT_READ, MAP_PRIVATE, self->text, 0);

    if (text == MAP_FAILED)
        return -ENOMEM;
    const int result = drill_log_read(self->log, text, (size_t)size, &wrong);
    munmap(text, (size_t)size + 1);
    return result;
}

/* All of it in one other process: 1 if a run has ended that. */
static int shrink_apart(struct effort *self)
{
    struct drill_pool pool = pool_of(self);
    struct drill_tally tally;
    uint64_t wrong;

    pool.run = shrink_there;
    pool.cpu = 0; /* it is many runs */
    pool.tick = tick;
    const int end = drill_pool_run(&pool, &tally, &wrong);
    if (end < 0)
        return end;
    if (end == DRILL_POOL_INTERRUPTED)
        return -EINTR;
    if (!self->board->ended)
        return 1;
    return self->board->result < 0 ? self->board->result : take_log(self);
}

static int play_alone(void *context, const struct drill_pool_run *run,
                      struct drill_outcome *outcome)
{
    struct effort *self = context;

    (void)run;
    return play(self, self->log, outcome);
}

static bool fails_alone(void *context, struct drill_log *log)
{
    struct effort *self = context;
    struct drill_pool pool = pool_of(self);
    struct drill_tally tally;
    uint64_t wrong;

    (void)log;
    tick(self, NULL);
    pool.run = play_alone;
    const int end = drill_pool_run(&pool, &tally, &wrong);
    self->stopped = end == DRILL_POOL_INTERRUPTED;
    return end == DRILL_POOL_DONE && is_same(self, &self->last);
}

static bool ends_its_process(enum drill_finding_kind kind)
{
    return kind == DRILL_CRASHED || kind == DRILL_HUNG;
}

static int shrink(struct effort *self)
{
    const int result = ends_its_process(self->finding->kind) ? 1 : shrink_apart(self);

    return result == 1 ? shrink_with(self, fails_alone) : result;
}

int drill_shrink(const struct drill_trial *trial, struct drill_log *log,
                 const struct drill_outcome *finding, uint64_t budget,
                 drill_shrink_progress *progress)
{
    struct effort self = {.trial = trial,
                          .log = log,
                          .finding = finding,
                          .budget = budget,
                          .progress = progress,
                          .text = memfd_create("log", MFD_CLOEXEC)};
    int result = -ENOMEM;

    drill_finding_shape(self.shape, finding->sentence);
    self.board =
        mmap(NULL, sizeof *self.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self.text >= 0 && self.board != MAP_FAILED)
        result = shrink(&self);
    if (self.board != MAP_FAILED)
        munmap(self.board, sizeof *self.board);
    if (self.text >= 0)
        close(self.text);
    return result;
}
