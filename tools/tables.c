#include "tools/tables.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/options.h"

enum { ERRNO_LAST = 4095, WORD = 16 }; /* MAX_ERRNO of Linux */

enum drill_status drill_command_calls(const struct drill_request *request)
{
    (void)request;
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
    return DRILL_STATUS_PASSED;
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

enum drill_status drill_command_options(const struct drill_request *request)
{
    (void)request;
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
    return DRILL_STATUS_PASSED;
}

/* Where a fault strikes, as its row has it and in words. */
static const char *const places[][2] = {
    {"CALL", "any call"},
    {"READS", "recv and read"},
    {"WRITES", "send and write"},
    {"MOVES", "recv read send write"},
    {"WAITS", "calls that may wait"},
    {"ACCEPT", "accept"},
    {"RESOLVE", "lookups of names"},
    {"OPENS", "socket and accept"},
    {"READY", "poll and epoll_wait"},
    {"EPOLL", "epoll_wait"},
    {"TIMER", "waits until a time"},
    {"TASK", "who runs next"},
    {"PACKET", "packets"},
    {"SEGMENT", "data of TCP"},
    {"SYN", "the first packet of TCP"},
    {"DATAGRAM", "datagrams of UDP"},
    {"LINK", "links"},
    {"HOST", "hosts"},
    {"CLOCK", "wall clocks"},
    {"RESOURCE", "limits of a host"},
};

const char *drill_table_place(const char *place)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i][0], place) == 0)
            return places[i][1];
    return place;
}

const char *drill_table_lower(const char *word, char *text, size_t size)
{
    size_t at = 0;

    for (; at + 1 < size && word[at] != '\0'; at++)
        text[at] = (char)tolower((unsigned char)word[at]);
    text[at] = '\0';
    return strcmp(text, "nothing") == 0 ? "-" : text;
}

static const struct drill_table_fault faults[] = {
#define FAULT(name, place, parameter, family, mode, standard, text)                                \
    {#name, #place, #parameter, #family, #mode, standard, text},
#include "emu/faults.def"
#undef FAULT
    {0},
};

const struct drill_table_fault *drill_table_faults(void)
{
    return faults;
}

enum drill_status drill_command_faults(const struct drill_request *request)
{
    (void)request;
    printf("%-15s %-23s %-9s %-11s %-8s  %s\n", "fault", "where", "parameter", "family", "mode",
           "what happens; the rule that stands for it");
    for (const struct drill_table_fault *row = faults; row->name != NULL; row++) {
        char parameter[WORD], mode[WORD];
        printf("%-15s %-23s %-9s %-11s %-8s  %s\n", row->name, drill_table_place(row->place),
               drill_table_lower(row->parameter, parameter, sizeof parameter), row->family,
               drill_table_lower(row->mode, mode, sizeof mode), row->text);
        printf("%-72s%s%s\n", "", row->standard[0] != '\0' ? "by itself: " : "only on demand",
               row->standard);
    }
    puts("\n"
         "faithful  what Linux does on such a network\n"
         "hostile   what the standards allow, where Linux does not do it\n"
         "\n"
         "A rule is [LABEL:] FAULT [PARAMETER] [KEY VALUE]..., and its keys are\n"
         "  parameters  error bytes delay rate number drift enter leave as\n"
         "  where       call kind host peer task address port fd side offset name\n"
         "  when        skip nth every count burst list mask chance from to for after each off\n"
         "  how         hostile force");
    return DRILL_STATUS_PASSED;
}

enum drill_status drill_command_errnos(const struct drill_request *request)
{
    (void)request;
    printf("%6s %-16s %s\n", "number", "errno", "meaning");
    for (int error = 1; error <= ERRNO_LAST; error++)
        if (drill_errname_find(drill_errname(error)) == error)
            printf("%6d %-16s %s\n", error, drill_errname(error), strerror(error));
    return DRILL_STATUS_PASSED;
}
