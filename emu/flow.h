/*
 * emu/flow.h - what one end of a TCP connection knows while the network is not calm.
 *
 * How far its bytes are sent and acknowledged, what it may send, when it sends again; and of what
 * it receives, the pieces that came out of order.  Places count from 0, and the FIN takes the place
 * behind the last byte.  Nothing here knows packets or sockets: emu/tcp_output.c and
 * emu/tcp_input.c do.
 *
 *   Errors  none.
 *   Order   integers only.
 */
#ifndef EMU_FLOW_H
#define EMU_FLOW_H

#include "emu/timeline.h"

#define DRILL_RTO_FIRST_NS INT64_C(1000000000)   /* RFC 6298 2.1 */
#define DRILL_RTO_MIN_NS   INT64_C(200000000)    /* Linux's TCP_RTO_MIN */
#define DRILL_RTO_MAX_NS   INT64_C(120000000000) /* Linux's TCP_RTO_MAX */

enum { DRILL_FLOW_PIECES = 16, DRILL_FLOW_FIRST_WINDOW = 10 }; /* RFC 6928 */

struct drill_piece {
    uint64_t from, to;
};

struct drill_flow {
    uint64_t acked, sent;       /* by this end; `sent` falls back to `acked` when it begins again */
    uint64_t highest;           /* the furthest ever sent */
    uint64_t edge;              /* how far the peer lets it send */
    uint64_t recover;           /* from here on duplicates tell of a new loss (RFC 6582) */
    uint64_t window, threshold; /* congestion window and slow start threshold, bytes */
    uint32_t segment;           /* bytes a packet */
    uint32_t duplicates;        /* acknowledgements in a row that said nothing new */
    uint32_t retries;           /* timeouts in a row */
    uint32_t retransmitted;     /* packets sent again, in all */
    bool recovering;
    bool probing; /* the peer's window is closed: the timer probes it */
    int64_t smoothed_ns, variance_ns, timeout_ns; /* RFC 6298; smoothed 0: no measure yet */
    uint64_t timed;                               /* the place whose answer is being timed ... */
    int64_t timed_since_ns;                       /* ... since; 0: none */
    int64_t unanswered_since_ns; /* when the oldest unanswered packet went; 0: none */
    int64_t heard_ns;            /* when the peer was last heard of */
    uint32_t keepalives;         /* unanswered */
    int64_t due_ns;              /* when what is unanswered is sent again; 0: nothing is */
    struct drill_event
        resend;              /* looks at due_ns, and is set no later: retransmission, probe, SYN */
    struct drill_event idle; /* keepalive */
    struct drill_flow *owing_next; /* in the network's list */
    bool owes;                     /* an acknowledgement, at the end of this instant */
    bool is_owing;                 /* is in that list */
    void *owner;                   /* the connection, for whoever runs the events, */
    uint8_t side;                  /* and the end of it */
    uint64_t shown_edge;           /* of what it receives: how far it has let the peer send */
    uint32_t piece_count;
    struct drill_piece pieces[DRILL_FLOW_PIECES]; /* arrived out of order, apart and in order */
    uint64_t urgent;       /* of what it sends: the place behind the urgent byte; 0: none */
    uint64_t urgent_known; /* of what it receives: the same, once the peer has told; 0: none */
    bool urgent_taken;     /* and read */
};

/* A flow that begins at `place` with packets of `segment` bytes. */
void drill_flow_init(struct drill_flow *self, uint64_t place, uint64_t edge, uint32_t segment);

/* A round trip took so long. */
void drill_flow_measured(struct drill_flow *self, int64_t round_ns);
/* A packet up to `to` goes now, for the first time or again. */
void drill_flow_sent(struct drill_flow *self, uint64_t to, int64_t now_ns);
/* An acknowledgement up to `ack`; `bare`: it brings nothing else.  True: send the first
 * unacknowledged packet again, at once. */
bool drill_flow_acked(struct drill_flow *self, uint64_t ack, bool bare, int64_t now_ns);
/* How far it may send now: the peer's window, its own, and for each of two duplicates a packet more
 * (RFC 3042). */
uint64_t drill_flow_limit(const struct drill_flow *self);
/* The timer has run out: begin again from the first unacknowledged byte. */
void drill_flow_timed_out(struct drill_flow *self);
/* The next timeout, backed off. */
int64_t drill_flow_timeout(const struct drill_flow *self);

/* Notes that [from, to) is there; returns how far all is there, starting from `arrived`. */
uint64_t drill_flow_arrived(struct drill_flow *self, uint64_t arrived, uint64_t from, uint64_t to);

#endif
