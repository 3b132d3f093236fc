#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/fault.h"

enum { DRIFT_MAX = 1000000 }; /* less, and time would run backwards */

static enum drill_rule_group group_of(enum drill_fault_place place)
{
    switch (place) {
    case DRILL_PLACE_WAITS:
        return DRILL_RULES_WAIT;
    case DRILL_PLACE_READY:
    case DRILL_PLACE_EPOLL:
        return DRILL_RULES_READY;
    case DRILL_PLACE_TIMER:
        return DRILL_RULES_TIMER;
    case DRILL_PLACE_TASK:
        return DRILL_RULES_TASK;
    case DRILL_PLACE_PACKET:
    case DRILL_PLACE_SEGMENT:
    case DRILL_PLACE_SYN:
    case DRILL_PLACE_DATAGRAM:
        return DRILL_RULES_PACKET;
    case DRILL_PLACE_LINK:
    case DRILL_PLACE_HOST:
    case DRILL_PLACE_CLOCK:
    case DRILL_PLACE_RESOURCE:
        return DRILL_RULES_ACT;
    default:
        return DRILL_RULES_CALL;
    }
}

static int refuse(const struct drill_rule *rule, const char *what, const char *name)
{
    drill_sim_report(rule->faults->sim, "fault %s: %s%s%s", rule->name, what,
                     name != NULL ? " " : "", name != NULL ? name : "");
    return -EINVAL;
}

static int look_up_host(struct drill_rule *rule, const char *name, struct drill_host **host)
{
    if (name == NULL)
        return 0;
    for (*host = rule->faults->net->hosts; *host != NULL; *host = (*host)->next)
        if (strcmp((*host)->name, name) == 0)
            return 0;
    return refuse(rule, "there is no host", name);
}

static int look_up_addr(struct drill_rule *rule, const char *text, struct drill_addr *addr)
{
    struct drill_sockaddr given;

    if (text == NULL ||
        (drill_sockaddr_read(&given, text) == 0 && drill_addr_from(addr, &given) == 0))
        return 0;
    return refuse(rule, "this is no IP address:", text);
}

static int look_up_names(struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    if (fault->call != NULL && (rule->call = drill_faults_find_call(fault->call)) < 0)
        return refuse(rule, "there is no call", fault->call);
    if (fault->kind != NULL && (rule->kind = drill_faults_find_kind(fault->kind)) < 0)
        return refuse(rule, "there is no kind of packet", fault->kind);
    if (fault->after != NULL &&
        (rule->after = drill_faults_named(rule->faults, fault->after)) == NULL)
        return refuse(rule, "there is no earlier rule", fault->after);
    int result = look_up_host(rule, fault->host, &rule->host);
    if (result == 0)
        result = look_up_host(rule, fault->peer, &rule->peer);
    if (result == 0)
        result = look_up_addr(rule, fault->address, &rule->addr);
    return result == 0 ? look_up_addr(rule, fault->as, &rule->as) : result;
}

/* Whether the parameter that its row takes was given, where there is no default. */
static int check_parameter(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    switch (drill_fault_rows[rule->what].parameter) {
    case DRILL_TAKES_ERROR:
        return fault->error > 0 || rule->what == DRILL_FAULT_accept_error
                   ? 0
                   : refuse(rule, "it needs an errno", NULL);
    case DRILL_TAKES_RATE:
        return fault->rate_bps > 0 ? 0 : refuse(rule, "it needs a rate", NULL);
    case DRILL_TAKES_CHANCES:
        return fault->enter_ppm > 0 ? 0 : refuse(rule, "it needs a chance to enter", NULL);
    case DRILL_TAKES_DRIFT:
        return fault->drift_ppm != 0 && fault->drift_ppm >= -DRIFT_MAX &&
                       fault->drift_ppm <= DRIFT_MAX
                   ? 0
                   : refuse(rule, "it needs a drift, of 1000000 at most", NULL);
    case DRILL_TAKES_NUMBER:
        return fault->number > 0 || rule->what != DRILL_FAULT_mtu
                   ? 0
                   : refuse(rule, "it needs a size of packets", NULL);
    case DRILL_TAKES_DELAY:
        return fault->delay_ns != 0 || rule->what != DRILL_FAULT_clock_step
                   ? 0
                   : refuse(rule, "it needs a time", NULL);
    case DRILL_TAKES_BYTES:
        return fault->bytes > 0 || (rule->what != DRILL_FAULT_short_read &&
                                    rule->what != DRILL_FAULT_short_write)
                   ? 0
                   : refuse(rule, "it needs a number of bytes", NULL);
    default:
        return 0;
    }
}

/* An errno that no call gives is on purpose only. */
static int check_error(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    if (rule->what != DRILL_FAULT_errno || fault->force ||
        drill_legal_ever(rule->call, fault->error, fault->hostile))
        return 0;
    return refuse(rule, "without force, no call answers", drill_errname(fault->error));
}

/* Reads a number of a list, from 1; NULL: there is none. */
static const char *read_place(const char *text, uint64_t *place)
{
    const char *const begin = text;

    for (*place = 0; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(*place, 10, place) ||
            __builtin_add_overflow(*place, (uint64_t)(*text - '0'), place))
            return NULL;
    return text > begin && *place > 0 ? text : NULL;
}

static bool is_list(const char *text)
{
    do {
        uint64_t first, last;
        text = read_place(text, &first);
        last = first;
        if (text != NULL && *text == '-')
            text = read_place(text + 1, &last);
        if (text == NULL || last < first || (*text != '\0' && *text != ','))
            return false;
    } while (*text++ == ',');
    return true;
}

