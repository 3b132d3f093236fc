/*
 * tools/command_man.c - `sockdrill man`: the manual page, made from the tables of commands, options
 * and faults.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/tables.h"

enum { WORD = 16 };

/* A text whose signs mean nothing to roff. */
static void print_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++)
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
}

static void print_commands(void)
{
    puts(".SH COMMANDS");
    for (const struct drill_command_row *row = drill_command_rows(); row->name != NULL; row++) {
        fputs(".TP\n.B ", stdout);
        print_text(row->name);
        if (row->arguments != NULL) {
            fputs(" \\fI", stdout);
            print_text(row->arguments);
            fputs("\\fR", stdout);
        }
        putchar('\n');
        print_text(row->text);
        putchar('\n');
    }
}

static void print_options(void)
{
    puts(".SH OPTIONS");
    for (const struct drill_option_text *row = drill_option_texts(); row->name != NULL; row++) {
        fputs(".TP\n.B \\-\\-", stdout);
        print_text(row->name);
        if (row->argument != NULL) {
            fputs(" \\fI", stdout);
            print_text(row->argument);
            fputs("\\fR", stdout);
        }
        fputs(" \\fR(", stdout);
        print_text(row->commands);
        puts(")");
        putchar(toupper((unsigned char)row->text[0]));
        print_text(row->text + 1);
        puts(".");
    }
}

static void print_statuses(void)
{
    puts(".SH EXIT STATUS");
    for (int status = 0; status < DRILL_STATUSES; status++)
        printf(".TP\n.B %d\n%s\n", status, drill_status_text((enum drill_status)status));
}

static void print_faults(void)
{
    puts(".SH FAULTS\n"
         "A rule is [LABEL:] FAULT [PARAMETER] [KEY VALUE]...; the rule below a fault stands for "
         "it\n"
         "where none was written.");
    for (const struct drill_table_fault *row = drill_table_faults(); row->name != NULL; row++) {
        char parameter[WORD], mode[WORD];
        drill_table_lower(row->parameter, parameter, sizeof parameter);
        drill_table_lower(row->mode, mode, sizeof mode);
        printf(".TP\n.B ");
        print_text(row->name);
        if (strcmp(parameter, "-") != 0)
            printf(" \\fI%s\\fR", parameter);
        printf("\n(%s; of %s, %s) ", drill_table_place(row->place), row->family, mode);
        print_text(row->text);
        putchar('\n');
        if (row->standard[0] != '\0') {
            fputs(".br\n\\fC", stdout);
            print_text(row->standard);
            puts("\\fR");
        }
    }
}

enum drill_status drill_command_man(const struct drill_request *request)
{
    (void)request;
    puts(".TH SOCKDRILL 1 \"\" \"sockdrill " DRILL_VERSION "\" \"User Commands\"\n"
         ".SH NAME\n"
         "sockdrill \\- finds what a network can do to a program\n"
         ".SH SYNOPSIS\n"
         ".B sockdrill\n"
         ".I COMMAND\n"
         "[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
         ".SH DESCRIPTION\n"
         "Runs scenarios on sockdrill's virtual network, in one process and in virtual time.\n"
         "A seed decides a run, and so does a log of its decisions: the same seed, or the same\n"
         "log, is the same run. What a run finds comes back as a log, which replays it.");
    print_commands();
    print_options();
    print_statuses();
    print_faults();
    puts(".SH FILES\n"
         ".TP\n.I NAME.drill\nA scenario.\n"
         ".TP\n.I NAME.trace\nIts golden trace: \\fBrun\\fR compares with it.\n"
         ".TP\n.I sockdrill\\-logs/\nThe logs of findings.\n"
         ".SH ENVIRONMENT\n"
         ".TP\n.B SOCKDRILL_PATH\nFolders in which libraries of subjects are looked for.");
    return DRILL_STATUS_PASSED;
}
