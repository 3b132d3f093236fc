#include "emu/power.h"

#include <errno.h>
#include <stddef.h>

#include "emu/tcp.h"
#include "emu/unix.h"

static void trace(const struct drill_host *host, const char *what, const char *cause)
{
    if (host->sim->trace != NULL)
        drill_sim_trace(host->sim, "host %s %s%s%s", host->name, what,
                        cause != NULL ? " <- fault " : "", cause != NULL ? cause : "");
}

static void end_here(struct drill_conn *conn, const struct drill_host *host)
{
    conn->refs++;
    for (int side = 0; side < 2; side++)
        if (conn->ends[side] != NULL && conn->ends[side]->socket.file.host == host)
            drill_tcp_vanish(conn->ends[side]);
    drill_conn_drop(conn, host->net);
}

/* A crash is the end of a host too: sockets go without a word, so nothing new comes to be. */
void drill_power_empty(struct drill_host *host)
{
    struct drill_net *net = host->net;
    struct drill_conn *conn, *next;

    drill_tasks_kill(host->tasks, host);
    for (int fd = drill_fds_next(&host->fds, 0); fd >= 0; fd = drill_fds_next(&host->fds, fd + 1))
        drill_fds_find(&host->fds, fd)->crashed = true;
    drill_unix_crash(host);
    drill_fds_fini(&host->fds);
    drill_unix_collect(host);
    HASH_ITER (hh, net->conns, conn, next)
        end_here(conn, host);
    for (conn = net->superseded; conn != NULL; conn = next) {
        next = conn->older;
        end_here(conn, host);
    }
}

static bool is_falling(const struct drill_host *host)
{
    return drill_event_is_set(&host->falls);
}

static void refresh_pause(struct drill_host *host)
{
    drill_tasks_freeze(host->tasks, host, is_falling(host) || host->paused || host->pauses > 0);
}

static void empty(struct drill_host *host)
{
    drill_timeline_cancel(&host->sim->timeline, &host->falls);
    if (!host->up) {
        drill_power_empty(host);
        return;
    }
    drill_tasks_kill(host->tasks, host);
    drill_fds_fini(&host->fds);
    drill_unix_collect(host);
}

static void empty_later(struct drill_event *event)
{
    empty((struct drill_host *)(void *)((char *)event - offsetof(struct drill_host, falls)));
}

static void bring_down(struct drill_host *host)
{
    const struct drill_tasks *tasks = host->tasks;
    struct drill_timeline *timeline = &host->sim->timeline;

    host->paused = false;
    if (host->sim->carrying == NULL &&
        (tasks->current == &tasks->root || tasks->current->host != host)) {
        empty(host);
        return;
    }
    host->falls.run = empty_later;
    drill_timeline_set(timeline, &host->falls, timeline->now_ns);
    refresh_pause(host);
}

int drill_power_crash(struct drill_host *host, const char *cause)
{
    if (!host->up)
        return -EALREADY;
    host->up = host->killed = false;
    drill_net_refresh(host->net);
    trace(host, "crashes", cause);
    bring_down(host);
    return 0;
}

int drill_power_kill(struct drill_host *host, const char *cause)
{
    if (!host->up || host->killed)
        return -EALREADY;
    host->killed = true;
    trace(host, "is killed", cause);
    bring_down(host);
    return 0;
}

int drill_power_start(struct drill_host *host, const char *cause)
{
    if (host->up && !host->killed)
        return -EALREADY;
    if (is_falling(host))
        empty(host);
    host->life += !host->up;
    host->up = true;
    host->killed = false;
    drill_net_refresh(host->net);
    trace(host, "starts", cause);
    for (const struct drill_boot *boot = host->boots; boot != NULL; boot = boot->next)
        if (drill_power_run(host, boot->name, boot->run, boot->argument, true) == NULL)
            return -ENOMEM;
    return 0;
}

void drill_power_pause(struct drill_host *host, bool paused)
{
    if (host->paused == paused)
        return;
    host->paused = paused;
    trace(host, paused ? "stands still" : "goes on", NULL);
    refresh_pause(host);
}

void drill_power_pause_by(struct drill_host *host, bool paused, const char *cause)
{
    host->pauses += paused ? 1 : UINT32_MAX;
    trace(host, paused ? "stands still" : "goes on", cause);
    refresh_pause(host);
}

void drill_power_rest(struct drill_tasks *tasks)
{
    while (tasks->current->frozen)
        drill_task_yield(tasks);
}

struct drill_task *drill_power_run(struct drill_host *host, const char *name,
                                   int64_t (*run)(void *), void *argument, bool service)
{
    struct drill_task *task = drill_tasks_start(host->tasks, host, name, run, argument, service);

    if (task != NULL)
        refresh_pause(host);
    return task;
}
