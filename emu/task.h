/*
 * emu/task.h - tasks: fibers that run one at a time, and how they wait.
 *
 * Who is ready runs in order of becoming ready, unless an oracle or a strategy (emu/task_order.c)
 * picks another.  A task that waits hands over straight to the next ready one; when none is, to the
 * root: the stack that runs the world. The root is a task too: a blocking call there lets the world
 * happen until it can go on.
 *
 *   Owns    tasks, until they are joined or the scheduler ends.
 *   Errors  -ENOMEM when a task cannot be made; -EDEADLK when the root waits for what never comes.
 *   Order   first ready, first run; 0 of every choice.
 */
#ifndef EMU_TASK_H
#define EMU_TASK_H

#include "emu/fiber.h"
#include "emu/file.h"
#include "emu/sim.h"

struct drill_args;
struct drill_host;
struct drill_receipt;

enum { DRILL_DEPTHS = 16 }; /* of PCT, at most */

enum drill_task_state { DRILL_TASK_READY, DRILL_TASK_RUNS, DRILL_TASK_WAITS, DRILL_TASK_ENDED };

/* The call that a task is in, for emu/witness.h. */
struct drill_task_call {
    int64_t since_ns, due_ns; /* when it began, and when its wait must be over */
    uint64_t turns, late;     /* what there had been of these when it began */
};

struct drill_task {
    struct drill_fiber fiber;
    struct drill_stack *stack; /* NULL: the root */
    struct drill_tasks *tasks;
    struct drill_host *host;
    struct drill_task *next, *prev; /* all tasks, in order of birth */
    struct drill_task *ready_next;  /* the queue of those that can run */
    int64_t (*run)(void *);
    void *argument;
    int64_t result;
    struct drill_event timer;
    enum drill_task_state state;
    bool service; /* its waiting is no stall, and a run does not wait for its end */
    bool frozen;  /* its host is paused: ready, but not run */
    bool timed_out;
    uint32_t number;
    const char *name;
    int64_t priority;                 /* of PCT; 0: none yet */
    const struct drill_args *calling; /* the call it is in, while somebody watches */
    /* While it waits: */
    const char *waits_for;            /* a call's name, for a stall's report */
    struct drill_file *holds;         /* a reference its call has, dropped if the task is ended */
    struct drill_listener *listeners; /* an array of its own stack or of `scratch` */
    size_t listener_count;
    void *scratch; /* memory of the call that waits, freed if the task is ended */
    size_t scratch_size;
    struct drill_task *joiner;
    /* For emu/witness.h: */
    struct drill_task_call call;
    uint64_t calls, calls_turns; /* since time last moved, as it should */
    int64_t calls_at_ns;
    int64_t thawed_ns; /* when its host was last resumed */
    struct drill_receipt *receipt;
};

struct drill_tasks {
    struct drill_sim *sim;
    struct drill_stacks stacks;
    struct drill_task root;
    struct drill_task *current;
    struct drill_task *first, *last;
    struct drill_task *ready_first, *ready_last;
    struct drill_task *ended; /* its stack waits for somebody else to give it back */
    uint32_t ready_count;
    uint32_t live; /* neither ended nor services */
    uint32_t numbers;
    uint64_t switches;
    uint64_t turns;                            /* events that came while tasks were ready */
    uint32_t in_a_row;                         /* switches since an event last had its turn */
    int64_t quiet_since_ns;                    /* when a task last ran: see drill_tasks_step */
    void (*stalled)(struct drill_tasks *self); /* the root waits for what never comes; or NULL */
    enum drill_task_order order;
    int64_t floor;                  /* of PCT: who yields is below all others */
    uint64_t points;                /* picks of one among several */
    uint32_t depth;                 /* of PCT */
    uint64_t changes[DRILL_DEPTHS]; /* of PCT: at which points who would run goes below */
    bool stepping;                  /* the root wants to be back after each task */
};

/* -ENOMEM: nothing was made. */
int drill_tasks_init(struct drill_tasks *self, struct drill_sim *sim, size_t stack_bytes);
void drill_tasks_fini(struct drill_tasks *self);

/* A new task of `host`, ready; `name` is copied.  NULL: out of memory. */
struct drill_task *drill_tasks_start(struct drill_tasks *self, struct drill_host *host,
                                     const char *name, int64_t (*run)(void *), void *argument,
                                     bool service);
/* Waits for the end of a task, frees it. */
int drill_task_join(struct drill_task *task, int64_t *result);
/* Ends all tasks of a host (NULL: all), wherever they are; the one that runs must not be among
 * them. */
void drill_tasks_kill(struct drill_tasks *self, const struct drill_host *host);
/* Stops or lets go the tasks of a host. */
void drill_tasks_freeze(struct drill_tasks *self, const struct drill_host *host, bool frozen);

/* task_order.c: who runs when several can.  `depth` and `steps` are of PCT (Burckhardt et al.
 * 2010): how many orders must hold for the bug, and how many picks a run has; 0: 3, 1000.  -EINVAL:
 * too deep. */
int drill_tasks_set_order(struct drill_tasks *self, enum drill_task_order order, uint32_t depth,
                          uint64_t steps);
/* Who of those that are ready runs next; there are several. */
struct drill_task *drill_tasks_choose(struct drill_tasks *self);

/* Runs one ready task or one event.  1; 0: nothing is left or can move any more. */
int drill_tasks_step(struct drill_tasks *self);

/*
 * The current task waits until one of its files is woken for the bits asked, or until when_ns.
 * 0: woken, maybe for nothing, so look again; -ETIMEDOUT; -EDEADLK (only the root).
 */
int drill_task_wait_file(struct drill_tasks *self, struct drill_file *file, uint32_t bits,
                         int64_t when_ns, const char *what);
/* The same on listeners the caller has set up with drill_task_listener and added to their files. */
int drill_task_wait(struct drill_tasks *self, int64_t when_ns, const char *what);
void drill_task_listener(struct drill_tasks *self, struct drill_listener *listener, uint32_t bits);
/* Lets the other ready tasks run first. */
int drill_task_yield(struct drill_tasks *self);
/* Makes a waiting task ready; others are passed over. */
void drill_task_ready(struct drill_task *task);

#endif
