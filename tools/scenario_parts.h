/*
 * tools/scenario_parts.h - a text scenario as it was read: for the files that read and play it.
 *
 * A kind of statement is a row of the table in scenario_read.c: a function that reads one, checking
 * everything, and one that plays it on a stage, which has no text left to look at.
 *
 *   Owns    what was read lies in the text's own memory (drill_text_keep).
 *   Errors  reading: -EINVAL with the place and what was expected in the reader's words, -ENOMEM.
 *           Playing: as tools/stage.h.
 */
#ifndef TOOLS_SCENARIO_PARTS_H
#define TOOLS_SCENARIO_PARTS_H

#include "emu/words.h"
#include "tools/scenario.h"
#include "tools/stage_parts.h"

enum {
    DRILL_TEXT_BYTES = 1 << 20, /* of a file */
    DRILL_TEXT_HOSTS = 128,
    DRILL_TEXT_TASKS = 1024,
    DRILL_TEXT_STATEMENTS = 4096,
    DRILL_EVERY_HOST = DRILL_TEXT_HOSTS
};

/* In which runs a statement takes part. */
enum drill_only { DRILL_ALWAYS, DRILL_ONLY_CHAOS, DRILL_ONLY_CALM };

/* A word of a list. */
struct drill_text_word {
    struct drill_text_word *next;
    const char *text;
};

/* A subject with its arguments. */
struct drill_text_cast {
    drill_subject *subject;
    int argc;
    const char **argv; /* argv[0] is the subject's name */
};

struct drill_text_task {
    struct drill_text_task *next;
    const char *name; /* HOST/NAME */
    const char *short_name;
    unsigned host;
    enum drill_role role;
    bool has_bug;
    struct drill_text_cast cast, bug;
    const struct drill_script *script; /* instead of a subject */
};

struct drill_statement;
struct drill_reader;
struct drill_scene;

enum { DRILL_ALONE = 1, DRILL_TIMED = 2, DRILL_CHAOS = 4 };

struct drill_statement_row {
    const char *name;
    unsigned where; /* DRILL_ALONE, DRILL_TIMED: behind `at T`; DRILL_CHAOS: not in a calm run */
    int (*read)(struct drill_reader *reader, struct drill_statement *statement);
    int (*play)(struct drill_scene *scene, const struct drill_statement *statement);
};

/* A line.  What counts of it, its row knows. */
struct drill_statement {
    struct drill_statement *next;
    const struct drill_statement_row *row;
    unsigned line, column;
    enum drill_only only;
    int64_t at_ns; /* 0: at once */
    unsigned host, peer;
    bool both, flag;
    int64_t time_ns, more_ns;
    uint64_t number;
    struct drill_text_task *task;
    const char *name;
    const void *data;
    size_t size;
};

struct drill_text_block;
struct drill_library;

struct drill_text {
    struct drill_scenario scenario;
    char *path;
    bool hostile;
    struct drill_text_word *tags, *labels; /* labels: of rules */
    struct drill_statement *statements, **statements_end;
    unsigned statement_count;
    const char *hosts[DRILL_TEXT_HOSTS]; /* their names */
    unsigned host_count;
    struct drill_text_task *tasks, **tasks_end;
    unsigned task_count;
    struct drill_library *libraries;
    struct drill_log *log; /* decisions of its own; NULL: none */
    struct drill_text_block *blocks;
};

struct drill_reader {
    struct drill_text *text;
    struct drill_words words;
    FILE *errors;
    char *rest;        /* the lines to come */
    const char *line;  /* the one at hand */
    unsigned number;   /* from 1 */
    unsigned line_end; /* the column behind its last word, without `only ...` */
    char why[DRILL_SENTENCE];
};

/* A text on a stage, for one run. */
struct drill_scene {
    struct drill_stage *stage;
    const struct drill_text *text;
    const struct drill_statement *at; /* the one that is being played */
    struct drill_host *hosts[];
};

