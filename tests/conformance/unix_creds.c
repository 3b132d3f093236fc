/* Control data of Unix sockets that is no descriptor: credentials, and what is malformed. */
#include "tests/conformance/local.h"

#include <errno.h>
#include <string.h>

/* What struct ucred is to a program. */
struct credentials {
    int pid;
    unsigned uid;
    unsigned gid;
};

static long send_control(struct run *run, int fd, struct cmsghdr head, const void *data,
                         size_t size, size_t control_size)
{
    _Alignas(struct cmsghdr) unsigned char control[256] = {0};
    struct drill_iovec part = {"a", 1};
    struct drill_message message = {
        .parts = &part, .part_count = 1, .control = control, .control_size = control_size};

    memcpy(control, &head, sizeof head);
    memcpy(control + CMSG_LEN(0), data, size);
    return run->net->sendmsg_n(fd, &message, MSG_NOSIGNAL);
}

/* Says every control message that came, by level, type and size. */
static void tell_control(struct run *run, const char *what, int fd, size_t room,
                         struct credentials *credentials)
{
    _Alignas(struct cmsghdr) unsigned char control[256] = {0};
    char data[16];
    struct drill_iovec part = {data, sizeof data};
    struct drill_message message = {
        .parts = &part, .part_count = 1, .control = control, .control_size = room};
    long result = run->net->recvmsg(fd, &message, MSG_DONTWAIT);

    tell_data(run, what, result, data);
    if (result < 0)
        return;
    say(run, "control %zu, flags %s", message.control_size, local_flags(message.flags));
    for (size_t at = 0; at + sizeof(struct cmsghdr) <= message.control_size;) {
        struct cmsghdr head;

        memcpy(&head, control + at, sizeof head);
        say(run, "level %d type %d length %zu", head.cmsg_level, head.cmsg_type,
            (size_t)head.cmsg_len);
        if (head.cmsg_type == SCM_CREDENTIALS && head.cmsg_len >= CMSG_LEN(sizeof *credentials))
            memcpy(credentials, control + at + CMSG_LEN(0), sizeof *credentials);
        if (head.cmsg_len < sizeof head)
            return;
        at += CMSG_ALIGN(head.cmsg_len);
    }
}

static void tell_peer(struct run *run, const char *what, int fd, struct credentials *credentials)
{
    size_t size = sizeof *credentials;
    int result;

    memset(credentials, 0, sizeof *credentials);
    result = run->net->getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, &size);
    if (result < 0)
        tell(run, what, result);
    else
        say(run, "%s: size %zu, pid %s, uid %s, gid %s", what, size,
            credentials->pid == 0 ? "0" : "some", credentials->uid == ~0U ? "-1" : "some",
            credentials->gid == ~0U ? "-1" : "some");
}

CASE(peercred_tells_who_connected)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        struct credentials credentials;
        int pair[2];

        say(run, "%s", type->name);
        tell_peer(run, "fresh", local_socket(run, type->type, NULL), &credentials);
        local_pair(run, type->type, pair);
        tell_peer(run, "pair", pair[0], &credentials);
        run->net->close(pair[1]);
        tell_peer(run, "pair without its peer", pair[0], &credentials);
        run->net->close(pair[0]);
    }
}

CASE(peercred_of_a_connection_is_of_both_ends)
{
    struct credentials client_credentials;
    struct credentials server_credentials;
    int server = local_listener(run, SOCK_STREAM, "@x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int dgram = local_socket(run, SOCK_DGRAM, NULL);

    tell_peer(run, "listener", server, &server_credentials);
    local_connect(run, "connect", client, "@x");
    tell_peer(run, "client", client, &server_credentials);
    tell_peer(run, "accepted", run->net->accept(server, NULL), &client_credentials);
    say(run, "the same: %d",
        memcmp(&client_credentials, &server_credentials, sizeof client_credentials) == 0);
    local_socket(run, SOCK_DGRAM, "@y");
    local_connect(run, "connect", dgram, "@y");
    tell_peer(run, "connected dgram", dgram, &server_credentials);
}

CASE(passcred_adds_credentials_to_what_is_received)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        struct credentials peer;
        struct credentials got = {0};
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        tell_peer(run, "pair", pair[0], &peer);
        tell(run, "SO_PASSCRED", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PASSCRED, 1));
        tell_option(run, "SO_PASSCRED", pair[1], SOL_SOCKET, SO_PASSCRED);
        tell_option(run, "SO_PASSCRED of the peer", pair[0], SOL_SOCKET, SO_PASSCRED);
        send_text(run, pair[0], "ab");
        tell_control(run, "recv", pair[1], 256, &got);
        say(run, "as SO_PEERCRED has it: %d", memcmp(&peer, &got, sizeof got) == 0);
        send_text(run, pair[0], "cd");
        tell_control(run, "recv without room", pair[1], 0, &got);
        send_text(run, pair[0], "ef");
        tell_control(run, "recv with little room", pair[1], CMSG_LEN(4), &got);
        local_send_fds(run, pair[0], "gh", &pair[0], 1);
        tell_control(run, "recv with a descriptor", pair[1], 256, &got);
        tell(run, "SO_PASSCRED 0", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PASSCRED, 0));
        send_text(run, pair[0], "ij");
        tell_control(run, "recv", pair[1], 256, &got);
        close_pair(run, pair);
    }
}

