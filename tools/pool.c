#include "tools/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/pool_work.h"

enum { TICK_MS = 100, NS_OF_MS = 1000000, GRACE_SECONDS = 2 };

/* What the parent knows of a worker. */
struct worker {
    pid_t pid;      /* 0: it has ended */
    uint64_t begun; /* the run that was seen last, and what was seen then */
    double cpu, wall;
};

struct crew {
    const struct drill_pool *pool;
    struct drill_pool_shared *shared;
    size_t shared_size;
    struct worker *workers;
    int pipe[2];
    struct drill_tally died; /* of the runs that ended with their process */
    double began, stopped;
    sigset_t mask; /* as it was */
    struct sigaction actions[3];
    int error;
};

static const int signals[] = {SIGINT, SIGTERM, SIGCHLD};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    if (signal != SIGCHLD)
        interrupted = 1;
}

static double seconds_of(clockid_t clock)
{
    struct timespec time = {0};

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Signals come only while the parent waits, so none is missed. */
static void catch_signals(struct crew *self)
{
    struct sigaction action = {.sa_handler = interrupt};
    sigset_t blocked;

    interrupted = 0;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaddset(&blocked, signals[i]);
        sigaction(signals[i], &action, &self->actions[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &self->mask);
}

static void restore_signals(const struct crew *self)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &self->actions[i], NULL);
    sigprocmask(SIG_SETMASK, &self->mask, NULL);
}

static int open_crew(struct crew *self)
{
    const size_t jobs = (size_t)self->pool->jobs;

    self->shared_size = sizeof *self->shared + jobs * sizeof *self->shared->slots;
    self->shared =
        mmap(NULL, self->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self->shared == MAP_FAILED)
        return -ENOMEM;
    self->workers = calloc(jobs, sizeof *self->workers);
    if (self->workers == NULL || pipe2(self->pipe, O_CLOEXEC) < 0) {
        free(self->workers);
        munmap(self->shared, self->shared_size);
        return -ENOMEM;
    }
    fcntl(self->pipe[0], F_SETFL, O_NONBLOCK);
    catch_signals(self);
    return 0;
}

static void close_crew(struct crew *self)
{
    restore_signals(self);
    close(self->pipe[0]);
    close(self->pipe[1]);
    free(self->workers);
    munmap(self->shared, self->shared_size);
}

static void start(struct crew *self, int at)
{
    struct drill_pool_slot *slot = &self->shared->slots[at];
    struct worker *worker = &self->workers[at];

    slot->busy = 0;
    slot->hung = slot->idle = slot->mute = false;
    *worker = (struct worker){.pid = fork()};
    if (worker->pid == 0) {
        restore_signals(self);
        close(self->pipe[0]);
        drill_pool_work(self->pool, self->shared, slot, self->pipe[1]);
    }
    if (worker->pid < 0) {
        worker->pid = 0;
        self->error = -errno;
        self->shared->stop = true;
    }
}

/* A worker has ended: because all is done, or because of what it ran. */
static void bury(struct crew *self, int at, int status)
{
    struct drill_pool_slot *slot = &self->shared->slots[at];
    const struct drill_pool_run run = drill_pool_place(self->pool, self->shared, slot);

    self->workers[at].pid = 0;
    if (slot->done || slot->stopped)
        return;
    if (slot->renews) {
        slot->renews = false;
        start(self, at);
        return;
    }
    if (slot->busy == 0 && !slot->mute) {
        self->error = -EAGAIN;
        self->shared->stop = true;
        return;
    }
    if (!slot->mute)
        drill_pool_died(self->pool, &run, slot, status);
    if (drill_pool_counts(self->pool, &run)) {
        drill_tally_add(&self->died, &slot->last);
        self->pool->ended(self->pool->context, &run, &slot->last);
    }
    drill_pool_advance(self->pool, &run, slot);
    if (!self->shared->stop)
        start(self, at);
}

static bool reap(struct crew *self)
{
    bool alive = false;

    for (int i = 0; i < self->pool->jobs; i++) {
        const pid_t pid = self->workers[i].pid;
        int status;

        if (pid != 0 && waitpid(pid, &status, WNOHANG) == pid)
            bury(self, i, status);
        alive = alive || self->workers[i].pid != 0;
    }
    return alive;
}

static void gather(struct crew *self)
{
    struct drill_pool_message message;

    while (read(self->pipe[0], &message, sizeof message) == (ssize_t)sizeof message)
        self->pool->ended(self->pool->context, &message.run, &message.outcome);
}

