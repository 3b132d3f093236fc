#include <errno.h>

#include "emu/task.h"

/* Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized
 * scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010): each task has a random
 * priority, and the highest that is ready runs; at depth - 1 random points who would run goes below
 * all that have not gone there. */

enum { DEPTH = 3, STEPS = 1000 };
enum { FAIR = 1000 };            /* switches in a row, then who waits longest has a turn */
enum { CHANGES = 1, TASKS = 2 }; /* streams of the seed; tasks have their own from there on */

#define ABOVE (INT64_C(1) << 32) /* what all are that have not gone below */

int drill_tasks_set_order(struct drill_tasks *self, enum drill_task_order order, uint32_t depth,
                          uint64_t steps)
{
    if (depth > DRILL_DEPTHS)
        return -EINVAL;
    self->order = order;
    self->points = 0;
    self->depth = depth > 0 ? depth : DEPTH;
    for (uint32_t i = 1; i < self->depth; i++)
        self->changes[i] =
            1 + drill_choices_draw(&self->sim->choices, CHANGES, i, steps > 0 ? steps : STEPS);
    for (struct drill_task *task = self->first; task != NULL; task = task->next)
        task->priority = 0;
    return 0;
}

static int64_t priority_of(const struct drill_tasks *self, struct drill_task *task)
{
    if (task->priority == 0)
        task->priority = ABOVE + (int64_t)drill_choices_draw(&self->sim->choices,
                                                             TASKS + task->number, 0, ABOVE);
    return task->priority;
}

/* Of equals the first: the order stays one of the seed. */
static struct drill_task *highest(const struct drill_tasks *self, uint64_t *place)
{
    struct drill_task *found = self->ready_first;
    uint64_t at = 0;

    *place = 0;
    for (struct drill_task *task = found; task != NULL; task = task->ready_next, at++)
        if (priority_of(self, task) > priority_of(self, found)) {
            found = task;
            *place = at;
        }
    return found;
}

static uint64_t place_by_priority(struct drill_tasks *self)
{
    uint64_t place;

    self->points++;
    for (uint32_t i = 1; i < self->depth; i++)
        if (self->changes[i] == self->points)
            highest(self, &place)->priority = self->depth - i;
    highest(self, &place);
    return self->in_a_row > FAIR ? 0 : place;
}

/* The place of who runs next. */
static uint64_t place_of_next(struct drill_tasks *self)
{
    struct drill_choices *choices = &self->sim->choices;
    const uint64_t count = self->ready_count;

    if (self->order == DRILL_ORDER_RANDOM ||
        (self->sim->shuffles != NULL && self->sim->shuffles(self->sim, self->ready_first)))
        return drill_choices_pick(choices, DRILL_CHOICE_TASK, 0, count);
    const uint64_t place = self->order == DRILL_ORDER_PCT ? place_by_priority(self) : 0;
    return drill_choices_decide(choices, DRILL_CHOICE_TASK, 0, count, place);
}

struct drill_task *drill_tasks_choose(struct drill_tasks *self)
{
    struct drill_task *task = self->ready_first;

    for (uint64_t place = place_of_next(self); place > 0; place--)
        task = task->ready_next;
    return task;
}
