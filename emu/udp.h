/*
 * emu/udp.h - datagrams of UDP over IPv4 and IPv6 (RFC 768, udp(7)).
 *
 * A datagram is sent whole and received whole, or not at all.  One of a port's sockets gets it: the
 * one that is connected to the sender, else the one at the very address, else one at the wildcard,
 * else the sender's host is told that there is nobody.  Broadcasts and multicasts go to each that
 * fits.  Datagrams that a link has damaged arrive so: the checksum that would drop them is not
 * modelled, since a program that relies on it could not be tried.
 *
 *   Errors  -ENOMEM; the rest as the calls of Linux.
 */
#ifndef EMU_UDP_H
#define EMU_UDP_H

#include "emu/inet.h"

int drill_udp_new(struct drill_host *host, int family, int type, int protocol,
                  struct drill_file **made);

#endif
