#include "api/sockdrill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/current.h"
#include "api/need.h"
#include "emu/netstat.h"
#include "emu/power.h"

static void to_stderr(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "sockdrill: %s\n", line);
}

struct drill_world *drill_world_new(const struct drill_config *config)
{
    static const struct drill_config calm = {0};
    struct drill_world *world = malloc(sizeof *world);

    if (world == NULL)
        return NULL;
    if (config == NULL)
        config = &calm;
    if (drill_world_init(world, config->seed, config->fail_allocation, config->stack_bytes,
                         config->reserve) < 0) {
        free(world);
        return NULL;
    }
    world->sim.report = config->report != NULL ? config->report : to_stderr;
    world->sim.report_context = config->report_context;
    if (config->evidence)
        drill_witness_begin(&world->door.witness, config->spin_limit);
    drill_sim_trace_to(&world->sim, config->trace, config->trace_context);
    drill_current = world;
    return world;
}

struct drill_reserve *drill_reserve_new(void)
{
    return calloc(1, sizeof(struct drill_reserve));
}

void drill_reserve_free(struct drill_reserve *reserve)
{
    if (reserve == NULL)
        return;
    drill_stacks_drain(reserve);
    drill_mem_drain(reserve);
    free(reserve);
}

void drill_world_free(struct drill_world *world)
{
    if (world == NULL)
        return;
    drill_world_fini(world);
    if (drill_current == world)
        drill_current = NULL;
    free(world);
}

int drill_run(struct drill_world *world)
{
    DRILL_NEED(world, -EINVAL);
    drill_current = world;
    return drill_world_run(world);
}

int drill_run_until(struct drill_world *world, int64_t when_ns)
{
    DRILL_NEED(world, -EINVAL);
    drill_current = world;
    return drill_world_run_until(world, when_ns);
}

int drill_step(struct drill_world *world)
{
    DRILL_NEED(world, -EINVAL);
    drill_current = world;
    return drill_world_step(world);
}

int64_t drill_now(const struct drill_world *world)
{
    DRILL_NEED(world, -EINVAL);
    return drill_sim_now(&world->sim);
}

uint64_t drill_hash(const struct drill_world *world)
{
    DRILL_NEED(world, 0);
    return world->sim.hash;
}

int drill_at(struct drill_world *world, int64_t when_ns, void (*action)(void *context),
             void *context)
{
    DRILL_NEED(world, -EINVAL);
    DRILL_NEED(action, -EINVAL);
    return drill_world_at(world, when_ns, action, context);
}

struct drill_stats drill_stats(const struct drill_world *world)
{
    DRILL_NEED(world, (struct drill_stats){0});
    const struct drill_sim *sim = &world->sim;
    struct drill_stats stats = {
        .calls = sim->calls,
        .packets = sim->packets,
        .dropped = sim->dropped,
        .retransmitted = sim->retransmitted,
        .events = sim->timeline.ran,
        .switches = world->tasks.switches,
        .allocations = sim->mem.count,
        .live_allocations = sim->mem.live,
        .live_bytes = sim->mem.live_bytes,
        .live_tasks = world->tasks.live,
        .unmodelled = sim->unmodelled,
    };

    for (const struct drill_host *host = world->net.hosts; host != NULL; host = host->next)
        stats.open_descriptors += host->fds.count;
    return stats;
}

static int add_address(struct drill_host *host, const char *text)
{
    struct drill_sockaddr given;
    struct drill_addr addr;

    if (drill_sockaddr_read(&given, text) < 0 || drill_addr_from(&addr, &given) < 0 ||
        given.port != 0) {
        drill_sim_report(host->sim, "host %s: '%s' is no IP address", host->name, text);
        return -EINVAL;
    }
    const int result = drill_net_add_addr(host->net, host, &addr);
    if (result == -EADDRINUSE)
        drill_sim_report(host->sim, "host %s: another host has %s", host->name, text);
    else if (result == -EINVAL)
        drill_sim_report(host->sim, "host %s: %s is no address of one host", host->name, text);
    return result;
}

struct drill_host *drill_host_new(struct drill_world *world, const char *name, const char *address)
{
    DRILL_NEED(world, NULL);
    if (name == NULL || name[0] == '\0' || drill_host_find(world, name) != NULL) {
        drill_sim_report(&world->sim, "a host needs a name that no other has, not '%s'",
                         name != NULL ? name : "");
        return NULL;
    }
    struct drill_host *host = drill_world_add_host(world, name);
    if (host != NULL && address != NULL && add_address(host, address) < 0)
        return NULL;
    return host;
}

int drill_host_address(struct drill_host *host, const char *address)
{
    DRILL_NEED(host, -EINVAL);
    return address == NULL ? -EINVAL : add_address(host, address);
}

struct drill_host *drill_host_find(struct drill_world *world, const char *name)
{
    DRILL_NEED(world, NULL);
    DRILL_NEED(name, NULL);
    return drill_world_find_host(world, name);
}

const char *drill_host_name(const struct drill_host *host)
{
    DRILL_NEED(host, NULL);
    return host->name;
}

