/*
 * Pointers that the kernel's side of net.h cannot hand on: addresses, messages and arrays that are
 * NULL, too many parts, names that are too long.  So these run on the emulator alone, against what
 * Linux 6.18 answered to a program that made the same calls itself.
 */
#include "tests/conformance/local.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

CASE(addresses_that_are_null)
{
    struct drill_sockaddr addr;
    int server = listener(run, 1, &addr);
    int stream = socket_of(run, SOCK_STREAM);
    int dgram = socket_of(run, SOCK_DGRAM);

    tell(run, "bind", run->net->bind(stream, NULL));
    tell(run, "bind of none", run->net->bind(-1, NULL));
    tell(run, "connect", run->net->connect(stream, NULL));
    tell(run, "connect of none", run->net->connect(-1, NULL));
    tell(run, "getsockname", run->net->getsockname(stream, NULL));
    tell(run, "getpeername unconnected", run->net->getpeername(stream, NULL));
    tell(run, "sendto", run->net->sendto(dgram, "a", 1, MSG_NOSIGNAL, NULL));
    tell(run, "connect", run->net->connect(stream, &addr));
    tell(run, "getpeername", run->net->getpeername(stream, NULL));
    tell_fd(run, "accept", run->net->accept(server, NULL));
    expect(run, "bind = EFAULT\n"
                "bind of none = EBADF\n"
                "connect = EFAULT\n"
                "connect of none = EBADF\n"
                "getsockname = EFAULT\n"
                "getpeername unconnected = ENOTCONN\n"
                "sendto = EDESTADDRREQ\n"
                "connect = 0\n"
                "getpeername = EFAULT\n"
                "accept = ok\n");
}

CASE(messages_that_are_null)
{
    struct drill_message message = {.part_count = 1};
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    tell(run, "sendmsg", run->net->sendmsg_n(pair[0], NULL, MSG_NOSIGNAL));
    tell(run, "recvmsg", run->net->recvmsg(pair[0], NULL, 0));
    tell(run, "sendmsg of none", run->net->sendmsg_n(-1, NULL, MSG_NOSIGNAL));
    tell(run, "recvmsg of none", run->net->recvmsg(-1, NULL, 0));
    tell(run, "sendmsg without parts", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    tell(run, "recvmsg without parts", run->net->recvmsg(pair[0], &message, 0));
    expect(run, "sendmsg = EFAULT\n"
                "recvmsg = EFAULT\n"
                "sendmsg of none = EBADF\n"
                "recvmsg of none = EBADF\n"
                "sendmsg without parts = EFAULT\n"
                "recvmsg without parts = EFAULT\n");
}

CASE(more_parts_than_linux_takes)
{
    static struct drill_iovec parts[1025];
    static char byte = 'a';
    struct drill_message message = {.parts = parts, .part_count = 1025};
    int pair[2];

    for (size_t i = 0; i < 1025; i++)
        parts[i] = (struct drill_iovec){&byte, 1};
    local_pair(run, SOCK_SEQPACKET, pair);
    tell(run, "sendmsg of 1025", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    tell(run, "recvmsg of 1025", run->net->recvmsg(pair[0], &message, 0));
    message.part_count = SIZE_MAX;
    tell(run, "sendmsg of all", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    message.part_count = 1024;
    tell(run, "sendmsg of 1024", run->net->sendmsg_n(pair[0], &message, MSG_NOSIGNAL));
    tell(run, "recvmsg of 1024", run->net->recvmsg(pair[1], &message, 0));
    expect(run, "sendmsg of 1025 = EMSGSIZE\n"
                "recvmsg of 1025 = EMSGSIZE\n"
                "sendmsg of all = EMSGSIZE\n"
                "sendmsg of 1024 = 1024\n"
                "recvmsg of 1024 = 1024\n");
}

CASE(arrays_and_sizes_that_are_null)
{
    int epoll = must(run, "epoll_create", run->net->epoll_create());
    int fd = socket_of(run, SOCK_STREAM);
    int value = 0;

    tell(run, "poll", run->net->poll(NULL, 1, 0));
    tell(run, "poll of none", run->net->poll(NULL, 0, 0));
    tell(run, "epoll_wait with nobody", run->net->epoll_wait(epoll, NULL, 1, 0));
    tell(run, "getsockopt", run->net->getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, NULL));
    tell(run, "getsockopt_int", run->net->getsockopt_int(fd, SOL_SOCKET, SO_TYPE, NULL));
    tell(run, "unlink", run->net->unlink(NULL));
    expect(run, "poll = EFAULT\n"
                "poll of none = 0\n"
                "epoll_wait with nobody = 0\n"
                "getsockopt = EFAULT\n"
                "getsockopt_int = EFAULT\n"
                "unlink = EFAULT\n");
}

CASE(a_unix_address_of_more_bytes_than_it_has)
{
    struct drill_sockaddr addr = {.family = AF_UNIX};
    int fd = local_socket(run, SOCK_DGRAM, NULL);

    memset(addr.local.name, 'n', sizeof addr.local.name);
    addr.local.size = 109;
    tell(run, "bind", run->net->bind(fd, &addr));
    tell(run, "connect", run->net->connect(fd, &addr));
    tell(run, "sendto", run->net->sendto(fd, "a", 1, MSG_NOSIGNAL, &addr));
    expect(run, "bind = EINVAL\n"
                "connect = EINVAL\n"
                "sendto = EINVAL\n");
}
