/*
 * Options of type int, swept by tables: the value of a fresh socket, what becomes of 1, 0, -1, 2
 * and 1000, and sizes that are too short.  Left out: what needs rights, what a machine or a
 * kernel's version decides, and what is no int; options_values.c has the latter.
 */
#include "tests/conformance/harness.h"

#include <linux/in6.h>
#include <linux/udp.h>
#include <netinet/tcp.h>
#include <stdio.h>

struct option_row {
    int option;
    const char *name;
    bool inet_only; /* Unix sockets answer differently from version to version */
};

#define ROW(option)                                                                                \
    {                                                                                              \
        option, #option, false                                                                     \
    }
#define ROW_INET(option)                                                                           \
    {                                                                                              \
        option, #option, true                                                                      \
    }
#define NO_MORE_ROWS                                                                               \
    {                                                                                              \
        0, NULL, false                                                                             \
    }

static const struct option_row socket_rows[] = {
    ROW(SO_REUSEADDR),
    ROW(SO_TYPE),
    ROW(SO_ERROR),
    ROW(SO_DONTROUTE),
    ROW(SO_BROADCAST),
    ROW(SO_KEEPALIVE),
    ROW(SO_OOBINLINE),
    ROW(SO_NO_CHECK),
    ROW(SO_LINGER),
    ROW(SO_BSDCOMPAT),
    ROW_INET(SO_REUSEPORT),
    ROW(SO_SNDLOWAT),
    ROW(SO_PEERNAME),
    ROW(SO_TIMESTAMP),
    ROW(SO_ACCEPTCONN),
    ROW(SO_PROTOCOL),
    ROW(SO_DOMAIN),
    ROW(SO_TIMESTAMPNS),
    ROW(SO_RXQ_OVFL),
    ROW(SO_WIFI_STATUS),
    ROW(SO_NOFCS),
    ROW(SO_LOCK_FILTER),
    ROW(SO_SELECT_ERR_QUEUE),
    NO_MORE_ROWS,
};

static const struct option_row tcp_rows[] = {
    ROW(TCP_NODELAY),
    ROW(TCP_MAXSEG),
    ROW(TCP_CORK),
    ROW(TCP_KEEPIDLE),
    ROW(TCP_KEEPINTVL),
    ROW(TCP_KEEPCNT),
    ROW(TCP_SYNCNT),
    ROW(TCP_LINGER2),
    ROW(TCP_DEFER_ACCEPT),
    ROW(TCP_WINDOW_CLAMP),
    ROW(TCP_QUICKACK),
    ROW(TCP_THIN_LINEAR_TIMEOUTS),
    ROW(TCP_THIN_DUPACK),
    ROW(TCP_USER_TIMEOUT),
    ROW(TCP_FASTOPEN),
    ROW(TCP_NOTSENT_LOWAT),
    ROW(TCP_SAVE_SYN),
    ROW(TCP_FASTOPEN_CONNECT),
    ROW(TCP_FASTOPEN_NO_COOKIE),
    ROW(TCP_INQ),
    NO_MORE_ROWS,
};

static const struct option_row ip_rows[] = {
    ROW(IP_TOS),           ROW(IP_TTL),
    ROW(IP_RECVOPTS),      ROW(IP_RETOPTS),
    ROW(IP_PKTINFO),       ROW(IP_MTU_DISCOVER),
    ROW(IP_RECVERR),       ROW(IP_RECVTTL),
    ROW(IP_RECVTOS),       ROW(IP_MTU),
    ROW(IP_FREEBIND),      ROW(IP_ORIGDSTADDR),
    ROW(IP_MINTTL),        ROW(IP_BIND_ADDRESS_NO_PORT),
    ROW(IP_MULTICAST_TTL), ROW(IP_MULTICAST_LOOP),
    ROW(IP_MULTICAST_ALL), NO_MORE_ROWS,
};

static const struct option_row ipv6_rows[] = {
    ROW(IPV6_UNICAST_HOPS),
    ROW(IPV6_MULTICAST_HOPS),
    ROW(IPV6_MULTICAST_LOOP),
    ROW(IPV6_MTU_DISCOVER),
    ROW(IPV6_MTU),
    ROW(IPV6_RECVERR),
    ROW(IPV6_V6ONLY),
    ROW(IPV6_MULTICAST_ALL),
    ROW(IPV6_RECVPKTINFO),
    ROW(IPV6_RECVHOPLIMIT),
    ROW(IPV6_RECVTCLASS),
    ROW(IPV6_TCLASS),
    ROW(IPV6_DONTFRAG),
    ROW(IPV6_MINHOPCOUNT),
    ROW(IPV6_ORIGDSTADDR),
    ROW(IPV6_FREEBIND),
    NO_MORE_ROWS,
};

static const struct option_row udp_rows[] = {
    ROW(UDP_CORK),    ROW(UDP_NO_CHECK6_TX), ROW(UDP_NO_CHECK6_RX),
    ROW(UDP_SEGMENT), ROW(UDP_GRO),          NO_MORE_ROWS,
};

