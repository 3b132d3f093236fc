/* poll: the bits of every state of every kind of socket. */
#include "tests/conformance/local.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static const struct {
    int bit;
    const char *name;
} single_bits[] = {
    {0, "0"},
    {POLLIN, "IN"},
    {POLLPRI, "PRI"},
    {POLLOUT, "OUT"},
    {POLLRDNORM, "RDNORM"},
    {POLLRDBAND, "RDBAND"},
    {POLLWRNORM, "WRNORM"},
    {POLLWRBAND, "WRBAND"},
    {POLLRDHUP, "RDHUP"},
    {POLLERR, "ERR"},
    {POLLHUP, "HUP"},
    {POLLNVAL, "NVAL"},
};

CASE(what_a_fresh_socket_polls)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int fd = run->net->socket(run->family, types[i], 0);

        if (fd == -ESOCKTNOSUPPORT)
            continue;
        must(run, "socket", fd);
        tell_poll(run, "fresh", fd);
        run->net->close(fd);
    }
}

CASE(what_a_bound_and_a_listening_stream_poll)
{
    struct drill_sockaddr addr =
        run->family == AF_UNIX ? unix_name("@x") : loopback(run->family, 0);
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "bind", run->net->bind(fd, &addr));
    tell_poll(run, "bound", fd);
    tell(run, "listen", run->net->listen(fd, 5));
    tell_poll(run, "listening", fd);
    run->net->getsockname(fd, &addr);
    tell(run, "connect", run->net->connect(socket_of(run, SOCK_STREAM), &addr));
    run->net->settle();
    tell_poll(run, "with a connection", fd);
    run->net->close(run->net->accept(fd, NULL));
    tell_poll(run, "without it", fd);
    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RD));
    tell_poll(run, "shut", fd);
}

CASE(what_a_connected_stream_polls)
{
    int pair[2];

    connected_pair(run, pair);
    tell_poll(run, "connected", pair[0]);
    tell_poll(run, "accepted", pair[1]);
    send_text(run, pair[0], "ab");
    run->net->settle();
    tell_poll(run, "with data", pair[1]);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_poll(run, "with half of it", pair[1]);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_poll(run, "with none", pair[1]);
    close_pair(run, pair);
}

CASE(what_a_half_closed_stream_polls)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "ab");
    tell(run, "shutdown of writing", run->net->shutdown(pair[0], SHUT_WR));
    run->net->settle();
    tell_poll(run, "shut for writing", pair[0]);
    tell_poll(run, "its peer with data", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "its peer at the end", pair[1]);
    tell(run, "peer: shutdown of writing", run->net->shutdown(pair[1], SHUT_WR));
    run->net->settle();
    tell_poll(run, "both shut for writing", pair[0]);
    tell_poll(run, "its peer", pair[1]);
    close_pair(run, pair);
}

CASE(what_a_stream_shut_for_reading_polls)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "shutdown of reading", run->net->shutdown(pair[0], SHUT_RD));
    run->net->settle();
    tell_poll(run, "shut for reading", pair[0]);
    tell_poll(run, "its peer", pair[1]);
    tell(run, "shutdown of both", run->net->shutdown(pair[0], SHUT_RDWR));
    run->net->settle();
    tell_poll(run, "shut for both", pair[0]);
    tell_poll(run, "its peer", pair[1]);
    close_pair(run, pair);
}

CASE(what_a_stream_polls_when_its_peer_has_closed)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->close(pair[0]);
    run->net->settle();
    tell_poll(run, "peer closed", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "after the end was read", pair[1]);
    tell(run, "shutdown of writing", run->net->shutdown(pair[1], SHUT_WR));
    run->net->settle();
    tell_poll(run, "shut for writing", pair[1]);
    run->net->close(pair[1]);
}

CASE(what_a_reset_stream_polls)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[1], "unread");
    run->net->settle();
    run->net->close(pair[0]);
    run->net->settle();
    tell_poll(run, "reset", pair[1]);
    tell_so_error(run, "reset", pair[1]);
    tell_poll(run, "after SO_ERROR", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    run->net->close(pair[1]);
}

CASE(what_a_refused_stream_polls)
{
    struct drill_sockaddr addr;
    int server = listener(run, 1, &addr);
    int fd = socket_of(run, SOCK_STREAM);

    run->net->close(server);
    run->net->set_nonblock(fd, true);
    run->net->connect(fd, &addr);
    run->net->settle();
    tell_poll(run, "refused", fd);
    tell_so_error(run, "refused", fd);
    tell_poll(run, "after SO_ERROR", fd);
    run->net->close(fd);
}

CASE(what_a_stream_with_an_urgent_byte_polls)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "ab");
    tell(run, "send OOB", run->net->sendto(pair[0], "!", 1, MSG_OOB | MSG_NOSIGNAL, NULL));
    run->net->settle();
    tell_poll(run, "data and urgent", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "urgent", pair[1]);
    tell_recv(run, "recv OOB", pair[1], 8, MSG_OOB);
    tell_poll(run, "none", pair[1]);
    close_pair(run, pair);
}

CASE(what_a_full_stream_polls)
{
    static char data[65536];
    int pair[2];
    long result = 1;

    connected_pair(run, pair);
    while (result > 0) {
        while (result > 0)
            result =
                run->net->sendto(pair[0], data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL, NULL);
        run->net->settle();
        result = run->net->sendto(pair[0], data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL, NULL);
    }
    tell(run, "send", result);
    tell_poll(run, "full", pair[0]);
    tell_poll(run, "its peer", pair[1]);
    do {
        while (run->net->recvfrom(pair[1], data, sizeof data, MSG_DONTWAIT, NULL) > 0)
            ;
        run->net->settle();
        result = run->net->recvfrom(pair[1], data, sizeof data, MSG_DONTWAIT, NULL);
    } while (result > 0);
    tell(run, "recv", result);
    tell_poll(run, "drained", pair[0]);
    close_pair(run, pair);
}

