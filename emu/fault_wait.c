#include "emu/fault.h"
#include "emu/task.h"

enum { RARER = 100 }; /* after so many signals of a rule the next ones take longer to come */

bool drill_rule_needs_a_wait(const struct drill_rule *rule, enum drill_call_id call)
{
    return !rule->fault.hostile || call == DRILL_CALL_connect;
}

static bool may_interrupt(const struct drill_rule *rule, enum drill_call_id call,
                          const struct drill_args *args)
{
    return drill_rule_needs_a_wait(rule, call) &&
           drill_rule_is_about_call(rule, call, args->task->host, args);
}

int64_t drill_faults_signal(const struct drill_faults *self, enum drill_call_id call,
                            const struct drill_args *args, int64_t after_ns)
{
    for (const struct drill_rule *rule = self->groups[DRILL_RULES_WAIT]; rule != NULL;
         rule = rule->group_next)
        if (may_interrupt(rule, call, args))
            return drill_sim_now(self->sim) + after_ns * (int64_t)(1 + rule->hits / RARER);
    return DRILL_NEVER;
}

bool drill_faults_interrupt(struct drill_faults *self, enum drill_call_id call,
                            struct drill_args *args)
{
    for (struct drill_rule *rule = self->groups[DRILL_RULES_WAIT]; rule != NULL;
         rule = rule->group_next)
        if (may_interrupt(rule, call, args) &&
            drill_rule_falls(rule, drill_flow_of_file(args->file))) {
            args->struck = rule->id;
            return true;
        }
    return false;
}