/* One line as it grows. */
struct line {
    char text[256];
    size_t used;
};

static void put_text(struct line *line, const char *text)
{
    size_t room = sizeof line->text - line->used;
    int size = snprintf(line->text + line->used, room, "%s", text);

    line->used += (size_t)size < room ? (size_t)size : room - 1;
}

static void put(struct line *line, const char *before, int result, int value)
{
    char number[16];

    put_text(line, before);
    snprintf(number, sizeof number, "%d", value);
    put_text(line, result < 0 ? error_name(-result) : number);
}

/* " 1 -> 1", " -1 -> EINVAL": what a set answers and, if it is no error, what get tells then. */
static void put_set(struct run *run, struct line *line, int type, int level, int option, int wanted)
{
    int fd = socket_of(run, type);
    int value = 0;
    int result = run->net->setsockopt_int(fd, level, option, wanted);

    put(line, " ", 0, wanted);
    if (result == 0)
        result = run->net->getsockopt_int(fd, level, option, &value);
    put(line, " -> ", result, value);
    run->net->close(fd);
}

static void put_short_set(struct run *run, struct line *line, int type, int level, int option,
                          size_t size)
{
    int fd = socket_of(run, type);
    int value = 1;

    put(line, " ", run->net->setsockopt(fd, level, option, &value, size), 0);
    run->net->close(fd);
}

static void put_short_get(struct run *run, struct line *line, int type, int level, int option,
                          size_t size)
{
    int fd = socket_of(run, type);
    int value = 0;
    int result = run->net->getsockopt(fd, level, option, &value, &size);

    put(line, " ", result, (int)size);
    run->net->close(fd);
}

static void tell_row(struct run *run, int type, int level, int option, const char *name)
{
    static const int values[] = {1, 0, -1, 2, 1000};
    static const size_t sizes[] = {0, 1, 3};
    struct line line = {.used = 0};
    int fd = socket_of(run, type);
    int value = 0;
    int result = run->net->getsockopt_int(fd, level, option, &value);

    put(&line, ": ", result, value);
    put_text(&line, "; set");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        put_set(run, &line, type, level, option, values[i]);
    put_text(&line, "; set short");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put_short_set(run, &line, type, level, option, sizes[i]);
    put_text(&line, "; get short");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put_short_get(run, &line, type, level, option, sizes[i]);
    say(run, "%s%s", name, line.text);
    run->net->close(fd);
}

static void tell_rows(struct run *run, int type, int level, const struct option_row *rows)
{
    for (const struct option_row *row = rows; row->name != NULL; row++)
        if (!row->inet_only || run->family != AF_UNIX)
            tell_row(run, type, level, row->option, row->name);
    tell_row(run, type, level, 9999, "an unknown option");
}

CASE(stream_options_of_the_socket_level)
{
    tell_rows(run, SOCK_STREAM, SOL_SOCKET, socket_rows);
}

CASE(datagram_options_of_the_socket_level)
{
    tell_rows(run, SOCK_DGRAM, SOL_SOCKET, socket_rows);
}

CASE(seqpacket_options_of_the_socket_level)
{
    tell_rows(run, SOCK_SEQPACKET, SOL_SOCKET, socket_rows);
}

CASE(stream_options_of_the_tcp_level)
{
    tell_rows(run, SOCK_STREAM, IPPROTO_TCP, tcp_rows);
}

CASE(stream_options_of_the_ip_level)
{
    tell_rows(run, SOCK_STREAM, IPPROTO_IP, ip_rows);
}

CASE(datagram_options_of_the_ip_level)
{
    tell_rows(run, SOCK_DGRAM, IPPROTO_IP, ip_rows);
}

CASE(stream_options_of_the_ipv6_level)
{
    tell_rows(run, SOCK_STREAM, IPPROTO_IPV6, ipv6_rows);
}

CASE(datagram_options_of_the_ipv6_level)
{
    tell_rows(run, SOCK_DGRAM, IPPROTO_IPV6, ipv6_rows);
}

CASE(datagram_options_of_the_udp_level)
{
    tell_rows(run, SOCK_DGRAM, IPPROTO_UDP, udp_rows);
}

CASE(options_of_a_level_that_is_not_there)
{
    static const int levels[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP, IPPROTO_IPV6, 99, 250, -1};
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int fd = socket_of(run, types[i]);

        say(run, "%s", types[i] == SOCK_STREAM ? "stream" : "datagram");
        for (size_t n = 0; n < sizeof levels / sizeof *levels; n++) {
            int value = 0;

            say(run, "level %d", levels[n]);
            tell(run, "get", run->net->getsockopt_int(fd, levels[n], 9999, &value));
            tell(run, "set", run->net->setsockopt_int(fd, levels[n], 9999, 1));
            tell(run, "set of no byte", run->net->setsockopt(fd, levels[n], 9999, &value, 0));
        }
        run->net->close(fd);
    }
}
