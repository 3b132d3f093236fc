#include "tests/conformance/harness.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

void tell_poll(struct run *run, const char *what, int fd)
{
    struct drill_pollfd item = {
        .fd = fd,
        .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM |
                  POLLWRBAND,
    };
    int ready = run->net->poll(&item, 1, 0);

    if (fd < 0)
        say(run, "%s has no descriptor to poll", what);
    else if (ready < 0)
        tell(run, "poll", ready);
    else
        say(run, "%s polls %s", what, poll_text(run, item.revents));
}

void tell_sockname(struct run *run, const char *what, int fd)
{
    struct drill_sockaddr addr = {.family = AF_UNSPEC};
    int result = run->net->getsockname(fd, &addr);

    say(run, "%s = %s", what, result < 0 ? error_name(-result) : address_text(run, &addr));
}

void tell_peername(struct run *run, const char *what, int fd)
{
    struct drill_sockaddr addr = {.family = AF_UNSPEC};
    int result = run->net->getpeername(fd, &addr);

    say(run, "%s = %s", what, result < 0 ? error_name(-result) : address_text(run, &addr));
}

void tell_option(struct run *run, const char *what, int fd, int level, int option)
{
    int value = 0;
    int result = run->net->getsockopt_int(fd, level, option, &value);

    tell(run, what, result < 0 ? result : value);
}

void tell_so_error(struct run *run, const char *what, int fd)
{
    int value = 0;
    int result = run->net->getsockopt_int(fd, SOL_SOCKET, SO_ERROR, &value);

    if (result < 0)
        say(run, "%s: getsockopt = %s", what, error_name(-result));
    else
        say(run, "%s: SO_ERROR = %s", what, value ? error_name(value) : "0");
}

struct drill_sockaddr inet4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
    return (struct drill_sockaddr){.family = AF_INET, .port = port, .inet4 = {a, b, c, d}};
}

struct drill_sockaddr inet6(const char *text, uint16_t port)
{
    struct drill_sockaddr addr = {.family = AF_INET6, .port = port};

    if (inet_pton(AF_INET6, text, addr.inet6) != 1)
        addr.family = AF_UNSPEC;
    return addr;
}

struct drill_sockaddr loopback(int family, uint16_t port)
{
    return family == AF_INET6 ? inet6("::1", port) : inet4(127, 0, 0, 1, port);
}

struct drill_sockaddr wildcard(int family, uint16_t port)
{
    return family == AF_INET6 ? inet6("::", port) : inet4(0, 0, 0, 0, port);
}

struct drill_sockaddr unix_name(const char *name)
{
    struct drill_sockaddr addr = {.family = AF_UNIX};
    size_t size = strlen(name);

    if (size > sizeof addr.local.name)
        size = sizeof addr.local.name;
    memcpy(addr.local.name, name, size);
    addr.local.size = (uint8_t)size;
    if (name[0] == '@')
        addr.local.name[0] = '\0';
    return addr;
}

int socket_of(struct run *run, int type)
{
    return must(run, "socket", run->net->socket(run->family, type, 0));
}

int bound_socket(struct run *run, int type, struct drill_sockaddr *addr)
{
    int fd = socket_of(run, type);

    *addr = loopback(run->family, 0);
    must(run, "bind", run->net->bind(fd, addr));
    must(run, "getsockname", run->net->getsockname(fd, addr));
    return fd;
}

int listener(struct run *run, int backlog, struct drill_sockaddr *addr)
{
    int fd = bound_socket(run, SOCK_STREAM, addr);

    must(run, "listen", run->net->listen(fd, backlog));
    return fd;
}

int connected_to(struct run *run, const struct drill_sockaddr *addr)
{
    int fd = socket_of(run, SOCK_STREAM);

    must(run, "connect", run->net->connect(fd, addr));
    return fd;
}

void connected_pair(struct run *run, int pair[2])
{
    struct drill_sockaddr addr;
    int listening;

    if (run->family == AF_UNIX) {
        pair[0] = pair[1] = -1;
        must(run, "socketpair", run->net->socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        return;
    }
    listening = listener(run, 4, &addr);
    pair[0] = connected_to(run, &addr);
    run->net->set_nonblock(listening, true);
    run->net->settle();
    pair[1] = must(run, "accept", run->net->accept(listening, NULL));
    run->net->close(listening);
}

void close_pair(struct run *run, const int pair[2])
{
    run->net->close(pair[0]);
    run->net->close(pair[1]);
}

int beside(struct run *run, void (*party)(void *), void *argument)
{
    return must(run, "spawn", run->net->spawn(party, argument));
}

long send_text(struct run *run, int fd, const char *text)
{
    return run->net->sendto(fd, text, strlen(text), MSG_NOSIGNAL, NULL);
}

void tell_recv(struct run *run, const char *what, int fd, size_t size, int flags)
{
    char data[256];

    if (size > sizeof data)
        size = sizeof data;
    tell_data(run, what, run->net->recvfrom(fd, data, size, flags | MSG_DONTWAIT, NULL), data);
}
