/*
 * Arguments that make no sense, where Linux answers an errno.  What a program cannot say through
 * the kernel's side of net.h (addresses and arrays that are NULL) runs on the emulator alone,
 * against the errno that accept(2), bind(2), poll(2), recvmsg(2) name.
 */
#include "tests/conformance/local.h"

#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

/* Raw sockets need rights, and other protocols may be modules: neither is asked for. */
static const struct {
    const char *name;
    int family;
    int type;
} kinds[] = {
    {"inet stream", AF_INET, SOCK_STREAM},
    {"inet dgram", AF_INET, SOCK_DGRAM},
    {"inet rdm", AF_INET, SOCK_RDM},
    {"inet seqpacket", AF_INET, SOCK_SEQPACKET},
    {"inet6 stream", AF_INET6, SOCK_STREAM},
    {"inet6 dgram", AF_INET6, SOCK_DGRAM},
    {"inet6 seqpacket", AF_INET6, SOCK_SEQPACKET},
    {"unix stream", AF_UNIX, SOCK_STREAM},
    {"unix dgram", AF_UNIX, SOCK_DGRAM},
    {"unix rdm", AF_UNIX, SOCK_RDM},
    {"unix seqpacket", AF_UNIX, SOCK_SEQPACKET},
};

/* Datagrams of ICMP are for the groups that a sysctl names. */
static bool is_ping(size_t kind, int protocol)
{
    return kinds[kind].type == SOCK_DGRAM && kinds[kind].family != AF_UNIX &&
           (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
}

CASE(which_families_types_and_protocols_go_together)
{
    static const int protocols[] = {-1, 0, 1, 2, 6, 17, 58, 254, 256, 99999};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t n = 0; n < sizeof protocols / sizeof *protocols; n++) {
            char what[64];
            int fd;

            if (is_ping(i, protocols[n]))
                continue;
            fd = run->net->socket(kinds[i].family, kinds[i].type, protocols[n]);
            snprintf(what, sizeof what, "%s of protocol %d", kinds[i].name, protocols[n]);
            tell_fd(run, what, fd);
            run->net->close(fd);
        }
    }
}

CASE(families_and_types_that_are_none)
{
    static const int families[] = {-1, 0, 46, 99, 1000, INT32_MAX, INT32_MIN};
    static const int types[] = {-1, 0, 6, 7, 8, 9, 11, 12, 15, 16, 020 | SOCK_STREAM, 01000000};

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        say(run, "family %d", families[i]);
        tell_fd(run, "stream", run->net->socket(families[i], SOCK_STREAM, 0));
        tell_fd(run, "type 99", run->net->socket(families[i], 99, 0));
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        say(run, "type %d", types[i]);
        tell_fd(run, "inet", run->net->socket(AF_INET, types[i], 0));
        tell_fd(run, "inet6", run->net->socket(AF_INET6, types[i], 0));
        tell_fd(run, "unix", run->net->socket(AF_UNIX, types[i], 0));
        tell_fd(run, "family 0", run->net->socket(0, types[i], 0));
    }
    tell_fd(run, "inet raw of protocol 0", run->net->socket(AF_INET, SOCK_RAW, 0));
    tell_fd(run, "nonblock and cloexec",
            run->net->socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

CASE(pairs_are_of_unix_sockets_only)
{
    int pair[2] = {-1, -1};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        tell(run, kinds[i].name, run->net->socketpair(kinds[i].family, kinds[i].type, 0, pair));
        if (pair[0] >= 0)
            close_pair(run, pair);
        pair[0] = pair[1] = -1;
    }
    tell(run, "family 0", run->net->socketpair(0, SOCK_STREAM, 0, pair));
    tell(run, "family 99", run->net->socketpair(99, SOCK_STREAM, 0, pair));
    tell(run, "no array", run->net->socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));
}

