#include <errno.h>

#include "emu/tcp.h"

/* Nobody is there: everything but a reset is answered with one (RFC 9293 3.10.7.1). */
static void answer_stranger(struct drill_packet *packet)
{
    if (packet->kind != DRILL_PACKET_RST)
        drill_tcp_emit(packet->conn, !packet->side, DRILL_PACKET_RST, packet->ack, 0,
                       "no such connection");
}

static void input_reset(struct drill_tcp *self, const struct drill_packet *packet)
{
    switch (self->socket.state) {
    case DRILL_TCP_SYN_SENT:
        drill_tcp_die(self, ECONNREFUSED, (uint32_t)packet->number);
        return;
    case DRILL_TCP_CLOSE_WAIT:
        drill_tcp_die(self, EPIPE, (uint32_t)packet->number);
        return;
    case DRILL_TCP_TIME_WAIT: /* its program was told the end long ago (tcp_timewait_state_process)
                               */
        drill_tcp_die(self, 0, 0);
        return;
    default:
        drill_tcp_die(self, ECONNRESET, (uint32_t)packet->number);
    }
}

void drill_tcp_become_established(struct drill_tcp *self)
{
    struct drill_flow *flow = drill_tcp_flow(self);
    const int64_t now = drill_sim_now(drill_socket_sim(&self->socket));

    self->socket.state = DRILL_TCP_ESTABLISHED;
    if (flow != NULL) {
        if (flow->retries == 0 && flow->due_ns != 0) /* the handshake is the first to be timed */
            drill_flow_measured(flow, now - (flow->due_ns - DRILL_RTO_FIRST_NS));
        flow->retries = 0;
        flow->unanswered_since_ns = 0;
        drill_tcp_stop_resend(self);
    }
    drill_tcp_keep_alive(self);
}

/* A window that closes against the rules takes back what was not yet used (RFC 9293 3.8.6). */
static void note_edge(struct drill_tcp *self, const struct drill_packet *packet)
{
    struct drill_flow *flow = drill_tcp_flow(self);

    if (flow == NULL)
        return;
    if (drill_conn_withholds(self->conn, packet->side) && packet->edge < flow->highest)
        flow->edge = flow->highest;
    else if (drill_conn_withholds(self->conn, packet->side) || packet->edge > flow->edge)
        flow->edge = packet->edge;
}

static void input_syn(struct drill_tcp *self, const struct drill_packet *packet)
{
    note_edge(self, packet);
    if (self->socket.state == DRILL_TCP_SYN_SENT) /* both open at once (RFC 9293 3.5) */
        self->socket.state = DRILL_TCP_SYN_RECEIVED;
    if (self->socket.state == DRILL_TCP_SYN_RECEIVED)
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_SYN_ACK, 0, 0, NULL);
    else
        drill_tcp_answer(self);
}

static void input_syn_ack(struct drill_tcp *self, const struct drill_packet *packet)
{
    const bool opens = self->socket.state == DRILL_TCP_SYN_SENT ||
                       (self->socket.state == DRILL_TCP_SYN_RECEIVED && self->listener == NULL);

    note_edge(self, packet);
    if (opens)
        drill_tcp_become_established(self);
    if (opens)
        drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLWRNORM);
    drill_tcp_answer(self);
}

/* A child, or one of two that opened at once, whose handshake this packet completes. */
static bool complete_open(struct drill_tcp *self)
{
    if (self->listener != NULL && !drill_tcp_establish(self))
        return false;
    drill_tcp_become_established(self);
    drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLWRNORM);
    return true;
}

bool drill_tcp_fin_acknowledged(struct drill_tcp *self)
{
    switch (self->socket.state) {
    case DRILL_TCP_FIN_WAIT1:
        drill_tcp_fin_wait2(self);
        return true;
    case DRILL_TCP_CLOSING:
        drill_tcp_time_wait(self);
        return false;
    case DRILL_TCP_LAST_ACK:
        drill_tcp_die(self, 0, 0);
        return false;
    default:
        return true;
    }
}

/* RFC 9293 3.10.7.4, "check the ACK field".  False: the end is gone. */
static bool input_ack(struct drill_tcp *self, const struct drill_packet *packet)
{
    struct drill_tcp **const place = &self->conn->ends[self->socket.side];
    struct drill_flow *flow = drill_tcp_flow(self);
    const struct drill_pipe *out = drill_tcp_out(self);

    if (flow != NULL) {
        const bool bare = packet->kind == DRILL_PACKET_ACK && packet->edge <= flow->edge;
        const uint64_t acked = flow->acked;
        const bool probed = flow->probing;
        flow->keepalives = 0;
        note_edge(self, packet);
        if (drill_flow_acked(flow, packet->ack, bare && !packet->asks,
                             drill_sim_now(drill_socket_sim(&self->socket))))
            drill_tcp_send_again(self);
        if (*place != self)
            return false;
        drill_tcp_arm(self, flow->acked > acked || probed);
        if (probed && !flow->probing)
            flow->retries = 0;
    }
    if (packet->ack > out->written && !drill_tcp_fin_acknowledged(self))
        return false;
    drill_tcp_wake_writer(self);
    if (flow != NULL)
        drill_tcp_output(self);
    return *place == self;
}

