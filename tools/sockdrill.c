/*
 * tools/sockdrill.c - the sockdrill command: shows what the virtual network models.
 *
 * Each table is printed from the rows that the network itself is built from, so it cannot say
 * anything else.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/options.h"

enum { EXIT_USAGE = 2, ERRNO_LAST = 4095 }; /* MAX_ERRNO of Linux */

static void print_calls(void)
{
    static const char *const rows[][3] = {
#define CALL(name, on, waits, shows) {#name, #on, #waits},
#include "emu/calls.def"
#undef CALL
    };

    printf("%-20s %-12s %s\n", "call", "acts on", "may wait until");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *on = "-", *waits = "-";
        if (strcmp(rows[i][1], "NONE") != 0)
            on = strcmp(rows[i][1], "SOCK") == 0 ? "a socket" : "a descriptor";
        if (strcmp(rows[i][2], "NOTHING") != 0)
            waits = strcmp(rows[i][2], "IN") == 0 ? "it is readable" : "it is writable";
        printf("%-20s %-12s %s\n", rows[i][0], on, waits);
    }
}

/* Sockets of IPv4 and IPv6 are told apart only where one of the two lacks the option. */
static void print_kinds(unsigned kinds)
{
    static const struct {
        unsigned kinds;
        const char *name;
    } groups[] = {
        {1 << DRILL_KIND_TCP4 | 1 << DRILL_KIND_TCP6, "tcp"},
        {1 << DRILL_KIND_TCP4, "tcp4"},
        {1 << DRILL_KIND_TCP6, "tcp6"},
        {1 << DRILL_KIND_UDP4 | 1 << DRILL_KIND_UDP6, "udp"},
        {1 << DRILL_KIND_UDP4, "udp4"},
        {1 << DRILL_KIND_UDP6, "udp6"},
        {1 << DRILL_KIND_RAW4 | 1 << DRILL_KIND_RAW6, "raw"},
        {1 << DRILL_KIND_RAW4, "raw4"},
        {1 << DRILL_KIND_RAW6, "raw6"},
        {1 << DRILL_KIND_UNIX_STREAM | 1 << DRILL_KIND_UNIX_DGRAM | 1 << DRILL_KIND_UNIX_SEQPACKET,
         "unix"},
        {1 << DRILL_KIND_UNIX_STREAM, "unix-stream"},
        {1 << DRILL_KIND_UNIX_DGRAM, "unix-dgram"},
        {1 << DRILL_KIND_UNIX_SEQPACKET, "unix-seqpacket"},
    };

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if ((kinds & groups[i].kinds) == groups[i].kinds) {
            printf(" %s", groups[i].name);
            kinds &= ~groups[i].kinds;
        }
}

static const char *effect(uint8_t mode)
{
    static const char *const effects[] = {
        [DRILL_MODE_SIMULATED] = "simulated", [DRILL_MODE_STORED] = "stored",
        [DRILL_MODE_STATE] = "read only",     [DRILL_MODE_PROTOCOL] = "protocol",
        [DRILL_MODE_ABSENT] = "absent",
    };

    return effects[mode];
}

static void print_options(void)
{
    static const char *const names[][2] = {
#define OPTION(name, level, ...) {#level, #name},
#include "emu/options.def"
#undef OPTION
    };

    printf("%-12s %-28s %6s %-9s  %s\n", "level", "option", "number", "effect", "sockets");
    for (size_t i = 0; i < DRILL_OPTION_COUNT; i++) {
        const struct drill_option_row *row = &drill_option_rows[i];
        printf("%-12s %-28s %6d %-9s ", names[i][0], names[i][1], row->number, effect(row->mode));
        print_kinds(row->kinds);
        putchar('\n');
    }
    puts("\n"
         "simulated  has the effect it has on Linux, if a program can see one\n"
         "stored     taken and given back; each use is counted\n"
         "read only  tells the state of the socket\n"
         "protocol   left to the protocol: memberships of groups, and the filter of ICMPv6\n"
         "absent     not modelled: refused as Linux refuses it, and counted");
}

static void print_faults(void)
{
    static const char *const rows[][6] = {
#define FAULT(name, place, parameter, family, mode, standard, text)                                \
    {#name, #place, #parameter, #family, #mode, text},
#include "emu/faults.def"
#undef FAULT
    };

    printf("%-14s %-9s %-9s %-11s %-8s  %s\n", "fault", "where", "takes", "family", "mode",
           "what happens");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("%-14s %-9s %-9s %-11s %-8s  %s\n", rows[i][0], rows[i][1], rows[i][2], rows[i][3],
               rows[i][4], rows[i][5]);
}

static void print_errnos(void)
{
    printf("%6s %-16s %s\n", "number", "errno", "meaning");
    for (int error = 1; error <= ERRNO_LAST; error++)
        if (drill_errname_find(drill_errname(error)) == error)
            printf("%6d %-16s %s\n", error, drill_errname(error), strerror(error));
}

static void print_version(void)
{
    puts("sockdrill " DRILL_VERSION);
}

static const struct command {
    const char *name;
    void (*run)(void);
    const char *text;
} commands[] = {
    {"calls", print_calls, "the calls by the names that traces and faults have for them"},
    {"options", print_options, "the options of sockets, and whether they have their effect"},
    {"faults", print_faults, "what struct drill_fault can do to a call"},
    {"errnos", print_errnos, "the errnos by number and name, as traces show them"},
    {"version", print_version, "the version of sockdrill"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    puts("Usage: sockdrill COMMAND\n"
         "Shows what sockdrill's virtual network models.\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].text);
    puts("\n"
         "  -h, --help     this text\n"
         "  -V, --version  as version\n"
         "\n"
         "Exit status: 0 done, 1 standard output could not be written, 2 wrong arguments.");
}

static int refuse(const char *what, const char *argument)
{
    fprintf(stderr, "sockdrill: %s%s; sockdrill --help tells what there is\n", what, argument);
    return EXIT_USAGE;
}

static int finish(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return EXIT_SUCCESS;
    perror("sockdrill: standard output");
    return EXIT_FAILURE;
}

static int run_command(int count, char **arguments)
{
    if (count == 0)
        return refuse("no command was given", "");
    if (count > 1)
        return refuse("one command is enough: ", arguments[1]);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(arguments[0], commands[i].name) == 0) {
            commands[i].run();
            return finish();
        }
    return refuse("no such command: ", arguments[0]);
}

int main(int count, char **arguments)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};

    switch (getopt_long(count, arguments, "hV", options, NULL)) {
    case 'h':
        print_help();
        return finish();
    case 'V':
        print_version();
        return finish();
    case -1:
        return run_command(count - optind, arguments + optind);
    default:
        return refuse("wrong option", "");
    }
}
