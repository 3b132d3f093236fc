/*
 * scenarios/subjects/store.c - one number that clients set, add to and get.
 *
 *   store_server [at=10.0.0.1:7]
 *   store_pair [to=10.0.0.1:7] [rounds=3] [patience=5s]     sets on one connection, gets on another
 *   store_adder [to=10.0.0.1:7] [rounds=3] [tries=8] [patience=600ms] [pause=100ms]
 *
 * A request is a byte that says what, three of a number of its own, and four of a value; the answer
 * is the request with the value that holds now.  The server remembers the last requests, so that
 * one that comes again is answered and not carried out.  What they know to do wrong:
 *
 *   bug=twice   the server remembers nothing
 *   bug=hasty   the pair gets before it was told that what it has set holds
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { CLIENTS = 8, REQUEST = 8, REMEMBERED = 32, POLL_IN = 1 };

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_number(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

struct client {
    int fd; /* -1: nobody */
    size_t held;
    uint8_t bytes[REQUEST];
};

struct store {
    bool twice;
    uint32_t value, answered;
    uint8_t answers[REMEMBERED][REQUEST];
    struct client clients[CLIENTS];
};

/* The answer of a request that came before, or NULL. */
static const uint8_t *remember(const struct store *self, const uint8_t request[REQUEST])
{
    const uint32_t count = self->answered < REMEMBERED ? self->answered : REMEMBERED;

    for (uint32_t i = 0; i < count && !self->twice; i++)
        if (memcmp(self->answers[i], request, 4) == 0)
            return self->answers[i];
    return NULL;
}

static int answer(struct store *self, struct client *client)
{
    const uint8_t *known = remember(self, client->bytes);
    uint8_t *made = self->answers[self->answered % REMEMBERED];

    client->held = 0;
    if (known != NULL) {
        drill_reached("came-again");
        return kit_send_all(client->fd, known, REQUEST);
    }
    if (client->bytes[0] == 's')
        self->value = number_at(client->bytes + 4);
    else if (client->bytes[0] == 'a')
        self->value += number_at(client->bytes + 4);
    memcpy(made, client->bytes, 4);
    put_number(made + 4, self->value);
    if (client->bytes[0] != 'g')
        self->answered++;
    return kit_send_all(client->fd, made, REQUEST);
}

static void hear(struct store *self, struct client *client)
{
    const ssize_t got = drill_recvfrom(client->fd, client->bytes + client->held,
                                       REQUEST - client->held, MSG_DONTWAIT, NULL);
    int result = got > 0 || got == -EAGAIN || got == -EINTR ? 0 : -EPIPE;

    if (got > 0)
        client->held += (size_t)got;
    if (client->held == REQUEST)
        result = answer(self, client);
    if (result < 0) {
        drill_close(client->fd);
        client->fd = -1;
    }
}

static int greet(struct store *self, int listener)
{
    const int fd = drill_accept(listener, NULL);
    struct client *client = self->clients;

    if (fd < 0)
        return fd == -EBADF ? fd : 0;
    while (client < self->clients + CLIENTS && client->fd >= 0)
        client++;
    if (client < self->clients + CLIENTS)
        *client = (struct client){.fd = fd};
    else
        drill_close(fd);
    return 0;
}

static int turn(struct store *self, int listener)
{
    struct drill_pollfd ready[1 + CLIENTS] = {{.fd = listener, .events = POLL_IN}};

    for (int i = 0; i < CLIENTS; i++)
        ready[1 + i] = (struct drill_pollfd){.fd = self->clients[i].fd, .events = POLL_IN};
    const int result = drill_poll(ready, 1 + CLIENTS, DRILL_NEVER);
    if (result < 0)
        return result == -EINTR || result == -EAGAIN ? 0 : result;
    for (int i = 0; i < CLIENTS; i++)
        if (self->clients[i].fd >= 0 && ready[1 + i].revents != 0)
            hear(self, &self->clients[i]);
    return ready[0].revents != 0 ? greet(self, listener) : 0;
}

