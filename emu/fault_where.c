#include <string.h>

#include "emu/fault.h"
#include "emu/task.h"
#include "emu/tcp.h"

static bool reads(enum drill_call_id call)
{
    return call == DRILL_CALL_recv || call == DRILL_CALL_read;
}

static bool writes(enum drill_call_id call)
{
    return call == DRILL_CALL_send || call == DRILL_CALL_write;
}

bool drill_fault_strikes(enum drill_fault_what what, enum drill_call_id call)
{
    switch (drill_fault_rows[what].place) {
    case DRILL_PLACE_READS:
        return reads(call);
    case DRILL_PLACE_WRITES:
        return writes(call);
    case DRILL_PLACE_MOVES:
        return reads(call) || writes(call) ||
               (what == DRILL_FAULT_eagain && call == DRILL_CALL_accept);
    case DRILL_PLACE_WAITS:
        return reads(call) || writes(call) || call == DRILL_CALL_accept ||
               call == DRILL_CALL_connect || call == DRILL_CALL_poll ||
               call == DRILL_CALL_epoll_wait || call == DRILL_CALL_sleep;
    case DRILL_PLACE_ACCEPT:
        return call == DRILL_CALL_accept;
    case DRILL_PLACE_RESOLVE:
        return call == DRILL_CALL_resolve;
    case DRILL_PLACE_OPENS:
        return call == DRILL_CALL_socket || call == DRILL_CALL_accept;
    case DRILL_PLACE_READY:
        return call == DRILL_CALL_poll || call == DRILL_CALL_epoll_wait;
    case DRILL_PLACE_EPOLL:
        return call == DRILL_CALL_epoll_wait;
    default:
        return true;
    }
}

/* The two ends of what a call is about, as far as it has any. */
struct ends {
    struct drill_addr local, remote;
    bool has_local, has_remote;
};

static void find_ends(const struct drill_args *args, struct ends *ends)
{
    struct drill_sockaddr addr;

    *ends = (struct ends){0};
    if (args->file != NULL && args->file->ops->name_of != NULL) {
        ends->has_local = args->file->ops->name_of(args->file, &addr, false) == 0 &&
                          drill_addr_from(&ends->local, &addr) == 0;
        ends->has_remote = args->file->ops->name_of(args->file, &addr, true) == 0 &&
                           drill_addr_from(&ends->remote, &addr) == 0;
    }
    if (args->addr != NULL && drill_addr_from(&ends->remote, args->addr) == 0)
        ends->has_remote = true;
}

static bool is_addr(const struct drill_addr *addr, const struct drill_addr *wanted)
{
    return drill_addr_same_ip(addr, wanted) && (wanted->port == 0 || wanted->port == addr->port);
}

static bool has_end(const struct drill_rule *rule, const struct drill_addr *addr)
{
    if (rule->fault.address != NULL && !is_addr(addr, &rule->addr))
        return false;
    return rule->fault.port == 0 || rule->fault.port == addr->port;
}

static bool is_between(const struct drill_rule *rule, const struct drill_host *host,
                       const struct drill_args *args)
{
    struct ends ends;

    find_ends(args, &ends);
    if (rule->peer != NULL && rule->group != DRILL_RULES_ACT &&
        (!ends.has_remote || drill_net_find(rule->faults->net, (struct drill_host *)(uintptr_t)host,
                                            &ends.remote) != rule->peer))
        return false;
    if (rule->fault.address == NULL && rule->fault.port == 0)
        return true;
    return (ends.has_local && has_end(rule, &ends.local)) ||
           (ends.has_remote && has_end(rule, &ends.remote));
}

/* Bytes that this end has moved in the direction of a call; UINT64_MAX: nobody counts them. */
static uint64_t moved(enum drill_call_id call, const struct drill_args *args)
{
    const struct drill_tcp *end = drill_tcp_of(args->file);

    if (args->file == NULL || args->file->ops != &drill_tcp_ops || end->conn == NULL)
        return UINT64_MAX;
    return reads(call) ? drill_tcp_in(end)->read : drill_tcp_out(end)->written;
}

bool drill_rule_is_by_call(const struct drill_rule *rule)
{
    return rule->call >= 0 || (rule->fault.task != NULL && rule->kind < 0);
}

