#include "tools/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR = 24, SPARSE_SECONDS = 10, MINUTE = 60 };

void drill_progress_init(struct drill_progress *self, const char *name, uint64_t count,
                         double limit)
{
    *self = (struct drill_progress){
        .name = name, .count = count, .limit = limit, .terminal = isatty(STDERR_FILENO) != 0};
}

/* What is done, 0 to 1, by runs or by time. */
static double share(const struct drill_progress *self, const struct drill_pool_state *state)
{
    const double by_runs = (double)state->numbers / (double)self->count;
    const double by_time = self->limit > 0 ? state->seconds / self->limit : 0;
    const double most = by_runs > by_time ? by_runs : by_time;

    return most < 1 ? most : 1;
}

void drill_progress_show(struct drill_progress *self, const struct drill_pool_state *state)
{
    const double done = share(self, state);
    const double rate = state->seconds > 0 ? (double)state->runs / state->seconds : 0;
    const unsigned left = done > 0 ? (unsigned)(state->seconds * (1 - done) / done + 0.5) : 0;
    char bar[BAR + 1];

    self->seconds = state->seconds;
    if (!self->terminal && state->seconds - self->said < SPARSE_SECONDS)
        return;
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(done * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    if (self->terminal)
        fprintf(stderr, "\r[%s] %3.0f %%  ", bar, 100 * done);
    fprintf(stderr, "%s: %" PRIu64 " runs, %" PRIu64 " found, %.0f/s, %u:%02u left", self->name,
            state->runs, state->found, rate, left / MINUTE, left % MINUTE);
    fputs(self->terminal ? "\033[K" : "\n", stderr);
    fflush(stderr);
    self->said = state->seconds;
    self->dirty = self->terminal;
}

void drill_progress_fini(struct drill_progress *self)
{
    if (self->dirty)
        fputs("\r\033[K", stderr);
    self->dirty = false;
}
