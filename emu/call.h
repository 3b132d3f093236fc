/*
 * emu/call.h - the one door: every call of every front end passes here.
 *
 * Looks the descriptor up, asks the fault rules, runs the call, waits where it would block, and
 * records it: in the running hash always, in the trace when somebody listens.
 *
 *   Errors  what the call answers; -EBADF, -ENOTSOCK; -EAGAIN at a deadline; -EDEADLK on the root
 *           stack when nothing can ever wake it.
 */
#ifndef EMU_CALL_H
#define EMU_CALL_H

#include "emu/witness.h"

/* What the door needs of a world. */
struct drill_door {
    struct drill_sim *sim;
    struct drill_tasks *tasks;
    struct drill_faults faults;
    struct drill_witness witness;
};

/* Makes a call for the task that runs.  Without a host it answers -ENXIO. */
ssize_t drill_call(struct drill_door *self, enum drill_call_id call, struct drill_args *args);

/* A call as traces have it: "recv(3, 64)". */
void drill_call_show(const struct drill_args *args, char *text, size_t size);

/* recv and send of one block, the calls that are made most: on a calm stream they go the short way.
 */
ssize_t drill_call_recv(struct drill_door *self, int fd, void *data, size_t size, int flags,
                        struct drill_sockaddr *from);
ssize_t drill_call_send(struct drill_door *self, int fd, const void *data, size_t size, int flags,
                        const struct drill_sockaddr *to);

#endif
