#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "api/sockdrill.h"

#define NET "sockdrill"

enum { DESCRIPTORS = 4000000 };

struct net_addr {
    struct drill_sockaddr in;
};

static const int64_t time_wait_ns = 61 * DRILL_SECOND; /* a second more than TIME_WAIT lasts */

static struct drill_world *world;
static struct drill_host *host;

static int net_open(void)
{
    world = drill_world_new(NULL);
    if (world == NULL)
        return -ENOMEM;
    host = drill_host_new(world, "bench", NULL);
    if (host == NULL)
        return -ENOMEM;
    return drill_limit(host, DRILL_LIMIT_DESCRIPTORS, DESCRIPTORS);
}

static void net_close(void)
{
    drill_world_free(world);
}

static inline int net_socket(int type)
{
    return drill_socket(AF_INET, type, 0);
}

static int net_socketpair(int fds[2])
{
    return drill_socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static void net_loopback(struct net_addr *addr, unsigned n)
{
    addr->in = drill_sockaddr_inet4(127, 0, (uint8_t)((n + 1) >> 8), (uint8_t)(n + 1), 0);
}

static inline int net_bind(int fd, const struct net_addr *addr)
{
    return drill_bind(fd, &addr->in);
}

static inline int net_listen(int fd)
{
    return drill_listen(fd, SOMAXCONN);
}

static inline int net_name(int fd, struct net_addr *addr)
{
    return drill_getsockname(fd, &addr->in);
}

static inline int net_connect(int fd, const struct net_addr *addr)
{
    return drill_connect(fd, &addr->in);
}

static inline int net_accept(int fd)
{
    return drill_accept(fd, NULL);
}

static inline ssize_t net_send(int fd, const void *data, size_t size)
{
    return drill_sendto(fd, data, size, MSG_DONTWAIT, NULL);
}

static inline ssize_t net_recv(int fd, void *data, size_t size)
{
    return drill_recvfrom(fd, data, size, 0, NULL);
}

static inline int net_close_fd(int fd)
{
    return drill_close(fd);
}

static inline int net_reset_on_close(int fd)
{
    const struct linger linger = {.l_onoff = 1};

    return drill_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int net_set(void)
{
    return drill_epoll_create();
}

static int net_watch(int set, int fd)
{
    const struct drill_epoll_event event = {.events = EPOLLIN, .data = (uint64_t)fd};

    return drill_epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

static inline int net_wait(int set)
{
    struct drill_epoll_event event;
    const int count = drill_epoll_wait(set, &event, 1, DRILL_NEVER);

    return count < 0 ? count : (int)event.data;
}

/* Its cost is part of the loop: without it the world would only ever grow. */
static void net_settle(void)
{
    drill_run_until(world, drill_now(world) + time_wait_ns);
}

#include "tools/bench_loops.inc"

static int64_t echo(void *unused)
{
    char byte;

    (void)unused;
    while (net_recv(at.right, &byte, 1) == 1)
        must(net_send(at.right, &byte, 1), "send");
    return 0;
}

static int64_t ask(void *count)
{
    for (uint64_t left = *(uint64_t *)count; left > 0; left--)
        pass_byte(at.left, at.left);
    return 0;
}

static int open_blocking(size_t idle)
{
    open_tcp(idle);
    return drill_start_service(host, "echo", echo, NULL) != NULL ? 0 : -ENOMEM;
}

static void loop_blocking(uint64_t count)
{
    struct drill_task *task = drill_start(host, "ask", ask, &count);

    must(task != NULL ? drill_join(task, NULL) : -ENOMEM, "task");
}

static int open_delayed(size_t idle)
{
    (void)idle;
    must(net_open(), "open");
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.2");
    if (server == NULL)
        return -ENOMEM;
    must(drill_host_address(host, "10.0.0.1"), "address");
    must(drill_link_both(host, server, &(struct drill_link){.delay_ns = DRILL_MS}), "link");
    at.addr.in = drill_sockaddr_inet4(10, 0, 0, 2, 7);
    drill_enter(server);
    at.listener = must(net_socket(SOCK_STREAM), "socket");
    must(net_bind(at.listener, &at.addr), "bind");
    must(net_listen(at.listener), "listen");
    drill_enter(host);
    at.left = must(net_socket(SOCK_STREAM), "socket");
    must(net_connect(at.left, &at.addr), "connect");
    drill_enter(server);
    at.right = must(net_accept(at.listener), "accept");
    return drill_start_service(server, "echo", echo, NULL) != NULL ? 0 : -ENOMEM;
}

static size_t room(void)
{
    return DESCRIPTORS / 2 - 1000;
}

static uint64_t live_bytes(void)
{
    return drill_stats(world).live_bytes;
}

static uint64_t events(void)
{
    return drill_stats(world).events;
}

const struct bench_net bench_drill = {
    .name = NET,
    .ping_tcp = {open_tcp, loop_ping, net_close},
    .ping_udp = {open_udp, loop_ping, net_close},
    .ping_unix = {open_unix, loop_ping, net_close},
    .connect = {open_listener, loop_connect, net_close},
    .connect_reset = {open_listener, loop_connect_reset, net_close},
    .ready = {open_ready, loop_ready, net_close},
    .block = {open_block, loop_block, net_close},
    .whole = {open_nothing, loop_whole, net_close},
    .blocking = {open_blocking, loop_blocking, net_close},
    .delayed = {open_delayed, loop_blocking, net_close},
    .idle = {open_idle, NULL, net_close},
    .room = room,
    .live_bytes = live_bytes,
    .events = events,
};
