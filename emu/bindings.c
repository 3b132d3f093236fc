#include "emu/bindings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum { TCP_TIME_WAIT = 6, TCP_LISTEN = 10 };

static struct drill_socket *socket_of(const struct drill_holder *holder)
{
    return (struct drill_socket *)(uintptr_t)((const char *)holder -
                                              offsetof(struct drill_socket, holder));
}

struct drill_socket *drill_bind_next(struct drill_host *host, uint8_t protocol, uint16_t port,
                                     const struct drill_socket *after)
{
    const struct drill_holder *next;

    if (after != NULL) {
        next = after->holder.next;
    } else {
        const struct drill_port *place = drill_ports_find(&host->ports, protocol, port);
        next = place != NULL ? place->first : NULL;
    }
    return next != NULL ? socket_of(next) : NULL;
}

/* Whether a wildcard of `socket` takes in traffic to `addr`. */
static bool wildcard_covers(const struct drill_socket *socket, const struct drill_addr *wildcard,
                            const struct drill_addr *addr)
{
    if (drill_addr_is_v4(wildcard))
        return drill_addr_is_v4(addr);
    return !drill_addr_is_v4(addr) || !drill_socket_is_v6only(socket);
}

/* Whether both would receive some of the same traffic (ipv6_rcv_saddr_equal). */
static bool overlaps(const struct drill_socket *a, const struct drill_addr *addr_a,
                     const struct drill_socket *b)
{
    const struct drill_addr *addr_b = &b->local;
    const bool any_a = drill_addr_is_any(addr_a), any_b = drill_addr_is_any(addr_b);

    if (!any_a && !any_b)
        return drill_addr_same_ip(addr_a, addr_b);
    if (any_a && any_b && drill_addr_is_v4(addr_a) == drill_addr_is_v4(addr_b))
        return true;
    return (any_a && wildcard_covers(a, addr_a, addr_b)) ||
           (any_b && wildcard_covers(b, addr_b, addr_a));
}

static bool both_have(const struct drill_socket *a, const struct drill_socket *b,
                      enum drill_option option)
{
    return drill_socket_option(a, option) && drill_socket_option(b, option);
}

/* REUSEADDR lets two share a port that was asked for, as long as the other does not listen;
 * REUSEPORT lets equals share it (inet_bind_conflict). */
static bool tolerates(const struct drill_socket *socket, bool asked,
                      const struct drill_socket *other)
{
    if (both_have(socket, other, DRILL_SO_REUSEADDR) && asked && other->state != TCP_LISTEN)
        return true;
    return both_have(socket, other, DRILL_SO_REUSEPORT);
}

static bool is_free(struct drill_socket *socket, const struct drill_addr *addr, uint16_t port,
                    bool asked)
{
    struct drill_host *host = socket->file.host;
    struct drill_socket *other = NULL;

    while ((other = drill_bind_next(host, socket->protocol, port, other)) != NULL)
        if (other != socket && overlaps(socket, addr, other) && !tolerates(socket, asked, other))
            return false;
    return true;
}

static int join(struct drill_socket *socket, uint16_t port)
{
    const int result =
        drill_ports_join(&socket->file.host->ports, socket->protocol, port, &socket->holder,
                         socket->bound & DRILL_BOUND_PORT, socket->bound & DRILL_BOUND_CHILD);

    if (result == 0)
        socket->local.port = port;
    return result;
}

static uint32_t range_size(const struct drill_ports *ports)
{
    return ports->first_port <= ports->last_port
               ? (uint32_t)(ports->last_port - ports->first_port + 1)
               : 0;
}

static uint16_t next_port(struct drill_ports *ports)
{
    if (ports->next_port < ports->first_port || ports->next_port > ports->last_port)
        ports->next_port = ports->first_port;
    return ports->next_port++;
}

/* REUSEADDR does not help to share a port that was not asked for (inet_csk_find_open_port). */
static int join_free(struct drill_socket *socket, const struct drill_addr *addr)
{
    struct drill_ports *ports = &socket->file.host->ports;

    for (uint32_t tries = range_size(ports); tries > 0; tries--) {
        const uint16_t port = next_port(ports);
        if (drill_ports_find(ports, socket->protocol, port) == NULL ||
            is_free(socket, addr, port, false))
            return join(socket, port);
    }
    return -EADDRINUSE;
}

