#include <errno.h>

#include "api/decide.h"
#include "tools/stage_parts.h"

#define LIMIT_NS (3600 * DRILL_SECOND)

enum { LIMIT_CALLS = 100000 };

/* Who listens may take memory, in the midst of a task that is not to be blamed for it. */
static void hear_trace(void *context, const char *line)
{
    const struct drill_order *order = ((struct drill_stage *)context)->order;
    const bool before = drill_mem_asks;

    drill_mem_asks = true;
    order->trace(order->trace_context, line);
    drill_mem_asks = before;
}

static void hear_report(void *context, const char *line)
{
    const struct drill_order *order = ((struct drill_stage *)context)->order;
    const bool before = drill_mem_asks;

    if (order->report == NULL)
        return;
    drill_mem_asks = true;
    order->report(order->report_context, line);
    drill_mem_asks = before;
}

static void hear_answer(void *context, const struct drill_choice *choice, uint64_t answer)
{
    const struct drill_stage *self = context;
    const bool before = drill_mem_asks;

    drill_mem_asks = true;
    self->recorder(self->recorder_context, choice, answer);
    drill_mem_asks = before;
}

static uint64_t ask_oracle(void *context, const struct drill_choice *choice)
{
    const struct drill_order *order = ((struct drill_stage *)context)->order;
    const bool before = drill_mem_asks;

    drill_mem_asks = true;
    const uint64_t answer = order->oracle(order->oracle_context, choice);
    drill_mem_asks = before;
    return answer;
}

static uint64_t seed_of(const struct drill_scenario *scenario, const struct drill_order *order)
{
    if (order->seeded)
        return order->seed;
    return scenario->seed != 0 ? scenario->seed : 1;
}

int drill_stage_open(struct drill_stage *self)
{
    const struct drill_order *order = self->order;
    const struct drill_config config = {.seed = seed_of(self->scenario, order),
                                        .trace = order->trace != NULL ? hear_trace : NULL,
                                        .trace_context = self,
                                        .report = hear_report,
                                        .report_context = self,
                                        .reserve = self->scenario->reserve,
                                        .evidence = true};

    self->players_end = &self->players;
    self->cues_end = &self->cues;
    self->wishes_end = &self->wishes;
    self->calm_ns = DRILL_NEVER;
    self->limit_ns = LIMIT_NS;
    self->limit_calls = LIMIT_CALLS;
    self->outcome->seed = config.seed;
    self->world = drill_world_new(&config);
    if (self->world == NULL)
        return -ENOMEM;
    if (order->oracle != NULL)
        drill_oracle_set(self->world, ask_oracle, self);
    if (order->log != NULL) {
        drill_log_record(order->log, self->world);
        self->recorder = self->world->sim.choices.recorder;
        self->recorder_context = self->world->sim.choices.recorder_context;
        drill_recorder_set(self->world, hear_answer, self);
    }
    if (order->swarm)
        drill_swarm(self->world);
    if (order->tasks != DRILL_ORDER_FIFO)
        drill_order_tasks(self->world, order->tasks, 0, 0);
    return 0;
}
