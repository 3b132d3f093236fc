#include "tools/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/errname.h"
#include "tools/script_parts.h"

/* A script on its host, for one run. */
struct performance {
    const struct drill_script *script;
    struct drill_stage *stage;
    char *room;
    int64_t before_ns; /* when the last step with a time began */
    int open[64];      /* what it has opened, for its end */
    size_t open_count;
};

/* The first step that goes otherwise is what the run has found. */
__attribute__((format(printf, 3, 4))) static bool
unmet(struct performance *self, const struct drill_step *step, const char *format, ...)
{
    struct drill_stage *stage = self->stage;
    char text[100];
    va_list rest;

    va_start(rest, format);
    vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    if (stage->step[0] == '\0')
        snprintf(stage->step, sizeof stage->step, "%.60s:%u: %.48s %s", self->script->path,
                 step->line, step->text, text);
    stage->stopped = true;
    return false;
}

static void show(int64_t result, const char *bytes, size_t size, char text[DRILL_SHOWN_BYTES])
{
    if (result < 0)
        snprintf(text, DRILL_SHOWN_BYTES, "%s", drill_errname((int)-result));
    else if (bytes != NULL && size > 0)
        drill_show_bytes(bytes, size, text);
    else
        snprintf(text, DRILL_SHOWN_BYTES, "%lld", (long long)result);
}

/* Waits until a step is to begin; false: that has passed. */
static bool begin(struct performance *self, const struct drill_step *step)
{
    const int64_t now = drill_monotonic();
    int64_t when = step->begins.ns;
    char is[32], was[32];

    if (!step->begins.given)
        return true;
    when += step->begins.relative ? self->before_ns : 0;
    self->before_ns = when;
    if (now < when)
        drill_sleep(when - now);
    if (now <= when || drill_stage_order(self->stage)->calm)
        return true;
    drill_word_show_time(when, was, sizeof was);
    drill_word_show_time(now, is, sizeof is);
    return unmet(self, step, "was to begin at %s, and the step before it returned at %s", was, is);
}

static bool check_time(struct performance *self, const struct drill_step *step, int64_t began_ns)
{
    const int64_t now = drill_monotonic();
    int64_t when = began_ns;
    char is[32], was[32];

    if (!step->begins.given || step->returns.any || drill_stage_order(self->stage)->calm)
        return true;
    if (step->returns.given)
        when = step->returns.ns + (step->returns.relative ? began_ns : 0);
    if (now == when)
        return true;
    drill_word_show_time(when, was, sizeof was);
    drill_word_show_time(now, is, sizeof is);
    return unmet(self, step, "returned at %s, not at %s", is, was);
}

static bool check_answer(struct performance *self, const struct drill_step *step,
                         const struct drill_step_answer *answer)
{
    char came[DRILL_SHOWN_BYTES], wanted[DRILL_SHOWN_BYTES];
    bool same = step->any || answer->result == step->result;

    if (same && step->wanted != NULL)
        same = memcmp(step->wanted, answer->bytes, answer->size) == 0;
    if (!same) {
        show(answer->result, answer->bytes, answer->size, came);
        show(step->result, step->wanted, (size_t)step->result, wanted);
        return unmet(self, step, "gave %s, not %s", came, wanted);
    }
    if (step->from == NULL || drill_sockaddr_equal(step->from, &answer->from))
        return true;
    drill_sockaddr_print(&answer->from, came, sizeof came);
    drill_sockaddr_print(step->from, wanted, sizeof wanted);
    return unmet(self, step, "came from %s, not from %s", came, wanted);
}

static void note_open(struct performance *self, const struct drill_step *step, int64_t result)
{
    if (step->row->opens && result >= 0 &&
        self->open_count < sizeof self->open / sizeof *self->open)
        self->open[self->open_count++] = (int)result;
    if (strcmp(step->row->name, "close") == 0 && result >= 0)
        for (size_t i = 0; i < self->open_count; i++)
            if (self->open[i] == step->fd)
                self->open[i--] = self->open[--self->open_count];
}

static bool perform(struct performance *self, const struct drill_step *step)
{
    struct drill_step_answer answer = {0};

    if (!begin(self, step))
        return false;
    const int64_t began_ns = drill_monotonic();
    step->row->run(step, self->room, &answer);
    note_open(self, step, answer.result);
    return check_answer(self, step, &answer) && check_time(self, step, began_ns);
}

static int64_t run_script(void *argument)
{
    struct performance *self = argument;
    const bool calm = drill_stage_order(self->stage)->calm;
    bool met = true;

    for (const struct drill_step *step = self->script->steps; step != NULL && met;
         step = step->next)
        if (step->only == DRILL_ALWAYS || calm == (step->only == DRILL_ONLY_CALM))
            met = perform(self, step);
    while (self->open_count > 0)
        drill_close(self->open[--self->open_count]);
    return 0;
}

int drill_script_play(const struct drill_script *script, struct drill_stage *stage,
                      struct drill_host *host, const char *name)
{
    struct performance *self = drill_stage_keep(stage, sizeof *self);

    if (self == NULL)
        return -ENOMEM;
    *self = (struct performance){.script = script, .stage = stage};
    self->room = drill_stage_keep(stage, script->room + 1);
    if (self->room == NULL)
        return -ENOMEM;
    return drill_stage_run_task(stage, host, name, run_script, self);
}
