#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/fault.h"

enum { IN_A_ROW = 16 }; /* strikes of a storm at one instant */

struct drill_rule_state *drill_rule_state(struct drill_rule *rule, uint64_t flow)
{
    struct drill_mem *mem = &rule->faults->sim->mem;
    struct drill_rule_flow *found;

    HASH_FIND(hh, rule->flows, &flow, sizeof flow, found);
    if (found != NULL)
        return &found->state;
    found = drill_mem_zeroed(mem, sizeof *found);
    if (found == NULL)
        return NULL;
    found->flow = flow;
    HASH_ADD(hh, rule->flows, flow, sizeof found->flow, found);
    if (drill_table_has(found))
        return &found->state;
    drill_mem_free(mem, found, sizeof *found);
    return NULL;
}

struct drill_rule_state *drill_rule_known(const struct drill_rule *rule, uint64_t flow)
{
    struct drill_rule_flow *found;

    HASH_FIND(hh, rule->flows, &flow, sizeof flow, found);
    return found != NULL ? &found->state : NULL;
}

bool drill_rule_storms(struct drill_rule *rule, uint64_t flow)
{
    struct drill_rule_state *state = drill_rule_state(rule, flow);
    const int64_t now = drill_sim_now(rule->faults->sim);

    if (state == NULL)
        return false;
    state->value = state->at_ns == now ? state->value + 1 : 1;
    state->at_ns = now;
    return true;
}

bool drill_rule_has_stormed(const struct drill_rule *rule, uint64_t flow)
{
    const struct drill_rule_state *state = drill_rule_known(rule, flow);

    return state != NULL && state->at_ns == drill_sim_now(rule->faults->sim) &&
           state->value >= IN_A_ROW;
}

/* Whether a list such as "2,4-7" names a number. */
static bool is_listed(const char *list, uint64_t number)
{
    while (*list != '\0') {
        char *end;
        const uint64_t first = strtoull(list, &end, 10);
        const uint64_t last = *end == '-' ? strtoull(end + 1, &end, 10) : first;
        if (number >= first && number <= last)
            return true;
        if (*end != ',')
            return false;
        list = end + 1;
    }
    return false;
}

bool drill_rule_is_on(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;
    const int64_t now = drill_sim_now(rule->faults->sim);

    return now >= fault->from_ns && (fault->to_ns == 0 || now < fault->to_ns) &&
           (fault->after == NULL || (rule->after != NULL && rule->after->hits > 0));
}

/* The place-th place that matches, from 1: is it one of those that count? */
static bool is_turn(const struct drill_fault *fault, uint64_t place)
{
    if (place <= fault->skip)
        return false;
    place -= fault->skip;
    if (fault->every > 1 && place % fault->every != 0)
        return false;
    if (fault->list != NULL && !is_listed(fault->list, place))
        return false;
    return fault->mask == NULL || fault->mask[(place - 1) % strlen(fault->mask)] == '1';
}

bool drill_rule_may_fall(const struct drill_rule *rule, uint64_t flow)
{
    const struct drill_fault *fault = &rule->fault;
    const struct drill_rule_state *state =
        fault->each && flow != 0 ? drill_rule_known(rule, flow) : &rule->state;

    return drill_rule_is_on(rule) &&
           (fault->count == 0 || state == NULL || state->fallen < fault->count);
}

bool drill_rule_falls(struct drill_rule *rule, uint64_t flow)
{
    const struct drill_fault *fault = &rule->fault;
    struct drill_rule_state *state = &rule->state;

    if (!drill_rule_is_on(rule))
        return false;
    if (fault->each && flow != 0 && (state = drill_rule_state(rule, flow)) == NULL)
        return false;
    state->seen++;
    if (fault->count > 0 && state->fallen >= fault->count)
        return false;
    if (state->burst > 0) {
        state->burst--;
    } else {
        if (!is_turn(fault, state->seen) ||
            (fault->ppm > 0 && !drill_choices_chance(&rule->faults->sim->choices,
                                                     DRILL_CHOICE_FAULT, rule->site, fault->ppm)))
            return false;
        state->burst = fault->burst > 0 ? fault->burst - 1 : 0;
    }
    state->fallen++;
    rule->faults->strikes++;
    if (rule->hits++ == 0)
        drill_faults_follow(rule);
    return true;
}

uint64_t drill_rule_pick(const struct drill_rule *rule, enum drill_choice_kind kind, uint64_t count)
{
    return drill_choices_pick(&rule->faults->sim->choices, kind, rule->site, count);
}

int64_t drill_rule_delay(const struct drill_rule *rule, int64_t standard_ns)
{
    return rule->fault.delay_ns > 0 ? rule->fault.delay_ns : standard_ns;
}
