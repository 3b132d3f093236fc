#include "emu/dgram.h"

#include <string.h>

/* Of a buffer in Linux: the descriptor, the headers with what is shared, the least, a page. */
enum { DESCRIPTOR = 256, OVERHEAD = 384, LEAST = 576, LEAST_GROWN = 1024, LARGE = 32768 };
enum { PAGE = 4096 };

struct drill_dgram *drill_dgram_new(struct drill_mem *mem, size_t size)
{
    struct drill_dgram *self = drill_mem_new(mem, sizeof *self + size);

    if (self != NULL)
        *self = (struct drill_dgram){.refs = 1, .size = (uint32_t)size};
    return self;
}

void drill_dgram_drop(struct drill_dgram *self, struct drill_mem *mem)
{
    if (--self->refs == 0)
        drill_mem_free(mem, self, sizeof *self + self->size);
}

struct drill_dgram *drill_dgram_copy(const struct drill_dgram *self, struct drill_mem *mem,
                                     size_t most)
{
    const size_t size = self->size < most ? self->size : most;
    struct drill_dgram *copy = drill_mem_new(mem, sizeof *copy + size);

    if (copy == NULL)
        return NULL;
    memcpy(copy, self, sizeof *copy + size);
    copy->refs = 1;
    copy->size = (uint32_t)size;
    return copy;
}

struct drill_dgram *drill_dgram_grow(struct drill_dgram *self, struct drill_mem *mem, size_t more)
{
    struct drill_dgram *grown = drill_mem_new(mem, sizeof *grown + self->size + more);

    if (grown == NULL)
        return NULL;
    memcpy(grown, self, sizeof *grown + self->size);
    grown->size += (uint32_t)more;
    drill_dgram_drop(self, mem);
    return grown;
}

struct drill_dgram *drill_dgram_own(struct drill_dgram *self, struct drill_mem *mem)
{
    if (self->refs == 1)
        return self;
    struct drill_dgram *copy = drill_dgram_copy(self, mem, self->size);
    drill_dgram_drop(self, mem);
    return copy;
}

void drill_dgram_flip(struct drill_dgram *self, uint64_t bit)
{
    self->bytes[self->header + bit / 8] ^= (uint8_t)(1U << bit % 8);
}

uint64_t drill_dgram_weight(size_t size)
{
    const uint64_t need = size + OVERHEAD;
    uint64_t room = LEAST_GROWN;

    if (need <= LEAST)
        return LEAST + DESCRIPTOR;
    if (need > LARGE)
        return (need + PAGE - 1) / PAGE * PAGE + DESCRIPTOR;
    while (room < need)
        room *= 2;
    return room + DESCRIPTOR;
}

bool drill_dgram_queue_put(struct drill_dgram_queue *self, struct drill_dgram *dgram,
                           uint64_t limit)
{
    const uint64_t weight = drill_dgram_weight(dgram->size);

    if (self->first != NULL && self->weight + weight > limit)
        return false;
    dgram->next = NULL;
    *(self->first != NULL ? &self->last->next : &self->first) = dgram;
    self->last = dgram;
    self->weight += weight;
    return true;
}

void drill_dgram_queue_take(struct drill_dgram_queue *self, struct drill_dgram *dgram)
{
    struct drill_dgram *before = NULL;

    for (struct drill_dgram *each = self->first; each != dgram; each = each->next)
        before = each;
    *(before != NULL ? &before->next : &self->first) = dgram->next;
    if (self->last == dgram)
        self->last = before;
    self->weight -= drill_dgram_weight(dgram->size);
}

void drill_dgram_queue_empty(struct drill_dgram_queue *self, struct drill_mem *mem)
{
    while (self->first != NULL) {
        struct drill_dgram *dgram = self->first;
        self->first = dgram->next;
        drill_dgram_drop(dgram, mem);
    }
    *self = (struct drill_dgram_queue){0};
}
