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
 *           a world keep a small one, so that short messages need no allocation.
 *   Errors  drill_pipe_write: -ENOMEM, and nothing is written.
 */
#ifndef EMU_PIPE_H
#define EMU_PIPE_H

#include "emu/args.h"
#include "emu/mem.h"

struct drill_pipe {
    uint64_t read, arrived, written;
    uint8_t *ring;
    uint32_t capacity; /* a power of two, or 0 without a ring */
    bool ended;        /* the writer will write no more */
    bool end_arrived;  /* and the reader's side knows */
    bool keeps;        /* its small ring, though it is empty */
};

void drill_pipe_fini(struct drill_pipe *self, struct drill_mem *mem);

/* Copies `size` bytes of the parts, from byte `offset` on, behind what is written. */
int drill_pipe_write(struct drill_pipe *self, struct drill_mem *mem, const struct drill_args *from,
                     size_t offset, size_t size);
/* Copies `size` arrived bytes, `skip` bytes after the first unread one, to byte `offset` of the
 * parts; reads nothing off. */
void drill_pipe_peek(const struct drill_pipe *self, const struct drill_args *to, size_t offset,
                     size_t skip, size_t size);
/* Takes `size` arrived bytes off; the ring is given back when nothing is left in it. */
void drill_pipe_skip(struct drill_pipe *self, struct drill_mem *mem, size_t size);
/* Flips a bit of a byte that is written and not read, by its place in the stream. */
void drill_pipe_flip(struct drill_pipe *self, uint64_t place, unsigned bit);

static inline uint64_t drill_pipe_unread(const struct drill_pipe *self)
{
    return self->arrived - self->read;
}

/* Below: the two steps of a short message, in the caller's registers. */

void drill_pipe_give_back(struct drill_pipe *self, struct drill_mem *mem);

/* A byte is not worth a call. */
static inline void drill_pipe_copy(void *to, const void *from, size_t size)
{
    if (size == 1)
        *(uint8_t *)to = *(const uint8_t *)from;
    else
        memcpy(to, from, size);
}

/* Writes a block if the ring has room for it in one piece; false: it has not, or the block is
 * empty, and nothing is done. */
static inline bool drill_pipe_put(struct drill_pipe *self, const void *data, size_t size)
{
    const uint64_t held = self->written - self->read;
    const size_t place = (size_t)self->written & (self->capacity - 1);

    if (size == 0 || held + size > self->capacity || place + size > self->capacity)
        return false;
    drill_pipe_copy(self->ring + place, data, size);
    self->written += size;
    return true;
}

/* Reads up to `size` arrived bytes that lie in one piece; 0: there are none. */
static inline size_t drill_pipe_get(struct drill_pipe *self, struct drill_mem *mem, void *data,
                                    size_t size)
{
    const uint64_t unread = drill_pipe_unread(self);
    const size_t place = (size_t)self->read & (self->capacity - 1);

    if (size > unread)
        size = (size_t)unread;
    if (size == 0 || place + size > self->capacity)
        return 0;
    drill_pipe_copy(data, self->ring + place, size);
    self->read += size;
    if (self->read == self->written && !self->keeps)
        drill_pipe_give_back(self, mem);
    return size;
}

#endif
