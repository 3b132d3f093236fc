/* Datagram sockets that share a port: who may bind, and who of them receives. */
#include "tests/conformance/message.h"

enum reuse {
    REUSE_NONE,
    REUSE_FIRST,
    REUSE_SECOND,
    REUSE_BOTH,
    REUSE_PORTS,
    REUSE_PORT_FIRST,
    REUSE_COUNT,
};

static const char *const reuse_names[] = {
    "no reuse",
    "REUSEADDR on the first",
    "REUSEADDR on the second",
    "REUSEADDR on both",
    "REUSEPORT on both",
    "REUSEPORT on the first, REUSEADDR on the second",
};

/* A socket that is to share; one that may not have the port is closed, and -1. */
static int sharer(struct run *run, const struct drill_sockaddr *addr, int option, bool v6only)
{
    int fd = must(run, "socket", run->net->socket(addr->family, SOCK_DGRAM, 0));
    int result;

    if (option != 0)
        set_option(run, fd, SOL_SOCKET, option, 1);
    if (v6only)
        set_option(run, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    result = run->net->bind(fd, addr);
    if (result == 0)
        return fd;
    say(run, "  bind = %s", error_name(-result));
    run->net->close(fd);
    return -1;
}

static void tell_conflict(struct run *run, const struct drill_sockaddr *first,
                          const struct drill_sockaddr *second, bool v6only)
{
    say(run, "%s, then %s%s", address_text(run, first), address_text(run, second),
        v6only ? ", V6ONLY" : "");
    for (int reuse = REUSE_NONE; reuse < REUSE_COUNT; reuse++) {
        int one = reuse == REUSE_FIRST || reuse == REUSE_BOTH ? SO_REUSEADDR
                  : reuse >= REUSE_PORTS                      ? SO_REUSEPORT
                                                              : 0;
        int two = reuse == REUSE_NONE || reuse == REUSE_FIRST ? 0
                  : reuse == REUSE_PORTS                      ? SO_REUSEPORT
                                                              : SO_REUSEADDR;
        int a = sharer(run, first, one, v6only && first->family == AF_INET6);
        int b = sharer(run, second, two, v6only && second->family == AF_INET6);

        say(run, "  %s: %s", reuse_names[reuse], b < 0 ? "no" : "yes");
        run->net->close(b);
        run->net->close(a);
    }
}

CASE(datagram_sockets_share_a_port_by_consent)
{
    struct drill_sockaddr here = nobody(run);
    struct drill_sockaddr any = wildcard(run->family, here.port);
    struct drill_sockaddr other = here;

    other.inet4[3] = 2;
    tell_conflict(run, &here, &here, false);
    tell_conflict(run, &here, &any, false);
    tell_conflict(run, &any, &here, false);
    tell_conflict(run, &any, &any, false);
    if (run->family == AF_INET)
        tell_conflict(run, &here, &other, false);
}

CASE(both_families_share_a_datagram_port)
{
    struct drill_sockaddr four = nobody(run);
    struct drill_sockaddr any4 = wildcard(AF_INET, four.port);
    struct drill_sockaddr any6 = wildcard(AF_INET6, four.port);
    struct drill_sockaddr six = loopback(AF_INET6, four.port);
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", four.port);

    tell_conflict(run, &any4, &any6, false);
    tell_conflict(run, &any6, &any4, true);
    tell_conflict(run, &any6, &four, false);
    tell_conflict(run, &four, &any6, true);
    tell_conflict(run, &four, &six, false);
    tell_conflict(run, &four, &mapped, false);
    tell_conflict(run, &mapped, &any6, false);
    tell_conflict(run, &mapped, &any6, true);
}

/* Sends one datagram from a socket of its own and says who of the others got it. */
static void tell_receivers(struct run *run, const char *what, const struct drill_sockaddr *to,
                           const int *fds, size_t count)
{
    int sender = must(run, "socket", run->net->socket(to->family, SOCK_DGRAM, 0));
    char byte;

    must(run, "send", (int)run->net->sendto(sender, "x", 1, 0, to));
    run->net->settle();
    for (size_t i = 0; i < count; i++)
        if (run->net->recvfrom(fds[i], &byte, 1, MSG_DONTWAIT, NULL) == 1)
            say(run, "%s: number %zu", what, i + 1);
    run->net->close(sender);
}

CASE(the_last_to_share_an_address_receives)
{
    struct drill_sockaddr here = nobody(run);
    int fds[3];

    for (int i = 0; i < 3; i++)
        fds[i] = sharer(run, &here, SO_REUSEADDR, false);
    tell_receivers(run, "three", &here, fds, 3);
    tell_receivers(run, "three", &here, fds, 3);
    run->net->close(fds[2]);
    tell_receivers(run, "two", &here, fds, 2);
    run->net->close(fds[1]);
    tell_receivers(run, "one", &here, fds, 1);
}

CASE(a_specific_address_comes_before_the_wildcard)
{
    struct drill_sockaddr here = nobody(run);
    struct drill_sockaddr any = wildcard(run->family, here.port);
    struct drill_sockaddr other = inet4(127, 0, 0, 9, here.port);
    int fds[2];

    fds[0] = sharer(run, &here, SO_REUSEADDR, false);
    fds[1] = sharer(run, &any, SO_REUSEADDR, false);
    tell_receivers(run, "to its address", &here, fds, 2);
    if (run->family == AF_INET)
        tell_receivers(run, "to another address", &other, fds, 2);
    run->net->close(fds[0]);
    tell_receivers(run, "with the wildcard alone", &here, fds + 1, 1);
}

CASE(a_connected_socket_comes_before_an_unconnected)
{
    struct drill_sockaddr here = nobody(run);
    struct drill_sockaddr from;
    int peer = bound_socket(run, SOCK_DGRAM, &from);
    int fds[2];

    fds[0] = sharer(run, &here, SO_REUSEADDR, false);
    must(run, "connect", run->net->connect(fds[0], &from));
    fds[1] = sharer(run, &here, SO_REUSEADDR, false);
    tell_send(run, "the peer sends", peer, "x", &here);
    tell_got(run, "the connected", fds[0]);
    tell_got(run, "the other", fds[1]);
    tell_receivers(run, "from a stranger", &here, fds, 2);
    run->net->close(fds[1]);
    tell_receivers(run, "from a stranger, the connected alone", &here, fds, 1);
}

CASE(a_reuseport_group_gives_one_copy_and_keeps_a_flow_together)
{
    enum { MEMBERS = 4, COUNT = 20 };
    struct drill_sockaddr here = nobody(run);
    struct drill_sockaddr from;
    int peer = bound_socket(run, SOCK_DGRAM, &from);
    int fds[MEMBERS];
    int got = 0;
    int members = 0;
    char byte;

    for (int i = 0; i < MEMBERS; i++)
        fds[i] = sharer(run, &here, SO_REUSEPORT, false);
    for (int i = 0; i < COUNT; i++)
        must(run, "send", (int)run->net->sendto(peer, "x", 1, 0, &here));
    run->net->settle();
    for (int i = 0; i < MEMBERS; i++) {
        int before = got;

        while (run->net->recvfrom(fds[i], &byte, 1, MSG_DONTWAIT, NULL) == 1)
            got++;
        members += got > before;
    }
    say(run, "%d sent, %d received, by %d", COUNT, got, members);
}

CASE(a_dual_stack_socket_receives_both_families)
{
    struct drill_sockaddr six = wildcard(AF_INET6, nobody(run).port);
    struct drill_sockaddr to4 = loopback(AF_INET, six.port);
    struct drill_sockaddr to6 = loopback(AF_INET6, six.port);
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", six.port);
    struct drill_sockaddr from4 = loopback(AF_INET, 0);
    int sender4 = datagram_at(run, &from4);
    int fd = datagram_at(run, &six);

    tell_send(run, "from inet4", sender4, "four", &to4);
    tell_from(run, "recv", fd);
    tell_send(run, "to a mapped address", fd, "itself", &mapped);
    tell_from(run, "recv", fd);
    tell_send(run, "to ::1", fd, "itself", &to6);
    tell_from(run, "recv", fd);
    tell_send(run, "to an inet4 address", fd, "itself", &to4);
    tell_from(run, "recv", fd);
    mapped.port = from4.port;
    tell(run, "connect to a mapped address", run->net->connect(fd, &mapped));
    tell_sockname(run, "sockname", fd);
    tell_peername(run, "peername", fd);
    tell_send(run, "send", fd, "six", NULL);
    tell_from(run, "recv", sender4);
    tell_send(run, "answer", sender4, "four", &to4);
    tell_from(run, "recv", fd);
    tell_send(run, "to ::1 while mapped", fd, "x", &to6);
}

CASE(a_v6only_socket_keeps_inet4_out)
{
    struct drill_sockaddr six = wildcard(AF_INET6, nobody(run).port);
    struct drill_sockaddr four = loopback(AF_INET, six.port);
    struct drill_sockaddr any4 = wildcard(AF_INET, six.port);
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", six.port);
    int fds[2];

    fds[0] = sharer(run, &six, 0, true);
    tell_send(run, "to a mapped address", fds[0], "x", &mapped);
    tell_send(run, "to an inet4 address", fds[0], "x", &four);
    tell(run, "connect to a mapped address", run->net->connect(fds[0], &mapped));
    fds[1] = sharer(run, &any4, 0, false);
    tell_receivers(run, "inet4", &four, fds, 2);
    six = loopback(AF_INET6, six.port);
    tell_receivers(run, "inet6", &six, fds, 2);
}

CASE(an_inet4_socket_comes_before_a_dual_stack_one)
{
    struct drill_sockaddr any6 = wildcard(AF_INET6, nobody(run).port);
    struct drill_sockaddr any4 = wildcard(AF_INET, any6.port);
    struct drill_sockaddr to = loopback(AF_INET, any6.port);
    int fds[2];

    fds[0] = sharer(run, &any4, SO_REUSEADDR, false);
    fds[1] = sharer(run, &any6, SO_REUSEADDR, false);
    tell_receivers(run, "inet4", &to, fds, 2);
    to = loopback(AF_INET6, any6.port);
    tell_receivers(run, "inet6", &to, fds, 2);
}

CASE(a_datagram_socket_binds_to_addresses_of_its_host_only)
{
    struct drill_sockaddr foreign =
        run->family == AF_INET ? inet4(203, 0, 113, 1, 0) : inet6("2001:db8::1", 0);
    struct drill_sockaddr other = loopback(run->family == AF_INET ? AF_INET6 : AF_INET, 0);
    struct drill_sockaddr none = no_address();
    int fd = socket_of(run, SOCK_DGRAM);

    tell(run, "bind to a foreign address", run->net->bind(fd, &foreign));
    tell(run, "bind to the other family", run->net->bind(fd, &other));
    tell_sockname(run, "still", fd);
    tell(run, "bind to no family", run->net->bind(fd, &none));
    if (run->family == AF_INET) {
        other = inet4(127, 200, 1, 1, 0);
        fd = socket_of(run, SOCK_DGRAM);
        tell(run, "bind to 127.200.1.1", run->net->bind(fd, &other));
        tell_sockname(run, "sockname", fd);
    }
}

CASE(broadcast_takes_consent)
{
    struct drill_sockaddr any = wildcard(AF_INET, nobody(run).port);
    struct drill_sockaddr to = inet4(127, 255, 255, 255, any.port);
    struct drill_sockaddr mine = inet4(127, 255, 255, 255, 0);
    int heard = datagram_at(run, &any);
    int fd = socket_of(run, SOCK_DGRAM);

    tell_option(run, "SO_BROADCAST", fd, SOL_SOCKET, SO_BROADCAST);
    tell_send(run, "send", fd, "x", &to);
    tell(run, "connect", run->net->connect(fd, &to));
    set_option(run, fd, SOL_SOCKET, SO_BROADCAST, 1);
    tell_send(run, "send with SO_BROADCAST", fd, "x", &to);
    tell_from(run, "recv", heard);
    tell(run, "connect with SO_BROADCAST", run->net->connect(fd, &to));
    tell_send(run, "send to the peer", fd, "y", NULL);
    tell_from(run, "recv", heard);
    tell_so_error(run, "sender", fd);
    tell(run, "bind to the broadcast address", run->net->bind(socket_of(run, SOCK_DGRAM), &mine));
}

CASE(a_broadcast_goes_to_all_who_share_the_port)
{
    struct drill_sockaddr any = wildcard(AF_INET, nobody(run).port);
    struct drill_sockaddr to = inet4(127, 255, 255, 255, any.port);
    struct drill_sockaddr here = loopback(AF_INET, any.port);
    int sender = socket_of(run, SOCK_DGRAM);
    int fds[4];

    fds[0] = sharer(run, &any, SO_REUSEADDR, false);
    fds[1] = sharer(run, &any, SO_REUSEADDR, false);
    fds[2] = sharer(run, &here, SO_REUSEADDR, false);
    fds[3] = sharer(run, &to, SO_REUSEADDR, false);
    set_option(run, sender, SOL_SOCKET, SO_BROADCAST, 1);
    tell_send(run, "send", sender, "x", &to);
    tell_from(run, "the wildcard", fds[0]);
    tell_from(run, "the other wildcard", fds[1]);
    tell_from(run, "127.0.0.1", fds[2]);
    tell_from(run, "127.255.255.255", fds[3]);
    tell_send(run, "one host", sender, "x", &here);
    tell_got(run, "127.0.0.1", fds[2]);
    tell_got(run, "127.255.255.255", fds[3]);
}

/* As Linux answers with one Ethernet interface at 10.0.0.1/24 and a default route. */
CASE(a_broadcast_to_the_whole_network_comes_home_too)
{
    struct drill_sockaddr any = wildcard(AF_INET, 0);
    int heard = datagram_at(run, &any);
    struct drill_sockaddr to = inet4(255, 255, 255, 255, any.port);
    int fd = socket_of(run, SOCK_DGRAM);

    expect(run, "send = EACCES\n"
                "send with SO_BROADCAST = 1\n"
                "recv = 1 'x' from 10.0.0.1:P1\n");
    tell_send(run, "send", fd, "x", &to);
    set_option(run, fd, SOL_SOCKET, SO_BROADCAST, 1);
    tell_send(run, "send with SO_BROADCAST", fd, "x", &to);
    tell_from(run, "recv", heard);
}
