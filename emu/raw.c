#include "emu/raw.h"

#include <errno.h>
#include <string.h>

#include "emu/bindings.h"
#include "emu/echo.h"
#include "emu/inet_connect.h"
#include "emu/inet_recv.h"
#include "emu/inet_send.h"
#include "emu/multicast.h"
#include "emu/wire.h"

enum { HEADER6 = 40, SUM_AT = 2, SUM_END = 4 };
enum { DISCOVER_WANT = 1, DISCOVER_PROBE = 3 }; /* IP_MTU_DISCOVER: WANT, DO, PROBE */

static struct drill_raw *raw_of(struct drill_file *file)
{
    return (struct drill_raw *)(void *)file;
}

static bool is_filtered(const struct drill_raw *self, const struct drill_dgram *dgram)
{
    const int type = drill_echo_type(dgram);

    if (type < 0)
        return false;
    if (self->inet.socket.family == DRILL_AF_INET6)
        return self->blocked[type / 32] >> type % 32 & 1;
    const uint32_t blocked = (uint32_t)drill_socket_option(&self->inet.socket, DRILL_ICMP_FILTER);
    return type < 32 && (blocked >> type & 1) != 0;
}

static bool hears(const struct drill_raw *self, const struct drill_dgram *dgram)
{
    const struct drill_socket *socket = &self->inet.socket;
    const bool v4 = drill_addr_is_v4(&dgram->target);

    return (socket->family == DRILL_AF_INET) == v4 && socket->protocol == dgram->protocol &&
           (socket->flags & DRILL_RAW_DEAF) == 0 &&
           (drill_addr_is_any(&socket->local) ||
            drill_addr_same_ip(&socket->local, &dgram->target)) &&
           (!drill_inet_is_connected(&self->inet) ||
            drill_addr_same_ip(&self->inet.remote, &dgram->source)) &&
           !is_filtered(self, dgram) && drill_multicast_wants(socket, dgram);
}

/* What has been damaged does not pass IPv6's check, and is lost. */
static bool is_for_us(const struct drill_dgram *dgram, const struct drill_host *host)
{
    if (!drill_addr_is_v4(&dgram->target) && dgram->protocol == DRILL_IPPROTO_ICMPV6 &&
        !drill_echo_is_right(dgram))
        return false;
    return !drill_addr_is_multicast(&dgram->target) ||
           drill_multicast_is_joined(host, &dgram->target, dgram->interface);
}

static void hand_out(struct drill_host *host, const struct drill_dgram *dgram, uint64_t packet)
{
    for (struct drill_raw *each = host->raws; each != NULL; each = each->next) {
        if (!hears(each, dgram))
            continue;
        struct drill_dgram *copy = drill_dgram_copy(dgram, &host->sim->mem, dgram->size);
        if (copy == NULL)
            drill_inet_lose(host->sim, packet, "out of memory");
        else
            drill_inet_arrive(&each->inet, copy, packet);
    }
}

static void arrive(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    if (is_for_us(dgram, host)) {
        hand_out(host, dgram, packet);
        drill_echo_answer(dgram, host);
    }
    drill_dgram_drop(dgram, &host->sim->mem);
}

static void close_raw(struct drill_file *file)
{
    struct drill_raw *self = raw_of(file), **at = &file->host->raws;
    struct drill_mem *mem = &file->host->sim->mem;

    while (*at != self)
        at = &(*at)->next;
    *at = self->next;
    drill_multicast_leave_all(&self->inet.socket);
    drill_inet_fini(&self->inet);
    drill_mem_free(mem, self, sizeof *self);
}

/* The port is the protocol's number, whatever is asked for. */
static int bind_raw(struct drill_file *file, struct drill_args *args)
{
    struct drill_socket *socket = drill_socket_of(file);
    struct drill_addr addr;
    int result = drill_socket_addr(socket, args->addr, &addr);

    if (result < 0)
        return result;
    if (drill_inet_is_connected(drill_inet_of(file)))
        return -EINVAL;
    if (socket->family == DRILL_AF_INET6 && drill_addr_is_v4(&addr))
        return -EADDRNOTAVAIL;
    if ((result = drill_bind_check(socket, &addr)) < 0)
        return result;
    addr.port = socket->protocol;
    socket->local = addr;
    drill_inet_of(file)->way_known = false;
    return 0;
}

