/* emu/jitter.h - delays above the minimum, by distribution, in integers: monotonic in the draw. */
#ifndef EMU_JITTER_H
#define EMU_JITTER_H

#include "emu/types.h"

enum { DRILL_JITTER_DRAWS = 65536 };

/* What a draw of 0 .. DRILL_JITTER_DRAWS - 1 adds to the delay; 0 adds nothing, more never adds
 * less. */
int64_t drill_jitter_delay(enum drill_jitter shape, int64_t jitter_ns, uint32_t draw);

#endif
