#include <errno.h>

#include "emu/unix.h"

/* unix_may_send: who is connected hears its peer only. */
static bool may_send(const struct drill_unix *self, const struct drill_unix *other)
{
    return other->peer == NULL || other->peer == self;
}

/* Two that are each other's peers are held up by their send buffers only. */
static bool is_full_for(const struct drill_unix *self, const struct drill_unix *other)
{
    return other != self && other->peer != self && drill_unix_is_full(other);
}

bool drill_unix_is_held_up(const struct drill_unix *self)
{
    return self->socket.type != DRILL_SOCK_STREAM && self->peer != NULL &&
           !drill_unix_is_gone(self->peer) && is_full_for(self, self->peer);
}

/* Somebody else may wait where it waited to send. */
static void leave_peer(struct drill_unix *self, struct drill_unix *next)
{
    const bool waited = (self->socket.flags & DRILL_UNIX_WANTS_ROOM) != 0;

    self->socket.flags &= (uint8_t)~DRILL_UNIX_WANTS_ROOM;
    drill_unix_set_peer(self, next);
    if (waited)
        drill_file_wake(&self->socket.file, DRILL_POLLOUT | DRILL_POLLWRNORM | DRILL_POLLWRBAND);
}

/* unix_dgram_disconnected: what waits is no longer from the peer; a peer that was one is told. */
static void drop_what_waits(struct drill_unix *self, struct drill_unix *former)
{
    if (self->first == NULL)
        return;
    drill_unix_purge(self);
    drill_unix_wake_waiters(self);
    if (drill_unix_is_gone(former) || former->peer != self)
        return;
    drill_socket_fail(&former->socket, ECONNRESET, 0);
    drill_file_wake(&former->socket.file, DRILL_POLLERR);
}

static void change_peer(struct drill_unix *self, struct drill_unix *next)
{
    struct drill_unix *former = self->peer;

    if (former == next)
        return;
    if (former == NULL) {
        drill_unix_set_peer(self, next);
        return;
    }
    drill_unix_hold(former);
    leave_peer(self, next);
    drop_what_waits(self, former);
    if (former->peer == NULL)
        former->socket.state = DRILL_UNIX_CLOSED;
    drill_unix_release(former);
}

/* unix_dgram_connect */
int drill_unix_dgram_connect(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file), *other;

    if (args->addr != NULL && args->addr->family == DRILL_AF_UNSPEC) {
        self->socket.state = DRILL_UNIX_CLOSED;
        change_peer(self, NULL);
        return 0;
    }
    int result = drill_unix_check_addr(args->addr);
    if (result == 0)
        result = drill_unix_name_sender(self);
    if (result == 0)
        result = drill_unix_find(self, args->addr, &other);
    if (result != 0)
        return result;
    if (!may_send(self, other))
        return -EPERM;
    self->socket.state = other->socket.state = DRILL_UNIX_ESTABLISHED;
    change_peer(self, other);
    return 0;
}

/* Whose queue a message goes to. */
static int find_receiver(struct drill_unix *self, const struct drill_sockaddr *addr,
                         struct drill_unix **found)
{
    if (addr != NULL)
        return drill_unix_find(self, addr, found);
    *found = self->peer;
    if (!drill_unix_is_gone(self->peer))
        return 0;
    if (self->socket.type == DRILL_SOCK_SEQPACKET)
        return -EPIPE;
    self->socket.state = DRILL_UNIX_CLOSED;
    change_peer(self, NULL);
    return -ECONNREFUSED;
}

static int check_receiver(struct drill_unix *self, struct drill_unix *other,
                          struct drill_args *args)
{
    if (!may_send(self, other))
        return -EPERM;
    if ((other->socket.shut & DRILL_SHUT_IN) != 0)
        return -EPIPE;
    if (!is_full_for(self, other))
        return 0;
    args->wait_on = &other->waiters;
    if (self->peer == other)
        drill_unix_want_room(self);
    return -EAGAIN;
}

