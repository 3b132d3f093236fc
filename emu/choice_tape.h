/*
 * emu/choice_tape.h - oracles that go through all answers, and one that takes them from bytes.
 *
 * The tape holds the questions of a run, in the order in which they were asked, and the answers to
 * try next: depth first, the last question first.  Run after run, all combinations of answers come
 * up once, as far as the budget goes: 1 is "any one fault", 2 "any two", 0 all there are.
 *
 * With a budget, what a fault that has struck asks about itself - where it cuts, how late, which
 * bit - is part of it and costs nothing.
 *
 *   Owns    nothing: a tape is one block, which may lie in memory that processes share, so that a
 *           run in another process, even one that dies, leaves there what it was asked.
 *   Errors  none; what it could not do it tells (struct drill_tape_state).
 *   Order   the same for the same program; shards share all runs among them.
 */
#ifndef EMU_CHOICE_TAPE_H
#define EMU_CHOICE_TAPE_H

#include "emu/choice.h"

enum { DRILL_TAPE_QUESTIONS = 65536, DRILL_TAPE_VALUES = 3, DRILL_TAPE_BUDGET = 8 };

struct drill_tape_question {
    uint32_t kind, site;
    uint64_t count;
    uint64_t tried; /* which of its options; 0: the answer 0 */
};

struct drill_tape {
    struct drill_tape_config config;
    uint64_t number; /* of the question that was asked last */
    uint32_t asked;  /* in this run, of those that are tried */
    uint32_t known;  /* questions[0 .. known - 1] are to be asked again */
    uint32_t calm;   /* how many the calm run asked */
    struct drill_tape_state state;
    struct drill_tape_question questions[];
};

/* How large one is. */
size_t drill_tape_bytes(const struct drill_tape_config *config);
void drill_tape_init(struct drill_tape *self, const struct drill_tape_config *config);
/* The oracle; a run begins with the world's first question. */
uint64_t drill_tape_answer(void *tape, const struct drill_choice *choice);
/* After a run: on to the next one; false, all were made, or the program is not the same each time.
 */
bool drill_tape_advance(struct drill_tape *self);
struct drill_tape_state drill_tape_look(const struct drill_tape *self);

/* The oracle of struct drill_bytes: one byte for up to 256 answers, two for up to 65536 and so on,
 * the lowest first; of a chance, a byte that is not 0 and small enough is yes. */
uint64_t drill_bytes_answer(void *bytes, const struct drill_choice *choice);

#endif
