/*
 * emu/option_take.h - how the value of a socket option is taken from a program.
 *
 * Most options are a number with bounds or a switch; the others have a rule of their own, by their
 * shape, each as Linux has it (net/core/sock.c, net/ipv4/ip_sockglue.c, net/ipv4/tcp.c,
 * net/ipv6/ipv6_sockglue.c).  Those that name an interface are in emu/option_device.h.
 *
 *   Owns    nothing.
 *   Errors  as setsockopt(2); -ENOMEM.
 */
#ifndef EMU_OPTION_TAKE_H
#define EMU_OPTION_TAKE_H

#include "emu/options.h"

/* Takes a value into the file's settings.  `size` is at least the row's, and the row can be set. */
int drill_option_take(struct drill_file *file, enum drill_option_kind kind,
                      enum drill_option option, const void *value, size_t size);

#endif
