/*
 * scenarios/subjects/lease.c - who holds a lease may act; and a log of what was done, in order.
 *
 *   lessor [at=10.0.0.1:90] [term=2s]                    gives a lease to one holder at a time
 *   holder [to=10.0.0.1:90] [name=1] [acts=6]            takes it, acts while it has it, anew
 *   scribe [to=10.0.0.1:91] [notes=8]                    sends notes of what it does
 *   archive [at=10.0.0.1:91] [notes=8]                   must have them in the order of acts
 *
 * Clocks on the wall jump; how long a term lasts, and what came first, has nothing to do with them.
 *
 *   bug=wall        the holder measures its term by the clock on the wall
 *   bug=by-stamp    the archive sorts notes by the time that is written on them
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

struct claim {
    uint32_t name, granted;
    int64_t acted_ns; /* monotonic: when the holder acted last */
};

SUBJECT(lessor)
{
    const struct drill_sockaddr at =
        drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:90"));
    const int64_t term_ns = kit_time(argc, argv, "term", 2 * DRILL_SECOND);
    const int fd = drill_socket(at.family, SOCK_DGRAM, 0);
    struct drill_sockaddr from;
    struct claim claim;
    uint32_t owner = 0;
    int64_t since_ns = 0, until_ns = 0;
    ssize_t got = fd < 0 ? fd : drill_bind(fd, &at);

    while (got >= 0 || got == -EINTR || got == -ECONNREFUSED) {
        got = drill_recvfrom(fd, &claim, sizeof claim, 0, &from);
        if (got != (ssize_t)sizeof claim)
            continue;
        const int64_t now = drill_monotonic();
        if (claim.acted_ns > until_ns && claim.name == owner && claim.acted_ns > since_ns)
            drill_broken("holder %u acted when its lease had ended", owner);
        if (owner == 0 || owner == claim.name || now >= until_ns) {
            owner = claim.name;
            since_ns = now;
            until_ns = now + term_ns;
        }
        claim.granted = claim.name == owner;
        drill_sendto(fd, &claim, sizeof claim, 0, &from);
    }
    if (fd >= 0)
        drill_close(fd);
    return got == -EBADF ? 0 : kit_status(got);
}

static int64_t now_of(bool wall)
{
    return wall ? drill_wall() : drill_monotonic();
}

SUBJECT(holder)
{
    const struct drill_sockaddr to =
        drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:90"));
    const bool wall = kit_bug(argc, argv, "wall");
    const int fd = drill_socket(to.family, SOCK_DGRAM, 0);
    int64_t acts = kit_number(argc, argv, "acts", 6), acted_ns = 0;
    int result = fd < 0 ? fd : drill_connect(fd, &to);

    for (int tries = 0; result == 0 && acts > 0 && tries < 40; tries++) {
        const int64_t since = now_of(wall);
        struct claim claim = {.name = (uint32_t)kit_number(argc, argv, "name", 1),
                              .acted_ns = acted_ns};
        drill_sendto(fd, &claim, sizeof claim, 0, NULL);
        drill_set_read_deadline(fd, drill_monotonic() + 500 * DRILL_MS);
        if (drill_recvfrom(fd, &claim, sizeof claim, 0, NULL) != (ssize_t)sizeof claim ||
            !claim.granted)
            continue;
        /* A second and a half of the two, from before it asked: so it never acts too late. */
        while (acts > 0 && now_of(wall) - since < 1500 * DRILL_MS) {
            acted_ns = drill_monotonic();
            acts--;
            drill_sleep(700 * DRILL_MS);
        }
    }
    for (int tries = 0; result == 0 && tries < 3; tries++) { /* it tells when it acted last */
        struct claim claim = {.name = (uint32_t)kit_number(argc, argv, "name", 1),
                              .acted_ns = acted_ns};
        drill_sendto(fd, &claim, sizeof claim, 0, NULL);
        drill_set_read_deadline(fd, drill_monotonic() + 500 * DRILL_MS);
        if (drill_recvfrom(fd, &claim, sizeof claim, 0, NULL) > 0)
            break;
    }
    if (fd >= 0)
        drill_close(fd);
    return result < 0 ? kit_status(result) : acts > 0 ? -ETIMEDOUT : 0;
}

struct note {
    int64_t stamp_ns;
    uint32_t number;
};

SUBJECT(scribe)
{
    const uint32_t notes = (uint32_t)kit_number(argc, argv, "notes", 8);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:91"), 3 * DRILL_SECOND);
    int result = fd;

    for (uint32_t number = 1; number <= notes && result >= 0; number++) {
        struct note note;
        memset(&note, 0, sizeof note);
        note.stamp_ns = drill_wall();
        note.number = number;
        result = kit_send_all(fd, &note, sizeof note);
        drill_sleep(250 * DRILL_MS);
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}

SUBJECT(archive)
{
    enum { NOTES = 64 };
    const int64_t notes = kit_number(argc, argv, "notes", 8);
    const bool by_stamp = kit_bug(argc, argv, "by-stamp");
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:91"), 1);
    const int fd = listener < 0 ? listener : drill_accept(listener, NULL);
    struct note kept[NOTES], note;
    int64_t count = 0;

    while (fd >= 0 && count < NOTES && kit_recv_all(fd, &note, sizeof note) == 0) {
        int64_t place = count++;
        for (; place > 0 && (by_stamp ? kept[place - 1].stamp_ns > note.stamp_ns
                                      : kept[place - 1].number > note.number);
             place--)
            kept[place] = kept[place - 1];
        kept[place] = note;
    }
    for (int64_t i = 1; i < count; i++)
        if (kept[i].number < kept[i - 1].number) {
            drill_broken("note %u is kept behind note %u", kept[i].number, kept[i - 1].number);
            break;
        }
    if (fd >= 0)
        drill_close(fd);
    if (listener >= 0)
        drill_close(listener);
    return fd < 0 ? kit_status(fd) : count == notes ? 0 : -EPROTO;
}
