/*
 * emu/marks.h - what the program under test says of itself: places it has reached, and promises it
 * has broken.
 *
 * Of the places the first DRILL_MARKS_MAX are kept, in the order in which they were first reached;
 * of the broken promises the first.  Texts are cut to their room.
 *
 *   Owns    nothing.
 *   Errors  none.
 */
#ifndef EMU_MARKS_H
#define EMU_MARKS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { DRILL_MARKS_MAX = 64, DRILL_MARKS_NAME = 64, DRILL_MARKS_SENTENCE = 240 };

struct drill_place {
    char name[DRILL_MARKS_NAME];
    uint64_t count;
};

struct drill_marks {
    struct drill_place places[DRILL_MARKS_MAX];
    uint32_t count;
    char broken[DRILL_MARKS_SENTENCE]; /* "": none was */
    uint64_t broken_count;
};

/* True: for the first time. */
bool drill_marks_reach(struct drill_marks *self, const char *name);
/* `who` has broken what the sentence says. */
void drill_marks_break(struct drill_marks *self, const char *who, const char *format,
                       va_list values);

#endif
