/*
 * scenarios/subjects/crowd.c - many clients, and a server that takes its time over each.
 *
 *   crowd_server [at=10.0.0.1:7] [backlog=5] [work=150ms]
 *   crowd_client [to=10.0.0.1:7] [patience=400ms] [pause=1600ms] [longest=4s] [tries=20]
 *
 * The server does its work for one client after the other.  Who is out of patience goes, waits,
 * longer each time and as chance will have it, and comes again: for a server has work with those,
 * too, who are gone when their turn comes.
 *
 *   bug=no-jitter    comes again after a short while, always the same
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { HELLO = 0x68656c6f };

struct desk {
    int64_t work_ns;
};

static void serve(struct desk *self, int fd)
{
    uint32_t word;

    drill_set_read_deadline(fd, drill_monotonic() + self->work_ns);
    if (kit_recv_all(fd, &word, sizeof word) < 0)
        return;
    drill_sleep(self->work_ns);
    kit_send_all(fd, &word, sizeof word);
}

static void serve_one(int fd, void *context)
{
    serve(context, fd);
}

SUBJECT(crowd_server)
{
    struct desk desk = {.work_ns = kit_time(argc, argv, "work", 150 * DRILL_MS)};

    return kit_serve(argc, argv, serve_one, &desk);
}

static int visit(const char *to, int64_t patience_ns)
{
    const struct drill_sockaddr there = drill_sockaddr_parse(to);
    const int fd = drill_socket(there.family, SOCK_STREAM, 0);
    uint32_t word = HELLO;

    if (fd < 0)
        return fd;
    kit_patience(fd, patience_ns);
    int result = drill_connect(fd, &there);
    if (result == 0)
        result = kit_send_all(fd, &word, sizeof word);
    if (result == 0)
        result = kit_recv_all(fd, &word, sizeof word);
    drill_close(fd);
    return result == -EAGAIN || result == -EINPROGRESS ? -ETIMEDOUT : result;
}

SUBJECT(crowd_client)
{
    const char *to = kit_text(argc, argv, "to", "10.0.0.1:7");
    const int64_t patience_ns = kit_time(argc, argv, "patience", 400 * DRILL_MS);
    const int64_t longest_ns = kit_time(argc, argv, "longest", 4 * DRILL_SECOND);
    int64_t pause_ns = kit_time(argc, argv, "pause", 1600 * DRILL_MS);
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 20); result < 0 && tries > 0; tries--) {
        uint32_t drawn = 0;
        result = visit(to, patience_ns);
        if (result == 0)
            break;
        drill_reached("again");
        if (kit_bug(argc, argv, "no-jitter")) {
            drill_sleep(100 * DRILL_MS);
            continue;
        }
        drill_random(&drawn, sizeof drawn);
        drill_sleep(pause_ns / 2 + (int64_t)(drawn % 1024) * pause_ns / 1024);
        pause_ns = pause_ns * 2 < longest_ns ? pause_ns * 2 : longest_ns;
    }
    return kit_status(result);
}
