#include "tests/conformance/legal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "emu/errname.h"
#include "emu/fault.h"

static struct drill_host *host;
static unsigned breaches;

void legal_begin(struct drill_host *new_host)
{
    host = new_host;
    breaches = 0;
}

unsigned legal_breaches(void)
{
    return breaches;
}

static struct drill_legal_place place_of(int fd)
{
    return drill_legal_place(fd < 0 || host == NULL ? NULL : drill_fds_find(&host->fds, fd));
}

/* What says that the program is wrong, or that the run can go no further, and nothing of the world.
 */
static bool is_own_mistake(enum drill_call_id call, int error)
{
    switch (error) {
    case EBADF:
    case EFAULT:
    case EINVAL:
    case EDOM:
    case ENAMETOOLONG:
    case ENOTSOCK:
    case EOPNOTSUPP:
    case EISCONN:
    case EALREADY:
    case EINPROGRESS:
    case EDEADLK:
        return true;
    case EAFNOSUPPORT:
        return call != DRILL_CALL_socket;
    case EPROTO:
        return call == DRILL_CALL_setsockopt;
    case EMSGSIZE:
        return call == DRILL_CALL_recv; /* of so many parts */
    case EEXIST:
    case ENOENT:
    case ELOOP:
        return call == DRILL_CALL_epoll_ctl;
    default:
        return false;
    }
}

static ssize_t check(enum drill_call_id call, struct drill_legal_place place, ssize_t result)
{
    const int error = result < 0 ? (int)-result : 0;

    if (host == NULL || error == 0 || is_own_mistake(call, error) ||
        drill_legal_at(call, place, error, false))
        return result;
    breaches++;
    fprintf(stderr, "legal.def: %s answers %s for kind %u in state %u\n",
            drill_faults_call_name((int)call), drill_errname(error), place.kind, place.state);
    return result;
}

/* A call of a descriptor (-1: of none), whose state is looked at before it is made. */
#define CHECKED(type, name, call, fd, parameters, ...)                                             \
    type legal_##name parameters                                                                   \
    {                                                                                              \
        const struct drill_legal_place place = place_of(fd);                                       \
        return (type)check(DRILL_CALL_##call, place, drill_##name(__VA_ARGS__));                   \
    }

CHECKED(int, socket, socket, -1, (int family, int type, int protocol), family, type, protocol)
CHECKED(int, socketpair, socketpair, -1, (int family, int type, int protocol, int fds[2]), family,
        type, protocol, fds)
CHECKED(int, bind, bind, fd, (int fd, const struct drill_sockaddr *addr), fd, addr)
CHECKED(int, listen, listen, fd, (int fd, int backlog), fd, backlog)
CHECKED(int, accept, accept, fd, (int fd, struct drill_sockaddr *peer), fd, peer)
CHECKED(int, accept4, accept, fd, (int fd, struct drill_sockaddr *peer, int flags), fd, peer, flags)
CHECKED(int, connect, connect, fd, (int fd, const struct drill_sockaddr *addr), fd, addr)
CHECKED(ssize_t, sendto, send, fd,
        (int fd, const void *data, size_t size, int flags, const struct drill_sockaddr *to), fd,
        data, size, flags, to)
CHECKED(ssize_t, sendmsg_n, send, fd, (int fd, const struct drill_message *message, int flags), fd,
        message, flags)
CHECKED(ssize_t, read, read, fd, (int fd, void *data, size_t size), fd, data, size)
CHECKED(ssize_t, write, write, fd, (int fd, const void *data, size_t size), fd, data, size)
CHECKED(int, shutdown, shutdown, fd, (int fd, int how), fd, how)
CHECKED(int, close, close, -1, (int fd), fd)
CHECKED(int, dup, dup, fd, (int fd), fd)
CHECKED(int, dup2, dup2, fd, (int fd, int wanted), fd, wanted)
CHECKED(int, getsockname, getsockname, fd, (int fd, struct drill_sockaddr *addr), fd, addr)
CHECKED(int, getpeername, getpeername, fd, (int fd, struct drill_sockaddr *addr), fd, addr)
CHECKED(int, getsockopt_int, getsockopt, fd, (int fd, int level, int option, int *value), fd, level,
        option, value)
CHECKED(int, setsockopt_int, setsockopt, fd, (int fd, int level, int option, int value), fd, level,
        option, value)
CHECKED(int, getsockopt, getsockopt, fd, (int fd, int level, int option, void *value, size_t *size),
        fd, level, option, value, size)
CHECKED(int, setsockopt, setsockopt, fd,
        (int fd, int level, int option, const void *value, size_t size), fd, level, option, value,
        size)
CHECKED(int, ioctl_int, ioctl, fd, (int fd, int request, int *value), fd, request, value)
CHECKED(int, poll, poll, -1, (struct drill_pollfd * fds, size_t count, int64_t deadline_ns), fds,
        count, deadline_ns)
CHECKED(int, epoll_ctl, epoll_ctl, epoll,
        (int epoll, int op, int fd, const struct drill_epoll_event *event), epoll, op, fd, event)
CHECKED(int, epoll_wait, epoll_wait, epoll,
        (int epoll, struct drill_epoll_event *events, int max, int64_t deadline_ns), epoll, events,
        max, deadline_ns)
CHECKED(int, unlink, unlink, -1, (const char *path), path)
CHECKED(int, sleep, sleep, -1, (int64_t duration_ns), duration_ns)

int legal_epoll_create(void)
{
    return (int)check(DRILL_CALL_epoll_create, place_of(-1), drill_epoll_create());
}

/* The queue of errors is no part of what is received: it is empty in any state. */
static ssize_t check_recv(struct drill_legal_place place, int flags, ssize_t result)
{
    return (flags & MSG_ERRQUEUE) != 0 ? result : check(DRILL_CALL_recv, place, result);
}

ssize_t legal_recvfrom(int fd, void *data, size_t size, int flags, struct drill_sockaddr *from)
{
    const struct drill_legal_place place = place_of(fd);

    return check_recv(place, flags, drill_recvfrom(fd, data, size, flags, from));
}

ssize_t legal_recvmsg(int fd, struct drill_message *message, int flags)
{
    const struct drill_legal_place place = place_of(fd);

    return check_recv(place, flags, drill_recvmsg(fd, message, flags));
}
