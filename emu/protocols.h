/*
 * emu/protocols.h - which sockets there are: a row for each family, type and protocol.
 *
 *   Errors  -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EINVAL as socket(2); -ENOMEM.
 */
#ifndef EMU_PROTOCOLS_H
#define EMU_PROTOCOLS_H

#include "emu/socket.h"

/* A new socket, with one reference. */
int drill_protocols_socket(struct drill_host *host, int family, int type, int protocol,
                           struct drill_file **made);
/* Two that are connected to each other; -EOPNOTSUPP but for Unix sockets. */
int drill_protocols_pair(struct drill_host *host, int family, int type, int protocol,
                         struct drill_file *made[2]);

#endif
