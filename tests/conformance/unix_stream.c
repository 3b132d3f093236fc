/* Unix stream and seqpacket sockets: listening, connecting, what crosses and how it ends. */
#include "tests/conformance/local.h"

#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

static const struct local_type connected_types[] = {
    {SOCK_STREAM, "stream"},
    {SOCK_SEQPACKET, "seqpacket"},
    {0, NULL},
};

CASE(a_unix_backlog_holds_one_more_than_asked)
{
    static const int backlogs[] = {0, 1, 3};

    for (size_t i = 0; i < sizeof backlogs / sizeof *backlogs; i++) {
        int server = local_listener(run, SOCK_STREAM, "@x", backlogs[i]);

        say(run, "backlog %d", backlogs[i]);
        for (int n = 0; n < 5; n++)
            local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
        tell_fd(run, "accept", run->net->accept(server, NULL));
        local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
        local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
        run->net->close(server);
    }
}

CASE(a_unix_backlog_may_change_and_a_negative_one_is_large)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 0);

    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "listen 1", run->net->listen(server, 1));
    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "listen -1", run->net->listen(server, -1));
    for (int i = 0; i < 8; i++)
        local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
}

CASE(a_blocking_unix_connect_waits_for_room_in_the_backlog)
{
    struct timeval patience = {.tv_usec = 20000};
    int server = local_listener(run, SOCK_STREAM, "@x", 0);
    int client = must(run, "socket", run->net->socket(AF_UNIX, SOCK_STREAM, 0));

    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "SO_SNDTIMEO",
         run->net->setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
    local_connect(run, "connect for 20 ms", client, "@x");
    tell_fd(run, "accept", run->net->accept(server, NULL));
    local_connect(run, "connect", client, "@x");
}

CASE(listening_needs_a_bound_unix_socket_of_a_connected_type)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int fd = local_socket(run, type->type, NULL);
        int pair[2];

        say(run, "%s", type->name);
        tell(run, "listen unbound", run->net->listen(fd, 1));
        tell_fd(run, "accept unbound", run->net->accept(fd, NULL));
        run->net->close(fd);
        fd = local_socket(run, type->type, "@x");
        tell_fd(run, "accept bound", run->net->accept(fd, NULL));
        tell(run, "listen bound", run->net->listen(fd, 1));
        tell(run, "listen again", run->net->listen(fd, 2));
        tell_fd(run, "accept", run->net->accept(fd, NULL));
        local_connect(run, "connect to itself", fd, "@x");
        tell(run, "send", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, NULL));
        tell_recv(run, "recv", fd, 4, 0);
        tell_option(run, "SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
        run->net->close(fd);
        local_pair(run, type->type, pair);
        tell(run, "listen of a pair", run->net->listen(pair[0], 1));
        tell_fd(run, "accept of a pair", run->net->accept(pair[0], NULL));
        close_pair(run, pair);
    }
}

CASE(an_unconnected_unix_socket_carries_nothing)
{
    struct drill_sockaddr to = unix_name("@server");

    local_listener(run, SOCK_STREAM, "@server", 5);
    local_listener(run, SOCK_SEQPACKET, "@server", 5);
    for (const struct local_type *type = connected_types; type->name; type++) {
        int fd = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        tell(run, "send", send_text(run, fd, "a"));
        tell(run, "send nothing", send_text(run, fd, ""));
        tell_recv(run, "recv", fd, 4, 0);
        tell_recv(run, "recv nothing", fd, 0, 0);
        tell(run, "read", run->net->read(fd, &to, 1));
        tell(run, "sendto", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &to));
        tell(run, "shutdown", run->net->shutdown(fd, SHUT_WR));
        tell(run, "send after shutdown", send_text(run, fd, "a"));
        local_connect(run, "connect after shutdown", fd, "@server");
        tell(run, "send", send_text(run, fd, "a"));
        local_connect(run, "connect again", fd, "@server");
        tell(run, "sendto a connected one", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &to));
        tell(run, "listen of a connected one", run->net->listen(fd, 1));
    }
}

