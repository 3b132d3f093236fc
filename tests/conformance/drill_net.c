#include "tests/conformance/net.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/conformance/legal.h"

#define PARTIES 1024

struct party {
    void (*run)(void *argument);
    void *argument;
    struct drill_task *task;
};

static struct drill_world *world;
static struct drill_host *host;
static struct party parties[PARTIES];
static size_t party_count;
static bool out_of_memory;

static int64_t run_party(void *argument)
{
    struct party *party = argument;

    party->run(party->argument);
    return 0;
}

static int spawn(void (*run)(void *), void *argument)
{
    struct party *party = &parties[party_count];

    if (party_count == PARTIES)
        return -ENOMEM;
    *party = (struct party){.run = run, .argument = argument};
    party->task = drill_start(host, "party", run_party, party);
    if (party->task == NULL) {
        out_of_memory = true;
        return -ENOMEM;
    }
    party_count++;
    return 0;
}

static void join_all(void)
{
    for (size_t i = 0; i < party_count; i++)
        drill_join(parties[i].task, NULL);
    party_count = 0;
}

static void settle(void)
{
    drill_run_until(world, drill_now(world));
}

static int limit_descriptors(unsigned limit)
{
    return drill_limit(host, DRILL_LIMIT_DESCRIPTORS, limit);
}

const struct net drill_net = {
    .socket = legal_socket,
    .socketpair = legal_socketpair,
    .bind = legal_bind,
    .listen = legal_listen,
    .accept = legal_accept,
    .accept4 = legal_accept4,
    .connect = legal_connect,
    .recvfrom = legal_recvfrom,
    .sendto = legal_sendto,
    .recvmsg = legal_recvmsg,
    .sendmsg_n = legal_sendmsg_n,
    .read = legal_read,
    .write = legal_write,
    .shutdown = legal_shutdown,
    .close = legal_close,
    .dup = legal_dup,
    .dup2 = legal_dup2,
    .getsockname = legal_getsockname,
    .getpeername = legal_getpeername,
    .set_nonblock = drill_set_nonblock,
    .get_nonblock = drill_get_nonblock,
    .getsockopt_int = legal_getsockopt_int,
    .setsockopt_int = legal_setsockopt_int,
    .getsockopt = legal_getsockopt,
    .setsockopt = legal_setsockopt,
    .ioctl_int = legal_ioctl_int,
    .poll = legal_poll,
    .epoll_create = legal_epoll_create,
    .epoll_ctl = legal_epoll_ctl,
    .epoll_wait = legal_epoll_wait,
    .unlink = legal_unlink,
    .monotonic = drill_monotonic,
    .sleep = legal_sleep,
    .limit_descriptors = limit_descriptors,
    .set_read_deadline = drill_set_read_deadline,
    .set_write_deadline = drill_set_write_deadline,
    .stop_io = drill_stop_io,
    .spawn = spawn,
    .join_all = join_all,
    .settle = settle,
};

static void report_line(void *context, const char *line)
{
    if (context != NULL)
        fprintf(context, "%s\n", line);
}

/* Prints the line, if that is wanted, and sees whether it tells that memory ran out. */
static void trace_line(void *context, const char *line)
{
    report_line(context, line);
    if (strstr(line, "ENOMEM") || strstr(line, "ENOBUFS") || strstr(line, "out of memory"))
        out_of_memory = true;
}

bool drill_net_begin(uint64_t fail_allocation, bool trace, bool evidence)
{
    FILE *where = trace ? stderr : NULL;
    struct drill_config config = {
        .seed = 1,
        .fail_allocation = fail_allocation,
        .evidence = evidence,
        .trace = trace || fail_allocation != 0 ? trace_line : NULL,
        .trace_context = where,
        .report = report_line,
        .report_context = where,
    };

    party_count = 0;
    out_of_memory = false;
    world = drill_world_new(&config);
    if (world == NULL)
        return false;
    host = drill_host_new(world, "h", "10.0.0.1");
    /* Where memory fails, calls are made of what has not come so far. */
    legal_begin(fail_allocation == 0 ? host : NULL);
    if (host != NULL && drill_enter(host) == 0)
        return true;
    drill_world_free(world);
    return false;
}

const char *drill_net_found(void)
{
    const struct drill_evidence evidence = drill_evidence(world);

    return evidence.corrupted != NULL ? evidence.corrupted : evidence.overdue;
}

uint64_t drill_net_end(void)
{
    uint64_t allocations = drill_stats(world).allocations;

    drill_world_free(world);
    assert(legal_breaches() == 0);
    return allocations;
}

bool drill_net_told_of_memory(void)
{
    return out_of_memory;
}
