/*
 * emu/calls.h - what each call does once it is through the door; one function a row of calls.def.
 *
 * Each answers >= 0 or a negative errno; -EAGAIN means that it would wait.
 */
#ifndef EMU_CALLS_H
#define EMU_CALLS_H

#include "emu/host.h"

#define CALL(name, ...) ssize_t drill_do_##name(struct drill_host *host, struct drill_args *args);
#include "emu/calls.def"
#undef CALL

#endif
