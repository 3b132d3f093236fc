/*
 * emu/choice.h - the one oracle: every decision that could fall differently is asked here.
 *
 * Answers are 0 .. count - 1 and 0 is calm.  Each kind and site is a stream of its own: the answer
 * is a function of (seed, kind, site, how often that stream was asked), so that a new kind of
 * decision, or one more question elsewhere, shifts no other answer.
 *
 *   Owns    the counters of the streams.
 *   Errors  none: a stream that cannot be counted for want of memory answers 0.
 *   Order   integers only; the same on every platform.
 */
#ifndef EMU_CHOICE_H
#define EMU_CHOICE_H

#include "emu/table.h"
#include "emu/types.h"

struct drill_choice_stream;

struct drill_choices {
    struct drill_mem *mem;
    uint64_t seed;
    drill_oracle *oracle; /* answers instead of the seed, if not NULL */
    void *context;
    struct drill_choice_stream *streams;
    uint64_t asked;
    uint64_t stirred; /* answers that were not 0 */
};

void drill_choices_init(struct drill_choices *self, struct drill_mem *mem, uint64_t seed);
void drill_choices_fini(struct drill_choices *self);

/* 0 .. count - 1, all alike.  A count of 0 or 1 answers 0 and asks nobody. */
uint64_t drill_choices_pick(struct drill_choices *self, enum drill_choice_kind kind, uint32_t site,
                            uint64_t count);
/* True with a chance of `ppm` millionths.  0 answers false and asks nobody, so a rule that is off
 * leaves no trace; 1000000 and more is true and asks nobody.  An oracle sees a count of 2. */
bool drill_choices_ask(struct drill_choices *self, enum drill_choice_kind kind, uint32_t site,
                       uint32_t ppm);

static inline bool drill_choices_chance(struct drill_choices *self, enum drill_choice_kind kind,
                                        uint32_t site, uint32_t ppm)
{
    return ppm != 0 && drill_choices_ask(self, kind, site, ppm);
}

#endif
