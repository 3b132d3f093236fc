/*
 * scenarios/subjects/greet.c - a protocol in which the server may speak first, as in SMTP.
 *
 *   greet_server [at=10.0.0.1:7] [patience=5s]
 *   greet_client [to=10.0.0.1:7] [wait=200ms] [commands=2] [patience=5s]
 *
 * The server greets with a line that begins with "220", and answers each command with "250" and
 * the command.  The client waits a little for the greeting, but then speaks.  What they know to do
 * wrong:
 *
 *   bug=drain   the server throws away what was there before it has greeted
 *   bug=first   the client takes the first line that comes for the answer, once it has waited
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { LINE = 64, POLL_IN = 1 };

static int write_line(int fd, const char *word, const char *rest)
{
    char line[LINE];
    const int length = snprintf(line, sizeof line, "%s %s\n", word, rest);

    return kit_send_all(fd, line, length < LINE ? (size_t)length : LINE - 1);
}

struct habits {
    int64_t patience_ns;
    bool drain;
};

static void serve(int fd, void *context)
{
    const struct habits *habits = context;
    char line[LINE];

    while (habits->drain && drill_recvfrom(fd, line, sizeof line, MSG_DONTWAIT, NULL) > 0)
        continue;
    kit_patience(fd, habits->patience_ns);
    if (write_line(fd, "220", "hi") < 0)
        return;
    while (kit_recv_line(fd, line, sizeof line) >= 0 && write_line(fd, "250", line) == 0)
        kit_patience(fd, habits->patience_ns);
}

SUBJECT(greet_server)
{
    struct habits habits = {
        .patience_ns = kit_time(argc, argv, "patience", 5 * DRILL_SECOND),
        .drain = kit_bug(argc, argv, "drain"),
    };

    return kit_status(kit_serve(argc, argv, serve, &habits));
}

/* Whether something has come within a time: 1 or 0. */
static int listen_for(int fd, int64_t until_ns)
{
    struct drill_pollfd ready = {.fd = fd, .events = POLL_IN};
    int result;

    do
        result = drill_poll(&ready, 1, until_ns);
    while (result == -EINTR || result == -EAGAIN);
    return result;
}

/* A command and its answer; a greeting may still come before it. */
static int command(int fd, int number, bool *greeted)
{
    char line[LINE], text[LINE];

    snprintf(text, sizeof text, "command %d", number);
    int result = kit_send_all(fd, text, strlen(text));
    if (result == 0)
        result = kit_send_all(fd, "\n", 1);
    if (result == 0)
        result = (int)kit_recv_line(fd, line, sizeof line);
    if (result >= 0 && !*greeted && strncmp(line, "220 ", 4) == 0) {
        *greeted = true;
        drill_reached("spoke-first");
        result = (int)kit_recv_line(fd, line, sizeof line);
    }
    if (result >= 0 && (strncmp(line, "250 ", 4) != 0 || strcmp(line + 4, text) != 0))
        drill_broken("%s was answered with %s", text, line);
    return result;
}

SUBJECT(greet_client)
{
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    const int64_t wait = kit_time(argc, argv, "wait", 200 * DRILL_MS);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);
    char line[LINE];

    if (fd < 0)
        return kit_status(fd);
    int result = listen_for(fd, drill_monotonic() + wait);
    bool greeted = result > 0 || kit_bug(argc, argv, "first");
    kit_patience(fd, patience);
    if (result > 0)
        result = (int)kit_recv_line(fd, line, sizeof line);
    for (int i = 0; i < kit_number(argc, argv, "commands", 2) && result >= 0; i++) {
        kit_patience(fd, patience);
        result = command(fd, i, &greeted);
    }
    drill_close(fd);
    return kit_status(result);
}
