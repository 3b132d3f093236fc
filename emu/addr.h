/*
 * emu/addr.h - an IP address with its port, as the core has it: padding-free, usable as a hash key.
 *
 * IPv4 addresses are held as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so one key serves dual-stack
 * sockets; the family of the socket tells in which shape an address is shown.
 */
#ifndef EMU_ADDR_H
#define EMU_ADDR_H

#include "emu/types.h"

struct drill_addr {
    uint8_t ip[16];
    uint32_t zone; /* 0 but for link-local IPv6 */
    uint16_t port; /* host order */
    uint16_t zero; /* keeps the key free of padding */
};

extern const struct drill_addr drill_addr_any4; /* ::ffff:0.0.0.0 */
extern const struct drill_addr drill_addr_any6; /* :: */

/* Takes inet4 and inet6; -EAFNOSUPPORT for another family. */
int drill_addr_from(struct drill_addr *self, const struct drill_sockaddr *from);
/* Shows it as AF_INET (which must fit) or AF_INET6, IPv4-mapped where it is IPv4. */
struct drill_sockaddr drill_addr_show(const struct drill_addr *self, uint16_t family);
/* As the family it is: AF_INET if mapped, else AF_INET6. */
struct drill_sockaddr drill_addr_plain(const struct drill_addr *self);

bool drill_addr_is_v4(const struct drill_addr *self);
bool drill_addr_is_any(const struct drill_addr *self); /* of either family */
bool drill_addr_is_loopback(const struct drill_addr *self);  /* 127.0.0.0/8, ::1 */
bool drill_addr_is_multicast(const struct drill_addr *self); /* 224.0.0.0/4, ff00::/8 */
bool drill_addr_is_broadcast(const struct drill_addr *self); /* 255.255.255.255 */
bool drill_addr_is_link_local(const struct drill_addr *self); /* fe80::/10 */
bool drill_addr_same_ip(const struct drill_addr *a, const struct drill_addr *b); /* zone too */

/* Text: "10.0.0.1:80", "[::1]:80", "[fe80::1%2]:80"; the port and, without one, the brackets may be
 * left out; "unix:/path", "unix:@abstract".  parse: -EINVAL if it is none.  print: as snprintf. */
int drill_sockaddr_read(struct drill_sockaddr *self, const char *text);
int drill_sockaddr_write(const struct drill_sockaddr *self, char *text, size_t size);

#endif
