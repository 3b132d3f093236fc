#include "emu/calls.h"

#include <errno.h>
#include <string.h>

#include "emu/protocols.h"
#include "emu/sockopt.h"

enum {
    TYPE_FLAGS = DRILL_SOCK_NONBLOCK | DRILL_SOCK_CLOEXEC,
    READABLE = DRILL_POLLIN | DRILL_POLLHUP | DRILL_POLLERR
};

/* Gives a new file its descriptor, or drops it. */
static ssize_t install(struct drill_host *host, struct drill_file *file, int flags)
{
    file->nonblock = (flags & DRILL_SOCK_NONBLOCK) != 0;
    const int fd = drill_fds_add(&host->fds, file, 0, (flags & DRILL_SOCK_CLOEXEC) != 0);
    if (fd < 0)
        drill_file_drop(file);
    return fd;
}

ssize_t drill_do_socket(struct drill_host *host, struct drill_args *args)
{
    struct drill_file *file;
    const int type = args->type & DRILL_SOCK_TYPE_MASK;

    if ((args->type & ~DRILL_SOCK_TYPE_MASK & ~TYPE_FLAGS) != 0)
        return -EINVAL;
    const int result = drill_protocols_socket(host, args->family, type, args->protocol, &file);
    return result < 0 ? result : install(host, file, args->type);
}

ssize_t drill_do_socketpair(struct drill_host *host, struct drill_args *args)
{
    struct drill_file *files[2];
    int *fds = args->data;

    if ((args->type & ~DRILL_SOCK_TYPE_MASK & ~TYPE_FLAGS) != 0)
        return -EINVAL;
    if (fds == NULL)
        return -EFAULT;
    const int result = drill_protocols_pair(host, args->family, args->type & DRILL_SOCK_TYPE_MASK,
                                            args->protocol, files);
    if (result < 0)
        return result;
    const ssize_t first = install(host, files[0], args->type);
    if (first < 0) {
        drill_file_drop(files[1]);
        return first;
    }
    const ssize_t second = install(host, files[1], args->type);
    if (second < 0) {
        drill_file_drop(drill_fds_take(&host->fds, (int)first));
        return second;
    }
    fds[0] = (int)first;
    fds[1] = (int)second;
    return 0;
}

ssize_t drill_do_bind(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return args->file->ops->bind(args->file, args);
}

ssize_t drill_do_listen(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    if (args->file->ops->listen == NULL)
        return -EOPNOTSUPP;
    return args->file->ops->listen(args->file, args->flags);
}

ssize_t drill_do_accept(struct drill_host *host, struct drill_args *args)
{
    struct drill_file *made;

    if ((args->flags & ~TYPE_FLAGS) != 0)
        return -EINVAL;
    if (args->file->ops->accept == NULL)
        return -EOPNOTSUPP;
    /* A number first: a connection taken from the queue must not be lost for want of one. */
    int result = drill_fds_check(&host->fds);
    if (result == 0)
        result = args->file->ops->accept(args->file, args, &made);
    return result != 0 ? result : install(host, made, args->flags);
}

ssize_t drill_do_connect(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return args->file->ops->connect(args->file, args);
}

static ssize_t progress(const struct drill_args *args, int result)
{
    if (result == 0)
        return (ssize_t)args->done;
    if (result == -EAGAIN && args->done > 0 && !args->blocking)
        return (ssize_t)args->done;
    return result;
}

/* There is no memory for what is read: a stream keeps its bytes, but a message is lost, unless it
 * is empty and needs none. */
static ssize_t recv_nowhere(struct drill_args *args)
{
    struct drill_args nowhere = *args;

    if (drill_socket_of(args->file)->type == DRILL_SOCK_STREAM)
        return (args->file->ops->poll(args->file) & READABLE) != 0 ? -EFAULT : -EAGAIN;
    nowhere.part_count = nowhere.size = nowhere.control_size = 0;
    const int result = args->file->ops->recv(args->file, &nowhere);
    return result == 0 && (nowhere.out_flags & DRILL_MSG_TRUNC) != 0 ? -EFAULT : result;
}

ssize_t drill_do_recv(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    if (args->faulty)
        return recv_nowhere(args);
    return progress(args, args->file->ops->recv(args->file, args));
}

ssize_t drill_do_send(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return progress(args, args->file->ops->send(args->file, args));
}

ssize_t drill_do_read(struct drill_host *host, struct drill_args *args)
{
    if (args->file->ops->recv == NULL)
        return -EINVAL;
    return args->size == 0 ? 0 : drill_do_recv(host, args);
}

