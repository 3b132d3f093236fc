#include "emu/task.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "emu/abi.h"

/* With only background events left (keepalives), this long without a task running is a stall. */
#define QUIET_NS (INT64_C(86400) * DRILL_SECOND)

enum { IN_A_ROW = 100000 }; /* switches, then an event has its turn */

static void time_out(struct drill_event *event)
{
    struct drill_task *task =
        (struct drill_task *)(void *)((char *)event - offsetof(struct drill_task, timer));

    task->timed_out = true;
    drill_task_ready(task);
}

int drill_tasks_init(struct drill_tasks *self, struct drill_sim *sim, size_t stack_bytes)
{
    if (drill_timeline_reserve(&sim->timeline, 1) < 0)
        return -ENOMEM;
    *self = (struct drill_tasks){.sim = sim, .current = &self->root};
    self->root = (struct drill_task){
        .tasks = self, .name = "main", .state = DRILL_TASK_RUNS, .timer = {.run = time_out}};
    drill_stacks_init(&self->stacks, &sim->mem, stack_bytes);
    drill_fiber_adopt(&self->root.fiber);
    return 0;
}

static void free_task(struct drill_task *task)
{
    struct drill_tasks *self = task->tasks;
    struct drill_mem *mem = &self->sim->mem;

    *(task->prev != NULL ? &task->prev->next : &self->first) = task->next;
    *(task->next != NULL ? &task->next->prev : &self->last) = task->prev;
    drill_mem_free(mem, (char *)(uintptr_t)task->name, strlen(task->name) + 1);
    drill_mem_free(mem, task, sizeof *task);
}

void drill_tasks_fini(struct drill_tasks *self)
{
    drill_tasks_kill(self, NULL);
    while (self->first != NULL)
        free_task(self->first);
    drill_stacks_fini(&self->stacks);
    drill_timeline_release(&self->sim->timeline, 1);
}

static void enqueue(struct drill_tasks *self, struct drill_task *task)
{
    task->ready_next = NULL;
    *(self->ready_last != NULL ? &self->ready_last->ready_next : &self->ready_first) = task;
    self->ready_last = task;
    self->ready_count++;
}

void drill_task_ready(struct drill_task *task)
{
    if (task->state != DRILL_TASK_WAITS)
        return;
    task->state = DRILL_TASK_READY;
    if (task->stack != NULL && !task->frozen)
        enqueue(task->tasks, task);
}

static void unqueue_after(struct drill_tasks *self, struct drill_task *before,
                          struct drill_task *task)
{
    *(before != NULL ? &before->ready_next : &self->ready_first) = task->ready_next;
    if (self->ready_last == task)
        self->ready_last = before;
    self->ready_count--;
}

static void unqueue(struct drill_tasks *self, struct drill_task *task)
{
    struct drill_task *before = NULL;

    for (struct drill_task *each = self->ready_first; each != task; each = each->ready_next)
        before = each;
    unqueue_after(self, before, task);
}

/* Out of line, so that `pick` stays short. */
static __attribute__((noinline)) struct drill_task *pick_chosen(struct drill_tasks *self)
{
    struct drill_task *task = drill_tasks_choose(self);

    unqueue(self, task);
    return task;
}

static struct drill_task *pick(struct drill_tasks *self)
{
    struct drill_task *task = self->ready_first;

    if (self->ready_count > 1 && (self->order != DRILL_ORDER_FIFO || self->sim->shuffles != NULL ||
                                  self->sim->choices.oracle != NULL))
        return pick_chosen(self);
    if (task != NULL)
        unqueue_after(self, NULL, task);
    return task;
}

/* The stack of an ended task can only be given back from another one. */
static void reap(struct drill_tasks *self)
{
    struct drill_task *ended = self->ended;

    if (ended == NULL)
        return;
    self->ended = NULL;
    drill_fiber_fini(&ended->fiber);
    drill_stacks_put(&self->stacks, ended->stack);
    ended->stack = NULL;
    if (ended->joiner != NULL)
        drill_task_ready(ended->joiner);
}

/* Tasks that keep each other running at one moment would stop time for all others. */
static bool is_events_turn(const struct drill_tasks *self)
{
    return self->in_a_row > IN_A_ROW && self->sim->timeline.count > 0;
}

static struct drill_task *next_to_run(struct drill_tasks *self)
{
    if (self->stepping || is_events_turn(self) || self->root.state == DRILL_TASK_READY ||
        self->ready_first == NULL)
        return &self->root;
    return pick(self);
}

