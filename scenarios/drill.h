/*
 * scenarios/drill.h - one protocol over one network: runs it and judges the run.
 *
 * A run has a world of its own.  What is judged after each: the contract of the protocol, that
 * nothing hangs, that no descriptor, task or allocation of the protocol's library is left, and that
 * no wrong byte was taken for a right one.  Then the run is run again, and must have the same hash.
 * A sweep is many runs; the first broken one is told.
 *
 *   Owns    nothing beyond a call.
 *   Errors  they are what is found: in the finding's text.
 */
#ifndef SCENARIOS_DRILL_H
#define SCENARIOS_DRILL_H

#include "api/sockdrill.h"
#include "scenarios/network.h"

#define DRILL_WHOLE_SWEEP UINT64_MAX

struct drill_order {
    const struct drill_protocol *protocol;
    enum drill_network_id network;
    uint64_t seed;
    uint64_t step; /* of a sweep: only this one, or DRILL_WHOLE_SWEEP */
    bool trace;    /* write the trace to standard output, and do not run twice */
};

/* What came of it: of a sweep the sums, the longest virtual time, and the first broken step. */
struct drill_finding {
    bool broken;
    char text[64];
    uint64_t step;
    uint64_t runs, failed; /* runs in all; those that ended with an error */
    int64_t virtual_ns;    /* until the client had ended */
    int64_t wall_ns;       /* of the first run of each two */
    uint64_t segments;     /* that TCP sent again */
    uint64_t retries;      /* what the program tried again */
};

struct drill_finding drill_run_order(const struct drill_order *order);

#endif
