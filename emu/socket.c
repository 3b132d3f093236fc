#include "emu/socket.h"

#include <errno.h>

static enum drill_option_kind kind_of(const struct drill_socket *self)
{
    const bool v6 = self->family == DRILL_AF_INET6;

    if (self->family == DRILL_AF_UNIX)
        return self->type == DRILL_SOCK_STREAM  ? DRILL_KIND_UNIX_STREAM
               : self->type == DRILL_SOCK_DGRAM ? DRILL_KIND_UNIX_DGRAM
                                                : DRILL_KIND_UNIX_SEQPACKET;
    if (self->type == DRILL_SOCK_STREAM)
        return v6 ? DRILL_KIND_TCP6 : DRILL_KIND_TCP4;
    if (self->type == DRILL_SOCK_DGRAM)
        return v6 ? DRILL_KIND_UDP6 : DRILL_KIND_UDP4;
    return v6 ? DRILL_KIND_RAW6 : DRILL_KIND_RAW4;
}

void drill_socket_init(struct drill_socket *self, const struct drill_file_ops *ops,
                       struct drill_host *host, int family, int type, int protocol)
{
    *self = (struct drill_socket){.family = (uint8_t)family,
                                  .type = (uint8_t)type,
                                  .protocol = (uint8_t)protocol,
                                  .number = ++host->sim->sockets};
    drill_file_init(&self->file, ops, host);
    self->kind = (uint8_t)kind_of(self);
    self->local = family == DRILL_AF_INET6 ? drill_addr_any6 : drill_addr_any4;
}

void drill_socket_fini(struct drill_socket *self)
{
    drill_socket_unbind(self);
    drill_settings_free(&self->file);
}

void drill_socket_unbind(struct drill_socket *self)
{
    if (self->holder.prev != NULL)
        drill_ports_leave(&self->file.host->ports, self->protocol, self->local.port, &self->holder,
                          self->bound & DRILL_BOUND_PORT);
    self->bound &= (uint8_t) ~(DRILL_BOUND_PORT | DRILL_BOUND_CHILD);
}

bool drill_socket_is_v6only(const struct drill_socket *self)
{
    if (self->family != DRILL_AF_INET6)
        return false;
    return drill_socket_option(self, DRILL_IPV6_V6ONLY) ||
           ((self->bound & DRILL_BOUND_ADDR) != 0 && !drill_addr_is_v4(&self->local));
}

int drill_socket_take_error(struct drill_socket *self)
{
    const int error = self->error;

    self->error = 0;
    return -error;
}

void drill_socket_fail(struct drill_socket *self, int error, uint32_t cause_packet)
{
    self->error = (int16_t)error;
    self->cause_packet = cause_packet;
}

enum { INET4_SIZE = 16, INET6_SIZE = 28, INET6_LEAST = 24 };

/* How long Linux would find it: the length is looked at before the family. */
static size_t size_of(const struct drill_sockaddr *given)
{
    switch (given->family) {
    case DRILL_AF_INET6:
        return INET6_SIZE;
    case DRILL_AF_UNIX:
        return sizeof given->family + given->local.size;
    default:
        return INET4_SIZE;
    }
}

int drill_socket_addr(const struct drill_socket *self, const struct drill_sockaddr *given,
                      struct drill_addr *addr)
{
    if (given == NULL)
        return -EFAULT;
    if (given->family == self->family)
        return drill_addr_from(addr, given);
    return size_of(given) < (self->family == DRILL_AF_INET6 ? INET6_LEAST : INET4_SIZE)
               ? -EINVAL
               : -EAFNOSUPPORT;
}

struct drill_sockaddr drill_socket_show(const struct drill_socket *self,
                                        const struct drill_addr *addr)
{
    return drill_addr_show(addr, self->family);
}
