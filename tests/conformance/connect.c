/* connect(2) and what a stream answers before, while and after it connects. */
#include "tests/conformance/harness.h"

static const struct drill_sockaddr nobody = {.family = AF_UNSPEC};

static int nonblocking(struct run *run)
{
    int fd = socket_of(run, SOCK_STREAM);

    run->net->set_nonblock(fd, true);
    return fd;
}

/* An address where nobody listens: bound, so that no other takes the port. */
static struct drill_sockaddr deserted(struct run *run)
{
    struct drill_sockaddr addr;

    bound_socket(run, SOCK_STREAM, &addr);
    return addr;
}

CASE(connect_to_a_port_nobody_listens_on_is_refused)
{
    struct drill_sockaddr addr = deserted(run);
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "connect", run->net->connect(fd, &addr));
    tell_so_error(run, "after", fd);
    tell_poll(run, "refused", fd);
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    tell_recv(run, "recv", fd, 8, 0);
    tell(run, "send", send_text(run, fd, "x"));
    tell(run, "connect again", run->net->connect(fd, &addr));
}

CASE(a_refused_socket_can_connect_to_another)
{
    struct drill_sockaddr bad = deserted(run);
    struct drill_sockaddr good;
    int fd = socket_of(run, SOCK_STREAM);

    listener(run, 1, &good);
    tell(run, "connect to nobody", run->net->connect(fd, &bad));
    tell(run, "connect to a listener", run->net->connect(fd, &good));
    tell_peername(run, "peer", fd);
}

CASE(a_nonblocking_connect_is_in_progress_then_connected)
{
    struct drill_sockaddr addr;
    int fd = nonblocking(run);

    listener(run, 1, &addr);
    tell_poll(run, "before", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
    run->net->settle();
    tell_poll(run, "after", fd);
    tell_so_error(run, "after", fd);
    tell(run, "connect again", run->net->connect(fd, &addr));
    tell(run, "and again", run->net->connect(fd, &addr));
    tell_peername(run, "peer", fd);
}

CASE(a_nonblocking_refusal_is_told_by_so_error_once)
{
    struct drill_sockaddr addr = deserted(run);
    int fd = nonblocking(run);

    tell(run, "connect", run->net->connect(fd, &addr));
    run->net->settle();
    tell_poll(run, "refused", fd);
    tell_so_error(run, "first", fd);
    tell_so_error(run, "second", fd);
    tell_poll(run, "after", fd);
    tell(run, "connect again", run->net->connect(fd, &addr));
    run->net->settle();
    tell_recv(run, "recv", fd, 8, 0);
}

CASE(a_nonblocking_refusal_is_told_by_the_next_connect)
{
    struct drill_sockaddr addr = deserted(run);
    int fd = nonblocking(run);

    tell(run, "connect", run->net->connect(fd, &addr));
    run->net->settle();
    tell(run, "second", run->net->connect(fd, &addr));
    tell(run, "third", run->net->connect(fd, &addr));
}

CASE(a_nonblocking_refusal_is_told_by_send)
{
    struct drill_sockaddr addr = deserted(run);
    int fd = nonblocking(run);

    tell(run, "connect", run->net->connect(fd, &addr));
    run->net->settle();
    tell(run, "send", send_text(run, fd, "x"));
    tell(run, "send again", send_text(run, fd, "x"));
    tell_so_error(run, "after", fd);
}

/* The third SYN to a backlog of 0 gets no answer, so its sender stays in SYN_SENT. */
static int unanswered(struct run *run, struct drill_sockaddr *addr)
{
    int fd = -1;

    listener(run, 0, addr);
    for (int i = 0; i < 3; i++) {
        fd = nonblocking(run);
        run->net->connect(fd, addr);
    }
    run->net->settle();
    return fd;
}

CASE(what_a_socket_answers_while_it_connects)
{
    struct drill_sockaddr addr;
    int fd = unanswered(run, &addr);

    tell(run, "connect", run->net->connect(fd, &addr));
    tell_poll(run, "in progress", fd);
    tell_so_error(run, "in progress", fd);
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    tell_recv(run, "recv", fd, 8, 0);
    tell(run, "send", send_text(run, fd, "x"));
    tell(run, "listen", run->net->listen(fd, 1));
    tell(run, "accept", run->net->accept(fd, NULL));
}

CASE(shutdown_ends_a_connect_in_progress)
{
    struct drill_sockaddr addr;
    int fd = unanswered(run, &addr);

    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RDWR));
    tell_poll(run, "after", fd);
    tell_so_error(run, "after", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
}

CASE(shutdown_of_one_direction_of_a_connect_in_progress)
{
    struct drill_sockaddr addr;
    int fd = unanswered(run, &addr);

    tell(run, "shutdown WR", run->net->shutdown(fd, SHUT_WR));
    tell_poll(run, "after", fd);
    fd = unanswered(run, &addr);
    tell(run, "shutdown RD", run->net->shutdown(fd, SHUT_RD));
    tell_poll(run, "after", fd);
}

CASE(unspec_ends_a_connect_in_progress)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr other;
    int fd = unanswered(run, &addr);

    listener(run, 1, &other);
    tell(run, "connect", run->net->connect(fd, &nobody));
    tell_poll(run, "after", fd);
    tell_sockname(run, "name", fd);
    tell(run, "connect to another", run->net->connect(fd, &other));
    run->net->settle();
    tell_peername(run, "peer", fd);
}

CASE(connect_on_a_connected_socket_is_eisconn)
{
    struct drill_sockaddr addr;
    int fd;

    listener(run, 4, &addr);
    fd = connected_to(run, &addr);
    tell(run, "the same", run->net->connect(fd, &addr));
    addr = deserted(run);
    tell(run, "another", run->net->connect(fd, &addr));
    tell_poll(run, "still", fd);
}

