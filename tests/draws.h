/* tests/draws.h - numbers for random tests: the same in every run, on every machine. */
#ifndef TESTS_DRAWS_H
#define TESTS_DRAWS_H

#include <stdint.h>

/* xorshift64 (Marsaglia, 2003); a state is any number but 0. */
static inline uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* 0 .. count - 1 */
static inline uint32_t draw_below(uint64_t *state, uint32_t count)
{
    return (uint32_t)((draw(state) >> 32) * count >> 32);
}

#endif
