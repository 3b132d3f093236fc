#include "emu/netstat.h"

#include <inttypes.h>
#include <stdio.h>

#include "emu/tcp.h"

enum { LINE_BYTES = 256, TEXT_BYTES = 192 };

static void describe(struct drill_file *file, char *text, size_t size)
{
    if (file->ops->describe != NULL)
        file->ops->describe(file, text, size);
    else
        snprintf(text, size, "-");
}

static void write_file(const struct drill_host *host, int fd, struct drill_file *file,
                       drill_sink *line, void *context)
{
    char text[TEXT_BYTES], whole[LINE_BYTES];

    describe(file, text, sizeof text);
    snprintf(whole, sizeof whole, "%-10s %4d %-8s %s", host->name, fd, file->ops->name, text);
    line(context, whole);
}

/* Ends that no descriptor refers to: they close, or wait to be accepted. */
static void write_orphans(const struct drill_net *net, drill_sink *line, void *context)
{
    char text[TEXT_BYTES], whole[LINE_BYTES];

    for (struct drill_conn *conn = net->conns; conn != NULL; conn = conn->hh.next)
        for (int side = 0; side < 2; side++) {
            struct drill_tcp *end = conn->ends[side];
            if (end == NULL ||
                ((end->socket.flags & DRILL_TCP_ORPHAN) == 0 &&
                 ((end->socket.flags & DRILL_TCP_LEAVING) != 0 || end->listener == NULL)))
                continue;
            describe(&end->socket.file, text, sizeof text);
            snprintf(whole, sizeof whole, "%-10s    - %-8s %s", end->socket.file.host->name,
                     end->socket.file.ops->name, text);
            line(context, whole);
        }
}

void drill_netstat_write(struct drill_net *net, drill_sink *line, void *context)
{
    line(context, "host         fd kind       recv-q   send-q local                    "
                  "peer                     state");
    for (struct drill_host *host = net->hosts; host != NULL; host = host->next)
        for (int fd = drill_fds_next(&host->fds, 0); fd >= 0;
             fd = drill_fds_next(&host->fds, fd + 1))
            write_file(host, fd, drill_fds_find(&host->fds, fd), line, context);
    write_orphans(net, line, context);
}

static void write_waiting(const struct drill_task *task, drill_sink *line, void *context)
{
    char text[TEXT_BYTES] = "", whole[LINE_BYTES];

    if (task->state != DRILL_TASK_WAITS)
        return;
    if (task->holds != NULL)
        describe(task->holds, text, sizeof text);
    snprintf(whole, sizeof whole, "%s/%s waits in %s%s%s%s", task->host->name, task->name,
             task->waits_for, task->holds != NULL ? " on " : "", text,
             task->service ? " (service)" : "");
    line(context, whole);
}

void drill_netstat_waiting(const struct drill_tasks *tasks, drill_sink *line, void *context)
{
    write_waiting(&tasks->root, line, context);
    for (const struct drill_task *task = tasks->first; task != NULL; task = task->next)
        write_waiting(task, line, context);
}
