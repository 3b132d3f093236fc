/*
 * scenarios/subjects/hub.c - a server of one thread with room for a few connections.
 *
 *   hub [at=10.0.0.1:7] [room=4] [idle=5s] [whole=8s]    answers each line with itself
 *   hub_client [to=10.0.0.1:7] [lines=2] [tries=12]      asks; tries again when it is turned away
 *   loris [to=10.0.0.1:7] [every=2s] [bytes=30]          sends a line byte by byte, never ends it
 *   babbler [to=10.0.0.1:7] [random=512]                 sends what is no line at all
 *
 * A connection that says nothing for so long, or that takes too long for one line, is closed; so is
 * one whose line does not fit.
 *
 *   bug=idle-only    bears whoever sends a byte now and then
 *   bug=unbounded    takes a line for as long as it goes on, beyond its room
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenarios/subjects/kit.h"

enum { ROOM_MAX = 16, LINE = 64 };

struct guest {
    int fd; /* 0: nobody */
    size_t size;
    int64_t heard_ns, line_since_ns;
    char line[LINE];
};

struct hub {
    int listener;
    size_t room;
    int64_t idle_ns, whole_ns;
    bool idle_only, unbounded;
    struct guest guests[ROOM_MAX];
};

static void part(struct guest *guest)
{
    drill_close(guest->fd);
    *guest = (struct guest){0};
}

static void welcome(struct hub *self)
{
    const int64_t now = drill_monotonic();
    const int fd = drill_accept(self->listener, NULL);

    if (fd < 0)
        return;
    for (size_t i = 0; i < self->room; i++)
        if (self->guests[i].fd == 0) {
            self->guests[i] = (struct guest){.fd = fd, .heard_ns = now, .line_since_ns = now};
            drill_set_nonblock(fd, true);
            return;
        }
    drill_close(fd); /* no room: it may come again */
}

/* A whole line goes back as it came. */
static bool answer(struct guest *guest)
{
    char *end = memchr(guest->line, '\n', guest->size);

    if (end == NULL)
        return true;
    const size_t size = (size_t)(end - guest->line) + 1;
    if (drill_sendto(guest->fd, guest->line, size, MSG_NOSIGNAL, NULL) != (ssize_t)size)
        return false;
    guest->size -= size;
    memmove(guest->line, end + 1, guest->size);
    guest->line_since_ns = drill_monotonic();
    return true;
}

static void hear(struct hub *self, struct guest *guest)
{
    const size_t room = sizeof guest->line - guest->size;
    char rest[LINE];

    if (room == 0 && !self->unbounded) {
        part(guest); /* no line of ours is as long as that */
        return;
    }
    const ssize_t got = room > 0
                            ? drill_recvfrom(guest->fd, guest->line + guest->size, room, 0, NULL)
                            : drill_recvfrom(guest->fd, rest, sizeof rest, 0, NULL);
    if (got == -EAGAIN || got == -EINTR)
        return;
    if (got > 0 && room == 0)
        drill_broken("%zd bytes were written behind the end of a line's room", got);
    if (got > 0)
        guest->heard_ns = drill_monotonic();
    if (got > 0 && room > 0)
        guest->size += (size_t)got;
    if (got <= 0 || !answer(guest))
        part(guest);
}

static bool is_overdue(const struct hub *self, const struct guest *guest, int64_t now)
{
    return now - guest->heard_ns >= self->idle_ns ||
           (!self->idle_only && guest->size > 0 && now - guest->line_since_ns >= self->whole_ns);
}

