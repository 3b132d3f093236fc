#include "emu/fault.h"

static bool is_between(const struct drill_path *path, const struct drill_host *host)
{
    return path->from == host || path->to == host;
}

static bool concerns(const struct drill_rule *rule, const struct drill_path *path)
{
    if (rule->host != NULL && rule->peer != NULL)
        return path->from == rule->host && path->to == rule->peer;
    if (path->from == path->to)
        return false;
    if (rule->host != NULL)
        return is_between(path, rule->host);
    return rule->peer == NULL || path->to == rule->peer;
}

/* What the rule makes of a link. */
static void lie_over(const struct drill_rule *rule, struct drill_path *path)
{
    bool cuts = false;

    switch (rule->what) {
    case DRILL_FAULT_rate:
        if (concerns(rule, path))
            path->link.rate_bps = rule->fault.rate_bps;
        break;
    case DRILL_FAULT_mtu:
        if (concerns(rule, path))
            path->link.mtu = (uint32_t)rule->fault.number;
        break;
    case DRILL_FAULT_hold:
        path->held = path->held || concerns(rule, path);
        break;
    case DRILL_FAULT_partition:
        cuts = concerns(rule, path);
        break;
    default:
        break;
    }
    if (cuts && !path->cut) {
        path->cut = true;
        path->cut_by = rule->name;
    }
}

static void overlay(struct drill_net *net, struct drill_path *path)
{
    for (const struct drill_rule *rule = net->faults->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (rule->acts)
            lie_over(rule, path);
}

void drill_links_act(struct drill_rule *rule, bool begins)
{
    struct drill_net *net = rule->faults->net;

    (void)begins;
    drill_net_shape(net, rule->name);
}

void drill_links_let_act(struct drill_faults *self)
{
    self->net->overlay = overlay;
}
