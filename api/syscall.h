/*
 * api/syscall.h - the calls of the virtual network, for the program under test.
 *
 * The calls of Go's syscall package (net_wasip1.go) in C, and what goes with them.  They act for
 * the host of the task that calls; outside any task, for the host given to drill_enter.
 *
 *   Results  >= 0, or a negative errno: what Linux answers in the same state.  errno is left alone.
 *   Numbers  families, types, flags, levels, options and readiness bits are Linux's.
 *   Times    int64_t nanoseconds of virtual time, absolute.
 *   Blocking a call that has to wait lets other tasks run; time moves only when nobody can run.
 *            When nothing can ever wake the caller, the run has stalled: on the main stack the call
 *            answers -EDEADLK, in a task drill_run does.
 *   Order    a descriptor is the lowest free one of its host; nothing depends on hashing or
 *            addresses.
 */
#ifndef SOCKDRILL_SYSCALL_H
#define SOCKDRILL_SYSCALL_H

#include <sys/types.h>

#include "emu/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRILL_API __attribute__((visibility("default")))

struct sockaddr;

/* Addresses.  The text forms are "10.0.0.1:80", "[fe80::1%2]:80", "unix:/path", "unix:@abstract".
 */
DRILL_API struct drill_sockaddr drill_sockaddr_inet4(uint8_t a, uint8_t b, uint8_t c, uint8_t d,
                                                     uint16_t port);
DRILL_API struct drill_sockaddr drill_sockaddr_inet6(const uint8_t addr[16], uint16_t port,
                                                     uint32_t zone);
/* A name that starts with '@' is abstract.  A name that is too long is cut to an AF_UNSPEC address.
 */
DRILL_API struct drill_sockaddr drill_sockaddr_unix(const char *name);
/* Reads a text form; a text that is none gives family AF_UNSPEC, which every call refuses. */
DRILL_API struct drill_sockaddr drill_sockaddr_parse(const char *text);
/* Writes the text form, always terminated; returns its whole length as snprintf does. */
DRILL_API int drill_sockaddr_print(const struct drill_sockaddr *self, char *text, size_t size);
DRILL_API bool drill_sockaddr_equal(const struct drill_sockaddr *a, const struct drill_sockaddr *b);
/* To and from the system's shape.  to_system returns the length used or -EINVAL if `size` is short.
 */
DRILL_API int drill_sockaddr_to_system(const struct drill_sockaddr *self, struct sockaddr *system,
                                       size_t size);
DRILL_API int drill_sockaddr_from_system(struct drill_sockaddr *self, const struct sockaddr *system,
                                         size_t size);

/* `type` may carry SOCK_NONBLOCK and SOCK_CLOEXEC. */
DRILL_API int drill_socket(int family, int type, int protocol);
DRILL_API int drill_socketpair(int family, int type, int protocol, int fds[2]);
DRILL_API int drill_bind(int fd, const struct drill_sockaddr *addr);
DRILL_API int drill_listen(int fd, int backlog);
/* `peer` may be NULL.  drill_accept4 takes SOCK_NONBLOCK and SOCK_CLOEXEC. */
DRILL_API int drill_accept(int fd, struct drill_sockaddr *peer);
DRILL_API int drill_accept4(int fd, struct drill_sockaddr *peer, int flags);
/* AF_UNSPEC dissolves the association of a datagram socket and aborts a stream. */
DRILL_API int drill_connect(int fd, const struct drill_sockaddr *addr);
/* 0 at the end of a stream.  `from` may be NULL. */
DRILL_API ssize_t drill_recvfrom(int fd, void *data, size_t size, int flags,
                                 struct drill_sockaddr *from);
DRILL_API ssize_t drill_sendto(int fd, const void *data, size_t size, int flags,
                               const struct drill_sockaddr *to);
