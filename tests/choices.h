/*
 * tests/choices.h - what tests of choices and of oracles have in common: choices of a seed, and who
 * asks them.
 */
#ifndef TESTS_CHOICES_H
#define TESTS_CHOICES_H

#include "emu/choice.h"

extern struct drill_mem mem; /* of the choices, and of the test */
extern struct drill_choices choices;

/* Fixtures: choices of seed 1, in memory of which none must be left. */
void choices_open(void);
void choices_close(void);
/* Begins anew. */
void seed(uint64_t value);
/* Asks at a place of the test's own. */
uint64_t user(uint32_t site, uint64_t count);

#endif
