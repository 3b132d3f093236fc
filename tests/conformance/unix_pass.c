/* Descriptors in flight: SCM_RIGHTS over every type, its boundaries, its limits, and what is lost.
 */
#include "tests/conformance/local.h"

#include <poll.h>
#include <string.h>

CASE(a_descriptor_crosses_a_unix_socket)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        struct local_received received;
        int way[2];
        int sent[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, way);
        local_pair(run, SOCK_STREAM, sent);
        tell(run, "send", local_send_fds(run, way[0], "abc", &sent[0], 1));
        tell_poll(run, "receiver", way[1]);
        run->net->close(sent[0]);
        tell_recv(run, "the peer of what is in flight", sent[1], 8, 0);
        local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
        say(run, "the lowest free number: %d", received.fds[0] == sent[0]);
        local_tell_joined(run, "through the received one", received.fds[0], sent[1]);
        local_close_all(run, received.fds, received.fd_count);
        tell_recv(run, "after its close", sent[1], 8, 0);
        close_pair(run, way);
        run->net->close(sent[1]);
    }
}

CASE(several_descriptors_cross_in_their_order)
{
    struct local_received received;
    int way[2];
    int first[2];
    int second[2];
    int third[2];

    local_pair(run, SOCK_STREAM, way);
    local_pair(run, SOCK_STREAM, first);
    local_pair(run, SOCK_DGRAM, second);
    local_pair(run, SOCK_SEQPACKET, third);
    tell(run, "send",
         local_send_fds(run, way[0], "abc", (int[]){first[0], second[0], third[0], first[0]}, 4));
    local_recv_fds(run, "recv", way[1], 8, 128, 0, &received);
    local_tell_joined(run, "first", received.fds[0], first[1]);
    local_tell_joined(run, "second", received.fds[1], second[1]);
    local_tell_joined(run, "third", received.fds[2], third[1]);
    local_tell_joined(run, "first again", received.fds[3], first[1]);
    say(run, "rising: %d", received.fds[0] < received.fds[1] && received.fds[1] < received.fds[2]);
}

CASE(a_received_descriptor_shares_its_state_with_the_sent_one)
{
    struct local_received received;
    int way[2];
    int sent[2];

    local_pair(run, SOCK_STREAM, way);
    local_pair(run, SOCK_STREAM, sent);
    local_send_fds(run, way[0], "a", sent, 1);
    local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
    tell(run, "waits not", run->net->get_nonblock(received.fds[0]));
    tell(run, "wait", run->net->set_nonblock(sent[0], false));
    tell(run, "waits not", run->net->get_nonblock(received.fds[0]));
}

CASE(a_recv_of_a_stream_stops_after_a_message_with_descriptors)
{
    struct local_received received;
    int way[2];
    int sent[2];

    local_pair(run, SOCK_STREAM, way);
    local_pair(run, SOCK_STREAM, sent);
    send_text(run, way[0], "ab");
    local_send_fds(run, way[0], "cd", &sent[0], 1);
    send_text(run, way[0], "ef");
    local_send_fds(run, way[0], "gh", &sent[0], 1);
    local_send_fds(run, way[0], "ij", &sent[1], 1);
    for (int i = 0; i < 5; i++)
        local_recv_fds(run, "recv", way[1], 16, 64, 0, &received);

    local_send_fds(run, way[0], "klmn", &sent[0], 1);
    local_recv_fds(run, "recv 1", way[1], 1, 64, 0, &received);
    local_recv_fds(run, "recv 1", way[1], 1, 64, 0, &received);
    send_text(run, way[0], "op");
    local_recv_fds(run, "recv", way[1], 16, 64, 0, &received);
    local_recv_fds(run, "recv WAITALL", way[1], 16, 64, MSG_WAITALL, &received);
}

CASE(a_plain_recv_loses_the_descriptors)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int way[2];
        int sent[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, way);
        local_pair(run, SOCK_STREAM, sent);
        local_send_fds(run, way[0], "ab", &sent[0], 1);
        run->net->close(sent[0]);
        send_text(run, way[0], "cd");
        tell_recv(run, "recv", way[1], 16, 0);
        tell_recv(run, "the peer of what was lost", sent[1], 8, 0);
        tell_recv(run, "recv", way[1], 16, 0);
        close_pair(run, way);
        run->net->close(sent[1]);
    }
}

