/*
 * emu/inet.h - what the sockets of UDP and of raw IP share: a peer, a queue of messages, a queue of
 * errors, and the way of a message out and in.
 *
 * Linux's __ip4_datagram_connect, ip_cmsg_send, ip_route_output, datagram_poll, ip_recv_error and
 * their likes of IPv6.  What differs (ports, headers, who receives) is in emu/udp.c and emu/raw.c.
 *
 *   Owns    its queues.
 *   Errors  negative errnos, as the calls of the same names.
 *   Order   an error that is pending comes before the messages that wait.
 */
#ifndef EMU_INET_H
#define EMU_INET_H

#include "emu/dgram.h"
#include "emu/net.h"
#include "emu/socket.h"

enum { DRILL_INET_CONNECTED = 1, DRILL_INET_UNCONNECTED = 7 }; /* TCP's numbers: TCP_INFO(7) */

/* Where a message goes, and how. */
struct drill_route {
    struct drill_addr source, target;
    uint32_t interface;
    bool many;               /* broadcast or multicast: one packet a host */
    struct drill_path *path; /* of one: NULL if nobody has the address */
};

/* What a send asks for, by its arguments, its control data and its socket's options. */
struct drill_outgoing {
    struct drill_addr target;
    struct drill_addr wanted; /* the source it asks for, or a wildcard */
    uint32_t interface;       /* 0: any */
    int32_t ttl, tos;         /* -1, until the way is known: as the options have it */
    bool whole;               /* it must not be cut into fragments */
    struct drill_route route;
};

struct drill_inet {
    struct drill_socket socket;
    struct drill_addr remote; /* of a connected socket */
    struct drill_dgram_queue in, errors;
    struct drill_outgoing way; /* of the last message */
    uint32_t way_addrs;        /* how many addresses the network had then */
    bool way_known;            /* it is also that of the next to the same target */
};

static inline struct drill_inet *drill_inet_of(struct drill_file *file)
{
    return (struct drill_inet *)(void *)file;
}

static inline bool drill_inet_is_connected(const struct drill_inet *self)
{
    return self->socket.state == DRILL_INET_CONNECTED;
}

/* A wildcard of the family of `addr`, port 0. */
const struct drill_addr *drill_inet_any(const struct drill_addr *addr);

/* Leaves its groups, empties its queues, ends its settings. */
void drill_inet_fini(struct drill_inet *self);
uint32_t drill_inet_poll(struct drill_file *file);
int drill_inet_shutdown(struct drill_file *file, int how);
int drill_inet_name_of(struct drill_file *file, struct drill_sockaddr *addr, bool peer);
int drill_inet_ioctl(struct drill_file *file, int request, int *value);
int drill_inet_describe(struct drill_file *file, char *text, size_t size);
int drill_inet_option_set(struct drill_file *file, int level, int number);
int drill_inet_option_get(struct drill_file *file, int level, int number, void *value,
                          size_t *size);
/* Chooses the peer, and the local address if there is none yet. */
int drill_inet_connect(struct drill_inet *self, const struct drill_sockaddr *given);

/* inet_recv.c */
int drill_inet_recv(struct drill_file *file, struct drill_args *args);
/* A message has come and is taken over; one too many is lost. */
void drill_inet_arrive(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet);
/* A message came back with an error, and is taken over; connected sockets are told, and those that
 * asked (IP_RECVERR). */
void drill_inet_refuse(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet);

/* inet_route.c */
/* Finds the way to out->target, from out->wanted by out->interface. */
int drill_inet_route(const struct drill_inet *self, struct drill_outgoing *out);

/* inet_send.c */
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
/* A message that was to arrive is lost for want of memory or room: counted and traced. */
void drill_inet_lose(struct drill_sim *sim, uint64_t packet, const char *why);

#endif
