/*
 * scenarios/subjects/gossip.c - nodes that tell each other what they know.
 *
 *   gossip_node id=1 [of=3] [every=500ms] [news=3] [until=4s]
 *
 * Each node has something to say that changes `news` times, and each change has a version.  A node
 * tells all it knows to the next one, and to the one after that if the next has not said that it
 * hears.  Of what it is told it takes what is newer.  At the end all must know the last of all.
 *
 *   bug=arrival    newer is what arrives later
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { PORT = 700, NODES = 8 };

struct tale {
    uint32_t from, versions[NODES];
};

struct node {
    int fd;
    uint32_t id, of;
    bool arrival, heard; /* what it told last */
    struct tale known;
};

static void tell(struct node *self)
{
    const uint32_t next = self->heard ? 1 : 2;
    const struct drill_sockaddr to = kit_node((self->id + next - 1) % self->of + 1, PORT);

    self->heard = false;
    drill_sendto(self->fd, &self->known, sizeof self->known, 0, &to);
}

static void learn(struct node *self, const struct tale *tale)
{
    for (uint32_t i = 1; i <= self->of; i++) {
        uint32_t *known = &self->known.versions[i];
        if (i == self->id)
            continue;
        if (tale->versions[i] < *known)
            drill_reached("stale");
        if (tale->versions[i] < *known && self->arrival)
            drill_broken("node %u knew version %u of node %u, and now it knows %u", self->id,
                         *known, i, tale->versions[i]);
        if (tale->versions[i] > *known || self->arrival)
            *known = tale->versions[i];
    }
}

static int listen_until(struct node *self, int64_t until_ns)
{
    struct drill_sockaddr from;
    struct tale tale;
    ssize_t got;

    drill_set_read_deadline(self->fd, until_ns);
    while ((got = drill_recvfrom(self->fd, &tale, sizeof tale, 0, &from)) != -EAGAIN) {
        if (got == -EBADF)
            return -EBADF;
        self->heard |= got == (ssize_t)sizeof tale.from;
        if (got != (ssize_t)sizeof tale)
            continue;
        learn(self, &tale);
        drill_sendto(self->fd, &self->id, sizeof self->id, 0, &from);
    }
    return 0;
}

SUBJECT(gossip_node)
{
    struct node self = {.id = (uint32_t)kit_number(argc, argv, "id", 1),
                        .of = (uint32_t)kit_number(argc, argv, "of", 3),
                        .arrival = kit_bug(argc, argv, "arrival"),
                        .heard = true};
    const int64_t until_ns = kit_time(argc, argv, "until", 4 * DRILL_SECOND);
    const uint32_t news = (uint32_t)kit_number(argc, argv, "news", 3);
    int result = self.fd = kit_node_open(self.id, PORT);

    self.known.from = self.id;
    drill_sleep(DRILL_MS); /* until all of them are there */
    while (result >= 0 && drill_monotonic() < until_ns) {
        if (self.known.versions[self.id] < news)
            self.known.versions[self.id]++;
        tell(&self);
        result =
            listen_until(&self, drill_monotonic() + kit_time(argc, argv, "every", 500 * DRILL_MS));
    }
    for (uint32_t i = 1; i <= self.of && result == 0; i++)
        if (self.known.versions[i] != news)
            drill_broken("node %u ends with version %u of node %u: the last is %u", self.id,
                         self.known.versions[i], i, news);
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}
