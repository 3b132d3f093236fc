#include "tools/tally.h"

#include <string.h>

uint64_t drill_tally_has(const struct drill_tally_names *self, const char *name)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (strcmp(self->names[i].name, name) == 0)
            return self->names[i].runs;
    return 0;
}

void drill_tally_name(struct drill_tally_names *self, const char *name, size_t size, uint64_t runs)
{
    struct drill_tally_name new = {.runs = runs};
    uint32_t at = 0;
    int order = 1;

    memcpy(new.name, name, size < sizeof new.name ? size : sizeof new.name - 1);
    while (at < self->count && (order = strcmp(new.name, self->names[at].name)) > 0)
        at++;
    if (at < self->count && order == 0) {
        self->names[at].runs += runs;
        return;
    }
    /* The last of the alphabet go, so that what stays does not depend on who came first. */
    if (self->count == DRILL_TALLY_NAMES) {
        self->more = true;
        if (at == self->count)
            return;
        self->count--;
    }
    memmove(&self->names[at + 1], &self->names[at], (self->count - at) * sizeof new);
    self->names[at] = new;
    self->count++;
}

/* One a line: a mark may be of several words. */
static void add_names(struct drill_tally_names *self, const char *text)
{
    while (*(text += strspn(text, "\n")) != '\0') {
        const size_t size = strcspn(text, "\n");
        drill_tally_name(self, text, size, 1);
        text += size;
    }
}

/* SplitMix64's finisher. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

void drill_tally_add(struct drill_tally *self, const struct drill_outcome *outcome)
{
    self->runs++;
    self->kinds[outcome->kind]++;
    self->calls += outcome->calls;
    self->packets += outcome->packets;
    self->decisions += outcome->decisions;
    self->strikes += outcome->strikes;
    self->virtual_ns += (uint64_t)outcome->virtual_ns;
    self->digest += mix(outcome->hash ^ mix(outcome->seed));
    for (uint32_t i = 0; i < outcome->mark_count && i < DRILL_MARKS; i++)
        drill_tally_name(&self->reached, outcome->marks[i],
                         strnlen(outcome->marks[i], DRILL_MARK_BYTES), 1);
    add_names(&self->unreached, outcome->unreached);
    add_names(&self->unused, outcome->unused);
}

static void merge_names(struct drill_tally_names *self, const struct drill_tally_names *other)
{
    self->more |= other->more;
    for (uint32_t i = 0; i < other->count; i++)
        drill_tally_name(self, other->names[i].name, strlen(other->names[i].name),
                         other->names[i].runs);
}

void drill_tally_merge(struct drill_tally *self, const struct drill_tally *other)
{
    self->runs += other->runs;
    for (size_t i = 0; i < DRILL_FINDINGS; i++)
        self->kinds[i] += other->kinds[i];
    self->calls += other->calls;
    self->packets += other->packets;
    self->decisions += other->decisions;
    self->strikes += other->strikes;
    self->virtual_ns += other->virtual_ns;
    self->digest += other->digest;
    merge_names(&self->reached, &other->reached);
    merge_names(&self->unreached, &other->unreached);
    merge_names(&self->unused, &other->unused);
}

uint64_t drill_tally_found(const struct drill_tally *self)
{
    return self->runs - self->kinds[DRILL_PASSED];
}
