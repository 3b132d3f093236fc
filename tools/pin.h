/*
 * tools/pin.h - a scenario with the decisions of a log in it: the run that a log tells, for good.
 */
#ifndef TOOLS_PIN_H
#define TOOLS_PIN_H

#include "api/decide.h"
#include "tools/trial.h"

/* Writes a file; -ENOENT: the scenario is no text. */
int drill_pin_write(const struct drill_trial *trial, const struct drill_log *log,
                    const struct drill_outcome *finding, const char *path);

#endif
