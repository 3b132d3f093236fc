/*
 * scenarios/subjects/pump.c - an echo server that is one event loop, and a client that writes and
 * reads at the same time.
 *
 *   pump_server [at=10.0.0.1:7] [room=1024]
 *   pump_client [to=10.0.0.1:7] [messages=4] [size=16] [patience=5s]
 *
 * The server holds what a client does not take yet, at most `room` bytes for each, and does not
 * read from who has no room left.  It knows these mistakes:
 *
 *   bug=forget       what the socket does not take is gone
 *   bug=unbounded    it reads on, and makes room as it is needed
 *   bug=full-is-end  it reads into no room at all, and takes the 0 for the end of the stream
 */
#include <errno.h>
#include <stdlib.h>

#include "scenarios/subjects/kit.h"

enum { CLIENTS = 4, POLL_IN = 1, POLL_OUT = 4 };

struct client {
    int fd; /* -1: nobody */
    bool ended;
    char *bytes;
    size_t held, room;
};

struct pump {
    size_t room;
    bool forget, unbounded, full_is_end;
    struct client clients[CLIENTS];
};

static void drop(struct client *client)
{
    drill_close(client->fd);
    free(client->bytes);
    *client = (struct client){.fd = -1};
}

/* Takes who wants to come in: 0, or -EBADF when nobody ever will. */
static int greet(struct pump *self, int listener)
{
    const int fd = drill_accept(listener, NULL);
    struct client *client = self->clients;

    if (fd < 0)
        return fd == -EBADF ? fd : 0;
    while (client < self->clients + CLIENTS && client->fd >= 0)
        client++;
    if (client == self->clients + CLIENTS || (client->bytes = malloc(self->room)) == NULL) {
        drill_close(fd);
        return 0;
    }
    drill_set_nonblock(fd, true);
    client->fd = fd;
    client->room = self->room;
    return 0;
}

/* Gives back what is held, as far as it is taken. */
static void give(struct pump *self, struct client *client)
{
    while (client->fd >= 0 && client->held > 0) {
        const ssize_t sent =
            drill_sendto(client->fd, client->bytes, client->held, MSG_NOSIGNAL, NULL);
        if (sent == -EINTR)
            continue;
        if (sent == -EAGAIN) {
            if (self->forget)
                client->held = 0;
            return;
        }
        if (sent < 0) {
            drop(client);
            return;
        }
        client->held -= (size_t)sent;
        memmove(client->bytes, client->bytes + sent, client->held);
    }
}

static bool make_room(struct pump *self, struct client *client)
{
    char *more;

    if (client->held < client->room || !self->unbounded)
        return true;
    if ((more = realloc(client->bytes, client->room * 2)) == NULL)
        return false;
    client->bytes = more;
    client->room *= 2;
    return true;
}

static void take(struct pump *self, struct client *client)
{
    if (!make_room(self, client)) {
        drop(client);
        return;
    }
    const ssize_t got = drill_recvfrom(client->fd, client->bytes + client->held,
                                       client->room - client->held, 0, NULL);
    if (got == -EAGAIN || got == -EINTR)
        return;
    if (got < 0) {
        drop(client);
        return;
    }
    client->ended = got == 0;
    client->held += (size_t)got;
    if (client->held > self->room)
        drill_broken("holds %zu bytes for one client, and was to hold %zu", client->held,
                     self->room);
    if (client->held == self->room)
        drill_reached("no-room");
}

static int16_t wishes(const struct pump *self, const struct client *client)
{
    const bool has_room = client->held < client->room || self->unbounded || self->full_is_end;

    return (int16_t)((!client->ended && has_room ? POLL_IN : 0) |
                     (client->held > 0 ? POLL_OUT : 0));
}

