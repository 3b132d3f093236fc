/*
 * tools/script.h - scripted calls: a task whose every call, result and time stand in the scenario.
 *
 *     script client/raw
 *         0s            socket(tcp) = 3
 *         +0s...+40ms   connect(3, 10.0.0.1:80) = 0
 *                       send(3, "hello") = 5
 *         1s...*        recv(3, 100) = "world"
 *     end
 *
 * A step with a time begins then, and returns at the same instant unless it says until when; of a
 * step without one only the result counts.  At the end its descriptors are closed, as those of a
 * process are.
 *
 *   Owns    steps lie in the memory of their text.
 *   Errors  as tools/scenario_parts.h.  A step that goes otherwise is the finding of the run, with
 *           file and line, and ends it.
 *   Order   virtual time is exact: there is no tolerance.  In a calm run times are not looked at.
 */
#ifndef TOOLS_SCRIPT_H
#define TOOLS_SCRIPT_H

#include "tools/scenario_parts.h"

struct drill_script;

/* Reads the lines up to `end`. */
int drill_script_read(struct drill_reader *reader, const struct drill_script **made);
int drill_script_play(const struct drill_script *script, struct drill_stage *stage,
                      struct drill_host *host, const char *name);

#endif
