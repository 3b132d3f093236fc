#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/stage_parts.h"

/* What an oracle has answered, to be answered again: it may not be able to do so by itself. */
struct answers {
    drill_oracle *oracle;
    void *context;
    uint64_t *given;
    size_t count, room, at;
    bool lost; /* no memory */
};

static uint64_t record(void *context, const struct drill_choice *choice)
{
    struct answers *self = context;
    const uint64_t answer = self->oracle(self->context, choice);

    if (self->count == self->room) {
        const size_t room = self->room > 0 ? 2 * self->room : 256;
        uint64_t *grown = realloc(self->given, sizeof *grown * room);
        if (grown == NULL) {
            self->lost = true;
            return answer;
        }
        self->given = grown;
        self->room = room;
    }
    self->given[self->count++] = answer;
    return answer;
}

static uint64_t repeat(void *context, const struct drill_choice *choice)
{
    struct answers *self = context;

    (void)choice;
    return self->at < self->count ? self->given[self->at++] : 0;
}

static void find(struct drill_outcome *outcome, enum drill_finding_kind kind, const char *sentence)
{
    if (outcome->kind != DRILL_PASSED)
        return;
    outcome->kind = kind;
    snprintf(outcome->sentence, sizeof outcome->sentence, "%s", sentence);
}

/* The same again, watched by nobody: it must come to the same, and leave nothing. */
static int run_again(const struct drill_stage *first, const struct drill_order *order,
                     struct answers *answers)
{
    struct drill_order again = *order;
    struct drill_outcome outcome;
    struct drill_stage stage;
    char text[DRILL_SENTENCE];

    again.trace = NULL;
    again.report = NULL;
    again.log = NULL;
    again.oracle = order->oracle != NULL ? repeat : NULL;
    again.oracle_context = answers;
    answers->at = 0;
    drill_stage_init(&stage, first->scenario, &again, &outcome);
    const int result = drill_stage_once(&stage);
    if (result < 0)
        return result;
    /* What a program allocates once, at its first use, is no leak; what grows each time is. */
    if (stage.leaked > 0 && (stage.allowed & DRILL_ALLOW_LEAK) == 0) {
        snprintf(text, sizeof text, "%s has ended and has not freed %" PRId64 " bytes",
                 stage.leaker, stage.leaked);
        find(first->outcome, DRILL_LEAKED, text);
    }
    if (outcome.hash != first->outcome->hash || outcome.virtual_ns != first->outcome->virtual_ns)
        find(first->outcome, DRILL_DIFFERED,
             "a second run differs: the program looks at something outside of its world");
    return 0;
}

/* Rules that are off must leave the run as it is without any. */
static int run_without_rules(const struct drill_stage *first, const struct drill_order *order)
{
    const struct drill_order plain = {
        .seed = order->seed, .seeded = order->seeded, .bug = order->bug};
    const enum drill_rules rules[] = {DRILL_RULES_OFF, DRILL_RULES_NONE};
    struct drill_outcome outcomes[2];

    for (int i = 0; i < 2; i++) {
        struct drill_stage stage;
        drill_stage_init(&stage, first->scenario, &plain, &outcomes[i]);
        stage.rules = rules[i];
        const int result = drill_stage_once(&stage);
        if (result < 0)
            return result;
    }
    if (outcomes[0].hash != outcomes[1].hash || outcomes[0].virtual_ns != outcomes[1].virtual_ns)
        find(first->outcome, DRILL_DIFFERED, "rules that are off have changed the run");
    return 0;
}

static int check_again(const struct drill_stage *first, const struct drill_order *order,
                       struct answers *answers)
{
    const bool leaks = first->leaked > 0 && (first->allowed & DRILL_ALLOW_LEAK) == 0;
    int result = 0;

    if (answers->lost || first->outcome->kind != DRILL_PASSED)
        return 0;
    if (!order->quick || leaks)
        result = run_again(first, order, answers);
    if (result == 0 && !order->quick && first->cues != NULL && !order->off)
        result = run_without_rules(first, order);
    return result;
}

int drill_stage_run(const struct drill_scenario *scenario, const struct drill_order *order,
                    struct drill_outcome *outcome)
{
    struct answers answers = {.oracle = order->oracle, .context = order->oracle_context};
    struct drill_order first = *order;
    struct drill_stage stage;

    if (order->oracle != NULL) {
        first.oracle = record;
        first.oracle_context = &answers;
    }
    drill_stage_init(&stage, scenario, &first, outcome);
    int result = drill_stage_once(&stage);
    if (result == 0)
        result = check_again(&stage, order, &answers);
    free(answers.given);
    return result;
}
