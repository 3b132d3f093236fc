#include <assert.h>
#include <string.h>

#include "emu/tcp.h"

enum { HEADERS4 = 40, HEADERS6 = 60, EVENTS = 4 };

/* Both ends look under one key: the smaller address first. */
static uint8_t fill_key(struct drill_conn *self, const struct drill_host *host,
                        const struct drill_addr *local, const struct drill_addr *remote)
{
    int order = memcmp(local->ip, remote->ip, sizeof local->ip);
    if (order == 0)
        order = (int)local->port - (int)remote->port;
    const uint8_t slot = order > 0;

    memset(&self->key, 0, sizeof self->key);
    memcpy(self->key.ip[slot], local->ip, sizeof local->ip);
    memcpy(self->key.ip[!slot], remote->ip, sizeof remote->ip);
    self->key.port[slot] = local->port;
    self->key.port[!slot] = remote->port;
    self->key.scope = drill_addr_is_loopback(remote) ? host->id : remote->zone;
    return slot;
}

struct drill_conn *drill_conn_find(struct drill_host *host, const struct drill_addr *local,
                                   const struct drill_addr *remote)
{
    struct drill_conn probe, *found;

    fill_key(&probe, host, local, remote);
    HASH_FIND(hh, host->net->conns, &probe.key, sizeof probe.key, found);
    return found;
}

static bool find_paths(struct drill_conn *self, struct drill_host *from, struct drill_host *to)
{
    if (to == NULL)
        return true;
    self->paths[0] = drill_net_path(from->net, from, to);
    self->paths[1] = from == to ? self->paths[0] : drill_net_path(from->net, to, from);
    return self->paths[0] != NULL && self->paths[1] != NULL;
}

struct drill_conn *drill_conn_new(struct drill_tcp *first, const struct drill_addr *remote,
                                  struct drill_host *to)
{
    struct drill_host *host = first->socket.file.host;
    struct drill_mem *mem = &host->sim->mem;
    struct drill_conn *self = drill_mem_zeroed(mem, sizeof *self);

    if (self == NULL)
        return NULL;
    self->number = ++host->sim->conns;
    self->slot = fill_key(self, host, &first->socket.local, remote);
    if (!find_paths(self, host, to)) {
        drill_mem_free(mem, self, sizeof *self);
        return NULL;
    }
    HASH_ADD(hh, host->net->conns, key, sizeof self->key, self);
    if (!drill_table_has(self)) {
        drill_mem_free(mem, self, sizeof *self);
        return NULL;
    }
    self->self = memcmp(self->key.ip[0], self->key.ip[1], sizeof self->key.ip[0]) == 0 &&
                 self->key.port[0] == self->key.port[1];
    drill_conn_attach(self, first, 0);
    return self;
}

void drill_conn_attach(struct drill_conn *self, struct drill_tcp *end, uint8_t side)
{
    self->ends[side] = end;
    self->refs++;
    end->conn = self;
    end->socket.side = side;
}

void drill_conn_detach(struct drill_conn *self, const struct drill_tcp *end)
{
    struct drill_host *host = end->socket.file.host;

    self->ends[end->socket.side] = NULL;
    if (self->flows != NULL) {
        drill_timeline_cancel(&host->sim->timeline, &self->flows[end->socket.side].resend);
        drill_timeline_cancel(&host->sim->timeline, &self->flows[end->socket.side].idle);
    }
    if (self->ends[0] == NULL && self->ends[1] == NULL)
        drill_conn_forget(self, host->net);
}

void drill_conn_forget(struct drill_conn *self, struct drill_net *net)
{
    struct drill_mem *mem = &net->sim->mem;

    if (self->hh.tbl == NULL)
        return;
    HASH_DEL(net->conns, self);
    self->hh.tbl = NULL;
}

void drill_conn_supersede(struct drill_conn *self, struct drill_net *net)
{
    drill_conn_forget(self, net);
    self->superseded = true;
    self->older = net->superseded;
    net->superseded = self;
}

static void leave_superseded(struct drill_conn *self, struct drill_net *net)
{
    struct drill_conn **at = &net->superseded;

    while (*at != self)
        at = &(*at)->older;
    *at = self->older;
}

static void free_flows(struct drill_conn *self, struct drill_net *net)
{
    struct drill_sim *sim = net->sim;

    if (self->flows == NULL)
        return;
    for (int side = 0; side < 2; side++) {
        drill_timeline_cancel(&sim->timeline, &self->flows[side].resend);
        drill_timeline_cancel(&sim->timeline, &self->flows[side].idle);
        drill_tcp_owes_no_more(&self->flows[side], net);
    }
    drill_timeline_release(&sim->timeline, EVENTS);
    drill_mem_free(&sim->mem, self->flows, 2 * sizeof *self->flows);
    self->flows = NULL;
}

