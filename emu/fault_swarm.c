#include <string.h>

#include "emu/fault.h"

/* Swarm testing (Groce et al., ISSTA 2012): runs that each leave out some kinds of faults find what
 * runs with all of them hide. */
void drill_faults_swarm(struct drill_faults *self)
{
    self->swarms = true;
}

/* The first row of a family stands for it. */
static enum drill_family *family_of(struct drill_faults *self, enum drill_fault_what what)
{
    int first = 0;

    while (strcmp(drill_fault_rows[first].family, drill_fault_rows[what].family) != 0)
        first++;
    return &self->families[first];
}

bool drill_faults_lets(struct drill_faults *self, const struct drill_rule *rule)
{
    enum drill_family *family = family_of(self, rule->what);

    if (!self->swarms || rule->fault.off || rule->fault.ppm == 0)
        return true;
    if (*family == DRILL_FAMILY_UNDECIDED)
        *family = drill_choices_pick(&self->sim->choices, DRILL_CHOICE_SWARM,
                                     drill_choice_hash(drill_fault_rows[rule->what].family), 2)
                      ? DRILL_FAMILY_ON
                      : DRILL_FAMILY_OFF;
    return *family == DRILL_FAMILY_ON;
}

static int add_standard(struct drill_faults *self, const struct drill_fault_row *row)
{
    struct drill_fault_line line;

    if (drill_faults_named(self, row->name) != NULL)
        return 0;
    const int result = drill_fault_read(row->standard, &line);
    if (result < 0)
        return result;
    line.fault.label = row->name;
    const int id = drill_faults_add(self, &line.fault);
    return id < 0 ? id : 1;
}

int drill_faults_add_standard(struct drill_faults *self, bool hostile)
{
    int count = 0;

    for (int i = 0; i < DRILL_FAULTS; i++) {
        const struct drill_fault_row *row = &drill_fault_rows[i];
        if (row->standard[0] == '\0' || (row->hostile && !hostile))
            continue;
        const int result = add_standard(self, row);
        if (result < 0)
            return result;
        count += result;
    }
    return count;
}
