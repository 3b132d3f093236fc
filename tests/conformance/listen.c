/* listen(2), accept(2) and the backlog between them. */
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "tests/conformance/harness.h"

static const struct linger reset_on_close = {.l_onoff = 1, .l_linger = 0};

static void reset(struct run *run, int fd)
{
    run->net->setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset_on_close, sizeof reset_on_close);
    run->net->close(fd);
    run->net->settle();
}

static int nonblocking_listener(struct run *run, int backlog, struct drill_sockaddr *addr)
{
    int fd = listener(run, backlog, addr);

    run->net->set_nonblock(fd, true);
    return fd;
}

CASE(listen_on_an_unbound_socket_binds_it)
{
    struct drill_sockaddr addr = {.family = AF_UNSPEC};
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "listen", run->net->listen(fd, 1));
    tell_sockname(run, "name", fd);
    run->net->getsockname(fd, &addr);
    addr = loopback(run->family, addr.port);
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
}

CASE(listen_on_a_connected_socket_is_einval)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "connected", run->net->listen(pair[0], 1));
    tell(run, "accepted", run->net->listen(pair[1], 1));
}

CASE(listen_twice_changes_the_backlog)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);

    tell(run, "listen again", run->net->listen(fd, 5));
    tell(run, "listen with a negative backlog", run->net->listen(fd, -1));
    tell_sockname(run, "name", fd);
}

CASE(listen_on_a_datagram_socket_is_eopnotsupp)
{
    int fd = socket_of(run, SOCK_DGRAM);

    tell(run, "listen", run->net->listen(fd, 1));
    tell(run, "accept", run->net->accept(fd, NULL));
}

CASE(listen_and_accept_on_no_descriptor_is_ebadf)
{
    tell(run, "listen", run->net->listen(-1, 1));
    tell(run, "accept", run->net->accept(-1, NULL));
    tell(run, "listen on 1000", run->net->listen(1000, 1));
    tell(run, "accept on 1000", run->net->accept(1000, NULL));
}

CASE(accept_on_what_does_not_listen_is_einval)
{
    struct drill_sockaddr addr;
    int pair[2];

    connected_pair(run, pair);
    tell(run, "fresh", run->net->accept(socket_of(run, SOCK_STREAM), NULL));
    tell(run, "bound", run->net->accept(bound_socket(run, SOCK_STREAM, &addr), NULL));
    tell(run, "connected", run->net->accept(pair[0], NULL));
}

CASE(a_backlog_holds_one_more_than_it_says)
{
    static const int backlogs[] = {0, 1, 2, 5};

    for (size_t i = 0; i < sizeof backlogs / sizeof *backlogs; i++) {
        struct drill_sockaddr addr;
        struct drill_pollfd fds[8];
        int listening = nonblocking_listener(run, backlogs[i], &addr);
        int connected = 0;
        int accepted = 0;

        for (int j = 0; j < 8; j++) {
            int fd = socket_of(run, SOCK_STREAM);

            run->net->set_nonblock(fd, true);
            run->net->connect(fd, &addr);
            fds[j] = (struct drill_pollfd){.fd = fd, .events = POLLOUT};
        }
        run->net->settle();
        run->net->poll(fds, 8, 0);
        for (int j = 0; j < 8; j++)
            connected += (fds[j].revents & POLLOUT) != 0;
        while (accepted < 8 && run->net->accept(listening, NULL) >= 0)
            accepted++;
        say(run, "backlog %d: %d connected, %d accepted", backlogs[i], connected, accepted);
        for (int j = 0; j < 8; j++)
            run->net->close(fds[j].fd);
        run->net->close(listening);
    }
}

CASE(connections_are_accepted_in_their_order)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr peer;
    int listening = nonblocking_listener(run, 4, &addr);

    for (int i = 0; i < 3; i++)
        tell_sockname(run, "connected", connected_to(run, &addr));
    run->net->settle();
    tell_poll(run, "listener", listening);
    for (int i = 0; i < 3; i++) {
        int fd = tell_fd(run, "accept", run->net->accept(listening, &peer));

        tell_peername(run, "peer", fd);
        say(run, "told %s", address_text(run, fd < 0 ? &addr : &peer));
    }
    tell_poll(run, "listener", listening);
    tell(run, "accept", run->net->accept(listening, NULL));
}

