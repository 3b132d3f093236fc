/* Names of Unix sockets: paths, abstract names, the unnamed, and what connect makes of them. */
#include "tests/conformance/local.h"

#include <string.h>

static long bind_to(struct run *run, const char *what, int fd, const char *name)
{
    struct drill_sockaddr addr = unix_name(name);

    return tell(run, what, run->net->bind(fd, &addr));
}

static void tell_names(struct run *run, const char *what, int fd)
{
    struct drill_sockaddr addr;
    int result = run->net->getsockname(fd, &addr);

    if (result < 0)
        say(run, "%s: sockname = %s", what, error_name(-result));
    else
        say(run, "%s: sockname = %s", what, local_name(run, &addr));
    result = run->net->getpeername(fd, &addr);
    if (result < 0)
        say(run, "%s: peername = %s", what, error_name(-result));
    else
        say(run, "%s: peername = %s", what, local_name(run, &addr));
}

CASE(a_path_is_taken_until_it_is_unlinked)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int first = local_socket(run, type->type, NULL);
        int second = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        bind_to(run, "bind", first, "x");
        bind_to(run, "bind of another", second, "x");
        run->net->close(first);
        bind_to(run, "bind after close", second, "x");
        tell(run, "unlink", run->net->unlink("x"));
        bind_to(run, "bind after unlink", second, "x");
        tell_names(run, "second", second);
        tell(run, "unlink", run->net->unlink("x"));
        tell_names(run, "unlinked", second);
        tell(run, "unlink again", run->net->unlink("x"));
        run->net->close(second);
    }
}

CASE(an_abstract_name_is_free_once_its_socket_is_closed)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int first = local_socket(run, type->type, NULL);
        int second = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        bind_to(run, "bind", first, "@x");
        bind_to(run, "bind of another", second, "@x");
        run->net->close(first);
        bind_to(run, "bind after close", second, "@x");
        tell_names(run, "second", second);
        run->net->close(second);
    }
}

CASE(an_abstract_name_lives_as_long_as_a_dup)
{
    int first = local_socket(run, SOCK_STREAM, "@x");
    int copy = run->net->dup(first);
    int second = local_socket(run, SOCK_STREAM, NULL);

    run->net->close(first);
    bind_to(run, "while the dup is open", second, "@x");
    run->net->close(copy);
    bind_to(run, "after its close", second, "@x");
    run->net->close(second);
}

CASE(each_type_has_its_own_abstract_names_but_not_paths)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int fd = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        bind_to(run, "abstract", fd, "@x");
        fd = local_socket(run, type->type, NULL);
        bind_to(run, "path", fd, "x");
    }
    run->net->unlink("x");
}

CASE(a_unix_socket_is_bound_once)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int fd = local_socket(run, type->type, "x");
        int pair[2];

        say(run, "%s", type->name);
        bind_to(run, "bind again", fd, "y");
        bind_to(run, "bind to the same", fd, "x");
        bind_to(run, "bind to an abstract name", fd, "@y");
        tell(run, "unlink y", run->net->unlink("y"));
        run->net->close(fd);
        run->net->unlink("x");
        local_pair(run, type->type, pair);
        bind_to(run, "bind of a pair", pair[0], "@pair");
        tell_names(run, "its peer", pair[1]);
        close_pair(run, pair);
    }
}

static void tell_autobound(struct run *run, const char *what, const struct drill_sockaddr *addr)
{
    int digits = 0;

    for (int i = 1; i < addr->local.size; i++)
        digits += strchr("0123456789abcdef", addr->local.name[i]) != NULL;
    say(run, "%s: size %d, abstract %d, digits %d", what, addr->local.size,
        addr->local.name[0] == '\0', digits);
}

static bool same_name(const struct drill_sockaddr *a, const struct drill_sockaddr *b)
{
    return a->local.size == b->local.size &&
           memcmp(a->local.name, b->local.name, a->local.size) == 0;
}

