#include "tools/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS_MAX = 1000, ROOM_FIRST = 8 };

int drill_report_init(struct drill_report *self, const char *command, size_t count)
{
    *self = (struct drill_report){.shard = 1, .shards = 1};
    self->command = strdup(command);
    self->results = calloc(count, sizeof *self->results);
    if (self->command == NULL || (count != 0 && self->results == NULL)) {
        drill_report_fini(self);
        return -ENOMEM;
    }
    self->count = count;
    return 0;
}

/* What was learnt of it afterwards. */
static void forget(struct drill_finding *self)
{
    free(self->again);
    free(self->log);
    drill_lines_fini(&self->decisions);
    drill_lines_fini(&self->trace);
    drill_lines_fini(&self->state);
    drill_lines_fini(&self->output);
    self->again = self->log = NULL;
    self->shrunk = false;
}

void drill_report_fini(struct drill_report *self)
{
    for (size_t r = 0; self->results != NULL && r < self->count; r++) {
        struct drill_result *result = &self->results[r];
        for (size_t i = 0; i < result->count; i++)
            forget(&result->findings[i]);
        free(result->findings);
        free(result->name);
        free(result->about);
        free(result->way);
    }
    free(self->results);
    free(self->command);
    *self = (struct drill_report){0};
}

int drill_result_name(struct drill_result *self, const struct drill_scenario *scenario,
                      const char *way)
{
    self->name = strdup(scenario->name);
    self->about = strdup(scenario->about != NULL ? scenario->about : "");
    self->way = strdup(way);
    if (self->name == NULL || self->about == NULL || self->way == NULL)
        return -ENOMEM;
    drill_text_fit(self->name);
    drill_text_fit(self->about);
    drill_text_fit(self->way);
    return 0;
}

void drill_finding_shape(char shape[DRILL_SENTENCE], const char *sentence)
{
    size_t at = 0;

    for (const char *c = sentence; *c != '\0' && at + 1 < DRILL_SENTENCE; at++) {
        shape[at] = isdigit((unsigned char)*c) ? '#' : *c;
        c += isdigit((unsigned char)*c) ? strspn(c, "0123456789abcdefx.") : 1;
    }
    shape[at] = '\0';
}

static bool is_before(const struct drill_finding *a, const struct drill_finding *b)
{
    return a->number != b->number ? a->number < b->number : a->part < b->part;
}

/* A place for a finding, in the order of runs. */
static struct drill_finding *make_place(struct drill_result *self,
                                        const struct drill_finding *finding)
{
    size_t at = self->count;

    if (self->count == FINDINGS_MAX)
        return NULL;
    if (self->count == self->room) {
        const size_t room = self->room == 0 ? ROOM_FIRST : 2 * self->room;
        struct drill_finding *grown = realloc(self->findings, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        self->findings = grown;
        self->room = room;
    }
    while (at > 0 && is_before(finding, &self->findings[at - 1]))
        at--;
    memmove(&self->findings[at + 1], &self->findings[at],
            (self->count - at) * sizeof *self->findings);
    self->count++;
    return &self->findings[at];
}

static void add(struct drill_result *self, const struct drill_finding *finding)
{
    struct drill_finding *place = make_place(self, finding);

    if (place != NULL)
        *place = *finding;
    else
        self->others += finding->count;
}

static struct drill_finding *find(struct drill_result *self, const struct drill_finding *like)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->findings[i].outcome.kind == like->outcome.kind &&
            strcmp(self->findings[i].shape, like->shape) == 0)
            return &self->findings[i];
    return NULL;
}

/* Of two findings that are one, the first tells what is known; the other is given back. */
static void join(struct drill_result *self, struct drill_finding *finding)
{
    struct drill_finding *same = find(self, finding);

    if (same == NULL) {
        add(self, finding);
        *finding = (struct drill_finding){0};
        return;
    }
    if (!is_before(finding, same)) {
        same->count += finding->count;
        return;
    }
    const struct drill_finding later = *same;
    finding->count += same->count;
    memmove(same, same + 1, (size_t)(self->findings + self->count - (same + 1)) * sizeof *same);
    self->count--;
    add(self, finding);
    *finding = later;
}

void drill_result_add(struct drill_result *self, struct drill_finding *finding)
{
    drill_text_clean(finding->outcome.sentence);
    drill_finding_shape(finding->shape, finding->outcome.sentence);
    join(self, finding);
    forget(finding);
}

void drill_result_note(struct drill_result *self, const struct drill_pool_run *run,
                       const struct drill_outcome *outcome)
{
    struct drill_finding finding = {
        .number = run->number, .part = run->part, .count = 1, .outcome = *outcome};

    drill_result_add(self, &finding);
}

static const char *nth_of_all(const struct drill_tally_names *names, uint64_t runs, size_t nth)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (names->names[i].runs == runs && nth-- == 0)
            return names->names[i].name;
    return NULL;
}

const char *drill_result_missed(const struct drill_result *self, size_t nth)
{
    return nth_of_all(&self->tally.unreached, self->tally.runs, nth);
}

const char *drill_result_unused(const struct drill_result *self, size_t nth)
{
    return nth_of_all(&self->tally.unused, self->tally.runs, nth);
}

bool drill_result_has_found(const struct drill_result *self)
{
    return drill_tally_found(&self->tally) != 0 || drill_result_missed(self, 0) != NULL;
}

bool drill_report_has_found(const struct drill_report *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (drill_result_has_found(&self->results[i]))
            return true;
    return false;
}

static bool is_of_the_same(const struct drill_report *a, const struct drill_report *b)
{
    if (strcmp(a->command, b->command) != 0 || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->results[i].name, b->results[i].name) != 0 ||
            strcmp(a->results[i].way, b->results[i].way) != 0)
            return false;
    return true;
}

int drill_report_merge(struct drill_report *self, struct drill_report *other)
{
    if (!is_of_the_same(self, other))
        return -EINVAL;
    for (size_t r = 0; r < self->count; r++) {
        struct drill_result *to = &self->results[r], *from = &other->results[r];
        drill_tally_merge(&to->tally, &from->tally);
        to->others += from->others;
        to->seconds += from->seconds;
        for (size_t i = 0; i < from->count; i++)
            join(to, &from->findings[i]);
        /* What one run of the whole would not have looked into. */
        for (size_t i = DRILL_INVESTIGATED; i < to->count; i++)
            forget(&to->findings[i]);
    }
    self->stopped |= other->stopped;
    return 0;
}
