#include <errno.h>

#include "emu/tcp.h"

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

/* tcp_sendmsg, step by step. */
int drill_tcp_send(struct drill_file *file, struct drill_args *args)
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

static size_t send_flow(struct drill_tcp *self, const void *data, size_t size)
{
    if (drill_tcp_send_room(self) < size || !drill_pipe_put(drill_tcp_out(self), data, size))
        return 0;
    drill_tcp_output(self);
    return size;
}

/* What nearly every call is: an open connection with room for all. */
size_t drill_tcp_send_block(struct drill_file *file, const void *data, size_t size)
{
    struct drill_tcp *self = drill_tcp_of(file);
    const struct drill_socket *socket = &self->socket;

    if (socket->state != DRILL_TCP_ESTABLISHED || socket->shut != 0 || socket->error != 0)
        return 0;
    if (self->conn->flows != NULL)
        return send_flow(self, data, size);
    if (!drill_conn_is_calm(self->conn))
        return 0;
    struct drill_pipe *out = drill_tcp_out(self);
    struct drill_tcp *peer = drill_tcp_peer(self);
    const uint64_t edge = out->read + (uint64_t)drill_socket_option(&peer->socket, DRILL_SO_RCVBUF);
    if (out->written != out->arrived || out->written + size > edge || peer->socket.shut != 0 ||
        !drill_pipe_put(out, data, size))
        return 0;
    out->arrived = out->written;
    drill_file_wake(&peer->socket.file, DRILL_POLLIN | DRILL_POLLRDNORM);
    return size;
}
