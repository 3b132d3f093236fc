/*
 * scenarios/protocol.h - a protocol that is drilled: what it does, and what it promises.
 *
 * A protocol is two functions, the client's and the server's task, and a row that says what they
 * promise on each network.  They reach the network through api/syscall.h only; all they know of the
 * drill is a struct drill_exchange, which both ends share.
 *
 *   Owns    nothing; a protocol is a constant.
 *   Errors  a task answers 0 or a negative errno.
 */
#ifndef SCENARIOS_PROTOCOL_H
#define SCENARIOS_PROTOCOL_H

#include "api/syscall.h"

/* The hosts of every drill. */
#define DRILL_SERVER_ADDRESS "10.0.0.1"
#define DRILL_CLIENT_ADDRESS "10.0.0.2"

/* Rows of scenarios/network.c, in the order of the table that is printed. */
enum drill_network_id {
    DRILL_CALM,
    DRILL_LOSS,
    DRILL_SLOW,
    DRILL_BYTES,
    DRILL_RESET,
    DRILL_HEAL,
    DRILL_BLACKHOLE,
    DRILL_NETWORKS
};

/* How much is exchanged: all of it, less where time on the wire is all that more would add, or the
 * least that still shows each phase of the protocol. */
enum drill_amount { DRILL_FULL, DRILL_SHORT, DRILL_TINY, DRILL_AMOUNTS };

enum drill_contract {
    DRILL_SUCCEEDS, /* both ends end well, all parts right */
    DRILL_ANSWERS,  /* the client ends well, all parts right; the server ends */
    DRILL_ENDS,     /* both ends end in time, well or not; who ends well has all parts right */
    DRILL_FAILS,    /* both ends tell an error in time; what was received till then is right */
};

/* One run of a protocol: what its tasks are told, and what they tell. */
struct drill_exchange {
    size_t parts;      /* how many lines, requests, blocks or streams ... */
    size_t part_size;  /* ... of how many bytes, where the protocol lets one choose */
    size_t done;       /* of the parts: those whose answer the client has found right */
    unsigned retries;  /* what the program tried again */
    const char *wrong; /* what was received and should not have been; NULL: nothing */
};

struct drill_protocol {
    const char *name;
    const char *text;
    bool datagram;
    int64_t (*client)(void *exchange);
    int64_t (*server)(void *exchange);
    bool (*set_up)(void);    /* before the first run of the program; NULL: nothing to do */
    void (*tear_down)(void); /* after the last one */
    int64_t (*live)(void);   /* allocations of its library that are alive; NULL: it has none */
    int64_t gives_up_ns;     /* when both ends have ended at the latest after the peer is gone */
    struct {
        size_t parts, part_size;
    } amounts[DRILL_AMOUNTS];
    enum drill_contract contracts[DRILL_NETWORKS];
};

extern const struct drill_protocol drill_line_protocol;
extern const struct drill_protocol drill_udp_protocol;
extern const struct drill_protocol drill_http2_protocol;
extern const struct drill_protocol drill_tls12_protocol;
extern const struct drill_protocol drill_tls13_protocol;

#endif
