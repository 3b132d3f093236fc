/*
 * emu/receipts.h - what the tasks of a world have received: how much, its digest, how it begins.
 *
 * A receipt is of a host's tasks of one name, so it goes on when such a task is started again, and
 * outlives them all.
 *
 *   Owns    its receipts.
 *   Errors  NULL where memory fails: nothing is noted then.
 */
#ifndef EMU_RECEIPTS_H
#define EMU_RECEIPTS_H

#include "emu/args.h"
#include "emu/mem.h"

enum { DRILL_RECEIPT_FIRST = 256, DRILL_RECEIPT_LATE = 1712 };

struct drill_receipt {
    struct drill_receipt *next; /* newest first */
    const struct drill_host *host;
    char *task;
    uint64_t count; /* bytes */
    uint8_t first[DRILL_RECEIPT_FIRST];
    /* A digest takes its time and is seldom asked for: it is of all bytes but the last ones. */
    uint64_t digest;
    size_t late_size;
    uint8_t late[DRILL_RECEIPT_LATE];
};

/* FNV-1a of 64 bits, begun with 0 and continued with what it gave. */
uint64_t drill_receipt_digest(uint64_t so_far, const void *data, size_t size);

/* The receipt of a host's tasks of a name; NULL: they have received nothing. */
struct drill_receipt *drill_receipts_find(struct drill_receipt *first,
                                          const struct drill_host *host, const char *task);
/* The same, made if there is none. */
struct drill_receipt *drill_receipts_need(struct drill_receipt **first, struct drill_mem *mem,
                                          const struct drill_host *host, const char *task);
void drill_receipts_fini(struct drill_receipt **first, struct drill_mem *mem);
/* Bytes [from, to) of the parts were received. */
void drill_receipt_add(struct drill_receipt *self, const struct drill_args *args, size_t from,
                       size_t to);
/* The digest of all that was received. */
uint64_t drill_receipt_sum(const struct drill_receipt *self);

#endif
