#include <errno.h>

#include "emu/tcp.h"

void drill_tcp_reset(struct drill_tcp *self, const char *cause)
{
    const struct drill_pipe *out = drill_tcp_out(self);

    if (self->conn->self)
        return; /* who is connected to itself has nobody to tell */
    drill_tcp_emit(self->conn, self->socket.side, DRILL_PACKET_RST, out->arrived, 0, cause);
}

static bool is_nobodys(const struct drill_tcp *self)
{
    if ((self->socket.flags & DRILL_TCP_ORPHAN) != 0)
        return true;
    return self->socket.state != DRILL_TCP_LISTEN && self->listener != NULL &&
           (self->socket.flags & DRILL_TCP_QUEUED) == 0;
}

void drill_tcp_die(struct drill_tcp *self, int error, uint32_t cause_packet)
{
    struct drill_socket *socket = &self->socket;

    drill_tcp_stop_leaving(self);
    if (socket->state != DRILL_TCP_CLOSED) {
        socket->state = DRILL_TCP_CLOSED;
        socket->shut = DRILL_SHUT_BOTH;
        if (error != 0)
            drill_socket_fail(socket, error, cause_packet);
        if (self->conn != NULL)
            drill_conn_detach(self->conn, self);
        if ((socket->bound & DRILL_BOUND_NUMBER) == 0)
            drill_socket_unbind(socket);
        drill_file_wake(&socket->file, UINT32_MAX);
    }
    if (is_nobodys(self))
        drill_tcp_free(self);
}

void drill_tcp_vanish(struct drill_tcp *self)
{
    if (self->socket.state == DRILL_TCP_LISTEN) {
        struct drill_tcp_listening *listening = self->listening;
        while (listening->first != NULL)
            drill_tcp_vanish(listening->first);
        while (listening->begun != NULL)
            drill_tcp_vanish(listening->begun);
        drill_mem_free(drill_socket_mem(&self->socket), listening, sizeof *listening);
        self->listening = NULL;
        self->socket.state = DRILL_TCP_CLOSED;
    }
    drill_tcp_stop_leaving(self);
    drill_tcp_leave_listener(self);
    self->socket.flags |= DRILL_TCP_ORPHAN;
    drill_tcp_die(self, 0, 0);
}

void drill_tcp_time_wait(struct drill_tcp *self)
{
    self->socket.state = DRILL_TCP_TIME_WAIT;
    self->socket.shut = DRILL_SHUT_BOTH;
    drill_file_wake(&self->socket.file, UINT32_MAX);
    drill_tcp_leave(self);
}

void drill_tcp_fin_wait2(struct drill_tcp *self)
{
    self->socket.state = DRILL_TCP_FIN_WAIT2;
    drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLHUP);
    if ((self->socket.flags & DRILL_TCP_ORPHAN) != 0)
        drill_tcp_leave(self);
}

void drill_tcp_send_fin(struct drill_tcp *self)
{
    self->socket.shut |= DRILL_SHUT_OUT;
    self->socket.state =
        self->socket.state == DRILL_TCP_CLOSE_WAIT ? DRILL_TCP_LAST_ACK : DRILL_TCP_FIN_WAIT1;
    drill_tcp_out(self)->ended = true;
    drill_tcp_output(self);
}

static bool is_abrupt(const struct drill_tcp *self)
{
    const struct drill_settings *settings = self->socket.file.settings;

    return drill_pipe_unread(drill_tcp_in(self)) > 0 ||
           (settings != NULL && settings->linger_seconds == 0);
}

static void close_open(struct drill_tcp *self)
{
    self->socket.flags |= DRILL_TCP_ORPHAN;
    if (is_abrupt(self)) { /* RFC 2525 2.17 */
        drill_tcp_reset(self, "closed with unread data, or by linger");
        drill_tcp_die(self, 0, 0);
        return;
    }
    switch (self->socket.state) {
    case DRILL_TCP_ESTABLISHED:
    case DRILL_TCP_CLOSE_WAIT:
    case DRILL_TCP_SYN_RECEIVED:
        drill_tcp_send_fin(self);
        return;
    case DRILL_TCP_FIN_WAIT2:
        drill_tcp_leave(self);
        return;
    default:
        return;
    }
}

