#include "emu/world.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "emu/decision.h"
#include "emu/netstat.h"
#include "emu/power.h"
#include "emu/tcp.h"
#include "emu/unix_names.h"

struct drill_action {
    struct drill_event event;
    struct drill_action *next, *prev;
    struct drill_world *world;
    void (*run)(void *context);
    void *context;
};

void drill_world_report_stall(struct drill_world *self)
{
    const int64_t now = drill_sim_now(&self->sim);

    if (self->sim.report == NULL)
        return;
    drill_sim_report(&self->sim, "stall at %lld.%09lld s: every task waits and nothing is due",
                     (long long)(now / DRILL_SECOND), (long long)(now % DRILL_SECOND));
    drill_netstat_waiting(&self->tasks, self->sim.report, self->sim.report_context);
    drill_netstat_write(&self->net, self->sim.report, self->sim.report_context);
}

static void stalled(struct drill_tasks *tasks)
{
    drill_world_report_stall(
        (struct drill_world *)(void *)((char *)tasks - offsetof(struct drill_world, tasks)));
}

int drill_world_init(struct drill_world *self, uint64_t seed, uint64_t fail_allocation,
                     size_t stack_bytes, struct drill_reserve *reserve)
{
    drill_sim_init(&self->sim, seed, fail_allocation);
    self->sim.mem.reserve = reserve;
    if (drill_tasks_init(&self->tasks, &self->sim, stack_bytes) < 0) {
        drill_sim_fini(&self->sim);
        return -ENOMEM;
    }
    if (drill_net_init(&self->net, &self->sim) < 0) {
        drill_tasks_fini(&self->tasks);
        drill_sim_fini(&self->sim);
        return -ENOMEM;
    }
    drill_tcp_begin(&self->net);
    self->tasks.stalled = stalled;
    self->door.sim = &self->sim;
    self->door.tasks = &self->tasks;
    drill_faults_init(&self->door.faults, &self->sim, &self->net);
    drill_witness_init(&self->door.witness, &self->sim, &self->tasks, &self->door.faults);
    drill_decisions_name(&self->door);
    drill_faults_let_act(&self->door.faults);
    self->actions = NULL;
    return 0;
}

static void free_action(struct drill_action *action)
{
    struct drill_world *world = action->world;

    *(action->prev != NULL ? &action->prev->next : &world->actions) = action->next;
    if (action->next != NULL)
        action->next->prev = action->prev;
    drill_timeline_cancel(&world->sim.timeline, &action->event);
    drill_timeline_release(&world->sim.timeline, 1);
    drill_mem_free(&world->sim.mem, action, sizeof *action);
}

void drill_world_fini(struct drill_world *self)
{
    struct drill_mem *mem = &self->sim.mem;

    drill_tasks_kill(&self->tasks, NULL);
    while (self->actions != NULL)
        free_action(self->actions);
    for (struct drill_host *host = self->net.hosts; host != NULL; host = host->next)
        drill_power_empty(host);
    drill_net_drop_all(&self->net);
    drill_faults_fini(&self->door.faults);
    drill_witness_fini(&self->door.witness);
    while (self->net.hosts != NULL) {
        struct drill_host *host = self->net.hosts;
        self->net.hosts = host->next;
        drill_unix_names_fini(host);
        drill_host_fini(host);
        drill_mem_free(mem, host, sizeof *host);
    }
    drill_net_fini(&self->net);
    drill_tasks_fini(&self->tasks);
    drill_sim_fini(&self->sim);
}

bool drill_world_is_stalled(const struct drill_world *self)
{
    for (const struct drill_task *task = self->tasks.first; task != NULL; task = task->next)
        if (!task->service && task->state == DRILL_TASK_WAITS)
            return true;
    return false;
}

static int result_of_run(struct drill_world *self)
{
    if (!drill_world_is_stalled(self))
        return 0;
    drill_world_report_stall(self);
    return -EDEADLK;
}

