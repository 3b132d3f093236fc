/* Multicast on the loopback interface, which is number 1: groups, options, who gets a copy. */
#include "tests/conformance/message.h"

#include <string.h>

static const uint8_t group_a[4] = {239, 1, 2, 3};
static const uint8_t group_b[4] = {239, 1, 2, 4};
static const uint8_t lo[4] = {127, 0, 0, 1};

static struct ip_mreq membership(const uint8_t group[4], const uint8_t interface[4])
{
    struct ip_mreq request;

    memcpy(&request.imr_multiaddr, group, sizeof request.imr_multiaddr);
    memcpy(&request.imr_interface, interface, sizeof request.imr_interface);
    return request;
}

static int change(struct run *run, int fd, int option, const uint8_t group[4])
{
    struct ip_mreq request = membership(group, lo);

    return run->net->setsockopt(fd, IPPROTO_IP, option, &request, sizeof request);
}

static void join(struct run *run, int fd, const uint8_t group[4])
{
    must(run, "join", change(run, fd, IP_ADD_MEMBERSHIP, group));
}

static struct drill_sockaddr at_group(const uint8_t group[4], uint16_t port)
{
    return inet4(group[0], group[1], group[2], group[3], port);
}

/* A socket that sends through the loopback interface. */
static int multicaster(struct run *run)
{
    int fd = must(run, "socket", run->net->socket(AF_INET, SOCK_DGRAM, 0));

    must(run, "IP_MULTICAST_IF",
         run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, lo, sizeof lo));
    return fd;
}

/* A socket at an address that it shares. */
static int shared(struct run *run, const struct drill_sockaddr *addr)
{
    int fd = must(run, "socket", run->net->socket(addr->family, SOCK_DGRAM, 0));

    set_option(run, fd, SOL_SOCKET, SO_REUSEADDR, 1);
    must(run, "bind", run->net->bind(fd, addr));
    return fd;
}

CASE(a_group_is_joined_once_and_left_once)
{
    int fd = socket_of(run, SOCK_DGRAM);

    tell(run, "leave what was not joined", change(run, fd, IP_DROP_MEMBERSHIP, group_a));
    tell(run, "join", change(run, fd, IP_ADD_MEMBERSHIP, group_a));
    tell(run, "join again", change(run, fd, IP_ADD_MEMBERSHIP, group_a));
    tell(run, "join another", change(run, fd, IP_ADD_MEMBERSHIP, group_b));
    tell(run, "leave", change(run, fd, IP_DROP_MEMBERSHIP, group_a));
    tell(run, "leave again", change(run, fd, IP_DROP_MEMBERSHIP, group_a));
    tell(run, "join again", change(run, fd, IP_ADD_MEMBERSHIP, group_a));
    tell(run, "join from another socket",
         change(run, socket_of(run, SOCK_DGRAM), IP_ADD_MEMBERSHIP, group_a));
    tell(run, "join from a stream",
         change(run, socket_of(run, SOCK_STREAM), IP_ADD_MEMBERSHIP, group_a));
}

CASE(a_membership_names_a_group_and_an_interface)
{
    static const uint8_t groups[][4] = {
        {224, 0, 0, 1}, {239, 255, 255, 255}, {240, 0, 0, 1}, {10, 0, 0, 1}, {0, 0, 0, 0},
    };
    static const uint8_t nowhere[4] = {203, 0, 113, 7};
    int fd = socket_of(run, SOCK_DGRAM);
    struct ip_mreq request = membership(group_a, nowhere);
    struct ip_mreqn by_index = {.imr_ifindex = 1};

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct drill_sockaddr addr = at_group(groups[i], 0);

        say(run, "%s", address_text(run, &addr));
        tell(run, "join", change(run, fd, IP_ADD_MEMBERSHIP, groups[i]));
        tell(run, "leave", change(run, fd, IP_DROP_MEMBERSHIP, groups[i]));
    }
    tell(run, "an unknown interface address",
         run->net->setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
    tell(run, "half of it", run->net->setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, 4));
    memcpy(&by_index.imr_multiaddr, group_a, sizeof group_a);
    tell(run, "by index",
         run->net->setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_index, sizeof by_index));
    tell(run, "by address as well", change(run, fd, IP_ADD_MEMBERSHIP, group_a));
    tell(run, "left by address", change(run, fd, IP_DROP_MEMBERSHIP, group_a));
    by_index.imr_ifindex = 99;
    tell(run, "an unknown index",
         run->net->setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_index, sizeof by_index));
    tell(run, "an option that is written only",
         run->net->getsockopt_int(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &(int){0}));
}

