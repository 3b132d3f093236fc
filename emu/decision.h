/*
 * emu/decision.h - decisions as text: which place of a world asks, what for, and what comes of it.
 *
 *   Owns    nothing.
 *   Errors  none: what has no name is a number.
 */
#ifndef EMU_DECISION_H
#define EMU_DECISION_H

#include "emu/call.h"

/* From now on the choices of a world have names (drill_choice_show_site, _about). */
void drill_decisions_name(struct drill_door *door);

#endif
