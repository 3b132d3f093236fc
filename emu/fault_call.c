#include <errno.h>

#include "emu/fault.h"
#include "emu/sockopt.h"
#include "emu/task.h"
#include "emu/tcp.h"

enum { SO_SNDBUF = 7, SO_RCVBUF = 8 };

static bool reads(enum drill_call_id call)
{
    return call == DRILL_CALL_recv || call == DRILL_CALL_read;
}

static bool is_readable(const struct drill_file *file)
{
    return (file->ops->poll((struct drill_file *)(uintptr_t)file) &
            (DRILL_POLLIN | DRILL_POLLHUP | DRILL_POLLERR)) != 0;
}

static bool is_stream(const struct drill_args *args)
{
    return args->file != NULL && args->file->ops->recv != NULL &&
           drill_socket_of(args->file)->type == DRILL_SOCK_STREAM;
}

static bool is_blocking(const struct drill_args *args)
{
    return !args->file->nonblock && (args->flags & DRILL_MSG_DONTWAIT) == 0;
}

/* What a read can have: a call that has to wait is looked at again when something has come. */
static bool is_there(enum drill_call_id call, const struct drill_args *args)
{
    return !reads(call) || is_readable(args->file);
}

/* An end that can be reset, or NULL. */
static struct drill_tcp *open_end(const struct drill_args *args)
{
    struct drill_tcp *end = drill_tcp_of(args->file);

    if (args->file == NULL || args->file->ops != &drill_tcp_ops || end->conn == NULL ||
        end->conn->self || end->socket.state == DRILL_TCP_CLOSED ||
        end->socket.state == DRILL_TCP_SYN_SENT)
        return NULL;
    return end;
}

/* Bytes of the call's direction that may still pass before the connection is struck; UINT64_MAX:
 * it cannot be. */
static uint64_t left_before(const struct drill_rule *rule, enum drill_call_id call,
                            const struct drill_args *args)
{
    const struct drill_tcp *end = open_end(args);

    if (end == NULL)
        return UINT64_MAX;
    const uint64_t moved = reads(call) ? drill_tcp_in(end)->read : drill_tcp_out(end)->written;
    return moved < rule->fault.bytes ? rule->fault.bytes - moved : 0;
}

static bool ends_connections(const struct drill_rule *rule)
{
    return rule->what == DRILL_FAULT_reset || rule->what == DRILL_FAULT_half_open ||
           rule->what == DRILL_FAULT_silent_close;
}

static bool can_strike(const struct drill_rule *rule, enum drill_call_id call,
                       const struct drill_args *args)
{
    const struct drill_fault *fault = &rule->fault;
    const uint64_t flow = drill_flow_of_file(args->file);
    const size_t rest = args->size - args->done; /* a call that has waited may have moved some */

    if (ends_connections(rule))
        return left_before(rule, call, args) < (rest > 0 ? rest : 1);
    switch (rule->what) {
    case DRILL_FAULT_errno:
        return fault->force || drill_legal(call, args->file, fault->error, fault->hostile);
    case DRILL_FAULT_short_read:
    case DRILL_FAULT_short_write:
        return is_stream(args) && rest > fault->bytes && is_there(call, args);
    case DRILL_FAULT_split:
    case DRILL_FAULT_split_write:
    case DRILL_FAULT_eintr_partial:
        return is_stream(args) && rest > 1 && is_there(call, args);
    case DRILL_FAULT_eagain:
        return args->file != NULL && !is_blocking(args) && !drill_rule_has_stormed(rule, flow);
    case DRILL_FAULT_eintr:
        return !drill_rule_needs_a_wait(rule, call) && !drill_rule_has_stormed(rule, flow);
    case DRILL_FAULT_accept_error:
        return args->file != NULL && args->file->ops->accept != NULL && is_readable(args->file);
    default:
        return true;
    }
}

/* The bytes up to the place of a reset still pass; that is no strike yet. */
static bool passes_first(const struct drill_rule *rule, enum drill_call_id call,
                         struct drill_args *args)
{
    if (!ends_connections(rule) || !drill_rule_may_fall(rule, drill_flow_of_file(args->file)))
        return false;
    const uint64_t left = left_before(rule, call, args);
    if (left > 0)
        args->size = args->done + (size_t)left;
    return left > 0;
}