static void enter(struct drill_tasks *self, struct drill_task *task)
{
    self->current = task;
    self->switches++;
    self->in_a_row++;
    self->quiet_since_ns = drill_sim_now(self->sim);
    if (task->stack != NULL)
        task->state = DRILL_TASK_RUNS;
}

static void switch_to(struct drill_tasks *self, struct drill_task *to)
{
    struct drill_task *from = self->current;

    if (from == to) {
        from->state = DRILL_TASK_RUNS;
        return;
    }
    enter(self, to);
    drill_fiber_switch(&from->fiber, &to->fiber);
    reap(self);
}

static void task_main(void *argument)
{
    struct drill_task *task = argument;
    struct drill_tasks *self = task->tasks;

    reap(self);
    task->result = task->run(task->argument);
    task->state = DRILL_TASK_ENDED;
    self->live -= !task->service;
    drill_timeline_release(&self->sim->timeline, 1);
    self->ended = task;
    struct drill_task *to = next_to_run(self);
    enter(self, to);
    drill_fiber_leave(&task->fiber, &to->fiber);
}

struct drill_task *drill_tasks_start(struct drill_tasks *self, struct drill_host *host,
                                     const char *name, int64_t (*run)(void *), void *argument,
                                     bool service)
{
    struct drill_mem *mem = &self->sim->mem;
    struct drill_task *task = drill_mem_zeroed(mem, sizeof *task);

    if (task == NULL)
        return NULL;
    *task = (struct drill_task){.tasks = self,
                                .host = host,
                                .run = run,
                                .argument = argument,
                                .state = DRILL_TASK_WAITS,
                                .timer = {.run = time_out},
                                .service = service,
                                .number = ++self->numbers};
    task->name = drill_mem_text(mem, name);
    if (task->name == NULL)
        goto no_name;
    if (drill_timeline_reserve(&self->sim->timeline, 1) < 0)
        goto no_timer;
    task->stack = drill_stacks_get(&self->stacks);
    if (task->stack == NULL)
        goto no_stack;
    drill_fiber_init(&task->fiber, task->stack, task_main, task);
    task->prev = self->last;
    *(self->last != NULL ? &self->last->next : &self->first) = task;
    self->last = task;
    self->live += !service;
    drill_task_ready(task);
    return task;

no_stack:
    drill_timeline_release(&self->sim->timeline, 1);
no_timer:
    drill_mem_free(mem, (char *)(uintptr_t)task->name, strlen(name) + 1);
no_name:
    drill_mem_free(mem, task, sizeof *task);
    return NULL;
}

int drill_task_join(struct drill_task *task, int64_t *result)
{
    struct drill_tasks *self = task->tasks;

    if (task == self->current || task->joiner != NULL)
        return -EDEADLK;
    while (task->state != DRILL_TASK_ENDED || task->stack != NULL) {
        task->joiner = self->current;
        const int waited = drill_task_wait(self, DRILL_NEVER, "join");
        task->joiner = NULL;
        if (waited < 0)
            return waited;
    }
    if (result != NULL)
        *result = task->result;
    free_task(task);
    return 0;
}

static void stop_waiting(struct drill_tasks *self, struct drill_task *task)
{
    drill_timeline_cancel(&self->sim->timeline, &task->timer);
    for (size_t i = 0; i < task->listener_count; i++)
        drill_file_unlisten(&task->listeners[i]);
    task->listeners = NULL;
    task->listener_count = 0;
}

static void kill_task(struct drill_tasks *self, struct drill_task *task)
{
    struct drill_file *file = task->holds;

    assert(task != self->current);
    stop_waiting(self, task);
    if (task->state == DRILL_TASK_READY && !task->frozen)
        unqueue(self, task);
    task->state = DRILL_TASK_ENDED;
    task->result = -ECANCELED;
    task->holds = NULL;
    drill_mem_free(&self->sim->mem, task->scratch, task->scratch_size);
    task->scratch = NULL;
    self->live -= !task->service;
    drill_timeline_release(&self->sim->timeline, 1);
    drill_fiber_fini(&task->fiber);
    drill_stacks_put(&self->stacks, task->stack);
    task->stack = NULL;
    for (struct drill_task *each = self->first; each != NULL; each = each->next)
        if (each->joiner == task)
            each->joiner = NULL;
    if (task->joiner != NULL)
        drill_task_ready(task->joiner);
    if (file != NULL)
        drill_file_drop(file);
}

