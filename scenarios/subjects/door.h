/*
 * scenarios/subjects/door.h - what is said at a door: ping, and pong.
 *
 *   Owns    nothing: descriptors are the caller's.
 *   Errors  negative errnos; -EBADMSG: another answer, which is a broken promise and reported.
 */
#ifndef SCENARIOS_SUBJECTS_DOOR_H
#define SCENARIOS_SUBJECTS_DOOR_H

#include <stdint.h>

enum { DOOR_WORD = 5 };

/* Says ping to a door_server and hears pong: 0. */
int door_ping(int fd, int64_t patience_ns);

#endif
