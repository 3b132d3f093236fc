/*
 * emu/option_device.h - how an option that names an interface is taken from a program.
 *
 * By its name (SO_BINDTODEVICE), its index (IPV6_MULTICAST_IF), its index in network order
 * (IP_UNICAST_IF), or an address that it has (IP_MULTICAST_IF); as net/core/sock.c,
 * net/ipv4/ip_sockglue.c and net/ipv6/ipv6_sockglue.c read them.
 *
 *   Owns    nothing.
 *   Errors  as setsockopt(2).
 */
#ifndef EMU_OPTION_DEVICE_H
#define EMU_OPTION_DEVICE_H

#include "emu/options.h"

/* Its name, ended by a NUL or by `size`; none is no interface. */
int drill_option_take_device(struct drill_settings *settings, const void *value, size_t size);
int drill_option_take_interface(int32_t index);
int drill_option_take_link(const void *value, size_t size);
/* A struct in_addr, or an ip_mreq or ip_mreqn, whose index counts for more than its address.  The
 * address, in network order, goes to `number`. */
int drill_option_take_address(struct drill_settings *settings, const struct drill_host *host,
                              const void *value, size_t size, int32_t *number);

#endif
