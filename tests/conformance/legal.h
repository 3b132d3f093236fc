/*
 * tests/conformance/legal.h - the calls of api/syscall.h, each error checked against
 * emu/legal.def.
 *
 * What the emulator itself answers for a descriptor in a state must be legal there, or a fault
 * could not do what happens anyhow.  The caller's own mistakes have no rows.
 */
#ifndef TESTS_CONFORMANCE_LEGAL_H
#define TESTS_CONFORMANCE_LEGAL_H

#include "api/sockdrill.h"

/* The host whose descriptors are meant from now on; NULL: nothing is checked. */
void legal_begin(struct drill_host *host);
/* How many answers were not legal; each was said on standard error. */
unsigned legal_breaches(void);

int legal_socket(int family, int type, int protocol);
int legal_socketpair(int family, int type, int protocol, int fds[2]);
int legal_bind(int fd, const struct drill_sockaddr *addr);
int legal_listen(int fd, int backlog);
int legal_accept(int fd, struct drill_sockaddr *peer);
int legal_accept4(int fd, struct drill_sockaddr *peer, int flags);
int legal_connect(int fd, const struct drill_sockaddr *addr);
ssize_t legal_recvfrom(int fd, void *data, size_t size, int flags, struct drill_sockaddr *from);
ssize_t legal_sendto(int fd, const void *data, size_t size, int flags,
                     const struct drill_sockaddr *to);
ssize_t legal_recvmsg(int fd, struct drill_message *message, int flags);
ssize_t legal_sendmsg_n(int fd, const struct drill_message *message, int flags);
ssize_t legal_read(int fd, void *data, size_t size);
ssize_t legal_write(int fd, const void *data, size_t size);
int legal_shutdown(int fd, int how);
int legal_close(int fd);
int legal_dup(int fd);
int legal_dup2(int fd, int wanted);
int legal_getsockname(int fd, struct drill_sockaddr *addr);
int legal_getpeername(int fd, struct drill_sockaddr *addr);
int legal_getsockopt_int(int fd, int level, int option, int *value);
int legal_setsockopt_int(int fd, int level, int option, int value);
int legal_getsockopt(int fd, int level, int option, void *value, size_t *size);
int legal_setsockopt(int fd, int level, int option, const void *value, size_t size);
int legal_ioctl_int(int fd, int request, int *value);
int legal_poll(struct drill_pollfd *fds, size_t count, int64_t deadline_ns);
int legal_epoll_create(void);
int legal_epoll_ctl(int epoll, int op, int fd, const struct drill_epoll_event *event);
int legal_epoll_wait(int epoll, struct drill_epoll_event *events, int max, int64_t deadline_ns);
int legal_unlink(const char *path);
int legal_sleep(int64_t duration_ns);

#endif