static int check_when(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    if (fault->to_ns != 0 && fault->to_ns <= fault->from_ns)
        return refuse(rule, "it ends before it begins", NULL);
    if (fault->list != NULL && !is_list(fault->list))
        return refuse(rule, "a list is made of numbers from 1, such as 2,4-7, not", fault->list);
    if (fault->mask != NULL &&
        (strchr(fault->mask, '1') == NULL || fault->mask[strspn(fault->mask, "01")] != '\0'))
        return refuse(rule, "a mask is made of 0 and 1, and has a 1, not", fault->mask);
    return 0;
}

/* A packet is of no task, and of no descriptor. */
static int check_packet(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    if (rule->call >= 0)
        return refuse(rule, "it befalls packets, not the call", fault->call);
    if (fault->task != NULL)
        return refuse(rule, "it befalls packets, not calls of the task", fault->task);
    if (fault->name != NULL)
        return refuse(rule, "it befalls packets, not lookups of the name", fault->name);
    return fault->fd == 0 ? 0 : refuse(rule, "it befalls packets, not descriptors", NULL);
}

static int check(const struct drill_rule *rule)
{
    const struct drill_fault *fault = &rule->fault;

    if (rule->group == DRILL_RULES_PACKET && check_packet(rule) < 0)
        return -EINVAL;
    if (fault->name != NULL && rule->call != DRILL_CALL_resolve &&
        (rule->call >= 0 || !drill_fault_strikes(rule->what, DRILL_CALL_resolve)))
        return refuse(rule, "it befalls no lookup of the name", fault->name);
    if (rule->group <= DRILL_RULES_READY && rule->kind >= 0)
        return refuse(rule, "it befalls calls, not packets of kind", fault->kind);
    if (rule->group <= DRILL_RULES_READY && rule->call >= 0 &&
        !drill_fault_strikes(rule->what, (enum drill_call_id)rule->call))
        return refuse(rule, "it makes no sense for the call", fault->call);
    if ((rule->group == DRILL_RULES_TIMER || rule->group == DRILL_RULES_TASK) &&
        (rule->peer != NULL || fault->address != NULL || fault->port != 0 || fault->fd != 0 ||
         fault->direction != DRILL_EITHER || fault->offset > 0 || fault->name != NULL ||
         rule->kind >= 0))
        return refuse(rule, "it befalls tasks, whatever they do with whom", NULL);
    if (check_when(rule) < 0)
        return -EINVAL;
    if (fault->delay_ns < 0 && drill_fault_rows[rule->what].place != DRILL_PLACE_CLOCK)
        return refuse(rule, "it needs a time that is not negative", NULL);
    const int result = check_parameter(rule);
    return result == 0 ? check_error(rule) : result;
}

/* Its texts are the caller's: the rule keeps its own. */
static int keep_texts(struct drill_rule *rule)
{
    const char **texts[] = {&rule->fault.label, &rule->fault.as,      &rule->fault.call,
                            &rule->fault.kind,  &rule->fault.host,    &rule->fault.peer,
                            &rule->fault.task,  &rule->fault.address, &rule->fault.name,
                            &rule->fault.list,  &rule->fault.mask,    &rule->fault.after};
    size_t used = 0;

    rule->fault.what = drill_fault_rows[rule->what].name;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (*texts[i] == NULL)
            continue;
        const size_t size = strlen(*texts[i]) + 1;
        if (used + size > sizeof rule->texts)
            return -EINVAL;
        memcpy(rule->texts + used, *texts[i], size);
        *texts[i] = rule->texts + used;
        used += size;
    }
    return 0;
}

#define CAUSE "fault "
_Static_assert(sizeof((struct drill_rule *)0)->cause >=
                   sizeof CAUSE - 1 + sizeof((struct drill_rule *)0)->name,
               "a cause has room for every name");

/* Its label, or what it is and the how many-th of these. */
static void give_name(struct drill_rule *rule)
{
    unsigned number = 1;

    for (const struct drill_rule *each = rule->faults->first; each != NULL; each = each->next)
        number += each->what == rule->what && each->fault.label == NULL;
    if (rule->fault.label != NULL)
        snprintf(rule->name, sizeof rule->name, "%s", rule->fault.label);
    else
        snprintf(rule->name, sizeof rule->name, "%s#%u", rule->fault.what, number);
    memcpy(rule->cause, CAUSE, sizeof CAUSE - 1);
    memcpy(rule->cause + sizeof CAUSE - 1, rule->name, sizeof rule->name);
    rule->site = drill_choice_hash(rule->name);
}

int drill_rule_make(struct drill_rule *rule, struct drill_faults *self,
                    const struct drill_fault *fault)
{
    const int what = fault->what != NULL ? drill_faults_find(fault->what) : -1;

    if (what < 0) {
        drill_sim_report(self->sim, "there is no fault '%s'",
                         fault->what != NULL ? fault->what : "");
        return -EINVAL;
    }
    rule->faults = self;
    rule->fault = *fault;
    rule->what = (enum drill_fault_what)what;
    rule->group = group_of(drill_fault_rows[what].place);
    rule->call = rule->kind = -1;
    if (keep_texts(rule) < 0) {
        drill_sim_report(self->sim, "fault %s: its names are too long", fault->what);
        return -EINVAL;
    }
    give_name(rule);
    if (drill_faults_named(self, rule->name) != NULL)
        return refuse(rule, "another rule has this name", NULL);
    const int result = look_up_names(rule);
    return result == 0 ? check(rule) : result;
}
