/*
 * emu/addr.h - an IP address with its port, as the core has it: padding-free, usable as a hash key.
 *
 * IPv4 addresses are held as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so one key serves dual-stack
 * sockets; the family of the socket tells in which shape an address is shown.  The text of an
 * address is emu/sockaddr.h's.
 */
#ifndef EMU_ADDR_H
#define EMU_ADDR_H

#include "emu/sockaddr.h"
#include "emu/types.h"

struct drill_addr {
    uint8_t ip[16];
    uint16_t zone; /* an interface; 0 but for IPv6 of link-local scope */
    uint16_t port; /* host order */
};

extern const struct drill_addr drill_addr_any4; /* ::ffff:0.0.0.0 */
extern const struct drill_addr drill_addr_any6; /* :: */

/* Takes inet4 and inet6; -EAFNOSUPPORT for another family.  Drops a zone that has no meaning;
 * -EINVAL for one beyond all interfaces. */
int drill_addr_from(struct drill_addr *self, const struct drill_sockaddr *from);
/* Shows it as AF_INET (which must fit) or AF_INET6, IPv4-mapped where it is IPv4. */
struct drill_sockaddr drill_addr_show(const struct drill_addr *self, uint16_t family);
/* As the family it is: AF_INET if mapped, else AF_INET6. */
struct drill_sockaddr drill_addr_plain(const struct drill_addr *self);

bool drill_addr_is_v4(const struct drill_addr *self);
bool drill_addr_is_any(const struct drill_addr *self);        /* of either family */
bool drill_addr_is_loopback(const struct drill_addr *self);   /* 127.0.0.0/8, ::1 */
bool drill_addr_is_multicast(const struct drill_addr *self);  /* 224.0.0.0/4, ff00::/8 */
bool drill_addr_is_broadcast(const struct drill_addr *self);  /* 255.255.255.255 */
bool drill_addr_is_link_local(const struct drill_addr *self); /* fe80::/10 */
bool drill_addr_same_ip(const struct drill_addr *a, const struct drill_addr *b); /* zone too */

#endif
