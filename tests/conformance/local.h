/*
 * tests/conformance/local.h - what the cases of Unix sockets share: types, pairs, names,
 * descriptors.
 *
 * Everything here says what it sees and goes on, as harness.h demands of a case.
 */
#ifndef TESTS_CONFORMANCE_LOCAL_H
#define TESTS_CONFORMANCE_LOCAL_H

#include "tests/conformance/harness.h"

#define LOCAL_MAX_FDS 260

/* A type of socket and its name; the table ends with a NULL name. */
struct local_type {
    int type;
    const char *name;
};

extern const struct local_type local_types[]; /* stream, dgram, seqpacket */

/* A socketpair of Unix sockets that never waits; both -1 if it fails, which is said. */
void local_pair(struct run *run, int type, int pair[2]);
/* A Unix socket that never waits, bound to `name` ("@name": abstract; NULL: not bound). */
int local_socket(struct run *run, int type, const char *name);
/* As local_socket, listening. */
int local_listener(struct run *run, int type, const char *name, int backlog);
/* connect to `name`, said as "what = ...". */
long local_connect(struct run *run, const char *what, int fd, const char *name);
/* The name in `addr` as "path 'x'", "abstract 'x'", "unnamed" or "none", with its size. */
const char *local_name(struct run *run, const struct drill_sockaddr *addr);

/* Sends `text` with `count` descriptors, SCM_RIGHTS.  Only a lack of memory is said. */
long local_send_fds(struct run *run, int fd, const char *text, const int *fds, size_t count);

/* What came with a message. */
struct local_received {
    long result;
    size_t control_size;
    int flags;
    size_t fd_count;
    int fds[LOCAL_MAX_FDS];
};

/* Receives up to `size` bytes with `room` bytes for control data and says what came, such as
 * "what = 3 'abc', 2 descriptors, CTRUNC". */
void local_recv_fds(struct run *run, const char *what, int fd, size_t size, size_t room, int flags,
                    struct local_received *received);
/* Says whether bytes written to `from` arrive at `to`. */
void local_tell_joined(struct run *run, const char *what, int from, int to);
void local_close_all(struct run *run, const int *fds, size_t count);
/* The names of message flags: "TRUNC|CTRUNC", or "0". */
const char *local_flags(int flags);

#endif
