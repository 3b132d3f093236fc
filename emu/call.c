#include "emu/call.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "emu/calls.h"
#include "emu/epoll.h"
#include "emu/errname.h"
#include "emu/power.h"
#include "emu/socket.h"

enum { PARTS_MAX = 1024 }; /* UIO_MAXIOV */

enum on { NONE, FD, SOCK };
enum waits { NOTHING = 0, IN = DRILL_POLLIN, OUT = DRILL_POLLOUT };
enum shows { PLAIN, SIZE, ADDR, NAME, OPT, TIME };

struct row {
    ssize_t (*run)(struct drill_host *host, struct drill_args *args);
    const char *name;
    uint8_t on, waits, shows, id;
};

static const struct row rows[] = {
#define CALL(name, on, waits, shows) {drill_do_##name, #name, on, waits, shows, DRILL_CALL_##name},
#include "emu/calls.def"
#undef CALL
};

static bool is_socket(const struct drill_file *file)
{
    return file->ops->recv != NULL;
}

static bool deadline_has_passed(const struct drill_file *file, const struct row *row, int64_t now)
{
    const struct drill_settings *settings = file->settings;
    const int64_t deadline = row->waits == NOTHING ? 0
                             : row->waits == OUT   ? settings->write_deadline_ns
                                                   : settings->read_deadline_ns;

    return deadline != 0 && now >= deadline;
}

/* Nothing more will come: what was moved so far is the answer, else the error. */
static ssize_t give_up(const struct drill_args *args, ssize_t error)
{
    return args->done > 0 ? (ssize_t)args->done : error;
}

/* Its own file is listened to whatever it waits on: a deadline or StopIO is told there. */
static int wait_for(struct drill_tasks *tasks, const struct row *row, const struct drill_args *args,
                    int64_t until)
{
    struct drill_task *task = tasks->current;
    struct drill_listener listeners[2];

    drill_task_listener(tasks, &listeners[0], row->waits);
    drill_file_listen(args->file, &listeners[0]);
    task->listeners = listeners;
    task->listener_count = 1;
    if (args->wait_on != NULL) {
        drill_task_listener(tasks, &listeners[1], row->waits);
        drill_file_listen(args->wait_on, &listeners[1]);
        task->listener_count = 2;
    }
    return drill_task_wait(tasks, until, row->name);
}

static enum drill_call_id call_of(const struct row *row)
{
    return (enum drill_call_id)row->id;
}

/* The call is tried once more: what came meanwhile may be bent, too. */
static ssize_t try_again(struct drill_door *self, const struct row *row, struct drill_args *args)
{
    struct drill_host *host = args->task->host;

    args->again = true;
    args->wait_on = NULL;
    if (args->file->stopped)
        return give_up(args, -EBADF);
    if (self->sim->fault_rules > 0 && args->struck == 0) {
        const int answer = drill_faults_resume(&self->faults, call_of(row), host, args);
        if (answer != DRILL_GOES_ON)
            return answer;
    }
    return row->run(host, args);
}

/* Out of the way of the fast path: waits and runs the call again until it does not block. */
static __attribute__((noinline)) ssize_t
wait_and_retry(struct drill_door *self, const struct row *row, struct drill_args *args)
{
    struct drill_task *task = self->tasks->current;
    struct drill_file *file = args->file;
    const int64_t since = drill_sim_now(self->sim);
    int64_t signal_ns = drill_faults_signal(&self->faults, call_of(row), args, DRILL_MOMENT_NS);
    ssize_t result = -EAGAIN;

    task->holds = drill_file_ref(file);
    while (result == -EAGAIN) {
        const int64_t until = drill_settings_until(file->settings, row->waits == OUT, since);
        if (drill_sim_now(self->sim) >= until) {
            result = give_up(args, args->waiting != 0 ? args->waiting : -EAGAIN);
            break;
        }
        if (drill_sim_now(self->sim) >= signal_ns) {
            signal_ns = DRILL_NEVER;
            if (drill_faults_interrupt(&self->faults, call_of(row), args)) {
                result = give_up(args, -EINTR);
                break;
            }
        }
        if (wait_for(self->tasks, row, args, until < signal_ns ? until : signal_ns) == -EDEADLK) {
            result = give_up(args, -EDEADLK);
            break;
        }
        result = try_again(self, row, args);
    }
    task->holds = NULL;
    if (file->refs == 1)
        args->file = NULL; /* closed while it waited, so it goes now */
    drill_file_drop(file);
    return result;
}

/* The parts of a message: their number, their sum, and that they are there (import_iovec). */
static __attribute__((noinline)) int check_parts(const struct row *row, struct drill_args *args)
{
    size_t sum = 0;

    if (args->parts_missing || (args->parts == NULL && args->part_count > 0))
        return -EFAULT;
    if (args->part_count > PARTS_MAX)
        return -EMSGSIZE;
    for (size_t i = 0; i < args->part_count; i++) {
        if (args->parts[i].size > SSIZE_MAX)
            return -EINVAL;
        if (args->parts[i].base == NULL && args->parts[i].size > 0) {
            if (row->waits != IN)
                return -EFAULT;
            args->faulty = true;
        }
        sum += args->parts[i].size < SSIZE_MAX - sum ? args->parts[i].size : SSIZE_MAX - sum;
    }
    args->size = sum;
    return 0;
}

