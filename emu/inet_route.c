#include "emu/inet_route.h"

#include <errno.h>
#include <string.h>

/* Whether the address the socket has can be the source: a group's or a network's cannot. */
static bool can_be_source(const struct drill_host *host, const struct drill_addr *addr)
{
    return !drill_addr_is_any(addr) && !drill_addr_is_multicast(addr) &&
           drill_host_broadcast(host, addr) == 0;
}

static int known_source(const struct drill_inet *self, const struct drill_outgoing *out,
                        const struct drill_addr **source)
{
    const struct drill_addr *local = &self->socket.local;

    if (!drill_addr_is_any(local) && drill_addr_is_v4(local) && !drill_addr_is_v4(&out->target))
        return -EAFNOSUPPORT;
    if (!drill_addr_is_any(&out->wanted))
        *source = &out->wanted;
    else if (drill_addr_is_v4(local) == drill_addr_is_v4(&out->target) &&
             can_be_source(self->socket.file.host, local))
        *source = local;
    else
        *source = NULL;
    return 0;
}

/* By which interface a multicast packet leaves; 0: by none. */
static uint32_t multicast_interface(const struct drill_inet *self, const struct drill_outgoing *out)
{
    const struct drill_socket *socket = &self->socket;
    const struct drill_addr *target = &out->target;
    struct drill_addr chosen = drill_addr_any4;

    if (out->interface != 0)
        return out->interface;
    if (!drill_addr_is_v4(target)) {
        if (target->zone != 0)
            return target->zone;
        const int32_t index = drill_socket_option(socket, DRILL_IPV6_MULTICAST_IF);
        return index != 0 ? (uint32_t)index : DRILL_INTERFACE_NET;
    }
    if (socket->file.settings != NULL && socket->file.settings->multicast_interface != 0)
        return (uint32_t)socket->file.settings->multicast_interface;
    const int32_t bytes = drill_socket_option(socket, DRILL_IP_MULTICAST_IF);
    if (bytes == 0)
        return DRILL_INTERFACE_NET;
    memcpy(chosen.ip + 12, &bytes, sizeof bytes);
    return drill_host_interface(socket->file.host, &chosen);
}

/* Linux's loopback interface has no route for ff00::/8. */
static int route_many(const struct drill_inet *self, struct drill_outgoing *out,
                      const struct drill_addr *source)
{
    struct drill_route *route = &out->route;
    const struct drill_host *host = self->socket.file.host;
    const bool v6 = !drill_addr_is_v4(&route->target);

    if (route->interface == 0 || (v6 && route->interface == DRILL_INTERFACE_LOOPBACK))
        return -ENETUNREACH;
    if (source == NULL)
        source = drill_host_source_on(host, route->interface, &route->target);
    if (source == NULL)
        return -ENETUNREACH;
    if (v6 && route->target.zone != 0)
        route->target.zone = (uint16_t)route->interface;
    route->source = *source;
    route->many = true;
    route->path = NULL;
    return 0;
}

static int route_one(const struct drill_inet *self, struct drill_outgoing *out,
                     const struct drill_addr *source, struct drill_host *to)
{
    struct drill_route *route = &out->route;
    struct drill_host *host = self->socket.file.host;

    if (out->interface == DRILL_INTERFACE_LOOPBACK && to != host)
        return -ENETUNREACH;
    if (source == NULL && (source = drill_host_source(host, &route->target)) == NULL)
        return -ENETUNREACH;
    if (to != host && drill_addr_is_loopback(source))
        return -EINVAL;
    if (!drill_host_has(host, source))
        return -ENETUNREACH; /* it was bound to, and is gone */
    route->source = *source;
    route->interface = to == host ? DRILL_INTERFACE_LOOPBACK : DRILL_INTERFACE_NET;
    route->many = false;
    route->path = to != NULL ? drill_net_path(host->net, host, to) : NULL;
    return to != NULL && route->path == NULL ? -ENOBUFS : 0;
}

int drill_inet_route(const struct drill_inet *self, struct drill_outgoing *out)
{
    const struct drill_socket *socket = &self->socket;
    struct drill_host *host = socket->file.host;
    struct drill_route *route = &out->route;
    const struct drill_addr *source;
    uint32_t broadcast;

    if (drill_addr_is_v4(&out->target) && drill_socket_is_v6only(socket))
        return -ENETUNREACH;
    const int result = known_source(self, out, &source);
    if (result < 0)
        return result;
    route->target = out->target;
    if (drill_addr_is_any(&out->target)) {
        route->target = *drill_host_source_on(host, DRILL_INTERFACE_LOOPBACK, &out->target);
        route->target.port = out->target.port;
    }
    if (drill_addr_is_multicast(&route->target)) {
        route->interface = multicast_interface(self, out);
        return route_many(self, out, source);
    }
    struct drill_host *to = drill_net_find(host->net, host, &route->target);
    broadcast = to == NULL || to == host ? drill_host_broadcast(host, &route->target) : 0;
    if (broadcast == 0)
        return route_one(self, out, source, to);
    if (!drill_socket_option(socket, DRILL_SO_BROADCAST))
        return -EACCES;
    route->interface = broadcast;
    return route_many(self, out, source);
}
