#include <inttypes.h>
#include <stdlib.h>

#include "tools/report.h"

enum { DECISIONS_SHOWN = 40 };

static void print_lines(const char *title, const struct drill_lines *lines, size_t most, FILE *out)
{
    if (lines->count == 0)
        return;
    fprintf(out, "  %s\n", title);
    for (size_t i = 0; i < lines->count && i < most; i++)
        fprintf(out, "    %s\n", lines->line[i]);
    if (lines->count > most)
        fprintf(out, "    ... and %zu more\n", lines->count - most);
}

static void print_finding(const struct drill_result *result, const struct drill_finding *finding,
                          FILE *out)
{
    fprintf(out, "\n%s: %s: %s\n", result->name, drill_finding_name(finding->outcome.kind),
            finding->outcome.sentence);
    fprintf(out, "  seed %" PRIu64, finding->outcome.seed);
    if (finding->count > 1)
        fprintf(out, ", the first of %" PRIu64 " runs", finding->count);
    fprintf(out, "; sockdrill %s\n", DRILL_VERSION);
    char *const log = finding->log != NULL ? drill_text_quote(finding->log) : NULL;
    if (log != NULL)
        fprintf(out, "  again: sockdrill replay %s\n", log);
    free(log);
    if (finding->again != NULL)
        fprintf(out, "  again: %s\n", finding->again);
    print_lines(finding->shrunk ? "the fewest decisions that do it:" : "its decisions:",
                &finding->decisions, DECISIONS_SHOWN, out);
    print_lines("the end of its trace:", &finding->trace, SIZE_MAX, out);
    print_lines("at the end:", &finding->state, SIZE_MAX, out);
    print_lines("what it has written:", &finding->output, SIZE_MAX, out);
}

void drill_report_findings(const struct drill_report *self, FILE *out)
{
    for (size_t r = 0; r < self->count; r++) {
        const struct drill_result *result = &self->results[r];
        for (size_t i = 0; i < result->count; i++)
            print_finding(result, &result->findings[i], out);
        if (result->others > 0)
            fprintf(out, "\n%s: %" PRIu64 " more runs with findings of other kinds\n", result->name,
                    result->others);
    }
}
