#include "emu/witness.h"

#include <errno.h>
#include <stdio.h>

#include "emu/errname.h"
#include "emu/tcp.h"
#include "emu/unix.h"
#include "emu/words.h"

enum { WHO_BYTES = 96, CALL_BYTES = 64, TIME_BYTES = 32 };

void drill_witness_init(struct drill_witness *self, struct drill_sim *sim,
                        struct drill_tasks *tasks, const struct drill_faults *faults)
{
    *self = (struct drill_witness){.sim = sim, .tasks = tasks, .faults = faults};
    drill_closed_init(&self->closed, &sim->mem);
}

void drill_witness_fini(struct drill_witness *self)
{
    drill_closed_fini(&self->closed);
    drill_receipts_fini(&self->receipts, &self->sim->mem);
}

void drill_witness_begin(struct drill_witness *self, uint64_t spin_limit)
{
    self->spin_limit = spin_limit;
    self->sim->witness = self;
    drill_sim_watch(self->sim);
}

static void show_who(const struct drill_witness *self, char *text, size_t size)
{
    const struct drill_task *task = self->tasks->current;

    snprintf(text, size, "%.40s/%.40s", task->host != NULL ? task->host->name : "", task->name);
}

static void show_call(const struct drill_args *args, ssize_t result, char *text, size_t size)
{
    char answer[32];

    if (result < 0)
        snprintf(answer, sizeof answer, "%s", drill_errname((int)-result));
    else
        snprintf(answer, sizeof answer, "%zd", result);
    snprintf(text, size, "%s(%d) = %s", drill_faults_call_name(args->call), args->fd, answer);
}

/* Only the first of its kind is kept. */
static void note(struct drill_witness *self, char *sentence, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct drill_witness *self, char *sentence, const char *format, ...)
{
    va_list values;

    if (sentence[0] != '\0')
        return;
    va_start(values, format);
    vsnprintf(sentence, DRILL_WITNESS_SENTENCE, format, values);
    va_end(values);
    if (self->sim->trace != NULL)
        drill_sim_trace(self->sim, "witness: %s", sentence);
}

/* Strikes of rules that let waits end late. */
static uint64_t late_strikes(const struct drill_witness *self)
{
    uint64_t hits = 0;

    for (const struct drill_rule *rule = self->faults->groups[DRILL_RULES_TIMER]; rule != NULL;
         rule = rule->group_next)
        hits += rule->hits;
    return hits;
}

static bool reads(int call)
{
    return call == DRILL_CALL_recv || call == DRILL_CALL_read;
}

static bool writes(int call)
{
    return call == DRILL_CALL_send || call == DRILL_CALL_write;
}

static bool may_wait(int call)
{
    return reads(call) || writes(call) || call == DRILL_CALL_accept || call == DRILL_CALL_connect;
}

/* When a call must be over before it has waited for anything. */
static int64_t first_due(const struct drill_args *args, int64_t now)
{
    switch (args->call) {
    case DRILL_CALL_sleep:
    case DRILL_CALL_poll:
    case DRILL_CALL_epoll_wait:
        return args->when_ns > now ? args->when_ns : now;
    default:
        return may_wait(args->call) ? now : DRILL_NEVER;
    }
}

struct drill_task_call drill_witness_enter(struct drill_witness *self,
                                           const struct drill_args *args)
{
    struct drill_task *task = self->tasks->current;
    const struct drill_task_call outer = task->call;
    const int64_t now = drill_sim_now(self->sim);

    task->call = (struct drill_task_call){.since_ns = now,
                                          .due_ns = first_due(args, now),
                                          .turns = self->tasks->turns,
                                          .late = late_strikes(self)};
    return outer;
}

