/* How a stream ends: half-close, close, reset, and what every later call answers. */
#include <poll.h>

#include "tests/conformance/harness.h"

static const struct linger reset_on_close = {.l_onoff = 1, .l_linger = 0};

static void reset(struct run *run, int fd)
{
    run->net->setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset_on_close, sizeof reset_on_close);
    run->net->close(fd);
    run->net->settle();
}

/* All that one side answers from here on; the sends come last, for they may call forth a reset. */
static void tell_side(struct run *run, const char *what, int fd)
{
    tell_poll(run, what, fd);
    tell_recv(run, "  recv", fd, 8, 0);
    tell_recv(run, "  recv again", fd, 8, 0);
    tell(run, "  send", send_text(run, fd, "x"));
    run->net->settle();
    tell(run, "  send again", send_text(run, fd, "x"));
    tell_poll(run, "  then", fd);
    tell_so_error(run, "  then", fd);
}

CASE(half_close_keeps_the_other_direction)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "last");
    tell(run, "shutdown", run->net->shutdown(pair[0], SHUT_WR));
    run->net->settle();
    tell_poll(run, "a", pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_recv(run, "b recv", pair[1], 8, 0);
    tell_recv(run, "b recv the end", pair[1], 8, 0);
    tell(run, "a send", send_text(run, pair[0], "x"));
    tell(run, "b send", send_text(run, pair[1], "still here"));
    run->net->settle();
    tell_recv(run, "a recv", pair[0], 16, 0);
    tell(run, "b shutdown", run->net->shutdown(pair[1], SHUT_WR));
    run->net->settle();
    tell_recv(run, "a recv the end", pair[0], 16, 0);
    tell_poll(run, "a", pair[0]);
    tell_poll(run, "b", pair[1]);
}

CASE(shutdown_of_reading_ends_reading_here_only)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[1], "before");
    run->net->settle();
    tell(run, "shutdown RD", run->net->shutdown(pair[0], SHUT_RD));
    tell_poll(run, "a", pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_recv(run, "a recv", pair[0], 16, 0);
    tell_recv(run, "a recv", pair[0], 16, 0);
    tell(run, "b send", send_text(run, pair[1], "after"));
    run->net->settle();
    tell_poll(run, "a", pair[0]);
    tell_recv(run, "a recv", pair[0], 16, 0);
    tell(run, "a send", send_text(run, pair[0], "x"));
    run->net->settle();
    tell_recv(run, "b recv", pair[1], 16, 0);
}

CASE(shutdown_of_both_directions)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "shutdown", run->net->shutdown(pair[0], SHUT_RDWR));
    run->net->settle();
    tell_side(run, "a", pair[0]);
    tell_side(run, "b", pair[1]);
}

CASE(every_shutdown_after_another)
{
    static const int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            int pair[2];

            connected_pair(run, pair);
            say(run, "%d then %d", i, j);
            tell(run, "  first", run->net->shutdown(pair[0], ways[i]));
            tell(run, "  second", run->net->shutdown(pair[0], ways[j]));
            run->net->settle();
            tell_poll(run, "  a", pair[0]);
            tell_poll(run, "  b", pair[1]);
            close_pair(run, pair);
        }
    }
}

CASE(a_bad_shutdown_is_einval)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "3", run->net->shutdown(pair[0], 3));
    tell(run, "-1", run->net->shutdown(pair[0], -1));
    tell(run, "unconnected", run->net->shutdown(socket_of(run, SOCK_STREAM), SHUT_WR));
    tell(run, "no descriptor", run->net->shutdown(-1, SHUT_WR));
    tell_poll(run, "still", pair[0]);
}

CASE(a_shutdown_after_both_ended_is_enotconn)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    run->net->shutdown(pair[1], SHUT_WR);
    run->net->settle();
    tell(run, "a", run->net->shutdown(pair[0], SHUT_WR));
    tell(run, "b", run->net->shutdown(pair[1], SHUT_RDWR));
    tell_peername(run, "a's peer", pair[0]);
}

CASE(close_is_seen_as_the_end_then_as_a_reset)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "last");
    tell(run, "close", run->net->close(pair[0]));
    run->net->settle();
    tell_side(run, "b", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_send_after_the_peer_closed_calls_forth_a_reset)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->close(pair[0]);
    run->net->settle();
    tell(run, "send", send_text(run, pair[1], "x"));
    run->net->settle();
    tell_poll(run, "b", pair[1]);
    tell_so_error(run, "first", pair[1]);
    tell_so_error(run, "second", pair[1]);
    tell(run, "send", send_text(run, pair[1], "x"));
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_peername(run, "peer", pair[1]);
}

