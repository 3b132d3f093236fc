/*
 * scenarios/subjects/reach.c - a client that connects without waiting, and asks what came of it.
 *
 *   reach [to=10.0.0.1:7] [tick=0s] [tries=5] [deadline=1s] [pause=200ms]
 *
 * When poll says that the socket can be written to, it asks by SO_ERROR.  With a tick, which
 * programs have that show how far they are, it asks at each by connecting again.  What comes to
 * nothing is closed and tried again; what fails later is not, for the server may have done already
 * what it was asked.  It knows these mistakes:
 *
 *   bug=writable  who can be written to is connected
 *   bug=already   EALREADY is a failure like others
 *   bug=leak      what has taken too long is left alone
 */
#include <errno.h>

#include "scenarios/subjects/door.h"
#include "scenarios/subjects/kit.h"

enum { NOT_YET = 1, POLL_OUT = 4 };

struct reach {
    struct drill_sockaddr there;
    int64_t deadline_ns, tick_ns;
    bool writable, already, leak;
    bool connected; /* at the end: it has come so far */
};

static int ask_by_error(int fd)
{
    int error;
    const int result = drill_getsockopt_int(fd, SOL_SOCKET, SO_ERROR, &error);

    return result < 0 ? result : -error;
}

static int ask_by_connect(const struct reach *self, int fd)
{
    const int result = drill_connect(fd, &self->there);

    if (result == -EALREADY && !self->already) {
        drill_reached("not-yet");
        return NOT_YET;
    }
    return result == -EISCONN ? 0 : result;
}

/* When poll is to come back at the latest. */
static int64_t next_tick(const struct reach *self, int64_t until_ns)
{
    const int64_t tick_ns = drill_monotonic() + self->tick_ns;

    return self->tick_ns > 0 && tick_ns < until_ns ? tick_ns : until_ns;
}

/* What came of it: 0, or the error. */
static int settle(const struct reach *self, int fd)
{
    const int64_t until = drill_monotonic() + self->deadline_ns;
    struct drill_pollfd ready = {.fd = fd, .events = POLL_OUT};
    int result = NOT_YET;

    while (result == NOT_YET) {
        const int count = drill_poll(&ready, 1, next_tick(self, until));
        if (count == 0 && drill_monotonic() >= until)
            return -ETIMEDOUT;
        if (count < 0 && count != -EINTR && count != -EAGAIN)
            return count;
        if (count > 0 && self->writable)
            return 0;
        if (self->tick_ns > 0)
            result = ask_by_connect(self, fd);
        else if (count > 0)
            result = ask_by_error(fd);
    }
    return result;
}

static int reach_once(struct reach *self)
{
    const int fd = drill_socket(self->there.family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    int result = drill_connect(fd, &self->there);
    if (result == -EINPROGRESS)
        result = settle(self, fd);
    if (result == -ETIMEDOUT && self->leak)
        return result;
    self->connected = result == 0;
    if (result == 0) {
        drill_set_nonblock(fd, false);
        result = door_ping(fd, 2 * DRILL_SECOND);
    }
    drill_close(fd);
    return result;
}

SUBJECT(reach)
{
    struct reach self = {
        .there = drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:7")),
        .deadline_ns = kit_time(argc, argv, "deadline", DRILL_SECOND),
        .tick_ns = kit_time(argc, argv, "tick", 0),
        .writable = kit_bug(argc, argv, "writable"),
        .already = kit_bug(argc, argv, "already"),
        .leak = kit_bug(argc, argv, "leak"),
    };
    int64_t pause = kit_time(argc, argv, "pause", 200 * DRILL_MS);
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 5); tries > 0; tries--) {
        result = reach_once(&self);
        if (self.connected)
            break;
        drill_reached(result == -ETIMEDOUT ? "gave-up" : "tried-again");
        if (tries > 1)
            drill_sleep(pause);
        pause *= 2;
    }
    return kit_status(result);
}