/* One round: 0, or the error that ends the server. */
static int turn(struct pump *self, int listener)
{
    struct drill_pollfd ready[1 + CLIENTS] = {{.fd = listener, .events = POLL_IN}};

    for (int i = 0; i < CLIENTS; i++)
        ready[1 + i] = (struct drill_pollfd){.fd = self->clients[i].fd,
                                             .events = wishes(self, &self->clients[i])};
    const int result = drill_poll(ready, 1 + CLIENTS, DRILL_NEVER);
    if (result < 0)
        return result == -EINTR || result == -EAGAIN ? 0 : result;
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &self->clients[i];
        if (client->fd >= 0 && ready[1 + i].revents != 0) {
            if ((ready[1 + i].revents & ~POLL_OUT) != 0 && (wishes(self, client) & POLL_IN) != 0)
                take(self, client);
            give(self, client);
            if (client->fd >= 0 && client->ended && client->held == 0)
                drop(client);
        }
    }
    return ready[0].revents != 0 ? greet(self, listener) : 0;
}

SUBJECT(pump_server)
{
    struct pump self = {
        .room = (size_t)kit_number(argc, argv, "room", 1024),
        .forget = kit_bug(argc, argv, "forget"),
        .unbounded = kit_bug(argc, argv, "unbounded"),
        .full_is_end = kit_bug(argc, argv, "full-is-end"),
    };
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 16);

    if (listener < 0)
        return kit_status(listener);
    drill_set_nonblock(listener, true);
    for (int i = 0; i < CLIENTS; i++)
        self.clients[i].fd = -1;
    while (turn(&self, listener) == 0)
        continue;
    for (int i = 0; i < CLIENTS; i++)
        if (self.clients[i].fd >= 0)
            drop(&self.clients[i]);
    drill_close(listener);
    return 0;
}

struct writer {
    int fd;
    size_t sent, got, size;
};

static char byte_at(size_t place)
{
    return (char)('a' + place % 26);
}

/* Writes what comes next, one message at most. */
static int put(struct writer *self, size_t message)
{
    char bytes[4096];
    size_t size = message - self->sent % message;

    if (size > sizeof bytes)
        size = sizeof bytes;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(self->sent + i);
    const ssize_t sent = drill_sendto(self->fd, bytes, size, MSG_NOSIGNAL, NULL);
    if (sent < 0)
        return sent == -EAGAIN || sent == -EINTR ? 0 : (int)sent;
    self->sent += (size_t)sent;
    return 0;
}

/* Reads what has come back: how much. */
static ssize_t get(struct writer *self)
{
    char bytes[4096];
    const ssize_t got = drill_recvfrom(self->fd, bytes, sizeof bytes, 0, NULL);

    if (got == -EAGAIN || got == -EINTR)
        return 0;
    if (got <= 0)
        return got < 0 ? got : -EPIPE;
    for (size_t i = 0; i < (size_t)got; i++)
        if (bytes[i] != byte_at(self->got + i)) {
            drill_broken("byte %zu came back as another", self->got + i);
            return -EBADMSG;
        }
    self->got += (size_t)got;
    return got;
}

/* All there and back: 0. */
static int pass_through(struct writer *self, size_t message, int64_t patience_ns)
{
    int64_t until = drill_monotonic() + patience_ns;

    while (self->got < self->size) {
        struct drill_pollfd ready = {.fd = self->fd, .events = POLL_IN};
        if (self->sent < self->size)
            ready.events |= POLL_OUT;
        const int count = drill_poll(&ready, 1, until);
        if (count == -EINTR || count == -EAGAIN)
            continue;
        if (count <= 0)
            return count < 0 ? count : -ETIMEDOUT;
        if ((ready.revents & POLL_OUT) != 0 && self->sent < self->size) {
            const int result = put(self, message);
            if (result < 0)
                return result;
        }
        if ((ready.revents & ~POLL_OUT) != 0) {
            const ssize_t got = get(self);
            if (got < 0)
                return (int)got;
            until = got > 0 ? drill_monotonic() + patience_ns : until;
        }
    }
    return 0;
}

SUBJECT(pump_client)
{
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    const size_t message = (size_t)kit_number(argc, argv, "size", 16);
    struct writer self = {.size = message * (size_t)kit_number(argc, argv, "messages", 4)};

    self.fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);
    if (self.fd < 0)
        return kit_status(self.fd);
    int result = drill_set_nonblock(self.fd, true);
    if (result == 0)
        result = pass_through(&self, message, patience);
    drill_close(self.fd);
    return kit_status(result);
}