CASE(close_with_unread_bytes_resets)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "unread");
    run->net->settle();
    tell(run, "close", run->net->close(pair[1]));
    run->net->settle();
    tell_poll(run, "a", pair[0]);
    tell_recv(run, "recv", pair[0], 8, 0);
    tell_recv(run, "recv again", pair[0], 8, 0);
    tell_poll(run, "a", pair[0]);
    tell(run, "send", send_text(run, pair[0], "x"));
    tell_so_error(run, "a", pair[0]);
}

CASE(linger_0_resets_the_reader)
{
    int pair[2];

    connected_pair(run, pair);
    reset(run, pair[0]);
    tell_side(run, "b", pair[1]);
}

CASE(a_reset_is_told_to_a_sender_once)
{
    int pair[2];

    connected_pair(run, pair);
    reset(run, pair[0]);
    tell(run, "send", send_text(run, pair[1], "x"));
    tell(run, "send again", send_text(run, pair[1], "x"));
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_reset_is_told_by_so_error_once)
{
    int pair[2];

    connected_pair(run, pair);
    reset(run, pair[0]);
    tell_so_error(run, "first", pair[1]);
    tell_so_error(run, "second", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "b", pair[1]);
}

CASE(bytes_before_a_reset)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "bytes");
    run->net->settle();
    reset(run, pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_recv(run, "recv", pair[1], 2, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_reset_before_the_bytes_were_read_and_a_send)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "bytes");
    run->net->settle();
    reset(run, pair[0]);
    tell(run, "send", send_text(run, pair[1], "x"));
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_reset_after_a_half_close)
{
    int pair[2];

    connected_pair(run, pair);
    run->net->shutdown(pair[1], SHUT_WR);
    run->net->settle();
    reset(run, pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_so_error(run, "b", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    connected_pair(run, pair);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    reset(run, pair[0]);
    tell_poll(run, "b", pair[1]);
    tell_so_error(run, "b", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(linger_with_a_time_waits_for_the_acknowledgement)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 5};
    int pair[2];

    connected_pair(run, pair);
    run->net->setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    send_text(run, pair[0], "kept");
    tell(run, "close", run->net->close(pair[0]));
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(the_names_outlive_the_peer)
{
    int pair[2];

    connected_pair(run, pair);
    tell_sockname(run, "name", pair[0]);
    tell_peername(run, "peer", pair[0]);
    run->net->close(pair[1]);
    run->net->settle();
    tell_sockname(run, "name after the close", pair[0]);
    tell_peername(run, "peer after the close", pair[0]);
    connected_pair(run, pair);
    reset(run, pair[1]);
    tell_sockname(run, "name after the reset", pair[0]);
    tell_peername(run, "peer after the reset", pair[0]);
}

CASE(a_duplicate_keeps_the_stream_open)
{
    int pair[2];
    int copy;

    connected_pair(run, pair);
    copy = run->net->dup(pair[0]);
    tell(run, "close", run->net->close(pair[0]));
    run->net->settle();
    tell_poll(run, "b", pair[1]);
    tell(run, "send by the duplicate", send_text(run, copy, "x"));
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, 0);
    tell(run, "close the duplicate", run->net->close(copy));
    run->net->settle();
    tell_recv(run, "recv the end", pair[1], 8, 0);
    tell(run, "close again", run->net->close(copy));
}

struct reader {
    struct run *run;
    int fd;
    long result;
};

static void read_beside(void *argument)
{
    struct reader *self = argument;
    char data[8];

    self->result = self->run->net->read(self->fd, data, sizeof data);
}

CASE(a_waiting_reader_is_woken_by_every_end)
{
    static const char *const ends[] = {"shutdown", "close", "reset", "own shutdown"};

    for (int i = 0; i < 4; i++) {
        struct reader reader = {.run = run};
        int pair[2];

        connected_pair(run, pair);
        reader.fd = pair[1];
        beside(run, read_beside, &reader);
        run->net->settle();
        if (i == 0)
            run->net->shutdown(pair[0], SHUT_WR);
        else if (i == 1)
            run->net->close(pair[0]);
        else if (i == 2)
            reset(run, pair[0]);
        else
            run->net->shutdown(pair[1], SHUT_RD);
        run->net->join_all();
        tell(run, ends[i], reader.result);
    }
}
