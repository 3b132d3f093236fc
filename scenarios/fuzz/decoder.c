/*
 * scenarios/fuzz/decoder.c - a target of libFuzzer and AFL++: how a stream is cut is up to them.
 *
 * With DRILL_BUG set, the planted bug is in it, which 100,000 random seeds do not find.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/fuzz.h"
#include "tools/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int decoder_sink(int argc, char **argv);
int decoder_source(int argc, char **argv);

static struct drill_text *read_scenario(void)
{
    const char *path = getenv("DRILL_SCENARIO");

    drill_subject_register("decoder_sink", decoder_sink);
    drill_subject_register("decoder_source", decoder_source);
    struct drill_text *text =
        drill_text_read(path != NULL ? path : "scenarios/fuzz/decoder.drill", stderr);
    if (text == NULL)
        exit(EXIT_FAILURE);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct drill_text *text;

    if (text == NULL)
        text = read_scenario();
    return drill_fuzz(drill_text_scenario(text), getenv("DRILL_BUG") != NULL, data, size);
}