/* The call goes on, and finds the connection reset before what else has come. */
static void end_connection(const struct drill_rule *rule, enum drill_call_id call,
                           const struct drill_args *args)
{
    struct drill_tcp *end = open_end(args);
    struct drill_pipe *in = drill_tcp_in(end);

    if (rule->what == DRILL_FAULT_silent_close) {
        drill_conn_silence(end->conn, rule->faults->net, rule->cause);
        return;
    }
    if (reads(call))
        drill_pipe_skip(in, drill_socket_mem(&end->socket), (size_t)drill_pipe_unread(in));
    if (rule->what == DRILL_FAULT_reset)
        drill_tcp_reset(end, rule->cause);
    drill_tcp_die(end, ECONNRESET, 0);
}

/* Some of the bytes: what is there, less the answer.  0 is all of it. */
static size_t cut(const struct drill_rule *rule, enum drill_call_id call,
                  const struct drill_args *args)
{
    uint64_t most = args->size - args->done;

    if (rule->what == DRILL_FAULT_short_read || rule->what == DRILL_FAULT_short_write ||
        (rule->fault.bytes > 0 && rule->what == DRILL_FAULT_eintr_partial))
        return rule->fault.bytes < most ? (size_t)rule->fault.bytes : (size_t)most;
    if (reads(call) && args->file->ops == &drill_tcp_ops &&
        drill_tcp_of(args->file)->conn != NULL) {
        const uint64_t unread = drill_pipe_unread(drill_tcp_in(drill_tcp_of(args->file)));
        most = unread > 0 && unread < most ? unread : most;
    }
    return (size_t)(most - drill_rule_pick(rule, DRILL_CHOICE_CUT, most));
}

/* Those who wait for an edge must get one. */
static bool storms(struct drill_rule *rule, struct drill_args *args)
{
    if (!drill_rule_storms(rule, drill_flow_of_file(args->file)))
        return false;
    if (args->file != NULL)
        drill_file_wake(args->file, UINT32_MAX & ~DRILL_WAKE_GONE);
    return true;
}

/* The first connection of the queue is lost, and accept tells of it. */
static void lose_accepted(const struct drill_rule *rule, const struct drill_args *args)
{
    struct drill_args probe = {.fd = args->fd, .file = args->file, .task = args->task};
    struct drill_file *made;

    if (args->file->ops->accept(args->file, &probe, &made) != 0)
        return;
    if (made->ops == &drill_tcp_ops && drill_tcp_of(made)->conn != NULL) {
        drill_tcp_reset(drill_tcp_of(made), rule->cause);
        drill_tcp_die(drill_tcp_of(made), ECONNABORTED, 0);
    }
    drill_file_drop(made);
}

static int wait_for(struct drill_host *host, int64_t ns)
{
    const int64_t until = drill_sim_now(host->sim) + ns;

    while (drill_sim_now(host->sim) < until)
        if (drill_task_wait(host->tasks, until, "resolve") == -EDEADLK)
            return -EDEADLK;
    return 0;
}

static int resolve_changed(const struct drill_rule *rule, struct drill_args *args)
{
    if (args->from == NULL || args->size == 0)
        return 1;
    args->from[0] = drill_addr_plain(&rule->as);
    return 1;
}

/* What the rule makes of the call: DRILL_GOES_ON, or the call's answer. */
static int bend(struct drill_rule *rule, enum drill_call_id call, struct drill_host *host,
                struct drill_args *args)
{
    const struct drill_fault *fault = &rule->fault;

