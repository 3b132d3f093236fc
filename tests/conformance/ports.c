/* Which ports a socket gets, and which it may share with others. */
#include "tests/conformance/harness.h"

/* Who of the two sets an option before it binds. */
enum who {
    NOBODY = 0,
    FIRST = 1,
    SECOND = 2,
    EACH = FIRST | SECOND,
};

static const char *const who_names[] = {"nobody", "first", "second", "each"};

struct conflict {
    int type;
    int option; /* of SOL_SOCKET */
    bool listening;
};

static int bound_to(struct run *run, int type, const struct drill_sockaddr *addr, int option,
                    bool set, int *result)
{
    int fd = must(run, "socket", run->net->socket(addr->family, type, 0));

    if (set)
        must(run, "setsockopt", run->net->setsockopt_int(fd, SOL_SOCKET, option, 1));
    *result = run->net->bind(fd, addr);
    return fd;
}

/* Binds two sockets to one port, in this order, and says how the second fared.  The port is not
 * said: one that was given back may be given again. */
static void tell_conflict(struct run *run, const struct conflict *conflict,
                          struct drill_sockaddr first, struct drill_sockaddr second, enum who who)
{
    int result;
    int a = bound_to(run, conflict->type, &first, conflict->option, who & FIRST, &result);
    int b;

    must(run, "first bind", result);
    if (conflict->listening)
        must(run, "first listen", run->net->listen(a, 1));
    run->net->getsockname(a, &first);
    second.port = first.port;
    b = bound_to(run, conflict->type, &second, conflict->option, who & SECOND, &result);
    first.port = second.port = 0;
    say(run, "%s then %s, %s: %s", address_text(run, &first), address_text(run, &second),
        who_names[who], result < 0 ? error_name(-result) : "ok");
    if (result == 0 && conflict->type == SOCK_STREAM)
        tell(run, "  second listen", run->net->listen(b, 1));
    run->net->close(a);
    run->net->close(b);
}

static void tell_conflicts(struct run *run, const struct conflict *conflict)
{
    const struct drill_sockaddr any = wildcard(run->family, 0);
    const struct drill_sockaddr one = loopback(run->family, 0);

    for (enum who who = NOBODY; who <= EACH; who++) {
        tell_conflict(run, conflict, one, one, who);
        tell_conflict(run, conflict, any, any, who);
        tell_conflict(run, conflict, any, one, who);
        tell_conflict(run, conflict, one, any, who);
    }
    if (run->family == AF_INET)
        tell_conflict(run, conflict, one, inet4(127, 0, 0, 2, 0), NOBODY);
}

CASE(two_bound_streams_share_a_port_if_each_says_reuseaddr)
{
    tell_conflicts(run, &(struct conflict){SOCK_STREAM, SO_REUSEADDR, false});
}

CASE(a_listening_stream_shares_its_port_with_nobody)
{
    tell_conflicts(run, &(struct conflict){SOCK_STREAM, SO_REUSEADDR, true});
}

CASE(listening_streams_share_a_port_if_each_says_reuseport)
{
    tell_conflicts(run, &(struct conflict){SOCK_STREAM, SO_REUSEPORT, true});
}

CASE(datagram_sockets_share_a_port_if_each_says_reuseaddr)
{
    tell_conflicts(run, &(struct conflict){SOCK_DGRAM, SO_REUSEADDR, false});
}

CASE(datagram_sockets_share_a_port_if_each_says_reuseport)
{
    tell_conflicts(run, &(struct conflict){SOCK_DGRAM, SO_REUSEPORT, false});
}

CASE(streams_and_datagrams_have_ports_of_their_own)
{
    struct drill_sockaddr addr;
    int stream = bound_socket(run, SOCK_STREAM, &addr);
    int datagram = socket_of(run, SOCK_DGRAM);

    tell(run, "bind", run->net->bind(datagram, &addr));
    tell_sockname(run, "stream", stream);
    tell_sockname(run, "datagram", datagram);
}

CASE(port_0_gives_an_ephemeral_port)
{
    struct drill_sockaddr first;
    struct drill_sockaddr second;

    bound_socket(run, SOCK_STREAM, &first);
    bound_socket(run, SOCK_STREAM, &second);
    say(run, "in range: %d %d", first.port >= 32768 && first.port <= 60999,
        second.port >= 32768 && second.port <= 60999);
    say(run, "another each time: %d", first.port != second.port);
}

