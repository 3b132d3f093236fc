/*
 * scenarios/subjects/door.c - a server that is one event loop, and takes in whoever knocks.
 *
 *   door_server [at=10.0.0.1:7] [binds=5] [rest=100ms]
 *
 * Who says ping hears pong, until he goes.  When there is no descriptor left for the next one, the
 * listener is left alone for a rest; a port that is taken is asked for again.  It knows these
 * mistakes:
 *
 *   bug=dies      an error of accept is the end of the server
 *   bug=spins     the listener is asked again at once, whatever accept has said
 *   bug=inline    it hears the first word of who comes in before it does anything else
 *   bug=no-reuse  it does not set SO_REUSEADDR
 */
#include "scenarios/subjects/door.h"

#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { GUESTS = 4, POLL_IN = 1 };

struct guest {
    int fd; /* -1: nobody */
    size_t held;
    char word[DOOR_WORD];
};

struct door {
    int listener;
    int64_t rest_ns, rests_until_ns;
    bool dies, spins, hears_inline;
    struct guest guests[GUESTS];
};

int door_ping(int fd, int64_t patience_ns)
{
    char answer[DOOR_WORD];

    kit_patience(fd, patience_ns);
    int result = kit_send_all(fd, "ping\n", DOOR_WORD);
    if (result == 0)
        result = kit_recv_all(fd, answer, DOOR_WORD);
    if (result == 0 && memcmp(answer, "pong\n", DOOR_WORD) != 0) {
        drill_broken("ping was answered with %.4s", answer);
        return -EBADMSG;
    }
    return result;
}

static void leave(struct guest *guest)
{
    drill_close(guest->fd);
    guest->fd = -1;
}

static void hear(struct guest *guest)
{
    const ssize_t got =
        drill_recvfrom(guest->fd, guest->word + guest->held, DOOR_WORD - guest->held, 0, NULL);

    if (got == -EAGAIN || got == -EINTR)
        return;
    if (got <= 0) {
        leave(guest);
        return;
    }
    guest->held += (size_t)got;
    if (guest->held < DOOR_WORD)
        return;
    guest->held = 0;
    if (kit_send_all(guest->fd, "pong\n", DOOR_WORD) < 0)
        leave(guest);
}

static void take_in(struct door *self, int fd)
{
    struct guest *guest = self->guests;

    while (guest < self->guests + GUESTS && guest->fd >= 0)
        guest++;
    if (guest == self->guests + GUESTS) {
        drill_close(fd);
        return;
    }
    *guest = (struct guest){.fd = fd};
    if (self->hears_inline)
        hear(guest);
    if (guest->fd >= 0)
        drill_set_nonblock(guest->fd, true);
}

/* Opens to who knocks: 0, or the error that ends the server. */
static int greet(struct door *self)
{
    const int fd = drill_accept(self->listener, NULL);

    if (fd >= 0) {
        take_in(self, fd);
        return 0;
    }
    if (fd == -EBADF)
        return fd;
    if (fd == -EAGAIN || fd == -EINTR)
        return 0;
    if (self->dies)
        return fd;
    if (fd == -ECONNABORTED) {
        drill_reached("aborted");
    } else if (!self->spins) { /* no descriptor, no memory: somebody may give one back */
        drill_reached("rested");
        self->rests_until_ns = drill_monotonic() + self->rest_ns;
    }
    return 0;
}

static int turn(struct door *self)
{
    struct drill_pollfd ready[1 + GUESTS];
    const bool rests = drill_monotonic() < self->rests_until_ns;

    ready[0] = (struct drill_pollfd){.fd = rests ? -1 : self->listener, .events = POLL_IN};
    for (int i = 0; i < GUESTS; i++)
        ready[1 + i] = (struct drill_pollfd){.fd = self->guests[i].fd, .events = POLL_IN};
    const int result = drill_poll(ready, 1 + GUESTS, rests ? self->rests_until_ns : DRILL_NEVER);
    if (result < 0)
        return result == -EINTR || result == -EAGAIN ? 0 : result;
    for (int i = 0; i < GUESTS; i++)
        if (self->guests[i].fd >= 0 && ready[1 + i].revents != 0)
            hear(&self->guests[i]);
    return ready[0].revents != 0 ? greet(self) : 0;
}

static int open_once(int argc, char **argv)
{
    const struct drill_sockaddr here =
        drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:7"));
    const int fd = drill_socket(here.family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    if (!kit_bug(argc, argv, "no-reuse"))
        drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    int result = drill_bind(fd, &here);
    if (result == 0)
        result = drill_listen(fd, 16);
    if (result == 0)
        return fd;
    drill_close(fd);
    return result;
}

static int open_door(int argc, char **argv)
{
    int result = open_once(argc, argv);

    for (int64_t binds = kit_number(argc, argv, "binds", 5); binds > 1 && result == -EADDRINUSE;
         binds--) {
        drill_sleep(300 * DRILL_MS);
        result = open_once(argc, argv);
    }
    return result;
}

SUBJECT(door_server)
{
    struct door self = {
        .rest_ns = kit_time(argc, argv, "rest", 100 * DRILL_MS),
        .dies = kit_bug(argc, argv, "dies"),
        .spins = kit_bug(argc, argv, "spins"),
        .hears_inline = kit_bug(argc, argv, "inline"),
    };
    int result = 0;

    self.listener = open_door(argc, argv);
    if (self.listener < 0)
        return kit_status(self.listener);
    for (int i = 0; i < GUESTS; i++)
        self.guests[i].fd = -1;
    while (result == 0)
        result = turn(&self);
    for (int i = 0; i < GUESTS; i++)
        if (self.guests[i].fd >= 0)
            leave(&self.guests[i]);
    drill_close(self.listener);
    return result == -EBADF ? 0 : kit_status(result);
}
