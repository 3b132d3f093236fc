/*
 * scenarios/subjects/gauge.c - readings that are sent as they are taken; only the latest counts.
 *
 *   gauge [to=10.0.0.1:9] [readings=8] [every=10ms]    sends readings, each more than the last
 *   display [at=10.0.0.1:9] [patience=3s]              shows the latest, until no more come
 *
 *   bug=last-come    shows what came last
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

struct reading {
    uint32_t number, value;
};

SUBJECT(gauge)
{
    const struct drill_sockaddr to = drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:9"));
    const int64_t readings = kit_number(argc, argv, "readings", 8);
    const int fd = drill_socket(to.family, SOCK_DGRAM, 0);

    for (uint32_t i = 1; i <= readings && fd >= 0; i++) {
        const struct reading reading = {.number = i, .value = 10 * i};
        drill_sendto(fd, &reading, sizeof reading, 0, &to);
        drill_sleep(kit_time(argc, argv, "every", 10 * DRILL_MS));
    }
    if (fd >= 0)
        drill_close(fd);
    return fd < 0 ? kit_status(fd) : 0;
}

SUBJECT(display)
{
    const struct drill_sockaddr at = drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:9"));
    const bool last_come = kit_bug(argc, argv, "last-come");
    const int fd = drill_socket(at.family, SOCK_DGRAM, 0);
    struct reading reading, shown = {0};
    ssize_t got = fd < 0 ? fd : drill_bind(fd, &at);

    while (got >= 0) {
        kit_patience(fd, kit_time(argc, argv, "patience", 3 * DRILL_SECOND));
        got = drill_recvfrom(fd, &reading, sizeof reading, 0, NULL);
        if (got == (ssize_t)sizeof reading && (last_come || reading.number > shown.number)) {
            if (reading.number < shown.number)
                drill_broken("reading %u is shown after reading %u", reading.number, shown.number);
            shown = reading;
        }
        if (got == -EINTR)
            got = 0;
    }
    if (fd >= 0)
        drill_close(fd);
    return got == -EAGAIN && shown.value == 10 * shown.number && shown.number > 0
               ? 0
               : kit_status(got < 0 ? got : -EPROTO);
}
