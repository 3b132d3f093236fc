#include "tools/bench.h"

#include <string.h>

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* A number in `width` columns: three digits that count, and a dash for what was not measured. */
static void print_number(FILE *out, int width, double value)
{
    if (value <= 0)
        fprintf(out, "%*s", width, "-");
    else if (value >= 1e6)
        fprintf(out, "%*.1fM", width - 1, value / 1e6);
    else
        fprintf(out, "%*.*f", width, value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

static void print_goal(FILE *out, int width, double goal)
{
    if (goal <= 0)
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.0f", width, goal);
}

static const char *verdict(bool has_goal, bool missed)
{
    return !has_goal ? "" : missed ? "missed" : "met";
}

bool bench_row_missed(const struct bench_row *row, const struct bench_result *result)
{
    const double ratio = share(result->kernel.best_ns, result->drill.best_ns);

    if (result->error < 0)
        return row->ratio_goal > 0 || row->instructions_goal > 0;
    return (row->ratio_goal > 0 && ratio < row->ratio_goal) ||
           (row->instructions_goal > 0 && result->instructions > row->instructions_goal);
}

bool bench_figure_missed(const struct bench_figure *figure)
{
    if (figure->goal <= 0)
        return false;
    return figure->at_most ? figure->best > figure->goal : figure->best < figure->goal;
}

void bench_report_head(FILE *out)
{
    fprintf(out, "%-27s%14s%16s%20s%13s\n", "", "kernel ns", "sockdrill ns", "kernel / sockdrill",
            "instructions");
    fprintf(out, "%-27s%7s%7s%8s%8s%8s%7s%5s%7s%6s\n", "an iteration", "median", "best", "median",
            "best", "median", "best", "goal", "count", "goal");
}

void bench_report_row(FILE *out, const struct bench_row *row, const struct bench_result *result)
{
    const bool has_goal =
        row->ratio_goal > 0 || (row->instructions_goal > 0 && result->instructions > 0);

    fprintf(out, "%-27s", row->label);
    if (result->error < 0) {
        fprintf(out, "  left out: %s\n", strerror(-result->error));
        return;
    }
    print_number(out, 7, result->kernel.median_ns);
    print_number(out, 7, result->kernel.best_ns);
    print_number(out, 8, result->drill.median_ns);
    print_number(out, 8, result->drill.best_ns);
    print_number(out, 8, share(result->kernel.median_ns, result->drill.median_ns));
    print_number(out, 7, share(result->kernel.best_ns, result->drill.best_ns));
    print_goal(out, 5, row->ratio_goal);
    print_number(out, 7, result->instructions);
    print_goal(out, 6, row->instructions_goal);
    fprintf(out, "  %s\n", verdict(has_goal, bench_row_missed(row, result)));
}

void bench_report_figures(FILE *out, const struct bench_figure *figures, size_t count)
{
    fprintf(out, "\n%-45s%9s%9s%13s  %s\n", "figure", "median", "best", "goal", "unit");
    for (const struct bench_figure *each = figures; each < figures + count; each++) {
        fprintf(out, "%-45s", each->label);
        print_number(out, 9, each->median);
        print_number(out, 9, each->best);
        if (each->goal > 0)
            fprintf(out, "%4s %8.5g", each->at_most ? "<=" : ">=", each->goal);
        else
            fprintf(out, "%13s", "-");
        fprintf(out, "  %-14s%s\n", each->unit, verdict(each->goal > 0, bench_figure_missed(each)));
    }
}
