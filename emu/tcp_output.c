#include <errno.h>

#include "emu/tcp.h"

static void keep(struct drill_packet *packet)
{
    packet->conn->refs++;
}

static void discard(struct drill_packet *packet)
{
    drill_conn_drop(packet->conn, packet->sender->net);
}

/* Every packet tells what has come and how much more may (RFC 9293 3.10.4). */
static void add_answer(struct drill_packet *packet, struct drill_conn *conn, uint8_t side)
{
    const struct drill_pipe *in = &conn->pipes[conn->self ? 0 : !side];
    const struct drill_tcp *end = conn->ends[side];

    packet->ack = in->arrived + in->end_arrived;
    packet->edge = packet->ack;
    if (end == NULL)
        return;
    packet->edge = in->read + (uint64_t)drill_socket_option(&end->socket, DRILL_SO_RCVBUF);
    if (conn->flows == NULL)
        return;
    struct drill_flow *flow = &conn->flows[side];
    flow->owes = false;
    if (drill_conn_withholds(conn, side)) {
        packet->edge = packet->ack;
        return;
    }
    if (packet->edge < flow->shown_edge)
        packet->edge = flow->shown_edge; /* a window never shrinks (RFC 9293 3.8.6) */
    flow->shown_edge = packet->edge;
}

static void address(struct drill_packet *packet)
{
    packet->source = drill_conn_addr(packet->conn, packet->side);
    packet->target = drill_conn_addr(packet->conn, !packet->side);
}

void drill_tcp_make(struct drill_packet *packet, struct drill_conn *conn, uint8_t side,
                    enum drill_packet_kind kind)
{
    struct drill_path *path = conn->paths[side];

    packet->path = path;
    packet->sender = path != NULL ? path->from : conn->ends[side]->socket.file.host;
    packet->deliver = drill_tcp_input;
    packet->keep = keep;
    packet->discard = discard;
    packet->address = address;
    packet->kind = kind;
    packet->side = side;
    packet->damaged = packet->asks = false;
    packet->conn = conn;
    packet->dgram = NULL;
    packet->data = NULL;
    packet->offset = packet->size = 0;
    packet->cause = NULL;
    add_answer(packet, conn, side);
    conn->refs++;
}

void drill_tcp_emit(struct drill_conn *conn, uint8_t side, enum drill_packet_kind kind,
                    uint64_t offset, uint32_t size, const char *cause)
{
    struct drill_packet packet;

    drill_tcp_make(&packet, conn, side, kind);
    packet.offset = offset;
    packet.size = size;
    packet.cause = cause;
    if (conn->flows == NULL && packet.sender->sim->packet_rules)
        drill_tcp_send_shown(&packet);
    else
        drill_net_send(&packet);
}

static uint64_t place_of(const struct drill_tcp *self)
{
    const struct drill_flow *flow = drill_tcp_flow(self);
    const struct drill_pipe *out = drill_tcp_out(self);

    return flow != NULL ? flow->highest : out->arrived + out->end_arrived;
}

void drill_tcp_answer(struct drill_tcp *self)
{
    struct drill_tcp *peer = drill_tcp_peer(self);

    if (!drill_conn_is_bare(self->conn)) {
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_ACK, place_of(self), 0, NULL);
        return;
    }
    drill_net_note(self->socket.file.host->net, 1);
    if (drill_tcp_in(self)->end_arrived && !drill_tcp_fin_acknowledged(peer))
        return;
    drill_tcp_wake_writer(peer);
}

/* Tasks that are ready may have something to send yet, and then one packet does for both. */
void drill_tcp_answer_soon(struct drill_tcp *self)
{
    struct drill_flow *flow = drill_tcp_flow(self);
    struct drill_net *net = self->socket.file.host->net;

    flow->owes = true;
    if (flow->is_owing)
        return;
    flow->is_owing = true;
    flow->owing_next = net->owing;
    net->owing = flow;
    net->sim->unsettled = true;
}

void drill_tcp_owes_no_more(struct drill_flow *flow, struct drill_net *net)
{
    struct drill_flow **at = &net->owing;

    if (!flow->is_owing)
        return;
    while (*at != flow)
        at = &(*at)->owing_next;
    *at = flow->owing_next;
    flow->is_owing = false;
}

/* The end of the instant.  An answer on a calm link may owe the next one: until none is left. */
static void answer_all(struct drill_sim *sim, void *context)
{
    struct drill_net *net = context;

    (void)sim;
    while (net->owing != NULL) {
        struct drill_flow *flow = net->owing;
        const struct drill_conn *conn = flow->owner;
        struct drill_tcp *end = conn->ends[flow->side];
        net->owing = flow->owing_next;
        flow->is_owing = false;
        if (flow->owes && end != NULL)
            drill_tcp_answer(end);
    }
}

void drill_tcp_begin(struct drill_net *net)
{
    net->sim->settle = answer_all;
    net->sim->settle_context = net;
    net->leaving = (struct drill_event){.run = drill_tcp_leaving_due, .background = true};
}

void drill_tcp_ask(struct drill_tcp *self)
{
    struct drill_packet packet;

    drill_tcp_make(&packet, self->conn, self->socket.side, DRILL_PACKET_ACK);
    packet.offset = place_of(self);
    packet.asks = true;
    packet.cause = "probe";
    drill_net_send(&packet);
}

void drill_tcp_wake_writer(struct drill_tcp *self)
{
    if ((self->socket.flags & DRILL_TCP_NO_SPACE) == 0 || !drill_tcp_is_writable(self))
        return;
    self->socket.flags &= (uint8_t)~DRILL_TCP_NO_SPACE;
    drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLWRNORM);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Nagle: a small packet waits while anything is unanswered (RFC 9293 3.7.4); TCP_CORK waits always.
 */
