#include <assert.h>
#include <errno.h>

#include "emu/abi.h"
#include "emu/calls.h"
#include "emu/fault.h"

enum { ALWAYS = DRILL_POLLERR | DRILL_POLLHUP | DRILL_POLLNVAL };

static int16_t bits_of(struct drill_host *host, const struct drill_pollfd *each)
{
    if (each->fd < 0)
        return 0;
    struct drill_file *file = drill_fds_find(&host->fds, each->fd);
    if (file == NULL)
        return DRILL_POLLNVAL;
    const uint32_t bits = file->stopped ? (uint32_t)DRILL_POLLNVAL : file->ops->poll(file);
    return (int16_t)(bits & ((uint32_t)(uint16_t)each->events | ALWAYS));
}

static int count_ready(struct drill_host *host, struct drill_pollfd *fds, size_t count)
{
    int ready = 0;

    for (size_t i = 0; i < count; i++) {
        fds[i].revents = bits_of(host, &fds[i]);
        ready += fds[i].revents != 0;
    }
    return ready;
}

static int wait(struct drill_host *host, const struct drill_pollfd *fds, size_t count,
                int64_t when_ns)
{
    struct drill_tasks *tasks = host->tasks;
    struct drill_task *task = tasks->current;
    struct drill_mem *mem = &host->sim->mem;
    const size_t size = (count + 1) * sizeof(struct drill_listener);
    struct drill_listener *listeners = drill_mem_new(mem, size);

    if (listeners == NULL)
        return -ENOMEM;
    assert(fds != NULL || count == 0); /* who asks of nothing was answered EFAULT */
    for (size_t i = 0; i < count; i++) {
        drill_task_listener(tasks, &listeners[i], (uint32_t)(uint16_t)fds[i].events);
        struct drill_file *file = fds[i].fd < 0 ? NULL : drill_fds_find(&host->fds, fds[i].fd);
        if (file != NULL)
            drill_file_listen(file, &listeners[i]);
    }
    task->listeners = listeners;
    task->listener_count = count;
    task->scratch = listeners;
    task->scratch_size = size;
    const int result = drill_task_wait(tasks, when_ns, "poll");
    task->scratch = NULL;
    drill_mem_free(mem, listeners, size);
    return result;
}

struct polled {
    struct drill_looks looks;
    struct drill_host *host;
    struct drill_pollfd *fds;
    size_t count, at;
};

static bool look_at(struct drill_looks *looks, size_t place, struct drill_look *look)
{
    struct polled *self = (struct polled *)(void *)looks;
    const struct drill_pollfd *each = &self->fds[place];

    if (place >= self->count)
        return false;
    self->at = place;
    *look = (struct drill_look){
        .fd = each->fd,
        .file = each->fd < 0 ? NULL : drill_fds_find(&self->host->fds, each->fd),
        .wanted = (uint16_t)each->events,
        .bits = (uint16_t)each->revents,
    };
    return true;
}

/* A rule may have it that one more is told to be ready. */
static int lie(struct drill_host *host, struct drill_args *args, int ready)
{
    struct polled polled = {
        .looks = {.at = look_at}, .host = host, .fds = args->data, .count = args->size};
    const uint32_t bits =
        drill_faults_lie(host->net->faults, DRILL_CALL_poll, args, &polled.looks, ready > 0);

    if (bits == 0)
        return ready;
    polled.fds[polled.at].revents = (int16_t)bits;
    return ready + 1;
}

/* poll(2).  A file that is closed while it is waited for is seen at the next look: POLLNVAL. */
ssize_t drill_do_poll(struct drill_host *host, struct drill_args *args)
{
    struct drill_pollfd *fds = args->data;
    int64_t signal_ns = -1; /* it has not waited yet */

    if (args->size > host->fds.limit)
        return -EINVAL;
    if (fds == NULL && args->size > 0)
        return -EFAULT;
    for (;;) {
        int ready = count_ready(host, fds, args->size);
        if (host->sim->fault_rules > 0 && (ready > 0 || signal_ns < 0))
            ready = lie(host, args, ready);
        if (ready > 0 || args->when_ns <= drill_sim_now(host->sim))
            return ready;
        if (signal_ns < 0) {
            signal_ns =
                drill_faults_signal(host->net->faults, DRILL_CALL_poll, args, DRILL_MOMENT_NS);
        } else if (signal_ns <= drill_sim_now(host->sim)) {
            if (drill_faults_interrupt(host->net->faults, DRILL_CALL_poll, args))
                return -EINTR;
            signal_ns = DRILL_NEVER;
        }
        const int result =
            wait(host, fds, args->size, signal_ns < args->when_ns ? signal_ns : args->when_ns);
        if (result < 0 && result != -ETIMEDOUT)
            return result;
    }
}
