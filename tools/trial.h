/*
 * tools/trial.h - a scenario as the command was asked to run it, and what can be learnt of a run
 * that found something.
 *
 *   trial.c      opening scenarios, and runs of them
 *   inspect.c    a run once more, with its trace and all that it says
 *
 *   Owns    a text scenario that it has read.
 *   Errors  said on standard error; the status of the command.
 */
#ifndef TOOLS_TRIAL_H
#define TOOLS_TRIAL_H

#include "tools/plan.h"
#include "tools/report.h"
#include "tools/request.h"
#include "tools/scenario.h"

struct drill_trial {
    const struct drill_request *request;
    const struct drill_scenario *scenario;
    struct drill_text *text;     /* NULL: the program has brought it ... */
    struct drill_scenario own;   /* ... and this is its, with memory for many runs */
    struct drill_reserve *spare; /* that memory, if it is the trial's */
    struct drill_order order;
};

enum drill_status drill_trial_open(struct drill_trial *self, const struct drill_request *request,
                                   const char *name);
void drill_trial_close(struct drill_trial *self);
/* All that the request names; NULL, and the status, if one of them is wrong. */
struct drill_trial *drill_trials_open(const struct drill_request *request,
                                      enum drill_status *status);
void drill_trials_close(struct drill_trial *self, size_t count);
/* The words that make another command run a scenario like this: " --bug --calm". */
void drill_trial_show_options(const struct drill_trial *self, char *text, size_t size);

/* The seed of a run that was not told one. */
uint64_t drill_trial_seed(const struct drill_trial *self);
/* Learns what there is to know of the first findings. */
void drill_trial_investigate(const struct drill_trial *self, const struct drill_plan *plan,
                             struct drill_result *result);
/* Says why a run cannot be: the status of the command. */
enum drill_status drill_trial_explain(const struct drill_trial *self, int error);

/* Runs it once more, in a process of its own, and puts what there is to know of it into a finding
 * that has its outcome; `plan` NULL: it was not explored.  False: somebody has interrupted it. */
bool drill_trial_inspect(const struct drill_trial *self, const struct drill_plan *plan,
                         struct drill_finding *finding);
/* The same for a run of a log. */
void drill_trial_replay(const struct drill_trial *self, struct drill_log *log,
                        struct drill_finding *finding);
/* What a run says that cannot be. */
void drill_trial_question(const struct drill_trial *self, struct drill_lines *lines);

#endif