CASE(a_unix_connection_works_before_it_is_accepted)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int server = local_listener(run, type->type, "@x", 5);
        int client = local_socket(run, type->type, NULL);
        int accepted;

        say(run, "%s", type->name);
        local_connect(run, "connect", client, "@x");
        tell_poll(run, "client", client);
        tell_poll(run, "server", server);
        tell(run, "send", send_text(run, client, "early"));
        tell_recv(run, "recv of the client", client, 8, 0);
        run->net->close(client);
        accepted = tell_fd(run, "accept", run->net->accept(server, NULL));
        tell_poll(run, "accepted", accepted);
        tell_recv(run, "recv", accepted, 8, 0);
        tell_recv(run, "recv", accepted, 8, 0);
        tell(run, "send", send_text(run, accepted, "late"));
        run->net->close(server);
        run->net->close(accepted);
    }
}

CASE(closing_a_unix_listener_resets_who_waits_in_it)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int server = local_listener(run, type->type, "@x", 5);
        int silent = local_socket(run, type->type, NULL);
        int writer = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        local_connect(run, "connect", silent, "@x");
        local_connect(run, "connect", writer, "@x");
        tell(run, "send", send_text(run, writer, "abc"));
        run->net->close(server);
        tell_poll(run, "silent", silent);
        tell_recv(run, "recv", silent, 8, 0);
        tell_recv(run, "recv", silent, 8, 0);
        tell(run, "send", send_text(run, writer, "abc"));
        tell_so_error(run, "writer", writer);
        tell_recv(run, "recv", writer, 8, 0);
        run->net->close(silent);
        run->net->close(writer);
    }
}

CASE(a_unix_listener_shut_for_reading_accepts_no_more)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);

    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "shutdown of writing", run->net->shutdown(server, SHUT_WR));
    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "shutdown of reading", run->net->shutdown(server, SHUT_RD));
    local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell_poll(run, "server", server);
    tell_fd(run, "accept", run->net->accept(server, NULL));
    tell_fd(run, "accept", run->net->accept(server, NULL));
    tell_fd(run, "accept", run->net->accept(server, NULL));
}

CASE(accept4_sets_flags_and_a_unix_listener_gives_none_on)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);

    for (int i = 0; i < 3; i++)
        local_connect(run, "connect", local_socket(run, SOCK_STREAM, NULL), "@x");
    tell(run, "listener waits not", run->net->get_nonblock(server));
    tell(run, "accept", run->net->get_nonblock(run->net->accept(server, NULL)));
    tell(run, "accept4", run->net->get_nonblock(run->net->accept4(server, NULL, SOCK_NONBLOCK)));
    tell(run, "accept4 of other flags", run->net->accept4(server, NULL, 1));
    tell(run, "accept4 of cloexec", run->net->accept4(server, NULL, SOCK_CLOEXEC) >= 0);
}

CASE(a_unix_stream_has_no_boundaries_and_a_seqpacket_has)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        struct local_received received;
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[0], "abc");
        send_text(run, pair[0], "defg");
        tell_recv(run, "peek", pair[1], 2, MSG_PEEK);
        tell_recv(run, "recv 2", pair[1], 2, 0);
        tell_recv(run, "recv 8", pair[1], 8, 0);
        tell_recv(run, "recv 8", pair[1], 8, 0);
        send_text(run, pair[0], "hij");
        local_recv_fds(run, "recv 2 PEEK TRUNC", pair[1], 2, 0, MSG_TRUNC | MSG_PEEK, &received);
        local_recv_fds(run, "recv 2 TRUNC", pair[1], 2, 0, MSG_TRUNC, &received);
        send_text(run, pair[0], "klm");
        tell_recv(run, "recv nothing", pair[1], 0, 0);
        tell_recv(run, "recv", pair[1], 8, 0);
        close_pair(run, pair);
    }
}

CASE(waitall_on_unix_sockets_ends_with_the_data)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        char data[8];
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        run->net->set_nonblock(pair[1], false);
        send_text(run, pair[0], "ab");
        send_text(run, pair[0], "cd");
        tell_data(run, "4 of 4", run->net->recvfrom(pair[1], data, 4, MSG_WAITALL, NULL), data);
        send_text(run, pair[0], "ef");
        run->net->shutdown(pair[0], SHUT_WR);
        tell_data(run, "2 of 4", run->net->recvfrom(pair[1], data, 4, MSG_WAITALL, NULL), data);
        close_pair(run, pair);
    }
}

CASE(empty_messages_on_connected_unix_sockets)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        struct local_received received;
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        tell(run, "send nothing", send_text(run, pair[0], ""));
        tell(run, "write nothing", run->net->write(pair[0], "", 0));
        tell_poll(run, "receiver", pair[1]);
        local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
        local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
        local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
        run->net->close(pair[0]);
        local_recv_fds(run, "recv after close", pair[1], 8, 0, 0, &received);
        run->net->close(pair[1]);
    }
}

