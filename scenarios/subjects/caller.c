/*
 * scenarios/subjects/caller.c - a client that calls, says ping, hears pong, and hangs up.
 *
 *   caller [to=10.0.0.1:7] [calls=1] [tries=6] [deadline=1500ms] [pause=200ms] [hold=0s]
 *
 * What comes to nothing is tried again, after pauses that double.  `hold` is how long it stays on
 * the line.  It knows these mistakes:
 *
 *   bug=no-deadline  it waits for as long as the system tries to connect
 *   bug=hasty        it waits half a second, and TCP sends a lost SYN again after a whole one
 *   bug=storm        it tries again at once
 *   bug=tight        a failure of its own host is not counted, and tried again at once
 *   bug=no-look      whoever has taken the call is the server
 */
#include <errno.h>

#include "scenarios/subjects/door.h"
#include "scenarios/subjects/kit.h"

/* A port that the system has chosen may be the one that is called, while nobody listens there: then
 * the connection is one with itself. */
static bool is_self(int fd)
{
    struct drill_sockaddr here, there;

    return drill_getsockname(fd, &here) == 0 && drill_getpeername(fd, &there) == 0 &&
           drill_sockaddr_equal(&here, &there);
}

/* Without TIME_WAIT, which would keep the port from the server that wants it. */
static void give_port_back(int fd)
{
    static const struct linger at_once = {.l_onoff = 1};

    drill_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static int call_once(int argc, char **argv)
{
    int64_t deadline = kit_time(argc, argv, "deadline", 1500 * DRILL_MS);
    int result;

    if (kit_bug(argc, argv, "hasty"))
        deadline = 500 * DRILL_MS;
    if (kit_bug(argc, argv, "no-deadline"))
        deadline = 0;
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), deadline);
    if (fd < 0)
        return fd;
    if (is_self(fd) && !kit_bug(argc, argv, "no-look")) {
        drill_reached("met-itself");
        give_port_back(fd);
        result = -ECONNREFUSED;
    } else {
        result = door_ping(fd, 2 * DRILL_SECOND);
        if (result == 0)
            drill_sleep(kit_time(argc, argv, "hold", 0));
    }
    drill_close(fd);
    return result;
}

static int call(int argc, char **argv)
{
    int64_t pause = kit_time(argc, argv, "pause", 200 * DRILL_MS);
    int64_t tries = kit_number(argc, argv, "tries", 6);
    int result;

    while ((result = call_once(argc, argv)) < 0 && result != -EBADMSG) {
        if (result == -EADDRNOTAVAIL && kit_bug(argc, argv, "tight"))
            continue;
        if (--tries == 0)
            break;
        drill_reached(result == -EADDRNOTAVAIL ? "no-port" : "tried-again");
        if (!kit_bug(argc, argv, "storm"))
            drill_sleep(pause);
        pause *= 2;
    }
    return result;
}

SUBJECT(caller)
{
    int result = 0;

    for (int64_t calls = kit_number(argc, argv, "calls", 1); calls > 0 && result == 0; calls--)
        result = call(argc, argv);
    return kit_status(result);
}
