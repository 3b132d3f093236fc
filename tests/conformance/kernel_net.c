/* The kernel's side of net.h.  A socket address here has the shape that Linux would give and take.
 */
#include "tests/conformance/kernel_host.h"
#include "tests/conformance/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

union system_address {
    struct sockaddr any;
    struct sockaddr_in inet4;
    struct sockaddr_in6 inet6;
    struct sockaddr_un local;
};

static socklen_t to_system(const struct drill_sockaddr *from, union system_address *to)
{
    memset(to, 0, sizeof *to);
    to->any.sa_family = from->family;
    if (from->family == AF_UNIX) {
        memcpy(to->local.sun_path, from->local.name, from->local.size);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + from->local.size);
    }
    if (from->family == AF_INET6) {
        to->inet6.sin6_port = htons(from->port);
        to->inet6.sin6_scope_id = from->zone;
        memcpy(&to->inet6.sin6_addr, from->inet6, sizeof from->inet6);
        return sizeof to->inet6;
    }
    to->inet4.sin_port = htons(from->port);
    memcpy(&to->inet4.sin_addr, from->inet4, sizeof from->inet4);
    return sizeof to->inet4;
}

static void local_from_system(struct drill_sockaddr *to, const union system_address *from,
                              socklen_t size)
{
    size_t used = size - offsetof(struct sockaddr_un, sun_path);

    if (used > sizeof to->local.name)
        used = sizeof to->local.name;
    if (used > 0 && from->local.sun_path[0] != '\0')
        used = strnlen(from->local.sun_path, used);
    memcpy(to->local.name, from->local.sun_path, used);
    to->local.size = (uint8_t)used;
}

static void from_system(struct drill_sockaddr *to, const union system_address *from, socklen_t size)
{
    memset(to, 0, sizeof *to);
    if (size < sizeof from->any.sa_family)
        return;
    to->family = from->any.sa_family;
    if (to->family == AF_UNIX) {
        local_from_system(to, from, size);
    } else if (to->family == AF_INET6) {
        to->port = ntohs(from->inet6.sin6_port);
        to->zone = from->inet6.sin6_scope_id;
        memcpy(to->inet6, &from->inet6.sin6_addr, sizeof to->inet6);
    } else if (to->family == AF_INET) {
        to->port = ntohs(from->inet4.sin_port);
        memcpy(to->inet4, &from->inet4.sin_addr, sizeof to->inet4);
    }
}

static int answer(int result)
{
    return result < 0 ? -errno : result;
}

static ssize_t answer_size(ssize_t result)
{
    return result < 0 ? -errno : result;
}

static int k_socket(int family, int type, int protocol)
{
    return answer(socket(family, type, protocol));
}

static int k_socketpair(int family, int type, int protocol, int fds[2])
{
    return answer(socketpair(family, type, protocol, fds));
}

static int k_bind(int fd, const struct drill_sockaddr *addr)
{
    union system_address system;
    socklen_t size = to_system(addr, &system);

    return answer(bind(fd, &system.any, size));
}

static int k_listen(int fd, int backlog)
{
    return answer(listen(fd, backlog));
}

static int k_accept4(int fd, struct drill_sockaddr *peer, int flags)
{
    union system_address system;
    socklen_t size = sizeof system;
    int result = answer(accept4(fd, &system.any, &size, flags));

    if (result >= 0 && peer != NULL)
        from_system(peer, &system, size);
    return result;
}

static int k_accept(int fd, struct drill_sockaddr *peer)
{
    return k_accept4(fd, peer, 0);
}

static int k_connect(int fd, const struct drill_sockaddr *addr)
{
    union system_address system;
    socklen_t size = to_system(addr, &system);

    return answer(connect(fd, &system.any, size));
}

static ssize_t k_recvfrom(int fd, void *data, size_t size, int flags, struct drill_sockaddr *from)
{
    union system_address system;
    socklen_t length = sizeof system;
    ssize_t result;

    if (from == NULL)
        return answer_size(recv(fd, data, size, flags));
    result = answer_size(recvfrom(fd, data, size, flags, &system.any, &length));
    if (result >= 0)
        from_system(from, &system, length);
    return result;
}

static ssize_t k_sendto(int fd, const void *data, size_t size, int flags,
                        const struct drill_sockaddr *to)
{
    union system_address system;
    socklen_t length;

    if (to == NULL)
        return answer_size(send(fd, data, size, flags));
    length = to_system(to, &system);
    return answer_size(sendto(fd, data, size, flags, &system.any, length));
}

static struct msghdr message_header(const struct drill_message *message,
                                    union system_address *system, struct iovec *parts)
{
    for (size_t i = 0; i < message->part_count; i++)
        parts[i] = (struct iovec){message->parts[i].base, message->parts[i].size};
    return (struct msghdr){
        .msg_name = message->address ? system : NULL,
        .msg_iov = parts,
        .msg_iovlen = message->part_count,
        .msg_control = message->control,
        .msg_controllen = message->control_size,
    };
}

static ssize_t k_recvmsg(int fd, struct drill_message *message, int flags)
{
    union system_address system;
    struct iovec parts[64];
    struct msghdr header = message_header(message, &system, parts);
    ssize_t result;

    header.msg_namelen = message->address ? sizeof system : 0;
    result = answer_size(recvmsg(fd, &header, flags));
    if (result < 0)
        return result;
    if (message->address != NULL)
        from_system(message->address, &system, header.msg_namelen);
    message->control_size = header.msg_controllen;
    message->flags = header.msg_flags;
    return result;
}

