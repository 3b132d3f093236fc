#include <string.h>

#include "emu/fault.h"
#include "emu/task.h"

static bool is_about(const struct drill_rule *rule, const struct drill_task *task)
{
    return (rule->host == NULL || rule->host == task->host) &&
           (rule->fault.task == NULL || drill_rule_names_task(rule, task));
}

/* Whoever would run can be put back; a rule of a host puts back the tasks of that host. */
static bool shuffles(struct drill_sim *sim, const struct drill_task *next)
{
    struct drill_faults *self = sim->faults;

    for (struct drill_rule *rule = self->groups[DRILL_RULES_TASK]; rule != NULL;
         rule = rule->group_next)
        if (is_about(rule, next) && drill_rule_falls(rule, 0))
            return true;
    return false;
}

static int64_t late(struct drill_sim *sim, const struct drill_task *task, int64_t when_ns)
{
    struct drill_faults *self = sim->faults;

    for (struct drill_rule *rule = self->groups[DRILL_RULES_TIMER]; rule != NULL;
         rule = rule->group_next) {
        const int64_t delay_ns = drill_rule_delay(rule, DRILL_MS);
        if (is_about(rule, task) &&
            (rule->call < 0 || strcmp(drill_faults_call_name(rule->call), task->waits_for) == 0) &&
            when_ns < DRILL_NEVER - delay_ns && drill_rule_falls(rule, 0))
            return when_ns + delay_ns;
    }
    return when_ns;
}

void drill_faults_watch_tasks(struct drill_faults *self)
{
    self->sim->faults = self;
    self->sim->shuffles = self->groups[DRILL_RULES_TASK] != NULL ? shuffles : NULL;
    self->sim->late = self->groups[DRILL_RULES_TIMER] != NULL ? late : NULL;
}
