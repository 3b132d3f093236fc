/*
 * scenarios/subjects/orders.c - a leader that gives orders, another that takes over, and a store.
 *
 *   orders_store                                        at 10.0.0.1
 *   orders_leader id=2 [orders=6] [every=500ms]         leads, in epoch 1
 *   orders_leader id=3 [...] standby=1500ms             in epoch 2, after so long a silence
 *
 * An order is given again until the store has carried it out.  The store knows the highest epoch
 * that it has seen, and refuses what comes from an earlier one: a leader that hears so steps down.
 *
 *   bug=no-epoch    the store does what it is told
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { PORT = 700, STORE = 1 };

struct order {
    uint32_t epoch, number;
};

SUBJECT(orders_store)
{
    const bool no_epoch = kit_bug(argc, argv, "no-epoch");
    const int fd = kit_node_open(STORE, PORT);
    struct drill_sockaddr from;
    struct order order, last = {0};
    ssize_t got;

    if (fd < 0)
        return kit_status(fd);
    while ((got = drill_recvfrom(fd, &order, sizeof order, 0, &from)) != -EBADF) {
        if (got != (ssize_t)sizeof order)
            continue;
        if (order.epoch < last.epoch)
            drill_reached("stale");
        if (order.epoch < last.epoch && no_epoch)
            drill_broken("order %u of epoch %u was carried out after order %u of epoch %u",
                         order.number, order.epoch, last.number, last.epoch);
        if (order.epoch >= last.epoch || no_epoch)
            last = order;
        drill_sendto(fd, &last, sizeof last, 0, &from);
    }
    drill_close(fd);
    return 0;
}

struct leader {
    int fd;
    uint32_t id, orders;
    struct order order; /* the next; of who stands by, what it has heard */
};

/* An order is told to the store, and to the other leader. */
static void give(const struct leader *self)
{
    const struct drill_sockaddr store = kit_node(STORE, PORT), other = kit_node(5 - self->id, PORT);

    drill_sendto(self->fd, &self->order, sizeof self->order, 0, &store);
    drill_sendto(self->fd, &self->order, sizeof self->order, 0, &other);
}

/* Until nothing is heard for so long: -EAGAIN; 0: the last order was heard. */
static int stand_by(struct leader *self, int64_t patience_ns)
{
    struct order heard;

    while (self->order.number < self->orders) {
        drill_set_read_deadline(self->fd, drill_monotonic() + patience_ns);
        const ssize_t got = drill_recvfrom(self->fd, &heard, sizeof heard, 0, NULL);
        if (got < 0)
            return (int)got;
        self->order = heard;
    }
    return 0;
}

/* Gives orders until all are carried out, or somebody else leads. */
static int lead(struct leader *self, int64_t every_ns)
{
    struct order heard;

    while (self->order.number <= self->orders) {
        const int64_t until_ns = drill_monotonic() + every_ns;
        ssize_t got;
        give(self);
        drill_set_read_deadline(self->fd, until_ns);
        while ((got = drill_recvfrom(self->fd, &heard, sizeof heard, 0, NULL)) > 0) {
            if (heard.epoch > self->order.epoch) {
                drill_reached("deposed");
                return 0;
            }
            if (heard.epoch == self->order.epoch && heard.number == self->order.number)
                self->order.number++;
        }
        if (got != -EAGAIN)
            return (int)got;
    }
    return 0;
}

SUBJECT(orders_leader)
{
    struct leader self = {.id = (uint32_t)kit_number(argc, argv, "id", 2),
                          .orders = (uint32_t)kit_number(argc, argv, "orders", 6)};
    const int64_t every_ns = kit_time(argc, argv, "every", 500 * DRILL_MS);
    const int64_t standby_ns = kit_time(argc, argv, "standby", 0);
    int result = self.fd = kit_node_open(self.id, PORT);

    if (result >= 0 && standby_ns > 0)
        result = stand_by(&self, standby_ns);
    if (self.fd >= 0 && (standby_ns == 0 || result == -EAGAIN)) {
        self.order.epoch++;
        self.order.number += standby_ns == 0;
        result = lead(&self, every_ns);
    }
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}
