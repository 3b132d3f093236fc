/*
 * tools/golden.h - the golden trace of a scenario: NAME.trace beside NAME.drill, with every line
 * that its run is to say.
 *
 *   Owns    its file.
 *   Errors  a run that differs is a finding; what cannot be written is an error.
 *   Order   lines are compared as they come; the first that differs counts.
 */
#ifndef TOOLS_GOLDEN_H
#define TOOLS_GOLDEN_H

#include <limits.h>
#include <stdio.h>

#include "tools/outcome.h"

struct drill_golden {
    char path[PATH_MAX];
    FILE *file;
    bool writes;
    uint64_t line; /* that was compared last */
    bool differs;
    char sentence[DRILL_SENTENCE];
};

/* To compare with the golden trace, or to write it anew.  Nothing to compare with is no error. */
int drill_golden_open(struct drill_golden *self, const char *scenario, bool writes);
/* A drill_line. */
void drill_golden_line(void *golden, const char *line);
/* A run that has passed and differs has not passed; what was written becomes the golden trace if
 * the run has passed. */
int drill_golden_close(struct drill_golden *self, struct drill_outcome *outcome);

#endif
