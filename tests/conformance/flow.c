/* Streams that are full: back-pressure, and what opens it again. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "tests/conformance/harness.h"

#define CHUNK 4096

struct tally {
    uint64_t digest;
    size_t bytes;
};

/* The bytes of a stream at a place: a pattern that no shift by a few thousand repeats. */
static void fill(unsigned char *data, size_t size, size_t place)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)((place + i) * 31 + (place + i) / 251);
}

static struct tally send_until_full(struct run *run, int fd, long *last)
{
    struct tally tally = {0};
    unsigned char data[CHUNK];

    for (int i = 0; i < 100000; i++) {
        fill(data, sizeof data, tally.bytes);
        *last = run->net->sendto(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL, NULL);
        if (*last <= 0)
            break;
        tally.digest = digest(data, (size_t)*last, tally.digest);
        tally.bytes += (size_t)*last;
    }
    return tally;
}

static struct tally read_until_empty(struct run *run, int fd, long *last)
{
    struct tally tally = {0};
    unsigned char data[CHUNK];
    int quiet = 0;

    while (quiet < 20) {
        *last = run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, NULL);
        if (*last > 0) {
            tally.digest = digest(data, (size_t)*last, tally.digest);
            tally.bytes += (size_t)*last;
            quiet = 0;
        } else if (*last == -EAGAIN) {
            run->net->settle();
            quiet++;
        } else {
            break;
        }
    }
    return tally;
}

CASE(a_full_stream_is_writable_again_when_drained)
{
    int pair[2];
    long last = 0;
    struct tally sent;
    struct tally got;

    connected_pair(run, pair);
    sent = send_until_full(run, pair[0], &last);
    tell(run, "last send", last);
    tell_poll(run, "full", pair[0]);
    tell_poll(run, "its reader", pair[1]);
    got = read_until_empty(run, pair[1], &last);
    say(run, "all arrived: %d", sent.bytes == got.bytes && sent.digest == got.digest);
    say(run, "more than 4096 bytes: %d", sent.bytes > 4096);
    tell(run, "last recv", last);
    tell_poll(run, "drained", pair[0]);
    tell(run, "send", send_text(run, pair[0], "again"));
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_full_stream_ends_after_its_last_byte)
{
    int pair[2];
    long last = 0;
    struct tally sent;
    struct tally got;

    connected_pair(run, pair);
    sent = send_until_full(run, pair[0], &last);
    tell(run, "shutdown", run->net->shutdown(pair[0], SHUT_WR));
    tell_poll(run, "shut down", pair[0]);
    got = read_until_empty(run, pair[1], &last);
    say(run, "all arrived: %d", sent.bytes == got.bytes && sent.digest == got.digest);
    tell(run, "last recv", last);
    tell_poll(run, "reader", pair[1]);
}

CASE(a_closed_full_stream_still_delivers)
{
    int pair[2];
    long last = 0;
    struct tally sent;
    struct tally got;

    connected_pair(run, pair);
    sent = send_until_full(run, pair[0], &last);
    tell(run, "close", run->net->close(pair[0]));
    got = read_until_empty(run, pair[1], &last);
    say(run, "all arrived: %d", sent.bytes == got.bytes && sent.digest == got.digest);
    tell(run, "last recv", last);
}

CASE(small_buffers_fill_soon)
{
    int pair[2];
    long last = 0;
    struct tally sent;
    struct tally got;

    connected_pair(run, pair);
    run->net->setsockopt_int(pair[0], SOL_SOCKET, SO_SNDBUF, 8192);
    run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_RCVBUF, 8192);
    sent = send_until_full(run, pair[0], &last);
    tell(run, "last send", last);
    say(run, "less than a megabyte: %d", sent.bytes < 1048576);
    tell_poll(run, "full", pair[0]);
    got = read_until_empty(run, pair[1], &last);
    say(run, "all arrived: %d", sent.bytes == got.bytes && sent.digest == got.digest);
}

struct transfer {
    struct run *run;
    int fd;
    size_t size;
    struct tally tally;
    long last;
};

static void send_all(void *argument)
{
    struct transfer *self = argument;
    unsigned char data[3 * CHUNK + 1];

    while (self->tally.bytes < self->size) {
        fill(data, sizeof data, self->tally.bytes);
        self->last = self->run->net->sendto(self->fd, data, sizeof data, MSG_NOSIGNAL, NULL);
        if (self->last <= 0)
            break;
        self->tally.digest = digest(data, (size_t)self->last, self->tally.digest);
        self->tally.bytes += (size_t)self->last;
    }
    self->run->net->shutdown(self->fd, SHUT_WR);
}

static struct tally read_to_the_end(struct run *run, int fd, long *last)
{
    struct tally tally = {0};
    unsigned char data[1000];

    while ((*last = run->net->read(fd, data, sizeof data)) > 0) {
        tally.digest = digest(data, (size_t)*last, tally.digest);
        tally.bytes += (size_t)*last;
    }
    return tally;
}

CASE(a_blocking_sender_waits_for_its_reader)
{
    int pair[2];
    long last;
    struct tally got;
    struct transfer sender = {.run = run, .size = 2000000};

    connected_pair(run, pair);
    sender.fd = pair[0];
    beside(run, send_all, &sender);
    got = read_to_the_end(run, pair[1], &last);
    run->net->join_all();
    tell(run, "last recv", last);
    say(run, "every send was whole: %d", sender.last == 3 * CHUNK + 1);
    say(run, "all arrived: %d",
        sender.tally.bytes == got.bytes && sender.tally.digest == got.digest);
}

CASE(a_blocking_sender_is_woken_by_the_reset)
{
    int pair[2];
    struct transfer sender = {.run = run, .size = 1000000000};

    connected_pair(run, pair);
    sender.fd = pair[0];
    beside(run, send_all, &sender);
    run->net->sleep(20 * DRILL_MS);
    tell(run, "close", run->net->close(pair[1]));
    run->net->join_all();
    say(run, "the last send was cut or failed: %d", sender.last < 3 * CHUNK + 1);
}

CASE(both_directions_fill_apart)
{
    int pair[2];
    long last = 0;
    struct tally sent;
    struct tally got;

    connected_pair(run, pair);
    sent = send_until_full(run, pair[0], &last);
    tell(run, "other way", send_text(run, pair[1], "back"));
    run->net->settle();
    tell_recv(run, "recv", pair[0], 8, 0);
    tell_poll(run, "full", pair[0]);
    got = read_until_empty(run, pair[1], &last);
    say(run, "all arrived: %d", sent.bytes == got.bytes && sent.digest == got.digest);
}
