/*
 * emu/sockopt.h - getsockopt(2) and setsockopt(2) on a socket.
 *
 * What is the state of any socket is answered here, what is the state of its kind by the kind's
 * option_get and option_value, and the rest by the table.  A value that was set is told to the
 * kind's option_set, and is as before if that refuses it.  Using an option that is stored only, or
 * not modelled, counts as unmodelled.
 *
 *   Owns    nothing.
 *   Errors  as the calls; sizes above INT32_MAX stand for the negative ones of a program.
 */
#ifndef EMU_SOCKOPT_H
#define EMU_SOCKOPT_H

#include "emu/socket.h"

int drill_sockopt_set(struct drill_socket *socket, int level, int number, const void *value,
                      size_t size);
/* *size is the room at first and then what was written.  SO_ERROR takes the pending error. */
int drill_sockopt_get(struct drill_socket *socket, int level, int number, void *value,
                      size_t *size);

#endif
