#include "tools/lines.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 16 };

void drill_text_clean(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = '?';
}

static void append(struct drill_lines *self, char *line)
{
    if (line != NULL && self->count == self->room) {
        const size_t room = self->room == 0 ? ROOM_FIRST : 2 * self->room;
        char **const grown = realloc(self->line, room * sizeof *grown);
        if (grown == NULL) {
            free(line);
            return;
        }
        self->line = grown;
        self->room = room;
    }
    if (line != NULL) {
        drill_text_clean(line);
        self->line[self->count++] = line;
    }
}

void drill_lines_add(struct drill_lines *self, const char *line)
{
    append(self, strdup(line));
}

void drill_lines_add_text(struct drill_lines *self, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *const end = memchr(text + at, '\n', size - at);
        const size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        append(self, strndup(text + at, length));
        at += length + 1;
    }
}

void drill_lines_fini(struct drill_lines *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->line[i]);
    free(self->line);
    *self = (struct drill_lines){0};
}