CASE(accept4_sets_nonblock_and_accept_does_not_inherit_it)
{
    struct drill_sockaddr addr;
    int listening = nonblocking_listener(run, 4, &addr);

    connected_to(run, &addr);
    connected_to(run, &addr);
    connected_to(run, &addr);
    run->net->settle();
    tell(run, "accept", run->net->get_nonblock(run->net->accept(listening, NULL)));
    tell(run, "accept4", run->net->get_nonblock(run->net->accept4(listening, NULL, 0)));
    tell(run, "accept4 with SOCK_NONBLOCK",
         run->net->get_nonblock(run->net->accept4(listening, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)));
    tell(run, "accept4 with a bad flag", run->net->accept4(listening, NULL, 1));
}

CASE(an_accepted_socket_inherits_options)
{
    struct drill_sockaddr addr;
    struct linger linger = {.l_onoff = 1, .l_linger = 7};
    size_t size = sizeof linger;
    int listening = nonblocking_listener(run, 4, &addr);
    int fd;

    run->net->setsockopt_int(listening, IPPROTO_TCP, TCP_NODELAY, 1);
    run->net->setsockopt_int(listening, IPPROTO_TCP, TCP_KEEPIDLE, 77);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_KEEPALIVE, 1);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_OOBINLINE, 1);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_REUSEADDR, 1);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_RCVBUF, 20000);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_SNDBUF, 30000);
    run->net->setsockopt_int(listening, SOL_SOCKET, SO_RCVLOWAT, 3);
    run->net->setsockopt(listening, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    connected_to(run, &addr);
    run->net->settle();
    fd = tell_fd(run, "accept", run->net->accept(listening, NULL));
    tell_option(run, "NODELAY", fd, IPPROTO_TCP, TCP_NODELAY);
    tell_option(run, "KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE);
    tell_option(run, "KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE);
    tell_option(run, "OOBINLINE", fd, SOL_SOCKET, SO_OOBINLINE);
    tell_option(run, "REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR);
    tell_option(run, "RCVBUF", fd, SOL_SOCKET, SO_RCVBUF);
    tell_option(run, "SNDBUF", fd, SOL_SOCKET, SO_SNDBUF);
    tell_option(run, "RCVLOWAT", fd, SOL_SOCKET, SO_RCVLOWAT);
    tell_option(run, "ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
    linger = (struct linger){0};
    if (tell(run, "LINGER", run->net->getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size)) == 0)
        say(run, "linger %d, %d s", linger.l_onoff, linger.l_linger);
}

CASE(acceptconn_tells_a_listener)
{
    struct drill_sockaddr addr;
    int bound = bound_socket(run, SOCK_STREAM, &addr);

    tell_option(run, "bound", bound, SOL_SOCKET, SO_ACCEPTCONN);
    run->net->listen(bound, 1);
    tell_option(run, "listening", bound, SOL_SOCKET, SO_ACCEPTCONN);
    run->net->shutdown(bound, SHUT_RD);
    tell_option(run, "shut down", bound, SOL_SOCKET, SO_ACCEPTCONN);
}

CASE(a_connection_reset_before_it_is_accepted_is_still_accepted)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr peer = {.family = AF_UNSPEC};
    int listening = nonblocking_listener(run, 4, &addr);
    int client = connected_to(run, &addr);
    int fd;

    send_text(run, client, "lost");
    reset(run, client);
    tell_poll(run, "listener", listening);
    fd = tell_fd(run, "accept", run->net->accept(listening, &peer));
    say(run, "from %s", address_text(run, &peer));
    tell_poll(run, "accepted", fd);
    tell_peername(run, "peer", fd);
    tell_recv(run, "recv", fd, 8, 0);
    tell_recv(run, "recv again", fd, 8, 0);
}

CASE(a_connection_ended_before_it_is_accepted_keeps_its_bytes)
{
    struct drill_sockaddr addr;
    int listening = nonblocking_listener(run, 4, &addr);
    int client = connected_to(run, &addr);
    int fd;

    send_text(run, client, "kept");
    run->net->close(client);
    run->net->settle();
    fd = tell_fd(run, "accept", run->net->accept(listening, NULL));
    tell_poll(run, "accepted", fd);
    tell_recv(run, "recv", fd, 8, 0);
    tell_recv(run, "recv again", fd, 8, 0);
    tell(run, "send", send_text(run, fd, "x"));
}

CASE(closing_a_listener_resets_what_it_has_queued)
{
    struct drill_sockaddr addr;
    int listening = listener(run, 4, &addr);
    int client = connected_to(run, &addr);

    run->net->close(listening);
    run->net->settle();
    tell_poll(run, "client", client);
    tell_recv(run, "recv", client, 8, 0);
    tell_recv(run, "recv again", client, 8, 0);
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
}

CASE(shutdown_stops_a_listener)
{
    struct drill_sockaddr addr;
    int listening = nonblocking_listener(run, 4, &addr);
    int client = connected_to(run, &addr);

    tell(run, "shutdown WR", run->net->shutdown(listening, SHUT_WR));
    tell_poll(run, "listener", listening);
    tell(run, "shutdown RD", run->net->shutdown(listening, SHUT_RD));
    run->net->settle();
    tell_poll(run, "listener", listening);
    tell_poll(run, "client", client);
    tell(run, "accept", run->net->accept(listening, NULL));
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
}

CASE(a_listener_that_was_shut_down_can_listen_again)
{
    struct drill_sockaddr addr;
    int listening;

    run->net->close(bound_socket(run, SOCK_STREAM, &addr));
    listening = socket_of(run, SOCK_STREAM);
    tell(run, "bind", run->net->bind(listening, &addr));
    tell(run, "listen", run->net->listen(listening, 1));
    tell(run, "shutdown", run->net->shutdown(listening, SHUT_RDWR));
    tell_sockname(run, "name", listening);
    tell(run, "listen again", run->net->listen(listening, 1));
    tell_sockname(run, "name", listening);
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
}

CASE(accept_without_a_connection_is_eagain)
{
    struct drill_sockaddr addr;
    int listening = nonblocking_listener(run, 1, &addr);

    tell_poll(run, "listener", listening);
    tell(run, "accept", run->net->accept(listening, NULL));
    tell_so_error(run, "listener", listening);
}

CASE(what_a_listener_answers_to_the_calls_of_a_stream)
{
    struct drill_sockaddr addr;
    int listening = listener(run, 1, &addr);
    int value = 0;

    tell_recv(run, "recv", listening, 8, 0);
    tell(run, "send", send_text(run, listening, "x"));
    tell_peername(run, "peer", listening);
    tell_sockname(run, "name", listening);
    tell(run, "FIONREAD", run->net->ioctl_int(listening, FIONREAD, &value));
    tell(run, "SIOCOUTQ", run->net->ioctl_int(listening, SIOCOUTQ, &value));
}

CASE(the_names_of_an_accepted_socket_outlive_its_peer)
{
    int pair[2];

    connected_pair(run, pair);
    tell_sockname(run, "name", pair[1]);
    tell_peername(run, "peer", pair[1]);
    run->net->close(pair[0]);
    run->net->settle();
    tell_sockname(run, "name after the end", pair[1]);
    tell_peername(run, "peer after the end", pair[1]);
    connected_pair(run, pair);
    reset(run, pair[0]);
    tell_sockname(run, "name after the reset", pair[1]);
    tell_peername(run, "peer after the reset", pair[1]);
}

struct accepting {
    struct run *run;
    int fd;
    int result;
};

static void accept_beside(void *argument)
{
    struct accepting *self = argument;

    self->result = self->run->net->accept(self->fd, NULL);
}

CASE(shutdown_wakes_who_waits_in_accept)
{
    struct drill_sockaddr addr;
    struct accepting server = {.run = run, .fd = listener(run, 1, &addr)};

    beside(run, accept_beside, &server);
    run->net->settle();
    tell(run, "shutdown", run->net->shutdown(server.fd, SHUT_RD));
    run->net->join_all();
    tell(run, "accept", server.result);
}
