/*
 * tools/diary.h - the log of a run as a file, written while the run goes on: whatever becomes of
 * the run, its decisions are there.
 *
 *     sockdrill 0.1.0
 *     scenario scenarios/stream/b02-every-split.drill
 *     command explore
 *     options --bug
 *     seed 7
 *     finds exited
 *     sentence client/ask ended with 1, not with 0
 *     choose fault split#1 12 = 1    # 0.040000000 client/ask recv(3, 64): split
 *
 *   Owns    its file.
 *   Errors  a file that cannot be opened: a negative errno.
 *   Order   a run is recorded by running the scenario of the diary, which then runs the other.
 */
#ifndef TOOLS_DIARY_H
#define TOOLS_DIARY_H

#include "api/decide.h"
#include "tools/trial.h"

struct drill_diary {
    FILE *file; /* NULL: it only knows the world */
    const struct drill_scenario *played;
    struct drill_scenario scenario; /* to be run */
    struct drill_world *world;      /* of the run; NULL: none yet */
};

/* `path` NULL: nothing is written. */
int drill_diary_open(struct drill_diary *self, const struct drill_trial *trial, const char *path,
                     const struct drill_outcome *finding);
int drill_diary_close(struct drill_diary *self);
/* Gives a log the headers of a diary. */
int drill_diary_head(struct drill_log *log, const struct drill_trial *trial,
                     const struct drill_outcome *finding);
/* Makes a file of a log. */
int drill_diary_write(const struct drill_log *log, const char *path);
/* Reads a log. */
enum drill_status drill_diary_load(struct drill_log *log, const char *path);
/* Reads a log and opens the trial that it is of; the finding is what it says of one. */
enum drill_status drill_diary_read(struct drill_log *log, const char *path,
                                   struct drill_request *request, struct drill_trial *trial,
                                   struct drill_outcome *finding);

#endif