DRILL_API ssize_t drill_recvmsg(int fd, struct drill_message *message, int flags);
DRILL_API ssize_t drill_sendmsg_n(int fd, const struct drill_message *message, int flags);
DRILL_API ssize_t drill_read(int fd, void *data, size_t size);
DRILL_API ssize_t drill_write(int fd, const void *data, size_t size);
DRILL_API int drill_shutdown(int fd, int how);
DRILL_API int drill_close(int fd);
DRILL_API int drill_dup(int fd);
DRILL_API int drill_dup2(int fd, int wanted);
DRILL_API int drill_getsockname(int fd, struct drill_sockaddr *addr);
DRILL_API int drill_getpeername(int fd, struct drill_sockaddr *addr);
DRILL_API int drill_set_nonblock(int fd, bool on);
DRILL_API int drill_get_nonblock(int fd);

/* Options: `size` is in and out as in getsockopt(2); values have Linux's layouts. */
DRILL_API int drill_getsockopt_int(int fd, int level, int option, int *value);
DRILL_API int drill_setsockopt_int(int fd, int level, int option, int value);
DRILL_API int drill_getsockopt(int fd, int level, int option, void *value, size_t *size);
DRILL_API int drill_setsockopt(int fd, int level, int option, const void *value, size_t size);
/* FIONREAD, SIOCOUTQ, SIOCATMARK: the requests of ioctl(2) that answer one int. */
DRILL_API int drill_ioctl_int(int fd, int request, int *value);

/*
 * Deadlines: absolute, 0 for none.  Once it has passed, a call that would wait answers -EAGAIN; a
 * call that need not wait answers -EAGAIN as well, as net.Conn does.  A new deadline counts at once
 * for those who already wait.  drill_stop_io ends every pending and later operation with -EBADF
 * (as Go's StopIO does); the descriptor stays until it is closed.
 */
DRILL_API int drill_set_read_deadline(int fd, int64_t when_ns);
DRILL_API int drill_set_write_deadline(int fd, int64_t when_ns);
DRILL_API int drill_stop_io(int fd);

/* Readiness.  `deadline_ns`: absolute, 0 asks and returns at once, DRILL_NEVER waits for ever. */
DRILL_API int drill_poll(struct drill_pollfd *fds, size_t count, int64_t deadline_ns);
DRILL_API int drill_epoll_create(void);
/* op: EPOLL_CTL_ADD, _MOD or _DEL; bits include EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE. */
DRILL_API int drill_epoll_ctl(int epoll, int op, int fd, const struct drill_epoll_event *event);
DRILL_API int drill_epoll_wait(int epoll, struct drill_epoll_event *events, int max,
                               int64_t deadline_ns);

/* Names.  drill_resolve writes up to `max` addresses (port 0) of a name of the world or of a
 * literal and returns how many there are; -ENOENT: no such name; it may take virtual time. */
DRILL_API int drill_resolve(const char *name, struct drill_sockaddr *addrs, size_t max);
DRILL_API int drill_local_ip(struct drill_sockaddr *addr);
/* Removes the name of a Unix socket, as unlink(2) does. */
DRILL_API int drill_unlink(const char *path);

/* Time and chance of the host.  The wall clock can jump; drill_monotonic never does. */
DRILL_API int64_t drill_monotonic(void);
DRILL_API int64_t drill_wall(void);
DRILL_API int drill_sleep(int64_t duration_ns);
DRILL_API int drill_yield(void);
DRILL_API int drill_random(void *data, size_t size);

/* A digest of bytes (FNV-1a, 64 bits), begun with 0 and continued with what it gave. */
DRILL_API uint64_t drill_digest(uint64_t so_far, const void *data, size_t size);

/*
 * What the program says of itself to who judges the run; outside any world nobody listens.
 * drill_reached: a place was reached, by a name.  drill_broken: a promise was broken, in a sentence
 * as for printf; the program goes on.
 */
DRILL_API void drill_reached(const char *mark);
DRILL_API void drill_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What must always hold, and what must hold in some run. */
#define DRILL_ALWAYS(condition, sentence) ((condition) ? (void)0 : drill_broken("%s", sentence))
#define DRILL_SOMETIMES(condition, mark)  ((condition) ? drill_reached(mark) : (void)0)

#ifdef __cplusplus
}
#endif

#endif