int drill_boot(struct drill_host *host, const char *name, int64_t (*run)(void *), void *argument)
{
    DRILL_NEED(host, -EINVAL);
    DRILL_NEED(run, -EINVAL);
    DRILL_NEED(name, -EINVAL);
    const int result = drill_host_boot(host, name, run, argument);
    if (result < 0 || !host->up)
        return result;
    return drill_power_run(host, name, run, argument, true) != NULL ? 0 : -ENOMEM;
}

int drill_enter(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    host->tasks->root.host = host;
    drill_current = drill_world_of(host);
    return 0;
}

void drill_hook(struct drill_world *world, drill_packet_hook *hook, void *context)
{
    DRILL_NEED(world, );
    drill_net_set_hook(&world->net, hook, context);
}

struct drill_task *drill_start(struct drill_host *host, const char *name, int64_t (*run)(void *),
                               void *argument)
{
    DRILL_NEED(host, NULL);
    DRILL_NEED(run, NULL);
    return drill_power_run(host, name != NULL ? name : "task", run, argument, false);
}

struct drill_task *drill_start_service(struct drill_host *host, const char *name,
                                       int64_t (*run)(void *), void *argument)
{
    DRILL_NEED(host, NULL);
    DRILL_NEED(run, NULL);
    return drill_power_run(host, name != NULL ? name : "task", run, argument, true);
}

int drill_join(struct drill_task *task, int64_t *result)
{
    DRILL_NEED(task, -EINVAL);
    return drill_task_join(task, result);
}

bool drill_task_ended(const struct drill_task *task)
{
    DRILL_NEED(task, true);
    return task->state == DRILL_TASK_ENDED;
}

int drill_fault_parse(const char *text, struct drill_fault_line *line)
{
    DRILL_NEED(text, -EINVAL);
    DRILL_NEED(line, -EINVAL);
    return drill_fault_read(text, line);
}

int drill_fault_add(struct drill_world *world, const struct drill_fault *fault)
{
    DRILL_NEED(fault, -EINVAL);
    DRILL_NEED(world, -EINVAL);
    const int result = drill_faults_add(&world->door.faults, fault);
    drill_power_rest(&world->tasks);
    return result;
}

int drill_fault_remove(struct drill_world *world, int id)
{
    DRILL_NEED(world, -EINVAL);
    return drill_faults_remove(&world->door.faults, id);
}

int64_t drill_fault_hits(const struct drill_world *world, int id)
{
    DRILL_NEED(world, -EINVAL);
    const struct drill_rule *rule = drill_faults_rule(&world->door.faults, id);
    return rule != NULL ? (int64_t)rule->hits : -ENOENT;
}

int drill_fault_find(const struct drill_world *world, const char *label)
{
    DRILL_NEED(world, -EINVAL);
    DRILL_NEED(label, -EINVAL);
    const struct drill_rule *rule = drill_faults_named(&world->door.faults, label);
    return rule != NULL ? rule->id : -ENOENT;
}

const char *drill_fault_label(const struct drill_world *world, int id)
{
    DRILL_NEED(world, NULL);
    const struct drill_rule *rule = drill_faults_rule(&world->door.faults, id);
    return rule != NULL ? rule->name : NULL;
}

int drill_calm(struct drill_world *world)
{
    DRILL_NEED(world, -EINVAL);
    drill_world_calm(world);
    return 0;
}

void drill_swarm(struct drill_world *world)
{
    DRILL_NEED(world, );
    drill_faults_swarm(&world->door.faults);
}

int drill_fault_add_standard(struct drill_world *world, bool hostile)
{
    DRILL_NEED(world, -EINVAL);
    return drill_faults_add_standard(&world->door.faults, hostile);
}

void drill_oracle_set(struct drill_world *world, drill_oracle *oracle, void *context)
{
    DRILL_NEED(world, );
    world->sim.choices.oracle = oracle;
    world->sim.choices.context = context;
    drill_sim_watch(&world->sim);
}

void drill_recorder_set(struct drill_world *world, drill_recorder *recorder, void *context)
{
    DRILL_NEED(world, );
    world->sim.choices.recorder = recorder;
    world->sim.choices.recorder_context = context;
    drill_sim_watch(&world->sim);
}

int drill_order_tasks(struct drill_world *world, enum drill_task_order order, uint32_t depth,
                      uint64_t steps)
{
    DRILL_NEED(world, -EINVAL);
    return drill_tasks_set_order(&world->tasks, order, depth, steps);
}

uint64_t drill_choose(struct drill_world *world, enum drill_choice_kind kind, uint32_t site,
                      uint64_t count)
{
    DRILL_NEED(world, 0);
    return drill_choices_pick(&world->sim.choices, kind, site, count);
}

void drill_netstat(struct drill_world *world, drill_line *line, void *context)
{
    DRILL_NEED(world, );
    drill_netstat_write(&world->net, line, context);
}

void drill_trace_to(struct drill_world *world, drill_line *trace, void *context)
{
    DRILL_NEED(world, );
    drill_sim_trace_to(&world->sim, trace, context);
}
