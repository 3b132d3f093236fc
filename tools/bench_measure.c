#define _GNU_SOURCE

#include "tools/bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_MAX = 64, SIDES = 3, COUNTED_EVENTS = 1000 };

/* A side under measurement. */
struct run {
    const struct bench_side *side;
    uint64_t count; /* iterations a batch */
    double samples[SAMPLES_MAX];
    size_t sample_count;
};

_Noreturn void bench_fail(const char *net, const char *call, int error)
{
    fprintf(stderr, "bench: %s: %s: %s\n", net, call, strerror(-error));
    exit(EXIT_FAILURE);
}

/* Counted from the last one, which on most machines has the fewest interrupts. */
bool bench_pin(int index)
{
    static cpu_set_t usable;
    static bool known;
    cpu_set_t one;

    if (!known)
        known = sched_getaffinity(0, sizeof usable, &usable) == 0;
    CPU_ZERO(&one);
    for (size_t cpu = CPU_SETSIZE; cpu-- > 0 && CPU_COUNT(&one) == 0;)
        if (CPU_ISSET(cpu, &usable) && index-- == 0)
            CPU_SET(cpu, &one);
    return pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double time_ns(const struct bench_side *side, uint64_t count)
{
    const double start = now_ns();

    side->loop(count);
    return now_ns() - start;
}

static void calibrate(struct run *run, double batch_ns)
{
    double took;

    for (run->count = 16; (took = time_ns(run->side, run->count)) < batch_ns / 4; run->count *= 2)
        continue;
    run->count = (uint64_t)((double)run->count * batch_ns / took) + 1;
}

static int ascending(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static struct bench_time summary(struct run *run)
{
    double *samples = run->samples;
    const size_t count = run->sample_count;

    if (count == 0)
        return (struct bench_time){0};
    qsort(samples, count, sizeof *samples, ascending);
    const double median = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
    return (struct bench_time){.median_ns = median, .best_ns = samples[0]};
}

/* The sides take turns: what slows the machine for a while slows all of them. */
static void take_turns(struct run runs[SIDES], const struct bench_pace *pace)
{
    for (int i = 0; i < SIDES; i++)
        if (runs[i].side != NULL)
            calibrate(&runs[i], pace->batch_ns);
    for (int round = 0; round < pace->rounds; round++)
        for (struct run *run = runs; run < runs + SIDES; run++)
            for (int i = 0; run->side != NULL && i < pace->batches; i++)
                if (run->sample_count < SAMPLES_MAX)
                    run->samples[run->sample_count++] =
                        time_ns(run->side, run->count) / (double)run->count;
}

static double count_events(const struct bench_side *side)
{
    const uint64_t before = bench_drill.events();

    side->loop(COUNTED_EVENTS);
    return (double)(bench_drill.events() - before) / COUNTED_EVENTS;
}

static size_t at_most(size_t wanted, size_t room)
{
    return wanted < room ? wanted : room;
}

struct bench_result bench_measure(const struct bench_row *row, const struct bench_pace *pace)
{
    struct run runs[SIDES] = {{.side = row->kernel}, {.side = row->drill}, {.side = row->bound}};
    struct bench_result result = {.error = row->drill->open(row->idle)};

    if (result.error == 0 && row->kernel != NULL)
        result.error = row->kernel->open(at_most(row->idle, bench_kernel.room()));
    if (result.error < 0)
        return result;
    result.events = count_events(row->drill);
    take_turns(runs, pace);
    row->drill->close();
    if (row->kernel != NULL)
        row->kernel->close();
    result.kernel = summary(&runs[0]);
    result.drill = summary(&runs[1]);
    result.bound = summary(&runs[2]);
    return result;
}

static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct bench_idle set_up(const struct bench_net *net, size_t pairs)
{
    struct bench_idle idle = {.pairs = at_most(pairs, net->room())};
    const double resident = resident_bytes(), start = now_ns();
    const int error = net->idle.open(idle.pairs);

    if (error < 0)
        bench_fail(net->name, "open", error);
    idle.seconds = (now_ns() - start) / 1e9;
    idle.resident_bytes = (resident_bytes() - resident) / (double)idle.pairs;
    idle.live_bytes = (double)net->live_bytes() / (double)idle.pairs;
    return idle;
}

struct bench_idle bench_measure_idle(const struct bench_net *net, size_t pairs)
{
    struct bench_idle idle = {0};
    int ends[2], status = 0;

    if (pipe(ends) < 0)
        bench_fail(net->name, "pipe", -errno);
    const pid_t child = fork();
    if (child == 0) {
        idle = set_up(net, pairs);
        _exit(write(ends[1], &idle, sizeof idle) == (ssize_t)sizeof idle ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &idle, sizeof idle) != (ssize_t)sizeof idle)
        bench_fail(net->name, "idle pairs", -ECHILD);
    close(ends[0]);
    waitpid(child, &status, 0);
    return idle;
}