/* The direction of a stream that a call moves bytes in, as a number; 0: none. */
static uint64_t stream_of(const struct drill_file *file, bool out)
{
    if (file->ops == &drill_tcp_ops) {
        const struct drill_tcp *end = (const struct drill_tcp *)(const void *)file;
        if (end->conn == NULL)
            return 0;
        const bool side = out ? end->socket.side : end->conn->self ? 0 : !end->socket.side;
        return drill_conn_stream(end->conn, side);
    }
    if (file->ops == &drill_unix_stream_ops) {
        const struct drill_unix *self = (const struct drill_unix *)(const void *)file;
        const struct drill_unix *reader = out ? self->peer : self;
        return reader != NULL ? drill_unix_stream(reader) : 0;
    }
    return 0;
}

static void tell_breach(struct drill_witness *self, const struct drill_breach *breach,
                        const struct drill_args *args)
{
    const char *call = drill_faults_call_name(args->call);
    char who[WHO_BYTES];

    show_who(self, who, sizeof who);
    if (breach->extra)
        note(self, self->corrupted, "%s %s(%d) got byte %llu of a stream, which was never sent",
             who, call, args->fd, (unsigned long long)breach->place);
    else
        note(self, self->corrupted, "%s %s(%d) got byte %llu of a stream as 0x%02x, not as 0x%02x",
             who, call, args->fd, (unsigned long long)breach->place, breach->received,
             breach->sent);
}

static void look_at_read(struct drill_witness *self, uint64_t stream, const struct drill_args *args,
                         size_t before)
{
    struct drill_task *task = args->task;
    struct drill_audit *audit = &self->sim->audit;
    const size_t end = args->done < args->size ? args->done : args->size;
    const bool is_skipped =
        (args->flags & DRILL_MSG_TRUNC) != 0 && args->file->ops == &drill_tcp_ops;
    struct drill_breach breach;

    if (stream != 0 &&
        (is_skipped ? drill_audit_skipped(audit, stream, args->done - before, &breach)
                    : drill_audit_received(audit, stream, args, before, end, &breach)))
        tell_breach(self, &breach, args);
    if (is_skipped)
        return;
    if (task->receipt == NULL)
        task->receipt =
            drill_receipts_need(&self->receipts, &self->sim->mem, task->host, task->name);
    if (task->receipt != NULL)
        drill_receipt_add(task->receipt, args, before, end);
}

/* An urgent byte is read out of turn, or not at all. */
static void look_at_write(struct drill_witness *self, uint64_t stream,
                          const struct drill_args *args, size_t before)
{
    struct drill_audit *audit = &self->sim->audit;

    if (stream == 0)
        return;
    if ((args->flags & DRILL_MSG_OOB) != 0)
        drill_audit_end(audit, stream);
    drill_audit_sent(audit, stream, args, before, args->done);
}

ssize_t drill_witness_try(struct drill_witness *self,
                          ssize_t (*run)(struct drill_host *host, struct drill_args *args),
                          struct drill_host *host, struct drill_args *args)
{
    struct drill_task_call *call = &args->task->call;
    const int64_t now = drill_sim_now(self->sim);

    if (!may_wait(args->call))
        return run(host, args);
    const bool out = writes(args->call) || args->call == DRILL_CALL_connect;
    const uint64_t stream = stream_of(args->file, out);
    const size_t before = args->done;
    const ssize_t result = run(host, args);
    const bool moved = args->done > before && (result >= 0 || result == -EAGAIN);
    if (moved && reads(args->call) && (args->flags & DRILL_MSG_PEEK) == 0)
        look_at_read(self, stream, args, before);
    else if (moved && writes(args->call))
        look_at_write(self, stream, args, before);
    /* A deadline that has been moved into the past is due now; one that was missed stays so. */
    if (result == -EAGAIN && args->blocking) {
        const int64_t until = drill_settings_until(args->file->settings, out, call->since_ns);
        call->due_ns = until > now ? until : call->due_ns < now ? call->due_ns : now;
    }
    return result;
}

