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
    return self;
}

void drill_tcp_free(struct drill_tcp *self)
{
    struct drill_sim *sim = drill_socket_sim(&self->socket);

    drill_tcp_leave_listener(self);
    if (self->conn != NULL) {
        struct drill_pipe *in = drill_tcp_in(self);
        in->deaf = true;
        drill_conn_drop(self->conn, sim);
    }
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

/* The place of an urgent byte that lies in front of the reader; UINT64_MAX: none. */
static uint64_t urgent_place(const struct drill_tcp *self)
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
    const uint64_t urgent = urgent_place(self);
    const int32_t least = drill_socket_option(&self->socket, DRILL_SO_RCVLOWAT);
    uint64_t unread = drill_pipe_unread(in);

    if (urgent == in->read && !drill_socket_option(&self->socket, DRILL_SO_OOBINLINE) && unread > 0)
        unread--;
    return unread > 0 && unread >= (uint64_t)least;
}

/* tcp_poll, case by case. */
static uint32_t poll_tcp(struct drill_file *file)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;
    uint32_t bits = 0;

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
    if (self->conn != NULL && urgent_place(self) < drill_tcp_in(self)->arrived &&
        !drill_tcp_flow(self)->urgent_taken)
        bits |= DRILL_POLLPRI;
    return bits;
}

static int recv_urgent(struct drill_tcp *self, struct drill_args *args)
{
    const uint64_t place = self->conn != NULL ? urgent_place(self) : UINT64_MAX;

    if (place == UINT64_MAX || drill_socket_option(&self->socket, DRILL_SO_OOBINLINE) ||
        drill_tcp_flow(self)->urgent_taken)
        return -EINVAL;
    const struct drill_pipe *in = drill_tcp_in(self);
    if (place >= in->arrived)
        return -EAGAIN;
    args->out_flags |= DRILL_MSG_OOB;
    if (args->size > 0) {
        drill_pipe_peek(in, args, 0, (size_t)(place - in->read), 1);
        args->done = 1;
    } else {
        args->out_flags |= DRILL_MSG_TRUNC;
    }
    if ((args->flags & DRILL_MSG_PEEK) == 0)
        drill_tcp_flow(self)->urgent_taken = true;
    return 0;
}

/* Copies what is there, up to and from the urgent byte, which is left out unless it is inline. */
static void take_bytes(struct drill_tcp *self, struct drill_args *args)
{
    struct drill_pipe *in = drill_tcp_in(self);
    struct drill_mem *mem = drill_socket_mem(&self->socket);
    const bool inline_urgent = drill_socket_option(&self->socket, DRILL_SO_OOBINLINE);
    const bool peek = (args->flags & DRILL_MSG_PEEK) != 0;
    const size_t before = args->done;
    uint64_t skip = 0;

    while (args->done < args->size && in->read + skip < in->arrived) {
        const uint64_t urgent = urgent_place(self), place = in->read + skip;
        if (urgent == place && args->done > before)
            break;
        if (urgent == place && !inline_urgent) {
            skip++;
            continue;
        }
        const uint64_t end = urgent > place && urgent < in->arrived ? urgent : in->arrived;
        uint64_t count = end - place;
        if (count > args->size - args->done)
            count = args->size - args->done;
        if ((args->flags & DRILL_MSG_TRUNC) == 0)
            drill_pipe_peek(in, args, args->done, (size_t)skip, (size_t)count);
        skip += count;
        args->done += (size_t)count;
    }
    if (!peek && skip > 0)
        drill_pipe_skip(in, mem, (size_t)skip);
}

static int no_more(struct drill_tcp *self)
{
    struct drill_socket *socket = &self->socket;

    if (socket->error != 0)
        return drill_socket_take_error(socket);
    if ((socket->shut & DRILL_SHUT_IN) != 0)
        return 0;
    return socket->state == DRILL_TCP_CLOSED ? -ENOTCONN : -EAGAIN;
}

