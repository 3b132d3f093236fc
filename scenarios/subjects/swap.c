/*
 * scenarios/subjects/swap.c - two peers that send each other more than fits anywhere.
 *
 *   swap_left [at=10.0.0.1:7] [size=65536]     takes the first connection
 *   swap_right [to=10.0.0.1:7] [size=65536]    makes it
 *
 * Each sends and receives at once, whatever is possible.
 *
 *   bug=write-first    sends all before it reads anything
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "scenarios/subjects/kit.h"

enum { PIECE = 4096 };

struct swap {
    int fd;
    size_t size, sent, got;
};

static uint8_t byte_of(size_t place)
{
    return (uint8_t)(place * 11 + place / 251);
}

static int send_some(struct swap *self)
{
    uint8_t piece[PIECE];
    size_t size = self->size - self->sent < PIECE ? self->size - self->sent : PIECE;

    for (size_t i = 0; i < size; i++)
        piece[i] = byte_of(self->sent + i);
    const ssize_t sent = drill_sendto(self->fd, piece, size, MSG_NOSIGNAL, NULL);
    if (sent < 0)
        return sent == -EAGAIN || sent == -EINTR ? 0 : (int)sent;
    self->sent += (size_t)sent;
    return 0;
}

static int recv_some(struct swap *self)
{
    uint8_t piece[PIECE];
    const ssize_t got = drill_recvfrom(self->fd, piece, sizeof piece, 0, NULL);

    if (got <= 0)
        return got == -EAGAIN || got == -EINTR ? 0 : got == 0 ? -EPROTO : (int)got;
    for (ssize_t i = 0; i < got; i++)
        if (piece[i] != byte_of(self->got + (size_t)i)) {
            drill_broken("byte %zu is not what was sent", self->got + (size_t)i);
            return -EBADMSG;
        }
    self->got += (size_t)got;
    return 0;
}

static int exchange(struct swap *self, bool write_first)
{
    int result = drill_set_nonblock(self->fd, !write_first);

    while (result >= 0 && write_first && self->sent < self->size)
        result = send_some(self);
    while (result >= 0 && (self->sent < self->size || self->got < self->size)) {
        const bool sends = self->sent < self->size;
        struct drill_pollfd ready = {.fd = self->fd,
                                     .events = (int16_t)(POLLIN | (sends ? POLLOUT : 0))};
        result = drill_poll(&ready, 1, DRILL_NEVER);
        if (result == -EINTR || result == -EAGAIN)
            result = 0;
        if (result >= 0 && (ready.revents & POLLOUT) != 0)
            result = send_some(self);
        if (result >= 0 && (ready.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            result = recv_some(self);
    }
    return result;
}

static int swap(int fd, int argc, char **argv)
{
    struct swap self = {.fd = fd, .size = (size_t)kit_number(argc, argv, "size", 65536)};
    const int result = exchange(&self, kit_bug(argc, argv, "write-first"));

    drill_close(fd);
    return kit_status(result);
}

SUBJECT(swap_left)
{
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 1);
    int fd = listener;

    if (listener < 0)
        return kit_status(listener);
    while ((fd = drill_accept(listener, NULL)) == -EINTR)
        continue;
    drill_close(listener);
    return fd < 0 ? kit_status(fd) : swap(fd, argc, argv);
}

SUBJECT(swap_right)
{
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 0);

    return fd < 0 ? kit_status(fd) : swap(fd, argc, argv);
}
