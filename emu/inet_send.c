#include "emu/inet_send.h"

#include <errno.h>
#include <string.h>

#include "emu/control.h"
#include "emu/inet_route.h"

/* Types of control messages; those of IPv4 are the options of the same names. */
enum { IPV6_PKTINFO = 50, IPV6_HOPLIMIT = 52, IPV6_DONTFRAG = 62, IPV6_TCLASS = 67 };
enum { IP_TOS = 1, IP_TTL = 2, IP_PKTINFO = 8 };
enum { INFO4_SIZE = 12, INFO6_SIZE = 20, HEADER4 = 20, HEADER6 = 40 };

/* IP_MTU_DISCOVER's values that forbid fragments: DO, PROBE, INTERFACE. */
enum { DISCOVER_FIRST = 2, DISCOVER_LAST = 4 };

/* Neither names a family: IPv4 takes it for its own, IPv6 for no address at all. */
int drill_inet_target(const struct drill_inet *self, const struct drill_args *args,
                      struct drill_addr *target)
{
    const struct drill_sockaddr *addr = args->addr;
    const bool v6 = self->socket.family == DRILL_AF_INET6;
    struct drill_sockaddr plain;

    if (addr == NULL || (v6 && addr->family == DRILL_AF_UNSPEC)) {
        if (!drill_inet_is_connected(self))
            return -EDESTADDRREQ;
        *target = self->remote;
        return DRILL_TARGET_PEER;
    }
    if (!v6 && addr->family == DRILL_AF_UNSPEC) {
        plain = *addr;
        plain.family = DRILL_AF_INET;
        addr = &plain;
    }
    if (v6 ? addr->family != DRILL_AF_INET6 && addr->family != DRILL_AF_INET
           : addr->family != DRILL_AF_INET)
        return v6 ? -EINVAL : -EAFNOSUPPORT;
    drill_addr_from(target, addr);
    return DRILL_TARGET_GIVEN;
}

/* A number within bounds, from exactly an int. */
static int read_number(const struct drill_control *message, int32_t low, int32_t high,
                       int32_t *number)
{
    int32_t given;

    if (message->size != sizeof given)
        return -EINVAL;
    memcpy(&given, message->data, sizeof given);
    if (given < low || given > high)
        return -EINVAL;
    *number = given;
    return 0;
}

/* struct in_pktinfo: the interface, the source, and an address that counts for receivers only. */
static int read_info4(const struct drill_inet *self, const struct drill_control *message,
                      struct drill_outgoing *out)
{
    int32_t interface;

    if (message->size != INFO4_SIZE)
        return -EINVAL;
    memcpy(&interface, message->data, sizeof interface);
    if (interface < 0 || interface >= DRILL_DEVICES)
        return -ENODEV;
    out->interface = (uint32_t)interface;
    out->wanted = drill_addr_any4;
    memcpy(out->wanted.ip + 12, (const uint8_t *)message->data + sizeof interface, 4);
    if (!drill_addr_is_any(&out->wanted) && !drill_host_has(self->socket.file.host, &out->wanted))
        return -ENETUNREACH;
    return 0;
}

/* struct in6_pktinfo: the source, then the interface. */
static int read_info6(const struct drill_inet *self, const struct drill_control *message,
                      struct drill_outgoing *out)
{
    uint32_t interface;

    if (message->size < INFO6_SIZE)
        return -EINVAL;
    out->wanted = drill_addr_any6;
    memcpy(out->wanted.ip, message->data, sizeof out->wanted.ip);
    memcpy(&interface, (const uint8_t *)message->data + sizeof out->wanted.ip, sizeof interface);
    if (interface >= DRILL_DEVICES)
        return -ENODEV;
    out->interface = interface;
    if (drill_addr_is_link_local(&out->wanted))
        out->wanted.zone = (uint16_t)interface;
    if (!drill_addr_is_any(&out->wanted) && !drill_host_has(self->socket.file.host, &out->wanted))
        return -EINVAL;
    return 0;
}

static int read4(const struct drill_inet *self, const struct drill_control *message,
                 struct drill_outgoing *out)
{
    switch (message->type) {
    case IP_PKTINFO:
        return read_info4(self, message, out);
    case IP_TTL:
        return read_number(message, 1, UINT8_MAX, &out->ttl);
    case IP_TOS:
        if (message->size == 1) {
            out->tos = *(const uint8_t *)message->data;
            return 0;
        }
        return read_number(message, 0, UINT8_MAX, &out->tos);
    default:
        return -EINVAL;
    }
}

static int read6(const struct drill_inet *self, const struct drill_control *message,
                 struct drill_outgoing *out)
{
    int32_t whole;
    int result;