CASE(connect_gives_an_ephemeral_port_and_the_address_it_goes_out_by)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr own = {.family = AF_UNSPEC};
    int fd;

    listener(run, 1, &addr);
    fd = socket_of(run, SOCK_STREAM);
    tell_sockname(run, "before", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_sockname(run, "after", fd);
    tell_peername(run, "peer", fd);
    run->net->getsockname(fd, &own);
    say(run, "in range: %d", own.port >= 32768 && own.port <= 60999);
}

CASE(the_wildcard_is_kept_until_connect_names_an_address)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr any = wildcard(run->family, 0);
    int fd = socket_of(run, SOCK_STREAM);

    listener(run, 1, &addr);
    tell(run, "bind", run->net->bind(fd, &any));
    tell_sockname(run, "bound", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_sockname(run, "connected", fd);
}

CASE(bind_twice_is_einval)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_STREAM, &addr);
    int datagram;

    addr.port = 0;
    tell(run, "bind again", run->net->bind(fd, &addr));
    datagram = bound_socket(run, SOCK_DGRAM, &addr);
    addr.port = 0;
    tell(run, "bind a datagram socket again", run->net->bind(datagram, &addr));
}

CASE(bind_after_connect_is_einval)
{
    struct drill_sockaddr addr = loopback(run->family, 0);
    int pair[2];

    connected_pair(run, pair);
    tell(run, "bind the connected", run->net->bind(pair[0], &addr));
    tell(run, "bind the accepted", run->net->bind(pair[1], &addr));
}

CASE(bind_while_listening_is_einval)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);

    addr.port = 0;
    tell(run, "bind", run->net->bind(fd, &addr));
}

CASE(bind_to_an_address_of_nobody_is_eaddrnotavail)
{
    struct drill_sockaddr four = inet4(192, 0, 2, 1, 0);
    struct drill_sockaddr six = inet6("2001:db8::1", 0);

    tell(run, "inet", run->net->bind(run->net->socket(AF_INET, SOCK_STREAM, 0), &four));
    tell(run, "inet6", run->net->bind(run->net->socket(AF_INET6, SOCK_STREAM, 0), &six));
    tell(run, "inet dgram", run->net->bind(run->net->socket(AF_INET, SOCK_DGRAM, 0), &four));
    tell(run, "inet6 dgram", run->net->bind(run->net->socket(AF_INET6, SOCK_DGRAM, 0), &six));
}

CASE(any_address_of_127_can_be_bound)
{
    struct drill_sockaddr addr = inet4(127, 1, 2, 3, 0);
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "bind", run->net->bind(fd, &addr));
    tell_sockname(run, "name", fd);
}

CASE(bind_to_broadcast_and_multicast)
{
    struct drill_sockaddr broadcast = inet4(255, 255, 255, 255, 0);
    struct drill_sockaddr group = inet4(224, 0, 0, 251, 0);

    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        tell(run, "broadcast", run->net->bind(socket_of(run, type), &broadcast));
        tell(run, "multicast", run->net->bind(socket_of(run, type), &group));
    }
}

CASE(bind_with_the_wrong_family)
{
    struct drill_sockaddr four = loopback(AF_INET, 0);
    struct drill_sockaddr six = loopback(AF_INET6, 0);
    struct drill_sockaddr local = unix_name("name");
    struct drill_sockaddr strange = {.family = 77};

    for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
        tell(run, "inet6 on inet", run->net->bind(run->net->socket(AF_INET, type, 0), &six));
        tell(run, "inet on inet6", run->net->bind(run->net->socket(AF_INET6, type, 0), &four));
        tell(run, "unix on inet", run->net->bind(run->net->socket(AF_INET, type, 0), &local));
        tell(run, "77 on inet", run->net->bind(run->net->socket(AF_INET, type, 0), &strange));
        tell(run, "77 on inet6", run->net->bind(run->net->socket(AF_INET6, type, 0), &strange));
    }
}

