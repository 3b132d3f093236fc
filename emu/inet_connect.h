/*
 * emu/inet_connect.h - connect(2) without a connection: the peer, and what is known once there is
 * one.
 *
 *   Owns    nothing.
 *   Errors  as __ip4_datagram_connect and __ip6_datagram_connect; a failed call changes nothing.
 */
#ifndef EMU_INET_CONNECT_H
#define EMU_INET_CONNECT_H

#include "emu/inet.h"

/* Chooses the peer, and the local address if there is none yet. */
int drill_inet_connect(struct drill_inet *self, const struct drill_sockaddr *given);
/* The mtu of the way to the peer (IP_MTU, IPV6_MTU); -ENOPROTOOPT leaves the rest to the table. */
int drill_inet_option_get(struct drill_file *file, int level, int number, void *value,
                          size_t *size);

#endif
