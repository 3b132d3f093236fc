#include "emu/epoll.h"

#include <errno.h>

#include "emu/abi.h"
#include "emu/calls.h"
#include "emu/fault.h"

enum { NESTING_MAX = 5 };

#define EXCLUSIVE_BITS                                                                             \
    (DRILL_EPOLLIN | DRILL_EPOLLOUT | DRILL_EPOLLERR | DRILL_EPOLLHUP | DRILL_EPOLLWAKEUP |        \
     DRILL_EPOLLET | DRILL_EPOLLEXCLUSIVE)
#define ALWAYS (DRILL_EPOLLERR | DRILL_EPOLLHUP)
#define MODES  (DRILL_EPOLLET | DRILL_EPOLLONESHOT | DRILL_EPOLLWAKEUP | DRILL_EPOLLEXCLUSIVE)

/* What the arrival of data wakes for. */
#define READABLE (DRILL_EPOLLIN | DRILL_EPOLLPRI | DRILL_EPOLLRDNORM | DRILL_EPOLLRDBAND)

static const struct drill_file_ops ops;

static void push_ready(struct drill_watch *watch)
{
    struct drill_epoll *self = watch->epoll;

    watch->is_ready = true;
    watch->ready_next = NULL;
    watch->ready_prev = self->ready_last;
    *(self->ready_last != NULL ? &self->ready_last->ready_next : &self->ready_first) = watch;
    self->ready_last = watch;
}

static void leave_ready(struct drill_watch *watch)
{
    struct drill_epoll *self = watch->epoll;

    if (!watch->is_ready)
        return;
    watch->is_ready = watch->owed = false;
    *(watch->ready_prev != NULL ? &watch->ready_prev->ready_next : &self->ready_first) =
        watch->ready_next;
    *(watch->ready_next != NULL ? &watch->ready_next->ready_prev : &self->ready_last) =
        watch->ready_prev;
}

static void remove_watch(struct drill_watch *watch)
{
    struct drill_mem *mem = &watch->epoll->file.host->sim->mem;

    leave_ready(watch);
    drill_file_unlisten(&watch->listener);
    HASH_DEL(watch->epoll->watches, watch);
    drill_mem_free(mem, watch, sizeof *watch);
}

static void wake(struct drill_listener *listener, uint32_t bits)
{
    struct drill_watch *watch = (struct drill_watch *)(void *)listener;

    if (bits == DRILL_WAKE_GONE) {
        remove_watch(watch);
        return;
    }
    if (watch->events == 0)
        return;
    if (watch->owed)
        leave_ready(watch);
    watch->owed = false;
    watch->for_rest = (watch->for_rest || !watch->is_ready) && watch->unread && bits != 0 &&
                      (bits & ~READABLE) == 0;
    if (!watch->is_ready)
        push_ready(watch);
    drill_file_wake(&watch->epoll->file, DRILL_POLLIN | DRILL_POLLRDNORM);
}

static uint32_t bits_of(const struct drill_watch *watch)
{
    struct drill_file *file = watch->key.file;

    return watch->events == 0 ? 0 : file->ops->poll(file) & (watch->events | ALWAYS) & ~MODES;
}

static uint32_t poll_epoll(struct drill_file *file)
{
    struct drill_epoll *self = (struct drill_epoll *)(void *)file;

    while (self->ready_first != NULL &&
           (self->ready_first->owed || bits_of(self->ready_first) == 0))
        leave_ready(self->ready_first);
    return self->ready_first != NULL ? DRILL_POLLIN | DRILL_POLLRDNORM : 0;
}

static void close_epoll(struct drill_file *file)
{
    struct drill_epoll *self = (struct drill_epoll *)(void *)file;

    while (self->watches != NULL)
        remove_watch(self->watches);
    drill_mem_free(&file->host->sim->mem, self, sizeof *self);
}

static const struct drill_file_ops ops = {
    .name = "epoll", .poll = poll_epoll, .close = close_epoll};

ssize_t drill_do_epoll_create(struct drill_host *host, struct drill_args *args)
{
    struct drill_epoll *self = drill_mem_zeroed(&host->sim->mem, sizeof *self);

    if (self == NULL)
        return -ENOMEM;
    drill_file_init(&self->file, &ops, host);
    const int fd =
        drill_fds_add(&host->fds, &self->file, 0, (args->flags & DRILL_EPOLL_CLOEXEC) != 0);
    if (fd < 0)
        drill_file_drop(&self->file);
    return fd;
}

