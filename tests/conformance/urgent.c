/* The out-of-band byte of TCP. */
#include <poll.h>
#include <sys/ioctl.h>

#include "tests/conformance/harness.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

static void tell_mark(struct run *run, int fd)
{
    int value = 0;
    int result = run->net->ioctl_int(fd, SIOCATMARK, &value);

    tell(run, "at the mark", result < 0 ? result : value);
}

static void send_urgent(struct run *run, int fd, const char *text, size_t size)
{
    tell(run, "send urgent", run->net->sendto(fd, text, size, MSG_OOB | MSG_NOSIGNAL, NULL));
    run->net->settle();
}

CASE(an_urgent_byte_stands_beside_the_stream)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "ab");
    send_urgent(run, pair[0], "!", 1);
    send_text(run, pair[0], "cd");
    run->net->settle();
    tell_poll(run, "reader", pair[1]);
    tell_mark(run, pair[1]);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "urgent again", pair[1], 8, MSG_OOB);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "recv stops at the mark", pair[1], 8, 0);
    tell_mark(run, pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_mark(run, pair[1]);
}

CASE(an_urgent_byte_that_nobody_reads_is_skipped)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "ab");
    send_urgent(run, pair[0], "!", 1);
    send_text(run, pair[0], "cd");
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "urgent, too late", pair[1], 8, MSG_OOB);
}

CASE(only_the_last_byte_of_an_urgent_send_is_urgent)
{
    int pair[2];

    connected_pair(run, pair);
    send_urgent(run, pair[0], "xyz", 3);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_second_urgent_byte_replaces_the_first)
{
    int pair[2];

    connected_pair(run, pair);
    send_urgent(run, pair[0], "1", 1);
    send_urgent(run, pair[0], "2", 1);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(a_peek_at_the_urgent_byte_leaves_it)
{
    int pair[2];

    connected_pair(run, pair);
    send_urgent(run, pair[0], "!", 1);
    tell_recv(run, "peek", pair[1], 8, MSG_OOB | MSG_PEEK);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "peek", pair[1], 8, MSG_OOB | MSG_PEEK);
}

CASE(without_an_urgent_byte_oob_is_einval)
{
    int pair[2];

    connected_pair(run, pair);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    send_text(run, pair[0], "ab");
    run->net->settle();
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_mark(run, pair[1]);
}

CASE(oobinline_keeps_the_urgent_byte_in_the_stream)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "OOBINLINE", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_OOBINLINE, 1));
    send_text(run, pair[0], "ab");
    send_urgent(run, pair[0], "!", 1);
    send_text(run, pair[0], "cd");
    run->net->settle();
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv stops at the mark", pair[1], 8, 0);
    tell_mark(run, pair[1]);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_mark(run, pair[1]);
    tell_poll(run, "reader", pair[1]);
}

CASE(an_urgent_byte_alone_is_no_data)
{
    int pair[2];

    connected_pair(run, pair);
    send_urgent(run, pair[0], "!", 1);
    tell_poll(run, "reader", pair[1]);
    tell_mark(run, pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_poll(run, "reader", pair[1]);
}

CASE(an_urgent_byte_before_the_end)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "ab");
    send_urgent(run, pair[0], "!", 1);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "urgent", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "reader", pair[1]);
    tell_recv(run, "urgent at the end", pair[1], 8, MSG_OOB);
}

CASE(urgent_on_other_sockets)
{
    struct drill_sockaddr addr;
    int datagram = bound_socket(run, SOCK_DGRAM, &addr);

    tell_recv(run, "unconnected", socket_of(run, SOCK_STREAM), 8, MSG_OOB);
    tell_recv(run, "listener", listener(run, 1, &addr), 8, MSG_OOB);
    tell(run, "datagram send", run->net->sendto(datagram, "!", 1, MSG_OOB | MSG_NOSIGNAL, &addr));
    tell_mark(run, datagram);
}
