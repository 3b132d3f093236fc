/*
 * tools/report.h - what a command has found, scenario by scenario: the value that is printed,
 * written as JSON and JUnit, read back, and merged.
 *
 *   report.c          results and findings: gathering, merging
 *   report_publish.c  printing and writing it
 *   report_table.c    a table, for people
 *   report_finding.c  a finding, for people
 *   report_json.c     JSON, both ways (jansson)
 *   report_junit.c    JUnit's XML (libxml2)
 *
 *   Owns    its texts.
 *   Errors  -ENOMEM; what has no room is left out of a report and the report says how much.
 *   Order   results as they were asked for, findings by the number of the run that found them
 *           first: the same report, whatever the order in which runs ended.
 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stdio.h>

#include "tools/lines.h"
#include "tools/pool.h"
#include "tools/request.h"
#include "tools/tally.h"

/* Findings of one result that are looked into. */
enum { DRILL_INVESTIGATED = 10 };

/* Findings that differ in numbers only are one. */
struct drill_finding {
    uint64_t number, part; /* of the first run that found it (tools/pool.h) */
    uint64_t count;        /* runs that found it */
    struct drill_outcome outcome;
    char shape[DRILL_SENTENCE]; /* the sentence without its numbers */
    /* What was learnt of it afterwards, if anything. */
    char *again; /* the command that runs it once more */
    char *log;   /* the file to replay */
    bool shrunk;
    struct drill_lines decisions; /* of the log */
    struct drill_lines trace;     /* its last lines */
    struct drill_lines state;     /* what was reported at its end: who waits, netstat */
    struct drill_lines output;    /* what it has written to standard output and error */
};

struct drill_result {
    char *name, *about;
    char *way; /* "seed 1", "seeds 1-1000", "any one fault" ... */
    struct drill_tally tally;
    struct drill_finding *findings;
    size_t count, room;
    uint64_t others; /* that found what there was no room for */
    double seconds;
};

struct drill_report {
    char *command;
    uint64_t shard, shards; /* 1 of 1: the whole */
    bool stopped;           /* interrupted: more was to come */
    struct drill_result *results;
    size_t count;
};

/* A report with a place for each of so many results; NULL command: out of memory. */
int drill_report_init(struct drill_report *self, const char *command, size_t count);
void drill_report_fini(struct drill_report *self);
/* Whether anything was found. */
bool drill_report_has_found(const struct drill_report *self);
/* Prints it, writes the files that were asked for, and gives the status that it stands for. */
enum drill_status drill_report_publish(const struct drill_report *self,
                                       const struct drill_request *request);
/* Adds the report of another shard; -EINVAL: it is one of something else. */
int drill_report_merge(struct drill_report *self, struct drill_report *other);

int drill_result_name(struct drill_result *self, const struct drill_scenario *scenario,
                      const char *way);
/* A sentence with each number as one sign. */
void drill_finding_shape(char shape[DRILL_SENTENCE], const char *sentence);
/* Notes a run that found something. */
void drill_result_note(struct drill_result *self, const struct drill_pool_run *run,
                       const struct drill_outcome *outcome);
/* Adds a finding, whose texts are the result's then. */
void drill_result_add(struct drill_result *self, struct drill_finding *finding);
/* A mark that was expected and that no run has reached: the n-th; NULL: there are no more. */
const char *drill_result_missed(const struct drill_result *self, size_t nth);
/* A rule that has struck in no run, likewise. */
const char *drill_result_unused(const struct drill_result *self, size_t nth);
bool drill_result_has_found(const struct drill_result *self);

void drill_report_table(const struct drill_report *self, FILE *out);
void drill_report_findings(const struct drill_report *self, FILE *out);
/* Write a file; -ENOSYS: built without the library, another error: it could not be written. */
int drill_report_write_json(const struct drill_report *self, const char *path);
int drill_report_write_junit(const struct drill_report *self, const char *path);
/* Reads what drill_report_write_json wrote; -EINVAL, with a message on standard error. */
int drill_report_read_json(struct drill_report *self, const char *path);

#endif
