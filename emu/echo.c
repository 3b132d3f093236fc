#include "emu/echo.h"

#include <string.h>

#include "emu/inet_send.h"
#include "emu/wire.h"

enum { ECHO4 = 8, REPLY4 = 0, ECHO6 = 128, REPLY6 = 129, ICMP_LEAST = 8, SUM_AT = 2, HOPS = 64 };

int drill_echo_type(const struct drill_dgram *dgram)
{
    const bool v4 = drill_addr_is_v4(&dgram->target);

    if (dgram->protocol != (v4 ? DRILL_IPPROTO_ICMP : DRILL_IPPROTO_ICMPV6) ||
        dgram->size - dgram->header < ICMP_LEAST)
        return -1;
    return dgram->bytes[dgram->header];
}

bool drill_echo_is_right(const struct drill_dgram *dgram)
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
    reply->arrive = request->arrive;
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

void drill_echo_answer(const struct drill_dgram *request, struct drill_host *host)
{
    struct drill_host *back = drill_net_find(host->net, host, &request->source);
    const int echo = drill_addr_is_v4(&request->target) ? ECHO4 : ECHO6;

    if (back == NULL || request->many || drill_echo_type(request) != echo ||
        !drill_echo_is_right(request))
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