bool drill_rule_names_task(const struct drill_rule *rule, const struct drill_task *task)
{
    const char *name = rule->fault.task;
    const size_t length = task->host != NULL ? strlen(task->host->name) : 0;

    return strcmp(name, task->name) == 0 ||
           (length > 0 && strncmp(name, task->host->name, length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, task->name) == 0);
}

bool drill_rule_is_about_call(const struct drill_rule *rule, enum drill_call_id call,
                              const struct drill_host *host, const struct drill_args *args)
{
    const struct drill_fault *fault = &rule->fault;
    const bool acts = rule->group == DRILL_RULES_ACT; /* its host and peer are who is befallen */

    if (acts && !drill_rule_is_by_call(rule))
        return false;
    if (rule->call >= 0 ? rule->call != (int)call : !acts && !drill_fault_strikes(rule->what, call))
        return false;
    if (rule->host != NULL && rule->host != host && !acts)
        return false;
    if ((fault->fd != 0 && fault->fd != args->fd) ||
        (fault->task != NULL && !drill_rule_names_task(rule, host->tasks->current)))
        return false;
    if ((fault->direction == DRILL_IN && !reads(call)) ||
        (fault->direction == DRILL_OUT && !writes(call)))
        return false;
    if (fault->name != NULL &&
        (call != DRILL_CALL_resolve || args->data == NULL || strcmp(fault->name, args->data) != 0))
        return false;
    if (fault->offset > 0 && (moved(call, args) == UINT64_MAX || moved(call, args) < fault->offset))
        return false;
    return ((rule->peer == NULL || acts) && fault->address == NULL && fault->port == 0) ||
           is_between(rule, host, args);
}

static bool is_of_place(enum drill_fault_place place, const struct drill_packet *packet)
{
    switch (place) {
    case DRILL_PLACE_SEGMENT:
        return packet->kind == DRILL_PACKET_DATA;
    case DRILL_PLACE_SYN:
        return packet->kind == DRILL_PACKET_SYN;
    case DRILL_PLACE_DATAGRAM:
        return packet->kind == DRILL_PACKET_DATAGRAM;
    default:
        return true;
    }
}

bool drill_rule_is_about_packet(const struct drill_rule *rule, const struct drill_packet *packet)
{
    const struct drill_fault *fault = &rule->fault;
    const bool comes_in = fault->direction == DRILL_IN;
    const struct drill_host *host = comes_in ? packet->path->to : packet->path->from;
    const struct drill_host *peer = comes_in ? packet->path->from : packet->path->to;

    if (!is_of_place(drill_fault_rows[rule->what].place, packet) ||
        (rule->kind >= 0 && rule->kind != (int)packet->kind))
        return false;
    if (rule->group != DRILL_RULES_ACT &&
        ((rule->host != NULL && rule->host != host) || (rule->peer != NULL && rule->peer != peer)))
        return false;
    if (fault->offset > 0 && packet->offset + packet->size <= fault->offset)
        return false;
    return (fault->address == NULL && fault->port == 0) || has_end(rule, &packet->source) ||
           has_end(rule, &packet->target);
}

enum { NOT_A_CONNECTION = 1 };

uint64_t drill_flow_of_file(struct drill_file *file)
{
    if (file == NULL || file->ops->recv == NULL)
        return 0;
    if (file->ops == &drill_tcp_ops && drill_tcp_of(file)->conn != NULL)
        return drill_tcp_of(file)->conn->number << 1;
    return (uint64_t)drill_socket_of(file)->number << 1 | NOT_A_CONNECTION;
}

uint64_t drill_flow_of_direction(const struct drill_packet *packet)
{
    return drill_flow_of_packet(packet) ^ (uint64_t)packet->side << 63;
}

/* Datagrams have no connection: who sends to whom stands for it. */
uint64_t drill_flow_of_packet(const struct drill_packet *packet)
{
    if (packet->conn != NULL)
        return packet->conn->number << 1;
    return ((uint64_t)packet->path->id << 32 | (uint64_t)packet->source.port << 16 |
            packet->target.port)
               << 1 |
           NOT_A_CONNECTION;
}
