#include "tests/rules.h"

#include <check.h>

struct stage stage;
struct lines lines;

void setup_rules(bool traced)
{
    lines_clear(&lines);
    stage_open(&stage, &(struct drill_config){.seed = 4,
                                              .trace = traced ? lines_add : NULL,
                                              .trace_context = &lines,
                                              .report = lines_add,
                                              .report_context = &lines});
}

void setup_traced(void)
{
    setup_rules(true);
}

void setup_connected(void)
{
    setup_rules(false);
    stage_connect(&stage);
}

void teardown(void)
{
    stage_close(&stage);
}

int add(const char *text)
{
    return add_rule(stage.world, text);
}

void until_ms(int64_t ms)
{
    ck_assert_int_eq(drill_run_until(stage.world, ms * DRILL_MS), 0);
}