CASE(bind_to_no_family)
{
    struct drill_sockaddr any = {.family = AF_UNSPEC};
    struct drill_sockaddr one = {.family = AF_UNSPEC, .inet4 = {127, 0, 0, 1}};
    int fd = run->net->socket(AF_INET, SOCK_STREAM, 0);

    tell(run, "not the wildcard", run->net->bind(fd, &one));
    tell(run, "the wildcard", run->net->bind(fd, &any));
    tell_sockname(run, "name", fd);
    fd = run->net->socket(AF_INET6, SOCK_STREAM, 0);
    tell(run, "on inet6", run->net->bind(fd, &any));
}

/* Each side may be IPv4, dual-stack IPv6 or IPv6 alone. */
struct stack {
    const char *name;
    int family;
    bool v6only;
};

static const struct stack stacks[] = {
    {"inet", AF_INET, false},
    {"dual", AF_INET6, false},
    {"inet6 only", AF_INET6, true},
};

static int bound_on_stack(struct run *run, const struct stack *stack, bool specific, int reuse,
                          uint16_t port, int *result)
{
    struct drill_sockaddr addr =
        specific ? loopback(stack->family, port) : wildcard(stack->family, port);
    int fd = must(run, "socket", run->net->socket(stack->family, SOCK_STREAM, 0));

    if (stack->family == AF_INET6)
        must(run, "V6ONLY", run->net->setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, stack->v6only));
    if (reuse != 0)
        must(run, "reuse", run->net->setsockopt_int(fd, SOL_SOCKET, reuse, 1));
    *result = run->net->bind(fd, &addr);
    return fd;
}

static void tell_stacks(struct run *run, bool specific, int reuse, bool listening)
{
    for (int i = 0; i < 9; i++) {
        const struct stack *first = &stacks[i / 3];
        const struct stack *second = &stacks[i % 3];
        struct drill_sockaddr addr = {.family = AF_UNSPEC};
        int result;
        int a = bound_on_stack(run, first, false, reuse, 0, &result);
        int b;

        must(run, "first bind", result);
        if (listening)
            must(run, "first listen", run->net->listen(a, 1));
        run->net->getsockname(a, &addr);
        b = bound_on_stack(run, second, specific, reuse, addr.port, &result);
        say(run, "%s then %s: %s", first->name, second->name,
            result < 0 ? error_name(-result) : "ok");
        if (result == 0)
            tell(run, "  listen", run->net->listen(b, 1));
        run->net->close(a);
        run->net->close(b);
    }
}

CASE(a_dual_stack_wildcard_and_an_inet_wildcard_conflict)
{
    tell_stacks(run, false, 0, false);
}

CASE(a_dual_stack_wildcard_and_specific_addresses_conflict)
{
    tell_stacks(run, true, 0, false);
}

CASE(bound_stacks_share_a_port_if_each_says_reuseaddr)
{
    tell_stacks(run, false, SO_REUSEADDR, false);
}

CASE(listening_stacks_do_not_share_for_reuseaddr)
{
    tell_stacks(run, false, SO_REUSEADDR, true);
}

CASE(listening_stacks_share_for_reuseport)
{
    tell_stacks(run, false, SO_REUSEPORT, true);
}

CASE(a_mapped_address_is_bound_as_the_inet_address)
{
    struct drill_sockaddr mapped = inet6("::ffff:127.0.0.1", 0);
    struct drill_sockaddr four = loopback(AF_INET, 0);
    int six = run->net->socket(AF_INET6, SOCK_STREAM, 0);
    int other = run->net->socket(AF_INET, SOCK_STREAM, 0);

    tell(run, "bind", run->net->bind(six, &mapped));
    tell_sockname(run, "name", six);
    run->net->getsockname(six, &mapped);
    four.port = mapped.port;
    tell(run, "bind the inet address", run->net->bind(other, &four));
    six = run->net->socket(AF_INET6, SOCK_STREAM, 0);
    run->net->setsockopt_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    tell(run, "bind with V6ONLY", run->net->bind(six, &mapped));
}

CASE(v6only_cannot_change_after_bind)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_STREAM, &addr);

    tell(run, "setsockopt", run->net->setsockopt_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    tell_option(run, "V6ONLY", fd, IPPROTO_IPV6, IPV6_V6ONLY);
}