CASE(the_options_of_a_multicast_sender)
{
    static const struct {
        const char *name;
        int option;
    } options[] = {
        {"TTL", IP_MULTICAST_TTL},
        {"LOOP", IP_MULTICAST_LOOP},
        {"ALL", IP_MULTICAST_ALL},
    };
    static const int values[] = {-2, -1, 0, 1, 2, 255, 256};
    int fd = socket_of(run, SOCK_DGRAM);

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        say(run, "%s", options[i].name);
        tell_option(run, "by default", fd, IPPROTO_IP, options[i].option);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            say(run, "set %d", values[k]);
            tell_set(run, "set", fd, IPPROTO_IP, options[i].option, values[k]);
            tell_option(run, "now", fd, IPPROTO_IP, options[i].option);
        }
    }
    tell_set(run, "TTL of a stream", socket_of(run, SOCK_STREAM), IPPROTO_IP, IP_MULTICAST_TTL, 2);
    tell(run, "LOOP as one byte", run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, "", 1));
    tell_option(run, "now", fd, IPPROTO_IP, IP_MULTICAST_LOOP);
}

static void tell_interface(struct run *run, const char *what, int fd)
{
    uint8_t bytes[4] = {9, 9, 9, 9};
    size_t size = sizeof bytes;
    struct drill_sockaddr addr;

    must(run, "getsockopt", run->net->getsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, bytes, &size));
    addr = at_group(bytes, 0);
    say(run, "%s %s, %zu bytes", what, address_text(run, &addr), size);
}

CASE(the_interface_of_a_multicast_sender)
{
    static const uint8_t nowhere[4] = {203, 0, 113, 7};
    static const uint8_t any[4] = {0, 0, 0, 0};
    struct ip_mreqn by_index = {.imr_ifindex = 1};
    int fd = socket_of(run, SOCK_DGRAM);

    tell_interface(run, "by default", fd);
    tell(run, "by address", run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, lo, 4));
    tell_interface(run, "now", fd);
    tell(run, "nowhere", run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, nowhere, 4));
    tell_interface(run, "still", fd);
    tell(run, "none", run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, any, 4));
    tell_interface(run, "now", fd);
    tell(run, "by index",
         run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by_index, sizeof by_index));
    tell_interface(run, "now", fd);
    by_index.imr_ifindex = 99;
    tell(run, "an unknown index",
         run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by_index, sizeof by_index));
    tell(run, "two bytes", run->net->setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, lo, 2));
}

CASE(every_member_gets_a_copy)
{
    struct drill_sockaddr any = wildcard(AF_INET, nobody(run).port);
    struct drill_sockaddr here = loopback(AF_INET, any.port);
    struct drill_sockaddr group = at_group(group_a, any.port);
    struct drill_sockaddr other = at_group(group_b, any.port);
    int sender = multicaster(run);
    int a = shared(run, &any);
    int b = shared(run, &any);
    int specific = shared(run, &here);

    join(run, a, group_a);
    join(run, b, group_a);
    join(run, specific, group_a);
    tell_send(run, "send", sender, "to all", &group);
    tell_from(run, "a", a);
    tell_from(run, "b", b);
    tell_from(run, "the one at 127.0.0.1", specific);
    tell_send(run, "to a group that nobody joined", sender, "x", &other);
    tell_got(run, "a", a);
    tell_got(run, "b", b);
    run->net->close(specific);
    tell_send(run, "to one host", sender, "to one", &here);
    tell_got(run, "a", a);
    tell_got(run, "b", b);
}

