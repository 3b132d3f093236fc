/* Descriptors: their numbers, what a dup shares, and what a call answers for one that is none. */
#include "tests/conformance/local.h"

#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

static int fresh(struct run *run)
{
    return must(run, "socket", run->net->socket(AF_UNIX, SOCK_DGRAM, 0));
}

CASE(a_new_descriptor_is_the_lowest_free_one)
{
    int first = fresh(run);
    int pair[2];
    int fd;

    for (int i = 1; i < 6; i++)
        say(run, "first + %d", fresh(run) - first);
    run->net->close(first + 4);
    run->net->close(first + 1);
    run->net->close(first + 2);
    say(run, "socket: first + %d", fresh(run) - first);
    local_pair(run, SOCK_STREAM, pair);
    say(run, "socketpair: first + %d, first + %d", pair[0] - first, pair[1] - first);
    run->net->close(first + 3);
    fd = must(run, "dup", run->net->dup(first));
    say(run, "dup: first + %d", fd - first);
    run->net->close(first + 2);
    fd = must(run, "epoll_create", run->net->epoll_create());
    say(run, "epoll_create: first + %d", fd - first);
    run->net->close(first);
    say(run, "socket: first + %d", fresh(run) - first);
}

CASE(accept_takes_the_lowest_free_descriptor)
{
    int server = local_listener(run, SOCK_STREAM, "@x", 5);
    int client = local_socket(run, SOCK_STREAM, NULL);
    int spare = fresh(run);

    local_connect(run, "connect", client, "@x");
    fresh(run);
    run->net->close(spare);
    say(run, "the closed one: %d", run->net->accept(server, NULL) == spare);
}

CASE(a_dup_shares_everything_but_its_number)
{
    int pair[2];
    int copy;

    local_pair(run, SOCK_STREAM, pair);
    copy = tell_fd(run, "dup", run->net->dup(pair[0]));
    tell(run, "wait", run->net->set_nonblock(copy, false));
    tell(run, "original waits not", run->net->get_nonblock(pair[0]));
    tell(run, "do not wait", run->net->set_nonblock(pair[0], true));
    tell(run, "copy waits not", run->net->get_nonblock(copy));
    tell(run, "set an option", run->net->setsockopt_int(copy, SOL_SOCKET, SO_PRIORITY, 3));
    tell_option(run, "original's option", pair[0], SOL_SOCKET, SO_PRIORITY);
    send_text(run, pair[1], "abcd");
    tell_recv(run, "original: recv", pair[0], 2, 0);
    tell_recv(run, "copy: recv", copy, 2, 0);
    tell(run, "close of the original", run->net->close(pair[0]));
    local_tell_joined(run, "the copy", copy, pair[1]);
    tell(run, "shutdown of the copy", run->net->shutdown(copy, SHUT_WR));
    tell_recv(run, "peer: recv", pair[1], 8, 0);
}

CASE(dup2_closes_what_it_replaces)
{
    int first[2];
    int second[2];

    local_pair(run, SOCK_STREAM, first);
    local_pair(run, SOCK_STREAM, second);
    say(run, "dup2 answers the number: %d", run->net->dup2(first[0], second[0]) == second[0]);
    tell_recv(run, "peer of the replaced one", second[1], 8, 0);
    local_tell_joined(run, "the number now", second[0], first[1]);
    say(run, "dup2 to itself: %d", run->net->dup2(first[0], first[0]) == first[0]);
    local_tell_joined(run, "after it", first[0], first[1]);
    run->net->close(first[0]);
    local_tell_joined(run, "the copy", second[0], first[1]);
}

CASE(dup2_reaches_any_free_number_within_the_limit)
{
    int fd = fresh(run);
    int far = fd + 50;

    say(run, "50 further: %d", run->net->dup2(fd, far) == far);
    tell_option(run, "type", far, SOL_SOCKET, SO_TYPE);
    say(run, "the next number is the lowest: %d", fresh(run) == fd + 1);
    tell(run, "negative", run->net->dup2(fd, -1));
    tell(run, "huge", run->net->dup2(fd, INT32_MAX));
    tell(run, "of a closed one", run->net->dup2(fd + 10, far));
    tell_option(run, "what it would have replaced", far, SOL_SOCKET, SO_TYPE);
    tell(run, "of a closed one to itself", run->net->dup2(fd + 10, fd + 10));
    tell(run, "of a negative one", run->net->dup2(-1, far));
}

CASE(a_descriptor_is_closed_once)
{
    int fd = fresh(run);

    tell(run, "close", run->net->close(fd));
    tell(run, "close again", run->net->close(fd));
    tell(run, "close -1", run->net->close(-1));
    tell(run, "close a huge one", run->net->close(INT32_MAX));
    tell(run, "close the least", run->net->close(INT32_MIN));
}

