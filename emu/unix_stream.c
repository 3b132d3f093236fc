#include <errno.h>

#include "emu/unix.h"

/* 0: an urgent byte was taken from here. */
static size_t left_of(const struct drill_unix_message *message)
{
    return message->size - message->at;
}

static int check_send(struct drill_unix *self, const struct drill_args *args)
{
    if ((args->flags & DRILL_MSG_OOB) != 0 && args->size == 0)
        return -EOPNOTSUPP;
    if (args->addr != NULL)
        return self->socket.state == DRILL_UNIX_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
    if (self->peer == NULL)
        return -ENOTCONN;
    return (self->socket.shut & DRILL_SHUT_OUT) != 0 ? -EPIPE : 0;
}

/* One message of the bytes that are left; an urgent byte has its own. */
static size_t next_size(const struct drill_unix *self, const struct drill_args *args)
{
    const size_t half = (size_t)drill_socket_option(&self->socket, DRILL_SO_SNDBUF) / 2 - 64;
    const size_t most = half < DRILL_UNIX_CHUNK ? half : DRILL_UNIX_CHUNK;
    const size_t rest = args->size - args->done;
    const size_t plain = (args->flags & DRILL_MSG_OOB) != 0 && rest > 1 ? rest - 1 : rest;

    return plain < most ? plain : most;
}

static int send_some(struct drill_unix *self, struct drill_args *args, struct drill_passed **passed)
{
    const size_t size = next_size(self, args);
    struct drill_unix *peer = self->peer;
    struct drill_unix_message *message;
    int result = drill_socket_take_error(&self->socket);

    if (result == 0 && (peer->socket.shut & DRILL_SHUT_IN) != 0)
        result = -EPIPE;
    if (result == 0)
        result = drill_unix_write(self, args, args->done, size, &message);
    if (result != 0)
        return result;
    message->passed = *passed;
    *passed = NULL;
    args->done += size;
    if ((args->flags & DRILL_MSG_OOB) != 0 && args->done == args->size)
        peer->urgent = message;
    drill_unix_deliver(peer, message);
    return 0;
}

/* unix_stream_sendmsg.  Descriptors go with the first byte, so without one they go nowhere. */
int drill_unix_stream_send(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file);
    struct drill_passed *passed = NULL;
    int result = args->done == 0 ? drill_rights_take(file->host, args, &passed) : 0;

    if (result == 0)
        result = check_send(self, args);
    while (result == 0 && args->done < args->size)
        result = send_some(self, args, &passed);
    drill_rights_drop(file->host, passed);
    return result != -EAGAIN && args->done > 0 ? 0 : result;
}

static bool is_inline(const struct drill_unix *self)
{
    return drill_socket_option(&self->socket, DRILL_SO_OOBINLINE) != 0;
}

/* manage_oob: a recv stops at an urgent byte, or where one was, if it has something; else it goes
 * past it. */
static struct drill_unix_message *pass_urgent(struct drill_unix *self,
                                              struct drill_unix_message *message,
                                              const struct drill_args *args)
{
    const bool peeks = (args->flags & DRILL_MSG_PEEK) != 0;

    if (left_of(message) == 0) {
        struct drill_unix_message *taken = message;
        if (args->done > 0 && self->urgent == NULL)
            return NULL;
        message = message->next;
        if (!peeks)
            drill_unix_take(self, taken);
    }
    if (message == NULL || message != self->urgent)
        return message;
    if (args->done > 0)
        return NULL;
    if (peeks)
        return is_inline(self) ? message : message->next;
    self->urgent = NULL;
    if (is_inline(self))
        return message;
    struct drill_unix_message *next = message->next;
    drill_unix_take(self, message);
    return next;
}

static int no_more(struct drill_unix *self, const struct drill_args *args)
{
    const size_t least = (size_t)drill_socket_option(&self->socket, DRILL_SO_RCVLOWAT);
    const bool all = (args->flags & DRILL_MSG_WAITALL) != 0 || least > args->size;
    const size_t wanted = all ? args->size : least;

    if (args->done > 0 && args->done >= wanted)
        return 0;
    const int error = drill_socket_take_error(&self->socket);
    if (error < 0)
        return args->done > 0 ? 0 : error;
    return (self->socket.shut & DRILL_SHUT_IN) != 0 ? 0 : -EAGAIN;
}

/* Copies of one message what there is room for; false: this recv is to stop here. */
static bool read_message(struct drill_unix *self, struct drill_unix_message *message,
                         struct drill_args *args, size_t skip)
{
    const size_t rest = left_of(message) - skip, room = args->size - args->done;
    const size_t size = rest < room ? rest : room;
    const bool passes = message->passed != NULL, peeks = (args->flags & DRILL_MSG_PEEK) != 0;

    if (size > 0)
        drill_args_give(args, args->done, message->data + message->at + skip, size);
    args->done += size;
    drill_unix_tell_sender(self, message->sender, args);
    if (passes)
        drill_rights_give(drill_unix_host(self), message->passed, args);
    drill_unix_move_offset(self, args, size);
    if (peeks)
        return !passes;
    message->at += (uint32_t)size;
    self->unread -= size;
    struct drill_passed *passed = message->passed;
    message->passed = NULL;
    drill_rights_drop(drill_unix_host(self), passed);
    if (left_of(message) > 0)
        return false;
    drill_unix_take(self, message);
    return !passes;
}

/* unix_stream_read_generic */
static int read_all(struct drill_unix *self, struct drill_args *args)
{
    const bool peeks = (args->flags & DRILL_MSG_PEEK) != 0;
    size_t skip = drill_unix_peek_offset(self, args);
    struct drill_unix_message *message = self->first, *next;

    do {
        if (message != NULL) {
            message = pass_urgent(self, message, args);
            if (message == NULL && args->done > 0)
                return 0;
        }
        for (; message != NULL && skip >= left_of(message); message = message->next)
            skip -= left_of(message);
        if (message == NULL)
            return no_more(self, args);
        next = message->next;
        if (!read_message(self, message, args, skip))
            return 0;
        message = peeks ? next : self->first;
        skip = 0;
        if (peeks && message == NULL)
            return 0;
    } while (args->done < args->size);
    return 0;
}

static int read_urgent(struct drill_unix *self, struct drill_args *args)
{
    struct drill_unix_message *message = self->urgent;

    if (message == NULL || is_inline(self))
        return -EINVAL;
    if (args->size > 0)
        drill_args_give(args, 0, message->data + message->at, 1);
    args->done = 1;
    args->out_flags |= DRILL_MSG_OOB;
    if ((args->flags & DRILL_MSG_PEEK) != 0)
        return 0;
    message->at++;
    self->unread--;
    self->urgent = NULL;
    return 0;
}

int drill_unix_stream_recv(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file);

    if (self->socket.state != DRILL_UNIX_ESTABLISHED)
        return -EINVAL;
    if (args->from != NULL && !args->again)
        args->from->family = DRILL_AF_UNSPEC;
    args->out_flags |= args->flags & DRILL_MSG_CMSG_CLOEXEC;
    if ((args->flags & DRILL_MSG_OOB) != 0)
        return read_urgent(self, args);
    return read_all(self, args);
}

bool drill_unix_at_mark(const struct drill_unix *self)
{
    const struct drill_unix_message *first = self->first;

    if (first == NULL)
        return false;
    return first == self->urgent ||
           (left_of(first) == 0 && (self->urgent == NULL || first->next == self->urgent));
}
