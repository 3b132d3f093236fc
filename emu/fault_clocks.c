#include <stddef.h>

#include "emu/fault.h"

enum { DRIFT_MAX = 1000000 };

static void trace(const struct drill_rule *rule, const char *what, int64_t amount, const char *unit)
{
    struct drill_sim *sim = rule->faults->sim;

    if (sim->trace != NULL)
        drill_sim_trace(sim, "clock of %s %s %lld %s <- fault %s", rule->befallen->name, what,
                        (long long)amount, unit, rule->name);
}

static void step(const struct drill_rule *rule, int64_t by_ns)
{
    struct drill_host *host = rule->befallen;

    drill_host_set_wall(host, drill_host_wall(host) + by_ns, host->wall_drift_ppm);
    trace(rule, "steps", by_ns, "ns");
}

static int64_t strobe_ns(const struct drill_rule *rule)
{
    return rule->fault.delay_ns != 0 ? rule->fault.delay_ns : DRILL_OFTEN_NS;
}

/* state.value: it has jumped forth. */
static void jump(struct drill_rule *rule)
{
    rule->state.value = !rule->state.value;
    step(rule, rule->state.value != 0 ? strobe_ns(rule) : -strobe_ns(rule));
}

static void jump_on(struct drill_event *event)
{
    struct drill_rule *rule =
        (struct drill_rule *)(void *)((char *)event - offsetof(struct drill_rule, turns));

    jump(rule);
    drill_rule_turn(rule);
}

static void strobe(struct drill_rule *rule, bool begins)
{
    if (begins) {
        rule->state.value = 0;
        rule->turns.run = jump_on;
        jump(rule);
        drill_rule_turn(rule);
    } else if (rule->state.value != 0) {
        jump(rule);
    }
}

void drill_clocks_apply(struct drill_host *host)
{
    int64_t drift = host->drift_ppm;

    for (const struct drill_rule *rule = host->net->faults->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (rule->acts && rule->what == DRILL_FAULT_clock_drift && rule->befallen == host)
            drift += rule->fault.drift_ppm;
    if (drift < -DRIFT_MAX || drift > DRIFT_MAX)
        drift = drift < 0 ? -DRIFT_MAX : DRIFT_MAX;
    drill_host_set_wall(host, drill_host_wall(host), (int32_t)drift);
}

void drill_clocks_act(struct drill_rule *rule, bool begins)
{
    switch (rule->what) {
    case DRILL_FAULT_clock_step:
        step(rule, begins ? rule->fault.delay_ns : -rule->fault.delay_ns);
        break;
    case DRILL_FAULT_clock_strobe:
        strobe(rule, begins);
        break;
    case DRILL_FAULT_clock_drift:
        drill_clocks_apply(rule->befallen);
        trace(rule, "drifts", rule->befallen->wall_drift_ppm, "ppm");
        break;
    default:
        break;
    }
}
