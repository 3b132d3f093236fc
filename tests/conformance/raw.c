/* Raw sockets on the loopback: ICMP echo of both families, raw IP, headers of one's own. */
#include "tests/conformance/message.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/sockios.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/ioctl.h>

#define EXPERIMENT 253 /* RFC 3692: a protocol number for experiments */

/* A raw socket; where the machine gives none, the case is left out on the kernel: -1. */
static int raw(struct run *run, int protocol)
{
    int fd = run->net->socket(run->family, SOCK_RAW, protocol);

    if (fd == -EPERM && skip_on_kernel(run, "raw sockets take CAP_NET_RAW"))
        return -1;
    return must(run, "socket", fd);
}

/* The internet checksum of an even number of bytes (RFC 1071), in the order of the network. */
static uint16_t checksum(const unsigned char *data, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < size; i += 2)
        sum += (uint32_t)(data[i] << 8 | data[i + 1]);
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)~sum;
}

/* A packet as a raw socket of IPv4 gets it: the header first.  Its number and checksum differ. */
static void tell_packet4(struct run *run, const char *what, const unsigned char *data, size_t size)
{
    struct drill_sockaddr from = {.family = AF_INET};
    struct drill_sockaddr to = {.family = AF_INET};
    size_t header;

    if (size < 20) {
        say(run, "%s: %zu bytes are no packet", what, size);
        return;
    }
    header = (size_t)(data[0] & 15) * 4;
    memcpy(from.inet4, data + 12, 4);
    memcpy(to.inet4, data + 16, 4);
    say(run,
        "%s: version %d, header %zu, tos %d, length %d, fragment %d, ttl %d, protocol %d, sum %s",
        what, data[0] >> 4, header, data[1], data[2] << 8 | data[3], data[6] << 8 | data[7],
        data[8], data[9], checksum(data, header) == 0 ? "right" : "wrong");
    say(run, "  %s to %s: '%s'", address_text(run, &from), address_text(run, &to),
        data_text(run, data + header, size - header));
}

/* Receives one packet: its source, then what it holds. */
static void tell_packet(struct run *run, const char *what, int fd)
{
    unsigned char data[128];
    struct drill_sockaddr from = no_address();
    long result = run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &from);

    if (result < 0) {
        tell(run, what, result);
        return;
    }
    say(run, "%s = %ld from %s", what, result, address_text(run, &from));
    if (run->family == AF_INET)
        tell_packet4(run, "  packet", data, (size_t)result);
    else
        say(run, "  '%s'", data_text(run, data, (size_t)result));
}

/* An echo request of 12 bytes, summed up for IPv4; for IPv6 the kernel does that. */
static void echo_request(struct run *run, unsigned char packet[12])
{
    static const unsigned char four[12] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'i', 'n', 'g'};
    static const unsigned char six[12] = {128, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'i', 'n', 'g'};
    uint16_t sum = checksum(four, sizeof four);

    memcpy(packet, run->family == AF_INET ? four : six, sizeof four);
    if (run->family == AF_INET) {
        packet[2] = (unsigned char)(sum >> 8);
        packet[3] = (unsigned char)sum;
    }
}

