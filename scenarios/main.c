/*
 * scenarios/main.c - the main job: every protocol over every network, each drill in worlds of its
 * own.
 *
 * Fails if a protocol has broken its contract.  A drill that keeps the machine busy for a minute is
 * taken for one that never ends.
 */
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios/report.h"

static const struct drill_protocol *const protocols[] = {
#ifdef HAVE_NGHTTP2
    &drill_http2_protocol,
#endif
#ifdef HAVE_OPENSSL
    &drill_tls12_protocol, &drill_tls13_protocol,
#endif
    &drill_line_protocol,  &drill_udp_protocol,
};

enum { PROTOCOLS = sizeof protocols / sizeof protocols[0], STEP = 256, HANG_SECONDS = 60 };

struct choice {
    const char *protocol, *network; /* NULL: all */
    struct drill_order order;
    bool list;
};

static const struct argp_option options[] = {
    {"only", 'o', "PROTOCOL", 0, "Drill only this protocol", 0},
    {"network", 'n', "NETWORK", 0, "Drill only over this network", 0},
    {"seed", 's', "N", 0, "What decides each loss (1)", 0},
    {"step", STEP, "N", 0, "Of a sweep run only step N", 0},
    {"trace", 't', NULL, 0, "Write every call and packet to standard output", 0},
    {"list", 'l', NULL, 0, "List protocols and networks, and do nothing", 0},
    {0},
};

static bool is_known(int key, const char *name)
{
    for (size_t i = 0; key == 'o' && i < PROTOCOLS; i++)
        if (strcmp(protocols[i]->name, name) == 0)
            return true;
    for (size_t i = 0; key == 'n' && i < DRILL_NETWORKS; i++)
        if (strcmp(drill_networks[i].name, name) == 0)
            return true;
    return false;
}

static uint64_t number(struct argp_state *state, const char *text)
{
    char *end;
    const uint64_t value = strtoull(text, &end, 10);

    if (end == text || *end != '\0')
        argp_error(state, "'%s' is no number", text);
    return value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct choice *choice = state->input;

    switch (key) {
    case 'o':
    case 'n':
        if (!is_known(key, argument))
            argp_error(state, "'%s' is not known; --list tells what is", argument);
        *(key == 'o' ? &choice->protocol : &choice->network) = argument;
        return 0;
    case 's':
        choice->order.seed = number(state, argument);
        return 0;
    case STEP:
        choice->order.step = number(state, argument);
        return 0;
    case 't':
        choice->order.trace = true;
        return 0;
    case 'l':
        choice->list = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int list(void)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        printf("%-10s %s\n", protocols[i]->name, protocols[i]->text);
    putchar('\n');
    for (size_t i = 0; i < DRILL_NETWORKS; i++)
        printf("%-10s %s\n", drill_networks[i].name, drill_networks[i].text);
    return EXIT_SUCCESS;
}

static void hangs(int signal)
{
    static const char message[] = "\ndrills: it does not end\n";

    (void)signal;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

/* The drills that were chosen, in the order of the table: how many. */
static size_t gather(const struct choice *choice,
                     struct drill_order orders[PROTOCOLS * DRILL_NETWORKS])
{
    size_t count = 0;

    for (size_t p = 0; p < PROTOCOLS; p++)
        for (size_t n = 0; n < DRILL_NETWORKS; n++) {
            if (choice->protocol != NULL && strcmp(choice->protocol, protocols[p]->name) != 0)
                continue;
            if (choice->network != NULL && strcmp(choice->network, drill_networks[n].name) != 0)
                continue;
            orders[count] = choice->order;
            orders[count].protocol = protocols[p];
            orders[count++].network = (enum drill_network_id)n;
        }
    return count;
}

/* One drill after the other: how many contracts were broken. */
static size_t run(const struct drill_order *orders, size_t count, struct drill_finding *findings)
{
    size_t broken = 0;

    for (size_t i = 0; i < count; i++) {
        drill_report_begin(&orders[i], i + 1, count);
        alarm(HANG_SECONDS);
        findings[i] = drill_run_order(&orders[i]);
        broken += findings[i].broken;
    }
    alarm(0);
    drill_report_end();
    return broken;
}

static void report(const struct drill_order *orders, size_t count,
                   const struct drill_finding *findings)
{
    drill_report_head();
    for (size_t i = 0; i < count; i++)
        drill_report_row(&orders[i], &findings[i]);
    for (size_t i = 0; i < count; i++)
        if (findings[i].broken)
            drill_report_again(&orders[i], &findings[i]);
}

static bool prepare(void)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (protocols[i]->set_up != NULL && !protocols[i]->set_up()) {
            fprintf(stderr, "drills: %s could not be set up\n", protocols[i]->name);
            return false;
        }
    signal(SIGALRM, hangs);
    return true;
}

int main(int count, char **arguments)
{
    static const struct argp parser = {
        options, parse, NULL, "Drills real protocols over bad networks, in virtual time.",
        NULL,    NULL,  NULL};
    struct drill_order orders[PROTOCOLS * DRILL_NETWORKS];
    struct drill_finding findings[PROTOCOLS * DRILL_NETWORKS];
    struct choice choice = {.order = {.seed = 1, .step = DRILL_WHOLE_SWEEP}};

    argp_parse(&parser, count, arguments, 0, NULL, &choice);
    if (choice.list)
        return list();
    if (!prepare())
        return EXIT_FAILURE;
    const size_t chosen = gather(&choice, orders);
    const size_t broken = run(orders, chosen, findings);
    report(orders, chosen, findings);
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (protocols[i]->tear_down != NULL)
            protocols[i]->tear_down();
    return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
