#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report.h"

#ifdef HAVE_JANSSON

#include <jansson.h>

enum { HEX = 20 };

/* Names that are the same both ways. */
static const struct {
    const char *name;
    size_t offset;
} figures[] = {
    {"calls", offsetof(struct drill_tally, calls)},
    {"packets", offsetof(struct drill_tally, packets)},
    {"decisions", offsetof(struct drill_tally, decisions)},
    {"strikes", offsetof(struct drill_tally, strikes)},
    {"virtual_ns", offsetof(struct drill_tally, virtual_ns)},
};

static const struct {
    const char *name;
    size_t offset;
} name_lists[] = {
    {"reached", offsetof(struct drill_tally, reached)},
    {"unreached", offsetof(struct drill_tally, unreached)},
    {"unused", offsetof(struct drill_tally, unused)},
};

static const struct {
    const char *name;
    size_t offset;
} line_lists[] = {
    {"decisions", offsetof(struct drill_finding, decisions)},
    {"trace", offsetof(struct drill_finding, trace)},
    {"state", offsetof(struct drill_finding, state)},
    {"output", offsetof(struct drill_finding, output)},
};

enum {
    FIGURES = sizeof figures / sizeof *figures,
    NAME_LISTS = sizeof name_lists / sizeof *name_lists,
    LINE_LISTS = sizeof line_lists / sizeof *line_lists,
};

static void *member(void *self, size_t offset)
{
    return (char *)self + offset;
}

/* Numbers of JSON are signed, and those of hashes and seeds may not be. */
static json_t *wide(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_sprintf("%" PRIu64, value);
}

static uint64_t read_wide(const json_t *value)
{
    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10)
                                 : (uint64_t)json_integer_value(value);
}

/* Whether it is a number that read_wide reads. */
static bool is_wide(const json_t *value)
{
    const char *text = json_string_value(value);

    return text != NULL ? *text != '\0' && text[strspn(text, "0123456789")] == '\0'
                        : json_is_integer(value) && json_integer_value(value) >= 0;
}

static json_t *names_to_json(const struct drill_tally_names *names)
{
    json_t *object = json_object();

    for (uint32_t i = 0; i < names->count; i++)
        json_object_set_new(object, names->names[i].name, wide(names->names[i].runs));
    return object;
}

static json_t *lines_to_json(const struct drill_lines *lines)
{
    json_t *array = json_array();

    for (size_t i = 0; i < lines->count; i++)
        json_array_append_new(array, json_string(lines->line[i]));
    return array;
}