    switch (message->type) {
    case IPV6_PKTINFO:
        return read_info6(self, message, out);
    case IPV6_HOPLIMIT:
        return read_number(message, -1, UINT8_MAX, &out->ttl);
    case IPV6_TCLASS:
        return read_number(message, -1, UINT8_MAX, &out->tos);
    case IPV6_DONTFRAG:
        result = read_number(message, 0, 1, &whole);
        out->whole = result == 0 && whole == 1;
        return result;
    default:
        return -EINVAL;
    }
}

/* Descriptors and credentials are for Unix sockets, and ignored; nothing else is known. */
static int read_any(const struct drill_control *message)
{
    return message->type == DRILL_SCM_RIGHTS || message->type == DRILL_SCM_CREDENTIALS ? 0
                                                                                       : -EINVAL;
}

/* ip_cmsg_send, ip6_datagram_send_ctl: what is of another level is passed over. */
static int read_control(const struct drill_inet *self, const struct drill_args *args,
                        struct drill_outgoing *out)
{
    const bool v4 = drill_addr_is_v4(&out->target);
    struct drill_control message;
    size_t place = 0;
    int result;

    while ((result = drill_control_next(args, &place, &message)) > 0) {
        if (message.level == DRILL_SOL_SOCKET)
            result = read_any(&message);
        else if (message.level == DRILL_IPPROTO_IP && v4)
            result = read4(self, &message, out);
        else if (message.level == DRILL_IPPROTO_IPV6 && !v4)
            result = read6(self, &message, out);
        if (result < 0)
            break;
    }
    return result;
}

/* A multicast packet has hops of its own, few of them. */
static void settle(const struct drill_inet *self, struct drill_outgoing *out)
{
    const struct drill_socket *socket = &self->socket;
    const bool v4 = drill_addr_is_v4(&out->target);
    const bool multicast = drill_addr_is_multicast(&out->target);
    const enum drill_option hops4 = multicast ? DRILL_IP_MULTICAST_TTL : DRILL_IP_TTL;
    const enum drill_option hops6 = multicast ? DRILL_IPV6_MULTICAST_HOPS : DRILL_IPV6_UNICAST_HOPS;

    if (out->ttl < 0)
        out->ttl = drill_socket_option(socket, v4 ? hops4 : hops6);
    if (out->tos < 0)
        out->tos = drill_socket_option(socket, v4 ? DRILL_IP_TOS : DRILL_IPV6_TCLASS);
    out->route.source.port = socket->local.port;
}

int drill_inet_find_way(struct drill_inet *self, const struct drill_args *args,
                        const struct drill_addr *target)
{
    const struct drill_net *net = self->socket.file.host->net;
    const uint32_t addrs = HASH_COUNT(net->addrs) + net->addr_changes;
    struct drill_outgoing *way = &self->way;
    int result = 0;

    if (self->way_known && args->control_size == 0 && self->way_addrs == addrs &&
        memcmp(&way->target, target, sizeof *target) == 0)
        return 0;
    self->way_known = false;
    *way = (struct drill_outgoing){
        .target = *target, .wanted = *drill_inet_any(target), .ttl = -1, .tos = -1};
    if (args->control_size != 0)
        result = read_control(self, args, way);
    if (result == 0)
        result = drill_inet_route(self, way);
    if (result < 0)
        return result;
    settle(self, way);
    self->way_known = args->control_size == 0;
    self->way_addrs = addrs;
    return 0;
}

int drill_inet_may_send(struct drill_inet *self)
{
    if (self->socket.error != 0)
        return drill_socket_take_error(&self->socket);
    return (self->socket.shut & DRILL_SHUT_OUT) != 0 ? -EPIPE : 0;
}

/* Where fragments are allowed, a datagram larger than the mtu still crosses as one packet. */
static bool must_be_whole(const struct drill_inet *self)
{
    const struct drill_socket *socket = &self->socket;
    const bool v4 = drill_addr_is_v4(&self->way.target);
    const int32_t discover =
        drill_socket_option(socket, v4 ? DRILL_IP_MTU_DISCOVER : DRILL_IPV6_MTU_DISCOVER);

    return self->way.whole || (discover >= DISCOVER_FIRST && discover <= DISCOVER_LAST) ||
           (!v4 && drill_socket_option(socket, DRILL_IPV6_DONTFRAG));
}

int drill_inet_fits(const struct drill_inet *self, size_t size)
{
    const struct drill_path *path = self->way.route.path;

    if (size > UINT16_MAX &&
        size > (size_t)UINT16_MAX + (drill_addr_is_v4(&self->way.target) ? 0 : HEADER6))
        return -EMSGSIZE;
    return path != NULL && size > drill_net_mtu(path) && must_be_whole(self) ? -EMSGSIZE : 0;
}