CASE(what_datagram_sockets_poll)
{
    struct drill_sockaddr addr;
    int server = bound_socket(run, SOCK_DGRAM, &addr);
    int client = socket_of(run, SOCK_DGRAM);

    tell_poll(run, "bound", server);
    tell(run, "connect", run->net->connect(client, &addr));
    tell_poll(run, "connected", client);
    send_text(run, client, "");
    run->net->settle();
    tell_poll(run, "with an empty one", server);
    tell_recv(run, "recv", server, 8, 0);
    tell_poll(run, "with none", server);
    run->net->close(server);
    send_text(run, client, "a");
    run->net->settle();
    tell_poll(run, "refused", client);
    tell_so_error(run, "refused", client);
    tell_poll(run, "after SO_ERROR", client);
}

CASE(what_shut_datagram_sockets_poll)
{
    struct drill_sockaddr addr;
    int server = bound_socket(run, SOCK_DGRAM, &addr);
    int client = socket_of(run, SOCK_DGRAM);

    tell(run, "shutdown unconnected", run->net->shutdown(client, SHUT_RD));
    tell_poll(run, "unconnected", client);
    tell(run, "connect", run->net->connect(client, &addr));
    tell(run, "shutdown of reading", run->net->shutdown(client, SHUT_RD));
    tell_poll(run, "shut for reading", client);
    tell(run, "shutdown of writing", run->net->shutdown(client, SHUT_WR));
    tell_poll(run, "shut for both", client);
    run->net->close(server);
}

CASE(poll_answers_what_it_was_asked_and_what_it_must)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "a");
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->shutdown(pair[1], SHUT_WR);
    run->net->settle();
    for (size_t i = 0; i < sizeof single_bits / sizeof *single_bits; i++) {
        struct drill_pollfd poll = {.fd = pair[1], .events = (int16_t)single_bits[i].bit};
        int result = run->net->poll(&poll, 1, 0);

        say(run, "%s: %d, %s", single_bits[i].name, result, poll_text(run, poll.revents));
    }
    close_pair(run, pair);
}

CASE(poll_passes_over_negative_descriptors_and_tells_of_bad_ones)
{
    int pair[2];
    struct drill_pollfd fds[5];

    connected_pair(run, pair);
    send_text(run, pair[0], "a");
    run->net->settle();
    fds[0] = (struct drill_pollfd){.fd = -1, .events = POLLIN, .revents = POLLIN};
    fds[1] = (struct drill_pollfd){.fd = pair[1], .events = POLLIN};
    fds[2] = (struct drill_pollfd){.fd = INT32_MAX, .events = POLLIN};
    fds[3] = (struct drill_pollfd){.fd = pair[1], .events = POLLOUT};
    fds[4] = (struct drill_pollfd){.fd = pair[0], .events = POLLIN, .revents = POLLERR};
    tell(run, "poll", run->net->poll(fds, 5, 0));
    for (int i = 0; i < 5; i++)
        say(run, "%d: %s", i, poll_text(run, fds[i].revents));
    tell(run, "poll of a bad one, waiting", run->net->poll(&fds[2], 1, DRILL_NEVER));
    tell(run, "poll of none", run->net->poll(fds, 0, 0));
    close_pair(run, pair);
}

CASE(poll_waits_until_its_deadline)
{
    int pair[2];
    struct drill_pollfd poll;
    int64_t start;

    connected_pair(run, pair);
    poll = (struct drill_pollfd){.fd = pair[0], .events = POLLIN, .revents = POLLIN};
    start = run->net->monotonic();
    tell(run, "poll", run->net->poll(&poll, 1, start + 10 * DRILL_MS));
    say(run, "waited: %d, %s", run->net->monotonic() - start >= 10 * DRILL_MS,
        poll_text(run, poll.revents));
    start = run->net->monotonic();
    tell(run, "poll of none", run->net->poll(NULL, 0, start + 5 * DRILL_MS));
    say(run, "waited: %d", run->net->monotonic() - start >= 5 * DRILL_MS);
    tell(run, "poll with a past deadline", run->net->poll(&poll, 1, start));
    close_pair(run, pair);
}

static const struct net *waker_net;

static void send_later(void *argument)
{
    waker_net->sleep(5 * DRILL_MS);
    waker_net->sendto(*(int *)argument, "a", 1, MSG_NOSIGNAL, NULL);
}

static void shut_later(void *argument)
{
    waker_net->sleep(5 * DRILL_MS);
    waker_net->shutdown(*(int *)argument, SHUT_RDWR);
}

CASE(poll_wakes_when_something_happens)
{
    int pair[2];
    struct drill_pollfd poll;

    waker_net = run->net;
    connected_pair(run, pair);
    poll = (struct drill_pollfd){.fd = pair[1], .events = POLLIN};
    run->net->spawn(send_later, &pair[0]);
    tell(run, "poll", run->net->poll(&poll, 1, DRILL_NEVER));
    say(run, "data: %s", poll_text(run, poll.revents));
    run->net->join_all();
    poll.events = POLLRDHUP;
    run->net->spawn(shut_later, &pair[0]);
    tell(run, "poll", run->net->poll(&poll, 1, DRILL_NEVER));
    say(run, "end: %s", poll_text(run, poll.revents));
    run->net->join_all();
    close_pair(run, pair);
}