CASE(data_that_is_null)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "send", run->net->sendto(pair[0], NULL, 3, MSG_NOSIGNAL, NULL));
    tell(run, "write", run->net->write(pair[0], NULL, 3));
    tell(run, "send of none", run->net->sendto(pair[0], NULL, 0, MSG_NOSIGNAL, NULL));
    tell(run, "write of none", run->net->write(pair[0], NULL, 0));
    tell(run, "recv without data", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT, NULL));
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell(run, "recv", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT, NULL));
    tell(run, "read", run->net->read(pair[1], NULL, 3));
    tell(run, "peek", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT | MSG_PEEK, NULL));
    tell_recv(run, "recv of what is left", pair[1], 8, 0);
    tell(run, "recv of none", run->net->recvfrom(pair[1], NULL, 0, MSG_DONTWAIT, NULL));
    close_pair(run, pair);
}

CASE(unix_messages_that_are_null)
{
    for (const struct local_type *type = local_types + 1; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        tell(run, "send", run->net->sendto(pair[0], NULL, 3, MSG_NOSIGNAL, NULL));
        tell(run, "send of none", run->net->sendto(pair[0], NULL, 0, MSG_NOSIGNAL, NULL));
        send_text(run, pair[0], "abc");
        tell(run, "recv of none", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT, NULL));
        tell(run, "peek", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT | MSG_PEEK, NULL));
        tell(run, "recv", run->net->recvfrom(pair[1], NULL, 3, MSG_DONTWAIT, NULL));
        tell_recv(run, "recv of what is left", pair[1], 8, 0);
        close_pair(run, pair);
    }
}

CASE(inet_datagrams_that_are_null)
{
    struct drill_sockaddr addr;
    int server = bound_socket(run, SOCK_DGRAM, &addr);
    int client = socket_of(run, SOCK_DGRAM);

    tell(run, "sendto", run->net->sendto(client, NULL, 3, MSG_NOSIGNAL, &addr));
    tell(run, "sendto of none", run->net->sendto(client, NULL, 0, MSG_NOSIGNAL, &addr));
    run->net->settle();
    tell(run, "recv of none", run->net->recvfrom(server, NULL, 3, MSG_DONTWAIT, NULL));
    tell(run, "sendto", run->net->sendto(client, "abc", 3, MSG_NOSIGNAL, &addr));
    run->net->settle();
    tell(run, "recv", run->net->recvfrom(server, NULL, 3, MSG_DONTWAIT, NULL));
    tell_recv(run, "recv of what is left", server, 8, 0);
}

CASE(sizes_that_are_negative_for_a_program)
{
    char data[4] = "abc";
    struct drill_iovec part = {data, SIZE_MAX};
    struct drill_message message = {.parts = &part, .part_count = 1};
    int pair[2];

    connected_pair(run, pair);
    tell(run, "read", run->net->read(pair[1], data, SIZE_MAX));
    tell(run, "write", run->net->write(pair[0], data, SIZE_MAX));
    tell(run, "sendmsg", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL | MSG_DONTWAIT));
    tell(run, "recvmsg", run->net->recvmsg(pair[1], &message, MSG_DONTWAIT));
    part = (struct drill_iovec){NULL, 3};
    tell(run, "sendmsg of NULL", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell(run, "recvmsg of NULL", run->net->recvmsg(pair[1], &message, MSG_DONTWAIT));
    tell_recv(run, "recv of what is left", pair[1], 8, 0);
    close_pair(run, pair);
}

CASE(control_data_that_is_null)
{
    struct drill_iovec part = {"a", 1};
    struct drill_message message = {.parts = &part, .part_count = 1, .control_size = 24};
    int pair[2];

    local_pair(run, SOCK_DGRAM, pair);
    tell(run, "sendmsg", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(options_without_room)
{
    int fd = socket_of(run, SOCK_STREAM);
    size_t size = 4;

    tell(run, "getsockopt", run->net->getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, &size));
    size = 0;
    tell(run, "getsockopt of none", run->net->getsockopt(fd, SOL_SOCKET, SO_TYPE, NULL, &size));
    size = 4;
    tell(run, "getsockopt of an unknown one",
         run->net->getsockopt(fd, SOL_SOCKET, 9999, NULL, &size));
    tell(run, "setsockopt", run->net->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, 4));
    tell(run, "setsockopt of none", run->net->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, 0));
    tell(run, "ioctl FIONREAD", run->net->ioctl_int(fd, FIONREAD, NULL));
    tell(run, "ioctl SIOCOUTQ", run->net->ioctl_int(fd, SIOCOUTQ, NULL));
}