SUBJECT(store_server)
{
    struct store self = {.twice = kit_bug(argc, argv, "twice")};
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
            drill_close(self.clients[i].fd);
    drill_close(listener);
    return 0;
}

static int send_request(int fd, char what, uint32_t number, uint32_t value)
{
    uint8_t request[REQUEST];

    put_number(request, number);
    request[0] = (uint8_t)what;
    put_number(request + 4, value);
    return kit_send_all(fd, request, sizeof request);
}

/* What the number is, by the answer of a request. */
static int read_answer(int fd, uint32_t *value)
{
    uint8_t bytes[REQUEST];
    const int result = kit_recv_all(fd, bytes, sizeof bytes);

    *value = number_at(bytes + 4);
    return result;
}

static int set_and_get(const int fds[2], uint32_t round, bool hasty)
{
    uint32_t was, is;
    int result = send_request(fds[0], 's', round, round);

    if (result == 0 && !hasty)
        result = read_answer(fds[0], &was);
    if (result == 0)
        result = send_request(fds[1], 'g', round, 0);
    if (result == 0)
        result = read_answer(fds[1], &is);
    if (result == 0 && hasty)
        result = read_answer(fds[0], &was);
    if (result == 0 && is != round)
        drill_broken("%u was got after %u had been set", is, round);
    return result;
}

SUBJECT(store_pair)
{
    const char *to = kit_text(argc, argv, "to", "10.0.0.1:7");
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    int fds[2] = {kit_connect(to, patience), -1};
    int result = fds[0];

    if (result >= 0)
        result = fds[1] = kit_connect(to, patience);
    for (int64_t i = 1; i <= kit_number(argc, argv, "rounds", 3) && result >= 0; i++) {
        kit_patience(fds[0], patience);
        kit_patience(fds[1], patience);
        result = set_and_get(fds, (uint32_t)i, kit_bug(argc, argv, "hasty"));
    }
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            drill_close(fds[i]);
    return kit_status(result);
}

struct adder {
    const char *to;
    int64_t patience_ns, pause_ns, tries;
    int fd; /* -1: not connected */
};

/* One request, until it is answered: on a new connection after each that fails. */
static int insist(struct adder *self, char what, uint32_t number, uint32_t *value)
{
    int result = -EAGAIN;

    for (int64_t tries = self->tries; tries > 0 && result < 0; tries--) {
        if (self->fd < 0)
            self->fd = result = kit_connect(self->to, self->patience_ns);
        if (self->fd >= 0) {
            kit_patience(self->fd, self->patience_ns);
            result = send_request(self->fd, what, number, 1);
            if (result == 0)
                result = read_answer(self->fd, value);
        }
        if (result < 0 && self->fd >= 0) {
            drill_close(self->fd);
            self->fd = -1;
        }
        if (result < 0)
            drill_sleep(self->pause_ns);
    }
    return result;
}

SUBJECT(store_adder)
{
    const uint32_t rounds = (uint32_t)kit_number(argc, argv, "rounds", 3);
    struct adder self = {
        .to = kit_text(argc, argv, "to", "10.0.0.1:7"),
        .patience_ns = kit_time(argc, argv, "patience", 600 * DRILL_MS),
        .pause_ns = kit_time(argc, argv, "pause", 100 * DRILL_MS),
        .tries = kit_number(argc, argv, "tries", 8),
        .fd = -1,
    };
    uint32_t value = 0;
    int result = 0;

    for (uint32_t i = 1; i <= rounds && result == 0; i++)
        result = insist(&self, 'a', i, &value);
    if (result == 0)
        result = insist(&self, 'g', rounds + 1, &value);
    if (result == 0 && value != rounds)
        drill_broken("1 was added %u times, and the sum is %u", rounds, value);
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}
