#include "emu/tcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/bindings.h"

enum { SEND_SIZE_GROWN = 2626560 };

struct drill_tcp *drill_tcp_new(struct drill_host *host, int family)
{
    struct drill_tcp *self = drill_mem_new(&host->sim->mem, sizeof *self);

    if (self == NULL)
        return NULL;
    drill_socket_init(&self->socket, &drill_tcp_ops, host, family, DRILL_SOCK_STREAM,
                      DRILL_IPPROTO_TCP);
    self->socket.state = DRILL_TCP_CLOSED;
    self->conn = NULL;
    self->listener = NULL;
    self->queue_next = NULL;
    self->leaves_ns = 0;
    return self;
}

void drill_tcp_free(struct drill_tcp *self)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    drill_tcp_leave_listener(self);
    if (self->conn != NULL)
        drill_conn_drop(self->conn, self->socket.file.host->net);
    drill_socket_fini(&self->socket);
    drill_mem_free(&sim->mem, self, sizeof *self);
}

static uint64_t unacknowledged(const struct drill_tcp *self)
{
    const struct drill_pipe *out = drill_tcp_out(self);
    const struct drill_flow *flow = drill_tcp_flow(self);
    const uint64_t acked = flow != NULL ? flow->acked : out->arrived;

    return acked < out->written ? out->written - acked : 0;
}

/* Unless a program has chosen, a connection may buffer what Linux grows to (tcp_init_buffer_space).
 */
uint64_t drill_tcp_send_size(const struct drill_tcp *self)
{
    const int32_t size = drill_socket_option(&self->socket, DRILL_SO_SNDBUF);
    const bool chosen = (self->socket.flags & DRILL_TCP_SIZED) != 0;

    return !chosen && self->conn != NULL ? SEND_SIZE_GROWN : (uint64_t)size;
}

uint64_t drill_tcp_send_room(const struct drill_tcp *self)
{
    const uint64_t size = drill_tcp_send_size(self);
    const uint64_t used = unacknowledged(self);

    return used < size ? size - used : 0;
}

/* A third has to be free, so that a writer is not woken for a trickle (sk_stream_is_writeable). */
bool drill_tcp_is_writable(const struct drill_tcp *self)
{
    if (self->conn == NULL)
        return true;
    return drill_tcp_send_room(self) >= unacknowledged(self) / 2 && drill_tcp_send_room(self) > 0;
}

uint64_t drill_tcp_urgent(const struct drill_tcp *self)
{
    const struct drill_flow *flow = drill_tcp_flow(self);

    if (flow == NULL || flow->urgent_known == 0 || flow->urgent_known <= drill_tcp_in(self)->read)
        return UINT64_MAX;
    return flow->urgent_known - 1;
}

static uint32_t poll_listening(const struct drill_tcp *self)
{
    return self->listening->first != NULL ? DRILL_POLLIN | DRILL_POLLRDNORM : 0;
}

static bool is_readable(const struct drill_tcp *self)
{
    const struct drill_pipe *in = drill_tcp_in(self);
    const uint64_t urgent = drill_tcp_urgent(self);
    const int32_t least = drill_socket_option(&self->socket, DRILL_SO_RCVLOWAT);
    uint64_t unread = drill_pipe_unread(in);

    if (urgent == in->read && !drill_socket_option(&self->socket, DRILL_SO_OOBINLINE) && unread > 0)
        unread--;
    return unread > 0 && unread >= (uint64_t)least;
}

/* Open, calm, nothing set and nothing waiting to be sent. */
static bool is_plain(const struct drill_tcp *self)
{
    const struct drill_socket *socket = &self->socket;

    return socket->state == DRILL_TCP_ESTABLISHED && socket->shut == 0 && socket->error == 0 &&
           socket->file.settings == NULL && self->conn->flows == NULL &&
           drill_tcp_out(self)->written == drill_tcp_out(self)->arrived;
}