CASE(ioctls_that_are_none)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int fd = socket_of(run, types[i]);
        int value = 7;

        tell(run, "0", run->net->ioctl_int(fd, 0, &value));
        tell(run, "0x12345", run->net->ioctl_int(fd, 0x12345, &value));
        tell(run, "-1", run->net->ioctl_int(fd, -1, &value));
        run->net->close(fd);
    }
}

CASE(addresses_of_strange_families)
{
    static const uint16_t families[] = {AF_UNIX, AF_INET, AF_INET6, 99, 65535};

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct drill_sockaddr addr = {.family = families[i]};
        int stream = socket_of(run, SOCK_STREAM);
        int dgram = socket_of(run, SOCK_DGRAM);

        if (families[i] == run->family)
            continue;
        if (run->family == AF_INET6 && families[i] > AF_INET6)
            break; /* net.h gives them the size of an inet address, which is another error */
        if (families[i] == AF_UNIX) /* long enough to be an address of the others */
            addr.local.size = 40;
        say(run, "family %d", families[i]);
        tell(run, "bind", run->net->bind(stream, &addr));
        tell(run, "connect", run->net->connect(stream, &addr));
        tell(run, "connect dgram", run->net->connect(dgram, &addr));
        tell(run, "sendto", run->net->sendto(dgram, "a", 1, MSG_NOSIGNAL, &addr));
        run->net->close(stream);
        run->net->close(dgram);
    }
}

CASE(a_datagram_to_port_0)
{
    struct drill_sockaddr addr = loopback(run->family, 0);
    int fd = socket_of(run, SOCK_DGRAM);

    tell(run, "sendto", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &addr));
    tell(run, "send unconnected", send_text(run, fd, "a"));
    tell(run, "send unconnected of none", send_text(run, fd, ""));
    tell(run, "write unconnected", run->net->write(fd, "a", 1));
}

CASE(link_local_addresses_need_a_zone)
{
    struct drill_sockaddr addr = inet6("fe80::1", 80);
    int fd = must(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));

    tell(run, "bind", run->net->bind(fd, &addr));
    tell(run, "connect", run->net->connect(fd, &addr));
    addr.zone = 9999;
    tell(run, "bind to a zone of nobody", run->net->bind(fd, &addr));
}

CASE(flags_that_do_not_fit)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int fd = socket_of(run, types[i]);

        tell_recv(run, "recv OOB", fd, 8, MSG_OOB);
        tell_recv(run, "recv ERRQUEUE", fd, 8, MSG_ERRQUEUE);
        tell(run, "send OOB", run->net->sendto(fd, "a", 1, MSG_OOB | MSG_NOSIGNAL, NULL));
        tell(run, "shutdown of 3", run->net->shutdown(fd, 3));
        tell(run, "shutdown of -1", run->net->shutdown(fd, -1));
        tell(run, "shutdown unconnected", run->net->shutdown(fd, SHUT_RDWR));
        tell(run, "accept4 of other flags", run->net->accept4(fd, NULL, 1));
        run->net->close(fd);
    }
}

CASE(backlogs_of_any_size)
{
    static const int backlogs[] = {INT32_MIN, -1, 0, INT32_MAX};
    struct drill_sockaddr addr;

    for (size_t i = 0; i < sizeof backlogs / sizeof *backlogs; i++) {
        int fd = bound_socket(run, SOCK_STREAM, &addr);

        tell(run, "listen", run->net->listen(fd, backlogs[i]));
        tell_option(run, "SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
        run->net->close(fd);
    }
}

CASE(paths_that_cannot_be_unlinked)
{
    static char name[5000];

    memset(name, 'n', sizeof name - 1);
    tell(run, "empty", run->net->unlink(""));
    tell(run, "absent", run->net->unlink("absent"));
    tell(run, "very long", run->net->unlink(name));
    name[300] = '\0';
    tell(run, "long", run->net->unlink(name));
}