CASE(who_did_not_join_hears_what_the_host_joined)
{
    struct drill_sockaddr any = wildcard(AF_INET, nobody(run).port);
    struct drill_sockaddr group = at_group(group_a, any.port);
    int sender = multicaster(run);
    int member = shared(run, &any);
    int other = shared(run, &any);

    join(run, member, group_a);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "member", member);
    tell_got(run, "other", other);
    set_option(run, other, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "member", member);
    tell_got(run, "other without ALL", other);
    must(run, "leave", change(run, member, IP_DROP_MEMBERSHIP, group_a));
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "who left", member);
    join(run, other, group_b);
    join(run, other, group_a);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "who left", member);
    tell_got(run, "who joined", other);
    run->net->close(other);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "who left, with no member", member);
}

CASE(a_socket_at_a_group_hears_that_group_only)
{
    struct drill_sockaddr group = at_group(group_a, nobody(run).port);
    struct drill_sockaddr other = at_group(group_b, group.port);
    struct drill_sockaddr here = loopback(AF_INET, group.port);
    int sender = multicaster(run);
    int fd = shared(run, &group);

    tell_sockname(run, "sockname", fd);
    tell_send(run, "before the join", sender, "early", &group);
    tell_got(run, "recv", fd);
    join(run, fd, group_a);
    join(run, fd, group_b);
    tell_send(run, "send", sender, "group", &group);
    tell_send(run, "to another group", sender, "other", &other);
    tell_send(run, "to the host", sender, "host", &here);
    tell_got(run, "recv", fd);
    tell_got(run, "recv", fd);
}

