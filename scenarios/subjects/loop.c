/*
 * scenarios/subjects/loop.c - an event loop over epoll, level or edge triggered.
 *
 *   loop_server [at=10.0.0.1:7] [edge=0] [words=0]
 *   loop_talker [to=10.0.0.1:7] [messages=4] [size=24] [gap=20ms] [twice=0]
 *   loop_teller [to=10.0.0.1:7] [words=64] [gap=10ms]
 *
 * The server sends back what it hears; of a client that has ended it must have heard so many bytes.
 * The talker says so much at once, or in two parts a little apart, and waits for it to come back;
 * the teller says its words, and leaves a little later.
 *
 *   bug=blocking     descriptors are left as they are: a read may wait
 *   bug=one-read     reads once for each event
 *   bug=hup-first    who has hung up is dropped at once
 */
#include <errno.h>
#include <sys/epoll.h>

#include "scenarios/subjects/kit.h"

enum { FDS = 32, EVENTS = 8, PIECE = 8 };

struct loop {
    int epoll, listener;
    bool edge, blocking, one_read, hup_first;
    int64_t words;
    bool open[FDS];
    int64_t heard[FDS];
};

static int watch(struct loop *self, int fd, uint32_t events)
{
    const struct drill_epoll_event event = {.events = events, .data = (uint64_t)fd};

    return drill_epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(struct loop *self)
{
    int fd;

    while ((fd = drill_accept(self->listener, NULL)) >= 0) {
        if (!self->blocking)
            drill_set_nonblock(fd, true);
        if (fd >= FDS || watch(self, fd, EPOLLIN | EPOLLRDHUP | (self->edge ? EPOLLET : 0u)) < 0) {
            drill_close(fd);
            continue;
        }
        self->heard[fd] = 0;
        self->open[fd] = true;
    }
}

static void part(struct loop *self, int fd)
{
    if (self->words > 0 && self->heard[fd] != self->words)
        drill_broken("of %lld bytes %lld were heard", (long long)self->words,
                     (long long)self->heard[fd]);
    self->open[fd] = false;
    drill_close(fd);
}

/* Reads what there is, a piece at a time, and sends it back. */
static void hear(struct loop *self, int fd, uint32_t events)
{
    char piece[PIECE];
    ssize_t got;

    if (self->hup_first && (events & (EPOLLRDHUP | EPOLLHUP)) != 0) {
        part(self, fd);
        return;
    }
    do {
        got = drill_recvfrom(fd, piece, sizeof piece, 0, NULL);
        if (got > 0) {
            self->heard[fd] += got;
            kit_send_all(fd, piece, (size_t)got);
        }
    } while (got == -EINTR || (got > 0 && self->edge && !self->one_read));
    if (got == 0 || (got < 0 && got != -EAGAIN))
        part(self, fd);
}

static int turn(struct loop *self)
{
    struct drill_epoll_event events[EVENTS];
    const int count = drill_epoll_wait(self->epoll, events, EVENTS, DRILL_NEVER);

    for (int i = 0; i < count; i++) {
        const int fd = (int)events[i].data;
        if (fd == self->listener)
            welcome(self);
        else
            hear(self, fd, events[i].events);
    }
    return count == -EINTR ? 0 : count;
}

SUBJECT(loop_server)
{
    struct loop self = {.epoll = drill_epoll_create(),
                        .listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 8),
                        .edge = kit_number(argc, argv, "edge", 0) != 0,
                        .words = kit_number(argc, argv, "words", 0),
                        .blocking = kit_bug(argc, argv, "blocking"),
                        .one_read = kit_bug(argc, argv, "one-read"),
                        .hup_first = kit_bug(argc, argv, "hup-first")};
    int result = self.listener < 0 ? self.listener : self.epoll;

    if (result >= 0)
        result = drill_set_nonblock(self.listener, true);
    if (result >= 0)
        result = watch(&self, self.listener, EPOLLIN);
    while (result >= 0)
        result = turn(&self);
    if (self.epoll >= 0)
        drill_close(self.epoll);
    if (self.listener >= 0)
        drill_close(self.listener);
    for (int fd = 0; fd < FDS; fd++)
        if (self.open[fd])
            drill_close(fd);
    return result == -EBADF ? 0 : kit_status(result);
}

SUBJECT(loop_talker)
{
    const size_t size = (size_t)kit_number(argc, argv, "size", 24);
    const int64_t gap_ns = kit_time(argc, argv, "gap", 20 * DRILL_MS);
    const bool twice = kit_number(argc, argv, "twice", 0) != 0;
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 3 * DRILL_SECOND);
    char said[256], back[256];
    int result = fd;

    for (int64_t left = kit_number(argc, argv, "messages", 4); left > 0 && result >= 0; left--) {
        memset(said, (int)('a' + left), sizeof said);
        kit_patience(fd, 3 * DRILL_SECOND);
        result = kit_send_all(fd, said, twice ? size / 2 : size);
        if (result == 0 && twice) {
            drill_sleep(gap_ns);
            result = kit_send_all(fd, said + size / 2, size - size / 2);
        }
        if (result == 0)
            result = kit_recv_all(fd, back, size);
        if (result == 0 && memcmp(said, back, size) != 0)
            result = -EBADMSG;
        if (result == 0)
            drill_sleep(gap_ns);
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}

SUBJECT(loop_teller)
{
    const size_t size = (size_t)kit_number(argc, argv, "words", 64);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 3 * DRILL_SECOND);
    char said[256];

    if (fd < 0)
        return kit_status(fd);
    memset(said, 'w', sizeof said);
    kit_patience(fd, 3 * DRILL_SECOND);
    const int result = kit_send_all(fd, said, size);
    drill_sleep(kit_time(argc, argv, "gap", 10 * DRILL_MS));
    drill_shutdown(fd, SHUT_WR);
    while (result == 0 && drill_recvfrom(fd, said, sizeof said, 0, NULL) > 0)
        continue;
    drill_close(fd);
    return kit_status(result);
}
