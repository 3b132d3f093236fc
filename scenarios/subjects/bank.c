/*
 * scenarios/subjects/bank.c - orders that must be done once, whatever becomes of the connection.
 *
 *   bank [at=10.0.0.1:7]                                adds up orders, and answers with the sum
 *   payer [to=10.0.0.1:7] [orders=4] [tries=8]          gives orders of 1 each, one by one
 *
 * An order has a number.  When the connection is lost before its answer has come, the payer gives
 * the same order again, and the bank knows by the number whether it was done.
 *
 *   bug=no-number    the bank does whatever it is told, as often as it is told
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

struct order {
    uint32_t number, amount;
};

struct ledger {
    uint32_t sum, last;
    bool no_number;
};

static void serve(struct ledger *self, int fd)
{
    struct order order;

    for (;;) {
        kit_patience(fd, 5 * DRILL_SECOND);
        if (kit_recv_frame(fd, &order, sizeof order) != (ssize_t)sizeof order)
            return;
        if (self->no_number || order.number > self->last)
            self->sum += order.amount;
        self->last = order.number;
        if (self->sum > order.number)
            drill_broken("%u orders of 1 have made %u", order.number, self->sum);
        if (kit_send_frame(fd, &self->sum, sizeof self->sum) < 0)
            return;
    }
}

SUBJECT(bank)
{
    struct ledger ledger = {.no_number = kit_bug(argc, argv, "no-number")};
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 4);
    int fd = listener;

    while (fd != -EBADF && listener >= 0) {
        fd = drill_accept(listener, NULL);
        if (fd >= 0) {
            serve(&ledger, fd);
            drill_close(fd);
        }
    }
    if (listener >= 0)
        drill_close(listener);
    return listener < 0 ? kit_status(listener) : 0;
}

/* Gives orders until the connection is lost, or all are done: 0. */
static int pay(int fd, uint32_t *done, uint32_t orders)
{
    while (*done < orders) {
        const struct order order = {.number = *done + 1, .amount = 1};
        uint32_t sum;
        kit_patience(fd, 2 * DRILL_SECOND);
        const int sent = kit_send_frame(fd, &order, sizeof order);
        const ssize_t got = sent < 0 ? sent : kit_recv_frame(fd, &sum, sizeof sum);
        if (got < 0)
            return (int)got;
        if (sum != order.number)
            return -EBADMSG;
        ++*done;
    }
    return 0;
}

SUBJECT(payer)
{
    const uint32_t orders = (uint32_t)kit_number(argc, argv, "orders", 4);
    uint32_t done = 0;
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 8); result < 0 && tries > 0; tries--) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);
        result = fd < 0 ? fd : pay(fd, &done, orders);
        if (fd >= 0)
            drill_close(fd);
        if (result < 0)
            drill_sleep(DRILL_SECOND);
    }
    return kit_status(result);
}