CASE(seqpacket_flags_tell_of_truncation)
{
    struct local_received received;
    int pair[2];

    local_pair(run, SOCK_SEQPACKET, pair);
    tell(run, "send EOR", run->net->sendto(pair[0], "abcdef", 6, MSG_EOR | MSG_NOSIGNAL, NULL));
    send_text(run, pair[0], "ghijkl");
    send_text(run, pair[0], "mnopqr");
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
    local_recv_fds(run, "recv 3 of 6", pair[1], 3, 0, 0, &received);
    local_recv_fds(run, "recv 3 of 6 TRUNC", pair[1], 3, 0, MSG_TRUNC, &received);
    tell(run, "send MORE", run->net->sendto(pair[0], "ab", 2, MSG_MORE | MSG_NOSIGNAL, NULL));
    local_recv_fds(run, "recv", pair[1], 8, 0, 0, &received);
    tell(run, "send OOB", run->net->sendto(pair[0], "ab", 2, MSG_OOB | MSG_NOSIGNAL, NULL));
    tell_recv(run, "recv OOB", pair[1], 8, MSG_OOB);
    tell(run, "readable", run->net->poll(&(struct drill_pollfd){pair[1], POLLIN, 0}, 1, 0));
}

CASE(unix_data_is_gathered_and_scattered)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        char first[3] = "";
        char second[8] = "";
        struct drill_iovec out[3] = {{"ab", 2}, {"", 0}, {"cdefg", 5}};
        struct drill_iovec in[2] = {{first, sizeof first}, {second, sizeof second}};
        struct drill_message sent = {.parts = out, .part_count = 3};
        struct drill_message got = {.parts = in, .part_count = 2};
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        tell(run, "sendmsg", run->net->sendmsg_n(pair[0], &sent, MSG_NOSIGNAL));
        tell(run, "recvmsg", run->net->recvmsg(pair[1], &got, 0));
        say(run, "'%s' '%s'", data_text(run, first, sizeof first), data_text(run, second, 4));
        sent.part_count = 0;
        got.part_count = 0;
        tell(run, "sendmsg of no part", run->net->sendmsg_n(pair[0], &sent, MSG_NOSIGNAL));
        tell(run, "recvmsg of no part", run->net->recvmsg(pair[1], &got, 0));
        send_text(run, pair[0], "xyz");
        tell(run, "recvmsg of no part", run->net->recvmsg(pair[1], &got, 0));
        tell_recv(run, "recv", pair[1], 8, 0);
        close_pair(run, pair);
    }
}

CASE(a_unix_connection_ends_one_way_at_a_time)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[0], "last");
        tell(run, "shutdown of writing", run->net->shutdown(pair[0], SHUT_WR));
        tell(run, "send", send_text(run, pair[0], "x"));
        tell(run, "send nothing", send_text(run, pair[0], ""));
        tell_recv(run, "peer: recv", pair[1], 8, 0);
        tell_recv(run, "peer: recv at the end", pair[1], 8, 0);
        tell(run, "peer: send", send_text(run, pair[1], "back"));
        tell_recv(run, "recv", pair[0], 8, 0);
        tell(run, "shutdown again", run->net->shutdown(pair[0], SHUT_WR));
        tell(run, "peer: shutdown of both", run->net->shutdown(pair[1], SHUT_RDWR));
        tell_recv(run, "recv", pair[0], 8, 0);
        tell(run, "shutdown of 3", run->net->shutdown(pair[0], 3));
        tell(run, "shutdown of -1", run->net->shutdown(pair[0], -1));
        close_pair(run, pair);
    }
}

CASE(a_unix_socket_shut_for_reading_keeps_what_it_has)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[1], "before");
        tell(run, "shutdown of reading", run->net->shutdown(pair[0], SHUT_RD));
        tell(run, "peer: send", send_text(run, pair[1], "after"));
        tell_recv(run, "recv", pair[0], 8, 0);
        tell_recv(run, "recv", pair[0], 8, 0);
        tell(run, "send", send_text(run, pair[0], "on"));
        tell_recv(run, "peer: recv", pair[1], 8, 0);
        close_pair(run, pair);
    }
}
