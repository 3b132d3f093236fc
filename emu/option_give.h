/*
 * emu/option_give.h - how the value of a socket option is given back to a program.
 *
 *   Owns    nothing.
 *   Errors  as getsockopt(2).
 */
#ifndef EMU_OPTION_GIVE_H
#define EMU_OPTION_GIVE_H

#include "emu/options.h"

/* The bytes that the largest value takes. */
enum { DRILL_OPTION_ROOM = 40 };

/* Writes a value in Linux's layout to DRILL_OPTION_ROOM bytes: its size.  `room` is the program's,
 * for values that are not cut but refused where there is too little. */
int drill_option_give(const struct drill_file *file, enum drill_option_kind kind,
                      enum drill_option option, void *value, size_t room);

#endif
