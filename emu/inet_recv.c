#include "emu/inet_recv.h"

#include <errno.h>
#include <string.h>

#include "emu/control.h"

enum { ORIGIN_ICMP = 2, ORIGIN_ICMP6 = 3 };
enum { UNREACHABLE4 = 3, PORT4 = 3, UNREACHABLE6 = 1, PORT6 = 4 };
/* What an ICMP error quotes of a datagram (RFC 1812 4.3.2.3, RFC 4443 3.1). */
enum { QUOTED4 = 520, QUOTED6 = 1184 };
enum { IPV6_PKTINFO = 50, IPV6_HOPLIMIT = 52 };

struct stamp {
    int64_t seconds, part;
};

struct info4 { /* struct in_pktinfo */
    int32_t interface;
    uint8_t local[4], header[4];
};

struct info6 { /* struct in6_pktinfo */
    uint8_t header[16];
    uint32_t interface;
};

struct error4 { /* struct sock_extended_err with the offender behind it */
    uint32_t error;
    uint8_t origin, type, code, pad;
    uint32_t info, data;
    uint16_t family, port;
    uint8_t addr[4], zero[8];
};

struct error6 {
    uint32_t error;
    uint8_t origin, type, code, pad;
    uint32_t info, data;
    uint16_t family, port;
    uint32_t flow;
    uint8_t addr[16];
    uint32_t zone;
};

static const uint8_t *ip4_of(const struct drill_addr *addr)
{
    return addr->ip + 12;
}

static bool asks(const struct drill_inet *self, enum drill_option option)
{
    return drill_socket_option(&self->socket, option) != 0;
}

static void give_stamp(const struct drill_inet *self, const struct drill_dgram *dgram,
                       struct drill_args *args)
{
    static const struct {
        uint8_t option, number;
        int32_t unit;
    } stamps[] = {
        {DRILL_SO_TIMESTAMP, 29, 1000},
        {DRILL_SO_TIMESTAMPNS, 35, 1},
        {DRILL_SO_TIMESTAMP_NEW, 63, 1000},
        {DRILL_SO_TIMESTAMPNS_NEW, 64, 1},
    };

    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        if (!asks(self, stamps[i].option))
            continue;
        const int64_t wall_ns =
            dgram->stamp_ns != 0 ? dgram->stamp_ns : drill_host_wall(self->socket.file.host);
        const struct stamp stamp = {wall_ns / DRILL_SECOND,
                                    wall_ns % DRILL_SECOND / stamps[i].unit};
        drill_control_put(args, DRILL_SOL_SOCKET, stamps[i].number, &stamp, sizeof stamp);
    }
}

/* The receiver's own address for it: that of the header, or of the interface if it went to many. */
static const struct drill_addr *local_of(const struct drill_inet *self,
                                         const struct drill_dgram *dgram)
{
    const struct drill_host *host = self->socket.file.host;
    const struct drill_addr *addr =
        dgram->many ? drill_host_source_on(host, dgram->interface, &dgram->target) : NULL;

    return addr != NULL ? addr : &dgram->target;
}

static void give_info4(const struct drill_inet *self, const struct drill_dgram *dgram,
                       struct drill_args *args)
{
    const int32_t ttl = dgram->ttl;
    struct info4 info = {0};

    if (asks(self, DRILL_IP_PKTINFO)) {
        memcpy(info.header, ip4_of(&dgram->target), sizeof info.header);
        if (dgram->noted) {
            info.interface = (int32_t)dgram->interface;
            memcpy(info.local, ip4_of(local_of(self, dgram)), sizeof info.local);
        }
        drill_control_put(args, DRILL_IPPROTO_IP, 8, &info, sizeof info);
    }
    if (asks(self, DRILL_IP_RECVTTL))
        drill_control_put(args, DRILL_IPPROTO_IP, 2, &ttl, sizeof ttl);
    if (asks(self, DRILL_IP_RECVTOS))
        drill_control_put(args, DRILL_IPPROTO_IP, 1, &dgram->tos, sizeof dgram->tos);
}

static void give_info6(const struct drill_inet *self, const struct drill_dgram *dgram,
                       struct drill_args *args)
{
    const int32_t hops = dgram->ttl, class = dgram->tos;
    const bool v6 = !drill_addr_is_v4(&dgram->target);
    struct info6 info = {.interface = dgram->interface};

