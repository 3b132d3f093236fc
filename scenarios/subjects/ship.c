/*
 * scenarios/subjects/ship.c - records are shipped as they come, over a connection that is kept.
 *
 *   ship_server [at=10.0.0.1:7] [idle=500ms]     closes what says nothing for so long
 *   ship_client [to=10.0.0.1:7] [records=6] [every=100ms] [window=3] [tries=8]
 *
 * A record is a byte, its number, from 1; the server answers with the number of the last one that
 * it has.  The client looks at the answers when so many are missing, and goes on behind the last
 * record that was answered, over a new connection if it must.
 *
 *   bug=sigpipe      it is not prepared for a connection that nobody reads from any more
 *   bug=sent-is-safe it goes on behind the last record that it has sent
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { KILLED_BY_SIGPIPE = 128 + 13 };

struct hold {
    int64_t idle_ns;
    uint8_t last;
};

static void serve(int fd, void *context)
{
    struct hold *self = context;
    uint8_t number;

    drill_set_read_deadline(fd, drill_monotonic() + self->idle_ns);
    while (kit_recv_all(fd, &number, 1) == 0) {
        if (number > self->last + 1)
            drill_broken("record %d has come, and record %d never", number, self->last + 1);
        if (number > self->last)
            self->last = number;
        if (kit_send_all(fd, &self->last, 1) < 0)
            return;
        drill_set_read_deadline(fd, drill_monotonic() + self->idle_ns);
    }
}

SUBJECT(ship_server)
{
    struct hold self = {.idle_ns = kit_time(argc, argv, "idle", 500 * DRILL_MS)};

    return kit_status(kit_serve(argc, argv, serve, &self));
}

struct shipper {
    int fd;
    uint8_t records, sent, confirmed, window;
    int64_t every_ns;
    bool sigpipe;
};

/* Until all is confirmed: 0; or an error, which may be KILLED_BY_SIGPIPE. */
static int ship(struct shipper *self)
{
    while (self->confirmed < self->records) {
        int result = 0;
        if (self->sent < self->records && self->sent < self->confirmed + self->window) {
            const uint8_t number = (uint8_t)(self->sent + 1);
            result = kit_send_all(self->fd, &number, 1);
            if (result == 0)
                self->sent = number;
            if (result == -EPIPE)
                drill_reached("broken-pipe");
            if (result == -EPIPE && self->sigpipe)
                return KILLED_BY_SIGPIPE;
            drill_sleep(self->every_ns);
        } else {
            kit_patience(self->fd, DRILL_SECOND);
            result = kit_recv_all(self->fd, &self->confirmed, 1);
        }
        if (result < 0)
            return result;
    }
    return 0;
}

SUBJECT(ship_client)
{
    struct shipper self = {.records = (uint8_t)kit_number(argc, argv, "records", 6),
                           .window = (uint8_t)kit_number(argc, argv, "window", 3),
                           .every_ns = kit_time(argc, argv, "every", 100 * DRILL_MS),
                           .sigpipe = kit_bug(argc, argv, "sigpipe")};
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 8); result < 0 && tries > 0; tries--) {
        result = self.fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), DRILL_SECOND);
        if (self.fd < 0)
            continue;
        if (!kit_bug(argc, argv, "sent-is-safe"))
            self.sent = self.confirmed;
        result = ship(&self);
        drill_close(self.fd);
    }
    return result;
}
