/*
 * scenarios/subjects/decoder.c - records that are decoded as their pieces come in.
 *
 *   decoder_source [to=10.0.0.1:7]      sends a few records over one connection
 *   decoder_sink [at=10.0.0.1:7]        decodes them, whatever the pieces
 *
 *   bug=boundaries   keeps what it must not: when the pieces of a stream happen to be of five
 * certain sizes, one after the other, a byte is lost.  A seed in millions finds that; a fuzzer that
 * sees each step being taken finds it soon.
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { RECORDS = 6, RECORD = 24, STEPS = 5 };

struct decoder {
    uint8_t record[RECORD];
    size_t held;
    unsigned records, step;
    bool boundaries;
};

static uint8_t byte_of(size_t place)
{
    return (uint8_t)(place * 7 + 3);
}

/* The mistake: a carry that survives from piece to piece, and is wrong after the fifth step. */
static bool carries(struct decoder *self, size_t size)
{
    switch (self->step) {
    case 0:
        self->step = size == 3;
        break;
    case 1:
        self->step = size == 7 ? 2 : 0;
        break;
    case 2:
        self->step = size == 2 ? 3 : 0;
        break;
    case 3:
        self->step = size == 11 ? 4 : 0;
        break;
    case 4:
        self->step = size == 5 ? STEPS : 0;
        break;
    default:
        break;
    }
    return self->step == STEPS;
}

static int feed(struct decoder *self, const uint8_t *piece, size_t size)
{
    if (self->boundaries && carries(self, size)) {
        self->step = 0;
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        if (piece[i] != byte_of(self->records * RECORD + self->held)) {
            drill_broken("record %u is not what was sent", self->records);
            return -EBADMSG;
        }
        self->record[self->held++] = piece[i];
        if (self->held == RECORD) {
            self->held = 0;
            self->records++;
        }
    }
    return 0;
}

SUBJECT(decoder_sink)
{
    struct decoder decoder = {.boundaries = kit_bug(argc, argv, "boundaries")};
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 4);
    const int fd = listener < 0 ? listener : drill_accept(listener, NULL);
    uint8_t piece[16];
    ssize_t got = 0;
    int result = fd;

    while (result >= 0 &&
           ((got = drill_recvfrom(fd, piece, sizeof piece, 0, NULL)) > 0 || got == -EINTR))
        result = got > 0 ? feed(&decoder, piece, (size_t)got) : 0;
    if (result >= 0 && got < 0)
        result = (int)got;
    if (result >= 0 && (decoder.records != RECORDS || decoder.held != 0)) {
        drill_broken("the stream has ended in the middle of record %u", decoder.records);
        result = -EPROTO;
    }
    if (fd >= 0)
        drill_close(fd);
    if (listener >= 0)
        drill_close(listener);
    return kit_status(result);
}

SUBJECT(decoder_source)
{
    uint8_t stream[RECORDS * RECORD];
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 0);

    for (size_t i = 0; i < sizeof stream; i++)
        stream[i] = byte_of(i);
    if (fd < 0)
        return kit_status(fd);
    const int result = kit_send_all(fd, stream, sizeof stream);
    drill_close(fd);
    return kit_status(result);
}
