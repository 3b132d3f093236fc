/*
 * scenarios/subjects/gate.c - a server that lets some in and others not.
 *
 *   gate [at=0.0.0.0:7] [barred=10.0.0.66]     says "in" or "out", and hangs up
 *   visitor [to=10.0.0.1:7] [expects=in]       must be told so
 *
 *   bug=plain-only    looks at addresses of IPv4 as they are, and not at those mapped into IPv6
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

/* The IPv4 address that stands behind ::ffff:, in place. */
static void unmap(struct drill_sockaddr *addr)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t plain[4];

    if (addr->family != AF_INET6 || memcmp(addr->inet6, prefix, sizeof prefix) != 0)
        return;
    memcpy(plain, addr->inet6 + sizeof prefix, sizeof plain);
    *addr = (struct drill_sockaddr){.family = AF_INET, .port = addr->port};
    memcpy(addr->inet4, plain, sizeof plain);
}

SUBJECT(gate)
{
    struct drill_sockaddr barred =
        drill_sockaddr_parse(kit_text(argc, argv, "barred", "10.0.0.66"));
    const int listener = kit_listen(kit_text(argc, argv, "at", "0.0.0.0:7"), 4);
    int fd = listener;

    while (listener >= 0 && fd != -EBADF) {
        struct drill_sockaddr peer;
        fd = drill_accept(listener, &peer);
        if (fd < 0)
            continue;
        if (!kit_bug(argc, argv, "plain-only"))
            unmap(&peer);
        barred.port = peer.port;
        const bool out = drill_sockaddr_equal(&peer, &barred);
        kit_send_all(fd, out ? "out\n" : "in \n", 4);
        drill_close(fd);
    }
    if (listener >= 0)
        drill_close(listener);
    return listener < 0 ? kit_status(listener) : 0;
}

SUBJECT(visitor)
{
    const char *expects = kit_text(argc, argv, "expects", "in");
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 3 * DRILL_SECOND);
    char told[4];

    if (fd < 0)
        return kit_status(fd);
    kit_patience(fd, 3 * DRILL_SECOND);
    const int result = kit_recv_all(fd, told, sizeof told);
    drill_close(fd);
    if (result == 0 && strncmp(told, expects, strlen(expects)) != 0)
        drill_broken("who was to be told '%s' was told '%.3s'", expects, told);
    return kit_status(result);
}
