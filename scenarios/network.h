/*
 * scenarios/network.h - the networks that protocols are drilled over: a row and a function each.
 *
 *   Owns    nothing; a network is a constant, and a ground belongs to who runs the drill.
 *   Errors  a network that cannot be set up answers false.
 */
#ifndef SCENARIOS_NETWORK_H
#define SCENARIOS_NETWORK_H

#include "api/sockdrill.h"
#include "scenarios/protocol.h"

/* Where one run takes place.  It lives as long as the world. */
struct drill_ground {
    struct drill_world *world;
    struct drill_host *client, *server;
    bool datagram;    /* what the protocol is made of */
    uint64_t step;    /* of a sweep: which run of it */
    int fault;        /* of a sweep: its rule */
    uint64_t packets; /* of a sweep over datagrams: seen so far ... */
    bool struck;      /* ... and whether the one to lose was among them */
};

struct drill_network {
    const char *name;
    const char *text;
    enum drill_amount amount;
    bool cuts; /* in mid-transfer: the run must not be over before DRILL_CUT_NS */
    bool (*set_up)(struct drill_ground *ground);
    unsigned ways; /* of a sweep: steps s, s + ways, s + 2 ways ... go one way; 0: no sweep */
};

#define DRILL_CUT_NS (200 * DRILL_MS)

extern const struct drill_network drill_networks[DRILL_NETWORKS];

/* Whether the fault of a sweep has struck; a way of the sweep is over when it has not. */
bool drill_network_has_struck(const struct drill_ground *ground);

#endif
