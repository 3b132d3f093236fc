#include "emu/unix.h"

#include <errno.h>

static const struct drill_file_ops *ops_of(int type)
{
    return type == DRILL_SOCK_STREAM  ? &drill_unix_stream_ops
           : type == DRILL_SOCK_DGRAM ? &drill_unix_dgram_ops
                                      : &drill_unix_seqpacket_ops;
}

static void enlist(struct drill_unix *self)
{
    struct drill_host *host = drill_unix_host(self);

    self->next = host->unix_sockets;
    if (self->next != NULL)
        self->next->prev = self;
    host->unix_sockets = self;
}

static void leave_list(struct drill_unix *self)
{
    *(self->prev != NULL ? &self->prev->next : &drill_unix_host(self)->unix_sockets) = self->next;
    if (self->next != NULL)
        self->next->prev = self->prev;
}

struct drill_unix *drill_unix_make(struct drill_host *host, int type)
{
    struct drill_unix *self = drill_mem_zeroed(&host->sim->mem, sizeof *self);

    if (self == NULL)
        return NULL;
    drill_socket_init(&self->socket, ops_of(type), host, DRILL_AF_UNIX, type, 0);
    drill_file_init(&self->waiters, NULL, host);
    self->socket.state = DRILL_UNIX_CLOSED;
    self->backlog = DRILL_UNIX_BACKLOG;
    self->holds = 1;
    enlist(self);
    return self;
}

int drill_unix_new(struct drill_host *host, int family, int type, int protocol,
                   struct drill_file **made)
{
    struct drill_unix *self =
        drill_unix_make(host, type == DRILL_SOCK_RAW ? DRILL_SOCK_DGRAM : type);

    (void)family;
    (void)protocol;
    if (self == NULL)
        return -ENOMEM;
    *made = &self->socket.file;
    return 0;
}

static void join(struct drill_unix *self, struct drill_unix *peer)
{
    drill_unix_set_peer(self, peer);
    self->socket.state = DRILL_UNIX_ESTABLISHED;
    self->socket.flags |= DRILL_UNIX_KNOWS;
}

int drill_unix_new_pair(struct drill_host *host, int type, struct drill_file *made[2])
{
    int result = drill_unix_new(host, DRILL_AF_UNIX, type, 0, &made[0]);

    if (result < 0)
        return result;
    result = drill_unix_new(host, DRILL_AF_UNIX, type, 0, &made[1]);
    if (result < 0) {
        drill_file_drop(made[0]);
        return result;
    }
    join(drill_unix_of(made[0]), drill_unix_of(made[1]));
    join(drill_unix_of(made[1]), drill_unix_of(made[0]));
    return 0;
}

void drill_unix_release(struct drill_unix *self)
{
    if (--self->holds > 0)
        return;
    drill_unix_names_drop(drill_unix_host(self), self->name);
    drill_mem_free(drill_socket_mem(&self->socket), self, sizeof *self);
}

void drill_unix_set_peer(struct drill_unix *self, struct drill_unix *peer)
{
    struct drill_unix *former = self->peer;

    drill_file_unlisten(&self->peer_room);
    self->peer = peer != NULL ? drill_unix_hold(peer) : NULL;
    if (former != NULL)
        drill_unix_release(former);
}

/* What is left unread, or was never accepted, is reset. */
static void end_connection(struct drill_unix *self)
{
    struct drill_unix *peer = self->peer;
    const bool is_stream = self->socket.type == DRILL_SOCK_STREAM;

    peer->socket.shut = DRILL_SHUT_BOTH;
    if (self->unread > 0 || (!is_stream && self->count > 0) ||
        (self->socket.flags & DRILL_UNIX_EMBRYO) != 0)
        drill_socket_fail(&peer->socket, ECONNRESET, 0);
    drill_file_wake(&peer->socket.file, UINT32_MAX & ~DRILL_WAKE_GONE);
}

