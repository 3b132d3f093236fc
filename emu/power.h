/*
 * emu/power.h - hosts go down and start again, are killed, stand still and go on.
 *
 * A crash is without a word: tasks and sockets are gone.  A kill ends the tasks, and the kernel,
 * which goes on, closes their sockets: a FIN, or a RST where data was not read.  A pause lets tasks
 * stand still, as SIGSTOP does.
 *
 * Nobody can pull away the stack it runs on.  A host that is brought down by a task of its own
 * stands still at once, hears nothing if it crashes, and is emptied at the end of the instant; the
 * task goes no further (drill_power_rest).  So it is if a hook brings a host down, which stands in
 * the midst of a packet.
 *
 *   Errors  -EALREADY: it is so; -ENOMEM: not all boots could start.
 *   Order   boots start in the order in which they were given.
 */
#ifndef EMU_POWER_H
#define EMU_POWER_H

#include "emu/net.h"

/* `cause`: the rule that did it, for the trace, or NULL. */
int drill_power_crash(struct drill_host *host, const char *cause);
int drill_power_kill(struct drill_host *host, const char *cause);
/* Starts a host that is down; if it was killed, its programs. */
int drill_power_start(struct drill_host *host, const char *cause);
/* What the test says of pauses. */
void drill_power_pause(struct drill_host *host, bool paused);
/* One rule more, or less, says that it stands still. */
void drill_power_pause_by(struct drill_host *host, bool paused, const char *cause);
/* If the current task is one that stands still, it does: until it goes on, or for ever. */
void drill_power_rest(struct drill_tasks *tasks);
/* A new task of the host, as drill_tasks_start; one of a paused host stands still. */
struct drill_task *drill_power_run(struct drill_host *host, const char *name,
                                   int64_t (*run)(void *), void *argument, bool service);
/* Its world ends: tasks and sockets go. */
void drill_power_empty(struct drill_host *host);

#endif