void drill_tasks_kill(struct drill_tasks *self, const struct drill_host *host)
{
    for (struct drill_task *task = self->first; task != NULL; task = task->next)
        if ((host == NULL || task->host == host) && task->state != DRILL_TASK_ENDED)
            kill_task(self, task);
}

void drill_tasks_freeze(struct drill_tasks *self, const struct drill_host *host, bool frozen)
{
    for (struct drill_task *task = self->first; task != NULL; task = task->next) {
        if (task->host != host || task->frozen == frozen || task->state == DRILL_TASK_ENDED)
            continue;
        task->frozen = frozen;
        task->thawed_ns = drill_sim_now(self->sim);
        if (task->state == DRILL_TASK_READY && frozen)
            unqueue(self, task);
        else if (task->state == DRILL_TASK_READY)
            enqueue(self, task);
    }
}

int drill_tasks_step(struct drill_tasks *self)
{
    struct drill_timeline *timeline = &self->sim->timeline;
    struct drill_task *task = is_events_turn(self) ? NULL : pick(self);

    assert(self->current == &self->root);
    if (task != NULL) {
        switch_to(self, task);
        return 1;
    }
    if (self->sim->unsettled && drill_timeline_next(timeline) > timeline->now_ns) {
        self->sim->unsettled = false;
        self->sim->settle(self->sim, self->sim->settle_context);
        return 1;
    }
    if (timeline->count == timeline->background && self->ready_first == NULL &&
        (self->live == 0 || timeline->now_ns - self->quiet_since_ns > QUIET_NS))
        return 0;
    self->in_a_row = 0;
    self->turns += self->ready_first != NULL;
    return drill_timeline_step(timeline);
}

/* The root has no other stack to hand over to: it lets the world happen around it. */
static int wait_at_root(struct drill_tasks *self)
{
    const bool stepping = self->stepping;
    int moved = 1;

    self->stepping = false;
    self->live++; /* background events may yet wake it */
    while (self->root.state == DRILL_TASK_WAITS && moved)
        moved = drill_tasks_step(self);
    if (!moved && self->stalled != NULL)
        self->stalled(self);
    self->live--;
    self->stepping = stepping;
    self->root.state = DRILL_TASK_RUNS;
    return moved ? 0 : -EDEADLK;
}

int drill_task_wait(struct drill_tasks *self, int64_t when_ns, const char *what)
{
    struct drill_task *task = self->current;
    int result = 0;

    task->state = DRILL_TASK_WAITS;
    task->waits_for = what;
    task->timed_out = false;
    if (when_ns != DRILL_NEVER) {
        if (self->sim->late != NULL)
            when_ns = self->sim->late(self->sim, task, when_ns);
        drill_timeline_set(&self->sim->timeline, &task->timer, when_ns);
    }
    if (task == &self->root)
        result = wait_at_root(self);
    else
        switch_to(self, next_to_run(self));
    stop_waiting(self, task);
    return task->timed_out ? -ETIMEDOUT : result;
}

static void wake_task(struct drill_listener *listener, uint32_t bits)
{
    if (bits == DRILL_WAKE_GONE)
        drill_file_unlisten(listener);
    drill_task_ready(listener->task);
}

void drill_task_listener(struct drill_tasks *self, struct drill_listener *listener, uint32_t bits)
{
    *listener = (struct drill_listener){
        .bits = bits | DRILL_POLLERR | DRILL_POLLHUP, .wake = wake_task, .task = self->current};
}

int drill_task_wait_file(struct drill_tasks *self, struct drill_file *file, uint32_t bits,
                         int64_t when_ns, const char *what)
{
    struct drill_task *task = self->current;
    struct drill_listener listener;

    drill_task_listener(self, &listener, bits);
    drill_file_listen(file, &listener);
    task->listeners = &listener;
    task->listener_count = 1;
    return drill_task_wait(self, when_ns, what);
}

int drill_task_yield(struct drill_tasks *self)
{
    struct drill_task *task = self->current;

    if (task == &self->root) {
        drill_tasks_step(self);
        return 0;
    }
    task->priority = --self->floor;
    task->state = DRILL_TASK_WAITS;
    drill_task_ready(task);
    switch_to(self, next_to_run(self));
    return 0;
}
