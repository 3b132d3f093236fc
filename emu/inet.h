/*
 * emu/inet.h - what the sockets of UDP and of raw IP share: a peer, a queue of messages, a queue of
 * errors, and the way that messages go.
 *
 * What is the same for both in the calls that ask for a socket's state: datagram_poll,
 * inet_shutdown, inet_getname and udp_ioctl of Linux.  Ports, headers and who receives are in
 * emu/udp.c and emu/raw.c.
 *
 *   Owns    its queues.
 *   Errors  negative errnos, as the calls of the same names.
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
    struct drill_dgram *corked; /* what UDP holds back (UDP_CORK, MSG_MORE) */
    struct drill_outgoing way;  /* of the last message */
    uint32_t way_addrs;         /* how many addresses the network had then */
    bool way_known;             /* it is also that of the next to the same target */
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

/* Empties its queues, ends its settings. */
void drill_inet_fini(struct drill_inet *self);
uint32_t drill_inet_poll(struct drill_file *file);
int drill_inet_shutdown(struct drill_file *file, int how);
int drill_inet_name_of(struct drill_file *file, struct drill_sockaddr *addr, bool peer);
int drill_inet_ioctl(struct drill_file *file, int request, int *value);
int drill_inet_describe(struct drill_file *file, char *text, size_t size);
int drill_inet_option_set(struct drill_file *file, int level, int number);
/* A message that was to arrive is lost for want of memory or room: counted and traced. */
void drill_inet_lose(struct drill_sim *sim, uint64_t packet, const char *why);

#endif
