/*
 * emu/inet_recv.h - how a message comes to a socket and to its program: the queue, control data,
 * errors that come back.
 *
 * A message too many for SO_RCVBUF is lost, and the sender does not hear of it.  The control
 * messages are those of ip(7), ipv6(7) and socket(7) that ask for addresses, hops, class and time.
 *
 *   Owns    nothing.
 *   Errors  as recvmsg(2) of UDP.
 *   Order   an error that is pending comes before the messages that wait.
 */
#ifndef EMU_INET_RECV_H
#define EMU_INET_RECV_H

#include "emu/inet.h"

int drill_inet_recv(struct drill_file *file, struct drill_args *args);
/* A message has come to a socket and is taken over; one too many is lost. */
void drill_inet_arrive(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet);
/* A message came back as nobody has the port, and is taken over.  Told are connected sockets, and
 * those that asked for a queue of errors (IP_RECVERR). */
void drill_inet_refuse(struct drill_inet *self, struct drill_dgram *dgram, uint64_t packet);

#endif
