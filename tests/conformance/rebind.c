/* When the port of a server that went away can be bound again. */
#include "tests/conformance/harness.h"

/* A listener with its options set as wanted, one connection, accepted. */
struct server {
    struct drill_sockaddr addr;
    int listening;
    int client;
    int accepted;
};

static struct server started(struct run *run, bool reuse)
{
    struct server self = {.addr = loopback(run->family, 0)};

    self.listening = socket_of(run, SOCK_STREAM);
    if (reuse)
        run->net->setsockopt_int(self.listening, SOL_SOCKET, SO_REUSEADDR, 1);
    must(run, "bind", run->net->bind(self.listening, &self.addr));
    must(run, "listen", run->net->listen(self.listening, 4));
    must(run, "getsockname", run->net->getsockname(self.listening, &self.addr));
    self.client = connected_to(run, &self.addr);
    run->net->set_nonblock(self.listening, true);
    run->net->settle();
    self.accepted = must(run, "accept", run->net->accept(self.listening, NULL));
    return self;
}

static void tell_rebind(struct run *run, const struct server *server)
{
    for (int reuse = 0; reuse <= 1; reuse++) {
        int fd = socket_of(run, SOCK_STREAM);

        run->net->setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
        if (tell(run, reuse ? "bind with REUSEADDR" : "bind", run->net->bind(fd, &server->addr)) ==
            0)
            tell(run, "  listen", run->net->listen(fd, 1));
        run->net->close(fd);
    }
}

/* The server's side closes first: its port is the one that stays in TIME_WAIT. */
static void end_in_time_wait(struct run *run, const struct server *server)
{
    run->net->close(server->listening);
    run->net->close(server->accepted);
    run->net->settle();
    run->net->close(server->client);
    run->net->settle();
}

CASE(a_port_in_time_wait_is_in_use_without_reuseaddr_before)
{
    struct server server = started(run, false);

    end_in_time_wait(run, &server);
    tell_rebind(run, &server);
}

CASE(a_port_in_time_wait_is_free_with_reuseaddr_before_and_after)
{
    struct server server = started(run, true);

    end_in_time_wait(run, &server);
    tell_rebind(run, &server);
}

CASE(a_port_is_free_when_the_client_took_the_time_wait)
{
    struct server server = started(run, false);

    run->net->close(server.listening);
    run->net->close(server.client);
    run->net->settle();
    run->net->close(server.accepted);
    run->net->settle();
    tell_rebind(run, &server);
}

CASE(a_port_is_free_after_a_reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct server server = started(run, false);

    run->net->setsockopt(server.accepted, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    run->net->close(server.listening);
    run->net->close(server.accepted);
    run->net->settle();
    tell_rebind(run, &server);
}

CASE(a_port_is_in_use_while_its_accepted_sockets_live)
{
    struct server server = started(run, false);

    run->net->close(server.listening);
    tell_rebind(run, &server);
}

CASE(a_port_with_accepted_sockets_is_free_with_reuseaddr_before_and_after)
{
    struct server server = started(run, true);

    run->net->close(server.listening);
    tell_rebind(run, &server);
}

CASE(a_port_is_in_use_while_its_listener_lives)
{
    struct server server = started(run, true);

    tell_rebind(run, &server);
}

CASE(a_closed_listener_frees_its_port)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);
    int next = socket_of(run, SOCK_STREAM);

    run->net->close(fd);
    tell(run, "bind", run->net->bind(next, &addr));
    tell(run, "listen", run->net->listen(next, 1));
}

CASE(a_listener_that_was_shut_down_gives_back_the_port_that_0_gave_it)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);
    int other = socket_of(run, SOCK_STREAM);

    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RDWR));
    tell(run, "bind another", run->net->bind(other, &addr));
    tell_sockname(run, "name", fd);
    tell(run, "listen again", run->net->listen(fd, 1));
    tell_sockname(run, "new name", fd);
}

CASE(a_connected_pair_of_ports_is_unique)
{
    struct drill_sockaddr addr;
    struct drill_sockaddr own = {.family = AF_UNSPEC};
    int first;
    int second = socket_of(run, SOCK_STREAM);

    listener(run, 4, &addr);
    first = socket_of(run, SOCK_STREAM);
    run->net->setsockopt_int(first, SOL_SOCKET, SO_REUSEADDR, 1);
    run->net->setsockopt_int(second, SOL_SOCKET, SO_REUSEADDR, 1);
    own = loopback(run->family, 0);
    tell(run, "bind the first", run->net->bind(first, &own));
    run->net->getsockname(first, &own);
    tell(run, "bind the second", run->net->bind(second, &own));
    tell(run, "connect the first", run->net->connect(first, &addr));
    tell(run, "connect the second", run->net->connect(second, &addr));
    tell_sockname(run, "the second", second);
}
