/*
 * scenarios/subjects/dial.c - a client that knows its server by name.
 *
 *   dial [name=db] [port=7] [calls=4] [every=1s] [tries=10] [from=ADDRESS]
 *
 * For each call it looks the name up, tries the addresses one after the other, a second each, asks
 * a rpc_server for one answer, and hangs up.  What fails is tried again a little later.
 *
 *   bug=fatal-name      a lookup that fails is the end
 *   bug=first-only      only the first address is tried
 *   bug=pinned          looks the name up once and for all
 *   bug=fatal-address   that its own address is gone is the end
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { ADDRESSES = 8 };

#define PATIENCE_NS (1 * DRILL_SECOND)

struct dial {
    const char *name, *from;
    uint16_t port;
    bool fatal_name, first_only, pinned, fatal_address;
    int count;
    struct drill_sockaddr addrs[ADDRESSES];
};

static int look_up(struct dial *self)
{
    if (self->pinned && self->count > 0)
        return 0;
    const int count = drill_resolve(self->name, self->addrs, ADDRESSES);
    if (count <= 0)
        return count < 0 ? count : -ENOENT;
    self->count = count < ADDRESSES ? count : ADDRESSES;
    if (self->first_only)
        self->count = 1;
    return 0;
}

static int connect_from(const struct dial *self, int fd, const struct drill_sockaddr *to)
{
    if (self->from != NULL) {
        const struct drill_sockaddr here = drill_sockaddr_parse(self->from);
        const int bound = drill_bind(fd, &here);
        if (bound < 0)
            return bound;
    }
    drill_set_write_deadline(fd, drill_monotonic() + PATIENCE_NS);
    const int result = drill_connect(fd, to);
    drill_set_write_deadline(fd, 0);
    return result == -EAGAIN || result == -EINPROGRESS ? -ETIMEDOUT : result;
}

/* The first address that answers: a descriptor. */
static int connect_any(struct dial *self)
{
    int result = -ENOENT;

    for (int i = 0; i < self->count; i++) {
        const int fd = drill_socket(self->addrs[i].family, SOCK_STREAM, 0);
        if (fd < 0)
            return fd;
        self->addrs[i].port = self->port;
        result = connect_from(self, fd, &self->addrs[i]);
        if (result == 0)
            return fd;
        drill_close(fd);
        if (i + 1 < self->count)
            drill_reached("next-address");
    }
    return result;
}

static int ask(int fd)
{
    char answer[8];

    kit_patience(fd, PATIENCE_NS);
    const int sent = kit_send_frame(fd, "ping", 4);
    const ssize_t got = sent < 0 ? sent : kit_recv_frame(fd, answer, sizeof answer);
    if (got < 0)
        return (int)got;
    return got == 4 && memcmp(answer, "PING", 4) == 0 ? 0 : -EBADMSG;
}

static int call(struct dial *self)
{
    int result = look_up(self);

    if (result < 0)
        return self->fatal_name ? -EPERM : result;
    const int fd = connect_any(self);
    if (fd < 0)
        return self->fatal_address && (fd == -EADDRNOTAVAIL || fd == -ENETUNREACH) ? -EPERM : fd;
    result = ask(fd);
    drill_close(fd);
    return result;
}

SUBJECT(dial)
{
    struct dial self = {.name = kit_text(argc, argv, "name", "db"),
                        .from = kit_text(argc, argv, "from", NULL),
                        .port = (uint16_t)kit_number(argc, argv, "port", 7),
                        .fatal_name = kit_bug(argc, argv, "fatal-name"),
                        .first_only = kit_bug(argc, argv, "first-only"),
                        .pinned = kit_bug(argc, argv, "pinned"),
                        .fatal_address = kit_bug(argc, argv, "fatal-address")};
    int64_t tries = kit_number(argc, argv, "tries", 10);
    int result = 0;

    for (int64_t calls = kit_number(argc, argv, "calls", 4); calls > 0 && tries > 0;) {
        result = call(&self);
        calls -= result == 0;
        tries -= result != 0;
        if (result == -EPERM || result == -EBADMSG)
            break;
        if (calls > 0)
            drill_sleep(kit_time(argc, argv, "every", DRILL_SECOND));
    }
    return kit_status(result);
}
