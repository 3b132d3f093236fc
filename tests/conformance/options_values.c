/* Options that are no plain int, that are bounded or doubled, or that have sides to them. */
#include "tests/conformance/harness.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>

static long set(struct run *run, int fd, int level, int option, int value)
{
    return run->net->setsockopt_int(fd, level, option, value);
}

/* Sets an int and says what came of it, then reads it back. */
static void tell_set(struct run *run, const char *what, int fd, int level, int option, int value)
{
    long result = set(run, fd, level, option, value);
    int got = 0;

    if (result < 0)
        say(run, "%s %d: %s", what, value, error_name((int)-result));
    else if ((result = run->net->getsockopt_int(fd, level, option, &got)) < 0)
        say(run, "%s %d: set, then %s", what, value, error_name((int)-result));
    else
        say(run, "%s %d: %d", what, value, got);
}

static void tell_sets(struct run *run, const char *what, int type, int level, int option,
                      const int *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int fd = socket_of(run, type);

        tell_set(run, what, fd, level, option, values[i]);
        run->net->close(fd);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

CASE(buffers_are_doubled_and_have_a_least_size)
{
    static const int sizes[] = {0, 1, 1000, 2048, 2304, 4096, 10000, 65536, 100000};

    tell_sets(run, "stream SO_RCVBUF", SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, sizes, COUNT(sizes));
    tell_sets(run, "stream SO_SNDBUF", SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, sizes, COUNT(sizes));
    tell_sets(run, "dgram SO_RCVBUF", SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, sizes, COUNT(sizes));
    tell_sets(run, "dgram SO_SNDBUF", SOCK_DGRAM, SOL_SOCKET, SO_SNDBUF, sizes, COUNT(sizes));
}

CASE(buffers_have_a_greatest_size_which_a_negative_one_is_beyond)
{
    static const int options[] = {SO_RCVBUF, SO_SNDBUF};

    for (size_t i = 0; i < COUNT(options); i++) {
        int fd = socket_of(run, SOCK_DGRAM);
        int huge = 0;
        int negative = 0;

        tell(run, "set huge", set(run, fd, SOL_SOCKET, options[i], INT32_MAX));
        run->net->getsockopt_int(fd, SOL_SOCKET, options[i], &huge);
        tell(run, "set negative", set(run, fd, SOL_SOCKET, options[i], -1));
        run->net->getsockopt_int(fd, SOL_SOCKET, options[i], &negative);
        say(run, "cut: %d, the same: %d", huge < INT32_MAX, huge == negative);
        run->net->close(fd);
    }
}

CASE(linger_is_a_switch_and_seconds)
{
    static const struct linger values[] = {{1, 5}, {1, 0}, {0, 7}, {-1, 3}, {1, 65535}};
    int fd = socket_of(run, SOCK_STREAM);
    struct linger linger = {9, 9};
    size_t size = sizeof linger;

    tell(run, "get", run->net->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
    say(run, "fresh: size %zu, %d, %d s", size, linger.l_onoff, linger.l_linger);
    for (size_t i = 0; i < COUNT(values); i++) {
        tell(run, "set",
             run->net->setsockopt(fd, SOL_SOCKET, SO_LINGER, &values[i], sizeof values[i]));
        run->net->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size);
        say(run, "%d, %d s: %d, %d s", values[i].l_onoff, values[i].l_linger, linger.l_onoff,
            linger.l_linger);
    }
    size = 4;
    tell(run, "get of 4", run->net->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
    say(run, "size %zu", size);
    size = 20;
    tell(run, "get of 20", run->net->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size));
    say(run, "size %zu", size);
}

static void tell_timeouts(struct run *run, int option)
{
    static const struct timeval values[] = {
        {1, 500000}, {0, 0}, {-1, 0}, {0, -1}, {0, 1000000}, {0, 999999}, {5, 0}, {-1, 500000},
    };
    int fd = socket_of(run, SOCK_STREAM);
    struct timeval time = {9, 9};
    size_t size = sizeof time;

    tell(run, "get", run->net->getsockopt(fd, SOL_SOCKET, option, &time, &size));
    say(run, "fresh: size %zu, %ld s, %ld us", size, time.tv_sec, time.tv_usec);
    for (size_t i = 0; i < COUNT(values); i++) {
        say(run, "%ld s %ld us", values[i].tv_sec, values[i].tv_usec);
        tell(run, "set", run->net->setsockopt(fd, SOL_SOCKET, option, &values[i], sizeof time));
        run->net->getsockopt(fd, SOL_SOCKET, option, &time, &size);
        say(run, "%ld s, %s", time.tv_sec, time.tv_usec ? "and more" : "no more");
    }
    tell(run, "set of 8", run->net->setsockopt(fd, SOL_SOCKET, option, &time, 8));
    size = 8;
    tell(run, "get of 8", run->net->getsockopt(fd, SOL_SOCKET, option, &time, &size));
    say(run, "size %zu", size);
}

CASE(timeouts_are_seconds_and_microseconds)
{
    tell_timeouts(run, SO_RCVTIMEO);
    tell_timeouts(run, SO_SNDTIMEO);
}

CASE(a_low_water_mark_of_0_is_1)
{
    static const int marks[] = {0, 1, 2, 1000};

    tell_option(run, "fresh", socket_of(run, SOCK_STREAM), SOL_SOCKET, SO_RCVLOWAT);
    tell_sets(run, "SO_RCVLOWAT", SOCK_STREAM, SOL_SOCKET, SO_RCVLOWAT, marks, COUNT(marks));
}

CASE(a_priority_up_to_6_is_free_for_all)
{
    static const int values[] = {0, 1, 6};

    tell_option(run, "fresh", socket_of(run, SOCK_DGRAM), SOL_SOCKET, SO_PRIORITY);
    tell_sets(run, "SO_PRIORITY", SOCK_DGRAM, SOL_SOCKET, SO_PRIORITY, values, COUNT(values));
}

CASE(a_type_of_service_makes_a_priority)
{
    static const int services[] = {0, 0x02, 0x08, 0x10, 0x18, 0xb8, 0xff};
    int level = run->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    int option = run->family == AF_INET ? IP_TOS : IPV6_TCLASS;

    for (size_t i = 0; i < COUNT(services); i++) {
        int fd = socket_of(run, SOCK_DGRAM);

        tell_set(run, "service", fd, level, option, services[i]);
        tell_option(run, "SO_PRIORITY", fd, SOL_SOCKET, SO_PRIORITY);
        run->net->close(fd);
    }
}

CASE(ranges_of_ip_options)
{
    static const int ttls[] = {0, 1, 64, 255, 256, -1, -2};
    static const int discover[] = {-1, 0, 1, 2, 3, 4, 5, 6};

    tell_sets(run, "IP_TTL", SOCK_DGRAM, IPPROTO_IP, IP_TTL, ttls, COUNT(ttls));
    tell_sets(run, "IP_MULTICAST_TTL", SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_TTL, ttls, COUNT(ttls));
    tell_sets(run, "IP_MTU_DISCOVER", SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, discover,
              COUNT(discover));
}

CASE(ranges_of_ipv6_options)
{
    static const int hops[] = {0, 1, 64, 255, 256, -1, -2};
    static const int classes[] = {-1, -2, 0, 0x80, 0xff, 0x100};

    tell_sets(run, "IPV6_UNICAST_HOPS", SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops,
              COUNT(hops));
    tell_sets(run, "IPV6_MULTICAST_HOPS", SOCK_DGRAM, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops,
              COUNT(hops));
    tell_sets(run, "IPV6_TCLASS", SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, classes, COUNT(classes));
}

CASE(ranges_of_tcp_options)
{
    static const int sizes[] = {0, 47, 48, 87, 88, 1460, 32767, 32768, -1};
    static const int seconds[] = {0, 1, 32767, 32768, -1};
    static const int counts[] = {0, 1, 127, 128, -1};
    static const int accepts[] = {0, 1, 2, 3, 4, 7, 8, 60, -1};
    static const int timeouts[] = {0, 1, 30000, INT32_MAX, -1};
    static const int lingers[] = {-2, -1, 0, 1, 60, 120, 121};

    tell_sets(run, "TCP_MAXSEG", SOCK_STREAM, IPPROTO_TCP, TCP_MAXSEG, sizes, COUNT(sizes));
    tell_sets(run, "TCP_KEEPIDLE", SOCK_STREAM, IPPROTO_TCP, TCP_KEEPIDLE, seconds, COUNT(seconds));
    tell_sets(run, "TCP_KEEPINTVL", SOCK_STREAM, IPPROTO_TCP, TCP_KEEPINTVL, seconds,
              COUNT(seconds));
    tell_sets(run, "TCP_KEEPCNT", SOCK_STREAM, IPPROTO_TCP, TCP_KEEPCNT, counts, COUNT(counts));
    tell_sets(run, "TCP_SYNCNT", SOCK_STREAM, IPPROTO_TCP, TCP_SYNCNT, counts, COUNT(counts));
    tell_sets(run, "TCP_DEFER_ACCEPT", SOCK_STREAM, IPPROTO_TCP, TCP_DEFER_ACCEPT, accepts,
              COUNT(accepts));
    tell_sets(run, "TCP_USER_TIMEOUT", SOCK_STREAM, IPPROTO_TCP, TCP_USER_TIMEOUT, timeouts,
              COUNT(timeouts));
    tell_sets(run, "TCP_LINGER2", SOCK_STREAM, IPPROTO_TCP, TCP_LINGER2, lingers, COUNT(lingers));
}

CASE(congestion_control_has_names)
{
    static const char *const names[] = {"reno", "cubic", "reno", "nonesuch", ""};
    int fd = socket_of(run, SOCK_STREAM);
    char name[16];
    size_t size;

    for (size_t i = 0; i < COUNT(names); i++) {
        size = strlen(names[i]);
        tell(run, "set", run->net->setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, names[i], size));
        size = sizeof name;
        memset(name, 0, sizeof name);
        tell(run, "get", run->net->getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
        say(run, "size %zu, '%.16s'", size, name);
    }
    tell(run, "set of 5 with its NUL",
         run->net->setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 5));
    size = 3;
    memset(name, 0, sizeof name);
    tell(run, "get of 3", run->net->getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
    say(run, "size %zu, '%.16s'", size, name);
}

CASE(a_socket_can_be_bound_to_the_loopback_device)
{
    int fd = socket_of(run, SOCK_STREAM);
    char name[16] = "";
    size_t size = sizeof name;

    tell(run, "get", run->net->getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
    say(run, "size %zu", size);
    tell(run, "set none", run->net->setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nonesuch", 9));
    tell(run, "set lo", run->net->setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    size = sizeof name;
    tell(run, "get", run->net->getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
    say(run, "size %zu '%s'", size, name);
    size = 2;
    tell(run, "get of 2", run->net->getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
}

CASE(an_option_is_cut_to_the_room_there_is)
{
    static const size_t rooms[] = {0, 1, 2, 3, 4, 5, 8, 100};
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "SO_KEEPALIVE", set(run, fd, SOL_SOCKET, SO_KEEPALIVE, 1));
    for (size_t i = 0; i < COUNT(rooms); i++) {
        unsigned char value[100];
        size_t size = rooms[i];

        memset(value, 0x55, sizeof value);
        tell(run, "get", run->net->getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, value, &size));
        say(run, "of %zu: %zu, %02x%02x%02x%02x%02x", rooms[i], size, value[0], value[1], value[2],
            value[3], value[4]);
    }
}

CASE(ip_options_are_cut_to_a_byte)
{
    static const size_t rooms[] = {0, 1, 2, 3, 4, 5, 8};
    int fd = socket_of(run, SOCK_DGRAM);

    for (size_t i = 0; i < COUNT(rooms); i++) {
        unsigned char value[8];
        size_t size = rooms[i];

        memset(value, 0x55, sizeof value);
        tell(run, "get", run->net->getsockopt(fd, IPPROTO_IP, IP_TTL, value, &size));
        say(run, "of %zu: %zu, %02x%02x%02x%02x%02x", rooms[i], size, value[0], value[1], value[2],
            value[3], value[4]);
    }
    tell(run, "set of a byte", run->net->setsockopt(fd, IPPROTO_IP, IP_TTL, "\x07", 1));
    tell_option(run, "IP_TTL", fd, IPPROTO_IP, IP_TTL);
    tell(run, "set of a byte", run->net->setsockopt(fd, IPPROTO_IP, IP_PKTINFO, "\x01", 1));
    tell_option(run, "IP_PKTINFO", fd, IPPROTO_IP, IP_PKTINFO);
}

CASE(tcp_options_of_a_connection)
{
    int pair[2];

    connected_pair(run, pair);
    tell_set(run, "TCP_NODELAY", pair[0], IPPROTO_TCP, TCP_NODELAY, 1);
    tell_set(run, "TCP_CORK", pair[0], IPPROTO_TCP, TCP_CORK, 1);
    tell_set(run, "TCP_CORK", pair[0], IPPROTO_TCP, TCP_CORK, 0);
    tell_set(run, "TCP_KEEPIDLE", pair[0], IPPROTO_TCP, TCP_KEEPIDLE, 10);
    tell_set(run, "SO_KEEPALIVE", pair[0], SOL_SOCKET, SO_KEEPALIVE, 1);
    tell_option(run, "TCP_KEEPIDLE of the peer", pair[1], IPPROTO_TCP, TCP_KEEPIDLE);
    tell_set(run, "TCP_FASTOPEN", pair[0], IPPROTO_TCP, TCP_FASTOPEN, 5);
    tell_set(run, "SO_REUSEADDR", pair[0], SOL_SOCKET, SO_REUSEADDR, 1);
    tell_option(run, "SO_ERROR", pair[0], SOL_SOCKET, SO_ERROR);
    close_pair(run, pair);
}

CASE(an_offset_for_peeking_of_datagrams)
{
    int fd = socket_of(run, SOCK_DGRAM);

    tell_set(run, "SO_PEEK_OFF", fd, SOL_SOCKET, SO_PEEK_OFF, 5);
    tell_set(run, "SO_PEEK_OFF", fd, SOL_SOCKET, SO_PEEK_OFF, -1);
}

CASE(sizes_of_options_beyond_an_int)
{
    int fd = socket_of(run, SOCK_STREAM);
    int values[2] = {1, 2};
    int value = 0;

    tell(run, "8 bytes", run->net->setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, values, 8));
    tell_option(run, "SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE);
    tell(run, "8 bytes", run->net->setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, values, 8));
    tell_option(run, "TCP_NODELAY", fd, IPPROTO_TCP, TCP_NODELAY);
    tell(run, "no value", run->net->setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, NULL, 4));
    tell(run, "no value", run->net->setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, NULL, 4));
    tell(run, "an unknown one", run->net->setsockopt(fd, SOL_SOCKET, 9999, NULL, 0));
    tell(run, "an unknown one", run->net->getsockopt_int(fd, SOL_SOCKET, -1, &value));
}
