#include "emu/fault.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum { HOSTILE = 1, FAITHFUL = 0 };

const struct drill_fault_row drill_fault_rows[DRILL_FAULTS] = {
#define FAULT(name, place, parameter, family, mode, standard, text)                                \
    {#name, DRILL_PLACE_##place, DRILL_TAKES_##parameter, #family, mode, standard, text},
#include "emu/faults.def"
#undef FAULT
};

static const char *const calls[] = {
#define CALL(name, ...) #name,
#include "emu/calls.def"
#undef CALL
};

void drill_faults_init(struct drill_faults *self, struct drill_sim *sim, struct drill_net *net)
{
    *self = (struct drill_faults){.sim = sim, .net = net, .end = &self->first};
    net->faults = self;
    net->ask = drill_faults_ask;
    net->bend = drill_faults_bend;
}

void drill_faults_fini(struct drill_faults *self)
{
    self->act = NULL; /* what it would undo is about to go */
    drill_faults_remove_all(self);
    while (self->gone != NULL) {
        struct drill_rule *rule = self->gone;
        self->gone = rule->next;
        drill_mem_free(&self->sim->mem, rule, sizeof *rule);
    }
}

static int find(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (names[i] != NULL && strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int drill_faults_find(const char *name)
{
    for (int i = 0; i < DRILL_FAULTS; i++)
        if (strcmp(drill_fault_rows[i].name, name) == 0)
            return i;
    return -1;
}

int drill_faults_find_call(const char *name)
{
    return find(name, calls, DRILL_CALLS);
}

int drill_faults_find_kind(const char *name)
{
    return find(name, drill_packet_kind_names, DRILL_PACKET_KINDS);
}

const char *drill_faults_call_name(int call)
{
    return calls[call];
}

struct drill_rule *drill_faults_rule(const struct drill_faults *self, int id)
{
    for (struct drill_rule *rule = self->first; rule != NULL; rule = rule->next)
        if (rule->id == id)
            return rule;
    return NULL;
}

struct drill_rule *drill_faults_named(const struct drill_faults *self, const char *name)
{
    for (struct drill_rule *rule = self->first; rule != NULL; rule = rule->next)
        if (strcmp(rule->name, name) == 0)
            return rule;
    return NULL;
}

/* Calls take the long way, and packets are shown, only while there are rules about them. */
static void rules_changed(struct drill_faults *self)
{
    struct drill_sim *sim = self->sim;
    bool calls_too = false;

    self->age++;
    sim->fault_rules = 0;
    for (int group = DRILL_RULES_CALL; group <= DRILL_RULES_READY; group++)
        sim->fault_rules += self->groups[group] != NULL;
    sim->packet_rules = self->groups[DRILL_RULES_PACKET] != NULL;
    for (const struct drill_rule *rule = self->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next) {
        calls_too = calls_too || drill_rule_is_by_call(rule) || rule->kind >= 0;
        sim->packet_rules = sim->packet_rules || rule->kind >= 0;
    }
    sim->fault_rules += calls_too;
    drill_faults_watch_tasks(self);
    drill_sim_watch(sim);
}

static void link_rule(struct drill_rule *rule)
{
    struct drill_faults *self = rule->faults;
    struct drill_rule **at = &self->groups[rule->group];

    *self->end = rule;
    self->end = &rule->next;
    if (rule->fault.off)
        return;
    while (*at != NULL)
        at = &(*at)->group_next;
    *at = rule;
    rules_changed(self);
}

static struct drill_rule *rule_of_begins(struct drill_event *event)
{
    return (struct drill_rule *)(void *)((char *)event - offsetof(struct drill_rule, begins));
}

static void begin_now(struct drill_event *event)
{
    struct drill_rule *rule = rule_of_begins(event);

    if (drill_rule_falls(rule, 0))
        drill_rule_begin(rule);
}

static bool is_by_clock(const struct drill_rule *rule)
{
    return !drill_rule_is_by_call(rule) && rule->kind < 0;
}

static void begin_due(struct drill_event *event)
{
    struct drill_rule *rule = rule_of_begins(event);

    rule->is_due = false;
    rule->faults->due--;
    if (!is_by_clock(rule) || drill_rule_falls(rule, 0))
        drill_rule_begin(rule);
}

void drill_rule_begin_soon(struct drill_rule *rule, struct drill_host *host)
{
    struct drill_timeline *timeline = &rule->faults->sim->timeline;

    if (rule->acts || drill_event_is_set(&rule->begins))
        return;
    rule->befallen = host;
    rule->is_due = true;
    rule->faults->due++;
    rule->begins.run = begin_due;
    drill_timeline_mark(timeline, &rule->begins, false);
    drill_timeline_set(timeline, &rule->begins, timeline->now_ns);
}

void drill_faults_begin_due(struct drill_faults *self)
{
    for (struct drill_rule *rule = self->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (rule->is_due) {
            drill_timeline_cancel(&self->sim->timeline, &rule->begins);
            begin_due(&rule->begins);
        }
}

void drill_faults_follow(const struct drill_rule *rule)
{
    for (struct drill_rule *each = rule->faults->groups[DRILL_RULES_ACT]; each != NULL;
         each = each->group_next)
        if (each->after == rule && is_by_clock(each))
            drill_rule_begin_soon(each, NULL);
}

static void end_act(struct drill_rule *rule)
{
    drill_timeline_cancel(&rule->faults->sim->timeline, &rule->ends);
    if (!rule->acts)
        return;
    rule->acts = false;
    if (rule->faults->act != NULL)
        rule->faults->act(rule, false);
}

static void end_now(struct drill_event *event)
{
    end_act((struct drill_rule *)(void *)((char *)event - offsetof(struct drill_rule, ends)));
}

void drill_rule_begin(struct drill_rule *rule)
{
    struct drill_timeline *timeline = &rule->faults->sim->timeline;
    const struct drill_fault *fault = &rule->fault;
    int64_t until = fault->to_ns != 0 ? fault->to_ns : DRILL_NEVER;

    if (rule->acts)
        return;
    if (fault->lasts_ns != 0)
        until = timeline->now_ns + fault->lasts_ns;
    if (until != DRILL_NEVER)
        drill_timeline_set(timeline, &rule->ends, until);
    rule->acts = true;
    if (rule->faults->act != NULL)
        rule->faults->act(rule, true);
}

/* Whether it has events. */
static bool is_timed(const struct drill_rule *rule)
{
    return rule->group == DRILL_RULES_ACT || rule->what == DRILL_FAULT_window_closed;
}

/* What no call and no packet sets off, the clock does. */
static void schedule(struct drill_rule *rule)
{
    rule->begins = (struct drill_event){.run = begin_now, .background = true};
    rule->ends = (struct drill_event){
        .run = rule->group == DRILL_RULES_ACT ? end_now : drill_windows_due, .background = true};
    if (rule->group != DRILL_RULES_ACT || !is_by_clock(rule) || rule->fault.off)
        return;
    if (rule->fault.from_ns <= drill_sim_now(rule->faults->sim))
        begin_now(&rule->begins);
    else
        drill_timeline_set(&rule->faults->sim->timeline, &rule->begins, rule->fault.from_ns);
}

int drill_faults_add(struct drill_faults *self, const struct drill_fault *fault)
{
    struct drill_mem *mem = &self->sim->mem;
    struct drill_rule *rule = drill_mem_zeroed(mem, sizeof *rule);

    if (rule == NULL)
        return -ENOMEM;
    int result = drill_rule_make(rule, self, fault);
    if (result == 0 && is_timed(rule))
        result = drill_timeline_reserve(&self->sim->timeline, 3);
    if (result < 0) {
        drill_mem_free(mem, rule, sizeof *rule);
        return result;
    }
    rule->id = ++self->ids;
    rule->fault.off = rule->fault.off || !drill_faults_lets(self, rule);
    link_rule(rule);
    if (is_timed(rule))
        schedule(rule);
    return rule->id;
}

static void unlink_rule(struct drill_rule *rule)
{
    struct drill_faults *self = rule->faults;
    struct drill_rule **at = &self->first, **in_group = &self->groups[rule->group];

    while (*at != rule)
        at = &(*at)->next;
    *at = rule->next;
    if (*at == NULL)
        self->end = at;
    while (*in_group != NULL && *in_group != rule)
        in_group = &(*in_group)->group_next;
    if (*in_group == rule)
        *in_group = rule->group_next;
    for (struct drill_rule *each = self->first; each != NULL; each = each->next)
        if (each->after == rule)
            each->after = NULL;
}

/* One that has struck keeps its name until the end: packets tell of it. */
static void free_rule(struct drill_rule *rule)
{
    struct drill_faults *self = rule->faults;
    struct drill_mem *mem = &self->sim->mem;
    struct drill_rule_flow *flow, *next;

    HASH_ITER (hh, rule->flows, flow, next) {
        HASH_DEL(rule->flows, flow);
        drill_mem_free(mem, flow, sizeof *flow);
    }
    if (rule->hits == 0) {
        drill_mem_free(mem, rule, sizeof *rule);
        return;
    }
    rule->next = self->gone;
    self->gone = rule;
}

int drill_faults_remove(struct drill_faults *self, int id)
{
    struct drill_rule *rule = drill_faults_rule(self, id);

    if (rule == NULL)
        return -ENOENT;
    unlink_rule(rule);
    rules_changed(self);
    if (rule->what == DRILL_FAULT_window_closed)
        drill_windows_open(rule, INT64_MAX);
    if (rule->hits > 0)
        drill_silence_end(rule);
    if (is_timed(rule)) {
        end_act(rule);
        self->due -= rule->is_due;
        drill_timeline_cancel(&self->sim->timeline, &rule->begins);
        drill_timeline_cancel(&self->sim->timeline, &rule->turns);
        drill_timeline_release(&self->sim->timeline, 3);
    }
    free_rule(rule);
    return 0;
}

void drill_faults_rest(struct drill_faults *self)
{
    for (int group = 0; group < DRILL_RULES_ACT; group++)
        self->groups[group] = NULL;
    rules_changed(self);
}

void drill_faults_remove_all(struct drill_faults *self)
{
    while (self->first != NULL)
        drill_faults_remove(self, self->first->id);
}
