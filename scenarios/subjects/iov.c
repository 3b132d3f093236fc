/*
 * scenarios/subjects/iov.c - records that are gathered from many parts, as writev does.
 *
 *   iov_sink [at=10.0.0.1:7] [patience=5s]                   tells how many bytes it has had
 *   iov_source [to=10.0.0.1:7] [records=4] [parts=12] [patience=3s]
 *
 * The parts have between no bytes and six.  The source knows these mistakes:
 *
 *   bug=next-part   what a write has left of a part is not sent
 *   bug=whole-part  a part of which some was left is sent from its beginning
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { PARTS_MAX = 64, PART_MAX = 7, ANSWER = 4 };

static char byte_at(size_t place)
{
    return (char)('a' + place % 26);
}

struct record {
    struct drill_iovec parts[PARTS_MAX];
    size_t part_count, size;
    char bytes[PARTS_MAX * PART_MAX];
};

static void gather(struct record *self, size_t part_count, size_t place)
{
    self->size = 0;
    self->part_count = part_count < PARTS_MAX ? part_count : PARTS_MAX;
    for (size_t i = 0; i < self->part_count; i++) {
        const size_t size = i * 5 % PART_MAX;
        self->parts[i] = (struct drill_iovec){.base = self->bytes + self->size, .size = size};
        for (size_t j = 0; j < size; j++)
            self->bytes[self->size + j] = byte_at(place + self->size + j);
        self->size += size;
    }
}

/* Goes on behind so many bytes: which part comes first now. */
static size_t advance(struct record *self, size_t first, size_t sent, int argc, char **argv)
{
    while (first < self->part_count && sent >= self->parts[first].size)
        sent -= self->parts[first++].size;
    if (sent == 0 || kit_bug(argc, argv, "whole-part"))
        return first;
    drill_reached("inside-a-part");
    if (kit_bug(argc, argv, "next-part"))
        return first + 1;
    self->parts[first].base = (char *)self->parts[first].base + sent;
    self->parts[first].size -= sent;
    return first;
}

static int send_record(int fd, struct record *record, int argc, char **argv)
{
    for (size_t first = 0; first < record->part_count;) {
        const struct drill_message message = {.parts = record->parts + first,
                                              .part_count = record->part_count - first};
        const ssize_t sent = drill_sendmsg_n(fd, &message, MSG_NOSIGNAL);
        if (sent == -EINTR)
            continue;
        if (sent < 0)
            return (int)sent;
        first = advance(record, first, (size_t)sent, argc, argv);
    }
    return 0;
}

SUBJECT(iov_source)
{
    const int64_t patience = kit_time(argc, argv, "patience", 3 * DRILL_SECOND);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);
    const size_t parts = (size_t)kit_number(argc, argv, "parts", 12);
    struct record record;
    uint8_t answer[ANSWER] = {0};
    size_t place = 0;

    if (fd < 0)
        return kit_status(fd);
    int result = kit_patience(fd, patience);
    for (int64_t i = 0; i < kit_number(argc, argv, "records", 4) && result == 0; i++) {
        gather(&record, parts, place);
        place += record.size;
        result = send_record(fd, &record, argc, argv);
    }
    if (result == 0)
        result = drill_shutdown(fd, SHUT_WR);
    if (result == 0)
        result = kit_recv_all(fd, answer, sizeof answer);
    const size_t had =
        (size_t)answer[0] << 24 | (size_t)answer[1] << 16 | (size_t)answer[2] << 8 | answer[3];
    if (result == 0 && had != place)
        drill_broken("%zu bytes were sent, and %zu were had", place, had);
    drill_close(fd);
    return kit_status(result);
}

/* Takes all that comes, and tells how much it was. */
static void serve(int fd, void *patience_ns)
{
    char bytes[256];
    size_t had = 0;
    ssize_t got;

    kit_patience(fd, *(int64_t *)patience_ns);
    while ((got = drill_recvfrom(fd, bytes, sizeof bytes, 0, NULL)) > 0 || got == -EINTR) {
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != byte_at(had + (size_t)i)) {
                drill_broken("byte %zu is not the one that was sent", had + (size_t)i);
                return;
            }
        had += got > 0 ? (size_t)got : 0;
    }
    const uint8_t answer[ANSWER] = {(uint8_t)(had >> 24), (uint8_t)(had >> 16), (uint8_t)(had >> 8),
                                    (uint8_t)had};
    if (got == 0)
        kit_send_all(fd, answer, sizeof answer);
}

SUBJECT(iov_sink)
{
    int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);

    return kit_status(kit_serve(argc, argv, serve, &patience));
}
