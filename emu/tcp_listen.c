#include <assert.h>
#include <errno.h>

#include "emu/bindings.h"
#include "emu/tcp.h"

enum { SYN_SYN_ACK_ACK = 3 };

struct syn {
    const struct drill_addr *target;
};

static int score(const struct drill_socket *socket, const void *packet)
{
    const struct syn *syn = packet;

    return socket->state == DRILL_TCP_LISTEN ? drill_bind_match(socket, syn->target) : -1;
}

static void enqueue(struct drill_tcp_listening *listening, struct drill_tcp *child)
{
    child->queue_next = NULL;
    *(listening->last != NULL ? &listening->last->queue_next : &listening->first) = child;
    listening->last = child;
    listening->count++;
    child->socket.flags |= DRILL_TCP_QUEUED;
}

static void leave_queue(struct drill_tcp_listening *listening, struct drill_tcp *child)
{
    struct drill_tcp *before = NULL;

    for (struct drill_tcp *each = listening->first; each != child; each = each->queue_next)
        before = each;
    *(before != NULL ? &before->queue_next : &listening->first) = child->queue_next;
    if (listening->last == child)
        listening->last = before;
    listening->count--;
    child->socket.flags &= (uint8_t)~DRILL_TCP_QUEUED;
}

static void leave_begun(struct drill_tcp_listening *listening, const struct drill_tcp *child)
{
    struct drill_tcp **at = &listening->begun;

    while (*at != child)
        at = &(*at)->queue_next;
    *at = child->queue_next;
}

void drill_tcp_leave_listener(struct drill_tcp *self)
{
    struct drill_tcp *listener = self->listener;

    if (self->socket.state == DRILL_TCP_LISTEN || listener == NULL)
        return;
    assert((self->socket.flags & DRILL_TCP_LEAVING) == 0);
    if ((self->socket.flags & DRILL_TCP_QUEUED) != 0)
        leave_queue(listener->listening, self);
    else
        leave_begun(listener->listening, self);
    self->listener = NULL;
}

static void abandon(struct drill_tcp *child, const char *cause)
{
    drill_tcp_leave_listener(child);
    child->socket.flags |= DRILL_TCP_ORPHAN;
    if (child->socket.state != DRILL_TCP_CLOSED)
        drill_tcp_reset(child, cause);
    drill_tcp_die(child, 0, 0);
}

static void tell(const struct drill_tcp *listener, const char *line)
{
    struct drill_sim *sim = drill_socket_sim(&listener->socket);

    if (sim->trace != NULL)
        drill_sim_trace(sim, "%s", line);
}

static bool is_full(const struct drill_tcp *listener)
{
    return listener->listening->count > listener->listening->backlog;
}

/* With tcp_abort_on_overflow, who finds the queue full is told so (tcp_check_req). */
bool drill_tcp_establish(struct drill_tcp *self)
{
    struct drill_tcp *listener = self->listener;
    struct drill_tcp_listening *listening = listener->listening;

    if (is_full(listener)) {
        if (self->socket.file.host->limits.abort_on_overflow)
            abandon(self, "accept queue overflow");
        else
            tell(listener, "ACK dropped <- accept queue full");
        return false;
    }
    leave_begun(listening, self);
    enqueue(listening, self);
    drill_file_wake(&listener->socket.file, DRILL_POLLIN | DRILL_POLLRDNORM);
    return true;
}

/* A child takes its listener's options, and its place on the port. */
static struct drill_tcp *make_child(struct drill_tcp *listener, struct drill_conn *conn)
{
    struct drill_tcp *child = drill_tcp_new(listener->socket.file.host, listener->socket.family);

    if (child == NULL)
        return NULL;
    child->socket.local = drill_conn_addr(conn, 1);
    if (drill_settings_inherit(&child->socket.file, &listener->socket.file) < 0 ||
        drill_bind_child(&child->socket) < 0) {
        drill_tcp_free(child);
        return NULL;
    }
    drill_conn_attach(conn, child, 1);
    child->socket.flags = listener->socket.flags & DRILL_TCP_SIZED;
    child->socket.file.lingers = listener->socket.file.lingers;
    child->socket.state = DRILL_TCP_SYN_RECEIVED;
    child->listener = listener;
    child->queue_next = listener->listening->begun;
    listener->listening->begun = child;
    return child;
}