void drill_conn_drop(struct drill_conn *self, struct drill_net *net)
{
    struct drill_sim *sim = net->sim;

    assert(self->refs > 0);
    if (--self->refs > 0)
        return;
    assert(self->hh.tbl == NULL);
    if (self->superseded)
        leave_superseded(self, net);
    net->silenced -= self->silent != NULL;
    free_flows(self, net);
    if (sim->audit.streams != NULL)
        for (int side = 0; side < 2; side++)
            drill_audit_forget(&sim->audit, drill_conn_stream(self, side));
    drill_pipe_fini(&self->pipes[0], &sim->mem);
    drill_pipe_fini(&self->pipes[1], &sim->mem);
    drill_mem_free(&sim->mem, self, sizeof *self);
}

bool drill_conn_is_bare(const struct drill_conn *self)
{
    return self->flows == NULL && drill_conn_is_calm(self) &&
           !drill_sim_shows_packets(self->paths[0]->from->sim);
}

uint32_t drill_conn_segment(const struct drill_conn *self)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const bool v4 = memcmp(self->key.ip[0], mapped, sizeof mapped) == 0;
    uint32_t mtu = 1500;

    if (self->paths[0] != NULL) {
        const uint32_t there = drill_net_mtu(self->paths[0]), back = drill_net_mtu(self->paths[1]);
        mtu = there < back ? there : back;
    }
    return mtu - (v4 ? HEADERS4 : HEADERS6);
}

/* What the reader of a pipe has let its writer send. */
static uint64_t edge_of(const struct drill_conn *self, int side)
{
    const struct drill_tcp *reader = self->ends[self->self ? 0 : !side];
    const struct drill_pipe *pipe = &self->pipes[side];

    if (reader == NULL)
        return pipe->arrived;
    return pipe->read + (uint64_t)drill_socket_option(&reader->socket, DRILL_SO_RCVBUF);
}

static bool is_opening(const struct drill_tcp *end)
{
    return end == NULL || end->socket.state == DRILL_TCP_SYN_SENT ||
           end->socket.state == DRILL_TCP_SYN_RECEIVED;
}

/* What was calm until now has answered at once. */
bool drill_conn_need_flows(struct drill_conn *self, struct drill_sim *sim)
{
    if (self->flows != NULL)
        return true;
    if (drill_timeline_reserve(&sim->timeline, EVENTS) < 0)
        return false;
    self->flows = drill_mem_new(&sim->mem, 2 * sizeof *self->flows);
    if (self->flows == NULL) {
        drill_timeline_release(&sim->timeline, EVENTS);
        return false;
    }
    for (int side = 0; side < 2; side++) {
        struct drill_flow *flow = &self->flows[side];
        const struct drill_pipe *pipe = &self->pipes[side];
        drill_flow_init(flow, pipe->arrived + pipe->end_arrived, edge_of(self, side),
                        drill_conn_segment(self));
        if (!is_opening(self->ends[side]))
            drill_flow_measured(flow, 0);
        flow->owner = self;
        flow->side = (uint8_t)side;
        flow->heard_ns = drill_sim_now(sim);
        flow->resend.run = drill_tcp_resend_due;
        flow->idle.run = drill_tcp_idle_due;
        flow->idle.background = flow->resend.background = true;
    }
    self->flows[0].shown_edge = self->flows[1].edge;
    self->flows[1].shown_edge = self->flows[0].edge;
    return true;
}

static bool is_idle(const struct drill_flow *flow, const struct drill_pipe *pipe)
{
    return flow->acked == pipe->arrived && flow->highest == flow->acked && flow->piece_count == 0 &&
           flow->urgent == 0 && flow->urgent_known == 0 && flow->due_ns == 0 && !flow->is_owing &&
           !drill_event_is_set(&flow->idle);
}

/* Called while the packet that came last is at hand: besides the ends, it and its reader refer. */
void drill_conn_calm_down(struct drill_conn *self, struct drill_net *net)
{
    if (self->flows == NULL || !drill_conn_is_calm(self) || self->refs != 4u - self->self)
        return;
    for (int side = 0; side < 2 - self->self; side++)
        if (self->ends[side]->socket.state != DRILL_TCP_ESTABLISHED ||
            (self->ends[side]->socket.flags & DRILL_TCP_PUSHING) != 0 ||
            !is_idle(&self->flows[side], &self->pipes[side]))
            return;
    free_flows(self, net);
}

void drill_conn_silence(struct drill_conn *self, struct drill_net *net, const char *why)
{
    net->silenced += self->silent == NULL;
    self->silent = why;
    self->bent |= DRILL_CONN_SILENT;
}

void drill_conn_speak(struct drill_conn *self, struct drill_net *net)
{
    net->silenced -= self->silent != NULL;
    self->silent = NULL;
    self->bent &= (uint8_t)~DRILL_CONN_SILENT;
}

struct drill_addr drill_conn_addr(const struct drill_conn *self, uint8_t side)
{
    const unsigned slot = self->slot ^ side;
    struct drill_addr addr = {.port = self->key.port[slot]};

    memcpy(addr.ip, self->key.ip[slot], sizeof addr.ip);
    if (drill_addr_is_link_local(&addr))
        addr.zone = (uint16_t)self->key.scope;
    return addr;
}
