/* How Unix connections end and fill up: closing, resets, back-pressure, counts, out-of-band. */
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

static void tell_ioctl(struct run *run, const char *what, int fd, int request)
{
    int value = -1;
    int result = run->net->ioctl_int(fd, request, &value);

    tell(run, what, result < 0 ? result : value);
}

CASE(closing_a_unix_socket_that_has_read_all_is_an_end)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[0], "last");
        run->net->close(pair[0]);
        tell_poll(run, "peer", pair[1]);
        tell(run, "send", send_text(run, pair[1], "x"));
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_so_error(run, "peer", pair[1]);
        tell_poll(run, "peer", pair[1]);
        run->net->close(pair[1]);
    }
}

CASE(closing_a_unix_socket_with_unread_data_resets_its_peer)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[0], "last");
        send_text(run, pair[1], "unread");
        run->net->close(pair[0]);
        tell_poll(run, "peer", pair[1]);
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_poll(run, "peer", pair[1]);
        run->net->close(pair[1]);
    }
}

CASE(a_unix_reset_is_told_to_the_first_who_asks)
{
    for (const struct local_type *type = connected_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        send_text(run, pair[1], "unread");
        run->net->close(pair[0]);
        tell(run, "send", send_text(run, pair[1], "x"));
        tell(run, "send", send_text(run, pair[1], "x"));
        tell_so_error(run, "peer", pair[1]);
        tell_so_error(run, "peer", pair[1]);
        tell_recv(run, "recv", pair[1], 8, 0);
        run->net->close(pair[1]);
    }
}

CASE(a_dup_keeps_a_unix_connection_open)
{
    int pair[2];
    int copy;

    local_pair(run, SOCK_STREAM, pair);
    copy = must(run, "dup", run->net->dup(pair[0]));
    run->net->close(pair[0]);
    tell_recv(run, "recv", pair[1], 8, 0);
    local_tell_joined(run, "the dup", copy, pair[1]);
    run->net->close(copy);
    tell_recv(run, "recv", pair[1], 8, 0);
}

/* Writes until the socket takes no more. */
static long fill(struct run *run, int fd, const char *data, size_t size)
{
    long total = 0;
    long result;

    do {
        result = run->net->sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL);
        total += result > 0 ? result : 0;
    } while (result > 0);
    tell(run, "the send that ended it", result);
    return total;
}

static long drain(struct run *run, int fd, char *data, size_t size)
{
    long total = 0;
    long result;

    do {
        result = run->net->recvfrom(fd, data, size, MSG_DONTWAIT, NULL);
        total += result > 0 ? result : 0;
    } while (result > 0);
    tell(run, "the recv that ended it", result);
    return total;
}

CASE(a_full_unix_connection_pushes_back)
{
    static char data[8192];

    for (const struct local_type *type = connected_types; type->name; type++) {
        long filled;
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        filled = fill(run, pair[0], data, sizeof data);
        tell_poll(run, "full", pair[0]);
        tell_poll(run, "its peer", pair[1]);
        say(run, "all came: %d", drain(run, pair[1], data, sizeof data) == filled);
        tell_poll(run, "empty", pair[0]);
        tell(run, "send", send_text(run, pair[0], "x"));
        close_pair(run, pair);
    }
}

CASE(a_blocking_unix_send_waits_as_long_as_told)
{
    static char data[8192];
    struct timeval patience = {.tv_usec = 20000};
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    fill(run, pair[0], data, sizeof data);
    run->net->set_nonblock(pair[0], false);
    run->net->set_nonblock(pair[1], false);
    tell(run, "SO_SNDTIMEO",
         run->net->setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
    tell(run, "SO_RCVTIMEO",
         run->net->setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    tell(run, "send", run->net->sendto(pair[0], data, sizeof data, MSG_NOSIGNAL, NULL));
    tell(run, "recv", run->net->recvfrom(pair[0], data, sizeof data, 0, NULL));
    tell(run, "recv WAITALL", run->net->recvfrom(pair[0], data, 4, MSG_WAITALL, NULL));
    send_text(run, pair[1], "ab");
    tell(run, "recv WAITALL", run->net->recvfrom(pair[0], data, 4, MSG_WAITALL, NULL));
}

CASE(unix_sockets_count_what_is_unread)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int unconnected = local_socket(run, type->type, NULL);
        int unsent = 0;
        int pair[2];

        say(run, "%s", type->name);
        tell_ioctl(run, "fresh: FIONREAD", unconnected, FIONREAD);
        tell_ioctl(run, "fresh: SIOCOUTQ", unconnected, SIOCOUTQ);
        local_pair(run, type->type, pair);
        send_text(run, pair[0], "abc");
        send_text(run, pair[0], "defgh");
        tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
        tell_ioctl(run, "FIONREAD of the sender", pair[0], FIONREAD);
        tell_ioctl(run, "SIOCOUTQ of the receiver", pair[1], SIOCOUTQ);
        must(run, "SIOCOUTQ", run->net->ioctl_int(pair[0], SIOCOUTQ, &unsent));
        say(run, "SIOCOUTQ of the sender counts something: %d", unsent > 0);
        tell_recv(run, "recv", pair[1], 2, 0);
        tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
        tell_recv(run, "recv", pair[1], 8, 0);
        tell_ioctl(run, "FIONREAD", pair[1], FIONREAD);
        tell_ioctl(run, "SIOCOUTQ", pair[0], SIOCOUTQ);
        close_pair(run, pair);
        run->net->close(unconnected);
    }
}

