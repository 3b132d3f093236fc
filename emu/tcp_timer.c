#include <errno.h>
#include <stddef.h>

#include "emu/tcp.h"

/* Linux: tcp_syn_linear_timeouts, tcp_synack_retries; and what tcp_retries2 = 15 and
 * tcp_orphan_retries = 8 come to (retransmits_timed_out). */
enum { SYN_LINEAR = 4, SYN_ACK_RETRIES = 5 };
/* TCP_TIMEWAIT_LEN and tcp_fin_timeout. */
#define LEAVE_NS          (INT64_C(60) * DRILL_SECOND)
#define GIVE_UP_NS        (INT64_C(924600) * DRILL_MS)
#define GIVE_UP_ORPHAN_NS (INT64_C(102200) * DRILL_MS)

static struct drill_tcp *end_of(const struct drill_flow *flow)
{
    const struct drill_conn *conn = flow->owner;

    return conn->ends[flow->side];
}

/* A timer that is set already may run early: it looks, and sets itself anew.  No run goes on only
 * to ask for a window again and again. */
void drill_tcp_set_resend(struct drill_tcp *self, int64_t after_ns)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);
    struct drill_flow *flow = drill_tcp_flow(self);

    flow->due_ns = drill_sim_now(sim) + after_ns;
    drill_timeline_mark(&sim->timeline, &flow->resend, flow->probing);
    if (!drill_event_is_set(&flow->resend) || flow->resend.when_ns > flow->due_ns)
        drill_timeline_set(&sim->timeline, &flow->resend, flow->due_ns);
}

void drill_tcp_stop_resend(struct drill_tcp *self)
{
    struct drill_flow *flow = drill_tcp_flow(self);

    flow->due_ns = 0;
    drill_timeline_mark(&drill_socket_sim(&self->socket)->timeline, &flow->resend, true);
}

static void set(struct drill_tcp *self, struct drill_event *event, int64_t after_ns)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    drill_timeline_set(&sim->timeline, event, drill_sim_now(sim) + after_ns);
}

static void resend_syn(struct drill_tcp *self, struct drill_flow *flow)
{
    const uint32_t limit =
        SYN_LINEAR + (uint32_t)drill_socket_option(&self->socket, DRILL_TCP_SYNCNT);

    if (++flow->retries > limit) {
        drill_tcp_die(self, ETIMEDOUT, 0);
        return;
    }
    const uint32_t doubled = flow->retries > SYN_LINEAR ? flow->retries - SYN_LINEAR : 0;
    drill_tcp_set_resend(self, DRILL_RTO_FIRST_NS << doubled);
    drill_socket_sim(&self->socket)->retransmitted++;
    drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_SYN, 0, 0, "again");
}

static void resend_syn_ack(struct drill_tcp *self, struct drill_flow *flow)
{
    if (++flow->retries > SYN_ACK_RETRIES) {
        drill_tcp_die(self, ETIMEDOUT, 0);
        return;
    }
    drill_tcp_set_resend(self, DRILL_RTO_FIRST_NS << flow->retries);
    drill_socket_sim(&self->socket)->retransmitted++;
    drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_SYN_ACK, 0, 0, "again");
}

static int64_t patience(const struct drill_tcp *self)
{
    const int32_t user_ms = drill_socket_option(&self->socket, DRILL_TCP_USER_TIMEOUT);

    if ((self->socket.flags & DRILL_TCP_ORPHAN) != 0)
        return GIVE_UP_ORPHAN_NS;
    return user_ms > 0 ? user_ms * DRILL_MS : GIVE_UP_NS;
}

static void resend_data(struct drill_tcp *self, struct drill_flow *flow)
{
    const int64_t now = drill_sim_now(drill_socket_sim(&self->socket));
    const int64_t since = flow->probing ? flow->heard_ns : flow->unanswered_since_ns - 1;

    if (now - since >= patience(self)) {
        drill_tcp_die(self, ETIMEDOUT, 0);
        return;
    }
    if (flow->probing) {
        flow->retries++;
        drill_tcp_set_resend(self, drill_flow_timeout(flow));
        drill_tcp_ask(self);
        return;
    }
    drill_flow_timed_out(flow);
    drill_tcp_output(self);
}