CASE(peeking_at_descriptors_gives_copies)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        struct local_received peeked;
        struct local_received received;
        int way[2];
        int sent[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, way);
        local_pair(run, SOCK_STREAM, sent);
        local_send_fds(run, way[0], "ab", &sent[0], 1);
        run->net->close(sent[0]);
        local_recv_fds(run, "peek", way[1], 8, 64, MSG_PEEK, &peeked);
        local_tell_joined(run, "through the peeked one", peeked.fds[0], sent[1]);
        run->net->close(peeked.fds[0]);
        local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
        local_tell_joined(run, "through the received one", received.fds[0], sent[1]);
        run->net->close(received.fds[0]);
        close_pair(run, way);
        run->net->close(sent[1]);
    }
}

CASE(descriptors_without_room_are_lost)
{
    static const struct {
        const char *name;
        size_t room;
    } rooms[] = {
        {"none", 0},
        {"less than a head", 8},
        {"a head", CMSG_LEN(0)},
        {"a head and a half", CMSG_LEN(2)},
        {"one", CMSG_LEN(sizeof(int))},
        {"two", CMSG_LEN(2 * sizeof(int))},
        {"three", CMSG_LEN(3 * sizeof(int))},
        {"plenty", 256},
    };

    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct local_received received;
        int way[2];
        int sent[2];

        local_pair(run, SOCK_DGRAM, way);
        local_pair(run, SOCK_STREAM, sent);
        local_send_fds(run, way[0], "ab", (int[]){sent[0], sent[0], sent[0]}, 3);
        run->net->close(sent[0]);
        local_recv_fds(run, rooms[i].name, way[1], 8, rooms[i].room, 0, &received);
        local_close_all(run, received.fds, received.fd_count);
        tell_recv(run, "their peer", sent[1], 8, 0);
        close_pair(run, way);
        run->net->close(sent[1]);
    }
}

CASE(descriptors_in_flight_end_with_the_socket_they_wait_in)
{
    int way[2];
    int sent[2];

    local_pair(run, SOCK_STREAM, way);
    local_pair(run, SOCK_STREAM, sent);
    local_send_fds(run, way[0], "ab", &sent[0], 1);
    run->net->close(sent[0]);
    run->net->close(way[0]);
    tell_recv(run, "sender closed", sent[1], 8, 0);
    run->net->close(way[1]);
    tell_recv(run, "receiver closed", sent[1], 8, 0);
}

CASE(a_message_with_descriptors_outlives_its_sender)
{
    struct local_received received;
    int way[2];
    int sent[2];

    local_pair(run, SOCK_STREAM, way);
    local_pair(run, SOCK_STREAM, sent);
    local_send_fds(run, way[0], "ab", &sent[0], 1);
    close_pair(run, (int[]){way[0], sent[0]});
    local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
    local_tell_joined(run, "through the received one", received.fds[0], sent[1]);
    local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
}

CASE(a_socket_crosses_with_what_waits_in_it)
{
    struct local_received received;
    int outer[2];
    int middle[2];
    int inner[2];

    local_pair(run, SOCK_STREAM, outer);
    local_pair(run, SOCK_STREAM, middle);
    local_pair(run, SOCK_STREAM, inner);
    tell(run, "send the inner one", local_send_fds(run, middle[0], "inner", &inner[0], 1));
    tell(run, "send the middle one", local_send_fds(run, outer[0], "middle", &middle[1], 1));
    run->net->close(inner[0]);
    close_pair(run, middle);
    local_recv_fds(run, "recv", outer[1], 16, 64, 0, &received);
    local_recv_fds(run, "recv", received.fds[0], 16, 64, 0, &received);
    local_tell_joined(run, "through the inner one", received.fds[0], inner[1]);
    close_pair(run, outer);
}

CASE(a_socket_can_be_sent_into_itself)
{
    struct local_received received;
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    tell(run, "send its own peer", local_send_fds(run, pair[0], "ab", &pair[1], 1));
    tell(run, "send itself", local_send_fds(run, pair[0], "cd", &pair[0], 1));
    local_recv_fds(run, "recv", pair[1], 8, 64, 0, &received);
    send_text(run, pair[0], "ef");
    local_recv_fds(run, "recv of the received one", received.fds[0], 8, 64, 0, &received);
    local_recv_fds(run, "recv", pair[1], 8, 64, 0, &received);
    tell(run, "send its own peer", local_send_fds(run, pair[0], "ab", &pair[1], 1));
    close_pair(run, pair);
}

