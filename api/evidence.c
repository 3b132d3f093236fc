#include "api/current.h"
#include "api/need.h"
#include "api/sockdrill.h"

void drill_reached(const char *mark)
{
    DRILL_NEED(mark, );
    if (drill_current != NULL)
        drill_witness_reached(&drill_current->door.witness, mark);
}

void drill_broken(const char *format, ...)
{
    va_list values;

    DRILL_NEED(format, );
    if (drill_current == NULL)
        return;
    va_start(values, format);
    drill_witness_broken(&drill_current->door.witness, format, values);
    va_end(values);
}

static const char *or_null(const char *sentence)
{
    return sentence[0] != '\0' ? sentence : NULL;
}

struct drill_evidence drill_evidence(const struct drill_world *world)
{
    DRILL_NEED(world, (struct drill_evidence){0});
    const struct drill_witness *witness = &world->door.witness;

    return (struct drill_evidence){
        .broken = or_null(witness->marks.broken),
        .spun = or_null(witness->spun),
        .broken_count = witness->marks.broken_count,
    };
}

const char *drill_mark(const struct drill_world *world, size_t index, uint64_t *count)
{
    DRILL_NEED(world, NULL);
    const struct drill_marks *marks = &world->door.witness.marks;

    if (index >= marks->count)
        return NULL;
    if (count != NULL)
        *count = marks->places[index].count;
    return marks->places[index].name;
}