static ssize_t k_sendmsg_n(int fd, const struct drill_message *message, int flags)
{
    union system_address system;
    struct iovec parts[64];
    struct msghdr header = message_header(message, &system, parts);

    if (message->address != NULL)
        header.msg_namelen = to_system(message->address, &system);
    return answer_size(sendmsg(fd, &header, flags));
}

static ssize_t k_read(int fd, void *data, size_t size)
{
    return answer_size(read(fd, data, size));
}

static ssize_t k_write(int fd, const void *data, size_t size)
{
    return answer_size(write(fd, data, size));
}

static int k_shutdown(int fd, int how)
{
    return answer(shutdown(fd, how));
}

static int k_close(int fd)
{
    return answer(close(fd));
}

static int k_dup(int fd)
{
    return answer(dup(fd));
}

static int k_dup2(int fd, int wanted)
{
    return answer(dup2(fd, wanted));
}

static int k_getsockname(int fd, struct drill_sockaddr *addr)
{
    union system_address system;
    socklen_t size = sizeof system;
    int result = answer(getsockname(fd, &system.any, &size));

    if (result >= 0)
        from_system(addr, &system, size);
    return result;
}

static int k_getpeername(int fd, struct drill_sockaddr *addr)
{
    union system_address system;
    socklen_t size = sizeof system;
    int result = answer(getpeername(fd, &system.any, &size));

    if (result >= 0)
        from_system(addr, &system, size);
    return result;
}

static int k_set_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return -errno;
    return answer(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

static int k_get_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -errno : (flags & O_NONBLOCK) != 0;
}

static int k_getsockopt(int fd, int level, int option, void *value, size_t *size)
{
    socklen_t length = (socklen_t)*size;
    int result = answer(getsockopt(fd, level, option, value, &length));

    *size = length;
    return result;
}

static int k_setsockopt(int fd, int level, int option, const void *value, size_t size)
{
    return answer(setsockopt(fd, level, option, value, (socklen_t)size));
}

static int k_getsockopt_int(int fd, int level, int option, int *value)
{
    size_t size = sizeof *value;

    return k_getsockopt(fd, level, option, value, &size);
}

static int k_setsockopt_int(int fd, int level, int option, int value)
{
    return k_setsockopt(fd, level, option, &value, sizeof value);
}

static int k_ioctl_int(int fd, int request, int *value)
{
    return answer(ioctl(fd, (unsigned long)(unsigned)request, value));
}

/* poll(2) and epoll_wait(2) take milliseconds from now; rounded up, so that none waits too short.
 */
static int timeout_ms(int64_t deadline_ns)
{
    int64_t left = deadline_ns == 0 ? 0 : deadline_ns - kernel_monotonic();

    if (deadline_ns == DRILL_NEVER)
        return -1;
    return left <= 0 ? 0 : (int)((left + DRILL_MS - 1) / DRILL_MS);
}

static int k_poll(struct drill_pollfd *fds, size_t count, int64_t deadline_ns)
{
    struct pollfd system[64];
    int result;

    if (count > sizeof system / sizeof *system)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        system[i] = (struct pollfd){fds[i].fd, fds[i].events, 0};
    result = answer(poll(system, count, timeout_ms(deadline_ns)));
    for (size_t i = 0; result >= 0 && i < count; i++)
        fds[i].revents = system[i].revents;
    return result;
}

static int k_epoll_create(void)
{
    return answer(epoll_create1(0));
}

static int k_epoll_ctl(int epoll, int op, int fd, const struct drill_epoll_event *event)
{
    struct epoll_event system = {0};

    if (event != NULL)
        system = (struct epoll_event){.events = event->events, .data.u64 = event->data};
    return answer(epoll_ctl(epoll, op, fd, event ? &system : NULL));
}

static int k_epoll_wait(int epoll, struct drill_epoll_event *events, int max, int64_t deadline_ns)
{
    struct epoll_event system[64];
    int room = max > 64 ? 64 : max;
    int result = answer(epoll_wait(epoll, system, room, timeout_ms(deadline_ns)));

    for (int i = 0; i < result; i++)
        events[i] = (struct drill_epoll_event){system[i].events, system[i].data.u64};
    return result;
}

static int k_unlink(const char *path)
{
    return answer(unlink(path));
}

const struct net kernel_net = {
    .socket = k_socket,
    .socketpair = k_socketpair,
    .bind = k_bind,
    .listen = k_listen,
    .accept = k_accept,
    .accept4 = k_accept4,
    .connect = k_connect,
    .recvfrom = k_recvfrom,
    .sendto = k_sendto,
    .recvmsg = k_recvmsg,
    .sendmsg_n = k_sendmsg_n,
    .read = k_read,
    .write = k_write,
    .shutdown = k_shutdown,
    .close = k_close,
    .dup = k_dup,
    .dup2 = k_dup2,
    .getsockname = k_getsockname,
    .getpeername = k_getpeername,
    .set_nonblock = k_set_nonblock,
    .get_nonblock = k_get_nonblock,
    .getsockopt_int = k_getsockopt_int,
    .setsockopt_int = k_setsockopt_int,
    .getsockopt = k_getsockopt,
    .setsockopt = k_setsockopt,
    .ioctl_int = k_ioctl_int,
    .poll = k_poll,
    .epoll_create = k_epoll_create,
    .epoll_ctl = k_epoll_ctl,
    .epoll_wait = k_epoll_wait,
    .unlink = k_unlink,
    .monotonic = kernel_monotonic,
    .sleep = kernel_sleep,
    .limit_descriptors = kernel_limit_descriptors,
    .spawn = kernel_spawn,
    .join_all = kernel_join_all,
    .settle = kernel_settle,
};