static size_t wanted(const struct drill_tcp *self, const struct drill_args *args)
{
    const size_t least = (size_t)drill_socket_option(&self->socket, DRILL_SO_RCVLOWAT);

    if ((args->flags & DRILL_MSG_WAITALL) != 0)
        return args->size;
    return least > 1 && least < args->size ? least : args->size > 0 ? 1 : 0;
}

static int recv_tcp(struct drill_file *file, struct drill_args *args)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;

    if (socket->state == DRILL_TCP_LISTEN)
        return -ENOTCONN;
    if (args->from != NULL)
        *args->from = (struct drill_sockaddr){.family = DRILL_AF_UNSPEC};
    if ((args->flags & DRILL_MSG_OOB) != 0)
        return recv_urgent(self, args);
    if ((args->flags & DRILL_MSG_PEEK) != 0)
        args->done = 0;
    if (self->conn == NULL)
        return no_more(self);
    const size_t before = args->done;
    const bool has_unread = drill_pipe_unread(drill_tcp_in(self)) > 0;
    take_bytes(self, args);
    if (args->done > before && (args->flags & DRILL_MSG_PEEK) == 0 &&
        socket->state != DRILL_TCP_CLOSED)
        drill_tcp_window_opened(self);
    if (args->done >= wanted(self, args) && (args->done > 0 || has_unread))
        return 0;
    if (args->done > 0 && (socket->error != 0 || (socket->shut & DRILL_SHUT_IN) != 0))
        return 0;
    return no_more(self);
}

static int broken(struct drill_socket *socket)
{
    const int error = drill_socket_take_error(socket);

    return error != 0 ? error : -EPIPE;
}

static int write_some(struct drill_tcp *self, struct drill_args *args, uint64_t room)
{
    struct drill_pipe *out = drill_tcp_out(self);
    const size_t rest = args->size - args->done;
    const size_t size = rest < room ? rest : (size_t)room;
    const int result =
        drill_pipe_write(out, drill_socket_mem(&self->socket), args, args->done, size);

    if (result < 0)
        return result;
    args->done += size;
    if ((args->flags & DRILL_MSG_OOB) != 0 && args->done == args->size)
        drill_tcp_flow(self)->urgent = out->written;
    const struct drill_flow *flow = drill_tcp_flow(self);
    if (flow == NULL || (args->flags & DRILL_MSG_MORE) == 0 ||
        out->written - flow->sent >= flow->segment)
        drill_tcp_output(self);
    return 0;
}

static int send_tcp(struct drill_file *file, struct drill_args *args)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;

    if (socket->state == DRILL_TCP_SYN_SENT || socket->state == DRILL_TCP_SYN_RECEIVED)
        return -EAGAIN;
    if ((args->flags & DRILL_MSG_OOB) != 0 && self->conn != NULL &&
        !drill_conn_need_flows(self->conn, drill_socket_sim(socket)))
        return -ENOMEM;
    for (;;) {
        if (socket->error != 0 || (socket->shut & DRILL_SHUT_OUT) != 0 || self->conn == NULL ||
            socket->state == DRILL_TCP_CLOSED)
            return args->done > 0 ? 0 : broken(socket);
        if (args->done >= args->size)
            return 0;
        const uint64_t room = drill_tcp_send_room(self);
        if (room == 0) {
            socket->flags |= DRILL_TCP_NO_SPACE;
            return -EAGAIN;
        }
        const int result = write_some(self, args, room);
        if (result < 0)
            return args->done > 0 ? 0 : result;
    }
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
                 urgent_place(self) == drill_tcp_in(self)->read;
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
    .recv = recv_tcp,
    .send = send_tcp,
    .shutdown = drill_tcp_shutdown,
    .name_of = name_of,
    .ioctl = ioctl_tcp,
    .option_set = drill_tcp_option_set,
    .option_get = drill_tcp_option_get,
    .linger = drill_tcp_linger,
    .describe = drill_tcp_describe,
};
