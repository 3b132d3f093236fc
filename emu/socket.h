/*
 * emu/socket.h - what all sockets share: family and type, names, pending error, shutdown, options.
 *
 *   Owns    its settings and its place among the ports.
 *   Errors  negative errnos, as the calls of the same names.
 */
#ifndef EMU_SOCKET_H
#define EMU_SOCKET_H

#include "emu/abi.h"
#include "emu/host.h"
#include "emu/options.h"

enum { DRILL_SHUT_IN = 1, DRILL_SHUT_OUT = 2, DRILL_SHUT_BOTH = 3 };

struct drill_socket {
    struct drill_file file;
    uint8_t family, type, protocol;
    uint8_t shut;  /* DRILL_SHUT_ bits: closed by this end, or its input ended by the other */
    uint8_t state; /* of the protocol: TCP's states with Linux's numbers (TCP_INFO) */
    uint8_t side;  /* TCP: which end of its connection */
    uint8_t bound; /* DRILL_BOUND_ bits: what bind(2) fixed */
    uint8_t flags; /* of the protocol */
    int16_t error; /* pending: SO_ERROR */
    uint8_t kind;  /* enum drill_option_kind: its column in the table of options */
    uint8_t zero;
    uint32_t number;       /* in traces */
    uint32_t cause_packet; /* of the pending error, for its provenance */
    struct drill_addr local;
    struct drill_holder holder; /* its place on its port */
};

/* The address was given; the port was given by bind(2), and not as 0. */
enum { DRILL_BOUND_ADDR = 1, DRILL_BOUND_PORT = 2, DRILL_BOUND_NUMBER = 4, DRILL_BOUND_CHILD = 8 };

void drill_socket_init(struct drill_socket *self, const struct drill_file_ops *ops,
                       struct drill_host *host, int family, int type, int protocol);
/* Leaves its port and gives its settings back. */
void drill_socket_fini(struct drill_socket *self);
/* Gives its port back; `local` still tells which it was. */
void drill_socket_unbind(struct drill_socket *self);

static inline struct drill_socket *drill_socket_of(struct drill_file *file)
{
    return (struct drill_socket *)(void *)file;
}

static inline struct drill_sim *drill_socket_sim(const struct drill_socket *self)
{
    return self->file.host->sim;
}

static inline struct drill_mem *drill_socket_mem(const struct drill_socket *self)
{
    return &self->file.host->sim->mem;
}

/* Its column in the table of options. */
static inline enum drill_option_kind drill_socket_kind(const struct drill_socket *self)
{
    return (enum drill_option_kind)self->kind;
}

static inline int32_t drill_socket_option(const struct drill_socket *self, enum drill_option option)
{
    return drill_option(&self->file, option, (enum drill_option_kind)self->kind);
}

/* Whether IPv4 never reaches it: IPV6_V6ONLY, or bind(2) to an address of IPv6 (__inet6_bind). */
bool drill_socket_is_v6only(const struct drill_socket *self);
/* Takes the pending error: its negative errno once, then 0. */
int drill_socket_take_error(struct drill_socket *self);
/* Sets the pending error with what brought it. */
void drill_socket_fail(struct drill_socket *self, int error, uint32_t cause_packet);
/* Reads an address a program gave; -EFAULT without one, -EINVAL if it is too short for the family,
 * -EAFNOSUPPORT of another family. */
int drill_socket_addr(const struct drill_socket *self, const struct drill_sockaddr *given,
                      struct drill_addr *addr);
/* Shows an address in the socket's family. */
struct drill_sockaddr drill_socket_show(const struct drill_socket *self,
                                        const struct drill_addr *addr);

#endif
