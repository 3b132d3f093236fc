/*
 * scenarios/subjects/version.c - a server and clients of two versions that agree on one.
 *
 *   version_server [at=10.0.0.1:7]                                   speaks 1 and 2
 *   version_client [to=10.0.0.1:7] [speaks=2] [requests=5] [every=300ms]
 *
 * Who connects says the highest version it speaks, and the server answers with the one that both
 * do.  In version 1 an answer is the square of what was asked; in version 2 what was asked comes
 * before it.
 *
 *   bug=one-version    the server speaks to all what it has agreed on last
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { NEWEST = 2 };

struct server {
    struct kit_server clients;
    uint32_t versions[1 + KIT_CLIENTS]; /* 0: not yet agreed on */
    uint32_t last;
    bool one_version;
};

static int agree(struct server *self, int client, uint32_t version)
{
    if (version == 0)
        return -EPROTO;
    if (version > NEWEST)
        version = NEWEST;
    self->versions[client] = self->last = version;
    return kit_send_frame(self->clients.fds[client].fd, &version, sizeof version);
}

static int answer(struct server *self, int client)
{
    const int fd = self->clients.fds[client].fd;
    uint32_t number, pair[2];

    kit_patience(fd, DRILL_SECOND);
    const ssize_t got = kit_recv_frame(fd, &number, sizeof number);
    if (got != (ssize_t)sizeof number)
        return got < 0 ? (int)got : -EPROTO;
    if (self->versions[client] == 0)
        return agree(self, client, number);
    pair[0] = number;
    pair[1] = number * number;
    if ((self->one_version ? self->last : self->versions[client]) == 1)
        return kit_send_frame(fd, pair + 1, sizeof *pair);
    return kit_send_frame(fd, pair, sizeof pair);
}

static void serve(struct server *self)
{
    const struct drill_pollfd *fds = self->clients.fds;

    self->versions[kit_server_take(&self->clients)] = 0;
    for (int i = 1; i <= KIT_CLIENTS; i++)
        if (fds[i].fd >= 0 && fds[i].revents && answer(self, i) < 0)
            kit_server_drop(&self->clients, i);
}

SUBJECT(version_server)
{
    struct server self = {.one_version = kit_bug(argc, argv, "one-version")};
    int result = kit_server_open(&self.clients, argc, argv);

    while (result >= 0 || result == -EINTR) {
        if (result > 0)
            serve(&self);
        result = kit_server_wait(&self.clients, DRILL_NEVER);
    }
    kit_server_close(&self.clients);
    return kit_status(result == -EBADF ? 0 : result);
}

/* One number is asked for, or a version agreed on: how many numbers the answer has. */
static ssize_t ask(int fd, uint32_t number, uint32_t answer[2])
{
    kit_patience(fd, 2 * DRILL_SECOND);
    const int result = kit_send_frame(fd, &number, sizeof number);
    const ssize_t got = result < 0 ? result : kit_recv_frame(fd, answer, 2 * sizeof *answer);

    return got < 0 ? got : got / (ssize_t)sizeof *answer;
}

static int converse(int fd, uint32_t speaks, int argc, char **argv)
{
    const int64_t requests = kit_number(argc, argv, "requests", 5);
    uint32_t answer[2] = {0};
    ssize_t got = ask(fd, speaks, answer);
    const uint32_t version = answer[0];

    if (got != 1 || version > speaks)
        return got < 0 ? (int)got : -EPROTO;
    for (uint32_t i = 1; i <= requests; i++) {
        got = ask(fd, i, answer);
        if (got < 0)
            return (int)got;
        if (got != version || answer[version - 1] != i * i) {
            drill_broken("in version %u an answer has %u numbers, and not %d", version, version,
                         (int)got);
            return -EPROTO;
        }
        drill_sleep(kit_time(argc, argv, "every", 300 * DRILL_MS));
    }
    return 0;
}

SUBJECT(version_client)
{
    const uint32_t speaks = (uint32_t)kit_number(argc, argv, "speaks", NEWEST);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);
    const int result = fd < 0 ? fd : converse(fd, speaks, argc, argv);

    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}
