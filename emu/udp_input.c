#include "emu/bindings.h"
#include "emu/multicast.h"
#include "emu/udp.h"

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

void drill_udp_arrive(struct drill_host *host, struct drill_dgram *dgram, uint64_t packet)
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
