#include <errno.h>

#include "emu/unix.h"

static void enqueue(struct drill_unix *self, struct drill_unix *child)
{
    *(self->last_child != NULL ? &self->last_child->next_child : &self->first_child) = child;
    self->last_child = child;
    self->count++;
}

static struct drill_unix *dequeue(struct drill_unix *self)
{
    struct drill_unix *child = self->first_child;

    self->first_child = child->next_child;
    if (self->first_child == NULL)
        self->last_child = NULL;
    self->count--;
    child->next_child = NULL;
    return child;
}

int drill_unix_listen(struct drill_file *file, int backlog)
{
    struct drill_unix *self = drill_unix_of(file);
    const uint32_t asked =
        (uint32_t)backlog < DRILL_SOMAXCONN ? (uint32_t)backlog : DRILL_SOMAXCONN;

    if (self->name == NULL || self->socket.state == DRILL_UNIX_ESTABLISHED)
        return -EINVAL;
    self->backlog = asked;
    self->socket.state = DRILL_UNIX_LISTEN;
    self->socket.flags |= DRILL_UNIX_KNOWS;
    drill_unix_wake_waiters(self);
    return 0;
}

static int nobody_waits(struct drill_unix *self, const struct drill_args *args)
{
    const int error = drill_socket_take_error(&self->socket);

    if (error != 0)
        return error;
    return (self->socket.shut & DRILL_SHUT_IN) != 0 && args->blocking ? -EINVAL : -EAGAIN;
}

int drill_unix_accept(struct drill_file *file, struct drill_args *args, struct drill_file **made)
{
    struct drill_unix *self = drill_unix_of(file);

    if (self->socket.state != DRILL_UNIX_LISTEN)
        return -EINVAL;
    if (self->first_child == NULL)
        return nobody_waits(self, args);
    struct drill_unix *child = dequeue(self);
    child->socket.flags &= (uint8_t)~DRILL_UNIX_EMBRYO;
    if (args->from != NULL)
        *args->from = drill_unix_names_show(child->peer->name);
    drill_unix_wake_waiters(self);
    *made = &child->socket.file;
    return 0;
}

/* What is given on to an accepted socket: what it passes, not its timeouts and sizes. */
static int inherit(struct drill_unix *child, const struct drill_unix *listener)
{
    static const enum drill_option passed[] = {DRILL_SO_PASSCRED, DRILL_SO_PASSSEC,
                                               DRILL_SO_PASSPIDFD, DRILL_SO_PASSRIGHTS};
    const struct drill_settings *from = listener->socket.file.settings;

    if (from == NULL)
        return 0;
    struct drill_settings *to =
        drill_settings_need(&child->socket.file, drill_socket_kind(&child->socket));
    if (to == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        to->values[passed[i]] = from->values[passed[i]];
    return 0;
}

static int meet(struct drill_unix *self, struct drill_unix *listener)
{
    struct drill_unix *child = drill_unix_make(drill_unix_host(self), self->socket.type);

    if (child == NULL)
        return -ENOMEM;
    if (inherit(child, listener) < 0) {
        drill_file_drop(&child->socket.file);
        return -ENOMEM;
    }
    child->name = listener->name;
    child->name->refs++;
    child->socket.state = self->socket.state = DRILL_UNIX_ESTABLISHED;
    child->socket.flags |= DRILL_UNIX_KNOWS | DRILL_UNIX_EMBRYO;
    self->socket.flags |= DRILL_UNIX_KNOWS;
    drill_unix_set_peer(child, self);
    drill_unix_set_peer(self, child);
    enqueue(listener, child);
    drill_file_wake(&listener->socket.file, DRILL_POLLIN | DRILL_POLLRDNORM);
    return 0;
}

/* unix_stream_connect, in its order. */
int drill_unix_connect(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file), *listener;
    int result = drill_unix_check_addr(args->addr);

    if (result == 0)
        result = drill_unix_name_sender(self);
    if (result == 0)
        result = drill_unix_find(self, args->addr, &listener);
    if (result != 0)
        return result;
    if (listener->socket.state != DRILL_UNIX_LISTEN || (listener->socket.shut & DRILL_SHUT_IN) != 0)
        return -ECONNREFUSED;
    if (drill_unix_is_full(listener)) {
        args->wait_on = &listener->waiters;
        return -EAGAIN;
    }
    if (self->socket.state != DRILL_UNIX_CLOSED)
        return self->socket.state == DRILL_UNIX_ESTABLISHED ? -EISCONN : -EINVAL;
    return meet(self, listener);
}

void drill_unix_stop_listening(struct drill_unix *self)
{
    while (self->first_child != NULL)
        drill_file_drop(&dequeue(self)->socket.file);
}
