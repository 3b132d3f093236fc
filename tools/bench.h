/*
 * tools/bench.h - the benchmark: the same loops of socket calls on the kernel and on sockdrill,
 * side by side in one process.
 *
 *   bench_loops.inc    the loops, written once over the calls of "a network"
 *   bench_kernel.c     the kernel's loopback as such a network, and two threads
 *   bench_drill.c      a world as such a network, through the shared library, and two tasks
 *   bench_measure.c    batches, rounds, medians; memory of idle pairs
 *   bench_report.c     the table; bench_json.c: the same for machines
 *   bench.c            the rows and their goals, the command line
 *
 * Method.  A batch is a number of iterations that takes about 20 ms.  Each round runs some batches
 * of every side of the row in turn, so that what disturbs the machine disturbs all sides.  A side's
 * time is the best batch and the median of all batches, in nanoseconds an iteration.  Verdicts
 * compare best with best, since a shared machine only ever makes a batch slower.  Instructions are
 * counted apart, by callgrind: the slope between two numbers of iterations (tools/bench).
 *
 * Errors.  A loop that fails ends the program: a figure of a broken loop is worse than none.
 */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One loop on one network.  One is open at a time. */
struct bench_side {
    /* Prepares, with `idle` further connected pairs; 0, or a negative errno: not to be had. */
    int (*open)(size_t idle);
    void (*loop)(uint64_t count);
    void (*close)(void);
};

struct bench_net {
    const char *name;
    struct bench_side ping_tcp, ping_udp, ping_unix; /* one byte there and back, four calls */
    struct bench_side connect;                       /* socket, connect, accept, close, close */
    struct bench_side connect_reset;                 /* the same, ended by a reset */
    struct bench_side ready;                         /* send, wait on the readiness set, recv */
    struct bench_side block;                         /* 64 KiB, send and recv */
    struct bench_side whole;                         /* from listen to the last close */
    struct bench_side blocking;                      /* ping-pong of two threads or tasks */
    struct bench_side delayed; /* the same over a link of 1 ms; not for the kernel */
    struct bench_side idle;    /* pairs that only exist; no loop */
    size_t (*room)(void);      /* how many idle pairs there can be */
    /* What the world has allocated and how many events have run; 0 for the kernel. */
    uint64_t (*live_bytes)(void);
    uint64_t (*events)(void);
};

extern const struct bench_net bench_kernel;
extern const struct bench_net bench_drill;

struct bench_row {
    const char *key; /* on the command line and in the JSON */
    const char *label;
    const struct bench_side *kernel; /* may be NULL */
    const struct bench_side *drill;
    const struct bench_side *bound; /* what cannot be beaten; may be NULL */
    size_t idle;
    double ratio_goal;        /* kernel time / sockdrill time, at least; 0: none */
    double instructions_goal; /* at most; 0: none */
};

struct bench_time {
    double median_ns, best_ns; /* an iteration; 0: not measured */
};

struct bench_result {
    struct bench_time kernel, drill, bound;
    double events;       /* deliveries and timers an iteration: drill_stats().events */
    double instructions; /* an iteration; 0: not counted */
    int error;           /* negative errno: the row was left out */
};

struct bench_pace {
    double batch_ns;
    int rounds;
    int batches; /* a side and round */
};

/* What idle pairs cost. */
struct bench_idle {
    size_t pairs;
    double seconds;        /* to set them all up */
    double resident_bytes; /* a pair: what the process grew by */
    double live_bytes;     /* a pair: what the world has allocated */
};

/* A figure drawn from several measurements, with a goal of its own. */
struct bench_figure {
    const char *key, *label, *unit;
    double median, best; /* best alone is compared; median 0: measured once */
    double goal;         /* 0: none */
    bool at_most;        /* the goal is an upper bound */
};

enum { BENCH_FIGURES = 8 };

/* Binds the calling thread to one of the processors the program may use; false: there are fewer. */
bool bench_pin(int index);
struct bench_result bench_measure(const struct bench_row *row, const struct bench_pace *pace);
/* Measures in a child, so that the memory of nothing else is counted. */
struct bench_idle bench_measure_idle(const struct bench_net *net, size_t pairs);

bool bench_row_missed(const struct bench_row *row, const struct bench_result *result);
bool bench_figure_missed(const struct bench_figure *figure);
/* Print the table's head, a row of it, the figures below. */
void bench_report_head(FILE *out);
void bench_report_row(FILE *out, const struct bench_row *row, const struct bench_result *result);
void bench_report_figures(FILE *out, const struct bench_figure *figures, size_t count);

/* Writes all of it to a file; false: it cannot be, or jansson was not there when this was built. */
bool bench_json(const char *path, const struct bench_row *rows, const struct bench_result *results,
                size_t row_count, const struct bench_figure *figures, size_t figure_count);

/* Says which call of which network failed, and ends the program. */
_Noreturn void bench_fail(const char *net, const char *call, int error);

#endif
