/* Peers of datagram sockets: connecting, refusal, the queue of errors, shutdown. */
#include "tests/conformance/message.h"

#include <errno.h>
#include <sys/ioctl.h>

CASE(a_connected_socket_hears_its_peer_only)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct drill_sockaddr here;
    int fd = bound_socket(run, SOCK_DGRAM, &here);

    datagram_two(run, fds, addrs);
    tell_send(run, "the stranger sends", fds[1], "before", &here);
    tell(run, "connect", run->net->connect(fd, &addrs[0]));
    tell_send(run, "the stranger sends", fds[1], "after", &here);
    tell_send(run, "the peer sends", fds[0], "hello", &here);
    tell_from(run, "recv", fd);
    tell_from(run, "recv", fd);
    tell_from(run, "recv", fd);
    tell(run, "the stranger connects", run->net->connect(fds[1], &here));
    tell_send(run, "and sends", fds[1], "unheard", NULL);
    tell_from(run, "recv", fd);
    tell_so_error(run, "the stranger", fds[1]);
}

CASE(a_connected_socket_may_send_elsewhere)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    int fd = socket_of(run, SOCK_DGRAM);

    datagram_two(run, fds, addrs);
    tell_peername(run, "fresh", fd);
    tell(run, "connect", run->net->connect(fd, &addrs[0]));
    tell_peername(run, "peername", fd);
    tell_send(run, "send", fd, "to the peer", NULL);
    tell_send(run, "sendto", fd, "elsewhere", &addrs[1]);
    tell_from(run, "the peer", fds[0]);
    tell_from(run, "the other", fds[1]);
    tell_from(run, "the peer", fds[0]);
    tell_peername(run, "still", fd);
}

CASE(connecting_again_changes_the_peer)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct drill_sockaddr here;
    int fd = bound_socket(run, SOCK_DGRAM, &here);

    datagram_two(run, fds, addrs);
    tell(run, "connect", run->net->connect(fd, &addrs[0]));
    tell_send(run, "the first sends", fds[0], "queued", &here);
    tell(run, "connect again", run->net->connect(fd, &addrs[1]));
    tell_peername(run, "peername", fd);
    tell_send(run, "the first sends", fds[0], "lost", &here);
    tell_send(run, "the second sends", fds[1], "heard", &here);
    tell_from(run, "recv", fd);
    tell_from(run, "recv", fd);
    tell_from(run, "recv", fd);
    tell_send(run, "send", fd, "x", NULL);
    tell_from(run, "the first", fds[0]);
    tell_from(run, "the second", fds[1]);
}

static void tell_dissolved(struct run *run, const char *what, int fd,
                           const struct drill_sockaddr *peer)
{
    struct drill_sockaddr none = no_address();

    say(run, "%s", what);
    tell_sockname(run, "before", fd);
    tell(run, "connect", run->net->connect(fd, peer));
    tell_sockname(run, "connected", fd);
    tell(run, "connect to AF_UNSPEC", run->net->connect(fd, &none));
    tell_peername(run, "peername", fd);
    tell_sockname(run, "dissolved", fd);
    tell_send(run, "send", fd, "x", NULL);
    tell(run, "AF_UNSPEC again", run->net->connect(fd, &none));
}

CASE(connecting_to_af_unspec_dissolves)
{
    struct drill_sockaddr peer;
    struct drill_sockaddr here = nobody(run);
    struct drill_sockaddr any = wildcard(run->family, nobody(run).port);
    struct drill_sockaddr given;
    int heard = bound_socket(run, SOCK_DGRAM, &peer);

    tell_dissolved(run, "not bound", socket_of(run, SOCK_DGRAM), &peer);
    tell_dissolved(run, "bound to port 0", bound_socket(run, SOCK_DGRAM, &given), &peer);
    tell_dissolved(run, "bound to a port", datagram_at(run, &here), &peer);
    tell_dissolved(run, "bound to a port of the wildcard", datagram_at(run, &any), &peer);
    tell_got(run, "heard", heard);
}