CASE(binding_without_a_name_gives_five_hexadecimal_digits)
{
    struct drill_sockaddr empty = {.family = AF_UNIX};

    for (const struct local_type *type = local_types; type->name; type++) {
        struct drill_sockaddr first = empty;
        struct drill_sockaddr second = empty;
        struct drill_sockaddr again = empty;
        int a = local_socket(run, type->type, NULL);
        int b = local_socket(run, type->type, NULL);

        say(run, "%s", type->name);
        tell(run, "bind", run->net->bind(a, &empty));
        tell(run, "bind", run->net->bind(b, &empty));
        run->net->getsockname(a, &first);
        run->net->getsockname(b, &second);
        tell_autobound(run, "first", &first);
        tell_autobound(run, "second", &second);
        say(run, "the same: %d", same_name(&first, &second));
        tell(run, "bind again without a name", run->net->bind(a, &empty));
        run->net->getsockname(a, &again);
        say(run, "it kept its name: %d", same_name(&first, &again));
        bind_to(run, "bind to a name", a, "@name");
        run->net->close(a);
        run->net->close(b);
    }
}

CASE(a_unix_name_may_fill_all_its_bytes)
{
    char name[109];
    struct drill_sockaddr addr = {.family = AF_UNIX, .local.size = 108};
    int fd = local_socket(run, SOCK_STREAM, NULL);

    memset(name, 'n', sizeof name);
    memcpy(addr.local.name, name, sizeof addr.local.name);
    tell(run, "bind to a path of 108", run->net->bind(fd, &addr));
    tell_names(run, "path", fd);
    name[108] = '\0';
    tell(run, "connect to it", run->net->connect(local_socket(run, SOCK_STREAM, NULL), &addr));
    tell(run, "unlink", run->net->unlink(name));
    fd = local_socket(run, SOCK_STREAM, NULL);
    addr.local.name[0] = '\0';
    tell(run, "bind to an abstract name of 108", run->net->bind(fd, &addr));
    tell_names(run, "abstract", fd);
}

CASE(bytes_after_a_nul_count_in_abstract_names_only)
{
    static const struct {
        const char *bytes;
        uint8_t size;
    } names[] = {{"a\0b", 3}, {"a\0c", 3},  {"\0a\0b", 4}, {"\0a\0c", 4},
                 {"\0a", 2},  {"\0a\0", 3}, {"\0", 1},     {"\0", 1}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct drill_sockaddr addr = {.family = AF_UNIX, .local.size = names[i].size};
        int fd = local_socket(run, SOCK_DGRAM, NULL);

        memcpy(addr.local.name, names[i].bytes, names[i].size);
        say(run, "%s", local_name(run, &addr));
        tell(run, "bind", run->net->bind(fd, &addr));
        tell_names(run, "bound", fd);
    }
    tell(run, "unlink", run->net->unlink("a"));
}

CASE(unix_sockets_have_no_name_until_they_are_bound)
{
    for (const struct local_type *type = local_types; type->name; type++) {
        int pair[2];

        say(run, "%s", type->name);
        tell_names(run, "fresh", local_socket(run, type->type, NULL));
        local_pair(run, type->type, pair);
        tell_names(run, "pair", pair[0]);
        run->net->close(pair[0]);
        tell_names(run, "pair without its peer", pair[1]);
        run->net->close(pair[1]);
    }
}

