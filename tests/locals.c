#include "tests/locals.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/control.h"

struct drill_world *locals_world;
struct drill_host *locals_host;

static void nowhere(void *context, const char *line)
{
    (void)context;
    (void)line;
}

void locals_open(void)
{
    const struct drill_config config = {.report = nowhere};

    locals_world = drill_world_new(&config);
    ck_assert_ptr_nonnull(locals_world);
    locals_host = drill_host_new(locals_world, "host", "10.0.0.1");
    ck_assert_ptr_nonnull(locals_host);
    ck_assert_int_eq(drill_enter(locals_host), 0);
}

void locals_close(void)
{
    drill_world_free(locals_world);
}

struct drill_sockaddr local_name(const char *name)
{
    const struct drill_sockaddr none = {.family = AF_UNIX};

    return name[0] != '\0' ? drill_sockaddr_unix(name) : none;
}

int local_socket(int type, const char *name)
{
    const int fd = drill_socket(AF_UNIX, type, 0);

    ck_assert_int_ge(fd, 0);
    if (name != NULL) {
        const struct drill_sockaddr addr = local_name(name);
        ck_assert_int_eq(drill_bind(fd, &addr), 0);
    }
    return fd;
}

int local_listener(int type, const char *name, int backlog)
{
    const int fd = local_socket(type, name);

    ck_assert_int_eq(drill_listen(fd, backlog), 0);
    return fd;
}

void local_pair(int type, int pair[2])
{
    ck_assert_int_eq(drill_socketpair(AF_UNIX, type, 0, pair), 0);
}

int local_connect(int fd, const char *name)
{
    const struct drill_sockaddr addr = local_name(name);

    return drill_connect(fd, &addr);
}

ssize_t local_send(int fd, const char *text)
{
    return drill_sendto(fd, text, strlen(text), MSG_DONTWAIT, NULL);
}

ssize_t local_recv(int fd, void *data, size_t size)
{
    return drill_recvfrom(fd, data, size, MSG_DONTWAIT, NULL);
}

int local_bits(int fd)
{
    return bits_of(locals_host, fd);
}

ssize_t local_send_fds(int fd, const int *fds, size_t count)
{
    _Alignas(8) uint8_t control[2048] = {0};
    const struct drill_control_head head = {
        .size = sizeof head + count * sizeof *fds, .level = SOL_SOCKET, .type = SCM_RIGHTS};
    struct drill_iovec part = {"x", 1};
    const struct drill_message message = {
        .parts = &part, .part_count = 1, .control = control, .control_size = (size_t)head.size};

    memcpy(control, &head, sizeof head);
    memcpy(control + sizeof head, fds, count * sizeof *fds);
    return drill_sendmsg_n(fd, &message, MSG_DONTWAIT);
}

ssize_t local_recv_fds(int fd, int *fds, size_t count)
{
    _Alignas(8) uint8_t control[2048] = {0};
    struct drill_control_head head = {.size = sizeof head};
    char byte;
    struct drill_iovec part = {&byte, 1};
    struct drill_message message = {.parts = &part,
                                    .part_count = 1,
                                    .control = control,
                                    .control_size = sizeof head + count * sizeof *fds};
    const ssize_t result = drill_recvmsg(fd, &message, MSG_DONTWAIT);

    if (result < 0)
        return result;
    if (message.control_size > 0)
        memcpy(&head, control, sizeof head);
    memcpy(fds, control + sizeof head, (size_t)head.size - sizeof head);
    return (ssize_t)(((size_t)head.size - sizeof head) / sizeof *fds);
}

int local_fill(int fd, const void *data, size_t size)
{
    int count = 0;

    while (drill_sendto(fd, data, size, MSG_DONTWAIT, NULL) == (ssize_t)size)
        count++;
    return count;
}

static int64_t run_waiting(void *argument)
{
    struct waiting *self = argument;

    self->result = self->run(self);
    self->done = true;
    return self->result;
}

void waiting_start(struct waiting *self)
{
    self->task = drill_start(locals_host, "waiting", run_waiting, self);
    ck_assert_ptr_nonnull(self->task);
    ck_assert(!waiting_is_done(self));
}

bool waiting_is_done(struct waiting *self)
{
    ck_assert_int_eq(drill_run_until(locals_world, drill_now(locals_world)), 0);
    return self->done;
}

ssize_t waiting_end(struct waiting *self)
{
    ck_assert_int_eq(drill_join(self->task, NULL), 0);
    return self->result;
}

ssize_t waiting_send(struct waiting *self)
{
    const struct drill_sockaddr to = local_name(self->name != NULL ? self->name : "");

    return drill_sendto(self->fd, self->data, self->size, 0, self->name != NULL ? &to : NULL);
}

ssize_t waiting_recv(struct waiting *self)
{
    return drill_recvfrom(self->fd, self->data, self->size, 0, NULL);
}

ssize_t waiting_connect(struct waiting *self)
{
    return local_connect(self->fd, self->name);
}

ssize_t waiting_accept(struct waiting *self)
{
    return drill_accept(self->fd, NULL);
}

ssize_t waiting_poll(struct waiting *self)
{
    struct drill_pollfd asked = {.fd = self->fd, .events = (int16_t)self->size};

    return drill_poll(&asked, 1, DRILL_NEVER) < 0 ? -1 : asked.revents;
}