    if (asks(self, DRILL_IPV6_RECVPKTINFO)) {
        memcpy(info.header, dgram->target.ip, sizeof info.header);
        drill_control_put(args, DRILL_IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
    if (v6 && asks(self, DRILL_IPV6_RECVHOPLIMIT))
        drill_control_put(args, DRILL_IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof hops);
    if (v6 && asks(self, DRILL_IPV6_RECVTCLASS))
        drill_control_put(args, DRILL_IPPROTO_IPV6, 67, &class, sizeof class);
}

/* In this order: ip_cmsg_recv_offset, ip6_datagram_recv_ctl. */
static void give_control(const struct drill_inet *self, const struct drill_dgram *dgram,
                         struct drill_args *args)
{
    give_stamp(self, dgram, args);
    if (self->socket.family == DRILL_AF_INET6)
        give_info6(self, dgram, args);
    if (drill_addr_is_v4(&dgram->target))
        give_info4(self, dgram, args);
}

/* Copies what fits; the rest is cut off. */
static size_t give_bytes(const struct drill_dgram *dgram, struct drill_args *args)
{
    const size_t size = dgram->size < args->size ? dgram->size : args->size;

    drill_args_give(args, 0, dgram->bytes, size);
    if (size < dgram->size)
        args->out_flags |= DRILL_MSG_TRUNC;
    return size;
}

static void give_error(const struct drill_inet *self, const struct drill_dgram *dgram,
                       struct drill_args *args)
{
    const struct drill_dgram_error *error = &dgram->error;
    struct error4 four = {.error = error->error,
                          .origin = error->origin,
                          .type = error->type,
                          .code = error->code,
                          .info = error->info,
                          .family = DRILL_AF_INET};
    struct error6 six = {.error = error->error,
                         .origin = error->origin,
                         .type = error->type,
                         .code = error->code,
                         .info = error->info,
                         .family = DRILL_AF_INET6,
                         .zone = dgram->source.zone};

    memcpy(four.addr, ip4_of(&dgram->source), sizeof four.addr);
    memcpy(six.addr, dgram->source.ip, sizeof six.addr);
    if (self->socket.family == DRILL_AF_INET)
        drill_control_put(args, DRILL_IPPROTO_IP, 11, &four, sizeof four);
    else
        drill_control_put(args, DRILL_IPPROTO_IPV6, 25, &six, sizeof six);
}

/* Taking an error from the queue makes the next one the pending one (sock_dequeue_err_skb). */
static int recv_error(struct drill_inet *self, struct drill_args *args)
{
    struct drill_socket *socket = &self->socket;
    struct drill_dgram *dgram = self->errors.first;

    if (dgram == NULL) {
        args->blocking = false; /* nobody waits for an error */
        return -EAGAIN;
    }
    drill_dgram_queue_take(&self->errors, dgram);
    socket->error = (int16_t)(self->errors.first != NULL ? self->errors.first->error.error : 0);
    args->out_flags = DRILL_MSG_ERRQUEUE;
    args->done = give_bytes(dgram, args);
    if (args->from != NULL)
        *args->from = drill_socket_show(socket, &dgram->target);
    give_stamp(self, dgram, args);
    give_error(self, dgram, args);
    drill_dgram_drop(dgram, drill_socket_mem(socket));
    return 0;
}

int drill_inet_recv(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);
    struct drill_socket *socket = &self->socket;
    struct drill_dgram *dgram = self->in.first;

    if ((args->flags & DRILL_MSG_ERRQUEUE) != 0)
        return recv_error(self, args);
    if (socket->error != 0)
        return drill_socket_take_error(socket);
    if (dgram == NULL)
        return args->blocking && (socket->shut & DRILL_SHUT_IN) != 0 ? 0 : -EAGAIN;
    args->done = give_bytes(dgram, args);
    if ((args->flags & DRILL_MSG_TRUNC) != 0)
        args->done = dgram->size;
    if (args->from != NULL)
        *args->from = drill_socket_show(socket, &dgram->source);
    if (args->local != NULL)
        *args->local = drill_socket_show(socket, &dgram->target);
    if (file->settings != NULL)
        give_control(self, dgram, args);
    if ((args->flags & DRILL_MSG_PEEK) == 0) {
        drill_dgram_queue_take(&self->in, dgram);
        drill_dgram_drop(dgram, drill_socket_mem(socket));
    }
    return 0;
}

void drill_inet_arrive(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_socket *socket = &self->socket;
    struct drill_host *host = socket->file.host;

    if (socket->file.settings != NULL) {
        dgram->stamp_ns = drill_host_wall(host);
        dgram->noted = asks(self, DRILL_IP_PKTINFO) || asks(self, DRILL_IPV6_RECVPKTINFO);
    }
    if (drill_dgram_queue_put(&self->in, dgram,
                              (uint64_t)drill_socket_option(socket, DRILL_SO_RCVBUF))) {
        drill_file_wake(&socket->file, DRILL_POLLIN | DRILL_POLLRDNORM);
    } else {
        drill_inet_lose(host->sim, packet, "receive buffer full");
        drill_dgram_drop(dgram, &host->sim->mem);
    }
}

/* The source of what came back is who answered, its target is where the message was to go. */
static void queue_error(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_socket *socket = &self->socket;
    struct drill_mem *mem = drill_socket_mem(socket);
    const bool v4 = drill_addr_is_v4(&dgram->target);
    struct drill_dgram *kept = drill_dgram_copy(dgram, mem, v4 ? QUOTED4 : QUOTED6);

    if (kept == NULL) {
        drill_inet_lose(drill_socket_sim(socket), packet, "out of memory");
        return;
    }
    kept->source = dgram->target;
    kept->source.port = 0;
    kept->error = (struct drill_dgram_error){
        .error = ECONNREFUSED,
        .origin = v4 ? ORIGIN_ICMP : ORIGIN_ICMP6,
        .type = v4 ? UNREACHABLE4 : UNREACHABLE6,
        .code = v4 ? PORT4 : PORT6,
    };
    if (!drill_dgram_queue_put(&self->errors, kept,
                               (uint64_t)drill_socket_option(socket, DRILL_SO_RCVBUF))) {
        drill_inet_lose(drill_socket_sim(socket), packet, "receive buffer full");
        drill_dgram_drop(kept, mem);
    }
}

void drill_inet_refuse(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet)
{
    struct drill_socket *socket = &self->socket;
    const bool v4 = drill_addr_is_v4(&dgram->target);
    const bool queues = asks(self, v4 ? DRILL_IP_RECVERR : DRILL_IPV6_RECVERR);

    if (queues)
        queue_error(self, dgram, packet);
    if (queues || drill_inet_is_connected(self)) {
        drill_socket_fail(socket, ECONNREFUSED, (uint32_t)packet);
        drill_file_wake(&socket->file, DRILL_POLLERR);
    }
    drill_dgram_drop(dgram, drill_socket_mem(socket));
}
