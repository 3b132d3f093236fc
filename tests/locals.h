/*
 * tests/locals.h - what tests of Unix sockets are made of: a world of one host, sockets, pairs,
 * messages with descriptors, tasks that wait.
 *
 * As in tests/helpers.h the main stack acts for the host, and what must wait is a task.
 */
#ifndef TESTS_LOCALS_H
#define TESTS_LOCALS_H

#include "emu/world.h"
#include "tests/helpers.h"

/* Of the test that runs. */
extern struct drill_world *locals_world;
extern struct drill_host *locals_host;

/* Fixtures; the end asserts that nothing is left. */
void locals_open(void);
void locals_close(void);

struct drill_sockaddr local_name(const char *name);
/* Blocking; NULL: unnamed.  They must succeed. */
int local_socket(int type, const char *name);
int local_listener(int type, const char *name, int backlog);
void local_pair(int type, int pair[2]);
int local_connect(int fd, const char *name);
ssize_t local_send(int fd, const char *text);
/* Does not wait. */
ssize_t local_recv(int fd, void *data, size_t size);
int local_bits(int fd);
/* Sends one byte with descriptors. */
ssize_t local_send_fds(int fd, const int *fds, size_t count);
/* Receives one message and up to `count` descriptors: how many there were, or the error. */
ssize_t local_recv_fds(int fd, int *fds, size_t count);
/* Sends until there is no room: how many went. */
int local_fill(int fd, const void *data, size_t size);

/* A call that may wait, made by a task: started, and everything run that can run at once. */
struct waiting {
    ssize_t (*run)(struct waiting *self);
    int fd;
    const char *name; /* of whom it connects to or sends to */
    void *data;
    size_t size;
    bool done;
    ssize_t result;
    struct drill_task *task;
};

void waiting_start(struct waiting *self);
/* Runs what can run at once, and says whether it is done. */
bool waiting_is_done(struct waiting *self);
/* Waits for its end and gives its result. */
ssize_t waiting_end(struct waiting *self);

ssize_t waiting_send(struct waiting *self);
ssize_t waiting_recv(struct waiting *self);
ssize_t waiting_connect(struct waiting *self);
ssize_t waiting_accept(struct waiting *self);
/* poll for the bits in `size`, for ever. */
ssize_t waiting_poll(struct waiting *self);

#endif
