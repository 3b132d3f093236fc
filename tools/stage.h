/*
 * tools/stage.h - one run of a scenario: a world is set up, runs, and is judged.
 *
 * A scenario is a function that sets the stage: tools/scenario.h makes one of a text; a test author
 * writes one in C and gives it to drill_command (tools/command.h), or runs it with drill_stage_run.
 *
 *     static int build(struct drill_stage *stage, void *context)
 *     {
 *         struct drill_world *world = drill_stage_world(stage);
 *         struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
 *         struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
 *         drill_link_both(server, client, &(struct drill_link){.delay_ns = 20 * DRILL_MS});
 *         drill_stage_service(stage, server, "serve", serve, 0, NULL);
 *         drill_stage_task(stage, client, "ask", ask, 0, NULL);
 *         drill_stage_fault(stage, "split chance 30%");
 *         drill_stage_calm(stage, 10 * DRILL_SECOND, 60 * DRILL_SECOND);
 *         return 0;
 *     }
 *
 *   Owns    the world and all that was told to the stage, until the run is over.
 *   Errors  a scenario that cannot be set up is -EINVAL or -ENOMEM, with a message; what goes wrong
 *           in the run is its outcome.
 *   Order   same scenario, same order (struct drill_order): the same run.
 */
#ifndef TOOLS_STAGE_H
#define TOOLS_STAGE_H

#include "api/decide.h"
#include "tools/outcome.h"

struct drill_stage;

typedef int drill_subject(int argc, char **argv);

struct drill_scenario {
    const char *name;  /* as reports and commands have it: of a text, its path */
    const char *about; /* what happens, and what it catches */
    int (*build)(struct drill_stage *stage, void *context);
    void *context;
    uint64_t seed;                 /* where the order gives none; 0: 1 */
    struct drill_reserve *reserve; /* memory that one run leaves to the next; NULL: the system's */
    bool alone; /* its subjects keep state or may exit: each run needs a process of its own */
};

/* Rules that befall a program of which nobody has said what may befall it: those that the table of
 * faults has as standard. */
enum drill_standard { DRILL_NO_STANDARD, DRILL_STANDARD, DRILL_STANDARD_HOSTILE };

/* How a scenario is to be run. */
struct drill_order {
    uint64_t seed;
    bool seeded;                /* the seed was given; else the scenario's own is used */
    bool calm;                  /* without faults, actions and impaired links */
    bool bug;                   /* with what `bug` says in place of the tasks */
    bool off;                   /* with all rules, and all of them off */
    enum drill_standard faults; /* beside the scenario's own */
    bool swarm;                 /* the seed switches families of faults on and off */
    bool quick; /* one run only: neither a second one nor one with rules that are off */
    bool many;  /* one of many: what is to be reached, and hits of rules, are counted, not judged */
    drill_line *trace;
    void *trace_context;
    drill_line *report; /* stalls, netstat, messages; NULL: nobody wants them */
    void *report_context;
    enum drill_task_order tasks; /* which of several ready tasks runs */
    drill_oracle *oracle;        /* answers instead of the seed; NULL: the seed */
    void *oracle_context;
    struct drill_log *log; /* gets every answer that was not 0; NULL: none */
};

/* Runs and judges: 0, also if something was found; -EINVAL, -ENOMEM: it could not be set up. */
int drill_stage_run(const struct drill_scenario *scenario, const struct drill_order *order,
                    struct drill_outcome *outcome);

/* For a scenario that is being set up.  Names are copied; hosts and worlds are borrowed. */
struct drill_world *drill_stage_world(struct drill_stage *self);
const struct drill_order *drill_stage_order(const struct drill_stage *self);
int drill_stage_task(struct drill_stage *self, struct drill_host *host, const char *name,
                     drill_subject *subject, int argc, const char *const *argv);
/* A task that need not end; _boot: and that runs again after each restart.  When all others have
 * ended, their descriptors answer EBADF (drill_stop_io), so that they end as well. */
int drill_stage_service(struct drill_stage *self, struct drill_host *host, const char *name,
                        drill_subject *subject, int argc, const char *const *argv);
int drill_stage_boot(struct drill_stage *self, struct drill_host *host, const char *name,
                     drill_subject *subject, int argc, const char *const *argv);
/* The same from a time on: of a task that must end, the run waits for its beginning. */
int drill_stage_task_at(struct drill_stage *self, int64_t when_ns, struct drill_host *host,
                        const char *name, drill_subject *subject, int argc,
                        const char *const *argv);
/* A rule as a line (drill_fault_parse), subject to what the order says of rules. */
int drill_stage_fault(struct drill_stage *self, const char *rule);
/* Something else that happens at a time, but not when the order is calm. */
int drill_stage_at(struct drill_stage *self, int64_t when_ns, void (*action)(void *context),
                   void *context);
/* The standard rules, for whatever else may happen. */
int drill_stage_standard(struct drill_stage *self, enum drill_standard faults);
/* The chaos ends at a time: rules go, links are calm, what is cut heals, what is down starts; and
 * everything must be done within so much more. */
int drill_stage_calm(struct drill_stage *self, int64_t when_ns, int64_t within_ns);
/* Expectations.  `task` is HOST/NAME. */
int drill_stage_expect_exit(struct drill_stage *self, const char *task, int status);
int drill_stage_expect_any_exit(struct drill_stage *self, const char *task);
/* Its host has crashed, and it with it. */
int drill_stage_expect_gone(struct drill_stage *self, const char *task);
int drill_stage_expect_by(struct drill_stage *self, const char *task, int64_t when_ns);
int drill_stage_expect_received(struct drill_stage *self, const char *task, const void *bytes,
                                size_t size);
int drill_stage_expect_digest(struct drill_stage *self, const char *task, uint64_t digest);
int drill_stage_expect_reached(struct drill_stage *self, const char *mark);
int drill_stage_expect_hits(struct drill_stage *self, const char *rule, uint64_t hits,
                            bool or_more);
int drill_stage_expect_stall(struct drill_stage *self);
/* Limits: of virtual time, and of calls of one task at one instant. */
void drill_stage_limit_time(struct drill_stage *self, int64_t limit_ns);
void drill_stage_limit_calls(struct drill_stage *self, uint64_t limit);
enum drill_allowance {
    DRILL_ALLOW_LEAK = 1,        /* of memory */
    DRILL_ALLOW_DESCRIPTORS = 2, /* left open at the end, or used after close */
    DRILL_ALLOW_STALL = 4,
    DRILL_ALLOW_UNUSED = 8,
    DRILL_ALLOW_LATE = 16
};
void drill_stage_allow(struct drill_stage *self, enum drill_allowance what);

#endif
