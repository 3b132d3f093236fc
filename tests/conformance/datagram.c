/* Datagrams one by one: their boundaries, their sizes, and the calls that send and take them. */
#include "tests/conformance/message.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

CASE(datagrams_keep_their_boundaries_and_order)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    tell_send(run, "send", fds[0], "a", &addrs[1]);
    tell_send(run, "send", fds[0], "bcd", &addrs[1]);
    tell_send(run, "send", fds[0], "", &addrs[1]);
    tell_send(run, "send", fds[0], "ef", &addrs[1]);
    for (int i = 0; i < 5; i++) {
        tell_ioctl(run, "FIONREAD", fds[1], FIONREAD);
        tell_from(run, "recv", fds[1]);
    }
}

CASE(a_datagram_that_does_not_fit_is_cut)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    for (int i = 0; i < 5; i++)
        tell_send(run, "send", fds[0], "abcdef", &addrs[1]);
    tell_send(run, "send", fds[0], "next", &addrs[1]);
    tell_message(run, "recvmsg", fds[1], 2, 0, 0);
    tell_message(run, "recvmsg with TRUNC", fds[1], 2, 0, MSG_TRUNC);
    tell_message(run, "recvmsg that just fits", fds[1], 6, 0, 0);
    tell_recv(run, "recv", fds[1], 3, 0);
    tell(run, "recv with TRUNC", run->net->recvfrom(fds[1], NULL, 0, MSG_TRUNC, NULL));
    tell_got(run, "recv", fds[1]);
}

CASE(a_peek_leaves_the_datagram)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    tell_message(run, "peek at nothing", fds[1], 9, 0, MSG_PEEK);
    tell_send(run, "send", fds[0], "abcdef", &addrs[1]);
    tell_send(run, "send", fds[0], "gh", &addrs[1]);
    tell_message(run, "peek", fds[1], 9, 0, MSG_PEEK);
    tell_message(run, "peek at two", fds[1], 2, 0, MSG_PEEK);
    tell_message(run, "peek at none with TRUNC", fds[1], 0, 0, MSG_PEEK | MSG_TRUNC);
    tell_ioctl(run, "FIONREAD", fds[1], FIONREAD);
    tell_poll(run, "peeked", fds[1]);
    tell_got(run, "recv", fds[1]);
    tell_got(run, "recv", fds[1]);
    tell_got(run, "recv", fds[1]);
}

CASE(a_datagram_may_be_empty)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    tell_poll(run, "before", fds[1]);
    tell_send(run, "send", fds[0], "", &addrs[1]);
    tell_poll(run, "an empty one there", fds[1]);
    tell_ioctl(run, "FIONREAD", fds[1], FIONREAD);
    tell_message(run, "peek", fds[1], 9, 0, MSG_PEEK);
    tell_message(run, "recvmsg", fds[1], 9, 0, 0);
    tell_poll(run, "after", fds[1]);
    tell_message(run, "recvmsg", fds[1], 9, 0, 0);
    must(run, "connect", run->net->connect(fds[0], &addrs[1]));
    tell(run, "send", run->net->sendto(fds[0], NULL, 0, 0, NULL));
    tell(run, "write", run->net->write(fds[0], "", 0));
    run->net->settle();
    tell_from(run, "recv", fds[1]);
    tell_from(run, "recv", fds[1]);
    tell_from(run, "recv", fds[1]);
}

CASE(receiving_into_nothing_takes_a_datagram_but_reading_does_not)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    char byte;

    datagram_two(run, fds, addrs);
    tell(run, "recv of nothing", run->net->recvfrom(fds[1], &byte, 0, MSG_DONTWAIT, NULL));
    tell(run, "read of nothing", run->net->read(fds[1], &byte, 0));
    tell_send(run, "send", fds[0], "abc", &addrs[1]);
    tell_send(run, "send", fds[0], "de", &addrs[1]);
    tell(run, "read", run->net->read(fds[1], &byte, 0));
    tell_message(run, "recvmsg", fds[1], 0, 0, 0);
    tell(run, "recv", run->net->recvfrom(fds[1], &byte, 0, MSG_DONTWAIT, NULL));
    tell_got(run, "recv", fds[1]);
}

CASE(a_datagram_is_gathered_and_scattered)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    char out[] = "abcdefgh";
    char in[8] = "........";
    struct drill_iovec parts[] = {{out, 3}, {NULL, 0}, {out + 3, 1}, {out + 4, 4}};
    struct drill_iovec places[] = {{in, 1}, {in + 2, 0}, {in + 3, 3}};
    struct drill_message sent = {.address = &addrs[1], .parts = parts, .part_count = 4};
    struct drill_message got = {.parts = places, .part_count = 3};

    datagram_two(run, fds, addrs);
    tell(run, "sendmsg", run->net->sendmsg_n(fds[0], &sent, 0));
    tell(run, "sendmsg", run->net->sendmsg_n(fds[0], &sent, 0));
    sent.part_count = 0;
    tell(run, "sendmsg of no parts", run->net->sendmsg_n(fds[0], &sent, 0));
    run->net->settle();
    tell(run, "recvmsg", run->net->recvmsg(fds[1], &got, MSG_DONTWAIT));
    say(run, "'%s', cut %d", data_text(run, in, sizeof in), (got.flags & MSG_TRUNC) != 0);
    got.part_count = 0;
    tell(run, "recvmsg of no parts", run->net->recvmsg(fds[1], &got, MSG_DONTWAIT));
    say(run, "cut %d", (got.flags & MSG_TRUNC) != 0);
    tell_got(run, "recv", fds[1]);
    tell_got(run, "recv", fds[1]);
}

