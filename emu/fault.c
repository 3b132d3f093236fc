#include "emu/fault.h"

#include <errno.h>
#include <string.h>

#include "emu/tcp.h"

enum strikes { ANY, READS, WRITES, MOVES };
enum parameter { ERROR, BYTES };

static const struct {
    const char *name;
    enum strikes strikes;
    enum parameter parameter;
} faults[] = {
#define FAULT(name, strikes, parameter, text) {#name, strikes, parameter},
#include "emu/faults.def"
#undef FAULT
};

static const char *const calls[] = {
#define CALL(name, ...) #name,
#include "emu/calls.def"
#undef CALL
};

void drill_faults_init(struct drill_faults *self, struct drill_sim *sim)
{
    *self = (struct drill_faults){.sim = sim};
}

void drill_faults_fini(struct drill_faults *self)
{
    while (self->first != NULL)
        drill_faults_remove(self, self->first->id);
}

int drill_faults_find(const char *name)
{
    for (int i = 0; i < DRILL_FAULTS; i++)
        if (strcmp(faults[i].name, name) == 0)
            return i;
    return -1;
}

const char *drill_faults_name(const struct drill_rule *rule)
{
    return faults[rule->what].name;
}

int drill_faults_find_call(const char *name)
{
    for (int i = 0; i < DRILL_CALLS; i++)
        if (strcmp(calls[i], name) == 0)
            return i;
    return -1;
}

static bool strikes(enum strikes strikes, int call)
{
    const bool reads = call == DRILL_CALL_recv || call == DRILL_CALL_read;
    const bool writes = call == DRILL_CALL_send || call == DRILL_CALL_write;

    switch (strikes) {
    case READS:
        return reads;
    case WRITES:
        return writes;
    case MOVES:
        return reads || writes;
    default:
        return true;
    }
}

static int check(const struct drill_rule *rule)
{
    if (rule->what < 0 || rule->what >= DRILL_FAULTS || rule->call < -1 ||
        rule->call >= DRILL_CALLS)
        return -EINVAL;
    if (rule->call >= 0 && !strikes(faults[rule->what].strikes, rule->call))
        return -EINVAL;
    if (faults[rule->what].parameter == ERROR && rule->error <= 0)
        return -EINVAL;
    return rule->bytes == 0 && rule->what != DRILL_FAULT_reset &&
                   faults[rule->what].parameter == BYTES
               ? -EINVAL
               : 0;
}

static void rules_changed(struct drill_sim *sim, int by)
{
    sim->fault_rules = (uint32_t)((int)sim->fault_rules + by);
    sim->watched = sim->trace != NULL || sim->fault_rules > 0;
}

int drill_faults_add(struct drill_faults *self, const struct drill_rule *rule)
{
    struct drill_rule **end = &self->first;
    const int result = check(rule);

    if (result < 0)
        return result;
    struct drill_rule *copy = drill_mem_new(&self->sim->mem, sizeof *copy);
    if (copy == NULL)
        return -ENOMEM;
    *copy = *rule;
    copy->next = NULL;
    copy->id = ++self->ids;
    copy->seen = copy->hits = 0;
    while (*end != NULL)
        end = &(*end)->next;
    *end = copy;
    rules_changed(self->sim, 1);
    return copy->id;
}

int drill_faults_remove(struct drill_faults *self, int id)
{
    for (struct drill_rule **at = &self->first; *at != NULL; at = &(*at)->next)
        if ((*at)->id == id) {
            struct drill_rule *rule = *at;
            *at = rule->next;
            drill_mem_free(&self->sim->mem, rule, sizeof *rule);
            rules_changed(self->sim, -1);
            return 0;
        }
    return -ENOENT;
}

int64_t drill_faults_hits(const struct drill_faults *self, int id)
{
    for (const struct drill_rule *rule = self->first; rule != NULL; rule = rule->next)
        if (rule->id == id)
            return (int64_t)rule->hits;
    return -ENOENT;
}

