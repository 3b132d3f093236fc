/* Unix datagram sockets: boundaries, names, peers and their loss, full queues, sizes. */
#include "tests/conformance/local.h"

#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

static long send_to(struct run *run, int fd, const char *text, const char *name)
{
    struct drill_sockaddr to = unix_name(name);

    return run->net->sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, &to);
}

/* Receives one datagram and says its bytes and its source. */
static void tell_from(struct run *run, const char *what, int fd)
{
    char data[16];
    struct drill_sockaddr from = {.family = AF_INET};
    long result = run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &from);

    tell_data(run, what, result, data);
    if (result >= 0)
        say(run, "from %s", local_name(run, &from));
}

CASE(unix_datagrams_tell_the_name_of_their_sender)
{
    int server = local_socket(run, SOCK_DGRAM, "server");
    int nobody = local_socket(run, SOCK_DGRAM, NULL);
    int pair[2];

    tell(run, "send", send_to(run, nobody, "one", "server"));
    tell_from(run, "recv", server);
    tell(run, "send", send_to(run, local_socket(run, SOCK_DGRAM, "path"), "two", "server"));
    tell_from(run, "recv", server);
    tell(run, "send", send_to(run, local_socket(run, SOCK_DGRAM, "@abstract"), "three", "server"));
    tell_from(run, "recv", server);
    tell(run, "send to itself", send_to(run, server, "four", "server"));
    tell_from(run, "recv", server);
    local_pair(run, SOCK_DGRAM, pair);
    tell(run, "send over a pair", send_text(run, pair[0], "five"));
    tell_from(run, "recv", pair[1]);
    run->net->unlink("server");
    run->net->unlink("path");
}

CASE(a_unix_datagram_outlives_its_sender)
{
    int server = local_socket(run, SOCK_DGRAM, "@server");
    int client = local_socket(run, SOCK_DGRAM, "@client");

    send_to(run, client, "one", "@server");
    run->net->close(client);
    tell_poll(run, "server", server);
    tell_from(run, "recv", server);
    tell(run, "answer", send_to(run, server, "two", "@client"));
    tell_poll(run, "server", server);
}

CASE(unix_datagrams_keep_their_boundaries)
{
    struct local_received received;
    int pair[2];

    local_pair(run, SOCK_DGRAM, pair);
    send_text(run, pair[0], "abc");
    send_text(run, pair[0], "");
    send_text(run, pair[0], "defghi");
    send_text(run, pair[0], "jklmno");
    local_recv_fds(run, "peek 2", pair[1], 2, 0, MSG_PEEK, &received);
    local_recv_fds(run, "peek 2 TRUNC", pair[1], 2, 0, MSG_PEEK | MSG_TRUNC, &received);
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
    tell_poll(run, "with an empty one", pair[1]);
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
    local_recv_fds(run, "recv 2", pair[1], 2, 0, 0, &received);
    local_recv_fds(run, "recv 2 TRUNC", pair[1], 2, 0, MSG_TRUNC, &received);
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
    send_text(run, pair[0], "abc");
    tell_recv(run, "recv WAITALL", pair[1], 8, MSG_WAITALL);
    tell(run, "write nothing", run->net->write(pair[0], "", 0));
    tell(run, "read of it", run->net->read(pair[1], &received, 1));
    tell(run, "send OOB", run->net->sendto(pair[0], "a", 1, MSG_OOB | MSG_NOSIGNAL, NULL));
    tell_recv(run, "recv OOB", pair[1], 8, MSG_OOB);
    tell(run, "send EOR", run->net->sendto(pair[0], "a", 1, MSG_EOR | MSG_NOSIGNAL, NULL));
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
}

CASE(a_unix_datagram_needs_somewhere_to_go)
{
    int fd = local_socket(run, SOCK_DGRAM, NULL);
    int stream = local_listener(run, SOCK_STREAM, "stream", 1);

    run->net->close(local_socket(run, SOCK_DGRAM, "stale"));
    tell(run, "send", send_text(run, fd, "a"));
    tell(run, "send nothing", send_text(run, fd, ""));
    tell(run, "write", run->net->write(fd, "a", 1));
    tell_recv(run, "recv", fd, 8, 0);
    tell(run, "to an absent path", send_to(run, fd, "a", "absent"));
    tell(run, "to an absent abstract name", send_to(run, fd, "a", "@absent"));
    tell(run, "to a stale path", send_to(run, fd, "a", "stale"));
    tell(run, "to a stream", send_to(run, fd, "a", "stream"));
    run->net->close(stream);
    run->net->unlink("stream");
    run->net->unlink("stale");
}

