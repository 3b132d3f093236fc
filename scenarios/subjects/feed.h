/*
 * scenarios/subjects/feed.h - the blocks of an upload, as they are written on the wire.
 *
 * A block: four bytes of number, two of size, four of a sum over all the rest, and the payload.
 * News: four bytes that count the blocks the sink has, and the same four bytes inverted.  The
 * highest byte comes first.
 *
 *   Owns    nothing.
 *   Errors  none: what cannot be a block has no size, or a wrong sum.
 */
#ifndef SCENARIOS_SUBJECTS_FEED_H
#define SCENARIOS_SUBJECTS_FEED_H

#include "scenarios/subjects/kit.h"

enum { FEED_HEAD = 10, FEED_NEWS = 8, FEED_BLOCK = FEED_HEAD + 2048 };

static inline void feed_put(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline uint32_t feed_number(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The payload of a block is known from its number. */
static inline uint8_t feed_byte(uint32_t number, size_t index)
{
    return (uint8_t)('a' + (number + index) % 26);
}

/* Bytes of the block that begins here, head included; 0: not yet known. */
static inline size_t feed_block_size(const uint8_t *bytes, size_t held)
{
    return held < FEED_HEAD ? 0 : FEED_HEAD + ((size_t)bytes[4] << 8 | bytes[5]);
}

/* FNV-1a. */
static inline uint32_t feed_sum(const uint8_t *bytes)
{
    const size_t size = feed_block_size(bytes, FEED_HEAD);
    uint32_t sum = UINT32_C(2166136261);

    for (size_t i = 0; i < size; i++)
        if (i < 6 || i >= FEED_HEAD)
            sum = (sum ^ bytes[i]) * UINT32_C(16777619);
    return sum;
}

static inline bool feed_sum_is_right(const uint8_t *bytes)
{
    return feed_sum(bytes) == feed_number(bytes + 6);
}

/* Writes a block of so many bytes of payload: its whole size. */
static inline size_t feed_make_block(uint8_t bytes[FEED_BLOCK], uint32_t number, size_t size)
{
    feed_put(bytes, number);
    bytes[4] = (uint8_t)(size >> 8);
    bytes[5] = (uint8_t)size;
    for (size_t i = 0; i < size; i++)
        bytes[FEED_HEAD + i] = feed_byte(number, i);
    feed_put(bytes + 6, feed_sum(bytes));
    return FEED_HEAD + size;
}

static inline bool feed_is_as_sent(const uint8_t *bytes)
{
    const size_t size = feed_block_size(bytes, FEED_HEAD) - FEED_HEAD;

    for (size_t i = 0; i < size; i++)
        if (bytes[FEED_HEAD + i] != feed_byte(feed_number(bytes), i))
            return false;
    return true;
}

static inline void feed_make_news(uint8_t bytes[FEED_NEWS], uint32_t have)
{
    feed_put(bytes, have);
    feed_put(bytes + 4, ~have);
}

static inline bool feed_read_news(const uint8_t bytes[FEED_NEWS], uint32_t *have)
{
    *have = feed_number(bytes);
    return feed_number(bytes + 4) == ~*have;
}

#endif