CASE(a_listener_and_what_waits_in_it_cross)
{
    struct local_received received;
    int server = local_listener(run, SOCK_STREAM, "@x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int way[2];

    local_connect(run, "connect", client, "@x");
    local_pair(run, SOCK_STREAM, way);
    local_send_fds(run, way[0], "ab", &server, 1);
    run->net->close(server);
    tell_recv(run, "client", client, 8, 0);
    local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
    local_tell_joined(run, "accepted", client, run->net->accept(received.fds[0], NULL));
}

CASE(sockets_of_other_families_cross)
{
    struct drill_sockaddr addr;
    struct local_received received;
    int way[2];
    int fds[2];

    fds[0] = must(run, "socket", run->net->socket(AF_INET, SOCK_STREAM, 0));
    fds[1] = must(run, "socket", run->net->socket(AF_INET6, SOCK_DGRAM, 0));
    local_pair(run, SOCK_DGRAM, way);
    tell(run, "send", local_send_fds(run, way[0], "ab", fds, 2));
    local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
    tell_option(run, "type of the first", received.fds[0], SOL_SOCKET, SO_TYPE);
    tell_option(run, "domain of the second", received.fds[1], SOL_SOCKET, SO_DOMAIN);
    addr = loopback(AF_INET, 0);
    tell(run, "bind of the received one", run->net->bind(received.fds[0], &addr));
    tell_sockname(run, "the sent one", fds[0]);
}

CASE(descriptors_that_cannot_be_sent)
{
    int way[2];
    int many[255];
    int epoll = must(run, "epoll_create", run->net->epoll_create());

    local_pair(run, SOCK_DGRAM, way);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = way[0];
    tell(run, "closed", local_send_fds(run, way[0], "a", (int[]){way[0], 9999}, 2));
    tell(run, "negative", local_send_fds(run, way[0], "a", (int[]){-1}, 1));
    tell(run, "254", local_send_fds(run, way[0], "a", many, 254));
    tell(run, "255", local_send_fds(run, way[0], "a", many, 255));
    tell(run, "none", local_send_fds(run, way[0], "a", many, 0));
    tell(run, "readiness set", local_send_fds(run, way[0], "a", &epoll, 1));
    tell_recv(run, "recv", way[1], 8, 0);
    tell_recv(run, "recv", way[1], 8, 0);
    tell_recv(run, "recv", way[1], 8, 0);
}

CASE(as_many_descriptors_as_may_be_sent)
{
    struct local_received received;
    int way[2];
    int many[253];

    local_pair(run, SOCK_DGRAM, way);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = way[0];
    tell(run, "253", local_send_fds(run, way[0], "a", many, 253));
    local_recv_fds(run, "recv", way[1], 8, 2048, 0, &received);
    local_close_all(run, received.fds, received.fd_count);
    tell_recv(run, "recv", way[1], 8, 0);
}

CASE(descriptors_need_a_byte_in_a_stream_and_none_in_a_message)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        struct local_received received;
        int way[2];
        int sent[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, way);
        local_pair(run, SOCK_STREAM, sent);
        tell(run, "send", local_send_fds(run, way[0], "", &sent[0], 1));
        tell_poll(run, "receiver", way[1]);
        local_recv_fds(run, "recv", way[1], 8, 64, 0, &received);
        local_close_all(run, received.fds, received.fd_count);
        close_pair(run, way);
        close_pair(run, sent);
    }
}

CASE(cloexec_shows_in_the_flags_of_a_received_message)
{
    struct local_received received;
    int way[2];

    local_pair(run, SOCK_STREAM, way);
    local_send_fds(run, way[0], "ab", &way[0], 1);
    local_recv_fds(run, "recv", way[1], 8, 64, MSG_CMSG_CLOEXEC, &received);
    local_send_fds(run, way[0], "ab", &way[0], 1);
    local_recv_fds(run, "recv", way[1], 8, 16, MSG_CMSG_CLOEXEC, &received);
}
