/*
 * tools/command_replay.c - `sockdrill replay`: runs what a log tells.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/diary.h"
#include "tools/pool.h"

/* What the process of the run tells. */
struct notice {
    unsigned line; /* of the log, that does not fit; 0: all do */
    char why[DRILL_SENTENCE];
    bool broke;    /* it was stopped where it was asked to be */
    uint64_t step; /* of the trace: so many lines have come */
};

struct replay {
    const struct drill_request *request;
    struct drill_trial trial;
    struct drill_log *log;
    struct drill_diary diary;
    struct notice *notice;              /* shared */
    struct drill_outcome outcome, said; /* what it comes to, and what the log says of it */
};

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("  %s\n", line);
}

/* Whether a debugger looks on: then it is to stop here, and not the run. */
static bool is_debugged(void)
{
    char line[128];
    bool is = false;
    FILE *file = fopen("/proc/self/status", "re");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "TracerPid:", strlen("TracerPid:")) == 0)
            is = atoi(line + strlen("TracerPid:")) != 0;
    if (file != NULL)
        fclose(file);
    return is;
}

static void stop(struct replay *self, const char *line)
{
    printf("step %" PRIu64 ", behind it:\n  %s\nthe sockets:\n", self->notice->step, line);
    drill_netstat(self->diary.world, print_line, NULL);
    fflush(stdout);
    if (is_debugged()) {
        raise(SIGTRAP);
        return;
    }
    self->notice->broke = true;
    _exit(EXIT_SUCCESS);
}

static void hear(void *context, const char *line)
{
    struct replay *self = context;

    self->notice->step++;
    if (self->request->trace)
        printf("%s\n", line);
    if (self->notice->step == self->request->break_at)
        stop(self, line);
}

static int run(void *context, const struct drill_pool_run *place, struct drill_outcome *outcome)
{
    struct replay *self = context;
    struct drill_order order = self->trial.order;

    (void)place;
    if (self->request->trace || self->request->break_at != 0) {
        order.trace = hear;
        order.trace_context = self;
    }
    order.oracle = drill_log_oracle;
    order.oracle_context = self->log;
    order.quick = true;
    const int result = drill_stage_run(&self->diary.scenario, &order, outcome);
    self->notice->line = drill_log_misfit(self->log, self->notice->why, sizeof self->notice->why);
    fflush(stdout);
    return result;
}

static void ended(void *context, const struct drill_pool_run *place,
                  const struct drill_outcome *outcome)
{
    struct replay *self = context;

    (void)place;
    self->outcome = *outcome;
    self->outcome.seed = self->trial.order.seed;
}

static enum drill_status report(struct replay *self)
{
    struct drill_report report;
    char way[DRILL_SENTENCE];
    enum drill_status status = DRILL_STATUS_INTERNAL;

    snprintf(way, sizeof way, "log %s", self->request->names[0]);
    if (drill_report_init(&report, "replay", 1) == 0 &&
        drill_result_name(&report.results[0], self->trial.scenario, way) == 0) {
        struct drill_result *result = &report.results[0];
        const struct drill_pool_run place = {.number = self->outcome.seed};
        drill_tally_add(&result->tally, &self->outcome);
        if (self->outcome.kind != DRILL_PASSED) {
            drill_result_note(result, &place, &self->outcome);
            drill_trial_replay(&self->trial, self->log, &result->findings[0]);
            result->findings[0].log = strdup(self->request->names[0]);
        }
        status = drill_report_publish(&report, self->request);
    }
    drill_report_fini(&report);
    return status;
}

static enum drill_status conclude(struct replay *self)
{
    const char *const path = self->request->names[0];

    if (self->notice->broke)
        return DRILL_STATUS_PASSED;
    const enum drill_status status = report(self);
    if (self->notice->line != 0)
        printf("%s:%u: the first decision that no longer fits: %s\n", path, self->notice->line,
               self->notice->why);
    if (self->outcome.kind == DRILL_PASSED && self->said.kind != DRILL_PASSED)
        printf("%s: it was %s: %s\n", path, drill_finding_name(self->said.kind),
               self->said.sentence);
    if (self->request->break_at > self->notice->step)
        printf("%s: there is no step %" PRIu64 "\n", path, self->request->break_at);
    return status;
}

static enum drill_status replay(struct replay *self)
{
    const struct drill_pool pool = {.stride = 1,
                                    .count = 1,
                                    .jobs = 1,
                                    .every = true,
                                    .loud = true,
                                    .cpu = self->request->cpu,
                                    .context = self,
                                    .run = run,
                                    .ended = ended};
    struct drill_tally tally;
    uint64_t wrong;

    drill_diary_open(&self->diary, &self->trial, NULL, NULL);
    if (self->request->break_at != 0 && is_debugged()) {
        run(self, NULL, &self->outcome);
        return conclude(self);
    }
    const int end = drill_pool_run(&pool, &tally, &wrong);
    if (end < 0)
        return drill_trial_explain(&self->trial, end);
    return end == DRILL_POOL_INTERRUPTED ? DRILL_STATUS_STOPPED : conclude(self);
}

enum drill_status drill_command_replay(const struct drill_request *request)
{
    struct drill_request read = *request;
    struct replay self = {.request = request, .log = drill_log_new()};
    enum drill_status status = DRILL_STATUS_INTERNAL;

    self.notice =
        mmap(NULL, sizeof *self.notice, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self.log != NULL && self.notice != MAP_FAILED)
        status = drill_diary_read(self.log, request->names[0], &read, &self.trial, &self.said);
    if (status == DRILL_STATUS_PASSED) {
        status = replay(&self);
        drill_trial_close(&self.trial);
    }
    if (self.notice != MAP_FAILED)
        munmap(self.notice, sizeof *self.notice);
    drill_log_free(self.log);
    return status;
}
