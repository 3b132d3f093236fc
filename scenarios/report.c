#include "scenarios/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void drill_report_begin(const struct drill_order *order, size_t number, size_t count)
{
    const char *protocol = order->protocol->name;
    const char *network = drill_networks[order->network].name;

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K[%2zu/%zu] %s over %s", number, count, protocol, network);
    else
        fprintf(stderr, "[%2zu/%zu] %s over %s\n", number, count, protocol, network);
    fflush(stderr);
}

void drill_report_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

void drill_report_head(void)
{
    printf("%-8s  %-9s  %-32s  %10s  %9s  %s\n", "protocol", "network", "result", "virtual", "wall",
           "retried");
}

void drill_report_row(const struct drill_order *order, const struct drill_finding *finding)
{
    char retried[48] = "-";
    int size = 0;

    if (finding->segments > 0)
        size = snprintf(retried, sizeof retried, "%" PRIu64 " packets%s", finding->segments,
                        finding->retries > 0 ? ", " : "");
    if (finding->retries > 0)
        snprintf(retried + size, sizeof retried - (size_t)size, "%" PRIu64 " tries",
                 finding->retries);
    printf("%-8s  %-9s  %-32.32s  %8.3f s  %6.1f ms  %.22s\n", order->protocol->name,
           drill_networks[order->network].name, finding->text,
           (double)finding->virtual_ns / DRILL_SECOND, (double)finding->wall_ns / DRILL_MS,
           retried);
    fflush(stdout);
}

void drill_report_again(const struct drill_order *order, const struct drill_finding *finding)
{
    printf("\n%s over %s: %s\n  drills --only %s --network %s --seed %" PRIu64,
           order->protocol->name, drill_networks[order->network].name, finding->text,
           order->protocol->name, drill_networks[order->network].name, order->seed);
    if (drill_networks[order->network].ways > 0)
        printf(" --step %" PRIu64, finding->step);
    puts(" --trace");
}
