/*
 * emu/words.h - a line of text, split into words; and what words say: times, sizes, chances.
 *
 * The one reader of all the line languages here: fault rules, decision logs, scenarios.  Words are
 * separated by blanks; a '#' begins a comment; "..." is one word, with \n \t \r \0 \" \\ and \xNN.
 *
 *   Owns    nothing: words lie in the struct, and are good as long as it is.
 *   Errors  negative, with the column (from 1) and what was expected in `error`.
 *   Order   integers only: 1.5ms is read without floating point.
 */
#ifndef EMU_WORDS_H
#define EMU_WORDS_H

#include "emu/types.h"

enum { DRILL_WORDS_MAX = 64, DRILL_WORDS_BYTES = 1024 };

struct drill_words_error {
    unsigned column; /* from 1 */
    char text[120];  /* what was expected */
};

struct drill_words {
    unsigned count, at; /* how many there are; the next to be taken */
    const char *word[DRILL_WORDS_MAX];
    uint16_t size[DRILL_WORDS_MAX];   /* bytes of it, as a quoted one may hold NULs */
    uint16_t column[DRILL_WORDS_MAX]; /* where it began, from 1 */
    uint16_t end;                     /* the column behind the last word */
    char bytes[DRILL_WORDS_BYTES];    /* the words, each ended by a NUL */
    struct drill_words_error error;
};

/* Splits a line: the number of words, or -EINVAL. */
int drill_words_split(struct drill_words *self, const char *line);
/* The next word, or NULL at the end; _take moves on, and fails there: `what` was expected. */
const char *drill_words_peek(const struct drill_words *self);
const char *drill_words_take(struct drill_words *self, const char *what);
/* Takes the next word if it is this one. */
bool drill_words_skip(struct drill_words *self, const char *word);
/* Notes that something else was expected where the word taken last stands: -EINVAL. */
int drill_words_refuse(struct drill_words *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* -EINVAL if words are left over. */
int drill_words_finish(struct drill_words *self);

/* Values of one word; false: it is none.  Times: 5 is seconds; ns us ms s m h; a fraction and a
 * sign are allowed.  Sizes: bytes; KiB MiB kB MB.  Rates: bits a second; kbit Mbit Gbit.  Chances:
 * "10%", "0.5%", "300ppm", to millionths. */
bool drill_word_time(const char *word, int64_t *ns);
bool drill_word_size(const char *word, uint64_t *bytes);
bool drill_word_rate(const char *word, int64_t *bps);
bool drill_word_chance(const char *word, uint32_t *ppm);
bool drill_word_number(const char *word, uint64_t *number);
/* The same, taken from the line; -EINVAL with the place, and with `what` they are for. */
int drill_words_time(struct drill_words *self, int64_t *ns, const char *what);
int drill_words_size(struct drill_words *self, uint64_t *bytes, const char *what);
int drill_words_rate(struct drill_words *self, int64_t *bps, const char *what);
int drill_words_chance(struct drill_words *self, uint32_t *ppm, const char *what);
int drill_words_number(struct drill_words *self, uint64_t *number, const char *what);

/* Writes a time as drill_word_time reads it, with its shortest unit: "1.5ms". */
int drill_word_show_time(int64_t ns, char *text, size_t size);

#endif
