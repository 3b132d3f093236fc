#define _GNU_SOURCE

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <errno.h>

#define NET "kernel"

enum { SPARE_DESCRIPTORS = 64 };

struct net_addr {
    struct sockaddr_in in;
};

static int first_fd; /* what has this number or a higher one was made by the loop */

static int answer(ssize_t result)
{
    return result < 0 ? -errno : (int)result;
}

static size_t room(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    return limit.rlim_cur > SPARE_DESCRIPTORS ? (limit.rlim_cur - SPARE_DESCRIPTORS) / 2 : 0;
}

static int net_open(void)
{
    first_fd = dup(STDERR_FILENO);
    return answer(first_fd);
}

static void net_close(void)
{
    close_range((unsigned)first_fd, ~0U, 0);
}

static inline int net_socket(int type)
{
    return answer(socket(AF_INET, type, 0));
}

static int net_socketpair(int fds[2])
{
    return answer(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
}

static void net_loopback(struct net_addr *addr, unsigned n)
{
    addr->in =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + n)};
}

static inline int net_bind(int fd, const struct net_addr *addr)
{
    return answer(bind(fd, (const struct sockaddr *)&addr->in, sizeof addr->in));
}

static inline int net_listen(int fd)
{
    return answer(listen(fd, SOMAXCONN));
}

static inline int net_name(int fd, struct net_addr *addr)
{
    socklen_t size = sizeof addr->in;

    return answer(getsockname(fd, (struct sockaddr *)&addr->in, &size));
}

static inline int net_connect(int fd, const struct net_addr *addr)
{
    return answer(connect(fd, (const struct sockaddr *)&addr->in, sizeof addr->in));
}

static inline int net_accept(int fd)
{
    return answer(accept(fd, NULL, NULL));
}

static inline ssize_t net_send(int fd, const void *data, size_t size)
{
    return answer(send(fd, data, size, MSG_DONTWAIT));
}

static inline ssize_t net_recv(int fd, void *data, size_t size)
{
    return answer(recv(fd, data, size, 0));
}

static inline int net_close_fd(int fd)
{
    return answer(close(fd));
}

static inline int net_reset_on_close(int fd)
{
    const struct linger linger = {.l_onoff = 1};

    return answer(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

static int net_set(void)
{
    return answer(epoll_create1(0));
}

static int net_watch(int set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return answer(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
}

static inline int net_wait(int set)
{
    struct epoll_event event;
    const int count = epoll_wait(set, &event, 1, -1);

    return count < 0 ? -errno : event.data.fd;
}

static inline void net_settle(void)
{
}

#include "tools/bench_loops.inc"

static pthread_t echo_thread;

static void *echo(void *unused)
{
    char byte;

    (void)unused;
    bench_pin(1);
    while (recv(at.right, &byte, 1, 0) == 1)
        must(net_send(at.right, &byte, 1), "send");
    return NULL;
}

static int open_blocking(size_t idle)
{
    open_tcp(idle);
    return -pthread_create(&echo_thread, NULL, echo, NULL);
}

static void loop_blocking(uint64_t count)
{
    while (count-- > 0)
        pass_byte(at.left, at.left);
}

static void close_blocking(void)
{
    shutdown(at.left, SHUT_RDWR);
    pthread_join(echo_thread, NULL);
    net_close();
}

static uint64_t nothing(void)
{
    return 0;
}

const struct bench_net bench_kernel = {
    .name = NET,
    .ping_tcp = {open_tcp, loop_ping, net_close},
    .ping_udp = {open_udp, loop_ping, net_close},
    .ping_unix = {open_unix, loop_ping, net_close},
    .connect = {open_listener, loop_connect, net_close},
    .connect_reset = {open_listener, loop_connect_reset, net_close},
    .ready = {open_ready, loop_ready, net_close},
    .block = {open_block, loop_block, net_close},
    .whole = {open_nothing, loop_whole, net_close},
    .blocking = {open_blocking, loop_blocking, close_blocking},
    .idle = {open_idle, NULL, net_close},
    .room = room,
    .live_bytes = nothing,
    .events = nothing,
};