CASE(an_accepted_unix_socket_has_the_name_of_its_listener)
{
    struct drill_sockaddr peer = {.family = AF_INET};
    int server = local_listener(run, SOCK_STREAM, "server", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int accepted;

    local_connect(run, "connect", client, "server");
    accepted = tell_fd(run, "accept", run->net->accept(server, &peer));
    say(run, "peer: %s", local_name(run, &peer));
    tell_names(run, "accepted", accepted);
    tell_names(run, "client", client);
    bind_to(run, "bind of the connected client", client, "client");
    tell_names(run, "accepted", accepted);
    run->net->close(client);
    tell_names(run, "accepted, client closed", accepted);
    run->net->unlink("client");

    client = local_socket(run, SOCK_STREAM, "@client");
    local_connect(run, "connect", client, "server");
    run->net->close(server);
    tell_names(run, "client, listener closed", client);
    run->net->unlink("server");
}

CASE(accept_tells_the_name_of_a_bound_unix_client)
{
    struct drill_sockaddr peer = {.family = AF_INET};
    int server = local_listener(run, SOCK_SEQPACKET, "@server", 5);
    int client = local_socket(run, SOCK_SEQPACKET, "@client");

    local_connect(run, "connect", client, "@server");
    tell_names(run, "client", client);
    tell_fd(run, "accept", run->net->accept(server, &peer));
    say(run, "peer: %s", local_name(run, &peer));
}

CASE(connecting_to_a_unix_name_needs_a_listener_of_the_type)
{
    static const char *const names[] = {"absent", "@absent", "bound", "@bound", "stale"};

    for (const struct local_type *type = local_types; type->name; type++) {
        int abstract = local_socket(run, type->type, "@bound");
        int path = local_socket(run, type->type, "bound");

        say(run, "bound: %s", type->name);
        run->net->close(local_socket(run, type->type, "stale"));
        for (const struct local_type *from = local_types; from->name; from++) {
            int fd = local_socket(run, from->type, NULL);

            say(run, "connecting: %s", from->name);
            for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                local_connect(run, names[i], fd, names[i]);
        }
        run->net->close(abstract);
        run->net->close(path);
        run->net->unlink("bound");
        run->net->unlink("stale");
    }
}

CASE(a_unix_listener_is_reached_by_its_own_type_only)
{
    int stream = local_listener(run, SOCK_STREAM, "stream", 5);
    int packet = local_listener(run, SOCK_SEQPACKET, "seqpacket", 5);

    for (const struct local_type *type = local_types; type->name; type++) {
        say(run, "%s", type->name);
        local_connect(run, "to the stream", local_socket(run, type->type, NULL), "stream");
        local_connect(run, "to the seqpacket", local_socket(run, type->type, NULL), "seqpacket");
    }
    run->net->close(stream);
    run->net->close(packet);
    run->net->unlink("stream");
    run->net->unlink("seqpacket");
}

CASE(unlinking_hides_a_unix_listener_and_keeps_its_connections)
{
    int server = local_listener(run, SOCK_STREAM, "x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int accepted;

    local_connect(run, "connect", client, "x");
    tell(run, "unlink", run->net->unlink("x"));
    local_connect(run, "connect after unlink", local_socket(run, SOCK_STREAM, NULL), "x");
    accepted = tell_fd(run, "accept", run->net->accept(server, NULL));
    local_tell_joined(run, "the connection", client, accepted);
    tell_names(run, "client", client);
    local_listener(run, SOCK_STREAM, "x", 5);
    local_connect(run, "connect to the next owner", local_socket(run, SOCK_STREAM, NULL), "x");
    tell(run, "accept of the first", run->net->accept(server, NULL));
    run->net->unlink("x");
}

CASE(unix_sockets_refuse_addresses_of_other_families)
{
    struct drill_sockaddr inet = inet4(127, 0, 0, 1, 80);
    struct drill_sockaddr none = {.family = AF_UNSPEC};
    struct drill_sockaddr empty = {.family = AF_UNIX};

    for (const struct local_type *type = local_types; type->name; type++) {
        int fd = local_socket(run, type->type, NULL);
        int pair[2];

        say(run, "%s", type->name);
        tell(run, "bind inet", run->net->bind(fd, &inet));
        tell(run, "bind unspec", run->net->bind(fd, &none));
        tell(run, "connect inet", run->net->connect(fd, &inet));
        tell(run, "connect unspec", run->net->connect(fd, &none));
        tell(run, "connect without a name", run->net->connect(fd, &empty));
        tell(run, "sendto inet", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &inet));
        tell(run, "sendto unspec", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &none));
        tell(run, "sendto without a name", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &empty));
        local_pair(run, type->type, pair);
        tell(run, "pair: connect unspec", run->net->connect(pair[0], &none));
        tell_names(run, "pair", pair[0]);
        close_pair(run, pair);
    }
}
