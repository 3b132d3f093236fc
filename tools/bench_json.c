#include "tools/bench.h"

#ifdef HAVE_JANSSON

#include <jansson.h>

/* What was not measured is null. */
static json_t *number(double value)
{
    return value > 0 ? json_real(value) : json_null();
}

static json_t *time_of(const struct bench_time *time)
{
    return json_pack("{s:o, s:o}", "median_ns", number(time->median_ns), "best_ns",
                     number(time->best_ns));
}

static json_t *row_of(const struct bench_row *row, const struct bench_result *result)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b}", "key",
                     row->key, "label", row->label, "idle_pairs", (json_int_t)row->idle, "kernel",
                     time_of(&result->kernel), "sockdrill", time_of(&result->drill), "bound",
                     time_of(&result->bound), "ratio_goal", number(row->ratio_goal), "events",
                     number(result->events), "instructions", number(result->instructions),
                     "instructions_goal", number(row->instructions_goal), "error", result->error,
                     "missed", bench_row_missed(row, result));
}

static json_t *figure_of(const struct bench_figure *figure)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "key", figure->key, "label",
                     figure->label, "unit", figure->unit, "median", number(figure->median), "best",
                     number(figure->best), "goal", number(figure->goal), "at_most", figure->at_most,
                     "missed", bench_figure_missed(figure));
}

bool bench_json(const char *path, const struct bench_row *rows, const struct bench_result *results,
                size_t row_count, const struct bench_figure *figures, size_t figure_count)
{
    json_t *row_list = json_array(), *figure_list = json_array();

    for (size_t i = 0; i < row_count; i++)
        json_array_append_new(row_list, row_of(&rows[i], &results[i]));
    for (size_t i = 0; i < figure_count; i++)
        json_array_append_new(figure_list, figure_of(&figures[i]));
    json_t *all = json_pack("{s:o, s:o}", "rows", row_list, "figures", figure_list);
    const bool written =
        all != NULL && json_dump_file(all, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(all);
    return written;
}

#else

bool bench_json(const char *path, const struct bench_row *rows, const struct bench_result *results,
                size_t row_count, const struct bench_figure *figures, size_t figure_count)
{
    (void)path, (void)rows, (void)results, (void)row_count, (void)figures, (void)figure_count;
    fprintf(stderr, "bench: built without jansson\n");
    return false;
}

#endif