static json_t *text_to_json(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *finding_to_json(const struct drill_finding *finding)
{
    json_t *object = json_object();

    json_object_set_new(object, "kind", json_string(drill_finding_name(finding->outcome.kind)));
    json_object_set_new(object, "sentence", json_string(finding->outcome.sentence));
    json_object_set_new(object, "seed", wide(finding->outcome.seed));
    json_object_set_new(object, "number", wide(finding->number));
    json_object_set_new(object, "part", wide(finding->part));
    json_object_set_new(object, "runs", wide(finding->count));
    json_object_set_new(object, "again", text_to_json(finding->again));
    json_object_set_new(object, "log", text_to_json(finding->log));
    json_object_set_new(object, "shrunk", json_boolean(finding->shrunk));
    for (size_t i = 0; i < LINE_LISTS; i++)
        json_object_set_new(object, line_lists[i].name,
                            lines_to_json(member((void *)finding, line_lists[i].offset)));
    return object;
}

static json_t *result_to_json(const struct drill_result *result)
{
    json_t *object = json_object(), *ends = json_object(), *findings = json_array();

    json_object_set_new(object, "scenario", json_string(result->name));
    json_object_set_new(object, "about", json_string(result->about));
    json_object_set_new(object, "way", json_string(result->way));
    json_object_set_new(object, "runs", wide(result->tally.runs));
    for (int kind = 0; kind < DRILL_FINDINGS; kind++)
        if (result->tally.kinds[kind] != 0)
            json_object_set_new(ends, drill_finding_name((enum drill_finding_kind)kind),
                                wide(result->tally.kinds[kind]));
    json_object_set_new(object, "ends", ends);
    for (size_t i = 0; i < FIGURES; i++)
        json_object_set_new(object, figures[i].name,
                            wide(*(uint64_t *)member((void *)&result->tally, figures[i].offset)));
    json_object_set_new(object, "digest", json_sprintf("%016" PRIx64, result->tally.digest));
    for (size_t i = 0; i < NAME_LISTS; i++)
        json_object_set_new(object, name_lists[i].name,
                            names_to_json(member((void *)&result->tally, name_lists[i].offset)));
    for (size_t i = 0; i < result->count; i++)
        json_array_append_new(findings, finding_to_json(&result->findings[i]));
    json_object_set_new(object, "findings", findings);
    json_object_set_new(object, "other_findings", wide(result->others));
    json_object_set_new(object, "seconds", json_real(result->seconds));
    return object;
}

int drill_report_write_json(const struct drill_report *self, const char *path)
{
    json_t *object = json_object(), *results = json_array();
    FILE *file = fopen(path, "we");
    int error = file != NULL ? 0 : -errno;

    json_object_set_new(object, "sockdrill", json_string(DRILL_VERSION));
    json_object_set_new(object, "command", json_string(self->command));
    if (self->shards > 1)
        json_object_set_new(object, "shard",
                            json_sprintf("%" PRIu64 "/%" PRIu64, self->shard, self->shards));
    json_object_set_new(object, "stopped", json_boolean(self->stopped));
    json_object_set_new(object, "found", json_boolean(drill_report_has_found(self)));
    for (size_t i = 0; i < self->count; i++)
        json_array_append_new(results, result_to_json(&self->results[i]));
    json_object_set_new(object, "results", results);
    if (file != NULL && (json_dumpf(object, file, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0 ||
                         fputc('\n', file) == EOF))
        error = -EIO;
    if (file != NULL && fclose(file) != 0)
        error = -errno;
    json_decref(object);
    return error;
}

static void names_from_json(struct drill_tally_names *names, json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
        drill_tally_name(names, name, strlen(name), read_wide(value));
}

static void lines_from_json(struct drill_lines *lines, const json_t *array)
{
    size_t at;
    json_t *value;

    json_array_foreach(array, at, value) if (json_is_string(value))
        drill_lines_add(lines, json_string_value(value));
}

static char *text_from_json(const json_t *value)
{
    return json_is_string(value) ? strdup(json_string_value(value)) : NULL;
}

static enum drill_finding_kind kind_of(const char *name)
{
    int kind = 0;

    while (kind < DRILL_FINDINGS &&
           strcmp(drill_finding_name((enum drill_finding_kind)kind), name) != 0)
        kind++;
    return (enum drill_finding_kind)kind;
}

static bool finding_from_json(struct drill_result *result, json_t *object)
{
    struct drill_finding finding = {0};
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *sentence = json_string_value(json_object_get(object, "sentence"));

    if (kind == NULL || sentence == NULL || kind_of(kind) == DRILL_FINDINGS)
        return false;
    finding.outcome.kind = kind_of(kind);
    snprintf(finding.outcome.sentence, sizeof finding.outcome.sentence, "%s", sentence);
    finding.outcome.seed = read_wide(json_object_get(object, "seed"));
    finding.number = read_wide(json_object_get(object, "number"));
    finding.part = read_wide(json_object_get(object, "part"));
    finding.count = read_wide(json_object_get(object, "runs"));
    finding.again = text_from_json(json_object_get(object, "again"));
    finding.log = text_from_json(json_object_get(object, "log"));
    finding.shrunk = json_is_true(json_object_get(object, "shrunk"));
    for (size_t i = 0; i < LINE_LISTS; i++)
        lines_from_json(member(&finding, line_lists[i].offset),
                        json_object_get(object, line_lists[i].name));
    drill_result_add(result, &finding);
    return true;
}

static bool result_from_json(struct drill_result *result, json_t *object)
{
    json_t *finding, *value;
    const char *name, *digest = json_string_value(json_object_get(object, "digest"));
    size_t at;
    uint64_t ends = 0;
    bool good = digest != NULL;

    result->name = text_from_json(json_object_get(object, "scenario"));
    result->about = text_from_json(json_object_get(object, "about"));
    result->way = text_from_json(json_object_get(object, "way"));
    result->tally.runs = read_wide(json_object_get(object, "runs"));
    json_object_foreach(json_object_get(object, "ends"), name,
                        value) if (kind_of(name) < DRILL_FINDINGS)
        result->tally.kinds[kind_of(name)] = read_wide(value);
    for (size_t i = 0; i < FIGURES; i++)
        *(uint64_t *)member(&result->tally, figures[i].offset) =
            read_wide(json_object_get(object, figures[i].name));
    result->tally.digest = good ? strtoull(digest, NULL, 16) : 0;
    for (size_t i = 0; i < NAME_LISTS; i++)
        names_from_json(member(&result->tally, name_lists[i].offset),
                        json_object_get(object, name_lists[i].name));
    json_array_foreach(json_object_get(object, "findings"), at, finding) good =
        finding_from_json(result, finding) && good;
    for (int kind = 0; kind < DRILL_FINDINGS; kind++)
        ends += result->tally.kinds[kind];
    good = good && is_wide(json_object_get(object, "runs")) && ends == result->tally.runs;
    result->others = read_wide(json_object_get(object, "other_findings"));
    result->seconds = json_real_value(json_object_get(object, "seconds"));
    return good && result->name != NULL && result->about != NULL && result->way != NULL;
}

static int report_from_json(struct drill_report *self, json_t *object)
{
    const char *command = json_string_value(json_object_get(object, "command"));
    json_t *results = json_object_get(object, "results");
    const char *shard = json_string_value(json_object_get(object, "shard"));
    const char *version = json_string_value(json_object_get(object, "sockdrill"));

    if (command == NULL || version == NULL || strcmp(version, DRILL_VERSION) != 0 ||
        !json_is_array(results))
        return -EINVAL;
    const int error = drill_report_init(self, command, json_array_size(results));
    if (error < 0)
        return error;
    if (shard != NULL && (sscanf(shard, "%" SCNu64 "/%" SCNu64, &self->shard, &self->shards) != 2 ||
                          self->shard == 0 || self->shard > self->shards))
        return -EINVAL;
    self->stopped = json_is_true(json_object_get(object, "stopped"));
    for (size_t i = 0; i < self->count; i++)
        if (!result_from_json(&self->results[i], json_array_get(results, i)))
            return -EINVAL;
    return 0;
}

int drill_report_read_json(struct drill_report *self, const char *path)
{
    json_error_t wrong;
    json_t *object = json_load_file(path, 0, &wrong);
    int error = -EINVAL;

    *self = (struct drill_report){0};
    if (object == NULL) {
        fprintf(stderr, "%s:%d:%d: %s\n", path, wrong.line, wrong.column, wrong.text);
        return error;
    }
    error = report_from_json(self, object);
    if (error == -EINVAL)
        fprintf(stderr, "%s: expected a report of sockdrill " DRILL_VERSION "\n", path);
    json_decref(object);
    return error;
}

#else

int drill_report_write_json(const struct drill_report *self, const char *path)
{
    (void)self, (void)path;
    return -ENOSYS;
}

int drill_report_read_json(struct drill_report *self, const char *path)
{
    (void)self;
    fprintf(stderr, "sockdrill: %s is not read: built without jansson\n", path);
    return -ENOSYS;
}

#endif
