#include "tests/choices.h"

#include <check.h>

struct drill_mem mem;
struct drill_choices choices;

void choices_open(void)
{
    drill_mem_init(&mem, 0);
    drill_choices_init(&choices, &mem, 1);
}

void choices_close(void)
{
    drill_choices_fini(&choices);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

void seed(uint64_t value)
{
    drill_choices_fini(&choices);
    drill_choices_init(&choices, &mem, value);
}

uint64_t user(uint32_t site, uint64_t count)
{
    return drill_choices_pick(&choices, DRILL_CHOICE_USER, site, count);
}
