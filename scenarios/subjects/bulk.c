/*
 * scenarios/subjects/bulk.c - a file in datagrams, a few at a time.
 *
 *   bulk_source [to=10.0.0.1:69] [blocks=12] [window=3]    sends blocks until each is acknowledged
 *   bulk_sink [at=10.0.0.1:69] [blocks=12] [slow=5ms]      takes its time, and must have all
 *
 *   bug=burst    sends all blocks once, and takes them for delivered
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { BLOCKS_MAX = 64, BLOCK = 512, ROUNDS = 40 };

struct block {
    uint32_t number;
    uint8_t bytes[BLOCK];
};

struct source {
    int fd;
    uint32_t blocks;
    bool acked[BLOCKS_MAX];
};

/* Sends up to `window` blocks that were not acknowledged: how many. */
static uint32_t send_window(struct source *self, uint32_t window)
{
    struct block block;
    uint32_t sent = 0;

    for (uint32_t i = 0; i < self->blocks && sent < window; i++)
        if (!self->acked[i]) {
            block.number = i;
            memset(block.bytes, (int)i, sizeof block.bytes);
            drill_sendto(self->fd, &block, sizeof block, 0, NULL);
            sent++;
        }
    return sent;
}

static void hear_acks(struct source *self, uint32_t due)
{
    uint32_t number;

    drill_set_read_deadline(self->fd, drill_monotonic() + 200 * DRILL_MS);
    while (due > 0) {
        const ssize_t got = drill_recvfrom(self->fd, &number, sizeof number, 0, NULL);
        if (got < 0 && got != -EINTR && got != -ECONNREFUSED)
            return;
        if (got == (ssize_t)sizeof number && number < self->blocks) {
            self->acked[number] = true;
            due--;
        }
    }
}

SUBJECT(bulk_source)
{
    const struct drill_sockaddr to =
        drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:69"));
    const uint32_t window = (uint32_t)kit_number(argc, argv, "window", 3);
    struct source self = {.fd = drill_socket(to.family, SOCK_DGRAM, 0),
                          .blocks = (uint32_t)kit_number(argc, argv, "blocks", 12)};
    int result = self.fd < 0 ? self.fd : drill_connect(self.fd, &to);

    if (result == 0 && kit_bug(argc, argv, "burst")) {
        send_window(&self, self.blocks);
    } else if (result == 0) {
        uint32_t sent = 1, rounds = 0;
        for (; rounds < ROUNDS && (sent = send_window(&self, window)) > 0; rounds++)
            hear_acks(&self, sent);
        result = sent > 0 ? -ETIMEDOUT : 0;
    }
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}

SUBJECT(bulk_sink)
{
    const struct drill_sockaddr at =
        drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:69"));
    const uint32_t blocks = (uint32_t)kit_number(argc, argv, "blocks", 12);
    const int fd = drill_socket(at.family, SOCK_DGRAM, 0);
    bool there[BLOCKS_MAX] = {false};
    struct drill_sockaddr from;
    struct block block;
    uint32_t count = 0;
    ssize_t got = fd < 0 ? fd : drill_bind(fd, &at);

    while (got >= 0) {
        kit_patience(fd, 3 * DRILL_SECOND); /* a block whose acknowledgement was lost comes again */
        got = drill_recvfrom(fd, &block, sizeof block, 0, &from);
        if (got == (ssize_t)sizeof block && block.number < BLOCKS_MAX) {
            count += !there[block.number];
            there[block.number] = true;
            drill_sendto(fd, &block.number, sizeof block.number, 0, &from);
            drill_sleep(kit_time(argc, argv, "slow", 5 * DRILL_MS));
        }
        if (got == -EINTR || got == -ENOMEM)
            got = 0;
    }
    if (fd >= 0)
        drill_close(fd);
    if (got == -EAGAIN && count < blocks)
        drill_broken("only %u of %u blocks have come", count, blocks);
    return got == -EAGAIN && count == blocks ? 0 : kit_status(got < 0 ? got : -EPROTO);
}
