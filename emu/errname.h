/* emu/errname.h - errnos by name, so that traces are the same on every platform. */
#ifndef EMU_ERRNAME_H
#define EMU_ERRNAME_H

/* "ECONNRESET" for ECONNRESET; "E?" for a number without a name. */
const char *drill_errname(int error);
/* The number of a name, or 0. */
int drill_errname_find(const char *name);

#endif