CASE(the_loopback_interface_loops_without_loop_and_ttl)
{
    struct drill_sockaddr any = wildcard(AF_INET, 0);
    struct drill_sockaddr group;
    int fd = datagram_at(run, &any);
    int sender = multicaster(run);

    group = at_group(group_a, any.port);
    join(run, fd, group_a);
    set_option(run, fd, IPPROTO_IP, IP_RECVTTL, 1);
    set_option(run, fd, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(run, sender, IPPROTO_IP, IP_TTL, 77);
    tell_send(run, "send", sender, "x", &group);
    tell_message(run, "recvmsg", fd, 9, 256, 0);
    set_option(run, sender, IPPROTO_IP, IP_MULTICAST_TTL, 5);
    tell_send(run, "send", sender, "x", &group);
    tell_message(run, "with TTL 5", fd, 9, 256, 0);
    set_option(run, sender, IPPROTO_IP, IP_MULTICAST_TTL, 0);
    tell_send(run, "send", sender, "x", &group);
    tell_message(run, "with TTL 0", fd, 9, 256, 0);
    set_option(run, sender, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    tell_send(run, "send", sender, "x", &group);
    tell_message(run, "without LOOP", fd, 9, 256, 0);
}

CASE(a_multicast_peer_never_refuses)
{
    struct drill_sockaddr group = at_group(group_a, nobody(run).port);
    struct drill_sockaddr any = wildcard(AF_INET, group.port);
    int fd = multicaster(run);
    int member;

    tell(run, "connect", run->net->connect(fd, &group));
    tell_sockname(run, "sockname", fd);
    tell_peername(run, "peername", fd);
    tell_send(run, "send", fd, "x", NULL);
    tell_so_error(run, "nobody there", fd);
    member = shared(run, &any);
    join(run, member, group_a);
    tell_send(run, "send", fd, "x", NULL);
    tell_from(run, "member", member);
    tell(run, "a stream to the group", run->net->connect(socket_of(run, SOCK_STREAM), &group));
}

/* As Linux answers with one Ethernet interface at 10.0.0.1/24 and a default route. */
CASE(multicast_without_an_interface_goes_by_the_default_route)
{
    struct drill_sockaddr any = wildcard(AF_INET, 0);
    int fd = datagram_at(run, &any);
    struct drill_sockaddr group = at_group(group_a, any.port);
    struct ip_mreq request = membership(group_a, any.inet4);
    int sender = socket_of(run, SOCK_DGRAM);

    expect(run, "send = 1\nrecv = 1 'x' from 10.0.0.1:P1\n"
                "send = 1\nwith TTL 0 = 1 'x'\n"
                "send = 1\nwithout LOOP = EAGAIN\n");
    must(run, "join",
         run->net->setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
    tell_send(run, "send", sender, "x", &group);
    tell_from(run, "recv", fd);
    set_option(run, sender, IPPROTO_IP, IP_MULTICAST_TTL, 0);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "with TTL 0", fd);
    set_option(run, sender, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
    tell_send(run, "send", sender, "x", &group);
    tell_got(run, "without LOOP", fd);
}

static struct ipv6_mreq membership6(const char *group, unsigned interface)
{
    struct drill_sockaddr addr = inet6(group, 0);
    struct ipv6_mreq request = {.ipv6mr_interface = interface};

    memcpy(&request.ipv6mr_multiaddr, addr.inet6, sizeof addr.inet6);
    return request;
}

CASE(an_inet6_group_is_joined_once_and_left_once)
{
    static const char *const groups[] = {"ff01::1234", "ff02::1234",      "ff05::1234",
                                         "ff0e::1234", "fe80::1",         "::1",
                                         "::",         "::ffff:239.1.2.3"};
    int fd = must(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));
    struct ipv6_mreq request = membership6("ff02::1234", 99);

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct ipv6_mreq it = membership6(groups[i], 1);

        say(run, "%s", groups[i]);
        for (int k = 0; k < 2; k++)
            tell(run, "join",
                 run->net->setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &it, sizeof it));
        for (int k = 0; k < 2; k++)
            tell(run, "leave",
                 run->net->setsockopt(fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &it, sizeof it));
    }
    tell(run, "an unknown interface",
         run->net->setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request));
    tell(run, "half of it", run->net->setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, 8));
}

CASE(the_options_of_an_inet6_multicast_sender)
{
    static const struct {
        const char *name;
        int option;
    } options[] = {
        {"HOPS", IPV6_MULTICAST_HOPS},
        {"LOOP", IPV6_MULTICAST_LOOP},
        {"IF", IPV6_MULTICAST_IF},
        {"ALL", IPV6_MULTICAST_ALL},
    };
    static const int values[] = {-2, -1, 0, 1, 2, 255, 256};
    int fd = must(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        say(run, "%s", options[i].name);
        tell_option(run, "by default", fd, IPPROTO_IPV6, options[i].option);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            if (options[i].option == IPV6_MULTICAST_IF && values[k] == 2)
                continue;
            say(run, "set %d", values[k]);
            tell_set(run, "set", fd, IPPROTO_IPV6, options[i].option, values[k]);
            tell_option(run, "now", fd, IPPROTO_IPV6, options[i].option);
        }
    }
}

/* Linux gives the loopback interface no route for ff00::/8. */
CASE(inet6_multicast_has_no_route_on_the_loopback_interface)
{
    static const char *const groups[] = {"ff01::1234", "ff02::1234", "ff05::1234"};
    struct drill_sockaddr any = wildcard(AF_INET6, 0);
    int fd = datagram_at(run, &any);
    int sender = must(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));

    set_option(run, sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, 1);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct ipv6_mreq request = membership6(groups[i], 1);
        struct drill_sockaddr to = inet6(groups[i], any.port);

        must(run, "join",
             run->net->setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request));
        tell_send(run, "send", sender, "x", &to);
        to.zone = 1;
        tell_send(run, "send with a zone", sender, "x", &to);
        tell_got(run, "recv", fd);
    }
}
