#include <errno.h>
#include <string.h>

#include "emu/fault.h"
#include "tools/stage_parts.h"

int drill_stage_add_rule(struct drill_stage *self, const struct drill_fault *fault)
{
    struct drill_fault rule = *fault;
    struct drill_cue *cue;

    if (self->rules == DRILL_RULES_NONE)
        return 0;
    rule.off = rule.off || self->rules == DRILL_RULES_OFF;
    const int id = drill_fault_add(self->world, &rule);
    if (id < 0)
        return id;
    cue = drill_stage_keep(self, sizeof *cue);
    if (cue == NULL)
        return -ENOMEM;
    /* It may be off because the swarm has left its family out. */
    const bool off = drill_faults_rule(&self->world->door.faults, id)->fault.off;
    *cue = (struct drill_cue){.id = id, .off = off};
    cue->name = drill_stage_keep_text(self, drill_fault_label(self->world, id));
    if (cue->name == NULL)
        return -ENOMEM;
    *self->cues_end = cue;
    self->cues_end = &cue->next;
    return 0;
}

int drill_stage_fault(struct drill_stage *self, const char *rule)
{
    struct drill_fault_line line;

    if (drill_fault_parse(rule, &line) < 0)
        return drill_stage_refuse(self, "%s: column %u: %s", rule, line.error_column, line.error);
    return drill_stage_add_rule(self, &line.fault);
}

int drill_stage_standard(struct drill_stage *self, enum drill_standard faults)
{
    if (faults == DRILL_NO_STANDARD || self->rules != DRILL_RULES_ON)
        return 0;
    const int count = drill_fault_add_standard(self->world, faults == DRILL_STANDARD_HOSTILE);
    return count < 0 ? count : 0;
}

static void count_hits(struct drill_stage *self, struct drill_cue *cue)
{
    const int64_t hits = cue->id != 0 ? drill_fault_hits(self->world, cue->id) : -ENOENT;

    if (hits >= 0)
        cue->hits = (uint64_t)hits;
}

void drill_stage_count_hits(struct drill_stage *self)
{
    for (struct drill_cue *cue = self->cues; cue != NULL; cue = cue->next)
        count_hits(self, cue);
}

static void remove_cue(struct drill_stage *self, struct drill_cue *cue)
{
    count_hits(self, cue);
    if (cue->id != 0)
        drill_fault_remove(self->world, cue->id);
    cue->id = 0;
}

int drill_stage_remove_rule(struct drill_stage *self, const char *label)
{
    int result = -ENOENT;

    for (struct drill_cue *cue = self->cues; cue != NULL; cue = cue->next)
        if (cue->id != 0 && strcmp(cue->name, label) == 0) {
            remove_cue(self, cue);
            result = 0;
        }
    return result;
}

void drill_stage_remove_rules(struct drill_stage *self)
{
    for (struct drill_cue *cue = self->cues; cue != NULL; cue = cue->next)
        remove_cue(self, cue);
}
