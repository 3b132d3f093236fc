/*
 * emu/choice.h - the one oracle: every decision that could fall differently is asked here.
 *
 * Answers are 0 .. count - 1 and 0 is calm.  Each kind and site is a stream of its own: the answer
 * is a function of (seed, kind, site, how often that stream was asked), so that a new kind of
 * decision, or one more question elsewhere, shifts no other answer.
 *
 * An oracle answers in place of the seed, and a recorder hears what was answered, if it is not 0.
 * Both can have the site as a text that outlives a rebuild ("split#1", "client>server"), and what
 * is being decided: the world knows, and says so through `names`.
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

/* What a number stands for in a world, and what goes on in it: texts, ended by a NUL. */
struct drill_choice_names {
    void (*site)(void *context, const struct drill_choice *choice, char *text, size_t size);
    /* Who asks, and behind a colon what comes of the answer. */
    void (*about)(void *context, const struct drill_choice *choice, uint64_t answer, char *text,
                  size_t size);
};

enum { DRILL_CHOICE_ASIDE = 8 };

struct drill_choices {
    struct drill_mem *mem;
    uint64_t seed;
    drill_oracle *oracle; /* answers instead of the seed, if not NULL */
    void *context;
    drill_recorder *recorder; /* NULL: nobody listens */
    void *recorder_context;
    const struct drill_choice_names *names; /* NULL: sites are numbers */
    void *names_context;
    struct drill_choice_stream *streams;
    struct drill_choice_stream *aside[DRILL_CHOICE_ASIDE]; /* those asked last, by kind and site */
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

/* A choice for which a strategy has an answer: that, unless an oracle says otherwise. */
uint64_t drill_choices_decide(struct drill_choices *self, enum drill_choice_kind kind,
                              uint32_t site, uint64_t count, uint64_t proposed);
/* What the seed says to a strategy, 0 .. count - 1, of a stream that is its own.  No decision: only
 * what comes of it is one. */
uint64_t drill_choices_draw(const struct drill_choices *self, uint32_t site, uint64_t index,
                            uint64_t count);

/* "task", "loss" ...; _find: -1, there is none. */
const char *drill_choice_kind_name(enum drill_choice_kind kind);
int drill_choice_find_kind(const char *name);
/* A number made of a name, for the site of what is known by its name. */
uint32_t drill_choice_hash(const char *name);
/* The site of a choice that is being asked, or heard of, as text; and what it is about. */
void drill_choice_show_site(const struct drill_choice *choice, char *text, size_t size);
void drill_choice_show_about(const struct drill_choice *choice, uint64_t answer, char *text,
                             size_t size);

static inline bool drill_choices_chance(struct drill_choices *self, enum drill_choice_kind kind,
                                        uint32_t site, uint32_t ppm)
{
    return ppm != 0 && drill_choices_ask(self, kind, site, ppm);
}

#endif