CASE(connect_on_an_accepted_socket_is_eisconn)
{
    struct drill_sockaddr addr = deserted(run);
    int pair[2];

    connected_pair(run, pair);
    tell(run, "connect", run->net->connect(pair[1], &addr));
}

CASE(connect_after_the_peer_closed_is_eisconn)
{
    struct drill_sockaddr addr;
    int pair[2];

    listener(run, 4, &addr);
    connected_pair(run, pair);
    run->net->close(pair[0]);
    run->net->settle();
    tell(run, "connect", run->net->connect(pair[1], &addr));
}

CASE(connect_on_a_listener_is_eisconn)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);

    tell(run, "connect", run->net->connect(fd, &addr));
}

CASE(connect_after_a_reset_is_eisconn)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct drill_sockaddr addr;
    int pair[2];

    listener(run, 4, &addr);
    connected_pair(run, pair);
    run->net->setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    run->net->close(pair[1]);
    run->net->settle();
    tell(run, "connect", run->net->connect(pair[0], &addr));
    tell(run, "connect again", run->net->connect(pair[0], &addr));
    tell_peername(run, "peer", pair[0]);
}

CASE(a_socket_can_connect_to_itself)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_STREAM, &addr);

    tell(run, "connect", run->net->connect(fd, &addr));
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    tell(run, "send", send_text(run, fd, "echo"));
    run->net->settle();
    tell_poll(run, "itself", fd);
    tell_recv(run, "recv", fd, 8, 0);
    tell(run, "shutdown", run->net->shutdown(fd, SHUT_WR));
    run->net->settle();
    tell_recv(run, "recv at the end", fd, 8, 0);
    tell_poll(run, "at the end", fd);
}

CASE(unspec_aborts_a_connected_stream)
{
    struct drill_sockaddr addr;
    int pair[2];

    listener(run, 4, &addr);
    connected_pair(run, pair);
    tell(run, "connect", run->net->connect(pair[0], &nobody));
    run->net->settle();
    tell_sockname(run, "name", pair[0]);
    tell_peername(run, "peer", pair[0]);
    tell_poll(run, "a", pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_recv(run, "b recv", pair[1], 8, 0);
    tell_recv(run, "a recv", pair[0], 8, 0);
    tell(run, "connect a", run->net->connect(pair[0], &addr));
    tell_peername(run, "peer", pair[0]);
}

CASE(unspec_keeps_a_bound_address)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr own;
    int fd = bound_socket(run, SOCK_STREAM, &own);

    listener(run, 4, &addr);
    tell_sockname(run, "bound", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell(run, "disconnect", run->net->connect(fd, &nobody));
    tell_sockname(run, "after", fd);
    tell(run, "disconnect again", run->net->connect(fd, &nobody));
}

/* A port that bind chose for port 0 is given back with the association; one that was asked for
 * stays. */
CASE(unspec_keeps_a_port_that_was_asked_for)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr own;
    int fd;

    listener(run, 4, &addr);
    run->net->close(bound_socket(run, SOCK_STREAM, &own));
    fd = socket_of(run, SOCK_STREAM);
    tell(run, "bind", run->net->bind(fd, &own));
    tell(run, "connect", run->net->connect(fd, &addr));
    tell(run, "disconnect", run->net->connect(fd, &nobody));
    tell_sockname(run, "after", fd);
    tell(run, "bind another", run->net->bind(socket_of(run, SOCK_STREAM), &own));
    tell(run, "bind again", run->net->bind(fd, &own));
}

CASE(unspec_dissolves_a_datagram_association)
{
    struct drill_sockaddr addr;
    int fd = socket_of(run, SOCK_DGRAM);

    bound_socket(run, SOCK_DGRAM, &addr);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    tell(run, "disconnect", run->net->connect(fd, &nobody));
    tell_sockname(run, "name", fd);
    tell_peername(run, "peer", fd);
    tell(run, "send", send_text(run, fd, "x"));
}

CASE(unspec_keeps_the_address_a_datagram_socket_was_bound_to)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr own;
    int fd = bound_socket(run, SOCK_DGRAM, &own);

    bound_socket(run, SOCK_DGRAM, &addr);
    tell_sockname(run, "bound", fd);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell(run, "disconnect", run->net->connect(fd, &nobody));
    tell_sockname(run, "after", fd);
}

CASE(the_poll_bits_of_a_stream_before_it_connects)
{
    struct drill_sockaddr addr;

    tell_poll(run, "fresh", socket_of(run, SOCK_STREAM));
    tell_poll(run, "bound", bound_socket(run, SOCK_STREAM, &addr));
    tell_poll(run, "listening", listener(run, 1, &addr));
    run->net->connect(nonblocking(run), &addr);
}

struct connecting {
    struct run *run;
    int fd;
    struct drill_sockaddr addr;
    int result;
};

static void connect_beside(void *argument)
{
    struct connecting *self = argument;

    self->result = self->run->net->connect(self->fd, &self->addr);
}

CASE(a_blocking_connect_and_a_blocking_accept_meet)
{
    struct connecting client = {.run = run, .result = -1};
    struct drill_sockaddr peer = nobody;
    int listening = listener(run, 4, &client.addr);

    client.fd = socket_of(run, SOCK_STREAM);
    beside(run, connect_beside, &client);
    tell_fd(run, "accept", run->net->accept(listening, &peer));
    run->net->join_all();
    tell(run, "connect", client.result);
    say(run, "listener %s, client %s", address_text(run, &client.addr), address_text(run, &peer));
}
