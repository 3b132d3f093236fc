#include "emu/pipe.h"

#include <assert.h>
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

static int make_room(struct drill_pipe *self, struct drill_mem *mem, uint64_t size)
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

int drill_pipe_write(struct drill_pipe *self, struct drill_mem *mem, const struct drill_args *from,
                     size_t offset, size_t size)
{
    const uint64_t held = self->written - self->read;

    if (held + size > self->capacity) {
        const int result = make_room(self, mem, held + size);
        if (result < 0)
            return result;
    }
    const size_t place = (size_t)(self->written & (self->capacity - 1));
    const size_t straight = self->capacity - place < size ? self->capacity - place : size;
    drill_args_take(from, offset, self->ring + place, straight);
    if (straight < size)
        drill_args_take(from, offset + straight, self->ring, size - straight);
    self->written += size;
    return 0;
}

void drill_pipe_peek(const struct drill_pipe *self, const struct drill_args *to, size_t offset,
                     size_t skip, size_t size)
{
    if (size == 0)
        return;
    assert(self->read + skip + size <= self->arrived);
    const size_t place = (size_t)((self->read + skip) & (self->capacity - 1));
    const size_t straight = self->capacity - place < size ? self->capacity - place : size;
    drill_args_give(to, offset, self->ring + place, straight);
    if (straight < size)
        drill_args_give(to, offset + straight, self->ring, size - straight);
}

void drill_pipe_skip(struct drill_pipe *self, struct drill_mem *mem, size_t size)
{
    assert(self->read + size <= self->arrived);
    self->read += size;
    if (self->read == self->written && !self->keeps)
        drill_pipe_give_back(self, mem);
}

void drill_pipe_flip(struct drill_pipe *self, uint64_t place, unsigned bit)
{
    assert(self->read <= place && place < self->written);
    self->ring[place & (self->capacity - 1)] ^= (uint8_t)(1U << bit);
}