static bool waits_for_more(const struct drill_tcp *self, const struct drill_flow *flow,
                           uint64_t size)
{
    if (size >= flow->segment || drill_tcp_out(self)->ended)
        return false;
    if (drill_socket_option(&self->socket, DRILL_TCP_CORK))
        return true;
    return flow->highest > flow->acked && !drill_socket_option(&self->socket, DRILL_TCP_NODELAY);
}

/* The size of the next packet, 0 if nothing may go now, UINT32_MAX for the FIN. */
static uint32_t next_size(const struct drill_tcp *self, const struct drill_flow *flow)
{
    const struct drill_pipe *pipe = drill_tcp_out(self);
    const uint64_t limit = drill_flow_limit(flow);

    if (flow->sent >= pipe->written)
        return pipe->ended && flow->sent == pipe->written ? UINT32_MAX : 0;
    const uint64_t size = least(pipe->written - flow->sent, flow->segment);
    const uint64_t room = limit > flow->sent ? limit - flow->sent : 0;
    const bool again = flow->sent < flow->highest;
    if (room == 0)
        return 0;
    if (room < size && !again && flow->highest > flow->acked)
        return 0; /* silly windows are not filled while an answer is due (RFC 9293 3.8.6.2.1) */
    if (!again && waits_for_more(self, flow, size))
        return 0;
    return (uint32_t)least(size, room);
}

static bool is_attached(const struct drill_conn *conn, uint8_t side, const struct drill_tcp *end)
{
    return conn->ends[side] == end;
}

static void send_data(struct drill_tcp *self, struct drill_flow *flow, uint32_t size)
{
    const uint64_t from = flow->sent;
    const bool again = from < flow->highest;
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    sim->retransmitted += again;
    if (size == UINT32_MAX) {
        drill_flow_sent(flow, from + 1, drill_sim_now(sim));
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_FIN, from, 0,
                       again ? "again" : NULL);
        return;
    }
    drill_flow_sent(flow, from + size, drill_sim_now(sim));
    drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_DATA, from, size,
                   again ? "again" : NULL);
}

static void send_packets(struct drill_tcp *self)
{
    struct drill_conn *conn = self->conn;
    struct drill_net *net = self->socket.file.host->net;
    const uint8_t side = self->socket.side;
    struct drill_flow *flow = &conn->flows[side];
    uint32_t size;

    conn->refs++;
    self->socket.flags |= DRILL_TCP_PUSHING;
    while (is_attached(conn, side, self) && (size = next_size(self, flow)) > 0)
        send_data(self, flow, size);
    if (is_attached(conn, side, self)) {
        self->socket.flags &= (uint8_t)~DRILL_TCP_PUSHING;
        drill_tcp_arm(self, false);
    }
    drill_conn_drop(conn, net);
}

void drill_tcp_output(struct drill_tcp *self)
{
    struct drill_conn *conn = self->conn;

    if (conn->flows == NULL && drill_conn_is_calm(conn)) {
        drill_tcp_move_cursors(self);
        return;
    }
    if ((self->socket.flags & DRILL_TCP_PUSHING) != 0)
        return;
    if (drill_conn_need_flows(conn, drill_socket_sim(&self->socket)))
        send_packets(self);
    else
        drill_tcp_die(self, ENOMEM, 0);
}

void drill_tcp_send_again(struct drill_tcp *self)
{
    struct drill_flow *flow = drill_tcp_flow(self);
    const struct drill_pipe *pipe = drill_tcp_out(self);
    const uint64_t from = flow->acked;
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    if (from >= flow->highest)
        return;
    sim->retransmitted++;
    flow->retransmitted++;
    flow->timed_since_ns = 0;
    if (from == pipe->written)
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_FIN, from, 0, "again");
    else
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_DATA, from,
                       (uint32_t)least(least(pipe->written, flow->highest) - from, flow->segment),
                       "again");
}

void drill_tcp_arm(struct drill_tcp *self, bool restart)
{
    struct drill_flow *flow = drill_tcp_flow(self);
    const struct drill_pipe *pipe = drill_tcp_out(self);
    const bool unanswered = flow->highest > flow->acked;
    const bool blocked = flow->sent < pipe->written && flow->edge <= flow->sent;

    flow->probing = !unanswered && blocked;
    if (!unanswered && !blocked)
        drill_tcp_stop_resend(self);
    else if (restart || flow->due_ns == 0)
        drill_tcp_set_resend(self, drill_flow_timeout(flow));
}

void drill_tcp_window_opened(struct drill_tcp *self)
{
    struct drill_conn *conn = self->conn;
    const struct drill_pipe *in = drill_tcp_in(self);
    struct drill_tcp *peer = drill_tcp_peer(self);

    if (conn->flows == NULL) {
        if (in->written > in->arrived && peer != NULL)
            drill_tcp_output(peer);
        return;
    }
    if (drill_conn_withholds(conn, self->socket.side))
        return;
    const struct drill_flow *flow = drill_tcp_flow(self);
    const uint64_t size = (uint64_t)drill_socket_option(&self->socket, DRILL_SO_RCVBUF);
    const uint64_t step = least(size / 2, 2 * (uint64_t)flow->segment);
    const uint64_t edge = in->read + size;
    const bool was_shut = flow->shown_edge < in->arrived + flow->segment;
    if (edge > flow->shown_edge &&
        (edge - flow->shown_edge >= step || (was_shut && edge - in->arrived >= flow->segment)))
        drill_tcp_answer(self);
}
