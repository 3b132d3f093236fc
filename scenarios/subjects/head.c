/*
 * scenarios/subjects/head.c - requests that end with an empty line, as of HTTP and its like.
 *
 *   head_server [at=10.0.0.1:7] [patience=5s]                 answers each with the length it had
 *   head_client [to=10.0.0.1:7] [requests=4] [patience=3s]    each request is six bytes
 *
 * The server looks for the end of a request in what has newly come, and in the last bytes of what
 * was there, as an end may be in both.  It knows this mistake:
 *
 *   bug=overlap   it goes back by one byte too few
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { ROOM = 512, END = 4 };

static const char end_of_request[END + 1] = "\r\n\r\n";

struct reader {
    int fd;
    size_t held, back; /* how far it goes back to look for an end */
    char bytes[ROOM];
};

/* Where the first end behind a place is over; 0: there is none. */
static size_t find_end(const struct reader *self, size_t from)
{
    for (size_t i = from; i + END <= self->held; i++)
        if (memcmp(self->bytes + i, end_of_request, END) == 0)
            return i + END;
    return 0;
}

/* Reads until a request is there: its length; -ENODATA: the stream has ended between two. */
static ssize_t read_request(struct reader *self)
{
    size_t end = find_end(self, 0);

    while (end == 0) {
        const size_t from = self->held > self->back ? self->held - self->back : 0;
        const ssize_t got = drill_recvfrom(self->fd, self->bytes + self->held,
                                           sizeof self->bytes - self->held, 0, NULL);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return got == -EAGAIN ? -ETIMEDOUT : got;
        if (got == 0)
            return self->held == 0 ? -ENODATA : -EPROTO;
        self->held += (size_t)got;
        end = find_end(self, from);
        if (end == 0 && self->held == sizeof self->bytes)
            return -EMSGSIZE;
    }
    self->held -= end;
    memmove(self->bytes, self->bytes + end, self->held);
    return (ssize_t)end;
}

struct habits {
    int64_t patience_ns;
    size_t back;
};

static void serve(int fd, void *context)
{
    const struct habits *habits = context;
    struct reader reader = {.fd = fd, .back = habits->back};
    char answer[32];
    ssize_t size;

    for (;;) {
        kit_patience(fd, habits->patience_ns);
        if ((size = read_request(&reader)) < 0)
            return;
        const int length = snprintf(answer, sizeof answer, "%zd\r\n\r\n", size);
        if (kit_send_all(fd, answer, (size_t)length) < 0)
            return;
    }
}

SUBJECT(head_server)
{
    struct habits habits = {
        .patience_ns = kit_time(argc, argv, "patience", 5 * DRILL_SECOND),
        .back = kit_bug(argc, argv, "overlap") ? END - 2 : END - 1,
    };

    return kit_status(kit_serve(argc, argv, serve, &habits));
}

static int ask(struct reader *reader, const char *request, size_t size)
{
    int result = kit_send_all(reader->fd, request, size);

    if (result < 0)
        return result;
    const ssize_t got = read_request(reader);
    if (got < 0)
        return (int)got;
    DRILL_ALWAYS(got == 1 + END, "a request was taken for a longer one");
    return 0;
}

SUBJECT(head_client)
{
    const int64_t patience = kit_time(argc, argv, "patience", 3 * DRILL_SECOND);
    struct reader reader = {.back = END - 1};
    char request[2 + END + 1];
    int result = 0;

    reader.fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);
    if (reader.fd < 0)
        return kit_status(reader.fd);
    for (int64_t i = 0; i < kit_number(argc, argv, "requests", 4) && result == 0; i++) {
        snprintf(request, sizeof request, "G%d%s", (int)(i % 10), end_of_request);
        kit_patience(reader.fd, patience);
        result = ask(&reader, request, sizeof request - 1);
    }
    drill_close(reader.fd);
    return kit_status(result);
}
