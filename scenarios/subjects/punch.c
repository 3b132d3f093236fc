/*
 * scenarios/subjects/punch.c - two peers that find each other: both listen, and both call, from the
 * port where they listen (as through address translators, RFC 5128 3.4).
 *
 *   punch id=1 me=10.0.0.1:7 peer=10.0.0.2:7 [rounds=10]
 *
 * Whoever comes through first makes the one connection.  Each then says its number, and the lower
 * one leads: it makes the offer, and the other answers.  One mistake is known:
 *
 *   bug=caller-leads  who has called leads, and who was called follows
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { POLL_IN = 1, POLL_OUT = 4, WORD = 6 };

/* A socket at the address that both share. */
static int open_shared(const char *me)
{
    const struct drill_sockaddr here = drill_sockaddr_parse(me);
    const int fd = drill_socket(here.family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fd;
    drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    const int result = drill_bind(fd, &here);
    if (result == 0)
        return fd;
    drill_close(fd);
    return result;
}

static int call(const char *me, const char *peer)
{
    const struct drill_sockaddr there = drill_sockaddr_parse(peer);
    const int fd = open_shared(me);

    if (fd < 0)
        return fd;
    const int result = drill_connect(fd, &there);
    if (result == 0 || result == -EINPROGRESS)
        return fd;
    drill_close(fd); /* -EADDRNOTAVAIL: the peer is coming in already */
    return -1;
}

/* One round: a connection, or -EAGAIN when there was none. */
static int meet(int listener, const char *me, const char *peer, bool *called)
{
    const int64_t until = drill_monotonic() + 300 * DRILL_MS;
    struct drill_pollfd ready[2] = {{.fd = listener, .events = POLL_IN},
                                    {.fd = call(me, peer), .events = POLL_OUT}};
    int fd = -EAGAIN, error = 0;

    while (fd == -EAGAIN && drill_poll(ready, 2, until) > 0) {
        if (ready[1].revents != 0 &&
            drill_getsockopt_int(ready[1].fd, SOL_SOCKET, SO_ERROR, &error) == 0 && error == 0) {
            *called = true;
            return ready[1].fd;
        }
        if (ready[1].revents != 0) {
            drill_close(ready[1].fd);
            ready[1].fd = -1;
        }
        if (ready[0].revents != 0)
            fd = drill_accept(listener, NULL);
        if (fd == -ECONNABORTED || fd == -EINTR)
            fd = -EAGAIN;
    }
    if (ready[1].fd >= 0)
        drill_close(ready[1].fd);
    *called = false;
    return fd;
}

static int say(int fd, const char *word)
{
    return kit_send_all(fd, word, WORD);
}

static int hear(int fd, const char *wanted)
{
    char word[WORD];
    const int result = kit_recv_all(fd, word, WORD);

    if (result == 0 && memcmp(word, wanted, WORD) != 0) {
        drill_broken("%.5s was said, and %.5s expected", word, wanted);
        return -EBADMSG;
    }
    return result;
}

/* Each says its number and whether it has called: 0, and whether this one leads. */
static int greet(int fd, int id, bool called, bool *leads)
{
    char mine[WORD + 1], theirs[WORD + 1] = "";

    snprintf(mine, sizeof mine, "%4d %c", id, called ? 'c' : 'a');
    int result = say(fd, mine);
    if (result == 0)
        result = kit_recv_all(fd, theirs, WORD);
    *leads = memcmp(mine, theirs, 4) < 0;
    if (called && theirs[WORD - 1] == 'c')
        drill_reached("both-called");
    return result;
}

static int converse(int fd, bool leads)
{
    char none;
    int result = leads ? say(fd, "offer\n") : hear(fd, "offer\n");

    if (result == 0)
        result = leads ? hear(fd, "taken\n") : say(fd, "taken\n");
    if (result == 0 && !leads)
        result = kit_recv_all(fd, &none, 1);
    return result == -ENODATA ? 0 : result;
}

SUBJECT(punch)
{
    const char *me = kit_text(argc, argv, "me", "10.0.0.1:7");
    const char *peer = kit_text(argc, argv, "peer", "10.0.0.2:7");
    const int listener = open_shared(me);
    bool called = false, leads;
    int fd = -EAGAIN;

    if (listener < 0)
        return kit_status(listener);
    int result = drill_listen(listener, 4);
    for (int64_t rounds = kit_number(argc, argv, "rounds", 10);
         result == 0 && fd == -EAGAIN && rounds > 0; rounds--)
        fd = meet(listener, me, peer, &called);
    drill_close(listener);
    if (result < 0 || fd < 0)
        return kit_status(result < 0 ? result : fd);
    drill_set_nonblock(fd, false);
    kit_patience(fd, 3 * DRILL_SECOND);
    result = greet(fd, (int)kit_number(argc, argv, "id", 1), called, &leads);
    if (result == 0)
        result = converse(fd, kit_bug(argc, argv, "caller-leads") ? called : leads);
    drill_close(fd);
    return kit_status(result);
}
