/*
 * emu/wire.h - the few headers that programs of raw sockets get to see: IPv4's, and ICMP's sum.
 *
 *   Owns    nothing.
 *   Errors  none.
 */
#ifndef EMU_WIRE_H
#define EMU_WIRE_H

#include "emu/dgram.h"

enum { DRILL_WIRE_HEADER4 = 20 };

/* An IPv4 header as far as it is looked at (RFC 791 3.1), all in network order. */
struct drill_wire_header4 {
    uint8_t version, tos;
    uint8_t size[2], id[2], fragment[2];
    uint8_t ttl, protocol;
    uint8_t sum[2];
    uint8_t source[4], target[4];
};

/* The internet checksum (RFC 1071); 0 over data that holds its own right sum. */
uint16_t drill_wire_sum(const uint8_t *data, size_t size);
/* ICMPv6's, which takes in the addresses (RFC 4443 2.3). */
uint16_t drill_wire_sum6(const struct drill_dgram *dgram);
void drill_wire_put16(uint8_t place[2], uint16_t number);
/* Writes the header into the message's first bytes from what the message says of itself. */
void drill_wire_header(struct drill_dgram *dgram, uint16_t id, bool whole);
/* Sets size and sum of a header, and whatever it leaves open: id and source. */
void drill_wire_complete(struct drill_dgram *dgram, uint16_t id);

#endif
