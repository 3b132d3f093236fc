#include "emu/fault.h"
#include "emu/task.h"
#include "emu/tcp.h"

enum { IN_A_ROW = 16 }; /* lies at one instant and no truth: then the wait is a wait */

#define READABLE (DRILL_POLLIN | DRILL_POLLRDNORM)
#define WRITABLE (DRILL_POLLOUT | DRILL_POLLWRNORM)
/* What a rule remembers of a task does not meet what it remembers of connections. */
#define OF_TASK (UINT64_C(1) << 63)

bool drill_faults_has(const struct drill_faults *self, enum drill_rule_group group,
                      enum drill_fault_what what)
{
    for (const struct drill_rule *rule = self->groups[group]; rule != NULL; rule = rule->group_next)
        if (rule->what == what)
            return true;
    return false;
}

static bool connects(const struct drill_file *file)
{
    const struct drill_socket *socket = (const struct drill_socket *)(const void *)file;

    return file->ops == &drill_tcp_ops &&
           (socket->state == DRILL_TCP_SYN_SENT || socket->state == DRILL_TCP_SYN_RECEIVED);
}

/* What may be told of a descriptor that is not ready: bytes whose checksum was wrong, or room that
 * memory ran out for (select(2), BUGS).  That a connect has ended is never a lie. */
static uint32_t lie_of(const struct drill_look *look)
{
    if (look->file == NULL || look->file->ops->recv == NULL || look->file->stopped ||
        look->bits != 0 || connects(look->file))
        return 0;
    return (look->wanted & READABLE) != 0 ? look->wanted & READABLE : look->wanted & WRITABLE;
}

/* Finds the n-th descriptor, from 0, that a rule can lie about; gives how many came before it. */
static uint64_t find(const struct drill_rule *rule, enum drill_call_id call,
                     const struct drill_host *host, struct drill_looks *looks, uint64_t n,
                     struct drill_look *found)
{
    uint64_t count = 0;

    for (size_t place = 0; looks->at(looks, place, found); place++) {
        struct drill_args args = {.fd = found->fd, .file = found->file};
        if (lie_of(found) != 0 && drill_rule_is_about_call(rule, call, host, &args) && count++ == n)
            break;
    }
    return count;
}

/* Lies that a task was told in a row, without a truth, at this instant. */
static uint64_t *told_lies(struct drill_rule *rule, const struct drill_task *task, bool truth)
{
    const int64_t now = drill_sim_now(rule->faults->sim);
    struct drill_rule_state *state = drill_rule_state(rule, OF_TASK | task->number);

    if (state == NULL)
        return NULL;
    if (truth || state->at_ns != now)
        state->value = 0;
    state->at_ns = now;
    return &state->value;
}

/* Whom a lie is about is chosen once it is told, unless the rule counts each connection by itself.
 */
static bool lies(struct drill_rule *rule, enum drill_call_id call, const struct drill_host *host,
                 struct drill_looks *looks, struct drill_look *look)
{
    const uint64_t count = find(rule, call, host, looks, UINT64_MAX, look);
    const bool first = rule->fault.each;

    if (count == 0)
        return false;
    if (first)
        find(rule, call, host, looks, drill_rule_pick(rule, DRILL_CHOICE_ORDER, count), look);
    if (!drill_rule_falls(rule, first ? drill_flow_of_file(look->file) : 0))
        return false;
    if (!first)
        find(rule, call, host, looks, drill_rule_pick(rule, DRILL_CHOICE_ORDER, count), look);
    return true;
}

uint32_t drill_faults_lie(struct drill_faults *self, enum drill_call_id call,
                          struct drill_args *args, struct drill_looks *looks, bool truth)
{
    struct drill_look look;

    for (struct drill_rule *rule = self->groups[DRILL_RULES_READY]; rule != NULL;
         rule = rule->group_next) {
        if (rule->what != DRILL_FAULT_spurious)
            continue;
        uint64_t *told = told_lies(rule, args->task, truth);
        if (told == NULL || *told >= IN_A_ROW || !lies(rule, call, args->task->host, looks, &look))
            continue;
        ++*told;
        args->struck = rule->id;
        return lie_of(&look);
    }
    return 0;
}

/* The first rule of a kind that is about a call and falls. */
static struct drill_rule *fallen(struct drill_faults *self, enum drill_fault_what what,
                                 const struct drill_host *host, struct drill_args *about)
{
    for (struct drill_rule *rule = self->groups[DRILL_RULES_READY]; rule != NULL;
         rule = rule->group_next)
        if (rule->what == what &&
            drill_rule_is_about_call(rule, DRILL_CALL_epoll_wait, host, about) &&
            drill_rule_falls(rule, drill_flow_of_file(about->file)))
            return rule;
    return NULL;
}

bool drill_faults_edge(struct drill_faults *self, enum drill_fault_what what,
                       struct drill_args *args, int fd, struct drill_file *file)
{
    struct drill_args about = {.fd = fd, .file = file};
    const struct drill_rule *rule = fallen(self, what, args->task->host, &about);

    if (rule != NULL)
        args->struck = rule->id;
    return rule != NULL;
}

void drill_faults_shuffle(struct drill_faults *self, struct drill_args *args,
                          struct drill_epoll_event *events, size_t count)
{
    const struct drill_rule *rule =
        count > 1 ? fallen(self, DRILL_FAULT_shuffle_ready, args->task->host, args) : NULL;

    if (rule == NULL)
        return;
    args->struck = rule->id;
    for (size_t i = 0; i + 1 < count; i++) {
        const size_t other = i + (size_t)drill_rule_pick(rule, DRILL_CHOICE_ORDER, count - i);
        const struct drill_epoll_event event = events[i];
        events[i] = events[other];
        events[other] = event;
    }
}