/* How deep sets are nested below `file`; more than allowed if `self` is among them. */
static int depth_below(const struct drill_file *file, const struct drill_epoll *self)
{
    const struct drill_epoll *set = (const struct drill_epoll *)(const void *)file;
    int deepest = 0;

    if (file->ops != &ops)
        return 0;
    if (set == self)
        return NESTING_MAX;
    for (const struct drill_watch *each = set->watches; each != NULL; each = each->hh.next) {
        const int depth = depth_below(each->key.file, self);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static struct drill_watch *find_watch(struct drill_epoll *self, struct drill_file *file, int fd)
{
    struct drill_watch probe, *found;

    probe.key.file = file;
    probe.key.fd = fd;
    HASH_FIND(hh, self->watches, &probe.key, sizeof probe.key, found);
    return found;
}

/* A wake is heard for any change, as in Linux; what is asked for decides when it is told. */
static void look(struct drill_watch *watch)
{
    if (bits_of(watch) != 0)
        wake(&watch->listener, 0);
}

static int add_watch(struct drill_epoll *self, struct drill_file *file, int fd,
                     const struct drill_epoll_event *event)
{
    struct drill_mem *mem = &self->file.host->sim->mem;

    if (depth_below(file, self) >= NESTING_MAX)
        return -ELOOP;
    struct drill_watch *watch = drill_mem_zeroed(mem, sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    watch->epoll = self;
    watch->key.file = file;
    watch->key.fd = fd;
    watch->data = event->data;
    watch->events = event->events | ALWAYS;
    watch->listener.wake = wake;
    watch->listener.bits = event->events | ALWAYS;
    HASH_ADD(hh, self->watches, key, sizeof watch->key, watch);
    if (!drill_table_has(watch)) {
        drill_mem_free(mem, watch, sizeof *watch);
        return -ENOMEM;
    }
    drill_file_listen(file, &watch->listener);
    look(watch);
    return 0;
}

static int modify_watch(struct drill_watch *watch, const struct drill_epoll_event *event)
{
    if (((event->events | watch->events) & DRILL_EPOLLEXCLUSIVE) != 0)
        return -EINVAL;
    watch->data = event->data;
    watch->events = event->events | ALWAYS;
    watch->listener.bits = event->events | ALWAYS;
    look(watch);
    return 0;
}

static int check_exclusive(int op, const struct drill_file *file, uint32_t events)
{
    if ((events & DRILL_EPOLLEXCLUSIVE) == 0 || op == DRILL_EPOLL_CTL_DEL)
        return 0;
    if (op == DRILL_EPOLL_CTL_MOD || file->ops == &ops || (events & ~EXCLUSIVE_BITS) != 0)
        return -EINVAL;
    return 0;
}

ssize_t drill_do_epoll_ctl(struct drill_host *host, struct drill_args *args)
{
    struct drill_epoll *self = (struct drill_epoll *)(void *)args->file;
    const struct drill_epoll_event *event = args->data;
    const int op = args->flags;
    struct drill_file *file = drill_fds_find(&host->fds, args->type);

    if (event == NULL && op != DRILL_EPOLL_CTL_DEL)
        return -EFAULT;
    if (file == NULL)
        return -EBADF;
    if (args->file->ops != &ops || file == args->file)
        return -EINVAL;
    const int result = check_exclusive(op, file, event != NULL ? event->events : 0);
    if (result < 0)
        return result;
    struct drill_watch *watch = find_watch(self, file, args->type);
    switch (op) {
    case DRILL_EPOLL_CTL_ADD:
        return watch != NULL ? -EEXIST : add_watch(self, file, args->type, event);
    case DRILL_EPOLL_CTL_MOD:
        return watch == NULL ? -ENOENT : modify_watch(watch, event);
    case DRILL_EPOLL_CTL_DEL:
        if (watch == NULL)
            return -ENOENT;
        remove_watch(watch);
        return 0;
    default:
        return -EINVAL;
    }
}

void drill_epoll_read(struct drill_file *file)
{
    struct drill_listener *each = file->listeners;

    if (each == NULL || (file->ops->poll(file) & READABLE) != 0)
        return;
    do {
        if (each->wake == wake)
            ((struct drill_watch *)(void *)each)->unread = false;
        each = each->next;
    } while (each != file->listeners);
}

/* Whether a rule says otherwise of what would be told: that it is for what was not read to its end,
 * and lost, or that it is told once more. */
static uint32_t bend(struct drill_watch *watch, struct drill_args *args, uint32_t bits)
{
    struct drill_faults *faults = args->file->host->net->faults;
    const enum drill_fault_what what = watch->owed ? DRILL_FAULT_extra_edge : DRILL_FAULT_lost_edge;

    if (bits == 0 || (!watch->owed && !watch->for_rest))
        return bits;
    return drill_faults_edge(faults, what, args, (int)watch->key.fd, watch->key.file) == watch->owed
               ? bits
               : 0;
}

/* An edge was told: it may be once more, and what comes before it was read may not be. */
static void note_edge(struct drill_watch *watch, uint32_t bits, bool was_owed)
{
    const struct drill_faults *faults = watch->epoll->file.host->net->faults;

    watch->unread = watch->unread || (bits & READABLE) != 0;
    if (was_owed || !drill_faults_has(faults, DRILL_RULES_READY, DRILL_FAULT_extra_edge))
        return;
    push_ready(watch);
    watch->owed = true;
}

/* Where a watch that was looked at belongs now: out of the list, or at its end. */
static void settle(struct drill_watch *watch, uint32_t bits)
{
    const bool edge = (watch->events & DRILL_EPOLLET) != 0, was_owed = watch->owed;
    const bool once = (watch->events & DRILL_EPOLLONESHOT) != 0;
    const bool stays = bits != 0 && !edge && !once;

    if (stays && watch->ready_next == NULL)
        return;
    leave_ready(watch);
    if (stays)
        push_ready(watch);
    else if (bits != 0 && once)
        watch->events = 0;
    else if (bits != 0 && watch->epoll->file.host->sim->fault_rules > 0)
        note_edge(watch, bits, was_owed);
}
/* Tells of up to so many, and of each only once: what stays ready goes behind the last of now. */
static int tell(struct drill_epoll *self, struct drill_args *args)
{
    struct drill_watch *last = self->ready_last, *each;
    struct drill_epoll_event *events = args->data;
    int told = 0;

    while (told < args->flags && (each = self->ready_first) != NULL) {
        const bool was_last = each == last;
        const uint32_t bits = bend(each, args, bits_of(each));
        if (bits != 0 && events == NULL)
            return -EFAULT;
        if (bits != 0)
            events[told++] = (struct drill_epoll_event){.events = bits, .data = each->data};
        settle(each, bits);
        if (was_last)
            break;
    }
    return told;
}

struct watched {
    struct drill_looks looks;
    struct drill_watch *first, *at;
};

static bool look_at(struct drill_looks *looks, size_t place, struct drill_look *look)
{
    struct watched *self = (struct watched *)(void *)looks;

    self->at = place == 0 ? self->first : self->at->hh.next;
    if (self->at == NULL)
        return false;
    *look = (struct drill_look){
        .fd = (int)self->at->key.fd,
        .file = self->at->key.file,
        .wanted = self->at->events & ~MODES,
        .bits = bits_of(self->at),
    };
    return true;
}

/* What rules make of it: one more is told to be ready, and all in another order. */
static int tell_more(struct drill_epoll *self, struct drill_args *args, int told)
{
    struct drill_faults *faults = self->file.host->net->faults;
    struct drill_epoll_event *events = args->data;
    struct watched watched = {.looks = {.at = look_at}, .first = self->watches};
    uint32_t bits = 0;

    if (told < args->flags && events != NULL)
        bits = drill_faults_lie(faults, DRILL_CALL_epoll_wait, args, &watched.looks, told > 0);
    if (bits != 0) {
        events[told++] = (struct drill_epoll_event){.events = bits, .data = watched.at->data};
        if ((watched.at->events & DRILL_EPOLLONESHOT) != 0)
            watched.at->events = 0;
    }
    drill_faults_shuffle(faults, args, events, (size_t)told);
    return told;
}

ssize_t drill_do_epoll_wait(struct drill_host *host, struct drill_args *args)
{
    struct drill_epoll *self = (struct drill_epoll *)(void *)args->file;
    struct drill_task *task = host->tasks->current;
    int64_t signal_ns = -1; /* it has not waited yet */

    if (args->file->ops != &ops || args->flags <= 0)
        return -EINVAL;
    for (;;) {
        if (args->file->stopped)
            return -EBADF;
        int told = tell(self, args);
        if (host->sim->fault_rules > 0 && (told > 0 || (told == 0 && signal_ns < 0)))
            told = tell_more(self, args, told);
        if (told != 0 || args->when_ns <= drill_sim_now(host->sim))
            return told;
        if (signal_ns < 0) {
            signal_ns = drill_faults_signal(host->net->faults, DRILL_CALL_epoll_wait, args,
                                            DRILL_MOMENT_NS);
        } else if (signal_ns <= drill_sim_now(host->sim)) {
            if (drill_faults_interrupt(host->net->faults, DRILL_CALL_epoll_wait, args))
                return -EINTR;
            signal_ns = DRILL_NEVER;
        }
        task->holds = drill_file_ref(args->file);
        told = drill_task_wait_file(host->tasks, args->file, DRILL_POLLIN,
                                    signal_ns < args->when_ns ? signal_ns : args->when_ns,
                                    "epoll_wait");
        task->holds = NULL;
        drill_file_drop(args->file);
        if (told == -EDEADLK)
            return told;
    }
}
