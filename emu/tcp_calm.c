#include <errno.h>

#include "emu/tcp.h"

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int64_t now_of(const struct drill_tcp *self)
{
    return drill_sim_now(drill_socket_sim(&self->socket));
}

/* What the cursors have moved from this place on counts as sent, and is not yet answered. */
static void take_back_answer(struct drill_tcp *writer, uint64_t from)
{
    struct drill_flow *flow = drill_tcp_flow(writer);

    flow->acked = flow->recover = from;
    flow->unanswered_since_ns = now_of(writer) + 1;
    drill_tcp_arm(writer, true);
}

static bool awaits_answer_to_fin(const struct drill_tcp *self)
{
    return self->socket.state == DRILL_TCP_FIN_WAIT1 || self->socket.state == DRILL_TCP_CLOSING ||
           self->socket.state == DRILL_TCP_LAST_ACK;
}

/* A calm connection knows of nothing that is unanswered; once a rule has fallen on a packet, it
 * must.  SYN and SYN-ACK have timers in any case, and a reset waits for nothing. */
static bool need_flows(const struct drill_packet *packet)
{
    struct drill_conn *conn = packet->conn;
    struct drill_tcp *end = conn->ends[packet->side];
    const uint8_t other = conn->self ? 0 : !packet->side;
    struct drill_tcp *peer = conn->ends[other];
    const bool fin = packet->kind == DRILL_PACKET_FIN;

    if (fin || packet->kind == DRILL_PACKET_DATA) {
        if (!drill_conn_need_flows(conn, packet->sender->sim))
            return false;
        drill_flow_sent(drill_tcp_flow(end), packet->offset + packet->size + fin, now_of(end));
        drill_tcp_arm(end, false);
    } else if (packet->kind == DRILL_PACKET_ACK) {
        if (!drill_conn_need_flows(conn, packet->sender->sim))
            return false;
        if (peer != NULL && conn->pipes[other].end_arrived && awaits_answer_to_fin(peer))
            take_back_answer(peer, packet->ack - 1);
    }
    return true;
}

void drill_tcp_send_shown(struct drill_packet *packet)
{
    struct drill_rule *rule = drill_net_ask(packet);

    drill_net_send_struck(packet, rule != NULL && need_flows(packet) ? rule : NULL);
}

static void end_pipe(struct drill_tcp *self, struct drill_tcp *peer)
{
    struct drill_conn *conn = self->conn;
    struct drill_net *net = self->socket.file.host->net;
    struct drill_pipe *pipe = drill_tcp_out(self);

    if (!drill_conn_is_bare(conn)) {
        drill_tcp_emit(conn, self->socket.side, DRILL_PACKET_FIN, pipe->written, 0, NULL);
        return;
    }
    conn->refs++;
    drill_net_note(net, 1);
    pipe->end_arrived = true;
    if (drill_tcp_fin_arrived(peer))
        drill_tcp_answer(peer);
    drill_conn_drop(conn, net);
}

static void advance(struct drill_tcp *self, uint64_t to)
{
    struct drill_pipe *pipe = drill_tcp_out(self);
    struct drill_tcp *peer = drill_tcp_peer(self);
    struct drill_sim *sim = drill_socket_sim(&self->socket);
    const uint64_t from = pipe->arrived;

    if (to == from)
        return;
    pipe->arrived = to;
    if (sim->trace != NULL)
        drill_sim_trace(sim, "calm #%u > #%u %llu+%llu", self->socket.number, peer->socket.number,
                        (unsigned long long)from, (unsigned long long)(to - from));
    drill_file_wake(&peer->socket.file, DRILL_POLLIN | DRILL_POLLRDNORM);
    drill_tcp_wake_writer(self);
}

/* A packet of data that would go now if any did.  If a rule falls on it, what is before it has
 * arrived, and it is sent: true. */
static bool is_data_struck(struct drill_tcp *self, uint64_t place, uint32_t size)
{
    struct drill_packet packet;

    drill_tcp_make(&packet, self->conn, self->socket.side, DRILL_PACKET_DATA);
    packet.offset = place;
    packet.size = size;
    struct drill_rule *rule = drill_net_ask(&packet);
    if (rule != NULL)
        advance(self, place);
    if (rule == NULL || !need_flows(&packet)) {
        packet.discard(&packet);
        return false;
    }
    drill_net_send_struck(&packet, rule);
    return true;
}

/* The same of the answer to what has moved. */
static bool is_answer_struck(struct drill_tcp *self, uint64_t from)
{
    const struct drill_tcp *peer = drill_tcp_peer(self);
    const struct drill_pipe *out = drill_tcp_out(peer);
    struct drill_packet packet;

    if (self->conn->self)
        return false;
    drill_tcp_make(&packet, self->conn, peer->socket.side, DRILL_PACKET_ACK);
    packet.offset = out->arrived + out->end_arrived;
    struct drill_rule *rule = drill_net_ask(&packet);
    if (rule == NULL || !drill_conn_need_flows(self->conn, packet.sender->sim)) {
        packet.discard(&packet);
        return false;
    }
    take_back_answer(self, from);
    drill_net_send_struck(&packet, rule);
    return true;
}

/* Shows the packets that moving so far would take.  False: a rule has fallen on one of them, and
 * the rest is sent in packets. */
static bool move_shown(struct drill_tcp *self, uint64_t to)
{
    const uint64_t from = drill_tcp_out(self)->arrived;
    const uint32_t segment = drill_conn_segment(self->conn);

    for (uint64_t place = from; place < to;) {
        const uint32_t size = (uint32_t)least(to - place, segment);
        if (is_data_struck(self, place, size))
            return false;
        place += size;
    }
    advance(self, to);
    return !is_answer_struck(self, from);
}

/* False: what is left, the end included, is sent in packets, or was already. */
static bool move(struct drill_tcp *self, uint64_t to)
{
    struct drill_conn *conn = self->conn;
    struct drill_net *net = self->socket.file.host->net;
    const uint8_t side = self->socket.side;

    if (!net->sim->packet_rules) {
        advance(self, to);
        return true;
    }
    conn->refs++;
    const bool moved = move_shown(self, to);
    if (!moved && conn->ends[side] == self)
        drill_tcp_output(self);
    drill_conn_drop(conn, net);
    return moved;
}

void drill_tcp_move_cursors(struct drill_tcp *self)
{
    const struct drill_pipe *pipe = drill_tcp_out(self);
    struct drill_tcp *peer = drill_tcp_peer(self);
    const uint64_t edge =
        pipe->read + (uint64_t)drill_socket_option(&peer->socket, DRILL_SO_RCVBUF);
    const uint64_t to = least(pipe->written, edge);

    if (to > pipe->arrived && drill_tcp_refuses_data(peer)) {
        drill_tcp_reset(peer, "data for a closed socket");
        drill_tcp_die(peer, ECONNRESET, 0);
        return;
    }
    if (to > pipe->arrived && !move(self, to))
        return;
    if (pipe->ended && pipe->arrived == pipe->written && !pipe->end_arrived)
        end_pipe(self, peer);
}
