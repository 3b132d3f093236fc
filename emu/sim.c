#include "emu/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { LINE_BYTES = 512 };

void drill_sim_init(struct drill_sim *self, uint64_t seed, uint64_t fail_allocation)
{
    *self = (struct drill_sim){.hash = seed};
    drill_mem_init(&self->mem, fail_allocation);
    drill_audit_init(&self->audit, &self->mem);
    drill_timeline_init(&self->timeline, &self->mem);
    drill_choices_init(&self->choices, &self->mem, seed);
}

void drill_sim_fini(struct drill_sim *self)
{
    drill_audit_fini(&self->audit);
    drill_choices_fini(&self->choices);
    drill_timeline_fini(&self->timeline);
    assert(self->mem.live == 0); /* everything had an owner, and each gave it back */
    drill_mem_fini(&self->mem);
}

void drill_sim_trace_to(struct drill_sim *self, drill_sink *trace, void *context)
{
    self->trace = trace;
    self->trace_context = context;
    drill_sim_watch(self);
}

void drill_sim_watch(struct drill_sim *self)
{
    const bool looks = self->trace != NULL || self->packet_rules || self->witness != NULL ||
                       self->choices.oracle != NULL || self->choices.recorder != NULL;

    self->watched = looks || self->fault_rules > 0;
    self->only_ruled = !looks && self->fault_rules > 0;
}

void drill_sim_trace(struct drill_sim *self, const char *format, ...)
{
    char line[LINE_BYTES];
    const int64_t now = drill_sim_now(self);
    const int head = snprintf(line, sizeof line, "%4" PRId64 ".%09" PRId64 " ", now / DRILL_SECOND,
                              now % DRILL_SECOND);
    va_list rest;

    va_start(rest, format);
    vsnprintf(line + head, sizeof line - (size_t)head, format, rest);
    va_end(rest);
    self->trace(self->trace_context, line);
}

void drill_sim_report(struct drill_sim *self, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list rest;

    if (self->report == NULL)
        return;
    va_start(rest, format);
    vsnprintf(line, sizeof line, format, rest);
    va_end(rest);
    self->report(self->report_context, line);
}