/* tcp_poll, case by case. */
static uint32_t poll_tcp(struct drill_file *file)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;
    uint32_t bits = 0;

    if (is_plain(self))
        return DRILL_POLLOUT | DRILL_POLLWRNORM |
               (drill_pipe_unread(drill_tcp_in(self)) > 0 ? DRILL_POLLIN | DRILL_POLLRDNORM : 0);

    if (socket->state == DRILL_TCP_LISTEN)
        return poll_listening(self);
    if (socket->shut == DRILL_SHUT_BOTH || socket->state == DRILL_TCP_CLOSED)
        bits |= DRILL_POLLHUP;
    if ((socket->shut & DRILL_SHUT_IN) != 0)
        bits |= DRILL_POLLIN | DRILL_POLLRDNORM | DRILL_POLLRDHUP;
    if (socket->error != 0)
        bits |= DRILL_POLLERR;
    if (socket->state == DRILL_TCP_SYN_SENT || socket->state == DRILL_TCP_SYN_RECEIVED)
        return bits;
    if (self->conn != NULL && is_readable(self))
        bits |= DRILL_POLLIN | DRILL_POLLRDNORM;
    if ((socket->shut & DRILL_SHUT_OUT) != 0 || drill_tcp_is_writable(self))
        bits |= DRILL_POLLOUT | DRILL_POLLWRNORM;
    else
        socket->flags |= DRILL_TCP_NO_SPACE;
    if (self->conn != NULL && drill_tcp_urgent(self) < drill_tcp_in(self)->arrived &&
        !drill_tcp_flow(self)->urgent_taken)
        bits |= DRILL_POLLPRI;
    return bits;
}

static int bind_tcp(struct drill_file *file, struct drill_args *args)
{
    struct drill_socket *socket = drill_socket_of(file);

    if (socket->state != DRILL_TCP_CLOSED)
        return -EINVAL;
    return drill_bind_addr(socket, args->addr);
}

static int name_of(struct drill_file *file, struct drill_sockaddr *addr, bool peer)
{
    const struct drill_tcp *self = drill_tcp_of(file);
    const struct drill_socket *socket = &self->socket;

    if (!peer) {
        *addr = drill_socket_show(socket, &socket->local);
        return 0;
    }
    if (socket->state == DRILL_TCP_CLOSED || socket->state == DRILL_TCP_LISTEN ||
        socket->state == DRILL_TCP_SYN_SENT || socket->state == DRILL_TCP_TIME_WAIT)
        return -ENOTCONN;
    const struct drill_addr remote =
        drill_conn_addr(self->conn, self->conn->self ? 0 : !socket->side);
    *addr = drill_socket_show(socket, &remote);
    return 0;
}

static int ioctl_tcp(struct drill_file *file, int request, int *value)
{
    const struct drill_tcp *self = drill_tcp_of(file);

    if (self->socket.state == DRILL_TCP_LISTEN && request != DRILL_SIOCATMARK)
        return -EINVAL;
    switch (request) {
    case DRILL_FIONREAD:
        *value = self->conn == NULL ? 0 : (int)drill_pipe_unread(drill_tcp_in(self));
        return 0;
    case DRILL_SIOCOUTQ:
        *value = self->conn == NULL ? 0 : (int)unacknowledged(self);
        return 0;
    case DRILL_SIOCATMARK:
        *value = self->socket.state != DRILL_TCP_LISTEN && self->conn != NULL &&
                 drill_tcp_urgent(self) == drill_tcp_in(self)->read;
        return 0;
    default:
        return -ENOTTY;
    }
}

const struct drill_file_ops drill_tcp_ops = {
    .name = "tcp",
    .poll = poll_tcp,
    .close = drill_tcp_close,
    .bind = bind_tcp,
    .listen = drill_tcp_listen,
    .accept = drill_tcp_accept,
    .connect = drill_tcp_connect,
    .recv = drill_tcp_recv,
    .send = drill_tcp_send,
    .recv_block = drill_tcp_recv_block,
    .send_block = drill_tcp_send_block,
    .shutdown = drill_tcp_shutdown,
    .name_of = name_of,
    .ioctl = ioctl_tcp,
    .option_set = drill_tcp_option_set,
    .option_get = drill_tcp_option_get,
    .linger = drill_tcp_linger,
    .describe = drill_tcp_describe,
};
