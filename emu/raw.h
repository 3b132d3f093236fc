/*
 * emu/raw.h - raw sockets: packets of any IP protocol between hosts, and the echo that hosts
 * answer.
 *
 * Every raw socket of a packet's protocol gets a copy, that of the sender's host too.  Over IPv4
 * it begins with the IP header, which a sender may write itself (IP_HDRINCL).  Each host answers
 * echo requests of ICMP and ICMPv6.  What TCP and UDP sockets send and get, and the errors that
 * ICMP reports, are not seen here; a packet whose protocol nobody knows is lost without a word.
 *
 *   Owns    a filter each.
 *   Errors  -ENOMEM; the rest as raw(7).
 *   Order   the sockets of a host in order of birth; an echo is answered after they have heard it.
 */
#ifndef EMU_RAW_H
#define EMU_RAW_H

#include "emu/inet.h"

enum { DRILL_RAW_DEAF = 1 }; /* hears nothing any more: its association was dissolved */

struct drill_raw {
    struct drill_inet inet;
    struct drill_raw *next; /* of the host */
    int32_t number;         /* the protocol's as it was asked for: packets carry its low byte */
    uint32_t blocked[8];    /* ICMP6_FILTER: types that do not pass, a bit each */
};

int drill_raw_new(struct drill_host *host, int family, int type, int protocol,
                  struct drill_file **made);

#endif