static inline __attribute__((always_inline)) ssize_t run(struct drill_door *self,
                                                         const struct row *row,
                                                         struct drill_host *host,
                                                         struct drill_args *args)
{
    struct drill_file *file = args->file;

    if (row->waits != NOTHING) {
        assert(file != NULL); /* what may wait has a descriptor */
        if (file->stopped)
            return -EBADF;
        if (file->settings != NULL && deadline_has_passed(file, row, drill_sim_now(self->sim)))
            return -EAGAIN;
        args->blocking = !file->nonblock && (args->flags & DRILL_MSG_DONTWAIT) == 0;
    }
    const ssize_t result = row->run(host, args);
    return result == -EAGAIN && args->blocking ? wait_and_retry(self, row, args) : result;
}

static void show_args(const struct row *row, const struct drill_args *args, char *text, size_t size)
{
    char addr[128] = "null";

    switch (row->shows) {
    case SIZE:
        snprintf(text, size, "%zu", args->size);
        return;
    case ADDR:
        if (args->addr != NULL)
            drill_sockaddr_write(args->addr, addr, sizeof addr);
        snprintf(text, size, "%s", addr);
        return;
    case NAME:
        snprintf(text, size, "%s", args->data != NULL ? (const char *)args->data : "null");
        return;
    case OPT:
        snprintf(text, size, "%d, %d", args->family, args->type);
        return;
    case TIME:
        snprintf(text, size, "%lld", (long long)args->when_ns);
        return;
    default:
        snprintf(text, size, "%d", args->flags);
    }
}

void drill_call_show(const struct drill_args *args, char *text, size_t size)
{
    const struct row *row = &rows[args->call];
    char shown[192];

    show_args(row, args, shown, sizeof shown);
    snprintf(text, size, "%s(%d, %s)", row->name, args->fd, shown);
}

/* Where a connection's error came from: the packet that brought it. */
static void show_cause(const struct drill_args *args, ssize_t result, char *text, size_t size)
{
    text[0] = '\0';
    if (result < 0 && args->file != NULL && is_socket(args->file) &&
        drill_socket_of(args->file)->cause_packet != 0 &&
        (result == -ECONNRESET || result == -ECONNREFUSED || result == -EPIPE))
        snprintf(text, size, " <- packet #%u", drill_socket_of(args->file)->cause_packet);
}

static void trace(struct drill_door *self, const struct drill_args *args, ssize_t result)
{
    const struct drill_task *task = self->tasks->current;
    const struct drill_rule *rule = drill_faults_rule(&self->faults, args->struck);
    char shown[256], cause[64], answer[32];

    drill_call_show(args, shown, sizeof shown);
    show_cause(args, result, cause, sizeof cause);
    if (result < 0)
        snprintf(answer, sizeof answer, "%s", drill_errname((int)-result));
    else
        snprintf(answer, sizeof answer, "%lld", (long long)result);
    drill_sim_trace(self->sim, "%s/%s %s = %s%s%s%s", task->host->name, task->name, shown, answer,
                    cause, rule != NULL ? " <- fault " : "", rule != NULL ? rule->name : "");
}

static ssize_t run_ruled(struct drill_door *self, const struct row *row, struct drill_host *host,
                         struct drill_args *args)
{
    const int answer = drill_faults_before(&self->faults, call_of(row), host, args);
    const ssize_t result = answer != DRILL_GOES_ON ? answer : run(self, row, host, args);

    if (row->waits == IN && args->file != NULL && self->faults.groups[DRILL_RULES_READY] != NULL)
        drill_epoll_read(args->file);
    return args->struck != 0 ? drill_faults_after(&self->faults, host, args, result) : result;
}

static ssize_t run_witnessed(struct drill_host *host, struct drill_args *args)
{
    return drill_witness_try(host->sim->witness, rows[args->call].run, host, args);
}

/* A block that goes the short way, as no rule is about the call: 0, if it cannot. */
static size_t move_spared(struct drill_door *self, enum drill_call_id call,
                          const struct drill_args *args)
{
    struct drill_file *file = args->file;
    const bool reads = call == DRILL_CALL_recv;

    if (file == NULL || (!reads && call != DRILL_CALL_send) || args->part_count != 1 ||
        args->addr != NULL || args->from != NULL || args->local != NULL || args->control != NULL ||
        (args->flags & ~(DRILL_MSG_DONTWAIT | DRILL_MSG_NOSIGNAL)) != 0 || file->settings != NULL ||
        file->stopped || !drill_faults_spare(&self->faults, call, file, args->fd, args->task))
        return 0;
    return reads ? file->ops->recv_block(file, args->parts->base, args->size)
                 : file->ops->send_block(file, args->parts->base, args->size);
}