    switch (rule->what) {
    case DRILL_FAULT_errno:
    case DRILL_FAULT_name_error:
        return -fault->error;
    case DRILL_FAULT_accept_error:
        lose_accepted(rule, args);
        return fault->error > 0 ? -fault->error : -ECONNABORTED;
    case DRILL_FAULT_eagain:
        return storms(rule, args) ? -EAGAIN : DRILL_GOES_ON;
    case DRILL_FAULT_eintr:
        return storms(rule, args) ? -EINTR : DRILL_GOES_ON;
    case DRILL_FAULT_short_read:
    case DRILL_FAULT_short_write:
    case DRILL_FAULT_split:
    case DRILL_FAULT_split_write:
    case DRILL_FAULT_eintr_partial:
        args->size = args->done + cut(rule, call, args);
        return DRILL_GOES_ON;
    case DRILL_FAULT_name_slow:
        return wait_for(host, fault->delay_ns) < 0 ? -EDEADLK : DRILL_GOES_ON;
    case DRILL_FAULT_name_change:
        return fault->as != NULL ? resolve_changed(rule, args) : DRILL_GOES_ON;
    default:
        return DRILL_GOES_ON;
    }
}

static struct drill_spared *place_of(struct drill_faults *self, uint32_t socket, int fd,
                                     uint32_t task)
{
    return &self->spared[(socket ^ (uint32_t)fd << 2 ^ task << 4) % DRILL_SPARED];
}

static bool is_of(const struct drill_spared *spared, uint32_t age, uint32_t socket, int fd,
                  uint32_t task)
{
    return spared->age == age && spared->socket == socket && spared->fd == fd &&
           spared->task == task;
}

static struct drill_spared *spared_of(struct drill_faults *self, const struct drill_args *args)
{
    const uint32_t socket = drill_socket_of(args->file)->number, task = args->task->number;
    struct drill_spared *spared = place_of(self, socket, args->fd, task);

    if (!is_of(spared, self->age, socket, args->fd, task))
        *spared =
            (struct drill_spared){.age = self->age, .socket = socket, .fd = args->fd, .task = task};
    return spared;
}

/* Whether the ends of a descriptor stay what they are, so that what is not about them now never
 * is. */
static bool has_fixed_ends(struct drill_file *file)
{
    return file != NULL && file->ops == &drill_tcp_ops &&
           drill_socket_of(file)->state == DRILL_TCP_ESTABLISHED;
}

bool drill_faults_spare(struct drill_faults *self, enum drill_call_id call, struct drill_file *file,
                        int fd, const struct drill_task *task)
{
    if (!has_fixed_ends(file) || self->groups[DRILL_RULES_READY] != NULL)
        return false;
    const uint32_t socket = drill_socket_of(file)->number;
    const struct drill_spared *spared = place_of(self, socket, fd, task->number);
    return is_of(spared, self->age, socket, fd, task->number) && (spared->calls >> call & 1) != 0;
}

/* Whether a rule is about the call; `about`: or about one like it that moves later bytes. */
static bool is_about(const struct drill_rule *rule, enum drill_call_id call,
                     const struct drill_host *host, const struct drill_args *args, bool *about)
{
    const bool now = drill_rule_is_about_call(rule, call, host, args);

    *about = *about || now || rule->fault.offset > 0;
    return now;
}

/* Asks a rule that is about the call: whether it strikes, and if so the answer. */
static bool strikes(struct drill_rule *rule, enum drill_call_id call, struct drill_host *host,
                    struct drill_args *args, int *answer)
{
    if (!can_strike(rule, call, args) || passes_first(rule, call, args) ||
        !drill_rule_falls(rule, drill_flow_of_file(args->file)))
        return false;
    args->struck = rule->id;
    *answer = DRILL_GOES_ON;
    if (ends_connections(rule))
        end_connection(rule, call, args);
    else
        *answer = bend(rule, call, host, args);
    return true;
}

/* Asks the rules of one group: the answer of the first that falls. */
static int ask(struct drill_rule *first, enum drill_call_id call, struct drill_host *host,
               struct drill_args *args, bool *about)
{
    int answer;

    for (struct drill_rule *rule = first; rule != NULL; rule = rule->group_next)
        if (is_about(rule, call, host, args, about) && strikes(rule, call, host, args, &answer))
            return answer;
    return DRILL_GOES_ON;
}

