/*
 * tests/parcels.h - packets whose fate a test can follow, on the link from a stage's client to its
 * server.
 */
#ifndef TESTS_PARCELS_H
#define TESTS_PARCELS_H

#include "tests/helpers.h"

enum { PARCELS = 2000, PARCEL_HEADERS = 40 };

/* What became of parcels: each is named by its offset. */
struct arrival {
    uint64_t name;
    int64_t at_ns;
    bool damaged;
};

struct parcels {
    struct stage stage;
    struct drill_path *path;
    struct arrival arrivals[2 * PARCELS];
    size_t arrived;
    size_t kept, discarded; /* references to what a parcel stands for: taken and let go */
};

extern struct parcels parcels;

void parcels_open(uint64_t seed);
/* Ends the world and checks that whatever was referred to was let go as often. */
void parcels_close(void);
void parcels_link(struct drill_link link);
void parcels_send(uint64_t name, uint32_t size);
/* Sends parcels 0 .. count - 1 and lets all of them arrive. */
void parcels_send_many(uint32_t count, int64_t every_ns);

#endif
