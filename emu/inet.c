#include "emu/inet.h"

#include <errno.h>
#include <stdio.h>

const struct drill_addr *drill_inet_any(const struct drill_addr *addr)
{
    return drill_addr_is_v4(addr) ? &drill_addr_any4 : &drill_addr_any6;
}

void drill_inet_fini(struct drill_inet *self)
{
    struct drill_mem *mem = drill_socket_mem(&self->socket);

    drill_dgram_queue_empty(&self->in, mem);
    drill_dgram_queue_empty(&self->errors, mem);
    if (self->corked != NULL)
        drill_dgram_drop(self->corked, mem);
    drill_socket_fini(&self->socket);
}

/* datagram_poll: there is always room to send. */
uint32_t drill_inet_poll(struct drill_file *file)
{
    const struct drill_inet *self = drill_inet_of(file);
    const uint8_t shut = self->socket.shut;
    uint32_t bits = DRILL_POLLOUT | DRILL_POLLWRNORM | DRILL_POLLWRBAND;

    if (self->socket.error != 0 || self->errors.first != NULL)
        bits |= DRILL_POLLERR;
    if ((shut & DRILL_SHUT_IN) != 0)
        bits |= DRILL_POLLIN | DRILL_POLLRDNORM | DRILL_POLLRDHUP;
    if (shut == DRILL_SHUT_BOTH)
        bits |= DRILL_POLLHUP;
    if (self->in.first != NULL)
        bits |= DRILL_POLLIN | DRILL_POLLRDNORM;
    return bits;
}

/* Of a socket without a peer it is an error, and takes effect all the same (inet_shutdown). */
int drill_inet_shutdown(struct drill_file *file, int how)
{
    struct drill_inet *self = drill_inet_of(file);

    self->socket.shut |= (uint8_t)(how + 1);
    drill_file_wake(file, UINT32_MAX & ~DRILL_WAKE_GONE);
    return drill_inet_is_connected(self) ? 0 : -ENOTCONN;
}

int drill_inet_name_of(struct drill_file *file, struct drill_sockaddr *addr, bool peer)
{
    const struct drill_inet *self = drill_inet_of(file);

    if (peer && (!drill_inet_is_connected(self) || self->remote.port == 0))
        return -ENOTCONN;
    *addr = drill_socket_show(&self->socket, peer ? &self->remote : &self->socket.local);
    return 0;
}

int drill_inet_ioctl(struct drill_file *file, int request, int *value)
{
    const struct drill_inet *self = drill_inet_of(file);

    switch (request) {
    case DRILL_FIONREAD:
        *value = self->in.first != NULL ? (int)self->in.first->size : 0;
        return 0;
    case DRILL_SIOCOUTQ:
        *value = 0;
        return 0;
    default:
        return -ENOTTY;
    }
}

int drill_inet_describe(struct drill_file *file, char *text, size_t size)
{
    const struct drill_inet *self = drill_inet_of(file);
    const struct drill_sockaddr local = drill_addr_plain(&self->socket.local);
    const struct drill_sockaddr remote = drill_addr_plain(&self->remote);
    const bool connected = drill_inet_is_connected(self);
    char from[64], to[64] = "*";

    drill_sockaddr_write(&local, from, sizeof from);
    if (connected)
        drill_sockaddr_write(&remote, to, sizeof to);
    return snprintf(text, size, "%8llu %8d %-24s %-24s %s", (unsigned long long)self->in.weight, 0,
                    from, to, connected ? "ESTAB" : "UNCONN");
}

int drill_inet_option_set(struct drill_file *file, int level, int number)
{
    struct drill_inet *self = drill_inet_of(file);
    const int option = drill_option_find(level, number);

    self->way_known = false;
    if ((option == DRILL_IP_RECVERR || option == DRILL_IPV6_RECVERR) &&
        !drill_socket_option(&self->socket, (enum drill_option)option))
        drill_dgram_queue_empty(&self->errors, drill_socket_mem(&self->socket));
    return 0;
}

void drill_inet_lose(struct drill_sim *sim, uint64_t packet, const char *why)
{
    sim->dropped++;
    drill_sim_record(sim, packet, 3);
    if (sim->trace != NULL)
        drill_sim_trace(sim, "packet #%llu: lost <- %s", (unsigned long long)packet, why);
}
