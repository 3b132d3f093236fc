#include "tools/stage_parts.h"

void drill_stage_become_calm(struct drill_stage *self)
{
    drill_stage_remove_rules(self);
    drill_calm(self->world);
    self->calmed = true;
}

static void become_calm(void *stage)
{
    struct drill_stage *self = stage;

    if (self->world->sim.trace != NULL)
        drill_sim_trace(&self->world->sim, "calm");
    drill_stage_become_calm(self);
}

int drill_stage_calm(struct drill_stage *self, int64_t when_ns, int64_t within_ns)
{
    if (when_ns < 0 || within_ns < 0)
        return drill_stage_refuse(self, "calm: a negative time");
    self->calm_ns = when_ns;
    self->within_ns = within_ns;
    return drill_stage_at(self, when_ns, become_calm, self);
}
