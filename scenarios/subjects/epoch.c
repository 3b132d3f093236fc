/*
 * scenarios/subjects/epoch.c - a value that is set over one connection after the other.
 *
 *   epoch_server [at=10.0.0.1:7]
 *   epoch_client [to=10.0.0.1:7] [patience=500ms] [rest=3s]
 *
 * An order is the number of its session and a value to set, 0 to ask only; the answer is the number
 * of the newest session that the server knows, and the value.  Connections of older sessions may
 * live on, and what they still carry is not obeyed.  The client takes a new number with each
 * connection, and a new value; when one was set it looks again after a rest.
 *
 *   bug=any-session   the server obeys whatever comes, whenever it comes
 */
#include <errno.h>
#include <poll.h>

#include "scenarios/subjects/kit.h"

enum { CLIENTS = 4 };

struct order {
    uint32_t session, value;
};

struct keeper {
    bool any_session;
    struct order newest;
    int fds[CLIENTS]; /* -1: nobody */
};

/* An order is so small that it comes as a whole or not at all: the client sends it as one. */
static bool obey(struct keeper *self, int fd)
{
    struct order order;

    if (kit_recv_all(fd, &order, sizeof order) < 0)
        return false;
    if (order.session < self->newest.session)
        drill_reached("too-old");
    if (order.session >= self->newest.session || self->any_session) {
        if (order.session > self->newest.session)
            self->newest.session = order.session;
        if (order.value != 0)
            self->newest.value = order.value;
    }
    return kit_send_all(fd, &self->newest, sizeof self->newest) == 0;
}

static int welcome(struct keeper *self, int listener)
{
    const int fd = drill_accept(listener, NULL);

    for (int i = 0; i < CLIENTS && fd >= 0; i++)
        if (self->fds[i] < 0) {
            self->fds[i] = fd;
            return 0;
        }
    if (fd >= 0)
        drill_close(fd);
    return fd == -EBADF ? fd : 0;
}

static int turn(struct keeper *self, int listener)
{
    struct drill_pollfd ready[CLIENTS + 1] = {{.fd = listener, .events = POLLIN}};

    for (int i = 0; i < CLIENTS; i++)
        ready[i + 1] = (struct drill_pollfd){.fd = self->fds[i], .events = POLLIN};
    const int result = drill_poll(ready, CLIENTS + 1, DRILL_NEVER);
    if (result < 0)
        return result == -EINTR ? 0 : result;
    for (int i = 0; i < CLIENTS; i++)
        if (ready[i + 1].revents != 0 && !obey(self, self->fds[i])) {
            drill_close(self->fds[i]);
            self->fds[i] = -1;
        }
    return ready[0].revents != 0 ? welcome(self, listener) : 0;
}

SUBJECT(epoch_server)
{
    struct keeper self = {.any_session = kit_bug(argc, argv, "any-session")};
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 4);

    if (listener < 0)
        return kit_status(listener);
    for (int i = 0; i < CLIENTS; i++)
        self.fds[i] = -1;
    while (turn(&self, listener) == 0)
        continue;
    for (int i = 0; i < CLIENTS; i++)
        if (self.fds[i] >= 0)
            drill_close(self.fds[i]);
    drill_close(listener);
    return 0;
}

static int give_order(int fd, uint32_t session, uint32_t value, struct order *answer)
{
    const struct order order = {.session = session, .value = value};
    const int result = kit_send_all(fd, &order, sizeof order);

    return result < 0 ? result : kit_recv_all(fd, answer, sizeof *answer);
}

static int hold_session(int fd, uint32_t session, int64_t patience_ns, int64_t rest_ns)
{
    const uint32_t value = 100 + session;
    struct order answer;

    kit_patience(fd, patience_ns);
    int result = give_order(fd, session, value, &answer);
    if (result < 0)
        return result;
    drill_sleep(rest_ns);
    kit_patience(fd, patience_ns);
    result = give_order(fd, session, 0, &answer);
    if (result == 0 && answer.value != value)
        drill_broken("session %u has set %u, and now it is %u", session, value, answer.value);
    return result;
}

SUBJECT(epoch_client)
{
    const int64_t patience_ns = kit_time(argc, argv, "patience", 500 * DRILL_MS);
    const int64_t rest_ns = kit_time(argc, argv, "rest", 3 * DRILL_SECOND);
    int result = -EAGAIN;

    for (uint32_t session = 1; session <= 4 && result < 0; session++) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience_ns);
        if ((result = fd) < 0)
            continue;
        result = hold_session(fd, session, patience_ns, rest_ns);
        drill_close(fd);
    }
    return kit_status(result);
}
