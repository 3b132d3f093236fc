#include "tools/bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_PAIRS = 1000000, IDLE_PAIRS_QUICK = 100000, COPIED = 65536 };

static const char usage[] =
    "usage: drill_bench [--quick] [--strict] [--json FILE] [--instructions FILE]\n"
    "       drill_bench --list [--quick]     the rows whose instructions are worth counting\n"
    "       drill_bench --loop ROW COUNT     sockdrill's side alone, for a profiler\n"
    "--instructions: lines `ROW COUNT`, as tools/bench writes them.  --strict: fails if a goal is\n"
    "missed.\n";

static struct {
    bool quick, strict, list, loop;
    const char *json, *instructions;
} options;

/* Two copies of 64 KiB, there and back through a buffer: what a socket cannot do without. */
static void copy_twice(uint64_t count)
{
    static char out[COPIED], buffer[COPIED], in[COPIED];

    while (count-- > 0) {
        memcpy(buffer, out, sizeof buffer);
        __asm__ volatile("" : : "r"(buffer) : "memory");
        memcpy(in, buffer, sizeof in);
        __asm__ volatile("" : : "r"(in) : "memory");
    }
}

static const struct bench_side copies = {.loop = copy_twice};

/* clang-format off */
static const struct bench_row rows[] = {
    {"ping_tcp", "1-byte ping-pong, TCP",
     &bench_kernel.ping_tcp, &bench_drill.ping_tcp, NULL, 0, 200, 800},
    {"ping_udp", "1-byte ping-pong, UDP",
     &bench_kernel.ping_udp, &bench_drill.ping_udp, NULL, 0, 0, 0},
    {"ping_unix", "1-byte ping-pong, Unix",
     &bench_kernel.ping_unix, &bench_drill.ping_unix, NULL, 0, 0, 0},
    {"connect", "socket connect accept close",
     &bench_kernel.connect, &bench_drill.connect, NULL, 0, 300, 1500},
    {"connect_reset", "the same, ended by a reset",
     &bench_kernel.connect_reset, &bench_drill.connect_reset, NULL, 0, 0, 0},
    {"whole", "listen, echo, last close",
     &bench_kernel.whole, &bench_drill.whole, NULL, 0, 0, 0},
    {"ready_10", "send wait recv, 10 idle",
     &bench_kernel.ready, &bench_drill.ready, NULL, 10, 80, 600},
    {"ready_1000", "send wait recv, 1,000",
     &bench_kernel.ready, &bench_drill.ready, NULL, 1000, 80, 600},
    {"ready_100000", "send wait recv, 100,000",
     &bench_kernel.ready, &bench_drill.ready, NULL, 100000, 80, 0},
    {"ready_1000000", "send wait recv, 1,000,000",
     &bench_kernel.ready, &bench_drill.ready, NULL, 1000000, 80, 0},
    {"block", "64 KiB, send and recv",
     &bench_kernel.block, &bench_drill.block, &copies, 0, 0, 0},
    {"blocking", "ping-pong, threads or tasks",
     &bench_kernel.blocking, &bench_drill.blocking, NULL, 0, 500, 0},
    {"delayed", "the same over a 1 ms link",
     NULL, &bench_drill.delayed, NULL, 0, 0, 1200},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

static struct bench_result results[ROWS];

static const struct bench_row *find_row(const char *key)
{
    for (const struct bench_row *row = rows; row < rows + ROWS; row++)
        if (strcmp(row->key, key) == 0)
            return row;
    fprintf(stderr, "bench: there is no row '%s'\n", key);
    exit(2);
}

static const struct bench_result *result_of(const char *key)
{
    return &results[find_row(key) - rows];
}

static bool is_left_out(const struct bench_row *row)
{
    return options.quick && row->idle > IDLE_PAIRS_QUICK;
}

/* A row with more idle pairs has the same instructions once it is set up, which takes long. */
static bool is_counted(const struct bench_row *row)
{
    return row->idle <= 1000 && (!options.quick || row->instructions_goal > 0);
}

static void list_rows(void)
{
    for (const struct bench_row *row = rows; row < rows + ROWS; row++)
        if (is_counted(row))
            puts(row->key);
}

/* A row that cannot be had ends with status 3. */
static int loop_row(const char *key, const char *count)
{
    const struct bench_row *row = find_row(key);

    if (row->drill->open(row->idle) < 0)
        return 3;
    row->drill->loop(strtoull(count, NULL, 10));
    return 0;
}

static bool read_instructions(const char *path)
{
    FILE *file = fopen(path, "r");
    char key[32];
    double count;

    if (file == NULL)
        return false;
    while (fscanf(file, "%31s %lf", key, &count) == 2)
        results[find_row(key) - rows].instructions = count;
    fclose(file);
    return true;
}

static void measure_rows(void)
{
    const struct bench_pace pace =
        options.quick ? (struct bench_pace){5e6, 2, 2} : (struct bench_pace){20e6, 5, 3};

    bench_report_head(stdout);
    for (size_t i = 0; i < ROWS; i++) {
        const double instructions = results[i].instructions;
        if (is_left_out(&rows[i]))
            continue;
        fprintf(stderr, "bench: %zu of %d: %s\n", i + 1, (int)ROWS, rows[i].label);
        results[i] = bench_measure(&rows[i], &pace);
        results[i].instructions = instructions;
        bench_report_row(stdout, &rows[i], &results[i]);
        fflush(stdout);
    }
}

static double quotient(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static size_t draw_figures(struct bench_figure figures[BENCH_FIGURES],
                           const struct bench_idle *drill, const struct bench_idle *kernel)
{
    const struct bench_result *block = result_of("block"), *delayed = result_of("delayed");
    const struct bench_result *few = result_of("ready_10");
    const struct bench_result *many = result_of(options.quick ? "ready_100000" : "ready_1000000");
    const double million = 1e6 / (double)drill->pairs;
    size_t count = 0;

    figures[count++] =
        (struct bench_figure){"block_of_bound",
                              "64 KiB: of the speed of two memcpys",
                              "%",
                              100 * quotient(block->bound.median_ns, block->drill.median_ns),
                              100 * quotient(block->bound.best_ns, block->drill.best_ns),
                              85,
                              false};
    figures[count++] =
        (struct bench_figure){"events",
                              "1 ms link: deliveries and timers that ran",
                              "million/s",
                              1e3 * quotient(delayed->events, delayed->drill.median_ns),
                              1e3 * quotient(delayed->events, delayed->drill.best_ns),
                              25,
                              false};
    figures[count++] = (struct bench_figure){"ready_flat",
                                             "readiness: most idle pairs against 10",
                                             "times",
                                             quotient(many->drill.median_ns, few->drill.median_ns),
                                             quotient(many->drill.best_ns, few->drill.best_ns),
                                             1.5,
                                             true};
    figures[count++] = (struct bench_figure){"idle_resident",
                                             "idle pair: resident memory",
                                             "bytes",
                                             0,
                                             drill->resident_bytes,
                                             512,
                                             true};
    figures[count++] = (struct bench_figure){
        "idle_live", "idle pair: allocated by the world", "bytes", 0, drill->live_bytes, 0, true};
    figures[count++] = (struct bench_figure){
        "idle_seconds", "a million idle pairs: set up", "s", 0, drill->seconds * million, 2, true};
    figures[count++] = (struct bench_figure){
        "idle_ratio",
        "idle pair: set up by the kernel / by sockdrill",
        "times",
        0,
        quotient(kernel->seconds / (double)kernel->pairs, drill->seconds / (double)drill->pairs),
        0,
        false};
    return count;
}

static int any_missed(const struct bench_figure *figures, size_t count)
{
    for (size_t i = 0; i < ROWS; i++)
        if (!is_left_out(&rows[i]) && bench_row_missed(&rows[i], &results[i]))
            return 1;
    for (size_t i = 0; i < count; i++)
        if (bench_figure_missed(&figures[i]))
            return 1;
    return 0;
}

static int measure(void)
{
    struct bench_figure figures[BENCH_FIGURES];
    const size_t pairs = options.quick ? IDLE_PAIRS_QUICK : IDLE_PAIRS;

    bench_pin(0);
    fprintf(stderr, "bench: %zu idle pairs\n", pairs);
    const struct bench_idle drill = bench_measure_idle(&bench_drill, pairs);
    const struct bench_idle kernel = bench_measure_idle(&bench_kernel, pairs);
    measure_rows();
    const size_t count = draw_figures(figures, &drill, &kernel);
    bench_report_figures(stdout, figures, count);
    printf("\nsockdrill had %zu idle pairs, the kernel at most %zu (RLIMIT_NOFILE).\n", drill.pairs,
           kernel.pairs);
    if (options.json != NULL && !bench_json(options.json, rows, results, ROWS, figures, count)) {
        fprintf(stderr, "bench: cannot write %s\n", options.json);
        return 2;
    }
    return options.strict ? any_missed(figures, count) : 0;
}

static bool read_options(int argc, char **argv)
{
    static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
                                          {"strict", no_argument, NULL, 's'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"loop", no_argument, NULL, 'o'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"instructions", required_argument, NULL, 'i'},
                                          {0}};

    for (int found; (found = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (found) {
        case 'q':
            options.quick = true;
            break;
        case 's':
            options.strict = true;
            break;
        case 'l':
            options.list = true;
            break;
        case 'o':
            options.loop = true;
            break;
        case 'j':
            options.json = optarg;
            break;
        case 'i':
            options.instructions = optarg;
            break;
        default:
            return false;
        }
    }
    return argc - optind == (options.loop ? 2 : 0);
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (options.list) {
        list_rows();
        return 0;
    }
    if (options.loop)
        return loop_row(argv[optind], argv[optind + 1]);
    if (options.instructions != NULL && !read_instructions(options.instructions)) {
        fprintf(stderr, "bench: cannot read %s\n", options.instructions);
        return 2;
    }
    return measure();
}
