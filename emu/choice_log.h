/*
 * emu/choice_log.h - decisions that were not 0: recorded, written as text, read, and replayed.
 *
 * A text that a person reads and edits: headers, a key and the rest of the line each, then a
 * decision a line:
 *
 *     scenario scenarios/echo.drill
 *     seed 7
 *     choose fault split#1 12 = 1    # 0.040000000 client/ask recv(3, 64): split
 *
 * which is: the 13th question of the rule split#1 whether it falls is answered 1; behind the # is
 * when that was, who asked, and what came of it.  As an oracle it answers what it says and 0 to all
 * else.  Streams are independent, so it goes on where a program has changed; which line is the
 * first that no longer fits, it tells.
 *
 *   Owns    its entries and headers.
 *   Errors  -EINVAL with the place and what was expected; -ENOMEM, -E2BIG.  Memory and time are
 *           bounded by the size of the text.
 *   Order   entries as they were recorded or read.
 */
#ifndef EMU_CHOICE_LOG_H
#define EMU_CHOICE_LOG_H

#include "emu/choice.h"

enum {
    DRILL_LOG_ENTRIES = 1 << 20, /* at most */
    DRILL_LOG_HEADERS = 256,
    DRILL_LOG_LINE = 1024,
    DRILL_LOG_SITE = 160,
    DRILL_LOG_ABOUT = 480
};

struct drill_log_entry {
    struct drill_decision decision; /* its texts are one block */
    uint64_t met;                   /* the run in which it was last asked for */
};

struct drill_log_header {
    char *key, *value; /* one block */
};

/* A kind and site of the world that is replayed, and its entries. */
struct drill_log_stream {
    struct {
        uint32_t kind, site;
    } key;
    size_t first, at, end; /* in `sorted` */
    uint64_t asked;
    UT_hash_handle hh;
};

struct drill_log {
    struct drill_mem mem;
    struct drill_log_entry *entries;
    size_t count, room;
    struct drill_log_header headers[DRILL_LOG_HEADERS];
    size_t header_count;
    int error; /* of recording or replaying: negative, something is missing */
    /* Of the run that is replayed: */
    struct drill_log_entry **sorted; /* by kind, site and index; NULL: not yet */
    struct drill_log_stream *streams;
    uint64_t run, number;
    const struct drill_log_entry *odd; /* the first that was asked for by somebody else */
    char why[DRILL_LOG_ABOUT];
};

void drill_log_init(struct drill_log *self, uint64_t fail_allocation);
void drill_log_fini(struct drill_log *self);
/* Forgets the decisions, or all. */
void drill_log_clear(struct drill_log *self);
void drill_log_clear_all(struct drill_log *self);

/* Texts are copied; `line` 0: where it will be written. */
int drill_log_add(struct drill_log *self, const struct drill_decision *decision);
/* -EINVAL: no key, or a value of several lines. */
int drill_log_add_header(struct drill_log *self, const char *key, const char *value);
/* A drill_recorder: adds what it hears; drill_log.error tells of what it could not. */
void drill_log_hear(void *log, const struct drill_choice *choice, uint64_t answer);

/* The oracle; a run begins with the world's first question. */
uint64_t drill_log_answer(void *log, const struct drill_choice *choice);
/* The line of the first decision that the run did not ask for, or that another task, host or call
 * asked for, and why; 0: all fit. */
unsigned drill_log_find_misfit(const struct drill_log *self, char *text, size_t size);

void drill_log_set_answer(struct drill_log *self, size_t place, uint64_t answer);
void drill_log_set_index(struct drill_log *self, size_t place, uint64_t index);
/* Takes out those whose answer is 0. */
void drill_log_remove_calm(struct drill_log *self);
/* Those of one stream next to each other, by index; -ENOMEM. */
int drill_log_sort(struct drill_log *self);

/* choice_log_text.c */
int drill_log_parse(struct drill_log *self, const char *text, size_t size,
                    struct drill_text_error *error);
/* A line of it, without its end; the place counts from 0: headers, then decisions.  False: there
 * are no more. */
bool drill_log_show(const struct drill_log *self, size_t place, char *text, size_t size);
void drill_decision_show(const struct drill_decision *decision, char *text, size_t size);

#endif
