#include <errno.h>
#include <string.h>

#include "emu/bindings.h"
#include "emu/tcp.h"

/* Where a connect really goes: the wildcard means this host (tcp_v4_connect, tcp_v6_connect). */
static void resolve_any(struct drill_addr *remote)
{
    static const struct drill_addr local4 = {
        .ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}};
    static const struct drill_addr local6 = {.ip = {[15] = 1}};
    const uint16_t port = remote->port;

    if (!drill_addr_is_any(remote))
        return;
    *remote = drill_addr_is_v4(remote) ? local4 : local6;
    remote->port = port;
}

static bool is_loopback_broadcast(const struct drill_addr *addr)
{
    static const uint8_t last[4] = {127, 255, 255, 255};

    return drill_addr_is_v4(addr) && memcmp(addr->ip + 12, last, sizeof last) == 0;
}

static int choose_source(struct drill_socket *socket, const struct drill_addr *remote,
                         struct drill_addr *source)
{
    const struct drill_host *host = socket->file.host;
    const struct drill_addr *found;

    *source = socket->local;
    if (drill_addr_is_multicast(remote) || drill_addr_is_broadcast(remote) ||
        is_loopback_broadcast(remote))
        return -ENETUNREACH;
    if (drill_addr_is_v4(remote) && drill_socket_is_v6only(socket))
        return -ENETUNREACH;
    if (!drill_addr_is_any(&socket->local)) {
        if (drill_addr_is_v4(&socket->local) != drill_addr_is_v4(remote))
            return -EINVAL;
        if (drill_addr_is_loopback(&socket->local) && !drill_host_has(host, remote))
            return -EINVAL;
        return drill_host_has(host, &socket->local) ? 0 : -ENETUNREACH;
    }
    found = drill_host_source(host, remote);
    if (found == NULL)
        return -ENETUNREACH;
    *source = *found;
    source->port = socket->local.port;
    return 0;
}

static bool fits(struct drill_socket *socket, uint16_t port, const void *remote)
{
    struct drill_addr local = socket->local;

    local.port = port;
    return drill_conn_find(socket->file.host, &local, remote) == NULL;
}

/* This host's end of an old connection with the same tuple: 0 if the tuple may be taken over. */
static int supersede(struct drill_tcp *self, const struct drill_addr *remote,
                     struct drill_conn **joined)
{
    struct drill_host *host = self->socket.file.host;
    struct drill_conn *old = drill_conn_find(host, &self->socket.local, remote);

    *joined = NULL;
    if (old == NULL)
        return 0;
    for (uint8_t side = 0; side < 2; side++) {
        struct drill_tcp *end = old->ends[side];
        const struct drill_addr addr = drill_conn_addr(old, side);
        const bool mine =
            drill_addr_same_ip(&addr, &self->socket.local) && addr.port == self->socket.local.port;
        if (mine && end != NULL && end->socket.state == DRILL_TCP_TIME_WAIT)
            drill_tcp_die(end, 0, 0);
        else if (mine && end != NULL)
            return -EADDRNOTAVAIL;
        else if (mine && side == 1 && old->ends[0] != NULL &&
                 old->ends[0]->socket.state == DRILL_TCP_SYN_SENT)
            *joined = old; /* the other end is opening to us: both open at once */
    }
    if (*joined != NULL)
        return 0;
    /* Only the other host still knows it: what it gets there first is the end of it. */
    old = drill_conn_find(host, &self->socket.local, remote);
    if (old == NULL)
        return 0;
    const uint8_t dead = old->ends[0] != NULL;
    drill_conn_supersede(old, host->net);
    if (old->paths[dead] != NULL)
        drill_tcp_emit(old, dead, DRILL_PACKET_RST, 0, 0, "tuple taken anew");
    return 0;
}

/* A tuple with a port that nobody held is nobody's, unless from before a crash: no need to look. */
static int take_tuple(struct drill_tcp *self, const struct drill_addr *remote,
                      struct drill_conn **joined)
{
    struct drill_socket *socket = &self->socket;

    *joined = NULL;
    if (socket->holder.prev == NULL) {
        const int result = drill_bind_connect(socket, remote, fits);
        if (result < 0 || (socket->holder.next == NULL && socket->file.host->life == 1))
            return result;
    }
    return supersede(self, remote, joined);
}

static bool wants_syn_timer(struct drill_tcp *self)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    if (!drill_conn_need_flows(self->conn, sim))
        return false;
    if (drill_tcp_flow(self)->due_ns == 0)
        drill_tcp_set_resend(self, DRILL_RTO_FIRST_NS);
    return true;
}

/* On calm links the answer is there when emit returns, and no timer is needed. */
static int send_syn(struct drill_tcp *self)
{
    struct drill_conn *conn = self->conn;

    self->socket.state = DRILL_TCP_SYN_SENT;
    self->socket.flags |= DRILL_TCP_CONNECTING;
    if (!drill_tcp_open_at_once(self))
        drill_tcp_emit(conn, self->socket.side, DRILL_PACKET_SYN, 0, 0, NULL);
    const bool opens =
        self->socket.state == DRILL_TCP_SYN_SENT || self->socket.state == DRILL_TCP_SYN_RECEIVED;
    if (!opens || wants_syn_timer(self))
        return 0;
    drill_tcp_die(self, 0, 0);
    self->socket.flags &= (uint8_t)~DRILL_TCP_ASKED;
    return -ENOMEM;
}