static void socket_calls(struct run *run, int fd)
{
    struct drill_sockaddr addr = unix_name("@nobody");
    char data[8] = "";
    struct drill_iovec part = {data, 1};
    struct drill_message message = {.parts = &part, .part_count = 1};
    size_t size = sizeof(int);
    int value = 0;

    tell(run, "bind", run->net->bind(fd, &addr));
    tell(run, "listen", run->net->listen(fd, 1));
    tell(run, "accept", run->net->accept(fd, NULL));
    tell(run, "accept4", run->net->accept4(fd, NULL, SOCK_NONBLOCK));
    tell(run, "connect", run->net->connect(fd, &addr));
    tell(run, "recvfrom", run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, NULL));
    tell(run, "sendto", run->net->sendto(fd, data, 1, MSG_NOSIGNAL, NULL));
    tell(run, "sendto an address", run->net->sendto(fd, data, 1, MSG_NOSIGNAL, &addr));
    tell(run, "recvmsg", run->net->recvmsg(fd, &message, MSG_DONTWAIT));
    tell(run, "sendmsg", run->net->sendmsg_n(fd, &message, MSG_NOSIGNAL));
    tell(run, "shutdown", run->net->shutdown(fd, SHUT_RDWR));
    tell(run, "shutdown of 9", run->net->shutdown(fd, 9));
    tell(run, "getsockname", run->net->getsockname(fd, &addr));
    tell(run, "getpeername", run->net->getpeername(fd, &addr));
    tell(run, "getsockopt_int", run->net->getsockopt_int(fd, SOL_SOCKET, SO_TYPE, &value));
    tell(run, "setsockopt_int", run->net->setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
    tell(run, "getsockopt", run->net->getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size));
    tell(run, "setsockopt", run->net->setsockopt(fd, 99, 99, &value, sizeof value));
}

static void ioctls(struct run *run, int fd)
{
    int value = 0;

    tell(run, "ioctl_int FIONREAD", run->net->ioctl_int(fd, FIONREAD, &value));
    tell(run, "ioctl_int SIOCOUTQ", run->net->ioctl_int(fd, SIOCOUTQ, &value));
    tell(run, "ioctl_int of another request", run->net->ioctl_int(fd, 99, &value));
}

static void file_calls(struct run *run, int fd)
{
    struct drill_epoll_event event = {.events = EPOLLIN};
    struct drill_pollfd poll = {.fd = fd, .events = POLLIN};
    int epoll = must(run, "epoll_create", run->net->epoll_create());
    char data[8] = "";

    tell(run, "read", run->net->read(fd, data, sizeof data));
    tell(run, "read nothing", run->net->read(fd, data, 0));
    tell(run, "write", run->net->write(fd, data, 1));
    tell(run, "write nothing", run->net->write(fd, data, 0));
    tell(run, "set_nonblock", run->net->set_nonblock(fd, true));
    tell(run, "get_nonblock", run->net->get_nonblock(fd));
    tell(run, "poll", run->net->poll(&poll, 1, 0));
    say(run, "polls %s", poll_text(run, poll.revents));
    tell(run, "epoll_ctl ADD", run->net->epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    tell(run, "epoll_ctl MOD", run->net->epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
    tell(run, "epoll_ctl DEL", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
    run->net->close(epoll);
}

CASE(a_closed_descriptor_is_ebadf_for_every_socket_call)
{
    int fd = fresh(run);
    struct drill_epoll_event event;

    run->net->close(fd);
    socket_calls(run, fd);
    ioctls(run, fd);
    tell(run, "dup", run->net->dup(fd));
    tell(run, "epoll_wait", run->net->epoll_wait(fd, &event, 1, 0));
    tell(run, "epoll_ctl", run->net->epoll_ctl(fd, EPOLL_CTL_DEL, fd, NULL));
}

CASE(a_closed_descriptor_is_ebadf_for_every_file_call)
{
    file_calls(run, fresh(run) + 20);
}

CASE(a_negative_descriptor_is_ebadf)
{
    struct drill_epoll_event event;

    socket_calls(run, -1);
    file_calls(run, -1);
    ioctls(run, -1);
    tell(run, "dup", run->net->dup(-1));
    tell(run, "epoll_wait", run->net->epoll_wait(-1, &event, 1, 0));
}

CASE(a_huge_descriptor_is_ebadf)
{
    struct drill_epoll_event event;

    socket_calls(run, INT32_MAX);
    file_calls(run, INT32_MAX);
    ioctls(run, INT32_MAX);
    tell(run, "dup", run->net->dup(INT32_MAX));
    tell(run, "epoll_wait", run->net->epoll_wait(INT32_MAX, &event, 1, 0));
}

CASE(a_readiness_set_is_no_socket)
{
    int epoll = must(run, "epoll_create", run->net->epoll_create());

    socket_calls(run, epoll);
}

CASE(a_readiness_set_is_a_file_that_can_only_be_polled)
{
    int epoll = must(run, "epoll_create", run->net->epoll_create());
    int copy;

    file_calls(run, epoll);
    copy = tell_fd(run, "dup", run->net->dup(epoll));
    tell(run, "close", run->net->close(epoll));
    tell_poll(run, "copy", copy);
    say(run, "dup2: %d", run->net->dup2(copy, epoll) == epoll);
}

CASE(a_socket_is_no_readiness_set)
{
    struct drill_epoll_event event = {.events = EPOLLIN};
    int fd = fresh(run);
    int other = fresh(run);

    tell(run, "epoll_wait", run->net->epoll_wait(fd, &event, 1, 0));
    tell(run, "epoll_ctl", run->net->epoll_ctl(fd, EPOLL_CTL_ADD, other, &event));
    tell(run, "epoll_ctl of itself", run->net->epoll_ctl(fd, EPOLL_CTL_ADD, fd, &event));
}
