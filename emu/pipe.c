#include "emu/pipe.h"

#include <errno.h>
#include <string.h>

/* A world may keep 4 MiB of small rings, and its pipes in one line of the cache each. */
enum { RING_MIN = 1024, KEPT_MAX = 4096 };

static void release(struct drill_pipe *self, struct drill_mem *mem)
{
    mem->kept_rings -= self->keeps;
    self->keeps = false;
    drill_mem_free(mem, self->ring, self->capacity);
    self->ring = NULL;
    self->capacity = 0;
}

void drill_pipe_fini(struct drill_pipe *self, struct drill_mem *mem)
{
    release(self, mem);
}

/* A byte keeps its place modulo the capacity, so a larger ring is filled piece by piece. */
static void move(const struct drill_pipe *self, uint8_t *ring, uint32_t capacity)
{
    for (uint64_t at = self->read; at < self->written;) {
        const size_t from = (size_t)(at & (self->capacity - 1));
        const size_t to = (size_t)(at & (capacity - 1));
        size_t count = (size_t)(self->written - at);
        if (count > self->capacity - from)
            count = self->capacity - from;
        if (count > capacity - to)
            count = capacity - to;
        memcpy(ring + to, self->ring + from, count);
        at += count;
    }
}

int drill_pipe_make_room(struct drill_pipe *self, struct drill_mem *mem, uint64_t size)
{
    uint32_t capacity = RING_MIN;

    while (capacity < size && capacity < UINT32_C(1) << 31)
        capacity *= 2;
    uint8_t *ring = capacity < size ? NULL : drill_mem_new(mem, capacity);
    if (ring == NULL)
        return -ENOMEM;
    if (self->ring != NULL)
        move(self, ring, capacity);
    release(self, mem);
    self->ring = ring;
    self->capacity = capacity;
    return 0;
}

/* Large rings go back at once: the next writer finds them still in the cache. */
void drill_pipe_give_back(struct drill_pipe *self, struct drill_mem *mem)
{
    if (self->capacity != RING_MIN || mem->kept_rings == KEPT_MAX) {
        release(self, mem);
        return;
    }
    self->keeps = true;
    mem->kept_rings++;
}

void drill_pipe_drain(struct drill_pipe *self, struct drill_mem *mem)
{
    self->read = self->arrived = self->written;
    release(self, mem);
}
