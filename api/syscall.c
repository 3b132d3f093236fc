#include "api/syscall.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "api/current.h"

_Thread_local struct drill_world *drill_current;

/* A call without a world is a mistake of the test, not an answer of the network. */
static __attribute__((noinline, cold)) int no_world(void)
{
    fputs("sockdrill: a call outside any world: make one with drill_world_new first\n", stderr);
    return -ENXIO;
}

static ssize_t call(enum drill_call_id id, struct drill_args *args)
{
    struct drill_world *world = drill_current;

    return world != NULL ? drill_call(&world->door, id, args) : no_world();
}

int drill_socket(int family, int type, int protocol)
{
    struct drill_args args = {.family = family, .type = type, .protocol = protocol, .fd = -1};

    return (int)call(DRILL_CALL_socket, &args);
}

int drill_socketpair(int family, int type, int protocol, int fds[2])
{
    struct drill_args args = {
        .family = family, .type = type, .protocol = protocol, .fd = -1, .data = fds};

    return (int)call(DRILL_CALL_socketpair, &args);
}

int drill_bind(int fd, const struct drill_sockaddr *addr)
{
    struct drill_args args = {.fd = fd, .addr = addr};

    return (int)call(DRILL_CALL_bind, &args);
}

int drill_listen(int fd, int backlog)
{
    struct drill_args args = {.fd = fd, .flags = backlog};

    return (int)call(DRILL_CALL_listen, &args);
}

int drill_accept(int fd, struct drill_sockaddr *peer)
{
    return drill_accept4(fd, peer, 0);
}

int drill_accept4(int fd, struct drill_sockaddr *peer, int flags)
{
    struct drill_args args = {.fd = fd, .from = peer, .flags = flags};

    return (int)call(DRILL_CALL_accept, &args);
}

int drill_connect(int fd, const struct drill_sockaddr *addr)
{
    struct drill_args args = {.fd = fd, .addr = addr};

    return (int)call(DRILL_CALL_connect, &args);
}

/* One block is a message of one part.  More than half of memory is the program's mistake: EFAULT.
 */
#define ONE_PART(block, bytes)                                                                     \
    .parts = &(struct drill_iovec){.base = (void *)(uintptr_t)(block), .size = (bytes)},           \
    .part_count = 1, .parts_missing = (bytes) > SSIZE_MAX

ssize_t drill_recvfrom(int fd, void *data, size_t size, int flags, struct drill_sockaddr *from)
{
    struct drill_world *world = drill_current;

    return world != NULL ? drill_call_recv(&world->door, fd, data, size, flags, from) : no_world();
}

ssize_t drill_sendto(int fd, const void *data, size_t size, int flags,
                     const struct drill_sockaddr *to)
{
    struct drill_world *world = drill_current;

    return world != NULL ? drill_call_send(&world->door, fd, data, size, flags, to) : no_world();
}

ssize_t drill_read(int fd, void *data, size_t size)
{
    struct drill_args args = {.fd = fd, ONE_PART(data, size)};

    return call(DRILL_CALL_read, &args);
}

ssize_t drill_write(int fd, const void *data, size_t size)
{
    struct drill_args args = {.fd = fd, ONE_PART(data, size)};

    return call(DRILL_CALL_write, &args);
}

ssize_t drill_recvmsg(int fd, struct drill_message *message, int flags)
{
    struct drill_args args = {.fd = fd, .flags = flags};

    if (message == NULL) {
        args.parts_missing = true;
        return call(DRILL_CALL_recv, &args);
    }
    args.parts = message->parts;
    args.part_count = message->part_count;
    args.from = message->address;
    args.local = message->local;
    args.control = message->control;
    args.control_size = message->control_size;
    const ssize_t result = call(DRILL_CALL_recv, &args);
    if (result >= 0) {
        message->flags = args.out_flags;
        message->control_size = args.control_used;
    }
    return result;
}

ssize_t drill_sendmsg_n(int fd, const struct drill_message *message, int flags)
{
    struct drill_args args = {.fd = fd, .flags = flags};

    if (message == NULL) {
        args.parts_missing = true;
        return call(DRILL_CALL_send, &args);
    }
    args.parts = message->parts;
    args.part_count = message->part_count;
    args.addr = message->address;
    args.control = message->control;
    args.control_size = message->control_size;
    return call(DRILL_CALL_send, &args);
}

int drill_shutdown(int fd, int how)
{
    struct drill_args args = {.fd = fd, .flags = how};

    return (int)call(DRILL_CALL_shutdown, &args);
}

int drill_close(int fd)
{
    struct drill_args args = {.fd = fd};

    return (int)call(DRILL_CALL_close, &args);
}

int drill_dup(int fd)
{
    struct drill_args args = {.fd = fd};

    return (int)call(DRILL_CALL_dup, &args);
}

int drill_dup2(int fd, int wanted)
{
    struct drill_args args = {.fd = fd, .flags = wanted};

    return (int)call(DRILL_CALL_dup2, &args);
}

