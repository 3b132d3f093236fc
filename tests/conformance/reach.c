/* Whom connect(2) reaches: by the wildcard, by ports, and across the families. */
#include "tests/conformance/harness.h"

static const struct drill_sockaddr nobody = {.family = AF_UNSPEC};

CASE(connect_to_the_wildcard_goes_to_loopback)
{
    struct drill_sockaddr addr;
    int fd = socket_of(run, SOCK_STREAM);

    listener(run, 4, &addr);
    addr = wildcard(run->family, addr.port);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
}

CASE(connect_to_a_wildcard_listener_by_any_address)
{
    struct drill_sockaddr any = wildcard(run->family, 0);
    struct drill_sockaddr addr;
    int fd = socket_of(run, SOCK_STREAM);
    int client;

    must(run, "bind", run->net->bind(fd, &any));
    must(run, "listen", run->net->listen(fd, 4));
    must(run, "getsockname", run->net->getsockname(fd, &any));
    addr = loopback(run->family, any.port);
    client = connected_to(run, &addr);
    tell_peername(run, "peer", client);
    run->net->settle();
    tell_sockname(run, "accepted", run->net->accept(fd, NULL));
    tell_sockname(run, "listener", fd);
}

CASE(connect_to_port_0_is_refused)
{
    struct drill_sockaddr addr = loopback(run->family, 0);

    tell(run, "stream", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
    tell(run, "datagram", run->net->connect(socket_of(run, SOCK_DGRAM), &addr));
}

CASE(connect_to_a_datagram_port_is_refused)
{
    struct drill_sockaddr addr;

    bound_socket(run, SOCK_DGRAM, &addr);
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
}

CASE(connect_to_broadcast_or_multicast_has_no_route)
{
    struct drill_sockaddr broadcast = inet4(255, 255, 255, 255, 9);
    struct drill_sockaddr own_broadcast = inet4(127, 255, 255, 255, 9);
    int fd = run->net->socket(AF_INET, SOCK_STREAM, 0);

    tell(run, "broadcast", run->net->connect(fd, &broadcast));
    tell(run, "of loopback", run->net->connect(fd, &own_broadcast));
}

CASE(connect_with_the_wrong_family)
{
    struct drill_sockaddr four = loopback(AF_INET, 9);
    struct drill_sockaddr six = loopback(AF_INET6, 9);
    struct drill_sockaddr local = unix_name("name");

    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        tell(run, "inet to inet6", run->net->connect(run->net->socket(AF_INET, type, 0), &six));
        tell(run, "inet to unix", run->net->connect(run->net->socket(AF_INET, type, 0), &local));
        tell(run, "inet6 to unix", run->net->connect(run->net->socket(AF_INET6, type, 0), &local));
    }
    tell(run, "inet6 stream to inet",
         run->net->connect(run->net->socket(AF_INET6, SOCK_STREAM, 0), &four));
}

CASE(an_inet6_socket_connects_to_a_mapped_address)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr mapped;
    struct drill_sockaddr peer = nobody;
    int listening = listener(run, 4, &addr);
    int fd = run->net->socket(AF_INET6, SOCK_STREAM, 0);

    mapped = inet6("::ffff:127.0.0.1", addr.port);
    tell(run, "connect", run->net->connect(fd, &mapped));
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    run->net->settle();
    run->net->accept(listening, &peer);
    say(run, "accepted from %s", address_text(run, &peer));
}

CASE(a_v6only_socket_does_not_connect_to_a_mapped_address)
{
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", 9);
    int fd = run->net->socket(AF_INET6, SOCK_STREAM, 0);

    run->net->setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    tell(run, "connect", run->net->connect(fd, &mapped));
}

CASE(a_dual_stack_listener_sees_inet_peers_as_mapped)
{
    struct drill_sockaddr addr = wildcard(AF_INET6, 0);
    struct drill_sockaddr peer = nobody;
    int listening = run->net->socket(AF_INET6, SOCK_STREAM, 0);
    int fd = run->net->socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    must(run, "bind", run->net->bind(listening, &addr));
    must(run, "listen", run->net->listen(listening, 4));
    must(run, "getsockname", run->net->getsockname(listening, &addr));
    addr = loopback(AF_INET, addr.port);
    tell(run, "connect", run->net->connect(fd, &addr));
    run->net->set_nonblock(listening, true);
    run->net->settle();
    accepted = tell_fd(run, "accept", run->net->accept(listening, &peer));
    say(run, "from %s", address_text(run, &peer));
    tell_sockname(run, "accepted", accepted);
    tell_peername(run, "its peer", accepted);
}

CASE(a_v6only_listener_refuses_inet)
{
    struct drill_sockaddr addr = wildcard(AF_INET6, 0);
    int listening = run->net->socket(AF_INET6, SOCK_STREAM, 0);

    run->net->setsockopt_int(listening, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    must(run, "bind", run->net->bind(listening, &addr));
    must(run, "listen", run->net->listen(listening, 4));
    must(run, "getsockname", run->net->getsockname(listening, &addr));
    addr = loopback(AF_INET, addr.port);
    tell(run, "inet", run->net->connect(run->net->socket(AF_INET, SOCK_STREAM, 0), &addr));
    addr = loopback(AF_INET6, addr.port);
    tell(run, "inet6", run->net->connect(run->net->socket(AF_INET6, SOCK_STREAM, 0), &addr));
}