/* The SYN-ACK is sent again until it is answered, unless the answer came at once. */
static void await_answer(struct drill_conn *conn, struct drill_tcp *child)
{
    if (conn->ends[1] != child || child->socket.state != DRILL_TCP_SYN_RECEIVED)
        return;
    if (!drill_conn_need_flows(conn, drill_socket_sim(&child->socket))) {
        drill_tcp_die(child, 0, 0);
        return;
    }
    drill_tcp_set_resend(child, DRILL_RTO_FIRST_NS);
}

static struct drill_tcp *find_listener(const struct drill_conn *conn, struct drill_host *host,
                                       const struct drill_addr *target)
{
    const struct syn syn = {.target = target};
    struct drill_socket *found = drill_bind_find(host, DRILL_IPPROTO_TCP, target, score, &syn,
                                                 drill_table_hash(&conn->key, sizeof conn->key));

    return found != NULL ? drill_tcp_of(&found->file) : NULL;
}

bool drill_tcp_open_at_once(struct drill_tcp *self)
{
    struct drill_conn *conn = self->conn;
    const struct drill_path *there = conn->paths[0];

    if (there == NULL || !there->calm || !conn->paths[1]->calm || conn->self ||
        self->socket.side != 0 || drill_sim_shows_packets(there->from->sim))
        return false;
    const struct drill_addr target = drill_conn_addr(conn, 1);
    struct drill_tcp *listener = find_listener(conn, there->to, &target);
    if (listener == NULL || is_full(listener))
        return false;
    struct drill_tcp *child = make_child(listener, conn);
    if (child == NULL) { /* the SYN is dropped, as it is when it comes in a packet */
        drill_net_note(there->from->net, 1);
        return true;
    }
    drill_net_note(there->from->net, SYN_SYN_ACK_ACK);
    drill_tcp_become_established(self);
    drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLWRNORM);
    drill_tcp_establish(child);
    drill_tcp_become_established(child);
    return true;
}

void drill_tcp_arrive_syn(struct drill_packet *packet)
{
    struct drill_conn *conn = packet->conn;
    struct drill_host *host = packet->path->to;
    const struct drill_addr target = drill_conn_addr(conn, !packet->side);
    const struct drill_tcp *opener = packet->side == 0 ? conn->ends[0] : NULL;

    if (opener != NULL && opener->socket.state != DRILL_TCP_SYN_SENT)
        return; /* an old duplicate: its sender would refuse the answer */
    struct drill_tcp *listener = opener != NULL ? find_listener(conn, host, &target) : NULL;
    if (listener == NULL) {
        drill_tcp_emit(conn, !packet->side, DRILL_PACKET_RST, packet->ack, 0, "nobody listens");
        return;
    }
    if (is_full(listener)) { /* Linux lets the peer try again (tcp_conn_request) */
        tell(listener, "SYN dropped <- accept queue full");
        return;
    }
    struct drill_tcp *child = make_child(listener, conn);
    if (child == NULL) {
        tell(listener, "SYN dropped <- out of memory");
        return;
    }
    if (conn->flows != NULL && packet->edge > conn->flows[1].edge)
        conn->flows[1].edge = packet->edge;
    conn->refs++;
    drill_tcp_emit(conn, 1, DRILL_PACKET_SYN_ACK, 0, 0, NULL);
    await_answer(conn, child);
    drill_conn_drop(conn, host->net);
}

void drill_tcp_stop_listening(struct drill_tcp *self)
{
    struct drill_tcp_listening *listening = self->listening;

    while (listening->first != NULL)
        abandon(listening->first, "listener closed");
    while (listening->begun != NULL)
        abandon(listening->begun, "listener closed");
    drill_mem_free(drill_socket_mem(&self->socket), listening, sizeof *listening);
    self->listening = NULL;
    self->socket.state = DRILL_TCP_CLOSED;
}
