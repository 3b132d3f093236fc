/* The limit of descriptors: what each call that makes one answers at it, and what it keeps. */
#include "tests/conformance/local.h"

#include <string.h>

/* A socket, and a limit that leaves room for `room` descriptors above it. */
static int limited(struct run *run, unsigned room)
{
    int fd = must(run, "socket", run->net->socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));

    if (fd >= 0)
        must(run, "limit", run->net->limit_descriptors((unsigned)fd + 1 + room));
    return fd;
}

CASE(a_socket_beyond_the_limit_is_emfile)
{
    int first = limited(run, 2);
    int second = tell_fd(run, "socket", run->net->socket(AF_INET, SOCK_STREAM, 0));

    tell_fd(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));
    tell_fd(run, "socket at the limit", run->net->socket(AF_UNIX, SOCK_STREAM, 0));
    tell_fd(run, "socket of no family", run->net->socket(99, SOCK_STREAM, 0));
    tell_fd(run, "dup", run->net->dup(first));
    tell_fd(run, "dup of a closed one", run->net->dup(first + 100));
    tell_fd(run, "epoll_create", run->net->epoll_create());
    tell(run, "dup2 to the limit", run->net->dup2(first, first + 3));
    say(run, "dup2 below it: %d", run->net->dup2(first, second) == second);
    run->net->close(second);
    tell_fd(run, "socket after a close", run->net->socket(AF_INET, SOCK_STREAM, 0));
}

CASE(a_socketpair_needs_room_for_two)
{
    int pair[2] = {-1, -1};

    limited(run, 1);
    tell(run, "socketpair", run->net->socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    say(run, "the array is as it was: %d", pair[0] == -1 && pair[1] == -1);
    tell_fd(run, "socket", run->net->socket(AF_UNIX, SOCK_STREAM, 0));
}

CASE(accept_at_the_limit_keeps_the_connection)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int last;

    local_connect(run, "connect", client, "@x");
    last = limited(run, 0);
    tell_poll(run, "server", server);
    tell_fd(run, "accept", run->net->accept(server, NULL));
    tell_poll(run, "server", server);
    run->net->close(last);
    tell_fd(run, "accept after a close", run->net->accept(server, NULL));
}

CASE(descriptors_received_at_the_limit_are_lost)
{
    struct local_received received;
    int way[2];
    int sent[2];

    local_pair(run, SOCK_DGRAM, way);
    local_pair(run, SOCK_STREAM, sent);
    local_send_fds(run, way[0], "ab", (int[]){sent[0], sent[0], sent[0]}, 3);
    local_send_fds(run, way[0], "cd", (int[]){sent[0], sent[0], sent[0]}, 3);
    run->net->close(limited(run, 1));
    local_recv_fds(run, "recv with room for two", way[1], 8, 128, 0, &received);
    local_recv_fds(run, "recv without room", way[1], 8, 128, 0, &received);
}

CASE(a_lower_limit_leaves_open_descriptors_alone)
{
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    if (pair[0] >= 0)
        tell(run, "limit", run->net->limit_descriptors((unsigned)pair[0]));
    local_tell_joined(run, "the pair", pair[0], pair[1]);
    tell_fd(run, "socket", run->net->socket(AF_UNIX, SOCK_STREAM, 0));
    run->net->close(pair[0]);
    tell_fd(run, "socket after a close", run->net->socket(AF_UNIX, SOCK_STREAM, 0));
    tell(run, "dup2 to itself", run->net->dup2(pair[1], pair[1]) == pair[1]);
}
