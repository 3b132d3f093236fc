/*
 * scenarios/subjects/mixer.c - two connections of one peer, and what is said on both at once.
 *
 *   mixer [at=10.0.0.1:7]                     multiplies numbers by the factor that goes with them
 *   deck [to=10.0.0.1:7] [rounds=4]           sets the factor on one connection, sends a number
 *                                             on the other, and checks the product
 *
 * What comes on two connections comes in no order.  Each factor and each number has a round, and
 * the mixer keeps a number back until its factor is there.
 *
 *   bug=in-order    takes what is told first for what was said first
 */
#include <errno.h>
#include <sys/epoll.h>

#include "scenarios/subjects/kit.h"

enum { FACTORS = 0, NUMBERS = 1 };

struct line {
    uint32_t round, value;
};

struct mixer {
    int epoll, fds[2];
    bool in_order;
    struct line factor, number; /* the latest of each */
};

static int answer(struct mixer *self)
{
    const uint32_t product = self->number.value * self->factor.value;

    if (self->number.round == 0 || (!self->in_order && self->factor.round != self->number.round))
        return 0;
    self->number.round = 0;
    return kit_send_all(self->fds[NUMBERS], &product, sizeof product);
}

static int serve(struct mixer *self)
{
    struct drill_epoll_event events[2];
    const int count = drill_epoll_wait(self->epoll, events, 2, DRILL_NEVER);
    int result = count == -EINTR ? 0 : count;

    for (int i = 0; i < count && result >= 0; i++) {
        const int which = (int)events[i].data;
        struct line *line = which == FACTORS ? &self->factor : &self->number;
        result = kit_recv_all(self->fds[which], line, sizeof *line);
        if (result == 0)
            result = answer(self);
    }
    return result;
}

SUBJECT(mixer)
{
    struct mixer self = {.epoll = drill_epoll_create(),
                         .fds = {-1, -1},
                         .in_order = kit_bug(argc, argv, "in-order")};
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 2);
    int result = listener;

    for (int i = 0; i < 2 && result >= 0; i++) {
        const struct drill_epoll_event event = {.events = EPOLLIN, .data = (uint64_t)i};
        while ((result = self.fds[i] = drill_accept(listener, NULL)) == -EINTR)
            continue;
        if (result >= 0)
            result = drill_epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.fds[i], &event);
    }
    while (result >= 0)
        result = serve(&self);
    for (int i = 0; i < 2; i++)
        if (self.fds[i] >= 0)
            drill_close(self.fds[i]);
    if (listener >= 0)
        drill_close(listener);
    drill_close(self.epoll);
    return result == -ENODATA ? 0 : kit_status(result);
}

SUBJECT(deck)
{
    const char *to = kit_text(argc, argv, "to", "10.0.0.1:7");
    const uint32_t rounds = (uint32_t)kit_number(argc, argv, "rounds", 4);
    const int factors = kit_connect(to, 3 * DRILL_SECOND);
    const int numbers = factors < 0 ? factors : kit_connect(to, 3 * DRILL_SECOND);
    int result = numbers;

    for (uint32_t round = 1; round <= rounds && result >= 0; round++) {
        const struct line factor = {.round = round, .value = 10 * round};
        const struct line number = {.round = round, .value = 7};
        uint32_t product = 0;
        kit_patience(numbers, 3 * DRILL_SECOND);
        result = kit_send_all(factors, &factor, sizeof factor);
        if (result == 0)
            result = kit_send_all(numbers, &number, sizeof number);
        if (result == 0)
            result = kit_recv_all(numbers, &product, sizeof product);
        if (result == 0 && product != 70 * round) {
            drill_broken("7 times %u is said to be %u", factor.value, product);
            result = -EBADMSG;
        }
    }
    if (numbers >= 0)
        drill_close(numbers);
    if (factors >= 0)
        drill_close(factors);
    return kit_status(result);
}