CASE(passcred_gives_an_unnamed_sender_a_name)
{
    struct drill_sockaddr name = {.family = AF_INET};
    int server = local_socket(run, SOCK_DGRAM, "@server");
    int client = local_socket(run, SOCK_DGRAM, NULL);

    tell(run, "SO_PASSCRED", run->net->setsockopt_int(client, SOL_SOCKET, SO_PASSCRED, 1));
    local_connect(run, "connect", client, "@server");
    must(run, "getsockname", run->net->getsockname(client, &name));
    say(run, "family %d, size %d, abstract %d", name.family, name.local.size,
        name.local.name[0] == '\0');
    run->net->close(server);
}

CASE(an_accepted_unix_socket_inherits_passcred)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);

    tell(run, "SO_PASSCRED", run->net->setsockopt_int(server, SOL_SOCKET, SO_PASSCRED, 1));
    local_connect(run, "connect", client, "@x");
    tell_option(run, "accepted", run->net->accept(server, NULL), SOL_SOCKET, SO_PASSCRED);
    tell_option(run, "client", client, SOL_SOCKET, SO_PASSCRED);
}

CASE(a_stream_of_one_sender_is_not_cut_by_credentials)
{
    struct credentials got = {0};
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    tell(run, "SO_PASSCRED", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PASSCRED, 1));
    send_text(run, pair[0], "ab");
    send_text(run, pair[0], "cd");
    tell_control(run, "recv", pair[1], 256, &got);
}

CASE(credentials_can_be_sent_as_they_are)
{
    struct credentials own;
    struct credentials got = {0};
    struct cmsghdr head = {CMSG_LEN(sizeof own), SOL_SOCKET, SCM_CREDENTIALS};
    int pair[2];

    local_pair(run, SOCK_DGRAM, pair);
    tell_peer(run, "pair", pair[0], &own);
    tell(run, "send unasked", send_control(run, pair[0], head, &own, sizeof own, 32));
    tell_control(run, "recv", pair[1], 256, &got);
    tell(run, "SO_PASSCRED", run->net->setsockopt_int(pair[1], SOL_SOCKET, SO_PASSCRED, 1));
    tell(run, "send", send_control(run, pair[0], head, &own, sizeof own, 32));
    tell_control(run, "recv", pair[1], 256, &got);
    say(run, "the same: %d", memcmp(&own, &got, sizeof own) == 0);
    head.cmsg_len--;
    tell(run, "one byte less", send_control(run, pair[0], head, &own, sizeof own, 32));
    head.cmsg_len += 2;
    tell(run, "one byte more", send_control(run, pair[0], head, &own, sizeof own, 32));
}

CASE(malformed_control_data_is_refused)
{
    static const struct {
        const char *name;
        size_t length;
        int level;
        int type;
        size_t control_size;
    } rows[] = {
        {"no head", CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS, 8},
        {"length 0", 0, SOL_SOCKET, SCM_RIGHTS, 24},
        {"shorter than a head", 15, SOL_SOCKET, SCM_RIGHTS, 24},
        {"longer than the control data", 32, SOL_SOCKET, SCM_RIGHTS, 24},
        {"half a descriptor", CMSG_LEN(2), SOL_SOCKET, SCM_RIGHTS, 24},
        {"a descriptor and a half", CMSG_LEN(6), SOL_SOCKET, SCM_RIGHTS, 24},
        {"unknown type", CMSG_LEN(4), SOL_SOCKET, 99, 24},
        {"unknown level", CMSG_LEN(4), 99, SCM_RIGHTS, 24},
        {"level of IP", CMSG_LEN(4), IPPROTO_IP, 1, 24},
    };

    for (const struct local_type *type = local_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        local_pair(run, type->type, pair);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct cmsghdr head = {rows[i].length, rows[i].level, rows[i].type};

            tell(run, rows[i].name,
                 send_control(run, pair[0], head, (int[]){pair[0], pair[0]}, 8,
                              rows[i].control_size));
        }
        for (int i = 0; i < 4; i++)
            tell_recv(run, "recv", pair[1], 16, 0);
        close_pair(run, pair);
    }
}
