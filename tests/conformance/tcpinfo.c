/* The state that TCP_INFO tells, its first byte, in every state a program can be in with its
 * socket. */
#include <netinet/tcp.h>

#include "tests/conformance/harness.h"

static void tell_state(struct run *run, const char *what, int fd)
{
    static const char *const names[] = {
        [TCP_ESTABLISHED] = "ESTABLISHED",
        [TCP_SYN_SENT] = "SYN_SENT",
        [TCP_SYN_RECV] = "SYN_RECV",
        [TCP_FIN_WAIT1] = "FIN_WAIT1",
        [TCP_FIN_WAIT2] = "FIN_WAIT2",
        [TCP_TIME_WAIT] = "TIME_WAIT",
        [TCP_CLOSE] = "CLOSE",
        [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
        [TCP_LAST_ACK] = "LAST_ACK",
        [TCP_LISTEN] = "LISTEN",
        [TCP_CLOSING] = "CLOSING",
    };
    unsigned char state = 0;
    size_t size = sizeof state;
    int result = run->net->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &size);

    if (result < 0)
        say(run, "%s: TCP_INFO = %s", what, error_name(-result));
    else
        say(run, "%s is %s, %zu byte", what, state <= TCP_CLOSING ? names[state] : "?", size);
}

CASE(tcp_info_of_a_fresh_socket_is_close)
{
    int fd = socket_of(run, SOCK_STREAM);
    struct drill_sockaddr addr = loopback(run->family, 0);

    tell_state(run, "fresh", fd);
    run->net->bind(fd, &addr);
    tell_state(run, "bound", fd);
    run->net->close(fd);
    tell_state(run, "closed", fd);
}

CASE(tcp_info_of_a_listener_is_listen_until_its_shutdown)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 1, &addr);

    tell_state(run, "listener", fd);
    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RD));
    tell_state(run, "listener", fd);
}

CASE(tcp_info_follows_an_orderly_end)
{
    int pair[2];

    connected_pair(run, pair);
    tell_state(run, "a", pair[0]);
    tell_state(run, "b", pair[1]);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->sleep(60 * DRILL_MS); /* the acknowledgement may be delayed */
    tell_state(run, "a after its shutdown", pair[0]);
    tell_state(run, "b after a's shutdown", pair[1]);
    run->net->shutdown(pair[1], SHUT_WR);
    run->net->settle();
    tell_state(run, "a after both", pair[0]);
    tell_state(run, "b after both", pair[1]);
}

CASE(tcp_info_of_half_closed_readers_stays_established)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->shutdown(pair[0], SHUT_RD);
    run->net->settle();
    tell_state(run, "a", pair[0]);
    tell_state(run, "b", pair[1]);
}

CASE(tcp_info_after_the_peer_closed_is_close_wait)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->close(pair[0]);
    run->net->settle();
    tell_state(run, "b", pair[1]);
    send_text(run, pair[1], "x");
    run->net->settle();
    tell_state(run, "b after the reset its bytes called forth", pair[1]);
}

CASE(tcp_info_after_a_reset_is_close)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    int pair[2];

    connected_pair(run, pair);
    run->net->setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    run->net->close(pair[0]);
    run->net->settle();
    tell_state(run, "b", pair[1]);
}

CASE(tcp_info_after_a_refusal_is_close)
{
    struct drill_sockaddr addr;
    int bound = bound_socket(run, SOCK_STREAM, &addr);
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "connect", run->net->connect(fd, &addr));
    tell_state(run, "refused", fd);
    run->net->close(bound);
}

CASE(tcp_info_after_a_disconnect_is_close)
{
    struct drill_sockaddr none = {.family = AF_UNSPEC};
    int pair[2];

    connected_pair(run, pair);
    tell(run, "disconnect", run->net->connect(pair[0], &none));
    run->net->settle();
    tell_state(run, "a", pair[0]);
    tell_state(run, "b", pair[1]);
}

CASE(tcp_info_with_a_full_backlog_is_syn_sent)
{
    struct drill_sockaddr addr;
    int fds[3];

    listener(run, 0, &addr);
    for (int i = 0; i < 3; i++) {
        fds[i] = socket_of(run, SOCK_STREAM);
        run->net->set_nonblock(fds[i], true);
        run->net->connect(fds[i], &addr);
    }
    run->net->settle();
    tell_state(run, "first", fds[0]);
    tell_state(run, "second", fds[1]);
    tell_state(run, "third", fds[2]);
}

CASE(tcp_info_of_a_datagram_socket_is_no_option)
{
    tell_state(run, "datagram", socket_of(run, SOCK_DGRAM));
}
