/*
 * scenarios/subjects/rpc.c - requests and responses in frames over one connection.
 *
 *   rpc_server [at=10.0.0.1:7] [patience=30s]    answers each frame with itself in capitals
 *   rpc_client [to=10.0.0.1:7] [requests=5] [size=40] [tries=8] [patience=3s] [pause=1s]
 *
 * The client gives each request a number, connects anew when anything goes wrong, and goes on with
 * the first request that has no answer.  Both know these mistakes:
 *
 *   bug=one-read       one read brings the whole frame
 *   bug=one-frame      what came behind the frame is thrown away
 *   bug=one-write      one write takes everything
 *   bug=eintr-fatal    an interrupted call is an error for good
 *   bug=eof-is-end     a frame that ends early is taken as it is
 *   bug=no-retry       the first error is the last
 *   bug=no-patience    waits for an answer for ever
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { ROOM = 4096, HEAD = 4 };

struct talk {
    int fd;
    bool one_read, one_frame, one_write, eintr_fatal, eof_is_end;
    size_t held; /* bytes read beyond the last frame */
    uint8_t bytes[HEAD + ROOM];
};

static void begin(struct talk *self, int fd, int argc, char **argv)
{
    self->fd = fd;
    self->held = 0;
    self->one_read = kit_bug(argc, argv, "one-read");
    self->one_frame = kit_bug(argc, argv, "one-frame");
    self->one_write = kit_bug(argc, argv, "one-write");
    self->eintr_fatal = kit_bug(argc, argv, "eintr-fatal");
    self->eof_is_end = kit_bug(argc, argv, "eof-is-end");
}

static int send_frame(struct talk *self, const void *data, size_t size)
{
    uint8_t frame[HEAD + ROOM] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16),
                                  (uint8_t)(size >> 8), (uint8_t)size};
    ssize_t sent = 0;

    memcpy(frame + HEAD, data, size);
    for (size_t done = 0; done < HEAD + size; done += (size_t)sent) {
        sent = drill_sendto(self->fd, frame + done, HEAD + size - done, MSG_NOSIGNAL, NULL);
        if (sent == -EINTR && !self->eintr_fatal)
            sent = 0;
        if (sent < 0)
            return sent == -EAGAIN ? -ETIMEDOUT : (int)sent;
        if (self->one_write)
            break;
    }
    return 0;
}

/* Bytes of the frame that the buffer begins with, head included; 0: not yet known. */
static size_t frame_size(const struct talk *self)
{
    if (self->held < HEAD)
        return 0;
    return HEAD + ((size_t)self->bytes[0] << 24 | (size_t)self->bytes[1] << 16 |
                   (size_t)self->bytes[2] << 8 | self->bytes[3]);
}

static bool is_whole(const struct talk *self)
{
    const size_t size = frame_size(self);

    return size > 0 && self->held >= size;
}

/* Reads until a frame is there: 0; -ENODATA: the stream has ended between frames. */
static int fill(struct talk *self)
{
    while (!is_whole(self)) {
        if (frame_size(self) > sizeof self->bytes)
            return -EMSGSIZE;
        const ssize_t got = drill_recvfrom(self->fd, self->bytes + self->held,
                                           sizeof self->bytes - self->held, 0, NULL);
        if (got == -EINTR && !self->eintr_fatal)
            continue;
        if (got < 0)
            return got == -EAGAIN ? -ETIMEDOUT : (int)got;
        if (got == 0 && self->held == 0)
            return -ENODATA;
        if (got == 0)
            return self->eof_is_end && self->held >= HEAD ? 0 : -EPROTO;
        self->held += (size_t)got;
        if (self->one_read && self->held >= HEAD)
            break;
    }
    return 0;
}

static ssize_t recv_frame(struct talk *self, uint8_t data[ROOM])
{
    const int result = fill(self);

    if (result < 0)
        return result;
    size_t size = frame_size(self);
    if (size > self->held) /* only with a bug: taken for whole */
        size = self->held;
    memcpy(data, self->bytes + HEAD, size - HEAD);
    self->held = self->one_frame ? 0 : self->held - size;
    memmove(self->bytes, self->bytes + size, self->held);
    return (ssize_t)(size - HEAD);
}

/* Requests `done` and later, over one connection; stops at the first error. */
static int converse(struct talk *self, int argc, char **argv, int64_t *done)
{
    const int64_t requests = kit_number(argc, argv, "requests", 5);
    const size_t size = (size_t)kit_number(argc, argv, "size", 40);
    const bool patient = !kit_bug(argc, argv, "no-patience");
    uint8_t request[ROOM], response[ROOM];

    while (*done < requests) {
        memset(request, 'a' + (int)(*done % 26), size);
        const int number = snprintf((char *)request, size, "%lld ", (long long)*done);
        request[number < (int)size ? number : 0] = 'x';
        if (patient)
            kit_patience(self->fd, kit_time(argc, argv, "patience", 3 * DRILL_SECOND));
        int result = send_frame(self, request, size);
        if (result < 0)
            return result;
        const ssize_t got = recv_frame(self, response);
        if (got < 0)
            return (int)got;
        for (size_t i = 0; i < size; i++)
            request[i] = (uint8_t)toupper(request[i]);
        if (got != (ssize_t)size || memcmp(request, response, size) != 0) {
            drill_broken("request %lld got another answer", (long long)*done);
            return -EBADMSG;
        }
        ++*done;
    }
    return 0;
}

SUBJECT(rpc_client)
{
    const char *to = kit_text(argc, argv, "to", "10.0.0.1:7");
    const int64_t patience = kit_time(argc, argv, "patience", 3 * DRILL_SECOND);
    int64_t tries = kit_bug(argc, argv, "no-retry") ? 1 : kit_number(argc, argv, "tries", 8);
    int64_t done = 0;
    int result = -EAGAIN;

    for (; tries > 0 && result < 0 && result != -EBADMSG; tries--) {
        struct talk talk;
        const int fd = kit_connect(to, kit_bug(argc, argv, "no-patience") ? 0 : patience);
        result = fd;
        if (fd >= 0) {
            begin(&talk, fd, argc, argv);
            result = converse(&talk, argc, argv, &done);
            drill_close(fd);
        }
        if (result < 0 && tries > 1)
            drill_sleep(kit_time(argc, argv, "pause", DRILL_SECOND));
    }
    return kit_status(result);
}

struct arguments {
    int argc;
    char **argv;
};

static void serve(int fd, void *context)
{
    const struct arguments *with = context;
    struct talk talk;
    uint8_t data[ROOM];
    ssize_t size;

    begin(&talk, fd, with->argc, with->argv);
    for (;;) {
        if (!kit_bug(with->argc, with->argv, "no-patience"))
            kit_patience(fd, kit_time(with->argc, with->argv, "patience", 30 * DRILL_SECOND));
        if ((size = recv_frame(&talk, data)) < 0)
            return;
        for (ssize_t i = 0; i < size; i++)
            data[i] = (uint8_t)toupper(data[i]);
        if (send_frame(&talk, data, (size_t)size) < 0)
            return;
    }
}

SUBJECT(rpc_server)
{
    struct arguments with = {argc, argv};

    return kit_status(kit_serve(argc, argv, serve, &with));
}