CASE(a_connected_unix_datagram_socket_hears_its_peer_only)
{
    int server = local_socket(run, SOCK_DGRAM, "@server");
    int friend = local_socket(run, SOCK_DGRAM, "@friend");
    int stranger = local_socket(run, SOCK_DGRAM, "@stranger");

    local_connect(run, "connect", server, "@friend");
    tell(run, "friend sends", send_to(run, friend, "hello", "@server"));
    tell(run, "stranger sends", send_to(run, stranger, "hello", "@server"));
    local_connect(run, "stranger connects", stranger, "@server");
    tell_sockname(run, "stranger", stranger);
    tell_peername(run, "stranger", stranger);
    tell_from(run, "recv", server);
    tell_from(run, "recv", server);
    tell(run, "server sends to the stranger", send_to(run, server, "over there", "@stranger"));
    tell_from(run, "stranger: recv", stranger);
    tell(run, "server sends", send_text(run, server, "here"));
    tell_from(run, "friend: recv", friend);
}

CASE(a_unix_datagram_socket_can_change_and_lose_its_peer)
{
    struct drill_sockaddr none = {.family = AF_UNSPEC};
    int client = local_socket(run, SOCK_DGRAM, "@client");
    int first = local_socket(run, SOCK_DGRAM, "@first");
    int second = local_socket(run, SOCK_DGRAM, "@second");

    local_connect(run, "first connects", first, "@client");
    local_connect(run, "connect to the first", client, "@first");
    tell(run, "first sends", send_text(run, first, "from the first"));
    local_connect(run, "connect to the second", client, "@second");
    tell_peername(run, "client", client);
    tell_from(run, "recv", client);
    tell_so_error(run, "first", first);
    tell(run, "first sends", send_text(run, first, "again"));
    tell(run, "send", send_text(run, client, "to the second"));
    tell_from(run, "second: recv", second);
    tell(run, "connect to none", run->net->connect(client, &none));
    tell_peername(run, "client", client);
    tell(run, "send", send_text(run, client, "to none"));
    tell(run, "first sends", send_text(run, first, "once more"));
    tell_from(run, "recv", client);
    local_connect(run, "connect to an absent one", client, "@absent");
    local_connect(run, "connect to itself", client, "@client");
    tell(run, "send", send_text(run, client, "to itself"));
    tell_from(run, "recv", client);
}

CASE(a_unix_datagram_peer_that_is_gone_is_refused_once)
{
    int client = local_socket(run, SOCK_DGRAM, NULL);
    int server = local_socket(run, SOCK_DGRAM, "@server");

    local_connect(run, "connect", client, "@server");
    tell(run, "send", send_text(run, client, "unread"));
    run->net->close(server);
    tell_poll(run, "client", client);
    tell_peername(run, "client", client);
    tell(run, "send", send_text(run, client, "a"));
    tell(run, "send", send_text(run, client, "a"));
    tell_peername(run, "client", client);
    tell_recv(run, "recv", client, 8, 0);
    tell_poll(run, "client", client);
}