/* One look at everybody: 0, or why there can be no other. */
static int serve(struct hub *self)
{
    struct drill_pollfd ready[ROOM_MAX + 1] = {{.fd = self->listener, .events = POLLIN}};

    for (size_t i = 0; i < self->room; i++)
        ready[i + 1] = (struct drill_pollfd){.fd = self->guests[i].fd > 0 ? self->guests[i].fd : -1,
                                             .events = POLLIN};
    const int result = drill_poll(ready, self->room + 1, drill_monotonic() + DRILL_SECOND);
    if (result < 0 && result != -EINTR && result != -ENOMEM)
        return result;
    for (size_t i = 0; i < self->room; i++) {
        struct guest *guest = &self->guests[i];
        if (result > 0 && ready[i + 1].revents != 0)
            hear(self, guest);
        if (guest->fd > 0 && is_overdue(self, guest, drill_monotonic()))
            part(guest);
    }
    if (result > 0 && (ready[0].revents & POLLNVAL) != 0)
        return -EBADF;
    if (result > 0 && ready[0].revents != 0)
        welcome(self);
    return 0;
}

SUBJECT(hub)
{
    struct hub self = {.listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 8),
                       .room = (size_t)kit_number(argc, argv, "room", 4),
                       .idle_ns = kit_time(argc, argv, "idle", 5 * DRILL_SECOND),
                       .whole_ns = kit_time(argc, argv, "whole", 8 * DRILL_SECOND),
                       .idle_only = kit_bug(argc, argv, "idle-only"),
                       .unbounded = kit_bug(argc, argv, "unbounded")};
    int result = self.listener;

    if (self.room > ROOM_MAX)
        self.room = ROOM_MAX;
    if (result >= 0)
        drill_set_nonblock(self.listener, true);
    while (result >= 0)
        result = serve(&self);
    for (size_t i = 0; i < self.room; i++)
        if (self.guests[i].fd > 0)
            part(&self.guests[i]);
    if (self.listener >= 0)
        drill_close(self.listener);
    return result == -EBADF ? 0 : kit_status(result);
}

static int ask(const char *to, int64_t line)
{
    char text[LINE], back[LINE];
    const int fd = kit_connect(to, 2 * DRILL_SECOND);

    if (fd < 0)
        return fd;
    const size_t size = (size_t)snprintf(text, sizeof text, "line %lld\n", (long long)line);
    kit_patience(fd, 2 * DRILL_SECOND);
    int result = kit_send_all(fd, text, size);
    if (result == 0)
        result = kit_recv_all(fd, back, size);
    if (result == 0 && memcmp(text, back, size) != 0)
        result = -EBADMSG;
    drill_close(fd);
    return result;
}

SUBJECT(hub_client)
{
    const int64_t lines = kit_number(argc, argv, "lines", 2);
    int64_t tries = kit_number(argc, argv, "tries", 12);
    int result = 0;

    for (int64_t line = 0; line < lines && tries > 0;) {
        result = ask(kit_text(argc, argv, "to", "10.0.0.1:7"), line);
        line += result == 0;
        tries -= result != 0;
        if (result != 0)
            drill_sleep(DRILL_SECOND);
    }
    return kit_status(result);
}

/* Until it is thrown out, or has no more to say. */
SUBJECT(loris)
{
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);
    int64_t bytes = kit_number(argc, argv, "bytes", 30);
    int result = fd;

    while (result >= 0 && bytes-- > 0) {
        result = kit_send_all(fd, "x", 1);
        drill_sleep(kit_time(argc, argv, "every", 2 * DRILL_SECOND));
    }
    if (fd >= 0)
        drill_close(fd);
    return 0;
}

SUBJECT(babbler)
{
    uint8_t noise[512];
    int64_t size = kit_number(argc, argv, "random", sizeof noise);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);

    if (fd < 0)
        return 0;
    size = size < (int64_t)sizeof noise ? size : (int64_t)sizeof noise;
    drill_random(noise, (size_t)size);
    for (int64_t i = 0; i < size; i++)
        noise[i] = noise[i] == '\n' ? ' ' : noise[i];
    kit_patience(fd, 2 * DRILL_SECOND);
    if (kit_send_all(fd, noise, (size_t)size) == 0)
        kit_recv_all(fd, noise, 1);
    drill_close(fd);
    return 0;
}
