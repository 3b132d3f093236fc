#include "scenarios/subjects/kit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

enum { POLL_IN = 1, POLL_GONE = 32 };

const char *kit_text(int argc, char **argv, const char *key, const char *otherwise)
{
    const size_t length = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}

int64_t kit_number(int argc, char **argv, const char *key, int64_t otherwise)
{
    const char *text = kit_text(argc, argv, key, NULL);

    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

int64_t kit_time(int argc, char **argv, const char *key, int64_t otherwise_ns)
{
    const char *text = kit_text(argc, argv, key, NULL);
    char *unit;

    if (text == NULL)
        return otherwise_ns;
    const int64_t value = strtoll(text, &unit, 10);
    if (strcmp(unit, "us") == 0)
        return value * DRILL_US;
    return strcmp(unit, "ms") == 0 ? value * DRILL_MS : value * DRILL_SECOND;
}

bool kit_bug(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "bug=", 4) == 0 && strcmp(argv[i] + 4, name) == 0)
            return true;
    return false;
}

int kit_listen(const char *address, int backlog)
{
    const struct drill_sockaddr here = drill_sockaddr_parse(address);
    const int fd = drill_socket(here.family, SOCK_STREAM, 0);
    int result;

    if (fd < 0)
        return fd;
    drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if ((result = drill_bind(fd, &here)) == 0)
        result = drill_listen(fd, backlog);
    if (result == 0)
        return fd;
    drill_close(fd);
    return result;
}

static int open_at(const struct drill_sockaddr *here)
{
    const int fd = drill_socket(here->family, SOCK_DGRAM, 0);
    const int result = fd < 0 ? fd : drill_bind(fd, here);

    if (result < 0 && fd >= 0)
        drill_close(fd);
    return result < 0 ? result : fd;
}

int kit_datagram(const char *address)
{
    const struct drill_sockaddr here = drill_sockaddr_parse(address);

    return open_at(&here);
}

int kit_node_open(uint32_t number, uint16_t port)
{
    const struct drill_sockaddr here = kit_node(number, port);

    return open_at(&here);
}

int kit_serve(int argc, char **argv, void (*serve)(int fd, void *context), void *context)
{
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"),
                                    (int)kit_number(argc, argv, "backlog", 16));
    int fd;

    if (listener < 0)
        return listener;
    while ((fd = drill_accept(listener, NULL)) != -EBADF) {
        if (fd >= 0) {
            serve(fd, context);
            drill_close(fd);
        } else if (fd != -EINTR && fd != -ECONNABORTED) {
            drill_sleep(100 * DRILL_MS); /* no memory, no descriptor: others may give some back */
        }
    }
    drill_close(listener);
    return 0;
}

int kit_server_open(struct kit_server *self, int argc, char **argv)
{
    for (int i = 0; i <= KIT_CLIENTS; i++)
        self->fds[i] = (struct drill_pollfd){.fd = -1, .events = POLL_IN};
    self->fds[0].fd = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 5);
    return self->fds[0].fd < 0 ? self->fds[0].fd : 0;
}

int kit_server_wait(struct kit_server *self, int64_t until_ns)
{
    const int result = drill_poll(self->fds, 1 + KIT_CLIENTS, until_ns);

    return result > 0 && (self->fds[0].revents & POLL_GONE) != 0 ? -EBADF : result;
}

int kit_server_take(struct kit_server *self)
{
    const int fd = self->fds[0].revents != 0 ? drill_accept(self->fds[0].fd, NULL) : -EAGAIN;

    for (int i = 1; i <= KIT_CLIENTS && fd >= 0; i++)
        if (self->fds[i].fd < 0) {
            self->fds[i].fd = fd;
            return i;
        }
    if (fd >= 0)
        drill_close(fd);
    return 0;
}

void kit_server_drop(struct kit_server *self, int client)
{
    drill_close(self->fds[client].fd);
    self->fds[client].fd = -1;
}