static int check_send(struct drill_unix *self, const struct drill_args *args,
                      const struct drill_sockaddr *addr)
{
    int result = 0;

    if ((args->flags & DRILL_MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if (addr != NULL)
        result = drill_unix_check_addr(addr);
    else if (self->peer == NULL)
        result = -ENOTCONN;
    if (result == 0)
        result = drill_unix_name_sender(self);
    if (result < 0)
        return result;
    if (args->size + 32 > (size_t)drill_socket_option(&self->socket, DRILL_SO_SNDBUF))
        return -EMSGSIZE;
    result = drill_socket_take_error(&self->socket);
    if (result < 0)
        return result;
    return (self->socket.shut & DRILL_SHUT_OUT) != 0 ? -EPIPE : 0;
}

/* unix_dgram_sendmsg, in its order. */
static int send_message(struct drill_unix *self, struct drill_args *args,
                        const struct drill_sockaddr *addr)
{
    struct drill_host *host = drill_unix_host(self);
    struct drill_unix *other;
    struct drill_unix_message *message;
    struct drill_passed *passed;
    int result = drill_rights_take(host, args, &passed);

    if (result < 0)
        return result;
    result = check_send(self, args, addr);
    if (result == 0)
        result = drill_unix_write(self, args, 0, args->size, &message);
    if (result < 0) {
        drill_rights_drop(host, passed);
        return result;
    }
    message->passed = passed;
    result = find_receiver(self, addr, &other);
    if (result == 0)
        result = check_receiver(self, other, args);
    if (result < 0) {
        drill_unix_free_message(message);
        return result;
    }
    drill_unix_deliver(other, message);
    args->done = args->size;
    return 0;
}

int drill_unix_dgram_send(struct drill_file *file, struct drill_args *args)
{
    return send_message(drill_unix_of(file), args, args->addr);
}

/* The message that is read next: peeking with an offset goes past those it has shown. */
static struct drill_unix_message *next_message(struct drill_unix *self,
                                               const struct drill_args *args, size_t *offset)
{
    struct drill_unix_message *message = self->first;

    *offset = drill_unix_peek_offset(self, args);
    if ((args->flags & DRILL_MSG_PEEK) == 0)
        return message;
    for (; message != NULL; message = message->next) {
        if (*offset < message->size || (*offset == 0 && !message->peeked))
            break;
        *offset -= message->size;
    }
    return message;
}

static int nothing_there(struct drill_unix *self, const struct drill_args *args)
{
    const bool over = (self->socket.shut & DRILL_SHUT_IN) != 0 &&
                      (args->blocking || self->socket.type == DRILL_SOCK_SEQPACKET);

    return over ? 0 : -EAGAIN;
}

static void read_message(struct drill_unix *self, struct drill_unix_message *message,
                         struct drill_args *args, size_t offset)
{
    const size_t rest = message->size - offset;
    const size_t count = rest < args->size ? rest : args->size;
    const bool peek = (args->flags & DRILL_MSG_PEEK) != 0;

    if (rest > args->size)
        args->out_flags |= DRILL_MSG_TRUNC;
    if (count > 0)
        drill_args_give(args, 0, message->data + offset, count);
    args->done = (args->flags & DRILL_MSG_TRUNC) != 0 ? rest : count;
    drill_unix_tell_sender(self, message->sender, args);
    if (message->passed != NULL)
        drill_rights_give(drill_unix_host(self), message->passed, args);
    drill_unix_move_offset(self, args, peek ? count : message->size);
    message->peeked = message->peeked || peek;
    if (!peek)
        drill_unix_take(self, message);
    drill_unix_wake_waiters(self);
}

/* unix_dgram_recvmsg */
int drill_unix_dgram_recv(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file);
    size_t offset;

    args->out_flags |= args->flags & DRILL_MSG_CMSG_CLOEXEC;
    if ((args->flags & DRILL_MSG_OOB) != 0)
        return -EOPNOTSUPP;
    const int error = drill_socket_take_error(&self->socket);
    if (error < 0)
        return error;
    struct drill_unix_message *message = next_message(self, args, &offset);
    if (message == NULL)
        return nothing_there(self, args);
    read_message(self, message, args, offset);
    return 0;
}

/* An error comes before all else; an address is not looked at. */
int drill_unix_seqpacket_send(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file);
    const int error = drill_socket_take_error(&self->socket);

    if (error < 0)
        return error;
    if (self->socket.state != DRILL_UNIX_ESTABLISHED)
        return -ENOTCONN;
    return send_message(self, args, NULL);
}

int drill_unix_seqpacket_recv(struct drill_file *file, struct drill_args *args)
{
    if (drill_socket_of(file)->state != DRILL_UNIX_ESTABLISHED)
        return -ENOTCONN;
    return drill_unix_dgram_recv(file, args);
}