CASE(a_dissolved_socket_hears_everybody_again)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct drill_sockaddr none = no_address();
    struct drill_sockaddr here = nobody(run);
    int fd = datagram_at(run, &here);

    datagram_two(run, fds, addrs);
    tell(run, "connect", run->net->connect(fd, &addrs[0]));
    tell_send(run, "a stranger sends", fds[1], "lost", &here);
    tell(run, "connect to AF_UNSPEC", run->net->connect(fd, &none));
    tell_send(run, "a stranger sends", fds[1], "heard", &here);
    tell_from(run, "recv", fd);
    tell_from(run, "recv", fd);
}

/* A socket connected to a port that nobody has, whose one datagram was refused. */
static int refused(struct run *run)
{
    struct drill_sockaddr to = nobody(run);
    int fd = socket_of(run, SOCK_DGRAM);

    must(run, "connect", run->net->connect(fd, &to));
    tell_send(run, "send to nobody", fd, "lost", NULL);
    return fd;
}

static int connect_to_itself(struct run *run, int fd)
{
    struct drill_sockaddr here = no_address();

    must(run, "getsockname", run->net->getsockname(fd, &here));
    return run->net->connect(fd, &here);
}

CASE(a_refusal_surfaces_on_the_next_call_and_once)
{
    int fd = refused(run);
    struct drill_sockaddr none = no_address();

    tell_poll(run, "refused", fd);
    tell_got(run, "recv", fd);
    tell_poll(run, "told", fd);
    tell_got(run, "recv", fd);

    fd = refused(run);
    tell_send(run, "send", fd, "not even sent", NULL);
    tell_poll(run, "told by send", fd);
    tell_send(run, "send", fd, "refused again", NULL);
    tell_so_error(run, "refused", fd);
    tell_so_error(run, "told", fd);
    tell_poll(run, "told by SO_ERROR", fd);

    fd = refused(run);
    tell_message(run, "recvmsg", fd, 9, 0, 0);
    tell_send(run, "an empty datagram", fd, "", NULL);
    tell_recv(run, "peek", fd, 9, MSG_PEEK);
    tell_recv(run, "recv", fd, 9, 0);

    fd = refused(run);
    tell(run, "connect to AF_UNSPEC", run->net->connect(fd, &none));
    tell_poll(run, "dissolved", fd);
    tell_so_error(run, "dissolved", fd);
    fd = refused(run);
    tell(run, "connect to itself", connect_to_itself(run, fd));
    tell_so_error(run, "still", fd);
}

CASE(a_refusal_comes_before_what_is_queued)
{
    int fds[2];
    struct drill_sockaddr addrs[2];

    datagram_two(run, fds, addrs);
    tell(run, "connect", run->net->connect(fds[0], &addrs[1]));
    tell_send(run, "the peer sends", fds[1], "last words", &addrs[0]);
    run->net->close(fds[1]);
    tell_send(run, "send", fds[0], "x", NULL);
    tell_poll(run, "refused", fds[0]);
    tell_ioctl(run, "bytes there", fds[0], FIONREAD);
    tell_got(run, "recv", fds[0]);
    tell_got(run, "recv", fds[0]);
    tell_got(run, "recv", fds[0]);
}

CASE(an_unconnected_socket_is_told_nothing)
{
    struct drill_sockaddr to = nobody(run);
    struct drill_sockaddr here;
    int fd = bound_socket(run, SOCK_DGRAM, &here);

    tell_send(run, "send", fd, "x", &to);
    tell_poll(run, "refused", fd);
    tell_so_error(run, "refused", fd);
    tell_send(run, "send", fd, "x", &to);
    tell_got(run, "recv", fd);
    tell(run, "connect", run->net->connect(fd, &here));
    tell_send(run, "elsewhere", fd, "x", &to);
    tell_so_error(run, "connected to another", fd);
}

