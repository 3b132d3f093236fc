#include <errno.h>
#include <stdio.h>

#include "emu/unix.h"

int drill_unix_ioctl(struct drill_file *file, int request, int *value)
{
    const struct drill_unix *self = drill_unix_of(file);

    switch (request) {
    case DRILL_FIONREAD:
        if (self->socket.state == DRILL_UNIX_LISTEN)
            return -EINVAL;
        *value = !drill_unix_is_dgram(self) ? (int)self->unread
                 : self->first != NULL      ? (int)self->first->size
                                            : 0;
        return 0;
    case DRILL_SIOCOUTQ:
        *value = (int)self->used;
        return 0;
    case DRILL_SIOCATMARK:
        if (self->socket.type != DRILL_SOCK_STREAM)
            return -EOPNOTSUPP;
        *value = drill_unix_at_mark(self);
        return 0;
    default:
        return -ENOTTY;
    }
}

int drill_unix_option_set(struct drill_file *file, int level, int option)
{
    const int row = drill_option_find(level, option);

    if (row == DRILL_SO_SNDBUF || row == DRILL_SO_SNDBUFFORCE)
        drill_file_wake(file, DRILL_POLLOUT | DRILL_POLLWRNORM | DRILL_POLLWRBAND);
    return 0;
}

static int give(void *value, size_t *size, const void *from, size_t room)
{
    if (*size > room)
        *size = room;
    if (value == NULL && *size > 0)
        return -EFAULT;
    if (*size > 0)
        memcpy(value, from, *size);
    return 0;
}

/* Of a peer that is known, also that it is in no groups. */
int drill_unix_option_get(struct drill_file *file, int level, int option, void *value, size_t *size)
{
    const struct drill_unix *self = drill_unix_of(file);
    const bool knows = (self->socket.flags & DRILL_UNIX_KNOWS) != 0;
    const int32_t listens = self->socket.state == DRILL_UNIX_LISTEN;
    const int row = drill_option_find(level, option);

    if (row == DRILL_SO_ACCEPTCONN)
        return give(value, size, &listens, sizeof listens);
    if (row == DRILL_SO_PEERCRED && knows)
        return give(value, size, &drill_rights_own, sizeof drill_rights_own);
    if (row == DRILL_SO_PEERGROUPS && knows)
        return give(value, size, "", 0);
    return -ENOPROTOOPT;
}

static const char *state_name(const struct drill_unix *self)
{
    switch (self->socket.state) {
    case DRILL_UNIX_ESTABLISHED:
        return "ESTABLISHED";
    case DRILL_UNIX_LISTEN:
        return "LISTEN";
    default:
        return "CLOSED";
    }
}

int drill_unix_describe(struct drill_file *file, char *text, size_t size)
{
    const struct drill_unix *self = drill_unix_of(file);
    const struct drill_sockaddr local = drill_unix_names_show(self->name);
    const bool listens = self->socket.state == DRILL_UNIX_LISTEN;
    char from[64], to[64] = "*";

    drill_sockaddr_write(&local, from, sizeof from);
    if (self->peer != NULL) {
        const struct drill_sockaddr remote = drill_unix_names_show(self->peer->name);
        drill_sockaddr_write(&remote, to, sizeof to);
    }
    return snprintf(text, size, "%8llu %8llu %-24s %-24s %s",
                    (unsigned long long)(listens ? self->count : self->unread),
                    (unsigned long long)(listens ? self->backlog : self->used), from, to,
                    state_name(self));
}
