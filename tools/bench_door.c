#include <sys/socket.h>

#include "emu/world.h"
#include "tools/bench_explore.h"

enum { RULES = 100, CALLS = 2 };

/* Of all kinds, and all about something else. */
static const char *const rules[] = {
    "errno ENOBUFS call send host other",
    "errno EMFILE call accept",
    "short_read 1 host other",
    "split call recv port 99",
    "errno ECONNRESET call recv fd 77",
    "split_write host other",
    "errno ENOBUFS call send address 10.0.0.9",
    "name_slow 1s",
    "errno EMFILE call socket",
    "split task other",
};

struct pair {
    struct drill_world *world;
    struct drill_host *host;
    int near, far;
};

static void must(int64_t result)
{
    if (result < 0)
        bench_broken("a call at the door");
}

static void add_rules(struct pair *self)
{
    for (size_t i = 0; i < RULES; i++) {
        struct drill_fault_line line;
        must(drill_fault_parse(rules[i % (sizeof rules / sizeof *rules)], &line));
        must(drill_fault_add(self->world, &line.fault));
    }
}

static void open_pair(struct pair *self)
{
    const struct drill_sockaddr here = drill_sockaddr_parse("10.0.0.1:80");

    self->world = drill_world_new(NULL);
    self->host = drill_host_new(self->world, "host", "10.0.0.1");
    if (self->host == NULL || drill_host_new(self->world, "other", "10.0.0.2") == NULL)
        bench_broken("no memory");
    drill_enter(self->host);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    must(drill_bind(listener, &here));
    must(drill_listen(listener, 1));
    self->near = drill_socket(AF_INET, SOCK_STREAM, 0);
    must(drill_connect(self->near, &here));
    must(self->far = drill_accept(listener, NULL));
}

/* Nanoseconds a call: a byte goes and comes. */
static double time_pair(const struct pair *self, uint64_t count)
{
    char byte = 'a';

    drill_enter(self->host);
    const double began = bench_seconds();
    for (uint64_t i = 0; i < count; i++)
        if (drill_sendto(self->near, &byte, 1, 0, NULL) != 1 ||
            drill_recvfrom(self->far, &byte, 1, 0, NULL) != 1)
            bench_broken("a byte was not passed");
    return (bench_seconds() - began) * 1e9 / (double)count / CALLS;
}

/* With the loop that repeats it. */
static double time_test(const struct pair *self, uint64_t count)
{
    const volatile bool *watched = &self->world->sim.watched;
    const double began = bench_seconds();

    for (uint64_t i = 0; i < count; i++)
        if (*watched)
            bench_broken("somebody looks at the door");
    return (bench_seconds() - began) * 1e9 / (double)count;
}

struct bench_door bench_door(uint64_t count)
{
    struct pair calm, ruled;
    struct bench_door door;

    open_pair(&calm);
    open_pair(&ruled);
    add_rules(&ruled);
    door.test = time_test(&calm, count);
    door.calm = time_pair(&calm, count);
    door.ruled = time_pair(&ruled, count);
    drill_world_free(ruled.world);
    drill_world_free(calm.world);
    return door;
}