/* scenario_keep.c: memory of a text; NULL: out of memory. */
void *drill_text_keep(struct drill_text *self, size_t size);
const char *drill_text_keep_bytes(struct drill_text *self, const char *bytes, size_t size);
/* Puts a word, which is kept by its list, in front of the others: 0 or -ENOMEM. */
int drill_text_add_word(struct drill_text *self, struct drill_text_word **list, const char *word);
bool drill_text_has_word(const struct drill_text_word *list, const char *word);

/* scenario_read.c */
/* The next line, cut at its end, or NULL: no more. */
const char *drill_reader_next(struct drill_reader *self);
/* The next word, which is kept; NULL: there is none, or no memory. */
const char *drill_reader_name(struct drill_reader *self, const char *what);
/* The index of a host of a line above; `every`: * is DRILL_EVERY_HOST. */
int drill_reader_host(struct drill_reader *self, unsigned *host, bool every);
int drill_reader_time(struct drill_reader *self, int64_t *ns, const char *what);

/* The rows, a file a subject. */
#define DRILL_STATEMENT(name)                                                                      \
    int drill_read_##name(struct drill_reader *reader, struct drill_statement *statement);         \
    int drill_play_##name(struct drill_scene *scene, const struct drill_statement *statement)

/* scenario_host.c */
DRILL_STATEMENT(host);
DRILL_STATEMENT(name);
DRILL_STATEMENT(link);
/* scenario_task.c */
DRILL_STATEMENT(task);
DRILL_STATEMENT(service);
DRILL_STATEMENT(boot);
DRILL_STATEMENT(bug);
DRILL_STATEMENT(script);
struct drill_text_task *drill_text_task(const struct drill_text *self, const char *name);
/* HOST/NAME of a task of a line above. */
int drill_reader_task(struct drill_reader *self, struct drill_text_task **task);
/* scenario_at.c */
/* `HOST > HOST` or `HOST <> HOST`. */
int drill_reader_pair(struct drill_reader *reader, struct drill_statement *statement, bool every);
/* The label of a rule of a line above. */
int drill_reader_label(struct drill_reader *self, const char **label);
/* Calls `act` for each pair that the statement is about. */
int drill_scene_each_pair(struct drill_scene *scene, const struct drill_statement *statement,
                          int (*act)(struct drill_scene *scene,
                                     const struct drill_statement *statement, unsigned from,
                                     unsigned to));
DRILL_STATEMENT(fault);
DRILL_STATEMENT(faults);
DRILL_STATEMENT(remove);
DRILL_STATEMENT(crash);
DRILL_STATEMENT(restart);
DRILL_STATEMENT(kill);
DRILL_STATEMENT(pause);
DRILL_STATEMENT(resume);
DRILL_STATEMENT(partition);
DRILL_STATEMENT(heal);
DRILL_STATEMENT(hold);
DRILL_STATEMENT(release);
DRILL_STATEMENT(clock);
/* scenario_expect.c */
DRILL_STATEMENT(calm);
DRILL_STATEMENT(limit);
DRILL_STATEMENT(expect);
DRILL_STATEMENT(allow);

/* scenario_choose.c */
int drill_read_choose(struct drill_reader *reader, struct drill_statement *statement);

/* scenario_play.c */
int drill_text_build(struct drill_stage *stage, void *text);
/* Sets it up and lets it go again, to see whether the network takes it: 0, or -EINVAL with the
 * line and what was said. */
int drill_text_rehearse(struct drill_text *self, unsigned *line, unsigned *column, char *why,
                        size_t size);

/* subject.c */
/* A subject of C or of the libraries of a text; NULL: there is none. */
drill_subject *drill_subject_find(const struct drill_text *text, const char *name);
/* Opens a library: 0, or -ENOENT with the reason. */
int drill_library_open(struct drill_text *text, const char *name, char *why, size_t size);
void drill_library_close_all(struct drill_text *text);

#endif
