#include <inttypes.h>
#include <string.h>

#include "emu/words.h"
#include "tools/report.h"

enum { NAME_LEAST = 16, NAME_MOST = 60, TIME = 32 };

/* The name of a scenario without folders: tables are for people. */
static const char *short_name(const struct drill_result *result)
{
    const char *stroke = strrchr(result->name, '/');

    return stroke != NULL ? stroke + 1 : result->name;
}

static int name_width(const struct drill_report *self)
{
    size_t width = NAME_LEAST;

    for (size_t i = 0; i < self->count; i++)
        if (strlen(short_name(&self->results[i])) > width)
            width = strlen(short_name(&self->results[i]));
    return (int)(width < NAME_MOST ? width : NAME_MOST);
}

static void show_word(const struct drill_result *result, char *text, size_t size)
{
    const uint64_t found = drill_tally_found(&result->tally);

    if (result->tally.runs == 0)
        snprintf(text, size, "not run");
    else if (found == 0)
        snprintf(text, size, drill_result_missed(result, 0) != NULL ? "unmet" : "passed");
    else if (result->tally.runs == 1)
        snprintf(text, size, "%s", drill_finding_name(result->findings[0].outcome.kind));
    else
        snprintf(text, size, "%" PRIu64 " found", found);
}

/* Virtual time as seconds with three digits. */
static void show_seconds(uint64_t ns, char *text, size_t size)
{
    const uint64_t ms = ns / DRILL_MS;

    snprintf(text, size, "%" PRIu64 ".%03" PRIu64 " s", ms / 1000, ms % 1000);
}

static void print_row(const struct drill_result *result, int width, FILE *out)
{
    const struct drill_tally *tally = &result->tally;
    char word[TIME], time[TIME];

    show_word(result, word, sizeof word);
    show_seconds(tally->virtual_ns, time, sizeof time);
    fprintf(out,
            "%-*.*s %-10s %9" PRIu64 " %13s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
            width, width, short_name(result), word, tally->runs, time, tally->calls, tally->packets,
            tally->strikes, tally->decisions);
}

static void print_names(const char *title, const struct drill_result *result,
                        const char *(*nth)(const struct drill_result *, size_t), FILE *out)
{
    const char *name;

    if (nth(result, 0) == NULL)
        return;
    fprintf(out, "%s: %s", short_name(result), title);
    for (size_t i = 0; (name = nth(result, i)) != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : ", ", name);
    fputc('\n', out);
}

void drill_report_table(const struct drill_report *self, FILE *out)
{
    const int width = name_width(self);
    uint64_t runs = 0, found = 0;

    fprintf(out, "%-*s %-10s %9s %13s %9s %9s %9s %9s\n", width, "scenario", "result", "runs",
            "virtual", "calls", "packets", "strikes", "decisions");
    for (size_t i = 0; i < self->count; i++) {
        print_row(&self->results[i], width, out);
        runs += self->results[i].tally.runs;
        found += drill_result_has_found(&self->results[i]);
    }
    for (size_t i = 0; i < self->count; i++) {
        print_names("rules that never struck: ", &self->results[i], drill_result_unused, out);
        print_names("places that no run has reached: ", &self->results[i], drill_result_missed,
                    out);
    }
    fprintf(out, "%zu scenarios, %" PRIu64 " runs, %" PRIu64 " with findings%s\n", self->count,
            runs, found, self->stopped ? ", interrupted: there was more to run" : "");
}
