#include "emu/fault.h"

/* state.value: of hosts, the limit that the rule sets; of allocations, the one that fails. */

static bool acts_on(const struct drill_rule *rule, enum drill_fault_what what,
                    const struct drill_host *host)
{
    return rule->acts && rule->what == what && rule->befallen == host;
}

/* The least of what the test has said and what rules that act say. */
static uint64_t least(const struct drill_host *host, enum drill_fault_what what, uint64_t said)
{
    for (const struct drill_rule *rule = host->net->faults->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (acts_on(rule, what, host) && rule->state.value < said)
            said = rule->state.value;
    return said;
}

void drill_limits_apply(struct drill_host *host)
{
    const struct drill_limits *limits = &host->limits;

    host->fds.limit = (uint32_t)least(host, DRILL_FAULT_descriptors, limits->descriptors);
    host->ports.first_port = limits->port_first;
    host->ports.last_port = (uint16_t)least(host, DRILL_FAULT_ports, limits->port_last);
}

/* It starts from what the test has said, so that it does not depend on other rules. */
static uint64_t find_limit(const struct drill_rule *rule)
{
    struct drill_host *host = rule->befallen;

    host->fds.limit = host->limits.descriptors;
    host->ports.last_port = host->limits.port_last;
    if (rule->what == DRILL_FAULT_descriptors)
        return drill_fds_limit_for(&host->fds, rule->fault.number);
    return drill_ports_last_for(&host->ports, rule->fault.number);
}

static void limit_host(struct drill_rule *rule, bool begins)
{
    const struct drill_host *host = rule->befallen;
    struct drill_sim *sim = host->sim;

    if (begins)
        rule->state.value = find_limit(rule);
    drill_limits_apply(rule->befallen);
    if (sim->trace == NULL)
        return;
    if (rule->what == DRILL_FAULT_descriptors)
        drill_sim_trace(sim, "host %s: descriptors below %u <- fault %s", host->name,
                        host->fds.limit, rule->name);
    else
        drill_sim_trace(sim, "host %s: ephemeral ports %u-%u <- fault %s", host->name,
                        host->ports.first_port, host->ports.last_port, rule->name);
}

/* Which allocation is the next to fail. */
static void set_next(struct drill_faults *self)
{
    struct drill_mem *mem = &self->sim->mem;
    uint64_t next = self->fail_at;

    for (const struct drill_rule *rule = self->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (acts_on(rule, DRILL_FAULT_allocation, NULL) && rule->state.value > mem->count &&
            (next <= mem->count || rule->state.value < next))
            next = rule->state.value;
    mem->fail_at = next;
}

static void has_failed(void *context)
{
    struct drill_faults *self = context;
    struct drill_sim *sim = self->sim;

    for (const struct drill_rule *rule = self->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (acts_on(rule, DRILL_FAULT_allocation, NULL) && rule->state.value == sim->mem.count &&
            sim->trace != NULL)
            drill_sim_trace(sim, "allocation #%llu fails <- fault %s",
                            (unsigned long long)sim->mem.count, rule->name);
    set_next(self);
}

/* What was to fail without rules is kept while there are some. */
static void fail_allocation(struct drill_rule *rule, bool begins)
{
    struct drill_faults *self = rule->faults;
    struct drill_mem *mem = &self->sim->mem;

    if (begins) {
        if (self->failing++ == 0)
            self->fail_at = mem->fail_at;
        mem->failed = has_failed;
        mem->failed_context = self;
        rule->state.value = mem->count + (rule->fault.number > 0 ? rule->fault.number : 1);
    } else if (--self->failing == 0) {
        mem->failed = NULL;
    }
    set_next(self);
}

void drill_limits_act(struct drill_rule *rule, bool begins)
{
    if (rule->what == DRILL_FAULT_allocation)
        fail_allocation(rule, begins);
    else
        limit_host(rule, begins);
}
