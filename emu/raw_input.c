#include <string.h>

#include "emu/multicast.h"
#include "emu/raw.h"
#include "emu/wire.h"

enum { ECHO4 = 8, REPLY4 = 0, ECHO6 = 128, REPLY6 = 129, ICMP_LEAST = 8, SUM_AT = 2, HOPS = 64 };

/* The type of an ICMP message; -1: it is none, or too short for one. */
static int icmp_type(const struct drill_dgram *dgram)
{
    const bool v4 = drill_addr_is_v4(&dgram->target);

    if (dgram->protocol != (v4 ? DRILL_IPPROTO_ICMP : DRILL_IPPROTO_ICMPV6) ||
        dgram->size - dgram->header < ICMP_LEAST)
        return -1;
    return dgram->bytes[dgram->header];
}

static bool is_filtered(const struct drill_raw *self, const struct drill_dgram *dgram)
{
    const int type = icmp_type(dgram);

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

static bool is_right(const struct drill_dgram *dgram)
{
    const uint8_t *message = dgram->bytes + dgram->header;

    return drill_addr_is_v4(&dgram->target)
               ? drill_wire_sum(message, dgram->size - dgram->header) == 0
               : drill_wire_sum6(dgram) == 0;
}

static struct drill_dgram *make_reply(const struct drill_dgram *request, struct drill_host *host)
{
    const bool v4 = drill_addr_is_v4(&request->target);
    const uint32_t header = v4 ? DRILL_WIRE_HEADER4 : 0, size = request->size - request->header;
    struct drill_dgram *reply = drill_dgram_new(&host->sim->mem, header + size);

    if (reply == NULL)
        return NULL;
    reply->arrive = drill_raw_arrive;
    reply->header = header;
    reply->source = request->target;
    reply->target = request->source;
    reply->interface = request->interface;
    reply->protocol = request->protocol;
    reply->tos = request->tos;
    reply->ttl = HOPS;
    uint8_t *message = reply->bytes + header;
    memcpy(message, request->bytes + request->header, size);
    message[0] = v4 ? REPLY4 : REPLY6;
    drill_wire_put16(message + SUM_AT, 0);
    drill_wire_put16(message + SUM_AT, v4 ? drill_wire_sum(message, size) : drill_wire_sum6(reply));
    if (v4)
        drill_wire_header(reply, (uint16_t)(host->sim->packets + 1), false);
    return reply;
}

static void answer_echo(const struct drill_dgram *request, struct drill_host *host)
{
    struct drill_host *back = drill_net_find(host->net, host, &request->source);
    const int echo = drill_addr_is_v4(&request->target) ? ECHO4 : ECHO6;

    if (back == NULL || request->many || icmp_type(request) != echo || !is_right(request))
        return;
    struct drill_path *path = drill_net_path(host->net, host, back);
    struct drill_dgram *reply = path != NULL ? make_reply(request, host) : NULL;
    if (reply == NULL) {
        drill_inet_lose(host->sim, host->sim->packets, "out of memory");
        return;
    }
    struct drill_packet packet = drill_inet_packet(host, reply, DRILL_PACKET_RAW);
    packet.path = path;
    packet.cause = "echo request";
    drill_net_send(&packet);
}

/* What has been damaged does not pass IPv6's check, and is lost. */
static bool is_for_us(const struct drill_dgram *dgram, const struct drill_host *host)
{
    if (!drill_addr_is_v4(&dgram->target) && dgram->protocol == DRILL_IPPROTO_ICMPV6 &&
        !is_right(dgram))
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

void drill_raw_arrive(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
{
    if (is_for_us(dgram, host)) {
        hand_out(host, dgram, packet);
        answer_echo(dgram, host);
    }
    drill_dgram_drop(dgram, &host->sim->mem);
}
