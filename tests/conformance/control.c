/* Control data of datagrams: what the receiver asks for, what the sender says, and what is wrong.
 */
#include "tests/conformance/message.h"

#include <string.h>

#define CONTROL_ROOM 256

static int level_of(const struct run *run)
{
    return run->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

/* The options of a family that ask for control messages, and the messages that say the same. */
static const struct {
    int family;
    int option;
    const char *name;
} asked[] = {
    {AF_INET, IP_PKTINFO, "IP_PKTINFO"},
    {AF_INET, IP_RECVTTL, "IP_RECVTTL"},
    {AF_INET, IP_RECVTOS, "IP_RECVTOS"},
    {AF_INET6, IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO"},
    {AF_INET6, IPV6_RECVHOPLIMIT, "IPV6_RECVHOPLIMIT"},
    {AF_INET6, IPV6_RECVTCLASS, "IPV6_RECVTCLASS"},
};

#define ASKED (sizeof asked / sizeof *asked)

static void ask_for_all(struct run *run, int fd)
{
    for (size_t i = 0; i < ASKED; i++)
        if (asked[i].family == run->family)
            set_option(run, fd, level_of(run), asked[i].option, 1);
}

/* A socket at the wildcard that asks for everything, and where it can be reached. */
static int asker(struct run *run, struct drill_sockaddr *addr)
{
    struct drill_sockaddr any = wildcard(run->family, 0);
    int fd = datagram_at(run, &any);

    ask_for_all(run, fd);
    *addr = loopback(run->family, any.port);
    return fd;
}

CASE(control_data_comes_when_it_is_asked_for)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    for (size_t i = 0; i < ASKED; i++) {
        if (asked[i].family != run->family)
            continue;
        say(run, "%s", asked[i].name);
        tell_option(run, "by default", fds[1], level_of(run), asked[i].option);
        tell_send(run, "send", fds[0], "before", &addrs[1]);
        tell_set(run, "set", fds[1], level_of(run), asked[i].option, 1);
        tell_option(run, "now", fds[1], level_of(run), asked[i].option);
        tell_send(run, "send", fds[0], "after", &addrs[1]);
        tell_message(run, "recvmsg", fds[1], 9, CONTROL_ROOM, 0);
        tell_message(run, "recvmsg", fds[1], 9, CONTROL_ROOM, 0);
        tell_set(run, "unset", fds[1], level_of(run), asked[i].option, 0);
    }
    tell_send(run, "send", fds[0], "x", &addrs[1]);
    tell_message(run, "nothing asked", fds[1], 9, CONTROL_ROOM, 0);
}

CASE(control_messages_come_in_one_order)
{
    struct drill_sockaddr to;
    struct drill_sockaddr from;
    int fd = asker(run, &to);
    int sender = bound_socket(run, SOCK_DGRAM, &from);

    set_option(run, fd, SOL_SOCKET, SO_TIMESTAMP, 1);
    tell_send(run, "send", sender, "x", &to);
    tell_message(run, "peek", fd, 9, CONTROL_ROOM, MSG_PEEK);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    tell_send(run, "an empty datagram", sender, "", &to);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    tell_message(run, "none", fd, 9, CONTROL_ROOM, 0);
}

CASE(timestamps_have_two_units_of_which_one_is_on)
{
    static const int options[] = {SO_TIMESTAMP, SO_TIMESTAMPNS};
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    for (int i = 0; i < 4; i++) {
        tell_set(run, i < 2 ? "on" : "off", fds[1], SOL_SOCKET, options[i % 2], i < 2);
        tell_option(run, "SO_TIMESTAMP", fds[1], SOL_SOCKET, SO_TIMESTAMP);
        tell_option(run, "SO_TIMESTAMPNS", fds[1], SOL_SOCKET, SO_TIMESTAMPNS);
        tell_send(run, "send", fds[0], "x", &addrs[1]);
        tell_message(run, "recvmsg", fds[1], 9, CONTROL_ROOM, 0);
    }
}

CASE(pktinfo_names_the_address_it_came_to)
{
    struct drill_sockaddr to;
    int fd = asker(run, &to);
    struct drill_sockaddr other = inet4(127, 0, 0, 5, to.port);
    int sender = socket_of(run, SOCK_DGRAM);

    tell_send(run, "send", sender, "x", &to);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    if (run->family == AF_INET) {
        tell_send(run, "send to 127.0.0.5", sender, "x", &other);
        tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
        other = inet4(127, 255, 255, 255, to.port);
        set_option(run, sender, SOL_SOCKET, SO_BROADCAST, 1);
        tell_send(run, "broadcast", sender, "x", &other);
        tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    }
}

CASE(a_dual_stack_socket_has_control_data_of_both_families)
{
    struct drill_sockaddr any = wildcard(AF_INET6, 0);
    int fd = datagram_at(run, &any);
    struct drill_sockaddr four = loopback(AF_INET, any.port);
    struct drill_sockaddr six = loopback(AF_INET6, any.port);
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", any.port);
    int sender = socket_of(run, SOCK_DGRAM);

    set_option(run, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set_option(run, fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    set_option(run, fd, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(run, fd, IPPROTO_IP, IP_RECVTTL, 1);
    tell_send(run, "from inet4", sender, "x", &four);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    tell_send(run, "from itself, mapped", fd, "x", &mapped);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    tell_send(run, "from itself", fd, "x", &six);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
}

CASE(too_little_room_for_control_data_cuts_it)
{
    static const size_t rooms[] = {0, 8, 15, 16, 20, 24, 27, 28, 31, 32, 40, 56, 80};
    struct drill_sockaddr to;
    int fd = asker(run, &to);
    int sender = socket_of(run, SOCK_DGRAM);

    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        must(run, "send", (int)run->net->sendto(sender, "x", 1, 0, &to));
        run->net->settle();
        say(run, "room for %zu", rooms[i]);
        tell_message(run, "recvmsg", fd, 9, rooms[i], 0);
    }
}

CASE(options_and_control_data_set_the_ttl_and_the_class)
{
    bool four = run->family == AF_INET;
    int ttl = four ? IP_TTL : IPV6_UNICAST_HOPS;
    int class = four ? IP_TOS : IPV6_TCLASS;
    _Alignas(struct cmsghdr) char control[64];
    struct drill_sockaddr to;
    int fd = asker(run, &to);
    int sender = socket_of(run, SOCK_DGRAM);
    size_t used;

    tell_option(run, "hops by default", sender, level_of(run), ttl);
    tell_option(run, "class by default", sender, level_of(run), class);
    set_option(run, sender, level_of(run), ttl, 17);
    set_option(run, sender, level_of(run), class, 0x20);
    tell_send(run, "by options", sender, "x", &to);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    used = put_control(control, 0, level_of(run), four ? IP_TTL : IPV6_HOPLIMIT, &(int){3}, 4);
    used = put_control(control, used, level_of(run), class, &(int){0x48}, 4);
    tell_send_control(run, "by control data", sender, &to, control, used);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    must(run, "connect", run->net->connect(sender, &to));
    tell_send_control(run, "connected, by control data", sender, NULL, control, used);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
    tell_send(run, "by options again", sender, "x", NULL);
    tell_message(run, "recvmsg", fd, 9, CONTROL_ROOM, 0);
}

CASE(the_ttl_and_the_class_have_bounds)
{
    bool four = run->family == AF_INET;
    int ttl = four ? IP_TTL : IPV6_UNICAST_HOPS;
    int class = four ? IP_TOS : IPV6_TCLASS;
    static const int values[] = {-2, -1, 0, 1, 255, 256};
    int fd = socket_of(run, SOCK_DGRAM);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        _Alignas(struct cmsghdr) char control[32];
        struct drill_sockaddr to = nobody(run);
        size_t used;

        say(run, "%d", values[i]);
        tell_set(run, "hops", fd, level_of(run), ttl, values[i]);
        tell_option(run, "now", fd, level_of(run), ttl);
        tell_set(run, "class", fd, level_of(run), class, values[i]);
        tell_option(run, "now", fd, level_of(run), class);
        used = put_control(control, 0, level_of(run), four ? IP_TTL : IPV6_HOPLIMIT, &values[i], 4);
        tell_send_control(run, "hops as control data", fd, &to, control, used);
        used = put_control(control, 0, level_of(run), class, &values[i], 4);
        tell_send_control(run, "class as control data", fd, &to, control, used);
    }
}

CASE(pktinfo_of_a_sender_chooses_the_source)
{
    struct drill_sockaddr to;
    struct drill_sockaddr here = loopback(AF_INET, 0);
    int fd = datagram_at(run, &here);
    static const struct {
        int interface;
        uint8_t source[4];
    } tries[] = {
        {0, {127, 0, 0, 5}}, {1, {0, 0, 0, 0}},      {1, {127, 0, 0, 7}},
        {99, {0, 0, 0, 0}},  {0, {203, 0, 113, 77}}, {-1, {127, 0, 0, 5}},
    };
    int sender = bound_socket(run, SOCK_DGRAM, &to);

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        _Alignas(struct cmsghdr) char control[64];
        struct in_pktinfo info = {.ipi_ifindex = tries[i].interface};
        size_t used;

        memcpy(&info.ipi_spec_dst, tries[i].source, sizeof tries[i].source);
        used = put_control(control, 0, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        say(run, "interface %d, address %d.%d.%d.%d", tries[i].interface, tries[i].source[0],
            tries[i].source[1], tries[i].source[2], tries[i].source[3]);
        tell_send_control(run, "send", sender, &here, control, used);
        tell_from(run, "recv", fd);
    }
}

CASE(pktinfo_of_an_inet6_sender_chooses_the_source)
{
    struct drill_sockaddr here = loopback(AF_INET6, 0);
    struct drill_sockaddr any = wildcard(AF_INET6, 0);
    int fd = datagram_at(run, &here);
    int sender = datagram_at(run, &any);
    static const struct {
        unsigned interface;
        const char *source;
    } tries[] = {{0, "::1"}, {1, "::"}, {1, "::1"}, {99, "::"}, {0, "2001:db8::77"}};

    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        _Alignas(struct cmsghdr) char control[64];
        struct drill_sockaddr source = inet6(tries[i].source, 0);
        struct in6_pktinfo info = {.ipi6_ifindex = tries[i].interface};
        size_t used;

        memcpy(&info.ipi6_addr, source.inet6, sizeof source.inet6);
        used = put_control(control, 0, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
        say(run, "interface %u, address %s", tries[i].interface, tries[i].source);
        tell_send_control(run, "send", sender, &here, control, used);
        tell_from(run, "recv", fd);
    }
}

struct broken {
    const char *name;
    size_t length; /* of the header; 0: as the data has it */
    int level;     /* 0: the family's */
    int type;      /* 0: that of the hops */
    size_t data_size;
    size_t control_size; /* 0: all */
};

CASE(malformed_control_data_is_invalid)
{
    static const struct broken broken[] = {
        {"no length", 1, 0, 0, 4, 0},
        {"a length beyond the end", 100, 0, 0, 4, 0},
        {"less than a header", 0, 0, 0, 4, 8},
        {"a header alone", 0, 0, 0, 0, 0},
        {"cut data", 0, 0, 0, 4, 18},
        {"two bytes of data", 0, 0, 0, 2, 0},
        {"eight bytes of data", 0, 0, 0, 8, 0},
        {"an unknown type", 0, 0, 999, 4, 0},
        {"an unknown level", 0, 999, 1, 4, 0},
        {"an unknown type of the socket level", 0, SOL_SOCKET, 999, 4, 0},
        {"descriptors", 0, SOL_SOCKET, SCM_RIGHTS, 4, 0},
        {"the level of TCP", 0, IPPROTO_TCP, 1, 4, 0},
    };
    int hops = run->family == AF_INET ? IP_TTL : IPV6_HOPLIMIT;
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct broken *it = &broken[i];
        _Alignas(struct cmsghdr) char control[64];
        static const char data[8] = {5};
        size_t used = put_control(control, 0, it->level ? it->level : level_of(run),
                                  it->type ? it->type : hops, data, it->data_size);

        if (it->length != 0)
            memcpy(control, &it->length, sizeof it->length);
        tell_send_control(run, it->name, fds[0], &addrs[1], control,
                          it->control_size ? it->control_size : used);
    }
    tell_poll(run, "sender", fds[0]);
}
