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
        .corrupted = or_null(witness->corrupted),
        .reused = or_null(witness->reused),
        .overdue = or_null(witness->overdue),
        .spun = or_null(witness->spun),
        .broken_count = witness->marks.broken_count,
        .reused_count = witness->reused_count,
        .unaudited = world->sim.audit.lost,
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

uint64_t drill_digest(uint64_t so_far, const void *data, size_t size)
{
    return drill_receipt_digest(so_far, data, size);
}

struct drill_received drill_received(const struct drill_host *host, const char *task)
{
    struct drill_received none = {.digest = drill_digest(0, NULL, 0)};

    DRILL_NEED(host, none);
    DRILL_NEED(task, none);
    const struct drill_receipt *receipt =
        drill_receipts_find(drill_world_of(host)->door.witness.receipts, host, task);
    if (receipt == NULL)
        return none;
    return (struct drill_received){
        .count = receipt->count,
        .digest = drill_receipt_sum(receipt),
        .first = receipt->first,
        .first_size =
            receipt->count < DRILL_RECEIPT_FIRST ? (size_t)receipt->count : DRILL_RECEIPT_FIRST,
    };
}
