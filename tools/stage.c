#include "tools/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/heap.h"
#include "tools/stage_parts.h"

/* With everybody ended, so long the rest may go on: what is still under way arrives. */
#define GRACE_NS (1 * DRILL_SECOND)

struct drill_stage_block {
    struct drill_stage_block *next;
    alignas(16) char bytes[];
};

void *drill_stage_keep(struct drill_stage *self, size_t size)
{
    const size_t whole = (size + 15) & ~(size_t)15;

    if (whole <= sizeof self->room - self->used) {
        void *place = self->room + self->used;
        self->used += whole;
        return place;
    }
    const bool before = drill_mem_asks;
    drill_mem_asks = true;
    struct drill_stage_block *block = malloc(sizeof *block + whole);
    drill_mem_asks = before;
    if (block == NULL)
        return NULL;
    block->next = self->blocks;
    self->blocks = block;
    return block->bytes;
}

char *drill_stage_keep_text(struct drill_stage *self, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = drill_stage_keep(self, size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

int drill_stage_refuse(struct drill_stage *self, const char *format, ...)
{
    char line[DRILL_SENTENCE];
    va_list rest;

    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    drill_sim_report(&self->world->sim, "%s", line);
    return -EINVAL;
}

struct drill_world *drill_stage_world(struct drill_stage *self)
{
    return self->world;
}

const struct drill_order *drill_stage_order(const struct drill_stage *self)
{
    return self->order;
}

int drill_stage_at(struct drill_stage *self, int64_t when_ns, void (*action)(void *context),
                   void *context)
{
    return self->order->calm ? 0 : drill_at(self->world, when_ns, action, context);
}

void drill_stage_limit_time(struct drill_stage *self, int64_t limit_ns)
{
    self->limit_ns = limit_ns;
}

void drill_stage_limit_calls(struct drill_stage *self, uint64_t limit)
{
    self->limit_calls = limit;
}

void drill_stage_allow(struct drill_stage *self, enum drill_allowance what)
{
    self->allowed |= what;
}

static void close_world(struct drill_stage *self)
{
    drill_world_free(self->world);
    while (self->blocks != NULL) {
        struct drill_stage_block *block = self->blocks;
        self->blocks = block->next;
        free(block);
    }
}

/* When the run is over at the latest. */
static int64_t end_of_time(const struct drill_stage *self)
{
    if (self->calm_ns == DRILL_NEVER || self->within_ns > self->limit_ns - self->calm_ns)
        return self->limit_ns;
    return self->calm_ns + self->within_ns;
}

static bool all_have_ended(struct drill_stage *self)
{
    return self->world->tasks.live == 0 && self->to_come == 0;
}

static bool is_quiet(const struct drill_world *world)
{
    const struct drill_timeline *timeline = &world->sim.timeline;

    return world->tasks.ready_first == NULL && !world->sim.unsettled &&
           timeline->count == timeline->background;
}

/* Whether all that is left to happen lies behind a time, if anything is. */
static bool is_past(const struct drill_world *world, int64_t when_ns)
{
    return world->tasks.ready_first == NULL && !world->sim.unsettled &&
           drill_timeline_next(&world->sim.timeline) > when_ns;
}

/* After everybody has ended, what is still under way arrives. */
static void let_settle(struct drill_stage *self)
{
    struct drill_world *world = self->world;
    const int64_t until_ns = self->ended_ns + GRACE_NS;

    while (!self->stopped && !is_quiet(world) && !is_past(world, until_ns) &&
           drill_tasks_step(&world->tasks))
        continue;
}

/* Every descriptor of those who still serve answers EBADF from now on, as drill_stop_io does: they
 * give back what they have, and what they do not is a leak. */
static void stop_services(struct drill_stage *self)
{
    const struct drill_player *player = self->players;

    drill_faults_rest(&self->world->door.faults);
    if (self->world->sim.trace != NULL)
        drill_sim_trace(&self->world->sim, DRILL_STAGE_OVER);
    for (; player != NULL; player = player->next) {
        struct drill_fds *fds = &player->host->fds;
        if (player->returned == player->begun || !player->host->up)
            continue;
        for (int fd = drill_fds_next(fds, 0); fd >= 0; fd = drill_fds_next(fds, fd + 1)) {
            struct drill_file *file = drill_fds_find(fds, fd);
            file->stopped = true;
            drill_file_wake(file, UINT32_MAX & ~DRILL_WAKE_GONE);
        }
    }
}

static void play(struct drill_stage *self)
{
    struct drill_world *world = self->world;
    const int64_t last_ns = end_of_time(self);
    bool moved = true;

    while (moved && !self->stopped && !all_have_ended(self) && !is_past(world, last_ns))
        moved = drill_tasks_step(&world->tasks);
    self->ended_ns = drill_now(world);
    if (self->stopped || all_have_ended(self)) {
        let_settle(self);
        stop_services(self);
        let_settle(self);
        return;
    }
    /* With keepalives and the like alone, nothing new can come. */
    self->stalled = drill_world_is_stalled(world) && (!moved || is_quiet(world));
    self->out_of_time = !self->stalled;
    if (self->stalled && self->order->report != NULL)
        drill_world_report_stall(world);
}

static int set_up(struct drill_stage *self)
{
    int result = drill_stage_open(self);

    if (result < 0)
        return result;
    /* Memory that fails is for those who run. */
    self->world->sim.mem.spared = true;
    result = self->scenario->build(self, self->scenario->context);
    if (result == 0 && self->players == NULL)
        result = drill_stage_refuse(self, "expected a task that runs");
    if (result == 0)
        result = drill_stage_standard(self, self->order->faults);
    if (result == 0 && self->order->calm)
        drill_stage_become_calm(self);
    self->world->sim.mem.spared = false;
    self->world->door.witness.spin_limit = self->limit_calls;
    return result < 0 ? result : 0;
}

void drill_stage_init(struct drill_stage *self, const struct drill_scenario *scenario,
                      const struct drill_order *order, struct drill_outcome *outcome)
{
    memset(self, 0, offsetof(struct drill_stage, room));
    memset(outcome, 0, sizeof *outcome);
    self->scenario = scenario;
    self->order = order;
    self->outcome = outcome;
    self->rules = order->off ? DRILL_RULES_OFF : order->calm ? DRILL_RULES_NONE : DRILL_RULES_ON;
}

int drill_stage_once(struct drill_stage *self)
{
    const int result = set_up(self);

    if (result == 0) {
        drill_heap_watch(drill_stage_meter, self);
        play(self);
        drill_heap_watch(NULL, NULL);
        drill_judge_run(self);
        /* A stall has told it already. */
        if (self->outcome->kind != DRILL_PASSED && !self->stalled && self->order->report != NULL)
            drill_netstat(self->world, self->order->report, self->order->report_context);
    }
    close_world(self);
    return result;
}

int drill_stage_rehearse(const struct drill_scenario *scenario, const struct drill_order *order,
                         const struct drill_statement **statement)
{
    struct drill_outcome outcome;
    struct drill_stage stage;

    drill_stage_init(&stage, scenario, order, &outcome);
    stage.rehearses = true;
    const int result = set_up(&stage);
    *statement = stage.statement;
    close_world(&stage);
    return result;
}
