#include "tools/lines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 16 };

void drill_text_clean(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = '?';
}

/* How many bytes the character that begins here has; 0: it is none. */
static size_t size_of_character(const unsigned char *text)
{
    const size_t size = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

    if (text[0] < ' ' || text[0] == 127 || (text[0] >= 0x80 && text[0] < 0xc2) || text[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    /* Surrogates, longer forms than needed, and what is beyond the last character. */
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return size;
}

void drill_text_fit(char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        const size_t size = size_of_character(at);
        if (size == 0) {
            drill_text_clean(text);
            return;
        }
        at += size;
    }
}

static bool is_shown(const char *word)
{
    while (*word >= ' ' && *word <= '~' && *word != '\'')
        word++;
    return *word == '\0';
}

/* Quotes that all shells know; $'...' of most if there is what no terminal shows. */
char *drill_text_quote(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=@%+,";
    char *text = NULL;
    size_t size = 0;

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
        return strdup(word);
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return NULL;
    const bool escapes = !is_shown(word);
    fputs(escapes ? "$'" : "'", file);
    for (; *word != '\0'; word++) {
        const unsigned char c = (unsigned char)*word;
        if (c < ' ' || c > '~')
            fprintf(file, "\\x%02x", c);
        else
            fprintf(file, escapes && (c == '\'' || c == '\\') ? "\\%c" : "%c", c);
    }
    fputc('\'', file);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
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
