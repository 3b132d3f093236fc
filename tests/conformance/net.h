/*
 * tests/conformance/net.h - the calls a case makes, as a table that the kernel and the emulator
 * fill.
 *
 * The members are the calls of api/syscall.h without their prefix and with the same results: >= 0
 * or a negative errno, addresses as struct drill_sockaddr, times as absolute nanoseconds.  What the
 * table promises beyond that header stands at the members below it.
 *
 * A backend serves one case in one process: begin, the case, end.
 */
#ifndef TESTS_CONFORMANCE_NET_H
#define TESTS_CONFORMANCE_NET_H

#include <sys/types.h>

#include "emu/types.h"

struct net {
    int (*socket)(int family, int type, int protocol);
    int (*socketpair)(int family, int type, int protocol, int fds[2]);
    int (*bind)(int fd, const struct drill_sockaddr *addr);
    int (*listen)(int fd, int backlog);
    int (*accept)(int fd, struct drill_sockaddr *peer);
    int (*accept4)(int fd, struct drill_sockaddr *peer, int flags);
    int (*connect)(int fd, const struct drill_sockaddr *addr);
    ssize_t (*recvfrom)(int fd, void *data, size_t size, int flags, struct drill_sockaddr *from);
    ssize_t (*sendto)(int fd, const void *data, size_t size, int flags,
                      const struct drill_sockaddr *to);
    ssize_t (*recvmsg)(int fd, struct drill_message *message, int flags);
    ssize_t (*sendmsg_n)(int fd, const struct drill_message *message, int flags);
    ssize_t (*read)(int fd, void *data, size_t size);
    ssize_t (*write)(int fd, const void *data, size_t size);
    int (*shutdown)(int fd, int how);
    int (*close)(int fd);
    int (*dup)(int fd);
    int (*dup2)(int fd, int wanted);
    int (*getsockname)(int fd, struct drill_sockaddr *addr);
    int (*getpeername)(int fd, struct drill_sockaddr *addr);
    int (*set_nonblock)(int fd, bool on);
    int (*get_nonblock)(int fd);
    int (*getsockopt_int)(int fd, int level, int option, int *value);
    int (*setsockopt_int)(int fd, int level, int option, int value);
    int (*getsockopt)(int fd, int level, int option, void *value, size_t *size);
    int (*setsockopt)(int fd, int level, int option, const void *value, size_t size);
    int (*ioctl_int)(int fd, int request, int *value);
    int (*poll)(struct drill_pollfd *fds, size_t count, int64_t deadline_ns);
    int (*epoll_create)(void);
    int (*epoll_ctl)(int epoll, int op, int fd, const struct drill_epoll_event *event);
    int (*epoll_wait)(int epoll, struct drill_epoll_event *events, int max, int64_t deadline_ns);
    int (*unlink)(const char *path);
    int64_t (*monotonic)(void);
    int (*sleep)(int64_t duration_ns);

    /* From now on descriptors are below `limit`; those that are open stay. */
    int (*limit_descriptors)(unsigned limit);

    /* The kernel has none of these: NULL there, and the cases that use them are rows of EMULATOR.
     */
    int (*set_read_deadline)(int fd, int64_t when_ns);
    int (*set_write_deadline)(int fd, int64_t when_ns);
    int (*stop_io)(int fd);

    /* A second party: runs beside the case, as a thread or a task, and never says or tells.  0 or
     * -ENOMEM. */
    int (*spawn)(void (*run)(void *), void *argument);
    /* Waits for the ends of all that was spawned. */
    void (*join_all)(void);
    /* Lets what is under way on the loopback arrive; a few milliseconds on the kernel. */
    void (*settle)(void);
};

extern const struct net kernel_net;
extern const struct net drill_net;

/*
 * A fresh world of seed 1 with the host "h" at 10.0.0.1, entered.  Its fail_allocation-th
 * allocation fails; 0: none.  False: that allocation was one of the world's own, and there is no
 * world.  With `trace`, the trace and the report go to standard error; else both are dropped.
 * With `evidence`, every call is looked at.
 */
bool drill_net_begin(uint64_t fail_allocation, bool trace, bool evidence);
/* What evidence there is against the emulator itself; NULL: none. */
const char *drill_net_found(void);
/* Frees the world, which asserts that nothing of it is left, and answers how many allocations it
 * made. */
uint64_t drill_net_end(void);
/* Whether the trace told of the allocation that drill_net_begin made fail: by a call that answered
 * ENOMEM or ENOBUFS, or by the words "out of memory" where a packet was lost for it. */
bool drill_net_told_of_memory(void);

#endif
