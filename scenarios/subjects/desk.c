/*
 * scenarios/subjects/desk.c - an event loop with a table of who sits where, by descriptor.
 *
 *   desk_server [at=10.0.0.1:7]
 *   desk_client [to=10.0.0.1:7] [name=A] [wait=0ms] [stay=300ms] [every=100ms] [tries=1]
 *
 * Who comes says a capital letter, its name, and is told "w"; then each "?" is answered with "!".
 * Who comes with a name that is there already takes its place: the one before may be long dead, and
 * nobody has told.  The server knows these mistakes:
 *
 *   bug=by-number   an event is for whoever has its descriptor now
 *   bug=first-wins  a name that is there already is sent away
 */
#include <errno.h>
#include <sys/epoll.h>

#include "scenarios/subjects/kit.h"

enum { SEATS = 32, EVENTS = 8 };

struct seat {
    uint32_t turn; /* 0: nobody; the turn of who sits here, which no other will have */
    uint8_t name;  /* 0: not yet said */
};

struct room {
    int listener, epoll;
    uint32_t turns;
    bool by_number, first_wins;
    struct seat seats[SEATS];
};

static void leave(struct room *self, int fd)
{
    drill_close(fd);
    self->seats[fd] = (struct seat){0};
}

static int watch(struct room *self, int fd, uint32_t turn)
{
    const struct drill_epoll_event event = {.events = EPOLLIN | EPOLLRDHUP,
                                            .data = (uint64_t)turn << 32 | (uint32_t)fd};

    return drill_epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int welcome(struct room *self)
{
    const int fd = drill_accept4(self->listener, NULL, SOCK_NONBLOCK);

    if (fd < 0)
        return fd == -EBADF ? fd : 0;
    if (fd >= SEATS || watch(self, fd, self->turns + 1) < 0) {
        drill_close(fd);
        return 0;
    }
    self->seats[fd] = (struct seat){.turn = ++self->turns};
    return 0;
}

static int find(const struct room *self, uint8_t name)
{
    for (int fd = 0; fd < SEATS; fd++)
        if (self->seats[fd].turn != 0 && self->seats[fd].name == name)
            return fd;
    return -1;
}

static bool hear(struct room *self, int fd, uint8_t byte)
{
    const char *answer = "!";

    if (byte != '?') {
        const int other = find(self, byte);
        answer = other >= 0 && self->first_wins ? "n" : "w";
        if (other >= 0 && other != fd && !self->first_wins) {
            drill_reached("took-its-place");
            leave(self, other);
        }
        if (other < 0 || !self->first_wins)
            self->seats[fd].name = byte;
    }
    return drill_sendto(fd, answer, 1, MSG_NOSIGNAL, NULL) == 1;
}

static void attend(struct room *self, const struct drill_epoll_event *event)
{
    const int fd = (int)(event->data & UINT32_MAX);
    uint8_t byte;

    if (self->seats[fd].turn != event->data >> 32) {
        drill_reached("out-of-date");
        if (!self->by_number || self->seats[fd].turn == 0)
            return;
    }
    if ((event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        leave(self, fd);
        return;
    }
    const ssize_t got = drill_recvfrom(fd, &byte, 1, 0, NULL);
    if (got == -EAGAIN || got == -EINTR)
        return;
    if (got <= 0 || !hear(self, fd, byte))
        leave(self, fd);
}

static int turn(struct room *self)
{
    struct drill_epoll_event events[EVENTS];
    const int count = drill_epoll_wait(self->epoll, events, EVENTS, DRILL_NEVER);
    int result = count == -EINTR ? 0 : count;

    for (int i = 0; i < count && result >= 0; i++)
        if ((int)(events[i].data & UINT32_MAX) == self->listener)
            result = welcome(self);
        else
            attend(self, &events[i]);
    return result;
}

SUBJECT(desk_server)
{
    struct room self = {.listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 8),
                        .epoll = drill_epoll_create(),
                        .by_number = kit_bug(argc, argv, "by-number"),
                        .first_wins = kit_bug(argc, argv, "first-wins")};
    int result = self.listener < 0 ? self.listener : self.epoll;

    if (result >= 0)
        result = drill_set_nonblock(self.listener, true);
    if (result >= 0)
        result = watch(&self, self.listener, 0);
    while (result >= 0)
        result = turn(&self);
    for (int fd = 0; fd < SEATS; fd++)
        if (self.seats[fd].turn != 0)
            leave(&self, fd);
    if (self.epoll >= 0)
        drill_close(self.epoll);
    if (self.listener >= 0)
        drill_close(self.listener);
    return result == -EBADF ? 0 : kit_status(result);
}

static int say(int fd, const char *word, char expected)
{
    char answer;
    int result = kit_send_all(fd, word, 1);

    if (result == 0)
        result = kit_recv_all(fd, &answer, 1);
    if (result == 0 && answer != expected)
        result = answer == 'n' ? -EEXIST : -EBADMSG;
    return result;
}

static int sit(int fd, int argc, char **argv)
{
    const int64_t every_ns = kit_time(argc, argv, "every", 100 * DRILL_MS);
    int64_t stay_ns = kit_time(argc, argv, "stay", 300 * DRILL_MS);

    drill_sleep(kit_time(argc, argv, "wait", 0));
    int result = say(fd, kit_text(argc, argv, "name", "A"), 'w');
    for (; result == 0 && stay_ns > 0; stay_ns -= every_ns) {
        drill_sleep(every_ns);
        if (stay_ns > every_ns)
            result = say(fd, "?", '!');
    }
    return result;
}

SUBJECT(desk_client)
{
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 1); result < 0 && tries > 0; tries--) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), DRILL_SECOND);
        if ((result = fd) < 0)
            continue;
        kit_patience(fd, 2 * DRILL_SECOND);
        result = sit(fd, argc, argv);
        drill_close(fd);
        if (result < 0 && tries > 1)
            drill_sleep(50 * DRILL_MS);
    }
    return kit_status(result);
}
