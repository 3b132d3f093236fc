/*
 * emu/multicast.h - which sockets have joined which groups, and who of a host hears a packet.
 *
 * A host hears a group that any of its sockets has joined on the interface.  Of its sockets those
 * hear it that have joined, and those that have not but did not ask to be left alone
 * (IP_MULTICAST_ALL).  Members of single sources are not modelled: such options are refused and
 * counted.
 *
 *   Owns    the memberships of a host; a socket leaves all its groups when it dies.
 *   Errors  -EINVAL for an address that is no group, -ENODEV for an unknown interface, -EADDRINUSE
 *           joined before, -EADDRNOTAVAIL not joined, -ENOBUFS for more than 20 groups of IPv4,
 *           -ENOMEM.
 */
#ifndef EMU_MULTICAST_H
#define EMU_MULTICAST_H

#include "emu/inet.h"

/* Sets an option of groups; -ENOPROTOOPT: it is another, or one that is not modelled. */
int drill_multicast_option(struct drill_file *file, int level, int number, const void *value,
                           size_t size);
void drill_multicast_leave_all(const struct drill_socket *socket);
/* Whether a host takes in what is sent to a group; each is in the group of all nodes. */
bool drill_multicast_is_joined(const struct drill_host *host, const struct drill_addr *group,
                               uint32_t interface);
/* Whether a socket wants a message that its host takes in; all want what is no multicast. */
bool drill_multicast_wants(const struct drill_socket *socket, const struct drill_dgram *dgram);

#endif