int drill_bind_check(const struct drill_socket *socket, const struct drill_addr *addr)
{
    const struct drill_host *host = socket->file.host;

    if (drill_addr_is_multicast(addr) && !drill_addr_is_v4(addr))
        return socket->type == DRILL_SOCK_STREAM ? -EINVAL : 0;
    if (drill_addr_is_link_local(addr) && (addr->zone == 0 || addr->zone >= DRILL_DEVICES))
        return -EINVAL;
    return drill_addr_is_any(addr) || drill_host_has(host, addr) || drill_addr_is_multicast(addr) ||
                   drill_host_broadcast(host, addr) != 0
               ? 0
               : -EADDRNOTAVAIL;
}

static bool is_unspecified(const struct drill_socket *socket, const struct drill_sockaddr *given)
{
    static const uint8_t any[4];

    return given != NULL && given->family == DRILL_AF_UNSPEC && socket->family == DRILL_AF_INET &&
           memcmp(given->inet4, any, sizeof any) == 0;
}

int drill_bind_addr(struct drill_socket *socket, const struct drill_sockaddr *given)
{
    struct drill_sockaddr plain;
    struct drill_addr addr;

    if (is_unspecified(socket, given)) { /* inet_bind has always taken it for AF_INET */
        plain = (struct drill_sockaddr){.family = DRILL_AF_INET, .port = given->port};
        given = &plain;
    }
    int result = drill_socket_addr(socket, given, &addr);

    if (result < 0)
        return result;
    if (drill_addr_is_v4(&addr) && drill_socket_is_v6only(socket))
        return -EINVAL;
    if ((result = drill_bind_check(socket, &addr)) < 0)
        return result;
    if (socket->holder.prev != NULL)
        return -EINVAL;
    if (addr.port != 0 && !is_free(socket, &addr, addr.port, true))
        return -EADDRINUSE;
    socket->bound = DRILL_BOUND_PORT;
    result = addr.port == 0 ? join_free(socket, &addr) : join(socket, addr.port);
    if (result < 0) {
        socket->bound = 0;
        return result;
    }
    if (addr.port != 0)
        socket->bound |= DRILL_BOUND_NUMBER;
    if (!drill_addr_is_any(&addr))
        socket->bound |= DRILL_BOUND_ADDR;
    addr.port = socket->local.port;
    socket->local = addr;
    return 0;
}

int drill_bind_auto(struct drill_socket *socket)
{
    return socket->holder.prev != NULL ? 0 : join_free(socket, &socket->local);
}

int drill_bind_may_listen(struct drill_socket *socket)
{
    return is_free(socket, &socket->local, socket->local.port, true) ? 0 : -EADDRINUSE;
}

int drill_bind_connect(struct drill_socket *socket, const void *remote,
                       bool (*fits)(struct drill_socket *socket, uint16_t port, const void *remote))
{
    struct drill_ports *ports = &socket->file.host->ports;

    for (uint32_t tries = range_size(ports); tries > 0; tries--) {
        const uint16_t port = next_port(ports);
        const struct drill_port *held = drill_ports_find(ports, socket->protocol, port);
        if (held == NULL || (held->bound == 0 && fits(socket, port, remote)))
            return join(socket, port);
    }
    return -EADDRNOTAVAIL;
}

int drill_bind_child(struct drill_socket *socket)
{
    socket->bound |= DRILL_BOUND_CHILD;
    return join(socket, socket->local.port);
}

int drill_bind_match(const struct drill_socket *socket, const struct drill_addr *target)
{
    if (!drill_addr_is_any(&socket->local))
        return drill_addr_same_ip(&socket->local, target) ? 2 : -1;
    if (!wildcard_covers(socket, &socket->local, target))
        return -1;
    return drill_addr_is_v4(&socket->local) == drill_addr_is_v4(target) ? 1 : 0;
}

struct drill_socket *
drill_bind_find(struct drill_host *host, uint8_t protocol, const struct drill_addr *target,
                int (*score)(const struct drill_socket *socket, const void *packet),
                const void *packet, uint32_t hash)
{
    struct drill_socket *best = NULL, *each = NULL;
    int best_score = -1;
    uint32_t group = 0;

    while ((each = drill_bind_next(host, protocol, target->port, each)) != NULL) {
        if ((each->bound & DRILL_BOUND_CHILD) != 0)
            break; /* from here on all are connected */
        const int points = score(each, packet);
        if (points > best_score) {
            best = each;
            best_score = points;
            group = 1;
        } else if (points >= 0 && points == best_score &&
                   both_have(best, each, DRILL_SO_REUSEPORT) && hash % ++group == 0) {
            best = each;
        }
    }
    return best;
}