static int begin(struct drill_tcp *self, struct drill_args *args)
{
    struct drill_socket *socket = &self->socket;
    struct drill_host *host = socket->file.host;
    struct drill_addr remote, source, bound = socket->local;
    struct drill_conn *joined;
    int result = drill_socket_addr(socket, args->addr, &remote);

    if (result < 0)
        return result;
    resolve_any(&remote);
    if ((result = choose_source(socket, &remote, &source)) < 0)
        return result;
    socket->local = source;
    if ((result = take_tuple(self, &remote, &joined)) < 0)
        goto undo;
    if (self->conn != NULL) { /* an earlier attempt's, already dead */
        drill_conn_drop(self->conn, host->net);
        self->conn = NULL;
    }
    if (joined != NULL)
        drill_conn_attach(joined, self, 1);
    else
        self->conn = drill_conn_new(self, &remote, drill_net_find(host->net, host, &remote));
    if (self->conn == NULL) {
        result = -ENOMEM;
        goto undo;
    }
    socket->shut = 0;
    socket->error = 0; /* tcp_connect_init */
    return send_syn(self);

undo:
    if ((socket->bound & DRILL_BOUND_NUMBER) == 0)
        drill_socket_unbind(socket);
    socket->local = bound;
    return result;
}

static int outcome(struct drill_tcp *self, struct drill_args *args, int waiting)
{
    struct drill_socket *socket = &self->socket;

    if (socket->state == DRILL_TCP_SYN_SENT || socket->state == DRILL_TCP_SYN_RECEIVED) {
        if (!args->again)
            args->waiting = waiting;
        return args->blocking ? -EAGAIN : waiting;
    }
    socket->flags &= (uint8_t)~DRILL_TCP_CONNECTING;
    if (socket->state == DRILL_TCP_CLOSED) {
        const int error = drill_socket_take_error(socket);
        drill_tcp_disconnect(self);
        return error != 0 ? error : -ECONNABORTED;
    }
    socket->flags |= DRILL_TCP_CONNECTED;
    return 0;
}

/* inet_stream_connect, case by case. */
int drill_tcp_connect(struct drill_file *file, struct drill_args *args)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;

    if (!args->again && args->addr != NULL && args->addr->family == DRILL_AF_UNSPEC)
        return drill_tcp_disconnect(self);
    if ((socket->flags & DRILL_TCP_CONNECTED) != 0)
        return -EISCONN;
    if ((socket->flags & DRILL_TCP_CONNECTING) != 0)
        return outcome(self, args, -EALREADY);
    if (socket->state != DRILL_TCP_CLOSED)
        return -EISCONN;
    const int result = begin(self, args);
    if (result < 0)
        return result;
    return args->blocking ? outcome(self, args, -EINPROGRESS) : -EINPROGRESS;
}

int drill_tcp_listen(struct drill_file *file, int backlog)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;
    struct drill_mem *mem = drill_socket_mem(socket);
    const uint32_t room = (uint32_t)backlog > DRILL_SOMAXCONN ? DRILL_SOMAXCONN : (uint32_t)backlog;

    if (socket->state == DRILL_TCP_LISTEN) {
        self->listening->backlog = room;
        return 0;
    }
    if (socket->state != DRILL_TCP_CLOSED ||
        (socket->flags & (DRILL_TCP_CONNECTED | DRILL_TCP_CONNECTING)) != 0)
        return -EINVAL;
    struct drill_tcp_listening *listening = drill_mem_zeroed(mem, sizeof *listening);
    if (listening == NULL)
        return -ENOMEM;
    int result = drill_bind_auto(socket);
    if (result == 0)
        result = drill_bind_may_listen(socket);
    if (result < 0) {
        drill_mem_free(mem, listening, sizeof *listening);
        return result;
    }
    listening->backlog = room;
    self->listening = listening;
    socket->state = DRILL_TCP_LISTEN;
    socket->shut = 0;
    return 0;
}

int drill_tcp_accept(struct drill_file *file, struct drill_args *args, struct drill_file **made)
{
    struct drill_tcp *self = drill_tcp_of(file);

    if (self->socket.state != DRILL_TCP_LISTEN)
        return -EINVAL;
    struct drill_tcp *child = self->listening->first;
    if (child == NULL)
        return -EAGAIN;
    drill_tcp_leave_listener(child);
    child->socket.flags |= DRILL_TCP_CONNECTED;
    if (args->from != NULL) {
        const struct drill_addr peer = drill_conn_addr(child->conn, !child->socket.side);
        *args->from = drill_socket_show(&child->socket, &peer);
    }
    *made = &child->socket.file;
    return 0;
}