static void fill_address(struct drill_packet *packet)
{
    packet->source = packet->dgram->source;
    packet->target = packet->dgram->target;
}

static void keep(struct drill_packet *packet)
{
    packet->dgram->refs++;
}

static void discard(struct drill_packet *packet)
{
    if (packet->dgram != NULL)
        drill_dgram_drop(packet->dgram, &packet->sender->sim->mem);
}

/* Nobody else refers to a message that has arrived, and if a bit has flipped, one has now. */
static void deliver(struct drill_packet *packet)
{
    struct drill_sim *sim = packet->sender->sim;
    struct drill_dgram *dgram = drill_dgram_own(packet->dgram, &sim->mem);

    packet->dgram = NULL;
    if (dgram == NULL) {
        drill_inet_lose(sim, packet->number, "out of memory");
        return;
    }
    if (packet->damaged && packet->size > 0)
        drill_dgram_flip(dgram, drill_choices_pick(&sim->choices, DRILL_CHOICE_CORRUPT,
                                                   packet->path->id, packet->size * UINT64_C(8)));
    dgram->arrive(packet->path->to, dgram, packet->number);
}

struct drill_packet drill_inet_packet(struct drill_host *sender, struct drill_dgram *dgram,
                                      enum drill_packet_kind kind)
{
    return (struct drill_packet){
        .sender = sender,
        .deliver = deliver,
        .discard = discard,
        .keep = keep,
        .address = fill_address,
        .kind = kind,
        .size = dgram->size - dgram->header,
        .dgram = dgram,
        .data = dgram->bytes + dgram->header,
    };
}

struct drill_dgram *drill_inet_make(const struct drill_inet *self, size_t size)
{
    const struct drill_outgoing *way = &self->way;
    struct drill_dgram *dgram = drill_dgram_new(drill_socket_mem(&self->socket), size);

    if (dgram == NULL)
        return NULL;
    dgram->source = way->route.source;
    dgram->target = way->route.target;
    dgram->interface = way->route.interface;
    dgram->many = way->route.many;
    dgram->protocol = self->socket.protocol;
    dgram->ttl = (uint8_t)way->ttl;
    dgram->tos = (uint8_t)way->tos;
    return dgram;
}

/* Whether the sender's own host hears it: on Ethernet it may ask not to (IP_MULTICAST_LOOP). */
static bool loops(const struct drill_inet *self, const struct drill_route *route)
{
    if (route->interface == DRILL_INTERFACE_LOOPBACK || !drill_addr_is_multicast(&route->target))
        return true;
    return drill_socket_option(&self->socket, drill_addr_is_v4(&route->target)
                                                  ? DRILL_IP_MULTICAST_LOOP
                                                  : DRILL_IPV6_MULTICAST_LOOP);
}

static bool reaches(const struct drill_inet *self, uint8_t ttl, const struct drill_host *host)
{
    const struct drill_route *route = &self->way.route;

    if (host == self->socket.file.host)
        return loops(self, route);
    return route->interface == DRILL_INTERFACE_NET && ttl > 0 &&
           drill_host_source_on(host, DRILL_INTERFACE_NET, &route->target) != NULL;
}

/* One packet for each host, in order of birth. */
static int send_to_many(const struct drill_inet *self, struct drill_dgram *dgram,
                        enum drill_packet_kind kind)
{
    struct drill_host *sender = self->socket.file.host;
    struct drill_net *net = sender->net;
    int result = 0;

    for (struct drill_host *host = net->hosts; host != NULL; host = host->next) {
        if (!reaches(self, dgram->ttl, host))
            continue;
        struct drill_packet packet = drill_inet_packet(sender, dgram, kind);
        packet.path = drill_net_path(net, sender, host);
        if (packet.path == NULL) {
            result = -ENOBUFS;
            continue;
        }
        dgram->refs++;
        drill_net_send(&packet);
    }
    drill_dgram_drop(dgram, &sender->sim->mem);
    return result;
}

/* On a calm link nothing can happen to it, so there is no need of a packet. */
int drill_inet_emit(const struct drill_inet *self, struct drill_dgram *dgram,
                    enum drill_packet_kind kind)
{
    struct drill_host *sender = self->socket.file.host;
    struct drill_path *path = self->way.route.path;
    struct drill_sim *sim = sender->sim;

    if (self->way.route.many)
        return send_to_many(self, dgram, kind);
    if (path != NULL && path->calm && !drill_sim_shows_packets(sim)) {
        drill_sim_record(sim, ++sim->packets, 2);
        dgram->arrive(path->to, dgram, sim->packets);
        return 0;
    }
    struct drill_packet packet = drill_inet_packet(sender, dgram, kind);
    packet.path = path;
    drill_net_send(&packet);
    return 0;
}
