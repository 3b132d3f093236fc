/*
 * scenarios/subjects/ask.c - a question, an answer, and the end of the connection.
 *
 *   ask_server [at=10.0.0.1:7] [work=20ms] [drain=2s]
 *   ask_client [to=10.0.0.1:7] [questions=1] [body=0] [half=0] [patience=5s]
 *
 * A question is a line that ends with the size of a body, which follows; its answer is a line with
 * the same words, or "too large" and the end: the server does not want bodies beyond 16 bytes, and
 * reads them only in order that its answer is not lost, for so long as `drain`.  With `half` the
 * client says that it has no more questions before the answers have come.  The server knows these
 * mistakes:
 *
 *   bug=hangup         who will ask no more is not answered either
 *   bug=hasty          it closes while there is something that it has not read
 *   bug=drain-for-ever it reads until the other end has closed, whenever that is
 *
 * and the client this one:
 *
 *   bug=late-error     what comes behind the whole answer may still make it void
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenarios/subjects/kit.h"

enum { LINE = 64, BODY_MAX = 16 };

struct desk {
    int64_t work_ns, drain_ns;
    bool hangup, hasty;
};

/* After our own end, until theirs: so nothing is unread when the descriptor is closed. */
static void drain(const struct desk *self, int fd)
{
    char rest[LINE];
    ssize_t got;

    drill_shutdown(fd, SHUT_WR);
    kit_patience(fd, self->drain_ns);
    do
        got = drill_recvfrom(fd, rest, sizeof rest, 0, NULL);
    while (got > 0 || got == -EINTR);
    if (got == -EAGAIN)
        drill_reached("gave-up");
}

static bool is_gone(int fd)
{
    char byte;

    return drill_recvfrom(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT, NULL) == 0;
}

/* One question: whether there may be another. */
static bool answer(const struct desk *self, int fd)
{
    static const char too_large[] = "too large\n";
    char line[LINE], body[BODY_MAX];
    ssize_t length;

    kit_patience(fd, 5 * DRILL_SECOND);
    if ((length = kit_recv_line(fd, line, sizeof line - 1)) < 0)
        return false;
    const char *number = strrchr(line, ' ');
    const int64_t size = number != NULL ? strtoll(number, NULL, 10) : 0;
    if (size < 0 || size > BODY_MAX) {
        if (kit_send_all(fd, too_large, sizeof too_large - 1) == 0 && !self->hasty)
            drain(self, fd);
        return false;
    }
    if (kit_recv_all(fd, body, (size_t)size) < 0)
        return false;
    drill_sleep(self->work_ns);
    if (is_gone(fd)) {
        drill_reached("half-closed");
        if (self->hangup)
            return false;
    }
    line[length] = '\n';
    return kit_send_all(fd, line, (size_t)length + 1) == 0;
}

static void serve(int fd, void *context)
{
    while (answer(context, fd))
        continue;
}

SUBJECT(ask_server)
{
    struct desk self = {.work_ns = kit_time(argc, argv, "work", 20 * DRILL_MS),
                        .drain_ns = kit_time(argc, argv, "drain", 2 * DRILL_SECOND),
                        .hangup = kit_bug(argc, argv, "hangup"),
                        .hasty = kit_bug(argc, argv, "hasty")};

    if (kit_bug(argc, argv, "drain-for-ever"))
        self.drain_ns = 0;
    return kit_status(kit_serve(argc, argv, serve, &self));
}

static int read_answer(int fd, int64_t question, size_t body)
{
    char expected[LINE], line[LINE];
    const ssize_t got = kit_recv_line(fd, line, sizeof line);

    if (got < 0)
        return (int)got;
    snprintf(expected, sizeof expected, "ask %lld %zu", (long long)question, body);
    if (strcmp(line, body > BODY_MAX ? "too large" : expected) != 0) {
        drill_broken("the answer of question %lld is \"%s\"", (long long)question, line);
        return -EBADMSG;
    }
    return 0;
}

static int put_question(int fd, int64_t question, size_t body)
{
    char bytes[LINE + UINT8_MAX];
    const int length = snprintf(bytes, LINE, "ask %lld %zu\n", (long long)question, body);

    memset(bytes + length, 'x', body);
    return kit_send_all(fd, bytes, (size_t)length + body);
}

/* The server closes first, so that it is there that the connection is remembered for a while. */
static int await_end(int fd)
{
    char byte;

    kit_patience(fd, DRILL_SECOND);
    const int result = kit_recv_all(fd, &byte, 1);
    if (result < 0 && result != -ENODATA)
        drill_reached("ended-badly");
    return result == -ENODATA ? 0 : result;
}

static int ask(int fd, int argc, char **argv)
{
    const int64_t questions = kit_number(argc, argv, "questions", 1);
    const int64_t wanted = kit_number(argc, argv, "body", 0);
    const size_t body = (size_t)(wanted < UINT8_MAX ? wanted : UINT8_MAX);
    int result = 0;

    for (int64_t i = 0; i < questions && result == 0; i++)
        result = put_question(fd, i, body);
    /* Even if not all could be sent, there may be an answer. */
    if (result == 0 && kit_number(argc, argv, "half", 0) != 0)
        result = drill_shutdown(fd, SHUT_WR);
    for (int64_t i = 0; i < questions; i++)
        if ((result = read_answer(fd, i, body)) < 0)
            return result;
    if (kit_number(argc, argv, "half", 0) != 0)
        result = await_end(fd);
    return kit_bug(argc, argv, "late-error") ? result : 0;
}

SUBJECT(ask_client)
{
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);

    if (fd < 0)
        return kit_status(fd);
    kit_patience(fd, patience);
    const int result = ask(fd, argc, argv);
    drill_close(fd);
    return kit_status(result);
}