/* AF_UNSPEC takes it off the list of who hears, and nothing puts it back. */
static int dissolve(struct drill_inet *self)
{
    struct drill_socket *socket = &self->socket;

    socket->state = DRILL_INET_UNCONNECTED;
    socket->flags |= DRILL_RAW_DEAF;
    self->way_known = false;
    socket->local = socket->family == DRILL_AF_INET6 ? drill_addr_any6 : drill_addr_any4;
    return 0;
}

static int connect_raw(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);

    if (args->addr != NULL && args->addr->family == DRILL_AF_UNSPEC)
        return dissolve(self);
    return drill_inet_connect(self, args->addr);
}

static bool has_header(const struct drill_inet *self)
{
    return self->socket.family == DRILL_AF_INET &&
           drill_socket_option(&self->socket, DRILL_IP_HDRINCL);
}

static int read_target(const struct drill_inet *self, const struct drill_args *args,
                       struct drill_addr *target)
{
    const bool v6 = self->socket.family == DRILL_AF_INET6;
    const int result = drill_inet_target(self, args, target);

    if (result < 0)
        return v6 && result == -EINVAL ? -EAFNOSUPPORT : result;
    if (v6 && drill_addr_is_v4(target))
        return -ENETUNREACH;
    if (v6 && result == DRILL_TARGET_GIVEN && target->port != 0 &&
        target->port != self->socket.protocol)
        return -EINVAL;
    target->port = 0;
    return 0;
}

/* In the order of raw_sendmsg and rawv6_sendmsg. */
static int prepare(struct drill_inet *self, const struct drill_args *args)
{
    const bool v4 = self->socket.family == DRILL_AF_INET;
    const size_t header = has_header(self) ? 0 : v4 ? DRILL_WIRE_HEADER4 : HEADER6;
    struct drill_addr target;
    int result;

    if (args->size > UINT16_MAX)
        return -EMSGSIZE;
    if ((args->flags & DRILL_MSG_OOB) != 0)
        return -EOPNOTSUPP;
    if ((result = read_target(self, args, &target)) < 0)
        return result;
    if ((result = drill_inet_find_way(self, args, &target)) < 0)
        return result;
    if (has_header(self)) {
        self->way.whole = true;
        if (args->size < DRILL_WIRE_HEADER4)
            return -EINVAL;
    }
    if ((result = drill_inet_fits(self, args->size + header)) < 0)
        return result;
    return drill_inet_may_send(self);
}

/* Whether Linux would forbid to cut it: it is not larger than the way allows. */
static bool is_whole(const struct drill_inet *self, size_t size)
{
    const int32_t discover = drill_socket_option(&self->socket, DRILL_IP_MTU_DISCOVER);
    const struct drill_path *path = self->way.route.path;

    return discover >= DISCOVER_WANT && discover <= DISCOVER_PROBE &&
           (path == NULL || size <= drill_net_mtu(path));
}

/* The program has written the header; what it left open is filled in (raw_send_hdrinc). */
static int complete(struct drill_dgram *dgram, uint16_t id)
{
    dgram->header = (dgram->bytes[0] & 0xfU) * 4;
    if (dgram->header > dgram->size)
        return -EINVAL;
    if (dgram->header >= DRILL_WIRE_HEADER4)
        drill_wire_complete(dgram, id);
    return 0;
}

/* Puts in front or fills in what the kernel does: a header, or the sum of ICMPv6. */
static int dress(const struct drill_inet *self, struct drill_dgram *dgram)
{
    const uint16_t id = (uint16_t)(drill_socket_sim(&self->socket)->packets + 1);

    if (has_header(self))
        return complete(dgram, id);
    if (self->socket.family == DRILL_AF_INET) {
        drill_wire_header(dgram, id, is_whole(self, dgram->size));
        return 0;
    }
    if (self->socket.protocol != DRILL_IPPROTO_ICMPV6)
        return 0;
    if (dgram->size < SUM_END)
        return -EINVAL;
    drill_wire_put16(dgram->bytes + SUM_AT, 0);
    drill_wire_put16(dgram->bytes + SUM_AT, drill_wire_sum6(dgram));
    return 0;
}

