#include "tools/bench_explore.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 9, SAMPLES_QUICK = 3 };

static const char usage[] =
    "usage: drill_bench_explore [--quick] [--strict] [--json FILE] SCENARIO DELAYED\n"
    "--quick: fewer and shorter samples.  --strict: fails if a goal is missed.\n";

static struct {
    bool quick, strict;
    const char *json;
} options;

struct samples {
    double values[SAMPLES];
    int count;
};

enum { SEEDS, DELAYED, ISOLATED, SHRINK, TEST, CALM, RULED, KINDS };

double bench_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_broken(const char *what)
{
    fprintf(stderr, "bench: failed: %s\n", what);
    exit(EXIT_FAILURE);
}

static void note(struct samples *self, double value)
{
    self->values[self->count++] = value;
}

static int ascending(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void take_samples(const struct drill_text *exchange, const struct drill_text *delayed,
                         struct samples samples[KINDS])
{
    const struct drill_scenario *scenario = drill_text_scenario(exchange);
    const int rounds = options.quick ? SAMPLES_QUICK : SAMPLES;
    const uint64_t scale = options.quick ? 1 : 4;

    for (int i = 0; i < rounds; i++) {
        const uint64_t first = (uint64_t)i * 10000 * scale + 1;
        fprintf(stderr, "bench: exploring: %d of %d\n", i + 1, rounds);
        note(&samples[SEEDS], bench_seeds(scenario, first, 5000 * scale, false));
        note(&samples[DELAYED],
             bench_seeds(drill_text_scenario(delayed), first, 5000 * scale, false));
        note(&samples[ISOLATED], bench_seeds(scenario, first, 250 * scale, true));
        note(&samples[SHRINK], bench_shrink());
        const struct bench_door door = bench_door(500000 * scale);
        note(&samples[TEST], door.test);
        note(&samples[CALM], door.calm);
        note(&samples[RULED], door.ruled);
    }
    for (int kind = 0; kind < KINDS; kind++)
        qsort(samples[kind].values, (size_t)rounds, sizeof samples[kind].values[0], ascending);
}

static struct bench_figure draw(const struct samples *samples, struct bench_figure figure)
{
    figure.median = samples->values[samples->count / 2];
    figure.best = samples->values[figure.at_most ? 0 : samples->count - 1];
    return figure;
}

static size_t draw_figures(const struct samples samples[KINDS],
                           struct bench_figure figures[BENCH_FIGURES])
{
    const struct bench_figure seeds = {.key = "seeds",
                                       .label = "seeds of 20 exchanges, one process",
                                       .unit = "a second",
                                       .goal = 50000};
    const struct bench_figure delayed = {
        .key = "seeds_delayed", .label = "the same over a 1 ms link", .unit = "a second"};
    const struct bench_figure isolated = {.key = "seeds_isolated",
                                          .label = "the first, a process each",
                                          .unit = "a second",
                                          .goal = 2000};
    const struct bench_figure shrink = {.key = "shrink",
                                        .label = "shrink 1,000 decisions to 3",
                                        .unit = "s",
                                        .goal = 2,
                                        .at_most = true};
    const struct bench_figure test = {.key = "door_test",
                                      .label = "a call without rules: what the door asks",
                                      .unit = "ns",
                                      .goal = 3,
                                      .at_most = true};
    const struct bench_figure calm = {.key = "door_calm",
                                      .label = "a call without rules: all of it",
                                      .unit = "ns",
                                      .at_most = true};
    struct bench_figure ruled = {.key = "door_ruled",
                                 .label = "100 rules that do not match: a call more",
                                 .unit = "ns",
                                 .goal = 40,
                                 .at_most = true};
    size_t count = 0;

    figures[count++] = draw(&samples[SEEDS], seeds);
    figures[count++] = draw(&samples[DELAYED], delayed);
    figures[count++] = draw(&samples[ISOLATED], isolated);
    figures[count++] = draw(&samples[SHRINK], shrink);
    figures[count++] = draw(&samples[TEST], test);
    figures[count++] = draw(&samples[CALM], calm);
    ruled = draw(&samples[RULED], ruled);
    ruled.median -= figures[count - 1].median;
    ruled.best -= figures[count - 1].best;
    figures[count++] = ruled;
    return count;
}

static int measure(char *const paths[2])
{
    struct drill_text *exchange = drill_text_read(paths[0], stderr);
    struct drill_text *delayed = drill_text_read(paths[1], stderr);
    struct bench_figure figures[BENCH_FIGURES];
    struct samples samples[KINDS] = {0};
    int missed = 0;

    if (exchange == NULL || delayed == NULL)
        return 2;
    take_samples(exchange, delayed, samples);
    drill_text_free(delayed);
    drill_text_free(exchange);
    const size_t count = draw_figures(samples, figures);
    bench_report_figures(stdout, figures, count);
    if (options.json != NULL && !bench_json(options.json, NULL, NULL, 0, figures, count)) {
        fprintf(stderr, "bench: cannot write %s\n", options.json);
        return 2;
    }
    for (size_t i = 0; options.strict && i < count; i++)
        missed |= bench_figure_missed(&figures[i]);
    return missed;
}

static bool read_options(int argc, char **argv)
{
    static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
                                          {"strict", no_argument, NULL, 's'},
                                          {"json", required_argument, NULL, 'j'},
                                          {0}};

    for (int found; (found = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (found) {
        case 'q':
            options.quick = true;
            break;
        case 's':
            options.strict = true;
            break;
        case 'j':
            options.json = optarg;
            break;
        default:
            return false;
        }
    }
    return argc - optind == 2;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    return measure(argv + optind);
}
