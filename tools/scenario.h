/*
 * tools/scenario.h - a scenario as a text: the line language of *.drill files.
 *
 *   Owns    a text scenario owns what was read, and the libraries it has opened.
 *   Errors  file:line:column: what was expected, on the error stream that was given; nothing is
 *           left of a scenario that is wrong.
 *   Order   lines act in the order in which they stand.
 */
#ifndef TOOLS_SCENARIO_H
#define TOOLS_SCENARIO_H

#include <stdio.h>

#include "tools/stage.h"

struct drill_text;

/* Reads a file ("-": standard input); NULL, and said on `errors`, if it is wrong. */
struct drill_text *drill_text_read(const char *path, FILE *errors);
/* The same from memory; `path` is what errors call it. */
struct drill_text *drill_text_parse(const char *path, const char *bytes, size_t size, FILE *errors);
void drill_text_free(struct drill_text *self);
/* The scenario it describes, good as long as the text is. */
const struct drill_scenario *drill_text_scenario(const struct drill_text *self);

/* Subjects registered in C come before those of libraries. */
void drill_subject_register(const char *name, drill_subject *subject);

#endif