ssize_t drill_do_write(struct drill_host *host, struct drill_args *args)
{
    if (args->file->ops->send == NULL)
        return -EINVAL;
    return drill_do_send(host, args);
}

ssize_t drill_do_shutdown(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    if (args->flags < DRILL_SHUT_RD || args->flags > DRILL_SHUT_RDWR)
        return -EINVAL;
    return args->file->ops->shutdown(args->file, args->flags);
}

/* SO_LINGER: waits until the peer has everything, or the time is up (socket(7)). */
static void linger(struct drill_host *host, struct drill_file *file)
{
    const int64_t until = drill_sim_now(host->sim) + file->settings->linger_seconds * DRILL_SECOND;
    struct drill_task *task = host->tasks->current;

    task->holds = file;
    while (file->ops->linger(file) == -EAGAIN && drill_sim_now(host->sim) < until)
        if (drill_task_wait_file(host->tasks, file, DRILL_POLLOUT, until, "close") == -EDEADLK)
            break;
    task->holds = NULL;
}

ssize_t drill_do_close(struct drill_host *host, struct drill_args *args)
{
    struct drill_file *file = drill_fds_take(&host->fds, args->fd);

    if (file == NULL)
        return -EBADF;
    if (file->lingers && file->refs == 1)
        linger(host, file);
    drill_file_drop(file);
    return 0;
}

ssize_t drill_do_dup(struct drill_host *host, struct drill_args *args)
{
    const int fd = drill_fds_add(&host->fds, args->file, args->flags, false);

    if (fd >= 0)
        drill_file_ref(args->file);
    return fd;
}

ssize_t drill_do_dup2(struct drill_host *host, struct drill_args *args)
{
    if (args->flags == args->fd)
        return args->fd;
    drill_file_ref(args->file);
    const int fd = drill_fds_put(&host->fds, args->file, args->flags, false);
    if (fd < 0)
        drill_file_drop(args->file);
    return fd;
}

ssize_t drill_do_getsockname(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return args->from == NULL ? -EFAULT : args->file->ops->name_of(args->file, args->from, false);
}

ssize_t drill_do_getpeername(struct drill_host *host, struct drill_args *args)
{
    struct drill_sockaddr addr;
    const int result = args->file->ops->name_of(args->file, &addr, true);

    (void)host;
    if (result < 0)
        return result;
    if (args->from == NULL)
        return -EFAULT;
    *args->from = addr;
    return 0;
}

ssize_t drill_do_set_nonblock(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    args->file->nonblock = args->flags != 0;
    return 0;
}

ssize_t drill_do_get_nonblock(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return args->file->nonblock;
}

ssize_t drill_do_getsockopt(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    if (args->data_size == NULL)
        return -EFAULT;
    return drill_sockopt_get(drill_socket_of(args->file), args->family, args->type, args->data,
                             args->data_size);
}

ssize_t drill_do_setsockopt(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return drill_sockopt_set(drill_socket_of(args->file), args->family, args->type, args->data,
                             args->size);
}

ssize_t drill_do_ioctl(struct drill_host *host, struct drill_args *args)
{
    int value = 0;

    (void)host;
    if (args->file->ops->ioctl == NULL)
        return -ENOTTY;
    const int result = args->file->ops->ioctl(args->file, args->type, &value);
    if (result < 0)
        return result;
    if (args->data == NULL)
        return -EFAULT;
    *(int *)args->data = value;
    return 0;
}

static struct drill_settings *settings_of(struct drill_file *file)
{
    return drill_settings_need(file, drill_socket_kind(drill_socket_of(file)));
}

/* Who waits looks again: the new deadline counts for them too. */
static ssize_t set_deadline(struct drill_args *args, bool write)
{
    if (args->file->ops->recv == NULL)
        return -ENOTSOCK;
    if (args->when_ns < 0)
        return -EINVAL;
    if (args->file->settings == NULL && args->when_ns == 0)
        return 0;
    struct drill_settings *settings = settings_of(args->file);
    if (settings == NULL)
        return -ENOMEM;
    *(write ? &settings->write_deadline_ns : &settings->read_deadline_ns) = args->when_ns;
    drill_file_wake(args->file, UINT32_MAX);
    return 0;
}

ssize_t drill_do_set_read_deadline(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return set_deadline(args, false);
}

ssize_t drill_do_set_write_deadline(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    return set_deadline(args, true);
}

ssize_t drill_do_stop_io(struct drill_host *host, struct drill_args *args)
{
    (void)host;
    args->file->stopped = true;
    drill_file_wake(args->file, UINT32_MAX);
    return 0;
}
