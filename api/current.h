/*
 * api/current.h - the world that the calls of this thread act in: the one static of the native
 * front end.
 *
 * drill_world_new and drill_enter set it; drill_world_free clears it.
 */
#ifndef API_CURRENT_H
#define API_CURRENT_H

#include "emu/world.h"

extern _Thread_local struct drill_world *drill_current __attribute__((tls_model("initial-exec")));

#endif