CASE(a_datagram_has_a_largest_size)
{
    static char data[70000];
    static const size_t sizes[] = {65506, 65507, 65508, 65527, 65528, 65535, 65536, 70000};
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        long got;

        for (size_t k = 0; k < sizeof data; k++)
            data[k] = (char)(k * 7 + i);
        say(run, "%zu", sizes[i]);
        tell(run, "send", run->net->sendto(fds[0], data, sizes[i], 0, &addrs[1]));
        run->net->settle();
        memset(data, 0, sizeof data);
        got = run->net->recvfrom(fds[1], data, sizeof data, MSG_DONTWAIT, NULL);
        tell(run, "recv", got);
        if (got > 0)
            say(run, "digest %llx", (unsigned long long)digest(data, (size_t)got, 0));
        tell_poll(run, "sender", fds[0]);
    }
}

CASE(a_datagram_needs_a_destination)
{
    int fd = socket_of(run, SOCK_DGRAM);
    struct drill_sockaddr no_port = loopback(run->family, 0);
    struct drill_sockaddr other = loopback(run->family == AF_INET ? AF_INET6 : AF_INET, 9);
    struct drill_sockaddr local = unix_name("a name that is as long as an address");
    struct drill_sockaddr none = no_address();
    struct drill_sockaddr strange = {.family = 77};

    tell_sockname(run, "fresh", fd);
    tell_send(run, "send to nobody", fd, "x", NULL);
    tell_send(run, "send to port 0", fd, "x", &no_port);
    tell_send(run, "send to a Unix name", fd, "x", &local);
    tell_send(run, "send to an unknown family", fd, "x", &strange);
    tell_send(run, "send to no family and port 0", fd, "x", &none);
    if (run->family == AF_INET)
        tell_send(run, "send to the other family", fd, "x", &other);
    tell(run, "connect to the other family", run->net->connect(fd, &other));
    tell(run, "connect to a Unix name", run->net->connect(fd, &local));
    tell(run, "connect to an unknown family", run->net->connect(fd, &strange));
    tell(run, "write", run->net->write(fd, "x", 1));
    tell_peername(run, "peername", fd);
}

CASE(a_destination_without_a_family_is_the_peer_or_inet4)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct drill_sockaddr to;

    datagram_two(run, fds, addrs);
    to = addrs[1];
    to.family = AF_UNSPEC;
    tell_send(run, "not connected", fds[0], "x", &to);
    tell_from(run, "recv", fds[1]);
    tell(run, "connect", run->net->connect(fds[0], &addrs[1]));
    tell_send(run, "connected", fds[0], "y", &to);
    tell_from(run, "recv", fds[1]);
}

CASE(a_datagram_to_the_wildcard_goes_to_the_loopback)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct drill_sockaddr any;

    datagram_two(run, fds, addrs);
    any = wildcard(run->family, addrs[1].port);
    tell_send(run, "send", fds[0], "x", &any);
    tell_from(run, "recv", fds[1]);
    tell(run, "connect", run->net->connect(fds[0], &any));
    tell_peername(run, "peername", fds[0]);
    tell_send(run, "send", fds[0], "y", NULL);
    tell_from(run, "recv", fds[1]);
}

CASE(the_first_send_binds_a_port)
{
    struct drill_sockaddr to;
    struct drill_sockaddr got;
    int receiver = bound_socket(run, SOCK_DGRAM, &to);
    int fd = socket_of(run, SOCK_DGRAM);

    tell_sockname(run, "fresh", fd);
    tell_send(run, "send", fd, "x", &to);
    must(run, "getsockname", run->net->getsockname(fd, &got));
    say(run, "has a port %d, is at the wildcard %d", got.port != 0,
        memcmp(got.inet6, wildcard(run->family, 0).inet6, run->family == AF_INET ? 4 : 16) == 0);
    tell_from(run, "recv", receiver);
    tell_sockname(run, "sender", fd);
    tell(run, "bind now", run->net->bind(fd, &got));
}

/* True if all was sent; an error is said. */
static bool must_send(struct run *run, int fd, const void *data, size_t size,
                      const struct drill_sockaddr *to)
{
    return must(run, "send", (int)run->net->sendto(fd, data, size, MSG_DONTWAIT, to)) == (int)size;
}

