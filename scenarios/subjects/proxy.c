/*
 * scenarios/subjects/proxy.c - a proxy on the way, and a client that must tell the two apart.
 *
 *   proxy [at=10.0.0.3:8] [to=10.0.0.1:7] [busy=0]      says "ok" and passes on, or "no" at first
 *   proxied [by=10.0.0.3:8] [asks=2] [tries=8]          asks a rpc_server through it
 *
 * The proxy answers four bytes before anything else: "ok \n" once it has the server, "no \n" when
 * it is busy or cannot have it.  What it refuses is tried again.
 *
 *   bug=no-status    takes what comes first for the answer of the server
 */
#include <errno.h>
#include <poll.h>

#include "scenarios/subjects/kit.h"

enum { STATUS = 4 };

/* Passes on what has come: false at an end. */
static bool pass(int from, int to)
{
    char bytes[512];
    const ssize_t got = drill_recvfrom(from, bytes, sizeof bytes, 0, NULL);

    if (got == -EINTR)
        return true;
    return got > 0 && kit_send_all(to, bytes, (size_t)got) == 0;
}

static void relay(int near, int far)
{
    bool open = true;

    while (open) {
        struct drill_pollfd ends[2] = {{.fd = near, .events = POLLIN},
                                       {.fd = far, .events = POLLIN}};
        const int ready = drill_poll(ends, 2, drill_monotonic() + 5 * DRILL_SECOND);
        if (ready == -EINTR)
            continue;
        open = ready > 0;
        if (open && ends[0].revents != 0)
            open = pass(near, far);
        if (open && ends[1].revents != 0)
            open = pass(far, near);
    }
}

SUBJECT(proxy)
{
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.3:8"), 4);
    int64_t busy = kit_number(argc, argv, "busy", 0);
    int near = listener;

    while (listener >= 0 && near != -EBADF) {
        near = drill_accept(listener, NULL);
        if (near < 0)
            continue;
        const int far =
            busy > 0 ? -EBUSY
                     : kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);
        busy -= busy > 0;
        if (kit_send_all(near, far >= 0 ? "ok \n" : "no \n", STATUS) == 0 && far >= 0)
            relay(near, far);
        if (far >= 0)
            drill_close(far);
        drill_close(near);
    }
    if (listener >= 0)
        drill_close(listener);
    return listener < 0 ? kit_status(listener) : 0;
}

/* The server's answer to one request: 0; -EAGAIN, the proxy has refused. */
static int ask(int fd, bool no_status)
{
    char status[STATUS], answer[STATUS];

    if (!no_status) {
        const int result = kit_recv_all(fd, status, sizeof status);
        if (result < 0 || memcmp(status, "ok", 2) != 0)
            return result < 0 ? result : -EAGAIN;
    }
    const int sent = kit_send_frame(fd, "ping", 4);
    if (no_status && kit_recv_all(fd, status, sizeof status) == 0 && memcmp(status, "ok", 2) != 0) {
        drill_broken("the server is said to have answered '%.2s', which the proxy did", status);
        return -EBADMSG;
    }
    const ssize_t got = sent < 0 ? sent : kit_recv_frame(fd, answer, sizeof answer);
    if (got < 0)
        return (int)got;
    return got == STATUS && memcmp(answer, "PING", STATUS) == 0 ? 0 : -EBADMSG;
}

SUBJECT(proxied)
{
    int64_t asks = kit_number(argc, argv, "asks", 2), tries = kit_number(argc, argv, "tries", 8);
    int result = 0;

    while (asks > 0 && tries > 0 && result != -EBADMSG) {
        const int fd = kit_connect(kit_text(argc, argv, "by", "10.0.0.3:8"), 2 * DRILL_SECOND);
        result = fd;
        if (fd >= 0) {
            kit_patience(fd, 4 * DRILL_SECOND);
            result = ask(fd, kit_bug(argc, argv, "no-status"));
            drill_close(fd);
        }
        asks -= result == 0;
        tries -= result != 0;
        if (result < 0)
            drill_sleep(500 * DRILL_MS);
    }
    return kit_status(result);
}
