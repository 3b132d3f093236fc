/*
 * emu/bindings.h - who may have which local address: bind, listen, connect, and who receives.
 *
 * The rules are Linux's (inet_csk_get_port, udp_lib_get_port, __inet_lookup_listener,
 * __udp4_lib_lookup): wildcard against specific, IPv4 against dual-stack IPv6, V6ONLY, REUSEADDR,
 * REUSEPORT, TIME_WAIT.
 *
 *   Errors  -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL, -ENOMEM; a failed call binds nothing.
 *   Order   ephemeral ports are given one after the other; among equals the newest receives.
 */
#ifndef EMU_BINDINGS_H
#define EMU_BINDINGS_H

#include "emu/socket.h"

/* bind(2) of TCP and UDP: the address must be the host's, or multicast or broadcast. */
int drill_bind_addr(struct drill_socket *socket, const struct drill_sockaddr *given);
/* Whether a socket may have an address at all: -EADDRNOTAVAIL for one of somebody else, -EINVAL for
 * a stream and a group of IPv6, and for a link-local address without its interface. */
int drill_bind_check(const struct drill_socket *socket, const struct drill_addr *addr);
/* An ephemeral port, as an unbound socket gets it at listen or at its first send. */
int drill_bind_auto(struct drill_socket *socket);
/* listen(2): -EADDRINUSE if another that shares the port excludes it now. */
int drill_bind_may_listen(struct drill_socket *socket);
/*
 * An ephemeral port for a socket that connects from socket->local: one nobody holds, or else one
 * whose holders were all bound by connect and for which `fits` says that the tuple is free.
 */
int drill_bind_connect(struct drill_socket *socket, const void *remote,
                       bool (*fits)(struct drill_socket *socket, uint16_t port,
                                    const void *remote));
/* Notes an accepted socket on the port of socket->local. */
int drill_bind_child(struct drill_socket *socket);

/* The socket of the port's holders that scores best for a packet to `target`; NULL: none.  `score`
 * answers < 0 for one that does not take it.  `hash` spreads over REUSEPORT groups. */
struct drill_socket *
drill_bind_find(struct drill_host *host, uint8_t protocol, const struct drill_addr *target,
                int (*score)(const struct drill_socket *socket, const void *packet),
                const void *packet, uint32_t hash);
/* The holders of a port one by one: NULL begins, NULL ends. */
struct drill_socket *drill_bind_next(struct drill_host *host, uint8_t protocol, uint16_t port,
                                     const struct drill_socket *after);
/* How well a local address fits a target: -1 not at all, 0 dual-stack wildcard, 1 wildcard of the
 * family, 2 the very address. */
int drill_bind_match(const struct drill_socket *socket, const struct drill_addr *target);

#endif
