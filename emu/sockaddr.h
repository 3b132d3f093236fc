/*
 * emu/sockaddr.h - the text of an address, read and written without the host's libc.
 *
 *   inet4  "10.0.0.1:80"
 *   inet6  "[::1]:80", "[fe80::1%2]:80"; the zone is a number
 *   unix   "unix:/path", "unix:@abstract", "unix:" for no name; bytes that are not printable ASCII,
 *          blanks, backslashes and an '@' that begins a path are written "\xNN"
 *
 * Written is the one canonical form (RFC 5952), always with its port; what is written reads back
 * the same.  Read are all forms of RFC 4291 2.2, without the port and then without the brackets
 * too. Numbers have no leading zeros, since some take these for octal, and nothing may follow.
 */
#ifndef EMU_SOCKADDR_H
#define EMU_SOCKADDR_H

#include "emu/types.h"

/* -EINVAL if the text is no address. */
int drill_sockaddr_read(struct drill_sockaddr *self, const char *text);
/* Always terminated if `size` is not 0; the whole length, as snprintf.  Another family: "unspec".
 */
int drill_sockaddr_write(const struct drill_sockaddr *self, char *text, size_t size);

#endif