/* Whether a process waits, or was stopped, as the kernel has it. */
static bool sleeps(pid_t pid)
{
    char path[32], line[128] = "", *state;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    const bool was_read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    state = strrchr(line, ')');
    return was_read && state != NULL && state[1] == ' ' && (state[2] == 'S' || state[2] == 'T');
}

static double cpu_of(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? seconds_of(clock) : 0;
}

/* Ends a run that has used its processor time, and one that waits for the world outside: no run
 * ever has a reason to. */
static void watch(struct crew *self, int at, double now)
{
    struct drill_pool_slot *slot = &self->shared->slots[at];
    struct worker *worker = &self->workers[at];
    const pid_t busy = slot->busy;
    const double limit = self->pool->cpu;

    if (worker->pid == 0 || busy == 0 || limit <= 0)
        return;
    if (worker->begun != slot->begun) {
        worker->begun = slot->begun;
        worker->cpu = cpu_of(busy);
        worker->wall = now;
        return;
    }
    const double used = cpu_of(busy) - worker->cpu;
    if (used < limit && (now - worker->wall < limit || used > limit / 100 || !sleeps(busy)))
        return;
    *(used < limit ? &slot->idle : &slot->hung) = true;
    kill(busy, SIGKILL);
}

/* Runs that are under way may end, for a moment; then they are ended, and count for nothing. */
static void wind_up(struct crew *self, double now)
{
    if (self->pool->seconds > 0 && now - self->began >= self->pool->seconds)
        self->shared->stop = true;
    if (interrupted)
        self->shared->stop = true;
    if (self->shared->stop && self->stopped == 0)
        self->stopped = now;
    if (self->stopped == 0 || now - self->stopped < GRACE_SECONDS)
        return;
    for (int i = 0; i < self->pool->jobs; i++)
        if (self->workers[i].pid != 0) {
            self->shared->slots[i].stopped = true;
            kill(self->workers[i].pid, SIGKILL);
        }
}

static void tick(const struct crew *self, double now)
{
    struct drill_pool_state state = {.seconds = now - self->began};
    uint64_t left = 0;

    for (int i = 0; i < self->pool->jobs; i++) {
        const struct drill_pool_slot *slot = &self->shared->slots[i];
        left += slot->next < slot->end ? slot->end - slot->next : 0;
        state.runs += slot->tally.runs;
        state.found += drill_tally_found(&slot->tally);
    }
    state.numbers = self->shared->next > left ? self->shared->next - left : 0;
    state.runs += self->died.runs;
    state.found += drill_tally_found(&self->died);
    if (self->pool->tick != NULL)
        self->pool->tick(self->pool->context, &state);
}

static void attend(struct crew *self)
{
    struct pollfd readable = {self->pipe[0], POLLIN, 0};
    const struct timespec wait = {0, TICK_MS * NS_OF_MS};
    double looked = self->began;

    while (reap(self)) {
        ppoll(&readable, 1, &wait, &self->mask);
        gather(self);
        const double now = seconds_of(CLOCK_MONOTONIC);
        wind_up(self, now);
        if (now - looked < TICK_MS / 1e3)
            continue;
        for (int i = 0; i < self->pool->jobs; i++)
            watch(self, i, now);
        tick(self, now);
        looked = now;
    }
    gather(self);
    tick(self, seconds_of(CLOCK_MONOTONIC));
}

int drill_pool_run(const struct drill_pool *pool, struct drill_tally *tally, uint64_t *wrong)
{
    struct crew self = {.pool = pool, .began = seconds_of(CLOCK_MONOTONIC)};
    const int error = open_crew(&self);

    memset(tally, 0, sizeof *tally);
    if (wrong != NULL)
        *wrong = pool->first;
    if (error != 0)
        return error;
    fflush(NULL);
    for (int i = 0; i < pool->jobs && (uint64_t)i < pool->count; i++)
        start(&self, i);
    attend(&self);
    drill_tally_merge(tally, &self.died);
    for (int i = 0; i < pool->jobs; i++)
        drill_tally_merge(tally, &self.shared->slots[i].tally);
    const bool was_stopped = self.shared->stop;
    if (self.shared->error != 0) {
        self.error = self.shared->error;
        if (wrong != NULL)
            *wrong = self.shared->wrong;
    }
    close_crew(&self);
    if (self.error != 0)
        return self.error;
    if (interrupted)
        return DRILL_POOL_INTERRUPTED;
    return was_stopped ? DRILL_POOL_TIMED : DRILL_POOL_DONE;
}
