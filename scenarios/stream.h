/*
 * scenarios/stream.h - what the drills of libraries share: an end of a TCP connection and contents
 * that can be checked.
 *
 *   Owns    nothing; descriptors belong to the caller.
 *   Errors  negative errnos.
 */
#ifndef SCENARIOS_STREAM_H
#define SCENARIOS_STREAM_H

#include "api/syscall.h"

/* How long an end bears that nothing moves: longer than TCP needs after a partition that heals. */
#define DRILL_PATIENCE_NS (30 * DRILL_SECOND)

/* A connection from the client to the server's port: its descriptor. */
int drill_stream_connect(const char *address);
/* Waits for one connection to the port: its descriptor. */
int drill_stream_accept(const char *address);
/* Both ends: nothing more will be sent; waits until the peer says so too.  -EPROTO if it sends
 * something instead. */
int drill_stream_finish(int fd);

/* Bytes that tell of which content they are and where in it they stand. */
void drill_stream_fill(uint8_t *data, size_t size, uint32_t content, size_t offset);
/* FNV-1a; of what is cut in pieces, the digest so far goes in. */
#define DRILL_DIGEST_FIRST UINT64_C(0xcbf29ce484222325)
uint64_t drill_stream_digest(uint64_t digest, const uint8_t *data, size_t size);

#endif
