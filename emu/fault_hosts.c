#include "emu/fault.h"
#include "emu/power.h"

/* state.value: this rule has done it, so its end undoes it, unless another still does it. */
static void crash(struct drill_rule *rule, bool begins)
{
    struct drill_host *host = rule->befallen;

    if (begins)
        rule->state.value = drill_power_crash(host, rule->name) == 0 || drill_rule_is_shared(rule);
    else if (rule->state.value != 0 && !drill_rule_is_shared(rule) && !host->up)
        drill_power_start(host, rule->name);
}

static void kill(struct drill_rule *rule, bool begins)
{
    struct drill_host *host = rule->befallen;

    if (begins)
        rule->state.value = drill_power_kill(host, rule->name) == 0 || drill_rule_is_shared(rule);
    else if (rule->state.value != 0 && !drill_rule_is_shared(rule) && host->up)
        drill_power_start(host, rule->name);
}

/* Its links are cut by fault_links.c. */
static void take_addresses(struct drill_rule *rule, bool begins)
{
    struct drill_host *host = rule->befallen;
    const struct drill_sim *sim = host->sim;

    host->addressless += begins ? 1 : UINT32_MAX;
    host->net->addr_changes++;
    if (sim->trace != NULL)
        drill_sim_trace(rule->faults->sim, "host %s %s its addresses <- fault %s", host->name,
                        begins ? "loses" : "has", rule->name);
    drill_net_shape(host->net, rule->name);
}

void drill_hosts_act(struct drill_rule *rule, bool begins)
{
    switch (rule->what) {
    case DRILL_FAULT_crash:
        crash(rule, begins);
        break;
    case DRILL_FAULT_kill:
        kill(rule, begins);
        break;
    case DRILL_FAULT_no_address:
        take_addresses(rule, begins);
        break;
    case DRILL_FAULT_pause:
        drill_power_pause_by(rule->befallen, begins, rule->name);
        break;
    default:
        break;
    }
}
