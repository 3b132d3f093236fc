/*
 * tools/fuzz.h - a scenario as a target of a fuzzer: every decision comes from its bytes.
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         return drill_fuzz(scenario, false, data, size);
 *     }
 *
 * libFuzzer and AFL++ both call that function.  Only the subjects need to be built for coverage:
 * what the network does is decided by the bytes, so what they reach is what the fuzzer follows.
 * Where the bytes end all is calm.
 */
#ifndef TOOLS_FUZZ_H
#define TOOLS_FUZZ_H

#include "tools/stage.h"

/* Runs it once; `bug`: with its planted bug.  A finding is told on standard error, and aborts. */
int drill_fuzz(const struct drill_scenario *scenario, bool bug, const uint8_t *data, size_t size);

#endif
