/*
 * tools/lines.h - a list of lines of text, all of them fit to be printed.
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

/* What files and terminals may not take becomes '?'. */
void drill_text_clean(char *text);
/* The same, if it is not UTF-8 of one line. */
void drill_text_fit(char *text);
/* A word as a shell takes it, which is the caller's; NULL: no memory. */
char *drill_text_quote(const char *word);
void drill_lines_add(struct drill_lines *self, const char *line);
/* Adds the lines of a text, and a last one that has no end. */
void drill_lines_add_text(struct drill_lines *self, const char *text, size_t size);
void drill_lines_fini(struct drill_lines *self);

#endif
