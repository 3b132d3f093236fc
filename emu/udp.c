#include "emu/udp.h"

#include <errno.h>

#include "emu/bindings.h"
#include "emu/inet_connect.h"
#include "emu/inet_recv.h"
#include "emu/inet_send.h"
#include "emu/multicast.h"

enum { HEADER = 8, HEADER4 = 20 + HEADER, HEADER6 = 40 + HEADER };

/* Whom a datagram is for, or whose datagram has come back: two ends. */
struct flow {
    const struct drill_addr *local, *remote;
};

/* compute_score: the very address beats a peer that fits, which beats a socket of the family. */
static int score(const struct drill_socket *socket, const void *packet)
{
    enum { FAMILY = 1, PEER = 8, ADDRESS = 16 };
    const struct drill_inet *self = (const struct drill_inet *)(const void *)socket;
    const struct flow *flow = packet;
    const int match = drill_bind_match(socket, flow->local);

    if (match < 0)
        return -1;
    int points = match == 2 ? ADDRESS : 0;
    if ((socket->family == DRILL_AF_INET) == drill_addr_is_v4(flow->local))
        points += FAMILY;
    if (!drill_inet_is_connected(self))
        return points;
    if (self->remote.port != flow->remote->port || !drill_addr_same_ip(&self->remote, flow->remote))
        return -1;
    return points + PEER;
}

static struct drill_inet *find(struct drill_host *host, const struct drill_addr *local,
                               const struct drill_addr *remote)
{
    const struct flow flow = {local, remote};
    const uint32_t hash = (uint32_t)(remote->port * 31 + remote->ip[15] * 7 + remote->ip[14]);

    return (struct drill_inet *)(void *)drill_bind_find(host, DRILL_IPPROTO_UDP, local, score,
                                                        &flow, hash * UINT32_C(0x9e3779b1) >> 16);
}

/* The ICMP error comes to the sender's host: the socket is the one an answer would have gone to. */
static void arrive_refusal(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_inet *self = find(host, &dgram->source, &dgram->target);

    if (self != NULL)
        drill_inet_refuse(self, dgram, packet);
    else
        drill_dgram_drop(dgram, &host->sim->mem);
}

/* What has come back goes the other way. */
static void fill_address(struct drill_packet *packet)
{
    packet->source = packet->dgram->target;
    packet->target = packet->dgram->source;
}

/* Nobody has the port: the datagram itself goes back as the error that quotes it. */
static void refuse(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_host *back = drill_net_find(host->net, host, &dgram->source);
    struct drill_packet answer = drill_inet_packet(host, dgram, DRILL_PACKET_UNREACHABLE);

    answer.path = back != NULL ? drill_net_path(host->net, host, back) : NULL;
    if (back != NULL && answer.path == NULL)
        drill_inet_lose(host->sim, packet, "out of memory");
    if (answer.path == NULL) {
        drill_dgram_drop(dgram, &host->sim->mem);
        return;
    }
    answer.address = fill_address;
    answer.cause = "nobody has the port";
    dgram->arrive = arrive_refusal;
    drill_net_send(&answer);
}

/* __udp_is_mcast_sock */
static bool hears(const struct drill_socket *socket, const struct drill_dgram *dgram)
{
    const struct flow flow = {&dgram->target, &dgram->source};

    return score(socket, &flow) >= 0 && drill_multicast_wants(socket, dgram);
}

static void arrive_at_many(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_socket *each = NULL;

    if (drill_addr_is_multicast(&dgram->target) &&
        !drill_multicast_is_joined(host, &dgram->target, dgram->interface)) {
        drill_dgram_drop(dgram, &host->sim->mem);
        return;
    }
    while ((each = drill_bind_next(host, DRILL_IPPROTO_UDP, dgram->target.port, each)) != NULL) {
        if (!hears(each, dgram))
            continue;
        struct drill_dgram *copy = drill_dgram_copy(dgram, &host->sim->mem, dgram->size);
        if (copy == NULL)
            drill_inet_lose(host->sim, packet, "out of memory");
        else
            drill_inet_arrive(drill_inet_of(&each->file), copy, packet);
    }
    drill_dgram_drop(dgram, &host->sim->mem);
}

static void arrive(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    if (dgram->many) {
        arrive_at_many(host, dgram, packet);
        return;
    }
    struct drill_inet *self = find(host, &dgram->target, &dgram->source);
    if (self != NULL)
        drill_inet_arrive(self, dgram, packet);
    else
        refuse(host, dgram, packet);
}

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

/* Where the datagram goes, in the order of udp_sendmsg and udpv6_sendmsg. */
static int find_way(struct drill_inet *self, struct drill_args *args)
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
    if (self->corked != NULL)
        return 0;
    if ((result = drill_inet_target(self, args, &target)) < 0)
        return result;
    if (result == DRILL_TARGET_GIVEN && target.port == 0)
        return -EINVAL;
    return drill_inet_find_way(self, args, &target);
}

/* Whether it may go with what was held back before it. */
static int check(struct drill_inet *self, const struct drill_args *args)
{
    const size_t headers = drill_addr_is_v4(&self->way.target) ? HEADER4 : HEADER6;
    const size_t before = self->corked != NULL ? self->corked->size : 0;
    const int result = drill_inet_fits(self, before + args->size + headers);

    return result < 0 ? result : drill_inet_may_send(self);
}

static void forget_corked(struct drill_inet *self)
{
    if (self->corked != NULL)
        drill_dgram_drop(self->corked, drill_socket_mem(&self->socket));
    self->corked = NULL;
}

/* The datagram so far with what this call adds; -ENOBUFS leaves it as it was. */
static int build(struct drill_inet *self, const struct drill_args *args, struct drill_dgram **built)
{
    struct drill_dgram *before = self->corked;
    struct drill_mem *mem = drill_socket_mem(&self->socket);

    *built = before == NULL ? drill_inet_make(self, args->size)
                            : drill_dgram_grow(before, mem, args->size);
    if (*built == NULL)
        return -ENOBUFS;
    self->corked = NULL;
    (*built)->arrive = arrive;
    drill_args_take(args, 0, (*built)->bytes + (*built)->size - args->size, args->size);
    return 0;
}

static bool holds_back(const struct drill_inet *self, const struct drill_args *args)
{
    return (args->flags & DRILL_MSG_MORE) != 0 ||
           drill_socket_option(&self->socket, DRILL_UDP_CORK);
}

/* A datagram that cannot be completed is forgotten with what was held back (udp_sendmsg). */
static int send_udp(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);
    struct drill_dgram *dgram;
    int result = find_way(self, args);

    if (result < 0)
        return result;
    if ((result = check(self, args)) < 0) {
        forget_corked(self);
        return result;
    }
    if ((result = build(self, args, &dgram)) < 0)
        return result;
    args->done = args->size;
    if (!holds_back(self, args))
        return drill_inet_emit(self, dgram, DRILL_PACKET_DATAGRAM);
    self->corked = dgram;
    return 0;
}

static int option_set(struct drill_file *file, int level, int number)
{
    struct drill_inet *self = drill_inet_of(file);
    struct drill_dgram *corked = self->corked;

    if (drill_option_find(level, number) == DRILL_UDP_CORK && corked != NULL &&
        !drill_socket_option(&self->socket, DRILL_UDP_CORK)) {
        self->corked = NULL;
        drill_inet_emit(self, corked, DRILL_PACKET_DATAGRAM);
    }
    return drill_inet_option_set(file, level, number);
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
    .option_set = option_set,
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
