/*
 * scenarios/subjects/look.c - a client that connects to whichever address of a name answers first
 * (RFC 8305, happy eyeballs).
 *
 *   look [name=www] [port=7] [stagger=250ms] [patience=10s]
 *
 * Addresses are tried in the order in which the lookup gives them, the next one when one has failed
 * or has not answered for so long, while those before go on.  The first that is connected is taken,
 * and the others are closed.  It knows these mistakes:
 *
 *   bug=serial  the next address waits until the one before has failed
 *   bug=keep    the others are left open
 */
#include <errno.h>

#include "scenarios/subjects/door.h"
#include "scenarios/subjects/kit.h"

enum { MOST = 4, POLL_OUT = 4 };

struct look {
    struct drill_sockaddr there[MOST];
    struct drill_pollfd tries[MOST]; /* fd -1: over */
    int count, begun, pending;
    int64_t stagger_ns, next_ns; /* when the next attempt begins */
    int error;                   /* the last attempt's that failed */
};

static void fail(struct look *self, int place, int error)
{
    if (self->tries[place].fd >= 0) {
        drill_close(self->tries[place].fd);
        self->tries[place].fd = -1;
        self->pending--;
    }
    drill_reached("next-address");
    self->error = error;
    self->next_ns = 0;
}

static void begin(struct look *self)
{
    const int place = self->begun++;
    const struct drill_sockaddr *there = &self->there[place];
    const int fd = drill_socket(there->family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    self->tries[place] = (struct drill_pollfd){.fd = fd, .events = POLL_OUT};
    self->next_ns =
        self->stagger_ns == DRILL_NEVER ? DRILL_NEVER : drill_monotonic() + self->stagger_ns;
    if (fd >= 0)
        self->pending++;
    const int result = fd < 0 ? fd : drill_connect(fd, there);
    if (result < 0 && result != -EINPROGRESS)
        fail(self, place, result);
}

/* The first descriptor that is connected, out of the race; -1: none is. */
static int take_winner(struct look *self)
{
    for (int i = 0; i < self->begun; i++) {
        struct drill_pollfd *each = &self->tries[i];
        int error = 0;
        if (each->fd < 0 || each->revents == 0)
            continue;
        const int result = drill_getsockopt_int(each->fd, SOL_SOCKET, SO_ERROR, &error);
        if (result == 0 && error == 0) {
            const int fd = each->fd;
            each->fd = -1;
            return fd;
        }
        fail(self, i, result < 0 ? result : -error);
    }
    return -1;
}

/* The descriptor that wins, or the error. */
static int race(struct look *self, int64_t until_ns)
{
    while (drill_monotonic() < until_ns) {
        if (self->begun < self->count && drill_monotonic() >= self->next_ns) {
            begin(self);
            continue;
        }
        if (self->pending == 0)
            return self->error;
        const bool more = self->begun < self->count && self->next_ns < until_ns;
        const int ready =
            drill_poll(self->tries, (size_t)self->begun, more ? self->next_ns : until_ns);
        if (ready < 0 && ready != -EINTR && ready != -EAGAIN)
            return ready;
        const int winner = ready > 0 ? take_winner(self) : -1;
        if (winner >= 0)
            return winner;
    }
    return -ETIMEDOUT;
}

SUBJECT(look)
{
    struct look self = {
        .stagger_ns = kit_bug(argc, argv, "serial")
                          ? DRILL_NEVER
                          : kit_time(argc, argv, "stagger", 250 * DRILL_MS),
    };
    const int64_t patience = kit_time(argc, argv, "patience", 10 * DRILL_SECOND);

    self.count = drill_resolve(kit_text(argc, argv, "name", "www"), self.there, MOST);
    if (self.count < 0)
        return kit_status(self.count);
    for (int i = 0; i < self.count; i++)
        self.there[i].port = (uint16_t)kit_number(argc, argv, "port", 7);
    const int fd = race(&self, drill_monotonic() + patience);
    for (int i = 0; i < self.begun; i++)
        if (self.tries[i].fd >= 0 && !kit_bug(argc, argv, "keep"))
            drill_close(self.tries[i].fd);
    if (fd < 0)
        return kit_status(fd);
    drill_set_nonblock(fd, false);
    const int result = door_ping(fd, 2 * DRILL_SECOND);
    drill_close(fd);
    return kit_status(result);
}