static bool is_stream(const struct drill_args *args)
{
    return args->file != NULL && args->file->ops->recv != NULL &&
           drill_socket_of(args->file)->type == DRILL_SOCK_STREAM;
}

/* An end that can be reset, or NULL. */
static struct drill_tcp *open_end(const struct drill_args *args)
{
    struct drill_tcp *end = drill_tcp_of(args->file);

    if (args->file == NULL || args->file->ops != &drill_tcp_ops || end->conn == NULL ||
        end->socket.state == DRILL_TCP_CLOSED || end->socket.state == DRILL_TCP_SYN_SENT)
        return NULL;
    return end;
}

static bool reads(enum drill_call_id call)
{
    return strikes(READS, (int)call);
}

/* Bytes of the call's direction that may still pass before a reset; UINT64_MAX: no such rule here.
 */
static uint64_t left_before_reset(const struct drill_rule *rule, enum drill_call_id call,
                                  const struct drill_args *args)
{
    const struct drill_tcp *end = open_end(args);

    if (end == NULL)
        return UINT64_MAX;
    const uint64_t moved = reads(call) ? drill_tcp_in(end)->read : drill_tcp_out(end)->written;
    return moved < rule->bytes ? rule->bytes - moved : 0;
}

static bool may_strike(const struct drill_rule *rule, enum drill_call_id call,
                       const struct drill_host *host, const struct drill_args *args)
{
    if (rule->call >= 0 ? rule->call != (int)call : !strikes(faults[rule->what].strikes, (int)call))
        return false;
    if ((rule->host != NULL && rule->host != host) ||
        (rule->count > 0 && rule->hits >= rule->count))
        return false;
    switch (rule->what) {
    case DRILL_FAULT_short_read:
    case DRILL_FAULT_short_write:
        return is_stream(args) && args->size > rule->bytes;
    case DRILL_FAULT_reset:
        return left_before_reset(rule, call, args) < (args->size > 0 ? args->size : 1);
    default:
        return true;
    }
}

static bool falls(struct drill_faults *self, struct drill_rule *rule)
{
    if (rule->seen++ < rule->skip)
        return false;
    if (rule->ppm > 0 && !drill_choices_chance(&self->sim->choices, DRILL_CHOICE_FAULT,
                                               (uint32_t)rule->id, rule->ppm))
        return false;
    rule->hits++;
    return true;
}

/* The bytes up to the place of a reset still pass; that is no strike yet. */
static bool passes_first(const struct drill_rule *rule, enum drill_call_id call,
                         struct drill_args *args)
{
    if (rule->what != DRILL_FAULT_reset)
        return false;
    const uint64_t left = left_before_reset(rule, call, args);
    if (left > 0)
        args->size = (size_t)left;
    return left > 0;
}

/* The call goes on, and finds the connection reset before what else has come. */
static int strike_reset(enum drill_call_id call, const struct drill_args *args)
{
    struct drill_tcp *end = open_end(args);
    struct drill_pipe *in = drill_tcp_in(end);

    if (reads(call))
        drill_pipe_skip(in, drill_socket_mem(&end->socket), (size_t)drill_pipe_unread(in));
    drill_tcp_reset(end, "fault reset");
    drill_tcp_die(end, ECONNRESET, 0);
    return 0;
}

int drill_faults_before(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args, const struct drill_rule **struck)
{
    *struck = NULL;
    for (struct drill_rule *rule = self->first; rule != NULL; rule = rule->next) {
        if (!may_strike(rule, call, host, args) || passes_first(rule, call, args) ||
            !falls(self, rule))
            continue;
        *struck = rule;
        switch (rule->what) {
        case DRILL_FAULT_errno:
            return -rule->error;
        case DRILL_FAULT_reset:
            return strike_reset(call, args);
        default:
            args->size = (size_t)rule->bytes;
            return 0;
        }
    }
    return 0;
}