static __attribute__((noinline)) ssize_t run_watched(struct drill_door *self,
                                                     enum drill_call_id call,
                                                     struct drill_host *host,
                                                     struct drill_args *args, ssize_t result)
{
    struct drill_witness *witness = self->sim->witness;
    struct drill_task *task = args->task;
    const struct drill_args *outer = task->calling;
    struct drill_task_call outer_call;
    struct row row = rows[call];

    const size_t moved = self->sim->only_ruled && result == 0 ? move_spared(self, call, args) : 0;
    if (moved > 0)
        return (ssize_t)moved;
    args->call = (int)call;
    task->calling = args;
    if (witness != NULL) {
        row.run = run_witnessed;
        outer_call = drill_witness_enter(witness, args);
    }
    if (result == 0)
        result = self->sim->fault_rules > 0 ? run_ruled(self, &row, host, args)
                                            : run(self, &row, host, args);
    if (self->sim->trace != NULL)
        trace(self, args, result);
    if (witness != NULL)
        result = drill_witness_leave(witness, &outer_call, args, result);
    task->calling = outer;
    if (self->faults.due > 0)
        drill_faults_begin_due(&self->faults);
    drill_power_rest(self->tasks); /* if that was the end of its host */
    return result;
}

static inline __attribute__((always_inline)) int
find_file(struct drill_host *host, const struct row *row, struct drill_args *args)
{
    args->file = drill_fds_find(&host->fds, args->fd);
    if (args->file == NULL)
        return -EBADF;
    if (row->on == SOCK && !is_socket(args->file))
        return -ENOTSOCK;
    if (row->shows != SIZE)
        return 0;
    if (args->part_count != 1 || args->parts_missing || args->parts == NULL ||
        args->parts[0].base == NULL || args->parts[0].size > SSIZE_MAX)
        return check_parts(row, args);
    args->size = args->parts[0].size;
    return 0;
}

ssize_t drill_call(struct drill_door *self, enum drill_call_id call, struct drill_args *args)
{
    const struct row *row = &rows[call];
    struct drill_sim *sim = self->sim;
    struct drill_host *host = self->tasks->current->host;
    ssize_t result = 0;

    if (host == NULL)
        return -ENXIO;
    sim->calls++;
    args->task = self->tasks->current;
    if (row->on != NONE)
        result = find_file(host, row, args);
    if (sim->watched)
        result = run_watched(self, call, host, args, result);
    else if (result == 0)
        result = run(self, row, host, args);
    drill_sim_record(sim, (uint64_t)call << 32 | (uint32_t)args->fd, (uint64_t)result);
    return result;
}

/* The file, where a call may go the short way: nobody watches, nothing was set, nothing was
 * stopped. */
static inline struct drill_file *plain_file(const struct drill_door *self, int fd, const void *data,
                                            size_t size, int flags,
                                            const struct drill_sockaddr *addr)
{
    struct drill_host *host = self->tasks->current->host;

    if (host == NULL || self->sim->watched || addr != NULL || data == NULL || size > PTRDIFF_MAX ||
        (flags & ~(DRILL_MSG_DONTWAIT | DRILL_MSG_NOSIGNAL)) != 0)
        return NULL;
    struct drill_file *file = drill_fds_find(&host->fds, fd);
    return file != NULL && file->settings == NULL && !file->stopped ? file : NULL;
}

static inline ssize_t record_block(struct drill_sim *sim, enum drill_call_id call, int fd,
                                   size_t count)
{
    sim->calls++;
    drill_sim_record(sim, (uint64_t)call << 32 | (uint32_t)fd, count);
    return (ssize_t)count;
}

static ssize_t move_part(struct drill_door *self, enum drill_call_id call, struct drill_args *args,
                         struct drill_iovec *part)
{
    args->parts = part;
    args->part_count = 1;
    args->parts_missing = part->size > PTRDIFF_MAX;
    return drill_call(self, call, args);
}

ssize_t drill_call_recv(struct drill_door *self, int fd, void *data, size_t size, int flags,
                        struct drill_sockaddr *from)
{
    struct drill_file *file = plain_file(self, fd, data, size, flags, from);

    if (file != NULL && file->ops->recv_block != NULL) {
        const size_t count = file->ops->recv_block(file, data, size);
        if (count > 0)
            return record_block(self->sim, DRILL_CALL_recv, fd, count);
    }
    struct drill_iovec part = {.base = data, .size = size};
    struct drill_args args = {.fd = fd, .flags = flags, .from = from};
    return move_part(self, DRILL_CALL_recv, &args, &part);
}

ssize_t drill_call_send(struct drill_door *self, int fd, const void *data, size_t size, int flags,
                        const struct drill_sockaddr *to)
{
    struct drill_file *file = plain_file(self, fd, data, size, flags, to);

    if (file != NULL && file->ops->send_block != NULL) {
        const size_t count = file->ops->send_block(file, data, size);
        if (count > 0)
            return record_block(self->sim, DRILL_CALL_send, fd, count);
    }
    struct drill_iovec part = {.base = (void *)(uintptr_t)data, .size = size};
    struct drill_args args = {.fd = fd, .flags = flags, .addr = to};
    return move_part(self, DRILL_CALL_send, &args, &part);
}
