/*
 * tests/conformance/conn.h - what Go's x/net/nettest asks of every connection, asked of a TCP
 * connection and of a pair of Unix sockets.
 *
 * Where net.Conn tells a timeout, a call answers -EAGAIN; where it tells that it was closed,
 * -EBADF. Closing as net.Conn does is stop_io, then close.  The cases are conn_io.c and
 * conn_race.c.
 */
#ifndef TESTS_CONFORMANCE_CONN_H
#define TESTS_CONFORMANCE_CONN_H

#include "tests/conformance/harness.h"

#define CONN_LONG_AGO INT64_C(1)
#define CONN_CHUNK    1024

/* The connection of a case, as its parties share it. */
struct conn {
    struct run *run;
    int fd;
    int peer;
    int left;     /* parties still at work that count themselves down */
    int wrong;    /* answers that were none of those allowed */
    bool started; /* the deadline, or the close, that parties wait for was set */
    size_t bytes;
    uint64_t digest;
    long result;
};

/* Opens one, a second after the beginning of time, so that CONN_LONG_AGO lies in the past. */
struct conn conn_opened(struct run *run);
/* Both deadlines of conn->fd. */
void conn_set_deadlines(struct conn *self, int64_t when_ns);
int64_t conn_in_ms(struct run *run, int64_t delay_ms);

/* Starts a party that will count itself down from `left`; waits for all of them, for a minute at
 * most, and says how many answers were wrong. */
void conn_start(struct conn *self, void (*party)(void *));
void conn_await(struct conn *self);
/* Ends conn->fd as net.Conn does, so that what serves the peer ends as well, and waits for it. */
void conn_close_and_join(struct conn *self);

/* Parties that serve the peer: send back, drop, send without end.  The echo takes a microsecond,
 * for time would stand still while it is always somebody's turn. */
void conn_echo(void *argument);
void conn_discard(void *argument);
void conn_pour(void *argument);

/* One chunk from or to conn->fd. */
long conn_read_chunk(struct conn *self);
long conn_write_chunk(struct conn *self);
/* Out and back by the echo; before it, resynchronize drops what is still on its way back. */
void conn_round_trip(struct conn *self);
void conn_resynchronize(struct conn *self);

#endif
