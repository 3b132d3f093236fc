#include "emu/flow.h"

#include <string.h>

void drill_flow_init(struct drill_flow *self, uint64_t place, uint64_t edge, uint32_t segment)
{
    *self = (struct drill_flow){
        .acked = place,
        .sent = place,
        .highest = place,
        .edge = edge,
        .recover = place,
        .segment = segment,
        .window = (uint64_t)DRILL_FLOW_FIRST_WINDOW * segment,
        .threshold = UINT64_MAX / 2,
        .timeout_ns = DRILL_RTO_FIRST_NS,
    };
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* RFC 6298 2.2 and 2.3, with Linux's minimum. */
void drill_flow_measured(struct drill_flow *self, int64_t round_ns)
{
    if (self->smoothed_ns == 0) {
        self->smoothed_ns = round_ns > 0 ? round_ns : 1;
        self->variance_ns = round_ns / 2;
    } else {
        const int64_t off = self->smoothed_ns - round_ns;
        self->variance_ns += ((off < 0 ? -off : off) - self->variance_ns) / 4;
        self->smoothed_ns += (round_ns - self->smoothed_ns) / 8;
    }
    const int64_t spread = 4 * self->variance_ns;
    self->timeout_ns =
        clamp(self->smoothed_ns + (spread > DRILL_RTO_MIN_NS ? spread : DRILL_RTO_MIN_NS),
              DRILL_RTO_MIN_NS, DRILL_RTO_MAX_NS);
}

void drill_flow_sent(struct drill_flow *self, uint64_t to, int64_t now_ns)
{
    const bool again = to <= self->highest;

    if (to > self->sent)
        self->sent = to;
    if (to > self->highest)
        self->highest = to;
    if (again) {
        self->retransmitted++;
        self->timed_since_ns = 0; /* Karn: what was sent twice cannot be timed (RFC 6298 3) */
    } else if (self->timed_since_ns == 0) {
        self->timed = to;
        self->timed_since_ns = now_ns + 1;
    }
    if (self->unanswered_since_ns == 0)
        self->unanswered_since_ns = now_ns + 1;
}

static uint64_t half_in_flight(const struct drill_flow *self)
{
    const uint64_t half = (self->highest - self->acked) / 2;
    const uint64_t least = 2 * (uint64_t)self->segment;

    return half > least ? half : least;
}

/* Slow start below the threshold, one segment a window above it (RFC 5681 3.1).  One answer may
 * stand for many packets (RFC 3465), but not while a timeout is made good: there it may tell of old
 * ones. */
static void grow(struct drill_flow *self, uint64_t count)
{
    if (self->acked < self->recover && count > self->segment)
        count = self->segment;
    if (self->window < self->threshold) {
        const uint64_t room = self->threshold - self->window;
        const uint64_t fast = count < room ? count : room;
        self->window += fast;
        count -= fast;
    }
    self->window += count * self->segment / self->window;
}

/* RFC 6582 3.2, steps 1 and 2. */
static bool duplicate(struct drill_flow *self)
{
    self->duplicates++;
    if (self->recovering)
        self->window += self->segment; /* a packet has left the network */
    if (self->recovering || self->duplicates != 3 || self->acked < self->recover)
        return false;
    self->recovering = true;
    self->recover = self->highest;
    self->threshold = half_in_flight(self);
    self->window = self->threshold + 3 * (uint64_t)self->segment;
    return true;
}

/* RFC 6582 3.2, step 3: `count` bytes more are acknowledged while in recovery. */
static bool recovered_some(struct drill_flow *self, uint64_t count)
{
    if (self->acked >= self->recover) {
        self->recovering = false;
        self->window = self->threshold;
        return false;
    }
    self->window -= count < self->window ? count : self->window;
    self->window += self->segment;
    return true; /* a partial answer: the next hole */
}

bool drill_flow_acked(struct drill_flow *self, uint64_t ack, bool bare, int64_t now_ns)
{
    if (ack <= self->acked) {
        const bool waits = self->highest > self->acked;
        return bare && waits && ack == self->acked && duplicate(self);
    }
    if (self->timed_since_ns != 0 && ack >= self->timed) {
        drill_flow_measured(self, now_ns + 1 - self->timed_since_ns);
        self->timed_since_ns = 0;
    }
    const uint64_t count = ack - self->acked;
    self->acked = ack;
    if (self->sent < ack)
        self->sent = ack;
    self->duplicates = 0;
    self->retries = 0;
    self->unanswered_since_ns = self->highest > ack ? now_ns + 1 : 0;
    if (self->recovering)
        return recovered_some(self, count);
    grow(self, count);
    return false;
}

/* What is sent again now comes back as duplicates that tell nothing: RFC 6582 3.2, step 4. */
void drill_flow_timed_out(struct drill_flow *self)
{
    if (self->retries == 0)
        self->threshold = half_in_flight(self);
    self->window = self->segment;
    self->sent = self->acked;
    self->recover = self->highest + 1;
    self->recovering = false;
    self->duplicates = 0;
    self->timed_since_ns = 0;
    self->retries++;
}

uint64_t drill_flow_limit(const struct drill_flow *self)
{
    uint64_t window = self->window;

    if (!self->recovering && self->duplicates < 3 && self->acked >= self->recover)
        window += self->duplicates * (uint64_t)self->segment;
    return self->acked + window < self->edge ? self->acked + window : self->edge;
}

int64_t drill_flow_timeout(const struct drill_flow *self)
{
    int64_t timeout = self->timeout_ns;

    for (uint32_t i = 0; i < self->retries && timeout < DRILL_RTO_MAX_NS; i++)
        timeout *= 2;
    return timeout < DRILL_RTO_MAX_NS ? timeout : DRILL_RTO_MAX_NS;
}

static void remove_piece(struct drill_flow *self, uint32_t index)
{
    self->piece_count--;
    memmove(&self->pieces[index], &self->pieces[index + 1],
            (self->piece_count - index) * sizeof self->pieces[0]);
}

/* A piece too many is forgotten, as if it had been lost: it will be sent again. */
static void add_piece(struct drill_flow *self, uint64_t from, uint64_t to)
{
    uint32_t at = 0;

    while (at < self->piece_count && self->pieces[at].to < from)
        at++;
    while (at < self->piece_count && self->pieces[at].from <= to) {
        from = self->pieces[at].from < from ? self->pieces[at].from : from;
        to = self->pieces[at].to > to ? self->pieces[at].to : to;
        remove_piece(self, at);
    }
    if (self->piece_count == DRILL_FLOW_PIECES)
        return;
    memmove(&self->pieces[at + 1], &self->pieces[at],
            (self->piece_count - at) * sizeof self->pieces[0]);
    self->pieces[at] = (struct drill_piece){from, to};
    self->piece_count++;
}

uint64_t drill_flow_arrived(struct drill_flow *self, uint64_t arrived, uint64_t from, uint64_t to)
{
    if (from > arrived) {
        add_piece(self, from, to);
        return arrived;
    }
    if (to > arrived)
        arrived = to;
    while (self->piece_count > 0 && self->pieces[0].from <= arrived) {
        if (self->pieces[0].to > arrived)
            arrived = self->pieces[0].to;
        remove_piece(self, 0);
    }
    return arrived;
}
