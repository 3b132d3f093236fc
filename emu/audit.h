/*
 * emu/audit.h - whether the bytes that come out of a stream are those that went in, in order.
 *
 * For each direction of a connection it keeps a copy of what was sent and not yet received, apart
 * from the bytes that the connection itself carries, and holds against it what is received.  Who
 * knows sockets says what has moved (emu/witness.h): a direction is just a number here.
 *
 *   Owns    its copies: as much memory as bytes are unread.
 *   Errors  none.  Where memory fails, the audit of that direction ends, and is counted.
 */
#ifndef EMU_AUDIT_H
#define EMU_AUDIT_H

#include "emu/args.h"
#include "emu/table.h"

enum { DRILL_AUDIT_CHUNK = 1008, DRILL_AUDIT_ASIDE = 4 };

struct drill_audit_chunk {
    struct drill_audit_chunk *next;
    uint32_t from, to; /* of its bytes, those that are unread */
    uint8_t bytes[DRILL_AUDIT_CHUNK];
};

struct drill_audit_stream {
    uint64_t key;
    uint64_t sent, received; /* bytes so far */
    struct drill_audit_chunk *first, *last;
    bool ended; /* it is no longer looked at */
    UT_hash_handle hh;
};

struct drill_audit {
    struct drill_mem *mem;
    struct drill_audit_stream *streams;
    struct drill_audit_stream *aside[DRILL_AUDIT_ASIDE]; /* those asked for last */
    uint64_t lost;  /* directions whose audit has ended for want of memory */
    bool knows_not; /* which directions those are: no new one can be trusted to be new */
};

/* A byte that was received and is not what was sent. */
struct drill_breach {
    uint64_t place; /* in the stream, from 0 */
    uint8_t sent, received;
    bool extra; /* nothing was sent there at all */
};

void drill_audit_init(struct drill_audit *self, struct drill_mem *mem);
void drill_audit_fini(struct drill_audit *self);

/* Bytes [from, to) of the parts have been taken to be sent. */
void drill_audit_sent(struct drill_audit *self, uint64_t key, const struct drill_args *args,
                      size_t from, size_t to);
/* Bytes [from, to) of the parts have been received; true: they were not what was sent, and the
 * audit of the direction ends with that. */
bool drill_audit_received(struct drill_audit *self, uint64_t key, const struct drill_args *args,
                          size_t from, size_t to, struct drill_breach *breach);
/* So many bytes were received, but given to nobody. */
bool drill_audit_skipped(struct drill_audit *self, uint64_t key, size_t size,
                         struct drill_breach *breach);
/* The order of bytes is no longer that in which they were sent: nothing more is looked at. */
void drill_audit_end(struct drill_audit *self, uint64_t key);
/* The direction is no more. */
void drill_audit_forget(struct drill_audit *self, uint64_t key);

#endif
