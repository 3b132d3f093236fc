/*
 * scenarios/subjects/seek.c - nodes that find each other by multicast.
 *
 *   seek name=a [of=2] [every=500ms] [until=6s]
 *
 * Each node announces its name now and then, and must have heard of all others in the end.  Its own
 * announcements come back to it (IP_MULTICAST_LOOP), and are passed over.
 *
 *   bug=announce-once    says its name when it comes, and never again
 */
#include <errno.h>
#include <netinet/in.h>

#include "scenarios/subjects/kit.h"

#define GROUP "239.1.2.3:7000"

static int join(const struct drill_sockaddr *group)
{
    const struct drill_sockaddr here = {.family = AF_INET, .port = group->port};
    struct ip_mreq request = {.imr_interface.s_addr = htonl(INADDR_ANY)};
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0)
        return fd;
    memcpy(&request.imr_multiaddr, group->inet4, sizeof group->inet4);
    int result = drill_bind(fd, &here);
    if (result == 0)
        result = drill_setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    if (result == 0)
        return fd;
    drill_close(fd);
    return result;
}

SUBJECT(seek)
{
    const char name = kit_text(argc, argv, "name", "a")[0];
    const int64_t of = kit_number(argc, argv, "of", 2);
    const int64_t every_ns = kit_time(argc, argv, "every", 500 * DRILL_MS);
    const int64_t until_ns = drill_monotonic() + kit_time(argc, argv, "until", 6 * DRILL_SECOND);
    const struct drill_sockaddr group = drill_sockaddr_parse(GROUP);
    const int fd = join(&group);
    bool heard[26] = {false};
    int64_t found = 1, next_ns = drill_monotonic() + every_ns;

    while (fd >= 0 && drill_monotonic() < until_ns) {
        char other;
        drill_set_read_deadline(fd, next_ns < until_ns ? next_ns : until_ns);
        const ssize_t got = drill_recvfrom(fd, &other, 1, 0, NULL);
        if (got == 1 && other >= 'a' && other <= 'z' && other != name && !heard[other - 'a']) {
            heard[other - 'a'] = true;
            found++;
        }
        if (drill_monotonic() >= next_ns) {
            drill_sendto(fd, &name, 1, 0, &group);
            next_ns = kit_bug(argc, argv, "announce-once") ? DRILL_NEVER : next_ns + every_ns;
        }
    }
    if (fd >= 0)
        drill_close(fd);
    if (fd >= 0 && found < of)
        drill_broken("%c has found %lld of %lld", name, (long long)found, (long long)of);
    return fd < 0 ? kit_status(fd) : found < of ? -EPROTO : 0;
}
