/*
 * scenarios/subjects/watchdog.c - one beats, and another watches.
 *
 *   beater [to=10.0.0.1:99] [every=1s] [beats=10]
 *   watchdog [at=10.0.0.1:99] [limit=3s] [beats=10]    must not take a beater for dead that beats
 *
 *   bug=judge-first    judges by the clock before it has looked at what has come
 *   bug=wrap           keeps milliseconds in 32 bits, and compares their sums
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

SUBJECT(beater)
{
    const struct drill_sockaddr to =
        drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:99"));
    const int64_t every_ns = kit_time(argc, argv, "every", DRILL_SECOND);
    const int fd = drill_socket(to.family, SOCK_DGRAM, 0);

    for (int64_t beats = kit_number(argc, argv, "beats", 10); fd >= 0 && beats > 0; beats--) {
        drill_sendto(fd, "beat", 4, 0, &to);
        drill_sleep(every_ns);
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(fd < 0 ? fd : 0);
}

static bool is_overdue(int64_t heard_ns, int64_t limit_ns, bool wrap)
{
    const int64_t now_ns = drill_monotonic();

    if (!wrap)
        return now_ns - heard_ns >= limit_ns;
    const uint32_t now = (uint32_t)(now_ns / DRILL_MS), heard = (uint32_t)(heard_ns / DRILL_MS);
    const uint32_t end = heard + (uint32_t)(limit_ns / DRILL_MS);
    return now >= end;
}

/* Beats that have come since it looked last. */
static int64_t count_beats(int fd)
{
    char beat[4];
    int64_t count = 0;
    ssize_t got;

    while ((got = drill_recvfrom(fd, beat, sizeof beat, MSG_DONTWAIT, NULL)) >= 0 || got == -EINTR)
        count += got == (ssize_t)sizeof beat;
    return count;
}

/* Looks in on the beater now and then; in between it has other things to do. */
SUBJECT(watchdog)
{
    const struct drill_sockaddr at =
        drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:99"));
    const int64_t limit_ns = kit_time(argc, argv, "limit", 3 * DRILL_SECOND);
    const bool judge_first = kit_bug(argc, argv, "judge-first"), wrap = kit_bug(argc, argv, "wrap");
    int64_t beats = kit_number(argc, argv, "beats", 10), heard_ns = drill_monotonic();
    const int fd = drill_socket(at.family, SOCK_DGRAM, 0);
    int result = fd < 0 ? fd : drill_bind(fd, &at);

    while (result >= 0 && beats > 0) {
        drill_sleep(limit_ns / 4);
        bool dead = judge_first && is_overdue(heard_ns, limit_ns, wrap);
        const int64_t count = count_beats(fd);
        if (count > 0)
            heard_ns = drill_monotonic();
        beats -= count;
        dead = dead || is_overdue(heard_ns, limit_ns, wrap);
        if (dead) {
            drill_broken("a beater that beats is taken for dead");
            result = -ETIMEDOUT;
        }
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}
