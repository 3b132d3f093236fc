/*
 * api/sockdrill.h - the virtual network, for the test: worlds, hosts, links, tasks, time, faults.
 *
 *     struct drill_world *world = drill_world_new(&(struct drill_config){.seed = 1});
 *     struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
 *     struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
 *     drill_link_both(server, client, &(struct drill_link){.delay_ns = 20 * DRILL_MS});
 *     drill_start(server, "serve", serve, NULL);
 *     drill_start(client, "ask", ask, NULL);
 *     int result = drill_run(world);
 *     drill_world_free(world);
 *
 *   Owns     a world owns all that is made in it; drill_world_free frees it all.  Hosts and tasks
 *            are borrowed pointers, good as long as their world.
 *   Errors   constructors answer NULL when out of memory or, with a message on the report, when the
 *            arguments are wrong; others 0 or a negative errno.
 *   Threads  a world belongs to the thread that made it; several worlds can live side by side.
 *   Order    same seed, same program: the same run, byte for byte.
 */
#ifndef SOCKDRILL_H
#define SOCKDRILL_H

#include "api/syscall.h"

#ifdef __cplusplus
extern "C" {
#endif

struct drill_world;
struct drill_host;
struct drill_task;
struct drill_reserve;

typedef void drill_line(void *context, const char *line);

struct drill_config {
    uint64_t seed;
    drill_line *trace; /* gets every call, packet and verdict, one line each; NULL: none */
    void *trace_context;
    drill_line *report; /* gets messages for the test author and stalls; NULL: standard error */
    void *report_context;
    size_t stack_bytes;       /* of a task; 0: 256 KiB.  A guard page lies below each stack */
    uint64_t fail_allocation; /* the n-th allocation of the world fails, and only it; 0: none */
    struct drill_reserve *reserve; /* gives memory and takes it back; NULL: the system */
    bool evidence;                 /* looks at every call, for drill_evidence */
    uint64_t spin_limit; /* and at most so many of a task while time stands still; 0: any */
};

/* Memory and stacks for many worlds, one after the other or side by side in one thread: making a
 * world then asks the system for nothing.  It must outlive the worlds that use it. */
DRILL_API struct drill_reserve *drill_reserve_new(void);
DRILL_API void drill_reserve_free(struct drill_reserve *reserve);

/* A world: makes the current thread's calls act in it until another is entered. */
DRILL_API struct drill_world *drill_world_new(const struct drill_config *config);
DRILL_API void drill_world_free(struct drill_world *world);

/*
 * Runs until every task has ended and no event is left: 0.  -EDEADLK: tasks wait and nothing is
 * scheduled, a stall; who waits for what and a netstat go to the report.  drill_run_until stops at
 * a time and answers 0 (the clock then reads `when_ns`).  drill_step lets one task or event happen:
 * 1, or 0 when nothing is left. Waiting service tasks (drill_start_service) do not count as a
 * stall.
 */
DRILL_API int drill_run(struct drill_world *world);
DRILL_API int drill_run_until(struct drill_world *world, int64_t when_ns);
DRILL_API int drill_step(struct drill_world *world);
DRILL_API int64_t drill_now(const struct drill_world *world);
/* The running hash of calls, results and deliveries: equal runs, equal hashes. */
DRILL_API uint64_t drill_hash(const struct drill_world *world);
/* Runs `action` at a time, or as soon as the world runs if that has passed. */
DRILL_API int drill_at(struct drill_world *world, int64_t when_ns, void (*action)(void *context),
                       void *context);
/* Packets and events so far, and the allocations made and live: for benches and leak checks. */
struct drill_stats {
    uint64_t calls, packets, dropped, retransmitted, events, switches;
    uint64_t allocations, live_allocations, live_bytes;
    uint64_t open_descriptors, live_tasks;
    uint64_t unmodelled; /* uses of options that are only stored, or are unknown here */
};
DRILL_API struct drill_stats drill_stats(const struct drill_world *world);

/* Hosts.  `address` may be NULL; further ones are added.  127.0.0.0/8 and ::1 are built in. */
DRILL_API struct drill_host *drill_host_new(struct drill_world *world, const char *name,
                                            const char *address);
DRILL_API int drill_host_address(struct drill_host *host, const char *address);
DRILL_API struct drill_host *drill_host_find(struct drill_world *world, const char *name);
DRILL_API const char *drill_host_name(const struct drill_host *host);
/* What runs on the host whenever it starts: now, and after each restart. */
DRILL_API int drill_boot(struct drill_host *host, const char *name, int64_t (*run)(void *),
                         void *argument);
/* A crash ends its tasks and forgets its sockets without a packet; restart brings the host back
 * with the same addresses, and old connections are answered with RST.  A kill ends its tasks too,
 * but its kernel goes on and closes their sockets; restart starts its programs again.  Pause
 * freezes its tasks while its kernel goes on acknowledging, as SIGSTOP does.  A task that does this
 * to its own host goes no further. */
DRILL_API int drill_crash(struct drill_host *host);
DRILL_API int drill_kill(struct drill_host *host);
DRILL_API int drill_restart(struct drill_host *host);
DRILL_API int drill_pause(struct drill_host *host);
DRILL_API int drill_resume(struct drill_host *host);
/* The host's wall clock; its monotonic clock is never touched. */
DRILL_API int drill_clock_set(struct drill_host *host, int64_t wall_ns);
DRILL_API int drill_clock_step(struct drill_host *host, int64_t by_ns);
DRILL_API int drill_clock_drift(struct drill_host *host, int32_t ppm);
enum drill_limit {
    DRILL_LIMIT_DESCRIPTORS,
    DRILL_LIMIT_PORT_FIRST,
    DRILL_LIMIT_PORT_LAST,
    /* 1: a connection whose handshake is done is reset if the queue of its listener is full; 0: it
     * has to try again (sysctl net.ipv4.tcp_abort_on_overflow) */
    DRILL_LIMIT_ABORT_ON_OVERFLOW
};
DRILL_API int drill_limit(struct drill_host *host, enum drill_limit limit, uint32_t value);
/* Outside any task, calls of syscall.h act for this host. */
DRILL_API int drill_enter(struct drill_host *host);

/* Links.  What is not set is calm.  drill_link_both sets both directions; from == to: its loopback.
 */
DRILL_API int drill_link_set(struct drill_host *from, struct drill_host *to,
                             const struct drill_link *link);
DRILL_API int drill_link_both(struct drill_host *a, struct drill_host *b,
                              const struct drill_link *link);
/* Partition: what would cross from `from` to `to` is lost.  Hold: it waits, in order, until
 * released. */
DRILL_API int drill_partition(struct drill_host *from, struct drill_host *to);
DRILL_API int drill_heal(struct drill_host *from, struct drill_host *to);
DRILL_API int drill_hold(struct drill_host *from, struct drill_host *to);
DRILL_API int drill_release(struct drill_host *from, struct drill_host *to);
/* A function that sees every packet before its link does; NULL removes it. */
DRILL_API void drill_hook(struct drill_world *world, drill_packet_hook *hook, void *context);

/* Names of the world; a host's own name is one.  Each lookup takes `delay_ns` and answers `error`
 * (a negative errno) if that is not 0.  Addresses add up until drill_name_remove. */
DRILL_API int drill_name_add(struct drill_world *world, const char *name, const char *address);
DRILL_API int drill_name_remove(struct drill_world *world, const char *name);
DRILL_API int drill_name_fault(struct drill_world *world, const char *name, int64_t delay_ns,
                               int error);

/* Tasks: fibers of their host.  `name` is copied. */
DRILL_API struct drill_task *drill_start(struct drill_host *host, const char *name,
                                         int64_t (*run)(void *), void *argument);
DRILL_API struct drill_task *drill_start_service(struct drill_host *host, const char *name,
                                                 int64_t (*run)(void *), void *argument);
/* Waits for the end of a task and frees it; its result goes to `result` if not NULL. */
DRILL_API int drill_join(struct drill_task *task, int64_t *result);
DRILL_API bool drill_task_ended(const struct drill_task *task);

/*
 * Faults: rules, asked in the order in which they were added; the first whose verdict falls wins.
 * `sockdrill faults` lists them, and struct drill_fault says where and when one may strike.  As a
 * line: [LABEL:] WHAT [PARAMETER] [KEY VALUE]..., such as
 *
 *     short_read 1 call recv host client chance 20%
 *     late: delay 40ms kind DATA peer server every 3 from 1s to 5s
 *     crash host server from 2s for 5s
 *
 * drill_fault_add gives the id of the rule, from 1, or an error, with a message on the report.
 */
DRILL_API int drill_fault_parse(const char *text, struct drill_fault_line *line);
DRILL_API int drill_fault_add(struct drill_world *world, const struct drill_fault *fault);
DRILL_API int drill_fault_remove(struct drill_world *world, int id);
DRILL_API int64_t drill_fault_hits(const struct drill_world *world, int id);
/* The id of a label, or of "what#n"; -ENOENT. */
DRILL_API int drill_fault_find(const struct drill_world *world, const char *label);
/* The label of a rule, or "what#n"; NULL: there is no such rule. */
DRILL_API const char *drill_fault_label(const struct drill_world *world, int id);
/* The chaos ends: rules go, links are calm, what is cut heals, what is held arrives, what is down
 * or killed starts, what stands still goes on, clocks drift no more, limits are what they were
 * when the world began to run. */
DRILL_API int drill_calm(struct drill_world *world);

/* Swarm: from now on it is chosen, once for each family of faults, whether its rules that have a
 * chance are on; half of the seeds say so, and calm is off. */
DRILL_API void drill_swarm(struct drill_world *world);
/* Adds the standard rule of each fault that has one, by the name of the fault; of those that Linux
 * does not do, with `hostile` only.  How many, or an error. */
DRILL_API int drill_fault_add_standard(struct drill_world *world, bool hostile);

/* Decisions.  An oracle answers instead of the seed (NULL: the seed again); a recorder hears each
 * answer that is not 0.  drill_choose asks.  Logs and other oracles: sockdrill/decide.h. */
DRILL_API void drill_oracle_set(struct drill_world *world, drill_oracle *oracle, void *context);
DRILL_API void drill_recorder_set(struct drill_world *world, drill_recorder *recorder,
                                  void *context);
DRILL_API uint64_t drill_choose(struct drill_world *world, enum drill_choice_kind kind,
                                uint32_t site, uint64_t count);
/* Which of several ready tasks runs, from now on.  Of PCT: how many steps must fall in order for
 * the bug (0: 3, at most 16), and about how many picks of one among several a run has (0: 1000). */
DRILL_API int drill_order_tasks(struct drill_world *world, enum drill_task_order order,
                                uint32_t depth, uint64_t steps);

/*
 * What a judge of the run wants to know, in sentences: the first finding of each kind, or NULL.
 * All but `broken` need drill_config.evidence.  A task that spins is made to wait for ever, so that
 * the run comes to an end.  Sentences are good as long as the world.
 */
struct drill_evidence {
    const char *broken;    /* a promise of the program: drill_broken */
    const char *corrupted; /* a stream gave what was not sent; not if the rule `flip` did it */
    const char *reused;    /* a descriptor was used after it was closed: EBADF */
    const char *overdue;   /* a call returned later than its deadline or timeout allows */
    const char *spun;      /* a task made more than drill_config.spin_limit calls at one instant */
    uint64_t broken_count, reused_count;
    uint64_t unaudited; /* directions of streams that were not looked at, for want of memory */
};
DRILL_API struct drill_evidence drill_evidence(const struct drill_world *world);
/* The places that drill_reached was called for, from index 0, in the order of the first time; NULL
 * behind the last.  `count` (may be NULL): how often. */
DRILL_API const char *drill_mark(const struct drill_world *world, size_t index, uint64_t *count);

/* What the tasks of a name on a host have received, from streams and in datagrams; all 0: nothing.
 * Only with drill_config.evidence. */
struct drill_received {
    uint64_t count;  /* bytes */
    uint64_t digest; /* drill_digest of them */
    const void *first;
    size_t first_size; /* the first 256 */
};
DRILL_API struct drill_received drill_received(const struct drill_host *host, const char *task);

/* Looking.  drill_netstat writes the socket tables of all hosts, one line each, to `line`.
 * drill_trace_to turns the trace on (or off, with NULL) in the middle of a run. */
DRILL_API void drill_netstat(struct drill_world *world, drill_line *line, void *context);
DRILL_API void drill_trace_to(struct drill_world *world, drill_line *trace, void *context);

#ifdef __cplusplus
}
#endif

#endif