CASE(a_full_queue_drops_the_newest)
{
    enum { COUNT = 100 };
    int fds[2];
    struct drill_sockaddr addrs[2];
    unsigned char data[500] = {0};
    int sent = 0;
    int got = 0;
    bool in_order = true;

    datagram_two(run, fds, addrs);
    set_option(run, fds[1], SOL_SOCKET, SO_RCVBUF, 10000);
    for (unsigned char i = 0; i < COUNT; i++) {
        data[0] = i;
        sent += must_send(run, fds[0], data, sizeof data, &addrs[1]);
    }
    run->net->settle();
    while (run->net->recvfrom(fds[1], data, sizeof data, MSG_DONTWAIT, NULL) == sizeof data)
        in_order &= data[0] == got++;
    say(run, "all sent %d, some came %d, some were lost %d, in order and the first %d",
        sent == COUNT, got > 0, got < COUNT, in_order);
    tell_poll(run, "receiver", fds[1]);
    tell_so_error(run, "receiver", fds[1]);
    tell_send(run, "send", fds[0], "there is room again", &addrs[1]);
    tell_got(run, "recv", fds[1]);
}

CASE(a_send_buffer_does_not_bound_what_is_on_the_loopback)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    char data[1000] = {0};
    int sent = 0;

    datagram_two(run, fds, addrs);
    set_option(run, fds[0], SOL_SOCKET, SO_SNDBUF, 1);
    for (int i = 0; i < 50; i++)
        sent += must_send(run, fds[0], data, sizeof data, &addrs[1]);
    tell(run, "sent", sent);
    tell_ioctl(run, "SIOCOUTQ", fds[0], SIOCOUTQ);
    tell_poll(run, "sender", fds[0]);
}

CASE(ioctl_asks_for_the_next_datagram)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    tell_ioctl(run, "FIONREAD of none", fds[1], FIONREAD);
    tell_ioctl(run, "SIOCOUTQ", fds[0], SIOCOUTQ);
    tell_send(run, "send", fds[0], "abc", &addrs[1]);
    tell_send(run, "send", fds[0], "abcdefg", &addrs[1]);
    tell_ioctl(run, "FIONREAD", fds[1], FIONREAD);
    tell_ioctl(run, "SIOCOUTQ", fds[0], SIOCOUTQ);
    tell_got(run, "recv", fds[1]);
    tell_ioctl(run, "FIONREAD", fds[1], FIONREAD);
    tell_ioctl(run, "SIOCATMARK", fds[1], SIOCATMARK);
    tell_ioctl(run, "an unknown request", fds[1], 0x5499);
}

CASE(datagram_sockets_do_not_listen)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_DGRAM, &addr);

    tell(run, "listen", run->net->listen(fd, 1));
    tell(run, "accept", run->net->accept(fd, NULL));
    tell(run, "bind again", run->net->bind(fd, &addr));
    tell(run, "send OOB", run->net->sendto(fd, "x", 1, MSG_OOB, &addr));
    tell_recv(run, "recv OOB", fd, 9, MSG_OOB);
    tell_option(run, "SO_TYPE", fd, SOL_SOCKET, SO_TYPE);
    tell_option(run, "SO_PROTOCOL", fd, SOL_SOCKET, SO_PROTOCOL);
    tell_option(run, "SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
    tell_option(run, "SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
}

CASE(datagram_sockets_have_one_protocol)
{
    static const int protocols[] = {0, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP, 253, 255, 256, -1};

    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (protocols[i] != IPPROTO_ICMP || run->family == AF_INET6) {
            say(run, "protocol %d", protocols[i]);
            tell_fd(run, "socket", run->net->socket(run->family, SOCK_DGRAM, protocols[i]));
        }
}

struct sender {
    const struct net *net;
    int fd;
    struct drill_sockaddr to;
    long result; /* -ENOMEM until it ran */
};

static void send_later(void *argument)
{
    struct sender *self = argument;

    self->net->sleep(3 * DRILL_MS);
    self->result = self->net->sendto(self->fd, "late", 4, 0, &self->to);
}

CASE(a_datagram_wakes_who_receives)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct sender sender;
    char data[8];
    long got;

    datagram_two(run, fds, addrs);
    sender = (struct sender){run->net, fds[0], addrs[1], -ENOMEM};
    run->net->spawn(send_later, &sender);
    got = run->net->recvfrom(fds[1], data, sizeof data, 0, NULL);
    run->net->join_all();
    tell(run, "send", sender.result);
    tell_data(run, "recv", got, data);
}

CASE(a_datagram_wakes_who_polls)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct sender sender;
    struct drill_pollfd item = {.events = POLLIN};
    int ready;

    datagram_two(run, fds, addrs);
    sender = (struct sender){run->net, fds[0], addrs[1], -ENOMEM};
    item.fd = fds[1];
    run->net->spawn(send_later, &sender);
    ready = run->net->poll(&item, 1, DRILL_NEVER);
    run->net->join_all();
    tell(run, "send", sender.result);
    tell(run, "poll", ready);
    say(run, "%s", poll_text(run, item.revents));
    tell_got(run, "recv", fds[1]);
}