/* What befalls hosts and links is set off by calls that match. */
static void set_off(struct drill_rule *first, enum drill_call_id call,
                    const struct drill_host *host, const struct drill_args *args, bool *about)
{
    for (struct drill_rule *rule = first; rule != NULL; rule = rule->group_next)
        if (is_about(rule, call, host, args, about) &&
            drill_rule_falls(rule, drill_flow_of_file(args->file)))
            drill_rule_begin(rule);
}

int drill_faults_before(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args)
{
    struct drill_spared *spared = has_fixed_ends(args->file) ? spared_of(self, args) : NULL;
    const uint64_t bit = UINT64_C(1) << call;
    bool about = false;

    if (spared != NULL && (spared->calls & bit) != 0)
        return DRILL_GOES_ON;
    set_off(self->groups[DRILL_RULES_ACT], call, host, args, &about);
    if (self->groups[DRILL_RULES_ACT] != NULL && !drill_faults_survive(host, args))
        return -EBADF;
    int answer = ask(self->groups[DRILL_RULES_CALL], call, host, args, &about);
    if (answer == DRILL_GOES_ON && args->struck == 0)
        answer = ask(self->groups[DRILL_RULES_WAIT], call, host, args, &about);
    if (spared != NULL && !about && has_fixed_ends(args->file))
        spared->calls |= bit;
    return answer;
}

int drill_faults_resume(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args)
{
    int answer;

    for (struct drill_rule *rule = self->groups[DRILL_RULES_CALL]; rule != NULL;
         rule = rule->group_next) {
        const enum drill_fault_place place = drill_fault_rows[rule->what].place;
        if ((place != DRILL_PLACE_READS && place != DRILL_PLACE_ACCEPT &&
             rule->what != DRILL_FAULT_eintr_partial) ||
            args->struck != 0 || !is_there(call, args))
            continue;
        if (drill_rule_is_about_call(rule, call, host, args) &&
            strikes(rule, call, host, args, &answer))
            return answer;
    }
    return DRILL_GOES_ON;
}

/* A socket that was just made gets small buffers. */
static void shrink_buffers(const struct drill_rule *rule, struct drill_host *host, int fd)
{
    struct drill_file *file = drill_fds_find(&host->fds, fd);
    const int32_t bytes = rule->fault.bytes > 0 ? (int32_t)rule->fault.bytes : 1;

    if (file == NULL || file->ops->recv == NULL)
        return;
    drill_sockopt_set(drill_socket_of(file), DRILL_SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    drill_sockopt_set(drill_socket_of(file), DRILL_SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

/* Where nobody is: TEST-NET-1 (RFC 5737), unless the rule says where. */
static ssize_t dead_address_first(const struct drill_rule *rule, struct drill_args *args,
                                  ssize_t count)
{
    static const struct drill_sockaddr nobody = {.family = DRILL_AF_INET, .inet4 = {192, 0, 2, 1}};

    if (args->from == NULL || args->size == 0)
        return count + 1;
    for (size_t i = (size_t)count < args->size ? (size_t)count : args->size - 1; i > 0; i--)
        args->from[i] = args->from[i - 1];
    args->from[0] = rule->fault.as != NULL ? drill_addr_plain(&rule->as) : nobody;
    return count + 1;
}

/* Who takes a part for all there is waits for an edge (epoll(7), question 9), and gets one. */
static bool cuts(const struct drill_rule *rule)
{
    const enum drill_fault_place place = drill_fault_rows[rule->what].place;

    return place == DRILL_PLACE_READS || place == DRILL_PLACE_WRITES ||
           rule->what == DRILL_FAULT_eintr_partial;
}

ssize_t drill_faults_after(struct drill_faults *self, struct drill_host *host,
                           struct drill_args *args, ssize_t result)
{
    const struct drill_rule *rule = drill_faults_rule(self, args->struck);

    if (rule == NULL || result < 0)
        return result;
    if (rule->what == DRILL_FAULT_buffers)
        shrink_buffers(rule, host, (int)result);
    if (rule->what == DRILL_FAULT_name_dead)
        return dead_address_first(rule, args, result);
    if (cuts(rule) && args->file != NULL)
        drill_file_wake(args->file, UINT32_MAX & ~DRILL_WAKE_GONE);
    return result;
}
