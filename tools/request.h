/*
 * tools/request.h - what the command was asked for: its commands and options, and their values.
 *
 *   command.c   the table of commands, and help
 *   request.c   the table of options, and the command line
 *
 * Each command is a row of one table and each option of another; help, the manual page and the
 * parser are made from them.
 *
 *   Owns    nothing: words point into the command line.
 *   Errors  a wrong command line ends the program, with DRILL_STATUS_INPUT.
 */
#ifndef TOOLS_REQUEST_H
#define TOOLS_REQUEST_H

#include "tools/command.h"

#define DRILL_SEEDS_LAST 1000 /* --seeds, if nothing is said */

enum drill_plan_kind { DRILL_BY_SEED, DRILL_ANY_ONE, DRILL_ANY_TWO, DRILL_EXHAUSTIVE };

struct drill_request {
    const struct drill_scenario *own; /* what the program brings */
    size_t own_count;
    const struct drill_command_row *command;
    char **names; /* scenarios (no golden traces), logs or reports */
    size_t name_count;
    uint64_t first_seed, last_seed;
    bool seeded; /* a seed or seeds were given */
    enum drill_plan_kind plan;
    enum drill_task_order tasks;
    enum drill_standard faults;
    bool trace, calm, bug, bless, isolate, no_swarm, no_shrink;
    int jobs;
    uint64_t shard, shards; /* from 1 */
    double seconds;         /* 0: as long as it takes */
    double cpu;             /* seconds of processor time after which a run hangs */
    uint64_t break_at;      /* 0: nowhere */
    const char *junit, *json, *logs;
};

struct drill_command_row {
    const char *name;
    const char *arguments;
    size_t least, most; /* of them */
    enum drill_status (*run)(const struct drill_request *request);
    const char *text;
};

struct drill_option_text {
    const char *name, *argument; /* NULL: it takes none */
    int key;
    const char *commands; /* that take it */
    const char *text;
};

/* What a status says, as --help and the manual have it. */
const char *drill_status_text(enum drill_status status);
/* The rows, up to one whose name is NULL. */
const struct drill_command_row *drill_command_rows(void);
const struct drill_option_text *drill_option_texts(void);
/* Whether a word stands in a text of words. */
bool drill_is_among(const char *words, const char *word);

/* Reads the command line of one command. */
void drill_request_read(struct drill_request *self, int argc, char **argv);

/* The commands. */
enum drill_status drill_command_run(const struct drill_request *request);
enum drill_status drill_command_explore(const struct drill_request *request);
enum drill_status drill_command_replay(const struct drill_request *request);
enum drill_status drill_command_shrink(const struct drill_request *request);
enum drill_status drill_command_check(const struct drill_request *request);
enum drill_status drill_command_merge(const struct drill_request *request);
enum drill_status drill_command_calls(const struct drill_request *request);
enum drill_status drill_command_errnos(const struct drill_request *request);
enum drill_status drill_command_faults(const struct drill_request *request);
enum drill_status drill_command_options(const struct drill_request *request);
enum drill_status drill_command_man(const struct drill_request *request);
enum drill_status drill_command_version(const struct drill_request *request);

#endif
