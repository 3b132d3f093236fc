/*
 * emu/inet_route.h - which way a message goes: its source, its interface, its link.
 *
 * A host has two interfaces, the loopback and one network with every other host on it; there are no
 * routers.  Its own addresses are reached by the loopback.  Multicast goes by the interface that is
 * asked for, else by the network.
 *
 *   Owns    nothing.
 *   Errors  -ENETUNREACH no address of the family or no such way, -EACCES a broadcast without
 *           SO_BROADCAST, -EINVAL from the loopback to somebody else, -EAFNOSUPPORT from an IPv4
 *           address to IPv6, -ENOBUFS.
 */
#ifndef EMU_INET_ROUTE_H
#define EMU_INET_ROUTE_H

#include "emu/inet.h"

/* Finds out->route to out->target, from out->wanted if that is no wildcard, by out->interface if
 * that is not 0. */
int drill_inet_route(const struct drill_inet *self, struct drill_outgoing *out);

#endif