static int level_of(const struct run *run)
{
    return run->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static int recverr_of(const struct run *run)
{
    return run->family == AF_INET ? IP_RECVERR : IPV6_RECVERR;
}

CASE(recverr_queues_the_errors_of_an_unconnected_socket)
{
    struct drill_sockaddr to = nobody(run);
    struct drill_sockaddr here;
    int fd = bound_socket(run, SOCK_DGRAM, &here);

    tell_option(run, "RECVERR", fd, level_of(run), recverr_of(run));
    set_option(run, fd, level_of(run), recverr_of(run), 1);
    tell_option(run, "RECVERR", fd, level_of(run), recverr_of(run));
    tell_message(run, "the queue before", fd, 9, 256, MSG_ERRQUEUE);
    tell_send(run, "send", fd, "first", &to);
    tell_poll(run, "refused", fd);
    tell_send(run, "send", fd, "not sent", &to);
    tell_send(run, "send", fd, "second", &to);
    tell_message(run, "the queue", fd, 9, 256, MSG_ERRQUEUE);
    tell_poll(run, "one left", fd);
    tell_message(run, "the queue, cut", fd, 2, 16, MSG_ERRQUEUE);
    tell_poll(run, "none left", fd);
    tell_got(run, "recv", fd);
    tell_message(run, "the queue after", fd, 9, 256, MSG_ERRQUEUE);
    tell_poll(run, "after", fd);
}

CASE(recverr_switched_off_empties_the_queue)
{
    int fd = socket_of(run, SOCK_DGRAM);
    struct drill_sockaddr to = nobody(run);

    must(run, "connect", run->net->connect(fd, &to));
    set_option(run, fd, level_of(run), recverr_of(run), 1);
    tell_send(run, "send", fd, "first", NULL);
    tell_so_error(run, "refused", fd);
    tell_poll(run, "told, but queued", fd);
    set_option(run, fd, level_of(run), recverr_of(run), 0);
    tell_poll(run, "switched off", fd);
    tell_message(run, "the queue", fd, 9, 256, MSG_ERRQUEUE);
}

static void tell_shut(struct run *run, const char *what, int fd)
{
    say(run, "%s", what);
    tell_poll(run, "it", fd);
    tell_got(run, "recv", fd);
    tell_send(run, "send", fd, "x", NULL);
}

CASE(shutdown_of_an_unconnected_socket_is_refused_but_counts)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_DGRAM, &addr);

    tell(run, "shutdown of what is not", run->net->shutdown(fd, 3));
    tell(run, "shutdown RD", run->net->shutdown(fd, SHUT_RD));
    tell_poll(run, "RD", fd);
    tell_send(run, "send to itself", fd, "x", &addr);
    tell_got(run, "recv", fd);
    tell(run, "shutdown WR", run->net->shutdown(fd, SHUT_WR));
    tell_poll(run, "WR", fd);
    tell_send(run, "send to itself", fd, "x", &addr);
}

CASE(shutdown_of_a_connected_socket)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    char byte;

    datagram_two(run, fds, addrs);
    must(run, "connect", run->net->connect(fds[0], &addrs[1]));
    must(run, "connect", run->net->connect(fds[1], &addrs[0]));
    tell_send(run, "the peer sends", fds[1], "early", NULL);
    tell(run, "shutdown RD", run->net->shutdown(fds[0], SHUT_RD));
    tell_shut(run, "RD", fds[0]);
    tell(run, "a recv that waits", run->net->recvfrom(fds[0], &byte, 1, 0, NULL));
    tell_send(run, "the peer sends", fds[1], "late", NULL);
    tell_shut(run, "RD and a late datagram", fds[0]);
    tell(run, "shutdown WR", run->net->shutdown(fds[0], SHUT_WR));
    tell_shut(run, "both", fds[0]);
    tell_send(run, "an empty datagram", fds[0], "", NULL);
    tell_send(run, "send elsewhere", fds[0], "x", &addrs[0]);
    tell(run, "shutdown again", run->net->shutdown(fds[0], SHUT_RDWR));
    tell_poll(run, "the peer", fds[1]);
    tell_got(run, "the peer's recv", fds[1]);
}

struct waiter {
    const struct net *net;
    int fd;
    long result; /* -ENOMEM until it ran */
};

static void wait_for_data(void *argument)
{
    struct waiter *self = argument;
    char byte;

    self->result = self->net->recvfrom(self->fd, &byte, 1, 0, NULL);
}

CASE(shutdown_wakes_who_waits_for_a_datagram)
{
    int fds[2];
    struct drill_sockaddr addrs[2];
    struct waiter waiter;

    datagram_two(run, fds, addrs);
    must(run, "connect", run->net->connect(fds[0], &addrs[1]));
    waiter = (struct waiter){run->net, fds[0], -ENOMEM};
    run->net->spawn(wait_for_data, &waiter);
    run->net->settle();
    tell(run, "shutdown", run->net->shutdown(fds[0], SHUT_RD));
    run->net->join_all();
    tell(run, "the waiter's recv", waiter.result);
}
