/*
 * scenarios/line.c - a blocking line protocol: the smallest example of a stream.
 *
 * The client sends numbered lines, one at a time, and the server sends each back in capitals.  When
 * anything goes wrong the client connects anew and goes on with the first unanswered line; it gives
 * up after so many tries.  The server talks to one client at a time, and ends when nobody has come
 * for a while.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "scenarios/protocol.h"

enum { LINE_SIZE = 64, TRIES = 8 };

#define ADDRESS     DRILL_SERVER_ADDRESS ":7"
#define ANSWER_NS   (3 * DRILL_SECOND)  /* the client waits so long for an answer */
#define PAUSE_NS    (1 * DRILL_SECOND)  /* before it tries again */
#define SILENCE_NS  (4 * DRILL_SECOND)  /* the server bears a silent client so long */
#define NOBODY_NS   (20 * DRILL_SECOND) /* and stays so long without one */
#define GIVES_UP_NS (60 * DRILL_SECOND)

/* A connection, and what has been read of it beyond the last line. */
struct talk {
    int fd;
    size_t size;
    char bytes[LINE_SIZE];
};

static int send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t sent = drill_sendto(fd, data, size, MSG_NOSIGNAL, NULL);
        if (sent < 0)
            return (int)sent;
        data += sent;
        size -= (size_t)sent;
    }
    return 0;
}

/* Reads a line, without its end, in at most `patience_ns`: its length, or -ENODATA at the end of
 * the stream. */
static ssize_t read_line(struct talk *self, char line[LINE_SIZE], int64_t patience_ns)
{
    char *end;

    drill_set_read_deadline(self->fd, drill_monotonic() + patience_ns);
    while ((end = memchr(self->bytes, '\n', self->size)) == NULL) {
        if (self->size == sizeof self->bytes)
            return -EMSGSIZE;
        const ssize_t got = drill_recvfrom(self->fd, self->bytes + self->size,
                                           sizeof self->bytes - self->size, 0, NULL);
        if (got <= 0)
            return got == 0 ? -ENODATA : got;
        self->size += (size_t)got;
    }
    const size_t length = (size_t)(end - self->bytes);
    memcpy(line, self->bytes, length);
    line[length] = '\0';
    self->size -= length + 1;
    memmove(self->bytes, end + 1, self->size);
    return (ssize_t)length;
}

static int ask(struct talk *self, struct drill_exchange *exchange)
{
    char line[LINE_SIZE], answer[LINE_SIZE], expected[LINE_SIZE];

    snprintf(line, sizeof line, "%zu hello\n", exchange->done);
    snprintf(expected, sizeof expected, "%zu HELLO", exchange->done);
    const int sent = send_all(self->fd, line, strlen(line));
    if (sent < 0)
        return sent;
    const ssize_t length = read_line(self, answer, ANSWER_NS);
    if (length < 0)
        return (int)length;
    if (strcmp(answer, expected) != 0) {
        exchange->wrong = "another line than the answer";
        return -EPROTO;
    }
    exchange->done++;
    return 0;
}

/* One connection: goes on where the last one has ended. */
static int converse(struct drill_exchange *exchange)
{
    const struct drill_sockaddr server = drill_sockaddr_parse(ADDRESS);
    struct talk talk = {.fd = drill_socket(AF_INET, SOCK_STREAM, 0)};

    if (talk.fd < 0)
        return talk.fd;
    drill_set_write_deadline(talk.fd, drill_monotonic() + ANSWER_NS);
    int result = drill_connect(talk.fd, &server);
    drill_set_write_deadline(talk.fd, 0);
    while (result == 0 && exchange->done < exchange->parts)
        result = ask(&talk, exchange);
    drill_close(talk.fd);
    return result;
}

static int64_t client(void *argument)
{
    struct drill_exchange *exchange = argument;
    int result = converse(exchange);

    for (int tries = 1; result < 0 && result != -EPROTO && tries < TRIES; tries++) {
        exchange->retries++;
        drill_sleep(PAUSE_NS);
        result = converse(exchange);
    }
    return result;
}

/* Answers one client until it ends the stream: 0, or why the connection ended otherwise. */
static int answer(int fd)
{
    struct talk talk = {.fd = fd};
    char line[LINE_SIZE];
    ssize_t length;

    while ((length = read_line(&talk, line, SILENCE_NS)) >= 0) {
        for (ssize_t i = 0; i < length; i++)
            line[i] = (char)toupper((unsigned char)line[i]);
        line[length] = '\n';
        const int sent = send_all(fd, line, (size_t)length + 1);
        if (sent < 0)
            return sent;
    }
    return length == -ENODATA ? 0 : (int)length;
}

static int accept_next(int listener)
{
    drill_set_read_deadline(listener, drill_monotonic() + NOBODY_NS);
    return drill_accept(listener, NULL);
}

/* Answers how the last connection has ended. */
static int64_t server(void *argument)
{
    const struct drill_sockaddr address = drill_sockaddr_parse(ADDRESS);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    int result, fd;

    (void)argument;
    if (listener < 0)
        return listener;
    if ((result = drill_bind(listener, &address)) == 0)
        result = drill_listen(listener, TRIES);
    if (result == 0)
        result = -ENODATA;
    while ((fd = accept_next(listener)) >= 0) {
        result = answer(fd);
        drill_close(fd);
    }
    drill_close(listener);
    return result;
}

const struct drill_protocol drill_line_protocol = {
    .name = "line",
    .text = "numbered lines, each answered in capitals; connects anew",
    .client = client,
    .server = server,
    .gives_up_ns = GIVES_UP_NS,
    .amounts = {{.parts = 100}, {.parts = 20}, {.parts = 3}},
    .contracts = {[DRILL_RESET] = DRILL_ANSWERS, [DRILL_BLACKHOLE] = DRILL_FAILS},
};
