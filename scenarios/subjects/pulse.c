/*
 * scenarios/subjects/pulse.c - nodes that tell each other they live, and who of them leads.
 *
 *   pulse_node id=1 [of=3] [beat=1s] [until=7s] [patience=3500ms]
 *
 * Each node sends its pulse to all others: whom it hears, whom it follows, and which job of its own
 * it wants done.  The node with the lowest number that is alive leads, as long as it has a
 * majority; it does the jobs of all, and its pulse tells which are done.  Alive is who is heard and
 * says that it hears, too: one that hears nobody is of no use to those who hear it.
 *
 *   bug=one-way    alive is who is heard
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { PORT = 700, NODES = 8 };

struct pulse {
    uint32_t from, hears; /* a bit for each */
    uint32_t leader, job, done[NODES];
};

struct node {
    int fd;
    uint32_t id, of;
    bool one_way;
    int64_t beat_ns;
    int64_t heard_ns[NODES]; /* when the last pulse of each has come */
    uint32_t hears_me;
    int64_t progress_ns; /* when its last job was done */
    struct pulse own;
};

static uint32_t alive(struct node *self, int64_t now_ns)
{
    const uint32_t me = 1U << self->id;

    self->own.hears = me;
    for (uint32_t i = 1; i <= self->of; i++)
        if (now_ns - self->heard_ns[i] < self->beat_ns * 3 / 2)
            self->own.hears |= 1U << i;
    return self->one_way ? self->own.hears : self->own.hears & (self->hears_me | me);
}

static bool is_majority(const struct node *self, uint32_t nodes)
{
    return (uint32_t)__builtin_popcount(nodes) * 2 > self->of;
}

/* Who leads is chosen anew at each beat. */
static void beat(struct node *self)
{
    const uint32_t nodes = alive(self, drill_monotonic());
    const uint32_t leader = is_majority(self, nodes) ? (uint32_t)__builtin_ctz(nodes) : 0;

    if (leader != self->own.leader && self->own.leader != 0)
        drill_reached("elected");
    self->own.leader = leader;
    for (uint32_t i = 1; i <= self->of; i++) {
        const struct drill_sockaddr to = kit_node(i, PORT);
        if (i != self->id)
            drill_sendto(self->fd, &self->own, sizeof self->own, 0, &to);
    }
}

static void next_job(struct node *self)
{
    self->own.job++;
    self->progress_ns = drill_monotonic();
}

static void take(struct node *self, const struct pulse *pulse)
{
    const uint32_t me = 1U << self->id, it = 1U << pulse->from;

    self->heard_ns[pulse->from] = drill_monotonic();
    self->hears_me = pulse->hears & me ? self->hears_me | it : self->hears_me & ~it;
    if (self->own.leader == self->id)
        self->own.done[pulse->from] = pulse->job;
    if (pulse->leader == pulse->from && pulse->done[self->id] == self->own.job)
        next_job(self);
}

/* Takes pulses until a time. */
static int listen_until(struct node *self, int64_t until_ns)
{
    struct pulse pulse;
    ssize_t got;

    drill_set_read_deadline(self->fd, until_ns);
    while ((got = drill_recvfrom(self->fd, &pulse, sizeof pulse, 0, NULL)) != -EAGAIN) {
        if (got == -EBADF)
            return -EBADF;
        if (got == (ssize_t)sizeof pulse && pulse.from <= self->of && pulse.from < NODES)
            take(self, &pulse);
    }
    return 0;
}

SUBJECT(pulse_node)
{
    struct node self = {.id = (uint32_t)kit_number(argc, argv, "id", 1),
                        .of = (uint32_t)kit_number(argc, argv, "of", 3),
                        .one_way = kit_bug(argc, argv, "one-way"),
                        .beat_ns = kit_time(argc, argv, "beat", DRILL_SECOND)};
    const int64_t patience_ns = kit_time(argc, argv, "patience", 3500 * DRILL_MS);
    const int64_t until_ns = kit_time(argc, argv, "until", 7 * DRILL_SECOND);
    int result = self.fd = kit_node_open(self.id, PORT);

    /* At the beginning all are taken to be alive. */
    self.own.from = self.id;
    self.own.job = 1;
    self.hears_me = UINT32_MAX;
    for (uint32_t i = 1; i <= self.of && i < NODES; i++)
        self.heard_ns[i] = drill_monotonic();
    while (result >= 0 && drill_monotonic() < until_ns) {
        beat(&self);
        if (self.own.leader == self.id)
            next_job(&self);
        if (self.own.leader != 0 && drill_monotonic() - self.progress_ns > patience_ns) {
            drill_broken("node %u follows node %u, which has done no job for %lld ms", self.id,
                         self.own.leader,
                         (long long)((drill_monotonic() - self.progress_ns) / DRILL_MS));
            break;
        }
        result = listen_until(&self, drill_monotonic() + self.beat_ns);
    }
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}