static int icmp_socket(struct run *run)
{
    return raw(run, run->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static void ping(struct run *run, int fd)
{
    struct drill_sockaddr to = loopback(run->family, 0);
    unsigned char packet[12];

    echo_request(run, packet);
    tell(run, "ping", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
}

CASE(an_echo_is_heard_as_request_and_as_reply)
{
    int fd = icmp_socket(run);

    tell_poll(run, "fresh", fd);
    ping(run, fd);
    tell_poll(run, "pinged", fd);
    tell_ioctl(run, "FIONREAD", fd, FIONREAD);
    tell_ioctl(run, "SIOCOUTQ", fd, SIOCOUTQ);
    tell_packet(run, "request", fd);
    tell_packet(run, "reply", fd);
    tell_packet(run, "nothing more", fd);
    tell_poll(run, "heard", fd);
}

CASE(every_raw_socket_of_the_protocol_gets_a_copy)
{
    int fd = icmp_socket(run);
    int other = icmp_socket(run);
    int stranger = raw(run, EXPERIMENT);

    ping(run, fd);
    tell_packet(run, "sender", fd);
    tell_packet(run, "sender", fd);
    tell_packet(run, "other", other);
    tell_packet(run, "other", other);
    tell_packet(run, "stranger", stranger);
}

CASE(a_filter_keeps_types_of_icmp_out)
{
    int fd = icmp_socket(run);
    struct icmp_filter no_requests = {.data = 1U << 8};
    struct icmp6_filter replies_only;
    int result;

    if (run->family == AF_INET) {
        result = run->net->setsockopt(fd, SOL_RAW, ICMP_FILTER, &no_requests, sizeof no_requests);
    } else {
        ICMP6_FILTER_SETBLOCKALL(&replies_only);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &replies_only);
        result = run->net->setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &replies_only,
                                      sizeof replies_only);
    }
    tell(run, "filter", result);
    ping(run, fd);
    tell_packet(run, "reply", fd);
    tell_packet(run, "nothing more", fd);
}

CASE(a_wrong_checksum_of_icmp_is_not_answered)
{
    int fd = raw(run, IPPROTO_ICMP);
    struct drill_sockaddr to = loopback(AF_INET, 0);
    unsigned char packet[12];

    echo_request(run, packet);
    packet[2] ^= 1;
    tell(run, "send", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
    tell_packet(run, "request", fd);
    tell_packet(run, "reply", fd);
}

CASE(raw_ip_carries_any_protocol)
{
    struct drill_sockaddr to = loopback(run->family, 0);
    int sender = raw(run, EXPERIMENT);
    int receiver = raw(run, EXPERIMENT);
    int other = raw(run, EXPERIMENT + 1);

    tell_sockname(run, "fresh", receiver);
    tell_send(run, "send", sender, "hello", &to);
    tell_send(run, "send", sender, "", &to);
    tell_poll(run, "receiver", receiver);
    tell_ioctl(run, "FIONREAD", receiver, FIONREAD);
    tell_packet(run, "receiver", receiver);
    tell_packet(run, "receiver", receiver);
    tell_packet(run, "sender", sender);
    tell_packet(run, "sender", sender);
    tell_packet(run, "sender", sender);
    tell_packet(run, "other", other);
}

CASE(a_raw_socket_gets_control_data_and_flags)
{
    struct drill_sockaddr to = loopback(run->family, 0);
    int fd = raw(run, EXPERIMENT);
    bool four = run->family == AF_INET;

    set_option(run, fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
    set_option(run, fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, 9);
    set_option(run, fd, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    tell_send(run, "send", fd, "abcdef", &to);
    tell_message(run, "peek", fd, 1, 256, MSG_PEEK);
    tell_message(run, "with TRUNC", fd, 1, 0, MSG_TRUNC);
    tell_message(run, "nothing", fd, 1, 0, 0);
}

CASE(raw_sockets_are_bound_and_connected_without_ports)
{
    struct drill_sockaddr here = loopback(run->family, 0);
    struct drill_sockaddr none = no_address();
    struct drill_sockaddr other = inet4(127, 0, 0, 2, 0);
    int sender = raw(run, EXPERIMENT);
    int fd = raw(run, EXPERIMENT);

    tell_send(run, "not connected", fd, "x", NULL);
    tell(run, "bind", run->net->bind(fd, &here));
    tell_sockname(run, "sockname", fd);
    tell(run, "connect", run->net->connect(fd, &here));
    tell_peername(run, "peername", fd);
    tell_send(run, "send", fd, "to the peer", NULL);
    tell_packet(run, "recv", fd);
    tell_packet(run, "sender", sender);
    if (run->family == AF_INET) {
        tell_send(run, "send elsewhere", sender, "x", &other);
        tell_packet(run, "bound and connected", fd);
        tell(run, "connect to 127.0.0.2", run->net->connect(fd, &other));
        tell_send(run, "from another than the peer", sender, "x", &here);
        tell_packet(run, "bound and connected", fd);
    }
    tell(run, "connect to AF_UNSPEC", run->net->connect(fd, &none));
    tell_peername(run, "peername", fd);
    tell_sockname(run, "sockname", fd);
    tell(run, "listen", run->net->listen(fd, 1));
}

CASE(raw_sockets_take_no_notice_of_ports)
{
    struct drill_sockaddr to = loopback(run->family, EXPERIMENT);
    struct drill_sockaddr from = loopback(run->family, 9);
    int fd = raw(run, EXPERIMENT);

    tell(run, "bind", run->net->bind(fd, &from));
    must(run, "getsockname", run->net->getsockname(fd, &from));
    say(run, "port %d", from.port);
    tell_send(run, "to the port of the protocol", fd, "x", &to);
    to.port = 80;
    tell_send(run, "to port 80", fd, "x", &to);
    to.port = 1000;
    tell_send(run, "to port 1000", fd, "x", &to);
    tell(run, "connect to port 1000", run->net->connect(fd, &to));
    to.port = 0;
    must(run, "getpeername", run->net->getpeername(fd, &to));
    say(run, "port %d", to.port);
}

CASE(raw_sockets_need_a_protocol)
{
    static const int protocols[] = {0, 1, 6, 17, 58, 253, 255, 256, 300, -1};

    if (raw(run, EXPERIMENT) < 0)
        return;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        int fd;

        say(run, "protocol %d", protocols[i]);
        fd = tell_fd(run, "socket", run->net->socket(run->family, SOCK_RAW, protocols[i]));
        if (fd < 0)
            continue;
        tell_option(run, "SO_PROTOCOL", fd, SOL_SOCKET, SO_PROTOCOL);
        tell_option(run, "SO_TYPE", fd, SOL_SOCKET, SO_TYPE);
        if (run->family == AF_INET)
            tell_option(run, "IP_HDRINCL", fd, IPPROTO_IP, IP_HDRINCL);
        run->net->close(fd);
    }
}

CASE(a_raw_packet_has_a_largest_size)
{
    static char data[66000];
    static const size_t sizes[] = {65495, 65496, 65515, 65516, 65535, 65536};
    struct drill_sockaddr to = loopback(run->family, 0);
    int fd = raw(run, EXPERIMENT);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        say(run, "%zu", sizes[i]);
        tell(run, "send", run->net->sendto(fd, data, sizes[i], 0, &to));
        run->net->settle();
        tell(run, "recv", run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, NULL));
    }
}

static void put_header(unsigned char packet[28], int protocol)
{
    static const unsigned char header[28] = {0x45, 0x20, 0,   0,   0,   0,   0,   0,  33, 0,
                                             0,    0,    0,   0,   0,   0,   127, 0,  0,  1,
                                             'o',  'w',  'n', ' ', 'h', 'e', 'a', 'd'};

    memcpy(packet, header, sizeof header);
    packet[9] = (unsigned char)protocol;
}

CASE(a_header_of_ones_own_is_completed)
{
    struct drill_sockaddr to = loopback(AF_INET, 0);
    struct drill_sockaddr other = inet4(127, 0, 0, 2, 0);
    int receiver = raw(run, EXPERIMENT);
    int fd = raw(run, EXPERIMENT);
    unsigned char packet[28];

    set_option(run, fd, IPPROTO_IP, IP_HDRINCL, 1);
    put_header(packet, EXPERIMENT);
    tell(run, "send", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
    tell_packet(run, "no source", receiver);
    packet[15] = 9;
    packet[12] = 127;
    packet[10] = 0x77;
    tell(run, "send", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
    tell_packet(run, "a source and a wrong sum", receiver);
    tell(run, "send elsewhere", run->net->sendto(fd, packet, sizeof packet, 0, &other));
    run->net->settle();
    tell_packet(run, "the header decides, or the address", receiver);
    tell(run, "less than a header", run->net->sendto(fd, packet, 19, 0, &to));
    tell(run, "a header alone", run->net->sendto(fd, packet, 20, 0, &to));
    run->net->settle();
    tell_packet(run, "alone", receiver);
    packet[0] = 0x4f;
    tell(run, "a header longer than the packet", run->net->sendto(fd, packet, 28, 0, &to));
}

CASE(the_protocol_raw_sends_and_never_receives)
{
    struct drill_sockaddr to = loopback(AF_INET, 0);
    int receiver = raw(run, EXPERIMENT);
    int fd = raw(run, IPPROTO_RAW);
    unsigned char packet[28];

    tell_option(run, "IP_HDRINCL", fd, IPPROTO_IP, IP_HDRINCL);
    put_header(packet, EXPERIMENT);
    tell(run, "send", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
    tell_packet(run, "receiver", receiver);
    tell_packet(run, "itself", fd);
    put_header(packet, IPPROTO_RAW);
    tell(run, "send", run->net->sendto(fd, packet, sizeof packet, 0, &to));
    run->net->settle();
    tell_packet(run, "itself", fd);
}
