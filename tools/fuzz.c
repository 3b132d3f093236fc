#include "tools/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/decide.h"

int drill_fuzz(const struct drill_scenario *scenario, bool bug, const uint8_t *data, size_t size)
{
    struct drill_bytes bytes = {.data = data, .size = size};
    const struct drill_order order = {
        .bug = bug, .quick = true, .oracle = drill_bytes_oracle, .oracle_context = &bytes};
    struct drill_outcome outcome;

    if (drill_stage_run(scenario, &order, &outcome) < 0) {
        fprintf(stderr, "%s cannot be set up\n", scenario->name);
        abort();
    }
    if (outcome.kind == DRILL_PASSED)
        return 0;
    fprintf(stderr, "%s: %s: %s\n", scenario->name, drill_finding_name(outcome.kind),
            outcome.sentence);
    abort();
}
