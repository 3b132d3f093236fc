/*
 * emu/pipe.h - one direction of a stream: a ring with counters that only grow.
 *
 *     read <= arrived <= written
 *
 * What is written and not arrived is the sender's unsent and unacknowledged bytes and what is in
 * flight; what is arrived and not read is the receiver's.  A network moves `arrived`, never bytes.
 * What has been sent and acknowledged is the sender's business (emu/flow.h).
 *
 *   Owns    its ring, which exists only while bytes are in it.
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
    bool deaf;         /* the reader has gone: what arrives is thrown away */
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
/* Throws all of it away. */
void drill_pipe_drain(struct drill_pipe *self, struct drill_mem *mem);

static inline uint64_t drill_pipe_unread(const struct drill_pipe *self)
{
    return self->arrived - self->read;
}

#endif
