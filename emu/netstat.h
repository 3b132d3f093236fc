/*
 * emu/netstat.h - the sockets of a world and its waiting tasks as text, for failures and stalls.
 *
 *   Order   hosts and tasks in order of birth, descriptors in order of number.
 */
#ifndef EMU_NETSTAT_H
#define EMU_NETSTAT_H

#include "emu/net.h"

void drill_netstat_write(struct drill_net *net, drill_sink *line, void *context);
/* Who waits for what, a line each. */
void drill_netstat_waiting(const struct drill_tasks *tasks, drill_sink *line, void *context);

#endif
