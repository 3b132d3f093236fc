/*
 * scenarios/subjects/pool.c - one task reads, and another sees to it that it does not wait for
 * ever.
 *
 *   pool_source [at=10.0.0.1:7] [every=100ms]      sends numbers, from the one it is told on
 *   pool_reader [to=10.0.0.1:7] [items=8]          reads them, and tells its guard of each
 *   pool_guard [silence=1s]                        a task of the same host
 *
 * When its reader has said nothing for so long the guard stops the descriptor, and the reader, who
 * owns it, closes it and connects anew.
 *
 *   bug=closes   the guard closes the descriptor itself
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

#define GUARD "unix:@guard"

static void serve(int fd, void *context)
{
    const int64_t *every_ns = context;
    uint8_t number;

    kit_patience(fd, DRILL_SECOND);
    if (kit_recv_all(fd, &number, 1) < 0)
        return;
    do
        drill_sleep(*every_ns);
    while (kit_send_all(fd, &number, 1) == 0 && ++number > 0);
}

SUBJECT(pool_source)
{
    int64_t every_ns = kit_time(argc, argv, "every", 100 * DRILL_MS);

    return kit_status(kit_serve(argc, argv, serve, &every_ns));
}

/* What the guard hears: the descriptor that is read from, or -1 that all is done. */
static void tell(int line, int fd)
{
    const struct drill_sockaddr guard = drill_sockaddr_parse(GUARD);

    drill_sendto(line, &fd, sizeof fd, MSG_NOSIGNAL, &guard);
}

static int read_items(int fd, int line, uint8_t *next, uint8_t items)
{
    int result = kit_send_all(fd, next, 1);

    while (result == 0 && *next < items) {
        uint8_t number;
        tell(line, fd);
        result = kit_recv_all(fd, &number, 1);
        if (result == 0 && number != *next)
            drill_broken("item %d came in the place of %d", number, *next);
        if (result == 0)
            ++*next;
    }
    return result;
}

SUBJECT(pool_reader)
{
    const uint8_t items = (uint8_t)kit_number(argc, argv, "items", 8);
    const int line = drill_socket(AF_UNIX, SOCK_DGRAM, 0);
    uint8_t next = 0;
    int result = line < 0 ? line : -EAGAIN;

    for (int tries = 8; tries > 0 && line >= 0 && result < 0; tries--) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), DRILL_SECOND);
        if ((result = fd) < 0)
            continue;
        result = read_items(fd, line, &next, items);
        if (result == -EBADF)
            drill_reached("stopped");
        drill_close(fd);
    }
    tell(line, -1);
    if (line >= 0)
        drill_close(line);
    return kit_status(result);
}

SUBJECT(pool_guard)
{
    const struct drill_sockaddr here = drill_sockaddr_parse(GUARD);
    const int64_t silence_ns = kit_time(argc, argv, "silence", DRILL_SECOND);
    const int line = drill_socket(AF_UNIX, SOCK_DGRAM, 0);
    ssize_t result = line < 0 ? line : drill_bind(line, &here);
    int watched = -1;

    while (result >= 0) {
        int fd;
        drill_set_read_deadline(line, watched >= 0 ? drill_monotonic() + silence_ns : 0);
        result = drill_recvfrom(line, &fd, sizeof fd, 0, NULL);
        if (result == sizeof fd && fd < 0)
            break;
        if (result == -EAGAIN && watched >= 0) {
            result = kit_bug(argc, argv, "closes") ? drill_close(watched) : drill_stop_io(watched);
            watched = -1;
        } else if (result == sizeof fd) {
            watched = fd;
        }
    }
    if (line >= 0)
        drill_close(line);
    return kit_status(result);
}