CASE(a_unix_datagram_pair_that_is_closed_resets_its_peer)
{
    int pair[2];

    local_pair(run, SOCK_DGRAM, pair);
    send_text(run, pair[0], "last");
    send_text(run, pair[1], "unread");
    run->net->close(pair[0]);
    tell_poll(run, "peer", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_so_error(run, "peer", pair[1]);
    tell(run, "send", send_text(run, pair[1], "a"));
    tell(run, "send", send_text(run, pair[1], "a"));
}

CASE(a_new_owner_of_a_name_is_not_the_old_peer)
{
    int client = local_socket(run, SOCK_DGRAM, NULL);
    int server = local_socket(run, SOCK_DGRAM, "@server");

    local_connect(run, "connect", client, "@server");
    run->net->close(server);
    server = local_socket(run, SOCK_DGRAM, "@server");
    tell(run, "send", send_text(run, client, "a"));
    tell_from(run, "recv", server);
    tell(run, "sendto", send_to(run, client, "a", "@server"));
    tell_from(run, "recv", server);
}

CASE(a_full_unix_datagram_queue_pushes_back)
{
    struct timeval patience = {.tv_usec = 20000};
    int server = local_socket(run, SOCK_DGRAM, "@server");
    int client = local_socket(run, SOCK_DGRAM, NULL);
    int count = 0;

    local_connect(run, "connect", client, "@server");
    while (count < 2000 && send_text(run, client, "a") > 0)
        count++;
    say(run, "some were sent: %d, not all: %d", count > 0, count < 2000);
    tell(run, "send", send_text(run, client, "a"));
    tell(run, "sendto", send_to(run, local_socket(run, SOCK_DGRAM, NULL), "a", "@server"));
    tell_poll(run, "client", client);
    tell_poll(run, "server", server);
    run->net->set_nonblock(client, false);
    tell(run, "SO_SNDTIMEO",
         run->net->setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
    tell(run, "send for 20 ms", run->net->write(client, "a", 1));
    tell_recv(run, "recv", server, 8, 0);
    tell_poll(run, "client", client);
    tell(run, "send", run->net->write(client, "a", 1));
}

CASE(a_unix_datagram_fits_into_the_send_buffer)
{
    static char data[400000];
    int pair[2];
    int size = 0;

    for (const struct local_type *type = local_types + 1; type->name; type++) {
        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        must(run, "SO_SNDBUF", run->net->setsockopt_int(pair[0], SOL_SOCKET, SO_SNDBUF, 100000));
        tell_option(run, "SO_SNDBUF", pair[0], SOL_SOCKET, SO_SNDBUF);
        run->net->getsockopt_int(pair[0], SOL_SOCKET, SO_SNDBUF, &size);
        tell(run, "too large", run->net->sendto(pair[0], data, sizeof data, MSG_NOSIGNAL, NULL));
        tell(run, "as large", run->net->sendto(pair[0], data, (size_t)size, MSG_NOSIGNAL, NULL));
        tell(run, "31 less",
             run->net->sendto(pair[0], data, (size_t)size - 31, MSG_NOSIGNAL, NULL));
        tell(run, "half", run->net->sendto(pair[0], data, (size_t)size / 2, MSG_NOSIGNAL, NULL));
        tell(run, "recv", run->net->recvfrom(pair[1], data, sizeof data, MSG_DONTWAIT, NULL));
        close_pair(run, pair);
    }
}

CASE(unix_datagram_sockets_can_be_shut)
{
    int client = local_socket(run, SOCK_DGRAM, "@client");
    int server = local_socket(run, SOCK_DGRAM, "@server");
    int pair[2];

    tell(run, "shutdown of an unconnected one", run->net->shutdown(client, SHUT_RD));
    tell(run, "send to it", send_to(run, server, "a", "@client"));
    local_connect(run, "connect", client, "@server");
    tell(run, "shutdown of writing", run->net->shutdown(client, SHUT_WR));
    tell(run, "send", send_text(run, client, "a"));
    tell(run, "sendto", send_to(run, client, "a", "@server"));
    tell_recv(run, "recv", client, 8, 0);
    tell_poll(run, "client", client);

    local_pair(run, SOCK_DGRAM, pair);
    send_text(run, pair[1], "before");
    tell(run, "shutdown of reading", run->net->shutdown(pair[0], SHUT_RD));
    tell(run, "peer: send", send_text(run, pair[1], "after"));
    tell_recv(run, "recv", pair[0], 8, 0);
    tell_recv(run, "recv", pair[0], 8, 0);
    run->net->set_nonblock(pair[0], false);
    tell(run, "recv that would wait", run->net->recvfrom(pair[0], pair, 1, 0, NULL));
    tell_poll(run, "shut", pair[0]);
    tell_poll(run, "its peer", pair[1]);
}

CASE(receiving_from_a_unix_datagram_socket_waits_as_long_as_told)
{
    struct timeval patience = {.tv_usec = 20000};
    int fd = must(run, "socket", run->net->socket(AF_UNIX, SOCK_DGRAM, 0));
    char data[8];

    tell(run, "SO_RCVTIMEO",
         run->net->setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    tell(run, "recv", run->net->recvfrom(fd, data, sizeof data, 0, NULL));
    tell(run, "read", run->net->read(fd, data, sizeof data));
}

CASE(an_offset_for_peeking_moves_along_unix_datagrams)
{
    int pair[2];

    local_pair(run, SOCK_DGRAM, pair);
    tell(run, "SO_PEEK_OFF", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PEEK_OFF, 1));
    send_text(run, pair[0], "abc");
    send_text(run, pair[0], "def");
    tell_recv(run, "peek", pair[1], 1, MSG_PEEK);
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
}