static void look_for_reuse(struct drill_witness *self, const struct drill_args *args,
                           ssize_t result)
{
    struct drill_host *host = args->task->host;
    char who[WHO_BYTES];
    int fd = args->fd;

    if (args->call == DRILL_CALL_close && result == 0)
        drill_closed_add(&self->closed, host->id, host->life, fd);
    if (result != -EBADF)
        return;
    if (args->call == DRILL_CALL_epoll_ctl && drill_fds_find(&host->fds, fd) != NULL)
        fd = args->type;
    if (drill_fds_find(&host->fds, fd) != NULL ||
        !drill_closed_has(&self->closed, host->id, host->life, fd))
        return;
    self->reused_count++;
    show_who(self, who, sizeof who);
    note(self, self->reused, "%s %s(%d): descriptor %d was closed", who,
         drill_faults_call_name(args->call), args->fd, fd);
}

/* A task that may not run, or that events have overtaken, or whose wait a rule has made longer, is
 * late for a reason. */
static void look_at_time(struct drill_witness *self, const struct drill_args *args, ssize_t result)
{
    const struct drill_task *task = args->task;
    const struct drill_task_call *call = &task->call;
    const int64_t now = drill_sim_now(self->sim);
    const int64_t due = task->thawed_ns > call->due_ns ? task->thawed_ns : call->due_ns;
    char who[WHO_BYTES], last[CALL_BYTES], when[TIME_BYTES], limit[TIME_BYTES];

    if (now <= due || call->turns != self->tasks->turns || call->late != late_strikes(self))
        return;
    show_who(self, who, sizeof who);
    show_call(args, result, last, sizeof last);
    drill_word_show_time(now, when, sizeof when);
    drill_word_show_time(due, limit, sizeof limit);
    note(self, self->overdue, "%s %s at %s, and was to return by %s", who, last, when, limit);
}

/* An event that only had its turn while tasks were ready (task.c) does not end a spin. */
static bool spins(const struct drill_witness *self, struct drill_task *task)
{
    const int64_t now = drill_sim_now(self->sim);

    if (task->calls_at_ns != now) {
        if (task->calls_turns == self->tasks->turns)
            task->calls = 0;
        task->calls_at_ns = now;
        task->calls_turns = self->tasks->turns;
    }
    return ++task->calls > self->spin_limit && self->spin_limit > 0;
}

/* The root cannot wait for ever: nobody would be left. */
static ssize_t stop_spin(struct drill_witness *self, const struct drill_args *args, ssize_t result)
{
    char who[WHO_BYTES], last[CALL_BYTES], when[TIME_BYTES];

    show_who(self, who, sizeof who);
    show_call(args, result, last, sizeof last);
    drill_word_show_time(drill_sim_now(self->sim), when, sizeof when);
    note(self, self->spun, "%s made %llu calls at %s without time passing; last: %s", who,
         (unsigned long long)self->spin_limit, when, last);
    while (self->tasks->current != &self->tasks->root)
        drill_task_wait(self->tasks, DRILL_NEVER, "spin");
    return -EDEADLK;
}

ssize_t drill_witness_leave(struct drill_witness *self, const struct drill_task_call *outer,
                            const struct drill_args *args, ssize_t result)
{
    struct drill_task *task = args->task;

    look_for_reuse(self, args, result);
    look_at_time(self, args, result);
    task->call = *outer;
    return spins(self, task) ? stop_spin(self, args, result) : result;
}

void drill_witness_reached(struct drill_witness *self, const char *mark)
{
    char who[WHO_BYTES];

    if (!drill_marks_reach(&self->marks, mark) || self->sim->trace == NULL)
        return;
    show_who(self, who, sizeof who);
    drill_sim_trace(self->sim, "%s reached %s", who, mark);
}

void drill_witness_broken(struct drill_witness *self, const char *format, va_list values)
{
    const bool first = self->marks.broken_count == 0;
    char who[WHO_BYTES];

    show_who(self, who, sizeof who);
    drill_marks_break(&self->marks, who, format, values);
    if (first && self->sim->trace != NULL)
        drill_sim_trace(self->sim, "broken: %s", self->marks.broken);
    if (first)
        drill_sim_report(self->sim, "broken: %s", self->marks.broken);
}
