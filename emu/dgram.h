/*
 * emu/dgram.h - a message with its addresses, and the queue it waits in until somebody reads it.
 *
 * UDP datagrams, raw packets and the errors that come back for them have one shape.  The payload is
 * copied in when it is sent and out when it is received; in between only references move.  Packets
 * under way share a message; a queue owns what it holds alone.
 *
 *   Owns    a queue owns its messages.
 *   Errors  NULL: out of memory.
 *   Order   first in, first out.
 */
#ifndef EMU_DGRAM_H
#define EMU_DGRAM_H

#include "emu/addr.h"
#include "emu/mem.h"

/* What came back for a message: struct sock_extended_err of recvmsg(2)'s MSG_ERRQUEUE. */
struct drill_dgram_error {
    uint32_t info;
    uint16_t error;
    uint8_t origin, type, code;
};

struct drill_host;

struct drill_dgram {
    struct drill_dgram *next;
    /* What is done with it when it has come to a host: takes it over. */
    void (*arrive)(struct drill_host *host, struct drill_dgram *self, uint64_t packet);
    uint32_t refs;
    uint32_t size;      /* of bytes[] */
    uint32_t header;    /* how many of them are an IP header: raw packets of IPv4 */
    uint32_t interface; /* the receiver's, by which it comes */
    struct drill_addr source, target;
    int64_t stamp_ns; /* the receiver's wall clock when it came, if that was asked for; else 0 */
    uint8_t ttl, tos, protocol;
    bool many;  /* broadcast or multicast */
    bool noted; /* the receiver wanted to know the interface when it came (IP_PKTINFO) */
    struct drill_dgram_error error;
    uint8_t bytes[];
};

struct drill_dgram_queue {
    struct drill_dgram *first, *last;
    uint64_t weight; /* what the messages count against SO_RCVBUF */
};

/* One reference, everything but the size 0, the bytes not yet set. */
struct drill_dgram *drill_dgram_new(struct drill_mem *mem, size_t size);
void drill_dgram_drop(struct drill_dgram *self, struct drill_mem *mem);
/* A message of its own with at most `most` of the bytes. */
struct drill_dgram *drill_dgram_copy(const struct drill_dgram *self, struct drill_mem *mem,
                                     size_t most);
/* Takes the place of a message that nobody else refers to, with room for `more` bytes behind the
 * old ones.  NULL, and nothing has changed: out of memory. */
struct drill_dgram *drill_dgram_grow(struct drill_dgram *self, struct drill_mem *mem, size_t more);
/* Turns a reference into a message that nobody else refers to; if that fails it is dropped. */
struct drill_dgram *drill_dgram_own(struct drill_dgram *self, struct drill_mem *mem);
/* Flips one bit behind the header; `bit` counts from there. */
void drill_dgram_flip(struct drill_dgram *self, uint64_t bit);

/* Takes `dgram` over; false, and it stays the caller's, if `limit` forbids it (SO_RCVBUF).  An
 * empty queue takes any one message. */
bool drill_dgram_queue_put(struct drill_dgram_queue *self, struct drill_dgram *dgram,
                           uint64_t limit);
/* Takes one out, which is in it. */
void drill_dgram_queue_take(struct drill_dgram_queue *self, struct drill_dgram *dgram);
void drill_dgram_queue_empty(struct drill_dgram_queue *self, struct drill_mem *mem);
/* What a message of so many bytes counts (struct sk_buff's truesize, as Linux 6.18 has it). */
uint64_t drill_dgram_weight(size_t size);

#endif