static int send_raw(struct drill_file *file, struct drill_args *args)
{
    struct drill_inet *self = drill_inet_of(file);
    const uint32_t header =
        self->socket.family == DRILL_AF_INET && !has_header(self) ? DRILL_WIRE_HEADER4 : 0;
    int result = prepare(self, args);

    if (result < 0)
        return result;
    struct drill_dgram *dgram = drill_inet_make(self, header + args->size);
    if (dgram == NULL)
        return -ENOBUFS;
    dgram->header = header;
    dgram->source.port = 0;
    dgram->arrive = arrive;
    drill_args_take(args, 0, dgram->bytes + header, args->size);
    if ((result = dress(self, dgram)) < 0) {
        drill_dgram_drop(dgram, drill_socket_mem(&self->socket));
        return result;
    }
    args->done = args->size;
    return drill_inet_emit(self, dgram, DRILL_PACKET_RAW);
}

static int option_value(struct drill_file *file, int level, int number, const void *value,
                        size_t size)
{
    struct drill_raw *self = raw_of(file);

    if (drill_option_find(level, number) != DRILL_ICMP6_FILTER)
        return drill_multicast_option(file, level, number, value, size);
    if (size > 0)
        memcpy(self->blocked, value, size < sizeof self->blocked ? size : sizeof self->blocked);
    return 0;
}

static int option_get(struct drill_file *file, int level, int number, void *value, size_t *size)
{
    const struct drill_raw *self = raw_of(file);
    const int option = drill_option_find(level, number);
    const void *from = self->blocked;
    size_t most = sizeof self->blocked;

    if (option == DRILL_SO_PROTOCOL) {
        from = &self->number;
        most = sizeof self->number;
    } else if (option != DRILL_ICMP6_FILTER) {
        return drill_inet_option_get(file, level, number, value, size);
    }
    if (*size > most)
        *size = most;
    if (*size > 0 && value == NULL)
        return -EFAULT;
    if (*size > 0)
        memcpy(value, from, *size);
    return 0;
}

static const struct drill_file_ops ops = {
    .name = "raw",
    .poll = drill_inet_poll,
    .close = close_raw,
    .bind = bind_raw,
    .connect = connect_raw,
    .recv = drill_inet_recv,
    .send = send_raw,
    .shutdown = drill_inet_shutdown,
    .name_of = drill_inet_name_of,
    .ioctl = drill_inet_ioctl,
    .option_set = drill_inet_option_set,
    .option_value = option_value,
    .option_get = option_get,
    .describe = drill_inet_describe,
};

/* A socket of IPPROTO_RAW is for sending headers of one's own. */
static int set_defaults(struct drill_socket *socket)
{
    if (socket->family != DRILL_AF_INET || socket->protocol != DRILL_IPPROTO_RAW)
        return 0;
    struct drill_settings *settings = drill_settings_need(&socket->file, drill_socket_kind(socket));
    if (settings == NULL)
        return -ENOMEM;
    settings->values[DRILL_IP_HDRINCL] = 1;
    return 0;
}

int drill_raw_new(struct drill_host *host, int family, int type, int protocol,
                  struct drill_file **made)
{
    struct drill_mem *mem = &host->sim->mem;
    struct drill_raw *self = drill_mem_zeroed(mem, sizeof *self), **end = &host->raws;

    if (self == NULL)
        return -ENOMEM;
    drill_socket_init(&self->inet.socket, &ops, host, family, type, protocol);
    self->inet.socket.state = DRILL_INET_UNCONNECTED;
    self->inet.socket.local.port = (uint16_t)protocol;
    self->number = protocol;
    if (set_defaults(&self->inet.socket) < 0) {
        drill_mem_free(mem, self, sizeof *self);
        return -ENOMEM;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = self;
    *made = &self->inet.socket.file;
    return 0;
}