void drill_tcp_close(struct drill_file *file)
{
    struct drill_tcp *self = drill_tcp_of(file);

    if (file->crashed) {
        drill_tcp_vanish(self);
        return;
    }
    switch (self->socket.state) {
    case DRILL_TCP_LISTEN:
        drill_tcp_stop_listening(self);
        drill_tcp_free(self);
        return;
    case DRILL_TCP_CLOSED:
    case DRILL_TCP_SYN_SENT:
        self->socket.flags |= DRILL_TCP_ORPHAN;
        drill_tcp_die(self, 0, 0);
        return;
    case DRILL_TCP_TIME_WAIT:
        self->socket.flags |= DRILL_TCP_ORPHAN;
        return;
    default:
        close_open(self);
    }
}

static bool needs_reset(uint8_t state)
{
    switch (state) {
    case DRILL_TCP_ESTABLISHED:
    case DRILL_TCP_CLOSE_WAIT:
    case DRILL_TCP_FIN_WAIT1:
    case DRILL_TCP_FIN_WAIT2:
    case DRILL_TCP_SYN_RECEIVED:
        return true;
    default:
        return false;
    }
}

int drill_tcp_disconnect(struct drill_tcp *self)
{
    struct drill_socket *socket = &self->socket;
    const uint8_t state = socket->state;

    if (state == DRILL_TCP_LISTEN)
        drill_tcp_stop_listening(self);
    if (needs_reset(state))
        drill_tcp_reset(self, "disconnect");
    if (self->conn != NULL)
        drill_tcp_die(self, needs_reset(state) || state == DRILL_TCP_SYN_SENT ? ECONNRESET : 0, 0);
    if (self->conn != NULL)
        drill_conn_drop(self->conn, socket->file.host->net);
    self->conn = NULL;
    socket->flags &= (uint8_t)~DRILL_TCP_ASKED;
    socket->shut = 0;
    if ((socket->bound & DRILL_BOUND_NUMBER) == 0)
        drill_socket_unbind(socket);
    if ((socket->bound & DRILL_BOUND_ADDR) == 0) {
        const uint16_t port = socket->local.port;
        socket->local = socket->family == DRILL_AF_INET6 ? drill_addr_any6 : drill_addr_any4;
        socket->local.port = port;
    }
    drill_file_wake(&socket->file, UINT32_MAX);
    return 0;
}

bool drill_tcp_refuses_data(const struct drill_tcp *self)
{
    if ((self->socket.flags & DRILL_TCP_ORPHAN) != 0)
        return true;
    return (self->socket.shut & DRILL_SHUT_IN) != 0 &&
           (self->socket.state == DRILL_TCP_FIN_WAIT1 || self->socket.state == DRILL_TCP_FIN_WAIT2);
}

/* inet_shutdown and tcp_shutdown. */
int drill_tcp_shutdown(struct drill_file *file, int how)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;
    const uint8_t bits = (uint8_t)(how + 1);

    switch (socket->state) {
    case DRILL_TCP_CLOSED:
    case DRILL_TCP_TIME_WAIT:
        socket->shut |= bits; /* refused, and yet it counts */
        drill_file_wake(file, UINT32_MAX);
        return -ENOTCONN;
    case DRILL_TCP_LISTEN:
        return (bits & DRILL_SHUT_IN) != 0 ? drill_tcp_disconnect(self) : 0;
    case DRILL_TCP_SYN_SENT:
        return drill_tcp_disconnect(self);
    default:
        break;
    }
    socket->shut |= bits;
    drill_file_wake(file, UINT32_MAX);
    if ((bits & DRILL_SHUT_OUT) != 0 &&
        (socket->state == DRILL_TCP_ESTABLISHED || socket->state == DRILL_TCP_CLOSE_WAIT ||
         socket->state == DRILL_TCP_SYN_RECEIVED))
        drill_tcp_send_fin(self);
    return 0;
}

int drill_tcp_linger(struct drill_file *file)
{
    struct drill_tcp *self = drill_tcp_of(file);

    switch (self->socket.state) {
    case DRILL_TCP_ESTABLISHED:
    case DRILL_TCP_CLOSE_WAIT:
        if (is_abrupt(self))
            return 0;
        drill_tcp_send_fin(self);
        return self->socket.state == DRILL_TCP_FIN_WAIT1 || self->socket.state == DRILL_TCP_LAST_ACK
                   ? -EAGAIN
                   : 0;
    case DRILL_TCP_FIN_WAIT1:
    case DRILL_TCP_CLOSING:
    case DRILL_TCP_LAST_ACK:
        return -EAGAIN;
    default:
        return 0;
    }
}
