#include "tools/outcome.h"

#include <stddef.h>

const char *drill_finding_name(enum drill_finding_kind kind)
{
    static const char *const names[] = {
        [DRILL_PASSED] = "passed",     [DRILL_CRASHED] = "crashed", [DRILL_HUNG] = "hung",
        [DRILL_SPUN] = "spun",         [DRILL_BROKE] = "broke",     [DRILL_CORRUPTED] = "corrupted",
        [DRILL_STALLED] = "stalled",   [DRILL_EXITED] = "exited",   [DRILL_LATE] = "late",
        [DRILL_UNMET] = "unmet",       [DRILL_REUSED] = "reused",   [DRILL_LEAKED] = "leaked",
        [DRILL_DIFFERED] = "differed",
    };

    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}
