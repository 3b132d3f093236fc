/*
 * tools/command.h - the sockdrill command as a function, for programs that bring their own
 * scenarios.
 *
 *     int main(int argc, char **argv)
 *     {
 *         static const struct drill_scenario scenarios[] = {{.name = "retry", .build = build}};
 *         return drill_command(argc, argv, scenarios, 1);
 *     }
 *
 * Wherever the command takes the path of a scenario, it takes the name of one of these.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include "tools/stage.h"

/* Documented exit statuses. */
enum drill_status {
    DRILL_STATUS_PASSED = 0,
    DRILL_STATUS_FOUND = 1,    /* something was found, or differs */
    DRILL_STATUS_INPUT = 2,    /* wrong arguments, or a file that cannot be read as what it is */
    DRILL_STATUS_INTERNAL = 3, /* out of memory, no process, a file that cannot be written */
    DRILL_STATUS_STOPPED = 4,  /* interrupted: the report says how far it came */
    DRILL_STATUSES
};

int drill_command(int argc, char **argv, const struct drill_scenario *scenarios, size_t count);

#endif