void kit_server_close(struct kit_server *self)
{
    for (int i = 0; i <= KIT_CLIENTS; i++)
        if (self->fds[i].fd >= 0)
            drill_close(self->fds[i].fd);
}

/* A signal leaves the attempt going on: what comes of it is told by SO_ERROR. */
static int await_connection(int fd, int64_t until_ns)
{
    struct drill_pollfd ready = {.fd = fd, .events = 4}; /* POLLOUT */
    int result, error = 0;

    do
        result = drill_poll(&ready, 1, until_ns);
    while (result == -EINTR || result == -EAGAIN);
    if (result == 0)
        return -ETIMEDOUT;
    if (result > 0)
        result = drill_getsockopt_int(fd, SOL_SOCKET, SO_ERROR, &error);
    return result < 0 ? result : -error;
}

int kit_connect(const char *address, int64_t patience_ns)
{
    const struct drill_sockaddr there = drill_sockaddr_parse(address);
    const int64_t until_ns = patience_ns > 0 ? drill_monotonic() + patience_ns : DRILL_NEVER;
    const int fd = drill_socket(there.family, SOCK_STREAM, 0);

    if (fd < 0)
        return fd;
    drill_set_write_deadline(fd, patience_ns > 0 ? until_ns : 0);
    int result = drill_connect(fd, &there);
    if (result == -EINTR)
        result = await_connection(fd, until_ns);
    drill_set_write_deadline(fd, 0);
    if (result == 0)
        return fd;
    drill_close(fd);
    return result == -EAGAIN || result == -EINPROGRESS ? -ETIMEDOUT : result;
}

int kit_patience(int fd, int64_t patience_ns)
{
    const int64_t until_ns = patience_ns > 0 ? drill_monotonic() + patience_ns : 0;
    const int result = drill_set_read_deadline(fd, until_ns);

    return result < 0 ? result : drill_set_write_deadline(fd, until_ns);
}

/* Of a socket that waits, -EAGAIN is the end of its patience. */
static int failure(ssize_t result)
{
    return result == -EAGAIN ? -ETIMEDOUT : (int)result;
}

int kit_send_all(int fd, const void *data, size_t size)
{
    const char *bytes = data;

    while (size > 0) {
        const ssize_t sent = drill_sendto(fd, bytes, size, MSG_NOSIGNAL, NULL);
        if (sent == -EINTR)
            continue;
        if (sent < 0)
            return failure(sent);
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

int kit_recv_all(int fd, void *data, size_t size)
{
    char *bytes = data;
    size_t got = 0;

    while (got < size) {
        const ssize_t count = drill_recvfrom(fd, bytes + got, size - got, 0, NULL);
        if (count == -EINTR)
            continue;
        if (count < 0)
            return failure(count);
        if (count == 0)
            return got == 0 ? -ENODATA : -EPROTO;
        got += (size_t)count;
    }
    return 0;
}

ssize_t kit_recv_line(int fd, char *line, size_t room)
{
    size_t held = 0;

    for (; held < room - 1; held++) {
        const int result = kit_recv_all(fd, line + held, 1);
        if (result < 0)
            return result;
        if (line[held] == '\n')
            break;
    }
    line[held] = '\0';
    return (ssize_t)held;
}

int kit_send_frame(int fd, const void *data, size_t size)
{
    const uint8_t head[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                             (uint8_t)size};
    const int result = kit_send_all(fd, head, sizeof head);

    return result < 0 ? result : kit_send_all(fd, data, size);
}

ssize_t kit_recv_frame(int fd, void *data, size_t room)
{
    uint8_t head[4];
    int result = kit_recv_all(fd, head, sizeof head);

    if (result < 0)
        return result;
    const size_t size =
        (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (size > room)
        return -EMSGSIZE;
    result = kit_recv_all(fd, data, size);
    if (result == -ENODATA && size > 0)
        return -EPROTO;
    return result < 0 ? result : (ssize_t)size;
}
