#include <errno.h>
#include <string.h>

#include "emu/unix.h"

enum { WRITABLE = DRILL_POLLOUT | DRILL_POLLWRNORM | DRILL_POLLWRBAND };
enum { READABLE = DRILL_POLLIN | DRILL_POLLPRI | DRILL_POLLRDNORM | DRILL_POLLRDBAND };

static uint64_t send_size(const struct drill_unix *self)
{
    return (uint64_t)drill_socket_option(&self->socket, DRILL_SO_SNDBUF);
}

/* unix_writable */
bool drill_unix_is_writable(const struct drill_unix *self)
{
    return self->socket.state != DRILL_UNIX_LISTEN && self->used * 4 <= send_size(self);
}

bool drill_unix_is_full(const struct drill_unix *self)
{
    return self->count > self->backlog;
}

int drill_unix_write(struct drill_unix *sender, const struct drill_args *args, size_t offset,
                     size_t size, struct drill_unix_message **made)
{
    if (sender->used >= send_size(sender))
        return -EAGAIN;
    struct drill_unix_message *message =
        drill_mem_new(drill_socket_mem(&sender->socket), sizeof *message + size);
    if (message == NULL)
        return -ENOMEM;
    *message =
        (struct drill_unix_message){.sender = drill_unix_hold(sender), .size = (uint32_t)size};
    if (size > 0)
        drill_args_take(args, offset, message->data, size);
    sender->used += size + DRILL_UNIX_MESSAGE_COST;
    *made = message;
    return 0;
}

/* sock_wfree */
void drill_unix_free_message(struct drill_unix_message *message)
{
    struct drill_unix *sender = message->sender;

    drill_rights_drop(drill_unix_host(sender), message->passed);
    sender->used -= message->size + DRILL_UNIX_MESSAGE_COST;
    if (!drill_unix_is_gone(sender) && drill_unix_is_writable(sender))
        drill_file_wake(&sender->socket.file, WRITABLE);
    drill_mem_free(drill_socket_mem(&sender->socket), message, sizeof *message + message->size);
    drill_unix_release(sender);
}

void drill_unix_deliver(struct drill_unix *self, struct drill_unix_message *message)
{
    *(self->last != NULL ? &self->last->next : &self->first) = message;
    self->last = message;
    self->count++;
    self->unread += message->size;
    drill_file_wake(&self->socket.file, READABLE);
}

static void unlink_message(struct drill_unix *self, struct drill_unix_message *message)
{
    struct drill_unix_message *before = NULL;

    for (struct drill_unix_message *each = self->first; each != message; each = each->next)
        before = each;
    *(before != NULL ? &before->next : &self->first) = message->next;
    if (self->last == message)
        self->last = before;
    if (self->urgent == message)
        self->urgent = NULL;
    self->count--;
    self->unread -= message->size - message->at;
}

void drill_unix_take(struct drill_unix *self, struct drill_unix_message *message)
{
    unlink_message(self, message);
    drill_unix_free_message(message);
}

void drill_unix_purge(struct drill_unix *self)
{
    while (self->first != NULL)
        drill_unix_take(self, self->first);
}

void drill_unix_wake_waiters(struct drill_unix *self)
{
    drill_file_wake(&self->waiters, WRITABLE);
}

/* unix_dgram_peer_wake_relay.  It stays in the ring, which stands still while it is walked. */
static void pass_on(struct drill_listener *listener, uint32_t bits)
{
    struct drill_unix *self =
        (struct drill_unix *)(void *)((char *)listener - offsetof(struct drill_unix, peer_room));

    (void)bits;
    if ((self->socket.flags & DRILL_UNIX_WANTS_ROOM) == 0)
        return;
    self->socket.flags &= (uint8_t)~DRILL_UNIX_WANTS_ROOM;
    drill_file_wake(&self->socket.file, WRITABLE);
}

void drill_unix_want_room(struct drill_unix *self)
{
    self->socket.flags |= DRILL_UNIX_WANTS_ROOM;
    if (self->peer_room.file != NULL)
        return;
    self->peer_room = (struct drill_listener){.bits = WRITABLE, .wake = pass_on};
    drill_file_listen(&self->peer->waiters, &self->peer_room);
}

static int32_t *peek_offset(const struct drill_unix *self)
{
    struct drill_settings *settings = self->socket.file.settings;

    return settings != NULL && settings->values[DRILL_SO_PEEK_OFF] >= 0
               ? &settings->values[DRILL_SO_PEEK_OFF]
               : NULL;
}

size_t drill_unix_peek_offset(const struct drill_unix *self, const struct drill_args *args)
{
    const int32_t *offset = peek_offset(self);

    return (args->flags & DRILL_MSG_PEEK) != 0 && offset != NULL ? (size_t)*offset : 0;
}

/* sk_peek_offset_fwd, sk_peek_offset_bwd */
void drill_unix_move_offset(struct drill_unix *self, const struct drill_args *args, size_t size)
{
    int32_t *offset = peek_offset(self);

    if (offset == NULL)
        return;
    if ((args->flags & DRILL_MSG_PEEK) != 0)
        *offset += (int32_t)size;
    else
        *offset = (size_t)*offset > size ? *offset - (int32_t)size : 0;
}
