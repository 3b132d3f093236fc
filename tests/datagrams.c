#include "tests/datagrams.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/sockaddr.h"
#include "emu/wire.h"

static struct drill_sockaddr address(const char *text)
{
    struct drill_sockaddr addr;

    ck_assert_int_eq(drill_sockaddr_read(&addr, text), 0);
    return addr;
}

/* The family of the address; without one IPv4. */
int datagram_socket(struct drill_host *host, int type, int protocol, const char *bound)
{
    const struct drill_sockaddr addr = address(bound != NULL ? bound : "0.0.0.0:0");

    drill_enter(host);
    const int fd = drill_socket(addr.family, type | SOCK_NONBLOCK, protocol);
    ck_assert_int_ge(fd, 0);
    if (bound != NULL)
        ck_assert_int_eq(drill_bind(fd, &addr), 0);
    return fd;
}

int datagram_connect(struct drill_host *host, int fd, const char *peer)
{
    const struct drill_sockaddr addr = address(peer);

    drill_enter(host);
    return drill_connect(fd, &addr);
}

ssize_t datagram_send(struct drill_host *host, int fd, const char *text, const char *to)
{
    const struct drill_sockaddr addr = address(to != NULL ? to : "0.0.0.0:0");

    drill_enter(host);
    return drill_sendto(fd, text, strlen(text), 0, to != NULL ? &addr : NULL);
}

void datagram_hear(struct drill_host *host, int fd, const char *text, const char *from)
{
    struct drill_sockaddr source;
    char heard[256] = "", shown[128];

    drill_enter(host);
    ck_assert_int_eq(drill_recvfrom(fd, heard, sizeof heard - 1, 0, &source),
                     (ssize_t)strlen(text));
    ck_assert_str_eq(heard, text);
    if (from == NULL)
        return;
    drill_sockaddr_write(&source, shown, sizeof shown);
    ck_assert_str_eq(shown, from);
}

void datagram_none(struct drill_host *host, int fd)
{
    char byte;

    ck_assert_int_eq(take(host, fd, &byte, 1, 0), -EAGAIN);
}

void datagram_settle(struct stage *stage)
{
    ck_assert_int_eq(drill_run(stage->world), 0);
}

void datagram_echo(uint8_t packet[12], bool v6)
{
    static const uint8_t request[12] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'i', 'n', 'g'};

    memcpy(packet, request, sizeof request);
    if (v6)
        packet[0] = 128;
    else
        drill_wire_put16(packet + 2, drill_wire_sum(packet, sizeof request));
}
