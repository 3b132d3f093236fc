/*
 * emu/inet_send.h - how a message leaves: its destination, control data, way and size; one packet,
 * or one for each host.
 *
 * The way to a target is kept for the next message to it, until an option, the socket's addresses
 * or those of the network change.
 *
 *   Owns    nothing.
 *   Errors  as sendmsg(2) of UDP; -ENOBUFS without memory.
 */
#ifndef EMU_INET_SEND_H
#define EMU_INET_SEND_H

#include "emu/inet.h"

enum { DRILL_TARGET_PEER, DRILL_TARGET_GIVEN };

/* Reads the destination, and tells whether it was given or is the peer. */
int drill_inet_target(const struct drill_inet *self, const struct drill_args *args,
                      struct drill_addr *target);
/* Finds self->way to a target, as the control data and the options have it. */
int drill_inet_find_way(struct drill_inet *self, const struct drill_args *args,
                        const struct drill_addr *target);
/* Whether a message of so many bytes, headers and all, may go the way: -EMSGSIZE. */
int drill_inet_fits(const struct drill_inet *self, size_t size);
/* The pending error, or EPIPE of a socket that is shut. */
int drill_inet_may_send(struct drill_inet *self);
/* A message with what it says of itself: the addresses of the way, its hops, its class; the bytes
 * are not yet set. */
struct drill_dgram *drill_inet_make(const struct drill_inet *self, size_t size);
/* Sends it over the way; it is taken over. */
int drill_inet_emit(const struct drill_inet *self, struct drill_dgram *dgram,
                    enum drill_packet_kind kind);
/* A packet with a message, which goes to dgram->arrive; drill_net_send takes both over. */
struct drill_packet drill_inet_packet(struct drill_host *sender, struct drill_dgram *dgram,
                                      enum drill_packet_kind kind);

#endif
