#include <stddef.h>

#include "emu/fault.h"

enum { SWIZZLED = 64 }; /* hosts; those born later are let alone */

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

static bool is_clogged(const struct drill_rule *rule, const struct drill_host *host)
{
    return host->id <= SWIZZLED && (rule->state.value >> (host->id - 1) & 1) != 0;
}

/* On which side of a bridge a host is: 0 or 1; 2: it is the bridge. */
static int side_of(const struct drill_rule *rule, const struct drill_host *host)
{
    const uint32_t count = rule->faults->net->host_count;
    const uint32_t bridge = rule->host != NULL ? rule->host->id : count / 2 + 1;
    const uint32_t place = host->id - (host->id > bridge);

    if (host->id == bridge)
        return 2;
    return place > (count - 1) / 2;
}

static bool is_across(const struct drill_rule *rule, const struct drill_path *path)
{
    const int from = side_of(rule, path->from), to = side_of(rule, path->to);

    return from != to && from != 2 && to != 2;
}

/* On a ring in order of birth, each reaches itself and its neighbours, as many as are a majority.
 */
static bool is_far(const struct drill_rule *rule, const struct drill_path *path)
{
    const uint32_t count = rule->faults->net->host_count, majority = count / 2 + 1;

    return (path->to->id + count - path->from->id + majority / 2) % count >= majority;
}

/* Whether the rule cuts a link. */
static bool cuts(const struct drill_rule *rule, const struct drill_path *path)
{
    const bool leaves_host = path->from != path->to;

    switch (rule->what) {
    case DRILL_FAULT_partition:
        return concerns(rule, path);
    case DRILL_FAULT_flap:
        return rule->state.value != 0 && concerns(rule, path);
    case DRILL_FAULT_bridge:
        return leaves_host && is_across(rule, path);
    case DRILL_FAULT_ring:
        return leaves_host && is_far(rule, path);
    case DRILL_FAULT_isolate:
    case DRILL_FAULT_no_address:
        return leaves_host && is_between(path, rule->befallen);
    default:
        return false;
    }
}

/* What the rule makes of a link. */
static void lie_over(const struct drill_rule *rule, struct drill_path *path)
{
    switch (rule->what) {
    case DRILL_FAULT_rate:
        if (concerns(rule, path))
            path->link.rate_bps = rule->fault.rate_bps;
        break;
    case DRILL_FAULT_mtu:
        if (concerns(rule, path))
            path->link.mtu =
                rule->fault.number < UINT16_MAX ? (uint32_t)rule->fault.number : UINT16_MAX;
        break;
    case DRILL_FAULT_hold:
        path->held = path->held || concerns(rule, path);
        break;
    case DRILL_FAULT_swizzle:
        path->held = path->held || (path->from != path->to &&
                                    (is_clogged(rule, path->from) || is_clogged(rule, path->to)));
        break;
    default:
        break;
    }
    if (!path->cut && cuts(rule, path)) {
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

static struct drill_rule *rule_of_turns(struct drill_event *event)
{
    return (struct drill_rule *)(void *)((char *)event - offsetof(struct drill_rule, turns));
}

/* state.value: it is cut. */
static void flap(struct drill_event *event)
{
    struct drill_rule *rule = rule_of_turns(event);

    rule->state.value = !rule->state.value;
    drill_net_shape(rule->faults->net, rule->name);
    drill_rule_turn(rule);
}

/* One of the hosts whose bit is set; there is one. */
static uint64_t draw(const struct drill_rule *rule, uint64_t among)
{
    uint64_t skip =
        drill_rule_pick(rule, DRILL_CHOICE_ORDER, (uint64_t)__builtin_popcountll(among));

    for (; skip > 0; skip--)
        among &= among - 1;
    return among & -among;
}

/* The hosts that a swizzle is about: all of them, or the one it names. */
static uint64_t all(const struct drill_rule *rule)
{
    const uint32_t count = rule->faults->net->host_count;

    if (rule->host != NULL)
        return rule->host->id <= SWIZZLED ? UINT64_C(1) << (rule->host->id - 1) : 0;
    return count < SWIZZLED ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/* state.value: hosts that are clogged, a bit each; state.at_ns: how many more will be.  Then they
 * are released. */
static void swizzle(struct drill_rule *rule)
{
    struct drill_rule_state *state = &rule->state;

    if (state->at_ns > 0) {
        state->at_ns--;
        state->value |= draw(rule, all(rule) & ~state->value);
    } else {
        state->value &= ~draw(rule, state->value);
    }
    drill_net_shape(rule->faults->net, rule->name);
    if (state->value != 0)
        drill_rule_turn(rule);
}

static void swizzle_on(struct drill_event *event)
{
    swizzle(rule_of_turns(event));
}

static void begin(struct drill_rule *rule)
{
    rule->state.value = 1;
    if (rule->what == DRILL_FAULT_flap) {
        rule->turns.run = flap;
        drill_rule_turn(rule);
    }
    if (rule->what != DRILL_FAULT_swizzle || all(rule) == 0)
        return;
    rule->turns.run = swizzle_on;
    rule->state.value = 0;
    rule->state.at_ns = 1 + (int64_t)drill_rule_pick(rule, DRILL_CHOICE_ORDER,
                                                     (uint64_t)__builtin_popcountll(all(rule)));
    swizzle(rule);
}

void drill_links_act(struct drill_rule *rule, bool begins)
{
    if (begins)
        begin(rule);
    drill_net_shape(rule->faults->net, rule->name);
}

void drill_links_let_act(struct drill_faults *self)
{
    self->net->overlay = overlay;
}
