/*
 * tools/tally.h - many runs in few figures: what a worker counts, what reports and merges add up.
 *
 *   Owns    nothing: a plain value, so that a worker can keep it in shared memory.
 *   Errors  none: what there is no room for is left out, and `more` says so.
 *   Order   adding is the same in any order and any grouping, so a report does not depend on how
 *           runs were dealt to workers and shards.
 */
#ifndef TOOLS_TALLY_H
#define TOOLS_TALLY_H

#include <stddef.h>

#include "tools/outcome.h"

enum { DRILL_TALLY_NAMES = 64, DRILL_NAME_BYTES = 48 };

struct drill_tally_name {
    char name[DRILL_NAME_BYTES];
    uint64_t runs; /* that have it */
};

/* Names in alphabetical order. */
struct drill_tally_names {
    uint32_t count;
    bool more;
    struct drill_tally_name names[DRILL_TALLY_NAMES];
};

struct drill_tally {
    uint64_t runs;
    uint64_t kinds[DRILL_FINDINGS]; /* how many ended so */
    uint64_t calls, packets, decisions, strikes, virtual_ns;
    uint64_t digest; /* of seeds and hashes: equal runs, equal digests */
    struct drill_tally_names reached, unreached, unused;
};

void drill_tally_add(struct drill_tally *self, const struct drill_outcome *outcome);
void drill_tally_merge(struct drill_tally *self, const struct drill_tally *other);
uint64_t drill_tally_found(const struct drill_tally *self);
/* Counts a name of `size` bytes. */
void drill_tally_name(struct drill_tally_names *self, const char *name, size_t size, uint64_t runs);
/* How many runs have the name. */
uint64_t drill_tally_has(const struct drill_tally_names *self, const char *name);

#endif
