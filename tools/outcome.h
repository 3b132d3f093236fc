/*
 * tools/outcome.h - what came of one run: passed, or the first finding, and its figures.
 *
 * A plain value of fixed size, so that a run in another process can hand it over as it is.
 */
#ifndef TOOLS_OUTCOME_H
#define TOOLS_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* What was found.  The order is that of how much it tells: the first that holds is the finding. */
enum drill_finding_kind {
    DRILL_PASSED,
    DRILL_CRASHED,   /* the process of the run died: signal, abort, exit */
    DRILL_HUNG,      /* it used its processor time and did not end */
    DRILL_SPUN,      /* a task called and called without time passing */
    DRILL_BROKE,     /* drill_broken */
    DRILL_CORRUPTED, /* bytes received are no prefix of bytes sent */
    DRILL_STALLED,   /* tasks wait for what cannot come */
    DRILL_EXITED,    /* a task's exit status is not what was expected */
    DRILL_LATE,      /* not done by its time, or by the budget of the calm phase */
    DRILL_UNMET,     /* another expectation: received, digest, reached, hits, a step of a script */
    DRILL_REUSED,    /* a descriptor was used after it was closed */
    DRILL_LEAKED,    /* descriptors, tasks or memory are left */
    DRILL_DIFFERED,  /* a second run had another hash, or rules that are off have changed it */
    DRILL_FINDINGS
};

enum { DRILL_SENTENCE = 240, DRILL_MARKS = 16, DRILL_MARK_BYTES = 32, DRILL_UNUSED_BYTES = 160 };

struct drill_outcome {
    enum drill_finding_kind kind;
    char sentence[DRILL_SENTENCE]; /* the finding, in one sentence */
    uint64_t seed;
    int64_t virtual_ns;
    uint64_t hash;
    uint64_t calls, packets, decisions; /* decisions: answers that were not 0 */
    uint64_t strikes;                   /* of all rules */
    char unused[DRILL_UNUSED_BYTES];    /* the rules that never struck, one name a line */
    char unreached[DRILL_UNUSED_BYTES]; /* the marks that were expected and not reached, likewise */
    uint32_t mark_count;                /* places that were reached */
    char marks[DRILL_MARKS][DRILL_MARK_BYTES];
};

/* "passed", "crashed", "stalled" ...: for tables and files. */
const char *drill_finding_name(enum drill_finding_kind kind);

#endif