static bool is_task(const struct drill_world *self)
{
    return self->tasks.current != &self->tasks.root;
}

static bool is_done(const struct drill_world *self)
{
    const struct drill_timeline *timeline = &self->sim.timeline;

    return self->tasks.live == 0 && self->tasks.ready_first == NULL && !self->sim.unsettled &&
           timeline->count == timeline->background;
}

int drill_world_run(struct drill_world *self)
{
    if (is_task(self))
        return -EBUSY;
    while (!is_done(self) && drill_tasks_step(&self->tasks))
        continue;
    return result_of_run(self);
}

int drill_world_run_until(struct drill_world *self, int64_t when_ns)
{
    struct drill_timeline *timeline = &self->sim.timeline;

    if (is_task(self))
        return -EBUSY;
    while (self->tasks.ready_first != NULL || self->sim.unsettled ||
           drill_timeline_next(timeline) <= when_ns)
        if (!drill_tasks_step(&self->tasks) && !drill_timeline_step(timeline))
            break;
    if (timeline->now_ns < when_ns)
        timeline->now_ns = when_ns;
    return 0;
}

int drill_world_step(struct drill_world *self)
{
    if (is_task(self))
        return -EBUSY;
    self->tasks.stepping = true;
    const int moved = drill_tasks_step(&self->tasks);
    self->tasks.stepping = false;
    return moved;
}

static void run_action(struct drill_event *event)
{
    struct drill_action *action = (struct drill_action *)(void *)event;
    void (*run)(void *) = action->run;
    void *context = action->context;

    free_action(action);
    run(context);
}

int drill_world_at(struct drill_world *self, int64_t when_ns, void (*action)(void *context),
                   void *context)
{
    struct drill_action *made = drill_mem_new(&self->sim.mem, sizeof *made);

    if (made == NULL)
        return -ENOMEM;
    if (drill_timeline_reserve(&self->sim.timeline, 1) < 0) {
        drill_mem_free(&self->sim.mem, made, sizeof *made);
        return -ENOMEM;
    }
    *made = (struct drill_action){.event = {.run = run_action},
                                  .next = self->actions,
                                  .world = self,
                                  .run = action,
                                  .context = context};
    if (self->actions != NULL)
        self->actions->prev = made;
    self->actions = made;
    drill_timeline_set(&self->sim.timeline, &made->event, when_ns);
    return 0;
}

struct drill_host *drill_world_add_host(struct drill_world *self, const char *name)
{
    struct drill_host *host = drill_mem_new(&self->sim.mem, sizeof *host);

    if (host == NULL)
        return NULL;
    if (drill_host_init(host, &self->net, &self->sim, name) < 0) {
        drill_mem_free(&self->sim.mem, host, sizeof *host);
        return NULL;
    }
    host->tasks = &self->tasks;
    host->id = ++self->net.host_count;
    *(self->net.newest != NULL ? &self->net.newest->next : &self->net.hosts) = host;
    self->net.newest = host;
    if (self->tasks.root.host == NULL)
        self->tasks.root.host = host;
    return host;
}

struct drill_host *drill_world_find_host(struct drill_world *self, const char *name)
{
    for (struct drill_host *host = self->net.hosts; host != NULL; host = host->next)
        if (strcmp(host->name, name) == 0)
            return host;
    return NULL;
}

struct drill_world *drill_world_of(const struct drill_host *host)
{
    return (struct drill_world *)(void *)((char *)host->net - offsetof(struct drill_world, net));
}

void drill_world_calm(struct drill_world *self)
{
    drill_faults_remove_all(&self->door.faults);
    drill_net_calm(&self->net);
    for (struct drill_host *host = self->net.hosts; host != NULL; host = host->next) {
        drill_power_start(host, NULL);
        drill_power_pause(host, false);
        host->drift_ppm = 0;
        drill_clocks_apply(host);
        host->limits = host->own_limits;
        drill_limits_apply(host);
    }
}
