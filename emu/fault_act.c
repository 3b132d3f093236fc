#include "emu/fault.h"
#include "emu/power.h"

enum { TURNS = 100000 }; /* of one act: then it rests */

struct drill_host *drill_faults_host(const struct drill_faults *self, uint64_t index)
{
    struct drill_host *host = self->net->hosts;

    while (host != NULL && index-- > 0)
        host = host->next;
    return host;
}

static struct drill_host *find_befallen(const struct drill_rule *rule)
{
    const struct drill_net *net = rule->faults->net;

    if (rule->host != NULL || net->hosts == NULL)
        return rule->host;
    if (rule->befallen != NULL)
        return rule->befallen; /* who has sent the packet that set it off */
    if (drill_rule_is_by_call(rule))
        return net->hosts->tasks->current->host;
    return drill_faults_host(rule->faults,
                             drill_rule_pick(rule, DRILL_CHOICE_ORDER, net->host_count));
}

bool drill_rule_is_shared(const struct drill_rule *rule)
{
    for (const struct drill_rule *each = rule->faults->groups[DRILL_RULES_ACT]; each != NULL;
         each = each->group_next)
        if (each != rule && each->acts && each->what == rule->what &&
            each->befallen == rule->befallen && each->state.value != 0)
            return true;
    return false;
}

void drill_rule_turn(struct drill_rule *rule)
{
    struct drill_timeline *timeline = &rule->faults->sim->timeline;
    const int64_t delay = rule->fault.delay_ns < 0 ? -rule->fault.delay_ns : rule->fault.delay_ns;

    if (rule->turned++ >= TURNS && rule->state.value == 0)
        return;
    drill_timeline_set(timeline, &rule->turns,
                       timeline->now_ns + (delay != 0 ? delay : DRILL_OFTEN_NS));
}

static bool befalls_a_host(enum drill_fault_what what)
{
    if (drill_fault_rows[what].place == DRILL_PLACE_LINK)
        return what == DRILL_FAULT_isolate;
    return what != DRILL_FAULT_allocation;
}

static void act(struct drill_rule *rule, bool begins)
{
    if (begins)
        rule->befallen = befalls_a_host(rule->what) ? find_befallen(rule) : NULL;
    else
        drill_timeline_cancel(&rule->faults->sim->timeline, &rule->turns);
    rule->turns.background = true;
    rule->turned = 0;
    if (befalls_a_host(rule->what) && rule->befallen == NULL)
        return; /* there was no host yet */
    switch (drill_fault_rows[rule->what].place) {
    case DRILL_PLACE_LINK:
        drill_links_act(rule, begins);
        break;
    case DRILL_PLACE_HOST:
        drill_hosts_act(rule, begins);
        break;
    case DRILL_PLACE_CLOCK:
        drill_clocks_act(rule, begins);
        break;
    default:
        drill_limits_act(rule, begins);
    }
    if (!begins)
        rule->befallen = NULL;
}

bool drill_faults_survive(struct drill_host *host, struct drill_args *args)
{
    drill_power_rest(host->tasks);
    if (args->file == NULL || drill_fds_find(&host->fds, args->fd) == args->file)
        return true;
    args->file = NULL;
    return false;
}

void drill_faults_let_act(struct drill_faults *self)
{
    self->act = act;
    drill_links_let_act(self);
}
