#include "emu/witness.h"

#include <errno.h>
#include <stdio.h>

#include "emu/errname.h"
#include "emu/words.h"

enum { WHO_BYTES = 96, CALL_BYTES = 64, TIME_BYTES = 32 };

void drill_witness_init(struct drill_witness *self, struct drill_sim *sim,
                        struct drill_tasks *tasks)
{
    *self = (struct drill_witness){.sim = sim, .tasks = tasks};
}

void drill_witness_begin(struct drill_witness *self, uint64_t spin_limit)
{
    self->spin_limit = spin_limit;
    self->sim->evidence = true;
    drill_sim_watch(self->sim);
}

static void show_who(const struct drill_witness *self, char *text, size_t size)
{
    const struct drill_task *task = self->tasks->current;

    snprintf(text, size, "%.40s/%.40s", task->host != NULL ? task->host->name : "", task->name);
}

static void show_call(enum drill_call_id call, const struct drill_args *args, ssize_t result,
                      char *text, size_t size)
{
    char answer[32];

    if (result < 0)
        snprintf(answer, sizeof answer, "%s", drill_errname((int)-result));
    else
        snprintf(answer, sizeof answer, "%zd", result);
    snprintf(text, size, "%s(%d) = %s", drill_faults_call_name((int)call), args->fd, answer);
}

/* Only the first of its kind is kept. */
static void note(struct drill_witness *self, char *sentence, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct drill_witness *self, char *sentence, const char *format, ...)
{
    va_list values;

    if (sentence[0] != '\0')
        return;
    va_start(values, format);
    vsnprintf(sentence, DRILL_WITNESS_SENTENCE, format, values);
    va_end(values);
    if (self->sim->trace != NULL)
        drill_sim_trace(self->sim, "witness: %s", sentence);
}

/* An event that only had its turn (task.c) does not end a spin: for that everybody must wait. */
static bool spins(const struct drill_witness *self, struct drill_task *task)
{
    const int64_t now = drill_sim_now(self->sim);

    if (task->calls_at_ns != now && task->calls_at_rest != self->tasks->rests) {
        task->calls_at_ns = now;
        task->calls_at_rest = self->tasks->rests;
        task->calls = 0;
    }
    return ++task->calls > self->spin_limit && self->spin_limit > 0;
}

/* The root cannot wait for ever: nobody would be left. */
static ssize_t stop_spin(struct drill_witness *self, enum drill_call_id call,
                         const struct drill_args *args, ssize_t result)
{
    char who[WHO_BYTES], last[CALL_BYTES], when[TIME_BYTES];

    show_who(self, who, sizeof who);
    show_call(call, args, result, last, sizeof last);
    drill_word_show_time(drill_sim_now(self->sim), when, sizeof when);
    note(self, self->spun, "%s made %llu calls at %s without time passing; last: %s", who,
         (unsigned long long)self->spin_limit, when, last);
    while (self->tasks->current != &self->tasks->root)
        drill_task_wait(self->tasks, DRILL_NEVER, "spin");
    return -EDEADLK;
}

ssize_t drill_witness_answer(struct drill_witness *self, enum drill_call_id call,
                             const struct drill_args *args, ssize_t result)
{
    if (spins(self, self->tasks->current))
        return stop_spin(self, call, args, result);
    return result;
}

void drill_witness_reached(struct drill_witness *self, const char *mark)
{
    char who[WHO_BYTES];

    if (!drill_marks_reach(&self->marks, mark) || self->sim->trace == NULL)
        return;
    show_who(self, who, sizeof who);
    drill_sim_trace(self->sim, "%s reached %s", who, mark);
}

void drill_witness_broken(struct drill_witness *self, const char *format, va_list values)
{
    const bool first = self->marks.broken_count == 0;
    char who[WHO_BYTES];

    show_who(self, who, sizeof who);
    drill_marks_break(&self->marks, who, format, values);
    if (first && self->sim->trace != NULL)
        drill_sim_trace(self->sim, "broken: %s", self->marks.broken);
    if (first)
        drill_sim_report(self->sim, "broken: %s", self->marks.broken);
}