bool drill_tcp_fin_arrived(struct drill_tcp *self)
{
    struct drill_tcp **const place = &self->conn->ends[self->socket.side];

    self->socket.shut |= DRILL_SHUT_IN;
    switch (self->socket.state) {
    case DRILL_TCP_ESTABLISHED:
    case DRILL_TCP_SYN_RECEIVED:
        self->socket.state = DRILL_TCP_CLOSE_WAIT;
        break;
    case DRILL_TCP_FIN_WAIT1:
        self->socket.state = DRILL_TCP_CLOSING;
        break;
    case DRILL_TCP_FIN_WAIT2:
        drill_tcp_answer(self);
        if (*place == self)
            drill_tcp_time_wait(self);
        return false;
    default:
        break;
    }
    drill_file_wake(&self->socket.file,
                    DRILL_POLLIN | DRILL_POLLRDNORM | DRILL_POLLRDHUP |
                        (self->socket.shut == DRILL_SHUT_BOTH ? DRILL_POLLHUP : 0));
    return true;
}

/* How far all is there now, the FIN counted as a byte. */
static uint64_t take(struct drill_tcp *self, uint64_t from, uint64_t to)
{
    const struct drill_pipe *in = drill_tcp_in(self);
    const uint64_t arrived = in->arrived + in->end_arrived;
    struct drill_flow *flow = drill_tcp_flow(self);

    if (flow != NULL)
        return drill_flow_arrived(flow, arrived, from, to);
    return from <= arrived && to > arrived ? to : arrived;
}

static void tell_urgent(struct drill_tcp *self)
{
    const struct drill_conn *conn = self->conn;
    struct drill_flow *mine = drill_tcp_flow(self);

    if (conn->flows == NULL)
        return;
    const struct drill_flow *theirs = &conn->flows[conn->self ? 0 : !self->socket.side];
    if (theirs->urgent == mine->urgent_known)
        return;
    struct drill_pipe *in = drill_tcp_in(self);
    if (mine->urgent_known == in->read + 1 && in->arrived > in->read &&
        !drill_socket_option(&self->socket, DRILL_SO_OOBINLINE))
        drill_pipe_skip(in, drill_socket_mem(&self->socket), 1); /* tcp_check_urg */
    mine->urgent_known = theirs->urgent;
    mine->urgent_taken = false;
    drill_file_wake(&self->socket.file, DRILL_POLLPRI);
}

/* RFC 9293 3.10.7.4, "process the segment text" and "check the FIN bit". */
static void input_text(struct drill_tcp *self, const struct drill_packet *packet)
{
    struct drill_pipe *in = drill_tcp_in(self);
    const struct drill_flow *flow = drill_tcp_flow(self);
    const bool fin = packet->kind == DRILL_PACKET_FIN;
    uint64_t to = packet->offset + packet->size + fin;

    if (flow != NULL && !fin && to > flow->shown_edge)
        to = flow->shown_edge; /* beyond the window */
    if (packet->size > 0 && to > in->arrived && drill_tcp_refuses_data(self)) {
        drill_tcp_reset(self, "data for a closed socket");
        drill_tcp_die(self, ECONNRESET, (uint32_t)packet->number);
        return;
    }
    tell_urgent(self);
    const uint64_t arrived = take(self, packet->offset, to);
    const uint64_t data = arrived < in->written ? arrived : in->written;
    const bool advanced = data > in->arrived;
    if (advanced) {
        in->arrived = data;
        drill_file_wake(&self->socket.file, DRILL_POLLIN | DRILL_POLLRDNORM);
    }
    if (arrived > in->written && in->ended && !in->end_arrived) {
        in->end_arrived = true;
        if (!drill_tcp_fin_arrived(self))
            return;
    }
    if (flow != NULL && !fin && flow->piece_count == 0 && advanced)
        drill_tcp_answer_soon(self);
    else
        drill_tcp_answer(self);
}

static void input_open(struct drill_tcp *self, const struct drill_packet *packet)
{
    if (self->socket.state == DRILL_TCP_SYN_SENT) {
        drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_RST, packet->ack, 0,
                       "out of place");
        return;
    }
    if (self->socket.state == DRILL_TCP_SYN_RECEIVED) {
        note_edge(self, packet);
        if (!complete_open(self))
            return;
    }
    if (self->socket.state == DRILL_TCP_TIME_WAIT) {
        if (packet->kind == DRILL_PACKET_FIN) { /* the peer missed our answer */
            drill_tcp_time_wait(self);
            drill_tcp_answer(self);
        }
        return;
    }
    if (!input_ack(self, packet))
        return;
    if (packet->kind == DRILL_PACKET_DATA || packet->kind == DRILL_PACKET_FIN)
        input_text(self, packet);
    else if (packet->asks)
        drill_tcp_answer(self);
}

void drill_tcp_input(struct drill_packet *packet)
{
    struct drill_conn *conn = packet->conn;
    struct drill_net *net = packet->sender->net;
    struct drill_tcp *end = conn->ends[conn->self ? 0 : !packet->side];

    if (packet->damaged)
        return; /* the checksum tells: it is as good as lost */
    if (packet->kind == DRILL_PACKET_SYN && end == NULL) {
        drill_tcp_arrive_syn(packet);
        return;
    }
    if (end == NULL) {
        answer_stranger(packet);
        return;
    }
    conn->refs++;
    if (conn->flows != NULL)
        drill_tcp_flow(end)->heard_ns = drill_sim_now(net->sim);
    switch (packet->kind) {
    case DRILL_PACKET_RST:
        input_reset(end, packet);
        break;
    case DRILL_PACKET_SYN:
        input_syn(end, packet);
        break;
    case DRILL_PACKET_SYN_ACK:
        input_syn_ack(end, packet);
        break;
    default:
        input_open(end, packet);
    }
    drill_conn_calm_down(conn, net);
    drill_conn_drop(conn, net);
}
