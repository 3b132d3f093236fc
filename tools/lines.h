/*
 * tools/lines.h - a list of lines of text.
 *
 *   Owns    its lines.
 *   Errors  a line without memory is left out.
 */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include <stddef.h>

struct drill_lines {
    char **line;
    size_t count, room;
};

void drill_lines_add(struct drill_lines *self, const char *line);
/* Adds the lines of a text, and a last one that has no end; what cannot be printed becomes '?'. */
void drill_lines_add_text(struct drill_lines *self, const char *text, size_t size);
void drill_lines_fini(struct drill_lines *self);

#endif
