/*
 * tests/rules.h - what tests of rules have in common: one stage, the lines it writes, and rules
 * that are added by their text.
 */
#ifndef TESTS_RULES_H
#define TESTS_RULES_H

#include "emu/fault.h"
#include "tests/helpers.h"

extern struct stage stage;
extern struct lines lines;

/* Reports are lines, and so is the trace if there is one. */
void setup_rules(bool traced);
/* Fixtures: a stage with a trace; one without, but with a connection. */
void setup_traced(void);
void setup_connected(void);
void teardown(void);

/* A rule that must be taken: its number. */
int add(const char *text);
void until_ms(int64_t ms);

#endif
