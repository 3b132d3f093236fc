/* Bytes through a stream: how they are sent, how they are read, and where they stop. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/conformance/harness.h"

static void tell_ioctl(struct run *run, const char *what, int fd, int request)
{
    int value = 0;
    int result = run->net->ioctl_int(fd, request, &value);

    tell(run, what, result < 0 ? result : value);
}

CASE(a_stream_is_read_in_parts)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "send", send_text(run, pair[0], "abc"));
    tell(run, "send", send_text(run, pair[0], "defgh"));
    run->net->settle();
    tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
    tell_recv(run, "recv", pair[1], 2, 0);
    tell_recv(run, "recv", pair[1], 4, 0);
    tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
    tell_recv(run, "recv", pair[1], 100, 0);
    tell_recv(run, "recv", pair[1], 100, 0);
    tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
}

CASE(a_read_takes_what_several_writes_left)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "one");
    send_text(run, pair[0], "two");
    send_text(run, pair[0], "three");
    run->net->settle();
    tell_recv(run, "recv", pair[1], 100, 0);
}

CASE(a_peek_leaves_the_bytes)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abcdef");
    run->net->settle();
    tell_recv(run, "peek", pair[1], 3, MSG_PEEK);
    tell_recv(run, "peek again", pair[1], 100, MSG_PEEK);
    tell_recv(run, "recv", pair[1], 4, 0);
    tell_recv(run, "peek the rest", pair[1], 100, MSG_PEEK);
    tell_recv(run, "recv the rest", pair[1], 100, 0);
    tell_recv(run, "peek nothing", pair[1], 100, MSG_PEEK);
}

CASE(a_peek_sees_the_end)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "z");
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "peek the end", pair[1], 8, MSG_PEEK);
    tell_recv(run, "recv the end", pair[1], 8, 0);
    tell_recv(run, "recv the end again", pair[1], 8, 0);
}

CASE(waitall_does_not_wait_with_dontwait)
{
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_recv(run, "waitall and dontwait", pair[1], 8, MSG_WAITALL);
    tell_recv(run, "with nothing there", pair[1], 8, MSG_WAITALL);
}

CASE(waitall_ends_with_the_stream)
{
    char data[16];
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abc");
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_data(run, "peek", run->net->recvfrom(pair[1], data, 8, MSG_WAITALL | MSG_PEEK, NULL),
              data);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, MSG_WAITALL, NULL), data);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, MSG_WAITALL, NULL), data);
}

struct sender {
    struct run *run;
    int fd;
};

static void send_in_two_parts(void *argument)
{
    struct sender *self = argument;

    send_text(self->run, self->fd, "abc");
    self->run->net->sleep(5 * DRILL_MS);
    send_text(self->run, self->fd, "defgh");
}

CASE(waitall_waits_for_all)
{
    char data[16];
    int pair[2];
    struct sender sender;

    connected_pair(run, pair);
    sender = (struct sender){run, pair[0]};
    beside(run, send_in_two_parts, &sender);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, MSG_WAITALL, NULL), data);
    run->net->join_all();
}

CASE(peek_with_waitall_waits_for_all)
{
    char data[16];
    int pair[2];
    struct sender sender;

    connected_pair(run, pair);
    sender = (struct sender){run, pair[0]};
    beside(run, send_in_two_parts, &sender);
    tell_data(run, "peek", run->net->recvfrom(pair[1], data, 8, MSG_WAITALL | MSG_PEEK, NULL),
              data);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, 0, NULL), data);
    run->net->join_all();
}

CASE(a_blocking_recv_waits_for_the_first_bytes)
{
    char data[16];
    int pair[2];
    struct sender sender;

    connected_pair(run, pair);
    sender = (struct sender){run, pair[0]};
    beside(run, send_in_two_parts, &sender);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, 0, NULL), data);
    tell_data(run, "recv", run->net->recvfrom(pair[1], data, 8, 0, NULL), data);
    run->net->join_all();
}

CASE(rcvlowat_holds_readiness_back)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "set", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_RCVLOWAT, 3));
    send_text(run, pair[0], "ab");
    run->net->settle();
    tell_poll(run, "with two bytes", pair[1]);
    send_text(run, pair[0], "c");
    run->net->settle();
    tell_poll(run, "with three bytes", pair[1]);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_poll(run, "with two bytes", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(reading_nothing_and_sending_nothing)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "send nothing", run->net->sendto(pair[0], "", 0, MSG_NOSIGNAL, NULL));
    run->net->settle();
    tell_poll(run, "after nothing", pair[1]);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_recv(run, "recv of no size, nothing there", pair[1], 0, 0);
    tell(run, "write nothing", run->net->write(pair[0], "", 0));
    send_text(run, pair[0], "a");
    run->net->settle();
    tell_recv(run, "recv of no size", pair[1], 0, 0);
    tell(run, "read of no size", run->net->read(pair[1], NULL, 0));
    tell_recv(run, "recv", pair[1], 8, 0);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_recv(run, "recv of no size at the end", pair[1], 0, 0);
}

CASE(a_message_gathers_and_scatters_its_parts)
{
    char a[2];
    char b[3];
    char c[8];
    struct drill_iovec out[] = {{"he", 2}, {NULL, 0}, {"l", 1}, {"lo world", 8}, {"", 0}};
    struct drill_iovec in[] = {{a, sizeof a}, {NULL, 0}, {b, sizeof b}, {c, sizeof c}};
    struct drill_message message = {.parts = out, .part_count = 5};
    int pair[2];

    connected_pair(run, pair);
    tell(run, "sendmsg", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    run->net->settle();
    message = (struct drill_message){.parts = in, .part_count = 4};
    if (tell(run, "recvmsg", run->net->recvmsg(pair[1], &message, MSG_DONTWAIT)) == 11)
        say(run, "'%s' '%s' '%s'", data_text(run, a, 2), data_text(run, b, 3),
            data_text(run, c, 6));
    say(run, "flags %d", message.flags);
}

CASE(a_message_without_parts)
{
    struct drill_message message = {.parts = NULL, .part_count = 0};
    int pair[2];

    connected_pair(run, pair);
    tell(run, "sendmsg", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    run->net->settle();
    tell_poll(run, "after", pair[1]);
    send_text(run, pair[0], "x");
    run->net->settle();
    tell(run, "recvmsg", run->net->recvmsg(pair[1], &message, MSG_DONTWAIT));
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(trunc_on_tcp_discards)
{
    char data[8] = "-------";
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abcdef");
    run->net->settle();
    tell(run, "trunc", run->net->recvfrom(pair[1], data, 3, MSG_TRUNC | MSG_DONTWAIT, NULL));
    say(run, "untouched '%s'", data_text(run, data, 7));
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(an_unused_from_address_of_a_stream_is_empty)
{
    char data[8];
    struct drill_sockaddr from = {.family = AF_INET, .port = 7};
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_data(run, "recvfrom", run->net->recvfrom(pair[1], data, 8, MSG_DONTWAIT, &from), data);
    say(run, "from %s", address_text(run, &from));
}

CASE(sendto_with_an_address_on_a_connected_stream)
{
    struct drill_sockaddr addr = loopback(run->family, 9);
    int pair[2];

    connected_pair(run, pair);
    tell(run, "sendto", run->net->sendto(pair[0], "abc", 3, MSG_NOSIGNAL, &addr));
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, 0);
}

CASE(what_an_unconnected_stream_answers)
{
    struct drill_sockaddr addr = loopback(run->family, 9);
    struct drill_message message = {.parts = NULL, .part_count = 0};
    int fd = socket_of(run, SOCK_STREAM);

    tell(run, "send", send_text(run, fd, "x"));
    tell(run, "send nothing", send_text(run, fd, ""));
    tell(run, "sendto", run->net->sendto(fd, "x", 1, MSG_NOSIGNAL, &addr));
    tell(run, "sendmsg", run->net->sendmsg_n(fd, &message, MSG_NOSIGNAL));
    tell(run, "write", run->net->write(fd, "x", 1));
    tell_recv(run, "recv", fd, 8, 0);
    tell_recv(run, "recv of no size", fd, 0, 0);
    tell_recv(run, "peek", fd, 8, MSG_PEEK);
    tell(run, "read", run->net->read(fd, &addr, 1));
    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RDWR));
    tell_ioctl(run, "FIONREAD", fd, FIONREAD);
    tell_ioctl(run, "SIOCOUTQ", fd, SIOCOUTQ);
    tell_poll(run, "unconnected", fd);
}

CASE(outq_is_empty_when_all_has_arrived)
{
    int pair[2];

    connected_pair(run, pair);
    tell_ioctl(run, "SIOCOUTQ", pair[0], SIOCOUTQ);
    send_text(run, pair[0], "abc");
    run->net->sleep(60 * DRILL_MS);
    tell_ioctl(run, "SIOCOUTQ after the acknowledgement", pair[0], SIOCOUTQ);
}

CASE(unknown_flags_are_ignored)
{
    int pair[2];

    connected_pair(run, pair);
    tell(run, "send", run->net->sendto(pair[0], "abc", 3, MSG_NOSIGNAL | MSG_CONFIRM, NULL));
    tell(run, "more", run->net->sendto(pair[0], "def", 3, MSG_NOSIGNAL | MSG_EOR, NULL));
    run->net->settle();
    tell_recv(run, "recv", pair[1], 8, MSG_CMSG_CLOEXEC);
}
