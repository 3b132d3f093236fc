/*
 * scenarios/subjects/waiter.c - clients that wait with a limit.
 *
 *   waiter [to=10.0.0.1:7] [asks=3] [limit=100ms] [tries=20]    asks, in a loop over poll
 *   pusher [to=10.0.0.1:7] [size=4000] [limit=2s]               sends much, then awaits the answer
 *
 * Both ask a rpc_server.
 *
 *   bug=strict       the time is up when it is behind us; poll comes back when it is here
 *   bug=one-timer    the limit for the answer runs while the request is being sent
 */
#include <errno.h>
#include <poll.h>

#include "scenarios/subjects/kit.h"

enum { SIZE = 4, PIECE = 500 };

/* Waits for a whole answer until a time: 0, -ETIMEDOUT. */
static int await(int fd, int64_t until_ns, bool strict)
{
    char answer[SIZE + 4];
    size_t held = 0;

    while (held < sizeof answer) {
        struct drill_pollfd ready = {.fd = fd, .events = POLLIN};
        const int result = drill_poll(&ready, 1, until_ns);
        if (result > 0) {
            const ssize_t got =
                drill_recvfrom(fd, answer + held, sizeof answer - held, MSG_DONTWAIT, NULL);
            if (got <= 0 && got != -EAGAIN && got != -EINTR)
                return got < 0 ? (int)got : -EPROTO;
            held += got > 0 ? (size_t)got : 0;
        } else if (strict ? drill_monotonic() > until_ns : drill_monotonic() >= until_ns) {
            return -ETIMEDOUT;
        }
    }
    return memcmp(answer + 4, "PING", SIZE) == 0 ? 0 : -EBADMSG;
}

SUBJECT(waiter)
{
    const int64_t limit_ns = kit_time(argc, argv, "limit", 100 * DRILL_MS);
    int64_t asks = kit_number(argc, argv, "asks", 3), tries = kit_number(argc, argv, "tries", 20);
    int result = 0;

    while (asks > 0 && tries > 0) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 3 * DRILL_SECOND);
        result = fd < 0 ? fd : kit_send_frame(fd, "ping", SIZE);
        if (result == 0)
            result = await(fd, drill_monotonic() + limit_ns, kit_bug(argc, argv, "strict"));
        if (fd >= 0)
            drill_close(fd);
        if (result == -ETIMEDOUT)
            drill_reached("in-vain");
        asks -= result == 0;
        tries -= result != 0;
    }
    return kit_status(result);
}

SUBJECT(pusher)
{
    const size_t size = (size_t)kit_number(argc, argv, "size", 4000);
    const int64_t limit_ns = kit_time(argc, argv, "limit", 2 * DRILL_SECOND);
    const bool one_timer = kit_bug(argc, argv, "one-timer");
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 3 * DRILL_SECOND);
    const uint8_t head[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};
    char piece[PIECE];
    int result = fd;

    memset(piece, 'p', sizeof piece);
    if (result >= 0)
        result = kit_send_all(fd, head, sizeof head);
    drill_set_read_deadline(fd, one_timer ? drill_monotonic() + limit_ns : 0);
    for (size_t sent = 0; result >= 0 && sent < size; sent += PIECE) {
        result = kit_send_all(fd, piece, size - sent < PIECE ? size - sent : PIECE);
        drill_sleep(500 * DRILL_MS); /* that is how fast it comes to us */
    }
    if (!one_timer)
        drill_set_read_deadline(fd, drill_monotonic() + limit_ns);
    for (size_t got = 0; result >= 0 && got < size + sizeof head;) {
        const ssize_t count = drill_recvfrom(fd, piece, sizeof piece, 0, NULL);
        result = count > 0 || count == -EINTR ? 0 : count == 0 ? -EPROTO : (int)count;
        got += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}