/* unix_release_sock, in its order. */
void drill_unix_close(struct drill_file *file)
{
    struct drill_unix *self = drill_unix_of(file);
    struct drill_host *host = file->host;
    const bool listens = self->socket.state == DRILL_UNIX_LISTEN;

    leave_list(self);
    if (self->name != NULL && self->name->owner == self)
        drill_unix_names_orphan(host, self->name);
    self->socket.flags |= DRILL_UNIX_GONE;
    self->socket.state = DRILL_UNIX_CLOSED;
    self->socket.shut = DRILL_SHUT_BOTH;
    drill_unix_wake_waiters(self);
    while (self->waiters.listeners != NULL)
        drill_file_unlisten(self->waiters.listeners);
    if (self->peer != NULL && !drill_unix_is_dgram(self))
        end_connection(self);
    drill_unix_set_peer(self, NULL);
    if (listens)
        drill_unix_stop_listening(self);
    drill_unix_purge(self);
    if (host->sim->audit.streams != NULL)
        drill_audit_forget(&host->sim->audit, drill_unix_stream(self));
    drill_socket_fini(&self->socket);
    drill_unix_release(self);
    if (host->unix_passed > 0)
        drill_unix_collect(host);
}

int drill_unix_check_addr(const struct drill_sockaddr *addr)
{
    if (addr == NULL)
        return -EFAULT;
    if (addr->family != DRILL_AF_UNIX || addr->local.size == 0 ||
        addr->local.size > sizeof addr->local.name)
        return -EINVAL;
    return 0;
}

int drill_unix_find(struct drill_unix *self, const struct drill_sockaddr *addr,
                    struct drill_unix **found)
{
    struct drill_host *host = drill_unix_host(self);
    const struct drill_unix_name *name = drill_unix_names_find(host, self->socket.type, addr);

    if (name == NULL)
        return drill_unix_names_is_path(addr) ? -ENOENT : -ECONNREFUSED;
    if (name->owner == NULL)
        return -ECONNREFUSED;
    if (name->owner->socket.type != self->socket.type)
        return -EPROTOTYPE;
    *found = name->owner;
    return 0;
}

static int bind_automatic(struct drill_unix *self)
{
    if (self->name != NULL)
        return 0;
    return drill_unix_names_add_automatic(drill_unix_host(self), self->socket.type, self,
                                          &self->name);
}

/* A path that exists is told before a socket that has a name: Linux makes the file first. */
static int bind_unix(struct drill_file *file, struct drill_args *args)
{
    struct drill_unix *self = drill_unix_of(file);
    const struct drill_sockaddr *addr = args->addr;

    if (addr != NULL && addr->family == DRILL_AF_UNIX && addr->local.size == 0)
        return bind_automatic(self);
    const int result = drill_unix_check_addr(addr);
    if (result < 0)
        return result;
    if (drill_unix_names_is_path(addr) &&
        drill_unix_names_find(file->host, self->socket.type, addr) != NULL)
        return -EADDRINUSE;
    if (self->name != NULL)
        return -EINVAL;
    return drill_unix_names_add(file->host, self->socket.type, addr, self, &self->name);
}

static bool passes_credentials(const struct drill_unix *self)
{
    return drill_socket_option(&self->socket, DRILL_SO_PASSCRED) != 0;
}

int drill_unix_name_sender(struct drill_unix *self)
{
    return passes_credentials(self) ? bind_automatic(self) : 0;
}

void drill_unix_tell_sender(const struct drill_unix *self, const struct drill_unix *sender,
                            struct drill_args *args)
{
    if (args->from != NULL)
        *args->from = sender != NULL && sender->name != NULL
                          ? drill_unix_names_show(sender->name)
                          : (struct drill_sockaddr){.family = DRILL_AF_UNSPEC};
    if (args->local != NULL)
        *args->local = drill_unix_names_show(self->name);
    if (passes_credentials(self) && args->control_used == 0)
        drill_control_put(args, DRILL_SOL_SOCKET, DRILL_SCM_CREDENTIALS, &drill_rights_own,
                          sizeof drill_rights_own);
}

