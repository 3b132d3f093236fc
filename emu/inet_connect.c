#include "emu/inet_connect.h"

#include <errno.h>
#include <string.h>

#include "emu/inet_route.h"

/* The mtu of the way to the peer can be asked for once there is one. */
int drill_inet_option_get(struct drill_file *file, int level, int number, void *value, size_t *size)
{
    const struct drill_inet *self = drill_inet_of(file);
    const int option = drill_option_find(level, number);
    struct drill_outgoing out = {.target = self->remote, .wanted = *drill_inet_any(&self->remote)};

    if ((option != DRILL_IP_MTU && option != DRILL_IPV6_MTU) || !drill_inet_is_connected(self) ||
        *size < sizeof(int32_t) || value == NULL || drill_inet_route(self, &out) < 0 ||
        out.route.path == NULL)
        return -ENOPROTOOPT;
    const int32_t mtu = (int32_t)drill_net_mtu(out.route.path);
    memcpy(value, &mtu, sizeof mtu);
    *size = sizeof mtu;
    return 0;
}

/* What connect(2) says of an address before it looks for a way. */
static int read_peer(const struct drill_inet *self, const struct drill_sockaddr *given,
                     struct drill_addr *addr)
{
    const bool v6 = self->socket.family == DRILL_AF_INET6;

    if (given == NULL)
        return -EFAULT;
    if (v6 && given->family == DRILL_AF_INET)
        return drill_addr_from(addr, given);
    return drill_socket_addr(&self->socket, given, addr);
}

int drill_inet_connect(struct drill_inet *self, const struct drill_sockaddr *given)
{
    struct drill_socket *socket = &self->socket;
    struct drill_outgoing out = {0};
    int result = read_peer(self, given, &out.target);

    if (result < 0)
        return result;
    out.wanted = *drill_inet_any(&out.target);
    if (drill_addr_is_link_local(&out.target) && out.target.zone == 0)
        return -EINVAL;
    if ((result = drill_inet_route(self, &out)) < 0)
        return result;
    if (drill_addr_is_any(&socket->local)) {
        out.route.source.port = socket->local.port;
        socket->local = out.route.source;
    }
    self->remote = out.route.target;
    self->way_known = false;
    socket->state = DRILL_INET_CONNECTED;
    return 0;
}
