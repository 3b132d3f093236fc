/*
 * scenarios/subjects/courier.c - a client that needs several things of its system, one by one.
 *
 *   courier [to=10.0.0.1:7] [parcels=4] [tries=6]    takes parcels to an rpc_server, each over a
 *                                                    socket of its own with options of its own
 *
 * When anything is refused it gives back what it had, waits, and tries the parcel again.
 *
 *   bug=leak        a socket whose option was refused is forgotten
 *   bug=unchecked   what send answers is not looked at
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

#define PATIENCE_NS (5 * DRILL_SECOND)

enum { SIZE = 24 };

struct errand {
    const char *to;
    bool leak, unchecked;
};

static int set_options(int fd)
{
    const int result = drill_setsockopt_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);

    return result < 0 ? result : drill_setsockopt_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

static int hand_over(const struct errand *self, int fd, int64_t parcel)
{
    char text[SIZE], answer[SIZE];

    memset(text, '.', sizeof text);
    snprintf(text, sizeof text, "PARCEL %d", (int)(parcel % 1000));
    if (!self->unchecked)
        kit_patience(fd, PATIENCE_NS);
    const int sent = kit_send_frame(fd, text, sizeof text);
    if (sent < 0 && !self->unchecked)
        return sent;
    const ssize_t got = kit_recv_frame(fd, answer, sizeof answer);
    if (got < 0)
        return (int)got;
    return got == SIZE && memcmp(text, answer, SIZE) == 0 ? 0 : -EBADMSG;
}

static int deliver(const struct errand *self, int64_t parcel)
{
    const struct drill_sockaddr there = drill_sockaddr_parse(self->to);
    const int fd = drill_socket(there.family, SOCK_STREAM, 0);

    if (fd < 0)
        return fd;
    int result = set_options(fd);
    if (result < 0 && self->leak)
        return result;
    if (result == 0)
        result = drill_connect(fd, &there);
    if (result == 0)
        result = hand_over(self, fd, parcel);
    drill_close(fd);
    return result;
}

SUBJECT(courier)
{
    const struct errand errand = {.to = kit_text(argc, argv, "to", "10.0.0.1:7"),
                                  .leak = kit_bug(argc, argv, "leak"),
                                  .unchecked = kit_bug(argc, argv, "unchecked")};
    const int64_t parcels = kit_number(argc, argv, "parcels", 4);
    int result = 0;

    for (int64_t parcel = 0; parcel < parcels && result >= 0; parcel++) {
        int64_t tries = kit_number(argc, argv, "tries", 6);
        while ((result = deliver(&errand, parcel)) < 0 && --tries > 0) {
            drill_reached("again");
            drill_sleep(200 * DRILL_MS);
        }
    }
    return kit_status(result);
}
