#include "tools/command.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/request.h"

#define ANY ((size_t)-1)

static const struct drill_command_row rows[] = {
    {"run", "SCENARIO...", 1, ANY, drill_command_run,
     "Runs each scenario once, with one seed, and prints a table."},
    {"explore", "SCENARIO...", 1, ANY, drill_command_explore,
     "Runs each scenario with many seeds, or with each fault at each place, on all cores."},
    {"replay", "LOG", 1, 1, drill_command_replay, "Runs what a log tells, decision for decision."},
    {"shrink", "LOG", 1, 1, drill_command_shrink,
     "Finds the shortest log that still finds the same, and writes it as a log and a scenario."},
    {"check", "SCENARIO", 1, 1, drill_command_check,
     "Runs a seed twice, and prints the first line of the trace that differs."},
    {"merge", "JSON...", 1, ANY, drill_command_merge,
     "Makes of the reports of all shards the one report of the whole."},
    {"faults", NULL, 0, 0, drill_command_faults, "Lists what a rule can do, and where."},
    {"calls", NULL, 0, 0, drill_command_calls,
     "Lists the calls, by the names that traces and rules have for them."},
    {"options", NULL, 0, 0, drill_command_options,
     "Lists the options of sockets, and whether they have their effect."},
    {"errnos", NULL, 0, 0, drill_command_errnos,
     "Lists the errnos by number and name, as traces show them."},
    {"man", NULL, 0, 0, drill_command_man, "Prints the manual page sockdrill(1)."},
    {"version", NULL, 0, 0, drill_command_version, "Prints the version of sockdrill."},
    {0},
};

const char *drill_status_text(enum drill_status status)
{
    static const char *const texts[] = {
        [DRILL_STATUS_PASSED] = "passed",
        [DRILL_STATUS_FOUND] = "something was found, or differs",
        [DRILL_STATUS_INPUT] = "wrong arguments, or a file that cannot be read as what it is",
        [DRILL_STATUS_INTERNAL] = "no memory, no process, or a file that cannot be written",
        [DRILL_STATUS_STOPPED] = "interrupted; the report says how far it came",
    };

    return texts[status];
}

const struct drill_command_row *drill_command_rows(void)
{
    return rows;
}

enum drill_status drill_command_version(const struct drill_request *request)
{
    (void)request;
    puts("sockdrill " DRILL_VERSION);
    return DRILL_STATUS_PASSED;
}

static void print_help(void)
{
    puts("Usage: sockdrill COMMAND [OPTION...] [ARGUMENT...]\n"
         "Finds what a network can do to a program: runs scenarios on sockdrill's virtual "
         "network.\n");
    for (const struct drill_command_row *row = rows; row->name != NULL; row++)
        printf("  %-9s %s\n", row->name, row->text);
    puts("\n"
         "  -h, --help     this text; after a command: its options\n"
         "  -V, --version  as version\n"
         "\n"
         "Exit status:");
    for (int status = 0; status < DRILL_STATUSES; status++)
        printf("  %d  %s\n", status, drill_status_text((enum drill_status)status));
}

static enum drill_status refuse(const char *what, const char *argument)
{
    fprintf(stderr, "sockdrill: %s%s; sockdrill --help tells what there is\n", what, argument);
    return DRILL_STATUS_INPUT;
}

/* What could not be printed was not done. */
static enum drill_status finish(enum drill_status status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    perror("sockdrill: standard output");
    return DRILL_STATUS_INTERNAL;
}

int drill_command(int argc, char **argv, const struct drill_scenario *scenarios, size_t count)
{
    struct drill_request request = {.own = scenarios, .own_count = count, .command = rows};

    argp_err_exit_status = DRILL_STATUS_INPUT;
    if (argc < 2)
        return (int)refuse("no command was given", "");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return (int)finish(DRILL_STATUS_PASSED);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return (int)finish(drill_command_version(&request));
    while (request.command->name != NULL && strcmp(request.command->name, argv[1]) != 0)
        request.command++;
    if (request.command->name == NULL)
        return (int)refuse("no such command: ", argv[1]);
    drill_request_read(&request, argc - 1, argv + 1);
    return (int)finish(request.command->run(&request));
}
