#include "emu/fault.h"

enum { DRAWS = 256 };

/* What the rule says, or one bit half of the time, two a quarter, three an eighth. */
static uint64_t count_bits(const struct drill_rule *rule)
{
    uint64_t count = 1;

    if (rule->fault.number > 0)
        return rule->fault.number;
    for (uint64_t draw = drill_rule_pick(rule, DRILL_CHOICE_DAMAGE, DRAWS); draw % 2 == 1;
         draw /= 2)
        count++;
    return count;
}

/* Steps of at most total / count come to less than total together: no bit is met twice. */
void drill_rule_damage(const struct drill_rule *rule, uint64_t total,
                       void (*flip)(void *context, uint64_t bit), void *context)
{
    const uint64_t wanted = count_bits(rule);
    const uint64_t count = wanted < total ? wanted : total;
    uint64_t bit = drill_rule_pick(rule, DRILL_CHOICE_DAMAGE, total);

    for (uint64_t i = 0; i < count; i++) {
        flip(context, bit);
        bit = (bit + 1 + drill_rule_pick(rule, DRILL_CHOICE_DAMAGE, total / count)) % total;
    }
}
