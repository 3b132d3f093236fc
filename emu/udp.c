#include "emu/udp.h"

#include <errno.h>

#include "emu/bindings.h"
#include "emu/multicast.h"

enum { HEADER = 8, HEADER4 = 20 + HEADER, HEADER6 = 40 + HEADER };

static void close_udp(struct drill_file *file)
{
    struct drill_inet *self = drill_inet_of(file);
    struct drill_mem *mem = drill_socket_mem(&self->socket);

    drill_multicast_leave_all(&self->socket);
    drill_inet_fini(self);
    drill_mem_free(mem, self, sizeof *self);
}

static int bind_udp(struct drill_file *file, struct drill_args *args)
{
    drill_inet_of(file)->way_known = false;
    return drill_bind_addr(drill_socket_of(file), args->addr);
}

/* An ephemeral port where there is none yet.  No port free is EAGAIN, and not worth a wait. */
static int need_port(struct drill_inet *self, struct drill_args *args)
{
    const int result = drill_bind_auto(&self->socket);

    if (result != -EADDRINUSE)
        return result;
    args->blocking = false;
    return -EAGAIN;
}

/* AF_UNSPEC: only what bind(2) was told stays (__udp_disconnect). */
static int dissolve(struct drill_inet *self)
{
    struct drill_socket *socket = &self->socket;
    const uint16_t port = socket->local.port;

    socket->state = DRILL_INET_UNCONNECTED;
    self->way_known = false;
    if ((socket->bound & DRILL_BOUND_ADDR) == 0) {
        socket->local = socket->family == DRILL_AF_INET6 ? drill_addr_any6 : drill_addr_any4;
        socket->local.port = port;
    }
    if ((socket->bound & DRILL_BOUND_NUMBER) == 0) {
        drill_socket_unbind(socket);
        socket->local.port = 0;
    }
    return 0;
}

static int connect_udp(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);

    if (args->addr != NULL && args->addr->family == DRILL_AF_UNSPEC)
        return dissolve(self);
    const int result = need_port(self, args);
    return result < 0 ? result : drill_inet_connect(self, args->addr);
}

/* Where the datagram goes and whether it may, in the order of udp_sendmsg and udpv6_sendmsg. */
static int prepare(struct drill_inet *self, struct drill_args *args)
{
    const bool v4 = self->socket.family == DRILL_AF_INET;
    struct drill_addr target;
    int result = need_port(self, args);

    if (result < 0)
        return result;
    if (v4 && args->size > UINT16_MAX)
        return -EMSGSIZE;
    if (v4 && (args->flags & DRILL_MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if ((result = drill_inet_target(self, args, &target)) < 0)
        return result;
    if (result == DRILL_TARGET_GIVEN && target.port == 0)
        return -EINVAL;
    if ((result = drill_inet_find_way(self, args, &target)) < 0)
        return result;
    const size_t headers = drill_addr_is_v4(&target) ? HEADER4 : HEADER6;
    if ((result = drill_inet_fits(self, args->size + headers)) < 0)
        return result;
    return drill_inet_may_send(self);
}

static int send_udp(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);
    const int result = prepare(self, args);

    if (result < 0)
        return result;
    struct drill_dgram *dgram = drill_inet_make(self, args->size);
    if (dgram == NULL)
        return -ENOBUFS;
    drill_args_take(args, 0, dgram->bytes, args->size);
    dgram->arrive = drill_udp_arrive;
    args->done = args->size;
    return drill_inet_emit(self, dgram, DRILL_PACKET_DATAGRAM);
}

static const struct drill_file_ops ops = {
    .name = "udp",
    .poll = drill_inet_poll,
    .close = close_udp,
    .bind = bind_udp,
    .connect = connect_udp,
    .recv = drill_inet_recv,
    .send = send_udp,
    .shutdown = drill_inet_shutdown,
    .name_of = drill_inet_name_of,
    .ioctl = drill_inet_ioctl,
    .option_set = drill_inet_option_set,
    .option_get = drill_inet_option_get,
    .option_value = drill_multicast_option,
    .describe = drill_inet_describe,
};

int drill_udp_new(struct drill_host *host, int family, int type, int protocol,
                  struct drill_file **made)
{
    struct drill_inet *self = drill_mem_new(&host->sim->mem, sizeof *self);

    if (self == NULL)
        return -ENOMEM;
    *self = (struct drill_inet){0};
    drill_socket_init(&self->socket, &ops, host, family, type, protocol);
    self->socket.state = DRILL_INET_UNCONNECTED;
    *made = &self->socket.file;
    return 0;
}
