/*
 * tools/bench_explore.h - the benchmark of finding bugs: what a seed, a shorter log and rules cost.
 *
 *   bench_seeds.c      seeds a second of a scenario, in one process and in a process each
 *   bench_shrink.c     a log of many decisions, of which three are needed
 *   bench_door.c       what rules cost a call that they are not about
 *   bench_report.c     the table; bench_json.c: the same for machines
 *   bench_explore.c    the figures and their goals, the command line
 *
 * Method.  A sample is some tenths of a second of work; there are several of each figure, and
 * figures that are compared take turns.  A figure is the median of its samples and the best one;
 * verdicts look at the best, since a shared machine only ever makes a sample worse.
 *
 * Errors.  What fails ends the program: a figure of a broken run is worse than none.
 */
#ifndef TOOLS_BENCH_EXPLORE_H
#define TOOLS_BENCH_EXPLORE_H

#include "tools/bench.h"
#include "tools/scenario.h"

/* Seeds a second: `count` of them from `first` on, as `explore --jobs 1` runs them; `isolated`:
 * each in a process of its own. */
double bench_seeds(const struct drill_scenario *scenario, uint64_t first, uint64_t count,
                   bool isolated);

/* Seconds to shrink a log of 1,000 decisions to the 3 that the finding needs. */
double bench_shrink(void);

/* Nanoseconds a call. */
struct bench_door {
    double test;        /* all that the door asks where there is no rule */
    double calm, ruled; /* a call without a rule, and with 100 that it does not match */
};

struct bench_door bench_door(uint64_t count);

double bench_seconds(void);
_Noreturn void bench_broken(const char *what);

#endif