int drill_getsockname(int fd, struct drill_sockaddr *addr)
{
    struct drill_args args = {.fd = fd, .from = addr};

    return (int)call(DRILL_CALL_getsockname, &args);
}

int drill_getpeername(int fd, struct drill_sockaddr *addr)
{
    struct drill_args args = {.fd = fd, .from = addr};

    return (int)call(DRILL_CALL_getpeername, &args);
}

int drill_set_nonblock(int fd, bool on)
{
    struct drill_args args = {.fd = fd, .flags = on};

    return (int)call(DRILL_CALL_set_nonblock, &args);
}

int drill_get_nonblock(int fd)
{
    struct drill_args args = {.fd = fd};

    return (int)call(DRILL_CALL_get_nonblock, &args);
}

int drill_getsockopt(int fd, int level, int option, void *value, size_t *size)
{
    struct drill_args args = {
        .fd = fd, .family = level, .type = option, .data = value, .data_size = size};

    return (int)call(DRILL_CALL_getsockopt, &args);
}

int drill_setsockopt(int fd, int level, int option, const void *value, size_t size)
{
    struct drill_args args = {
        .fd = fd, .family = level, .type = option, .data = (void *)(uintptr_t)value, .size = size};

    return (int)call(DRILL_CALL_setsockopt, &args);
}

int drill_getsockopt_int(int fd, int level, int option, int *value)
{
    size_t size = sizeof *value;

    return drill_getsockopt(fd, level, option, value, &size);
}

int drill_setsockopt_int(int fd, int level, int option, int value)
{
    return drill_setsockopt(fd, level, option, &value, sizeof value);
}

int drill_ioctl_int(int fd, int request, int *value)
{
    struct drill_args args = {.fd = fd, .type = request, .data = value};

    return (int)call(DRILL_CALL_ioctl, &args);
}

int drill_set_read_deadline(int fd, int64_t when_ns)
{
    struct drill_args args = {.fd = fd, .when_ns = when_ns};

    return (int)call(DRILL_CALL_set_read_deadline, &args);
}

int drill_set_write_deadline(int fd, int64_t when_ns)
{
    struct drill_args args = {.fd = fd, .when_ns = when_ns};

    return (int)call(DRILL_CALL_set_write_deadline, &args);
}

int drill_stop_io(int fd)
{
    struct drill_args args = {.fd = fd};

    return (int)call(DRILL_CALL_stop_io, &args);
}

int drill_poll(struct drill_pollfd *fds, size_t count, int64_t deadline_ns)
{
    struct drill_args args = {.fd = -1, .data = fds, .size = count, .when_ns = deadline_ns};

    return (int)call(DRILL_CALL_poll, &args);
}

int drill_epoll_create(void)
{
    struct drill_args args = {.fd = -1};

    return (int)call(DRILL_CALL_epoll_create, &args);
}

int drill_epoll_ctl(int epoll, int op, int fd, const struct drill_epoll_event *event)
{
    struct drill_args args = {
        .fd = epoll, .flags = op, .type = fd, .data = (void *)(uintptr_t)event};

    return (int)call(DRILL_CALL_epoll_ctl, &args);
}

int drill_epoll_wait(int epoll, struct drill_epoll_event *events, int max, int64_t deadline_ns)
{
    struct drill_args args = {.fd = epoll, .flags = max, .data = events, .when_ns = deadline_ns};

    return (int)call(DRILL_CALL_epoll_wait, &args);
}

int drill_resolve(const char *name, struct drill_sockaddr *addrs, size_t max)
{
    struct drill_args args = {
        .fd = -1, .data = (void *)(uintptr_t)name, .from = addrs, .size = max};

    return (int)call(DRILL_CALL_resolve, &args);
}

int drill_local_ip(struct drill_sockaddr *addr)
{
    struct drill_args args = {.fd = -1, .from = addr};

    return (int)call(DRILL_CALL_local_ip, &args);
}

int drill_unlink(const char *path)
{
    struct drill_args args = {.fd = -1, .data = (void *)(uintptr_t)path};

    return (int)call(DRILL_CALL_unlink, &args);
}

int64_t drill_monotonic(void)
{
    return drill_current != NULL ? drill_sim_now(&drill_current->sim) : no_world();
}

int64_t drill_wall(void)
{
    const struct drill_host *host =
        drill_current != NULL ? drill_current->tasks.current->host : NULL;

    return host != NULL ? drill_host_wall(host) : no_world();
}

int drill_sleep(int64_t duration_ns)
{
    if (duration_ns < 0)
        return -EINVAL;
    const int64_t now = drill_monotonic();
    struct drill_args args = {
        .fd = -1, .when_ns = duration_ns < DRILL_NEVER - now ? now + duration_ns : DRILL_NEVER};

    return (int)call(DRILL_CALL_sleep, &args);
}

int drill_yield(void)
{
    struct drill_args args = {.fd = -1};

    return (int)call(DRILL_CALL_yield, &args);
}

int drill_random(void *data, size_t size)
{
    struct drill_args args = {.fd = -1, .data = data, .size = size};

    return (int)call(DRILL_CALL_random, &args);
}