CASE(a_unix_listener_counts_nothing)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);

    tell_ioctl(run, "FIONREAD", server, FIONREAD);
    tell_ioctl(run, "SIOCOUTQ", server, SIOCOUTQ);
}

CASE(a_unix_stream_carries_an_urgent_byte)
{
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    tell_recv(run, "recv OOB of none", pair[1], 8, MSG_OOB);
    send_text(run, pair[0], "ab");
    tell(run, "send OOB", run->net->sendto(pair[0], "!", 1, MSG_OOB | MSG_NOSIGNAL, NULL));
    send_text(run, pair[0], "cd");
    tell_poll(run, "receiver", pair[1]);
    tell_ioctl(run, "SIOCATMARK", pair[1], SIOCATMARK);
    tell_recv(run, "recv up to the mark", pair[1], 8, 0);
    tell_ioctl(run, "SIOCATMARK", pair[1], SIOCATMARK);
    tell_recv(run, "recv OOB", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv OOB again", pair[1], 8, MSG_OOB);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_poll(run, "receiver", pair[1]);
}

CASE(an_offset_for_peeking_moves_along_a_unix_stream)
{
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    tell(run, "SO_PEEK_OFF", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PEEK_OFF, 0));
    send_text(run, pair[0], "abc");
    send_text(run, pair[0], "def");
    tell_recv(run, "peek", pair[1], 2, MSG_PEEK);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
    tell_recv(run, "peek", pair[1], 2, MSG_PEEK);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
    tell_recv(run, "peek", pair[1], 8, MSG_PEEK);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_option(run, "SO_PEEK_OFF", pair[1], SOL_SOCKET, SO_PEEK_OFF);
}

CASE(unix_options_tell_what_a_socket_is)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int fd = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        tell_option(run, "SO_TYPE", fd, SOL_SOCKET, SO_TYPE);
        tell_option(run, "SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
        tell_option(run, "SO_PROTOCOL", fd, SOL_SOCKET, SO_PROTOCOL);
        tell_option(run, "SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
        tell_option(run, "level of TCP", fd, IPPROTO_TCP, 1);
        tell(run, "set at the level of TCP", run->net->setsockopt_int(fd, IPPROTO_TCP, 1, 1));
        tell_option(run, "level of IP", fd, IPPROTO_IP, 1);
        run->net->close(fd);
    }
}

CASE(unix_pairs_are_of_any_unix_type)
{
    static const struct {
        const char *name;
        int type;
        int protocol;
    } rows[] = {
        {"stream of protocol 1", SOCK_STREAM, 1},
        {"stream of protocol 2", SOCK_STREAM, 2},
        {"raw", SOCK_RAW, 0},
        {"rdm", SOCK_RDM, 0},
        {"type 0", 0, 0},
        {"type 11", 11, 0},
        {"nonblock", SOCK_STREAM | SOCK_NONBLOCK, 0},
        {"other flags", SOCK_STREAM | 020, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int pair[2] = {-1, -1};
        int value;

        tell(run, rows[i].name,
             run->net->socketpair(AF_UNIX, rows[i].type, rows[i].protocol, pair));
        tell(run, "waits not", run->net->get_nonblock(pair[1]));
        if (run->net->getsockopt_int(pair[0], SOL_SOCKET, SO_TYPE, &value) == 0)
            say(run, "type %d", value);
        close_pair(run, pair);
    }
}