static int name_of(struct drill_file *file, struct drill_sockaddr *addr, bool peer)
{
    const struct drill_unix *self = drill_unix_of(file);

    if (peer && self->peer == NULL)
        return -ENOTCONN;
    *addr = drill_unix_names_show(peer ? self->peer->name : self->name);
    return 0;
}

/* unix_poll, unix_dgram_poll */
static uint32_t poll_unix(struct drill_file *file)
{
    struct drill_unix *self = drill_unix_of(file);
    const struct drill_socket *socket = &self->socket;
    uint32_t bits = 0;

    if (socket->error != 0)
        bits |= DRILL_POLLERR;
    if (socket->shut == DRILL_SHUT_BOTH ||
        (!drill_unix_is_dgram(self) && socket->state == DRILL_UNIX_CLOSED))
        bits |= DRILL_POLLHUP;
    if ((socket->shut & DRILL_SHUT_IN) != 0)
        bits |= DRILL_POLLRDHUP | DRILL_POLLIN | DRILL_POLLRDNORM;
    if (self->count > 0)
        bits |= DRILL_POLLIN | DRILL_POLLRDNORM;
    if (self->urgent != NULL)
        bits |= DRILL_POLLPRI;
    if (!drill_unix_is_writable(self))
        return bits;
    if (drill_unix_is_held_up(self))
        drill_unix_want_room(self);
    else
        bits |= DRILL_POLLOUT | DRILL_POLLWRNORM | DRILL_POLLWRBAND;
    return bits;
}

/* unix_shutdown */
static int shutdown_unix(struct drill_file *file, int how)
{
    struct drill_unix *self = drill_unix_of(file);
    const uint32_t all = UINT32_MAX & ~DRILL_WAKE_GONE;

    if (how != DRILL_SHUT_WR)
        self->socket.shut |= DRILL_SHUT_IN;
    if (how != DRILL_SHUT_RD)
        self->socket.shut |= DRILL_SHUT_OUT;
    drill_file_wake(file, all);
    drill_unix_wake_waiters(self);
    if (drill_unix_is_dgram(self) || self->peer == NULL)
        return 0;
    if (how != DRILL_SHUT_WR)
        self->peer->socket.shut |= DRILL_SHUT_OUT;
    if (how != DRILL_SHUT_RD)
        self->peer->socket.shut |= DRILL_SHUT_IN;
    drill_file_wake(&self->peer->socket.file, all);
    return 0;
}

#define COMMON                                                                                     \
    .poll = poll_unix, .close = drill_unix_close, .bind = bind_unix, .shutdown = shutdown_unix,    \
    .name_of = name_of, .ioctl = drill_unix_ioctl, .option_set = drill_unix_option_set,            \
    .option_get = drill_unix_option_get, .describe = drill_unix_describe

const struct drill_file_ops drill_unix_stream_ops = {
    .name = "unix-stream",
    .listen = drill_unix_listen,
    .accept = drill_unix_accept,
    .connect = drill_unix_connect,
    .send = drill_unix_stream_send,
    .recv = drill_unix_stream_recv,
    COMMON,
};

const struct drill_file_ops drill_unix_dgram_ops = {
    .name = "unix-dgram",
    .connect = drill_unix_dgram_connect,
    .send = drill_unix_dgram_send,
    .recv = drill_unix_dgram_recv,
    COMMON,
};

const struct drill_file_ops drill_unix_seqpacket_ops = {
    .name = "unix-seqpacket",
    .listen = drill_unix_listen,
    .accept = drill_unix_accept,
    .connect = drill_unix_connect,
    .send = drill_unix_seqpacket_send,
    .recv = drill_unix_seqpacket_recv,
    COMMON,
};