void drill_tcp_resend_due(struct drill_event *event)
{
    struct drill_flow *flow =
        (struct drill_flow *)(void *)((char *)event - offsetof(struct drill_flow, resend));
    struct drill_tcp *self = end_of(flow);
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    if (flow->due_ns == 0)
        return;
    if (drill_sim_now(sim) < flow->due_ns) {
        drill_timeline_set(&sim->timeline, event, flow->due_ns);
        return;
    }
    drill_tcp_stop_resend(self);
    switch (self->socket.state) {
    case DRILL_TCP_SYN_SENT:
        resend_syn(self, flow);
        return;
    case DRILL_TCP_SYN_RECEIVED:
        resend_syn_ack(self, flow);
        return;
    default:
        resend_data(self, flow);
    }
}

static int64_t keepalive_option(const struct drill_tcp *self, enum drill_option option)
{
    return drill_socket_option(&self->socket, option) * DRILL_SECOND;
}

static void probe_idle(struct drill_tcp *self, struct drill_flow *flow)
{
    const int64_t now = drill_sim_now(drill_socket_sim(&self->socket));
    const int64_t due = flow->heard_ns + keepalive_option(self, DRILL_TCP_KEEPIDLE);

    if (now < due) {
        set(self, &flow->idle, due - now);
        return;
    }
    if (flow->keepalives >= (uint32_t)drill_socket_option(&self->socket, DRILL_TCP_KEEPCNT)) {
        drill_tcp_reset(self, "keepalives unanswered");
        drill_tcp_die(self, ETIMEDOUT, 0);
        return;
    }
    flow->keepalives++;
    set(self, &flow->idle, keepalive_option(self, DRILL_TCP_KEEPINTVL));
    drill_tcp_ask(self);
}

void drill_tcp_idle_due(struct drill_event *event)
{
    struct drill_flow *flow =
        (struct drill_flow *)(void *)((char *)event - offsetof(struct drill_flow, idle));

    probe_idle(end_of(flow), flow);
}

/* All wait equally long, so they stand in one line, and only its first has a timer. */
void drill_tcp_leave(struct drill_tcp *self)
{
    struct drill_net *net = self->socket.file.host->net;
    struct drill_sim *sim = net->sim;

    drill_tcp_stop_leaving(self);
    self->socket.flags |= DRILL_TCP_LEAVING;
    self->leaves_ns = drill_sim_now(sim) + LEAVE_NS;
    self->leaving_next = NULL;
    self->leaving_before = net->leaving_last;
    *(net->leaving_last != NULL ? &net->leaving_last->leaving_next : &net->leaving_first) = self;
    net->leaving_last = self;
    if (!drill_event_is_set(&net->leaving))
        drill_timeline_set(&sim->timeline, &net->leaving, self->leaves_ns);
}

void drill_tcp_stop_leaving(struct drill_tcp *self)
{
    struct drill_net *net = self->socket.file.host->net;

    if ((self->socket.flags & DRILL_TCP_LEAVING) == 0)
        return;
    self->socket.flags &= (uint8_t)~DRILL_TCP_LEAVING;
    *(self->leaving_before != NULL ? &self->leaving_before->leaving_next : &net->leaving_first) =
        self->leaving_next;
    *(self->leaving_next != NULL ? &self->leaving_next->leaving_before : &net->leaving_last) =
        self->leaving_before;
    self->leaving_before = self->leaving_next = NULL;
}

void drill_tcp_leaving_due(struct drill_event *event)
{
    struct drill_net *net =
        (struct drill_net *)(void *)((char *)event - offsetof(struct drill_net, leaving));
    const int64_t now = drill_sim_now(net->sim);

    while (net->leaving_first != NULL && net->leaving_first->leaves_ns <= now)
        drill_tcp_die(net->leaving_first, 0, 0);
    if (net->leaving_first != NULL)
        drill_timeline_set(&net->sim->timeline, event, net->leaving_first->leaves_ns);
}

void drill_tcp_keep_alive(struct drill_tcp *self)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    if (self->socket.state == DRILL_TCP_LISTEN || self->conn == NULL)
        return;
    if (!drill_socket_option(&self->socket, DRILL_SO_KEEPALIVE)) {
        if (self->conn->flows != NULL && self->socket.state == DRILL_TCP_ESTABLISHED)
            drill_timeline_cancel(&sim->timeline, &drill_tcp_flow(self)->idle);
        return;
    }
    if ((self->socket.state == DRILL_TCP_ESTABLISHED ||
         self->socket.state == DRILL_TCP_CLOSE_WAIT) &&
        drill_conn_need_flows(self->conn, sim))
        set(self, &drill_tcp_flow(self)->idle, keepalive_option(self, DRILL_TCP_KEEPIDLE));
}
