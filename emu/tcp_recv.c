#include <errno.h>

#include "emu/tcp.h"

static int recv_urgent(struct drill_tcp *self, struct drill_args *args)
{
    const uint64_t place = self->conn != NULL ? drill_tcp_urgent(self) : UINT64_MAX;

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
static void take_around_urgent(struct drill_tcp *self, struct drill_args *args)
{
    struct drill_pipe *in = drill_tcp_in(self);
    struct drill_mem *mem = drill_socket_mem(&self->socket);
    const bool inline_urgent = drill_socket_option(&self->socket, DRILL_SO_OOBINLINE);
    const bool peek = (args->flags & DRILL_MSG_PEEK) != 0;
    const size_t before = args->done;
    uint64_t skip = 0;

    while (args->done < args->size && in->read + skip < in->arrived) {
        const uint64_t urgent = drill_tcp_urgent(self), place = in->read + skip;
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

static void take_bytes(struct drill_tcp *self, struct drill_args *args)
{
    struct drill_pipe *in = drill_tcp_in(self);
    const size_t unread = (size_t)drill_pipe_unread(in), rest = args->size - args->done;
    const size_t count = rest < unread ? rest : unread;

    if (drill_tcp_urgent(self) != UINT64_MAX) {
        take_around_urgent(self, args);
        return;
    }
    if ((args->flags & DRILL_MSG_TRUNC) == 0)
        drill_pipe_peek(in, args, args->done, 0, count);
    args->done += count;
    if ((args->flags & DRILL_MSG_PEEK) == 0)
        drill_pipe_skip(in, drill_socket_mem(&self->socket), count);
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

/* What was moved is the answer when no more can come; an error is told by the next call. */
static int no_more_than(struct drill_tcp *self, const struct drill_args *args)
{
    const struct drill_socket *socket = &self->socket;
    const bool over = socket->error != 0 || (socket->shut & DRILL_SHUT_IN) != 0;

    return args->done > 0 && over ? 0 : no_more(self);
}

static size_t wanted(const struct drill_tcp *self, const struct drill_args *args)
{
    const size_t least = (size_t)drill_socket_option(&self->socket, DRILL_SO_RCVLOWAT);

    if ((args->flags & DRILL_MSG_WAITALL) != 0)
        return args->size;
    return least > 1 && least < args->size ? least : args->size > 0 ? 1 : 0;
}

/* No error is ever queued, and nobody waits for one (inet_recv_error). */
static int recv_error(struct drill_args *args)
{
    args->blocking = false;
    return -EAGAIN;
}

/* Takes what is there.  Whether the room this makes has let more come, at once: on calm links. */
static bool take_and_make_room(struct drill_tcp *self, struct drill_args *args)
{
    const struct drill_pipe *in = drill_tcp_in(self);
    const size_t before = args->done;

    take_bytes(self, args);
    const bool emptied = drill_pipe_unread(in) == 0;
    if (args->done > before && (args->flags & DRILL_MSG_PEEK) == 0 &&
        self->socket.state != DRILL_TCP_CLOSED)
        drill_tcp_window_opened(self);
    return emptied && drill_pipe_unread(in) > 0;
}

/* tcp_recvmsg, step by step. */
int drill_tcp_recv(struct drill_file *file, struct drill_args *args)
{
    struct drill_tcp *self = drill_tcp_of(file);
    struct drill_socket *socket = &self->socket;

    if ((args->flags & DRILL_MSG_ERRQUEUE) != 0)
        return recv_error(args);
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
    if (drill_pipe_unread(drill_tcp_in(self)) == 0)
        return args->done >= wanted(self, args) && args->done > 0 ? 0 : no_more_than(self, args);
    while (take_and_make_room(self, args) && args->done < wanted(self, args))
        continue;
    return args->done >= wanted(self, args) ? 0 : no_more_than(self, args);
}

/* What nearly every call is: bytes that are there, in one piece, none of them urgent. */
size_t drill_tcp_recv_block(struct drill_file *file, void *data, size_t size)
{
    struct drill_tcp *self = drill_tcp_of(file);
    const struct drill_conn *conn = self->conn;

    if (conn == NULL || (conn->flows != NULL && drill_tcp_urgent(self) != UINT64_MAX))
        return 0;
    struct drill_pipe *in = drill_tcp_in(self);
    const size_t count = drill_pipe_get(in, drill_socket_mem(&self->socket), data, size);
    if ((in->written > in->arrived || conn->flows != NULL) && count > 0 &&
        self->socket.state != DRILL_TCP_CLOSED)
        drill_tcp_window_opened(self);
    return count;
}
