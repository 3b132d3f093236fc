/*
 * emu/pipe.h - one direction of a stream: a ring with counters that only grow.
 *
 *     read <= arrived <= written
 *
 * What is written and not arrived is the sender's unsent and unacknowledged bytes and what is in
 * flight; what is arrived and not read is the receiver's.  A network moves `arrived`, never bytes.
 * What has been sent and acknowledged is the sender's business (emu/flow.h).
 *
 *   Owns    its ring, which exists only while bytes are in it; but the first few thousand pipes of
 * a world keep a small one, so that short messages need no allocation. Errors  drill_pipe_write:
 * -ENOMEM, and nothing is written.
 */
#ifndef EMU_PIPE_H
#define EMU_PIPE_H

#include <assert.h>

#include "emu/args.h"
#include "emu/mem.h"

struct drill_pipe {
    uint64_t read, arrived, written;
    uint8_t *ring;
    uint32_t capacity; /* a power of two, or 0 without a ring */
    bool ended;        /* the writer will write no more */
    bool end_arrived;  /* and the reader's side knows */
    bool deaf;         /* the reader has gone: what arrives is thrown away */
    bool keeps;        /* its small ring, though it is empty */
};

void drill_pipe_fini(struct drill_pipe *self, struct drill_mem *mem);

/* Copies `size` bytes of the parts, from byte `offset` on, behind what is written. */
static inline int drill_pipe_write(struct drill_pipe *self, struct drill_mem *mem,
                                   const struct drill_args *from, size_t offset, size_t size);
/* Copies `size` arrived bytes, `skip` bytes after the first unread one, to byte `offset` of the
 * parts; reads nothing off. */
static inline void drill_pipe_peek(const struct drill_pipe *self, const struct drill_args *to,
                                   size_t offset, size_t skip, size_t size);
/* Takes `size` arrived bytes off; the ring is given back when nothing is left in it. */
static inline void drill_pipe_skip(struct drill_pipe *self, struct drill_mem *mem, size_t size);
/* Throws all of it away. */
void drill_pipe_drain(struct drill_pipe *self, struct drill_mem *mem);

static inline uint64_t drill_pipe_unread(const struct drill_pipe *self)
{
    return self->arrived - self->read;
}

/* Below: the two steps of a short message, in the caller's registers. */

int drill_pipe_make_room(struct drill_pipe *self, struct drill_mem *mem, uint64_t size);
void drill_pipe_give_back(struct drill_pipe *self, struct drill_mem *mem);

static inline __attribute__((always_inline)) int drill_pipe_write(struct drill_pipe *self,
                                                                  struct drill_mem *mem,
                                                                  const struct drill_args *from,
                                                                  size_t offset, size_t size)
{
    const uint64_t held = self->written - self->read;

    if (held + size > self->capacity) {
        const int result = drill_pipe_make_room(self, mem, held + size);
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

static inline __attribute__((always_inline)) void drill_pipe_peek(const struct drill_pipe *self,
                                                                  const struct drill_args *to,
                                                                  size_t offset, size_t skip,
                                                                  size_t size)
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

static inline __attribute__((always_inline)) void
drill_pipe_skip(struct drill_pipe *self, struct drill_mem *mem, size_t size)
{
    assert(self->read + size <= self->arrived);
    self->read += size;
    if (self->read == self->written && !self->keeps)
        drill_pipe_give_back(self, mem);
}

#endif
