#include "tools/pool_work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct drill_pool_message) <= PIPE_BUF, "messages would mix");

/* Runs that one worker takes at a time, and shares that each is to have at least; and after how
 * many runs its process is renewed, so that what programs leak does not pile up. */
enum { SHARE = 16, SHARES = 4, RENEWED = 100000 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/* A program that ends in a task leaves nothing on the stack that LeakSanitizer would look at. */
int __lsan_is_turned_off(void);
static bool works;

int __lsan_is_turned_off(void)
{
    return works;
}

#define NO_LEAKS() (works = true)
#endif
#endif

#ifndef NO_LEAKS
#define NO_LEAKS() ((void)0)
#endif

static void replace(int fd, int flags)
{
    const int null = open("/dev/null", flags | O_CLOEXEC);

    if (null < 0 || dup2(null, fd) < 0)
        _exit(EXIT_FAILURE);
    close(null);
}

/* Who writes into a report would spoil it, who reads would wait for the terminal, and a thousand
 * cores help nobody. */
static void settle(const struct drill_pool *pool)
{
    NO_LEAKS();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    replace(STDIN_FILENO, O_RDONLY);
    if (!pool->loud) {
        replace(STDOUT_FILENO, O_WRONLY);
        replace(STDERR_FILENO, O_WRONLY);
    }
}

/* A program that has closed what is not its own takes nothing but its process with it. */
static void say(int pipe, const struct drill_pool_run *run, struct drill_pool_slot *slot)
{
    const struct drill_pool_message message = {*run, slot->last};
    ssize_t written;

    do
        written = write(pipe, &message, sizeof message);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)sizeof message)
        return;
    slot->mute = true;
    _exit(EXIT_FAILURE);
}

struct drill_pool_run drill_pool_place(const struct drill_pool *pool,
                                       const struct drill_pool_shared *shared,
                                       const struct drill_pool_slot *slot)
{
    return (struct drill_pool_run){.number = pool->first + slot->next * pool->stride,
                                   .part = slot->part,
                                   .worker = (int)(slot - shared->slots)};
}

bool drill_pool_counts(const struct drill_pool *pool, const struct drill_pool_run *run)
{
    return pool->counts == NULL || pool->counts(pool->context, run);
}

void drill_pool_advance(const struct drill_pool *pool, const struct drill_pool_run *run,
                        struct drill_pool_slot *slot)
{
    if (pool->more != NULL && pool->more(pool->context, run)) {
        slot->part++;
        return;
    }
    slot->part = 0;
    slot->next++;
}

void drill_pool_died(const struct drill_pool *pool, const struct drill_pool_run *run,
                     struct drill_pool_slot *slot, int status)
{
    struct drill_outcome *outcome = &slot->last;
    char *const sentence = outcome->sentence;
    const size_t size = sizeof outcome->sentence;

    /* It may have been at anything when it died. */
    memset(outcome, 0, sizeof *outcome);
    outcome->seed = run->number;
    outcome->kind = DRILL_CRASHED;
    if (slot->hung) {
        outcome->kind = DRILL_HUNG;
        snprintf(sentence, size, "the run used %g s of processor time and did not end", pool->cpu);
    } else if (slot->idle) {
        outcome->kind = DRILL_HUNG;
        snprintf(sentence, size, "the run waits for something that is outside the virtual network");
    } else if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        snprintf(sentence, size, "the run died of SIG%s (%s)", name != NULL ? name : "?",
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(sentence, size, "the run ended its process with exit status %d",
                 WEXITSTATUS(status));
    }
}

static void do_run(const struct drill_pool *pool, struct drill_pool_shared *shared,
                   const struct drill_pool_run *run, struct drill_pool_slot *slot, pid_t self)
{
    struct drill_outcome outcome = {0};

    slot->busy = self;
    const int error = pool->run(pool->context, run, &outcome);
    if (getpid() != self) /* a child that the program has made, and that went on */
        _exit(EXIT_SUCCESS);
    slot->last = outcome;
    slot->busy = 0;
    if (error < 0) {
        shared->wrong = run->number;
        shared->error = error;
        shared->stop = true;
    }
}

static void run_alone(const struct drill_pool *pool, struct drill_pool_shared *shared,
                      const struct drill_pool_run *run, struct drill_pool_slot *slot)
{
    const pid_t child = fork();
    int status;

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        do_run(pool, shared, run, slot, getpid());
        _exit(EXIT_SUCCESS);
    }
    while (child > 0 && waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            _exit(EXIT_FAILURE);
    if (child < 0)
        _exit(EXIT_FAILURE);
    if (slot->busy != 0 || status != 0)
        drill_pool_died(pool, run, slot, status);
    slot->busy = 0;
    slot->hung = slot->idle = false;
}

static double seconds_now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run_next(const struct drill_pool *pool, struct drill_pool_shared *shared,
                     struct drill_pool_slot *slot, int pipe, pid_t self)
{
    struct drill_pool_run run = drill_pool_place(pool, shared, slot);
    const double began = pool->every ? seconds_now() : 0;

    slot->begun++;
    if (pool->alone)
        run_alone(pool, shared, &run, slot);
    else
        do_run(pool, shared, &run, slot, self);
    if (shared->error != 0)
        return;
    if (pool->every)
        run.seconds = seconds_now() - began;
    if (drill_pool_counts(pool, &run)) {
        if (pool->every || slot->last.kind != DRILL_PASSED)
            say(pipe, &run, slot);
        drill_tally_add(&slot->tally, &slot->last);
    }
    drill_pool_advance(pool, &run, slot);
}

void drill_pool_work(const struct drill_pool *pool, struct drill_pool_shared *shared,
                     struct drill_pool_slot *slot, int pipe)
{
    const uint64_t fair = pool->count / (uint64_t)pool->jobs / SHARES;
    const uint64_t share = fair == 0 ? 1 : fair < SHARE ? fair : SHARE;
    const pid_t self = getpid();

    settle(pool);
    for (uint64_t runs = 0; !shared->stop; runs++) {
        if (runs == RENEWED) {
            slot->renews = true;
            _exit(EXIT_SUCCESS);
        }
        if (slot->next >= slot->end) {
            slot->next = atomic_fetch_add(&shared->next, share);
            slot->end = slot->next + share;
        }
        if (slot->next >= pool->count)
            break;
        run_next(pool, shared, slot, pipe, self);
    }
    slot->done = true;
    _exit(EXIT_SUCCESS);
}
