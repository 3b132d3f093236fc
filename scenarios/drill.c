#include "scenarios/drill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A task of the drill, and how it has ended. */
struct end {
    int64_t (*run)(void *exchange);
    struct drill_exchange *exchange;
    int64_t result;
    int64_t ended_ns;
};

/* One run, from its world to what it left. */
struct run {
    const struct drill_order *order;
    const struct drill_network *network;
    struct drill_ground ground;
    struct drill_exchange exchange;
    struct end client, server;
    int64_t live; /* of the library's allocations, before */
    uint64_t hash;
    struct drill_finding *finding;
};

static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * DRILL_SECOND + now.tv_nsec;
}

/* The first thing found is the one to tell. */
__attribute__((format(printf, 2, 3))) static void breaks(struct run *run, const char *format, ...)
{
    va_list arguments;

    if (run->finding->broken)
        return;
    run->finding->broken = true;
    run->finding->step = run->ground.step;
    va_start(arguments, format);
    vsnprintf(run->finding->text, sizeof run->finding->text, format, arguments);
    va_end(arguments);
}

static const char *errname(int64_t result)
{
    const char *name = result < 0 ? strerrorname_np((int)-result) : "0";

    return name != NULL ? name : "an unknown errno";
}

static int64_t run_end(void *argument)
{
    struct end *end = argument;

    end->result = end->run(end->exchange);
    end->ended_ns = drill_monotonic();
    return end->result;
}

static void to_stdout(void *context, const char *line)
{
    (void)context;
    puts(line);
}

static bool set_up(struct run *run)
{
    const struct drill_protocol *protocol = run->order->protocol;
    struct drill_ground *ground = &run->ground;
    const struct drill_config config = {.seed = run->order->seed,
                                        .trace = run->order->trace ? to_stdout : NULL};

    run->live = protocol->live != NULL ? protocol->live() : 0;
    run->exchange.parts = protocol->amounts[run->network->amount].parts;
    run->exchange.part_size = protocol->amounts[run->network->amount].part_size;
    run->client = (struct end){.run = protocol->client, .exchange = &run->exchange};
    run->server = (struct end){.run = protocol->server, .exchange = &run->exchange};
    ground->datagram = protocol->datagram;
    ground->world = drill_world_new(&config);
    if (ground->world == NULL)
        return false;
    ground->server = drill_host_new(ground->world, "server", DRILL_SERVER_ADDRESS);
    ground->client = drill_host_new(ground->world, "client", DRILL_CLIENT_ADDRESS);
    return ground->server != NULL && ground->client != NULL && run->network->set_up(ground) &&
           drill_start(ground->server, "serve", run_end, &run->server) != NULL &&
           drill_start(ground->client, "ask", run_end, &run->client) != NULL;
}

static void judge_success(struct run *run, bool server_too)
{
    if (run->client.result < 0)
        breaks(run, "client: %s after %zu of %zu", errname(run->client.result), run->exchange.done,
               run->exchange.parts);
    if (server_too && run->server.result < 0)
        breaks(run, "server: %s", errname(run->server.result));
}

static void judge_failure(struct run *run)
{
    if (run->client.result >= 0 || run->server.result >= 0)
        breaks(run, "%s told no error", run->client.result >= 0 ? "client" : "server");
}

static void judge_time(struct run *run)
{
    const int64_t limit_ns = DRILL_CUT_NS + run->order->protocol->gives_up_ns;

    if (run->client.ended_ns > limit_ns || run->server.ended_ns > limit_ns)
        breaks(run, "%s gave up too late", run->client.ended_ns > limit_ns ? "client" : "server");
}

static void judge_contract(struct run *run)
{
    const enum drill_contract contract = run->order->protocol->contracts[run->order->network];
    const struct drill_exchange *exchange = &run->exchange;

    if (exchange->wrong != NULL)
        breaks(run, "received %s", exchange->wrong);
    if (run->client.result == 0 && exchange->done != exchange->parts)
        breaks(run, "ended well with %zu of %zu", exchange->done, exchange->parts);
    if (run->network->cuts && (run->client.ended_ns <= DRILL_CUT_NS))
        breaks(run, "over before the cut");
    switch (contract) {
    case DRILL_SUCCEEDS:
    case DRILL_ANSWERS:
        judge_success(run, contract == DRILL_SUCCEEDS);
        return;
    case DRILL_FAILS:
        judge_failure(run);
        /* fall through */
    case DRILL_ENDS:
        judge_time(run);
    }
}

static void judge_remains(struct run *run)
{
    const struct drill_protocol *protocol = run->order->protocol;
    const struct drill_stats stats = drill_stats(run->ground.world);

    if (stats.open_descriptors != 0)
        breaks(run, "descriptors left open: %" PRIu64, stats.open_descriptors);
    if (stats.live_tasks != 0)
        breaks(run, "tasks left alive: %" PRIu64, stats.live_tasks);
    if (protocol->live != NULL && protocol->live() != run->live)
        breaks(run, "allocations leaked: %" PRId64, protocol->live() - run->live);
}

static void add_up(struct run *run)
{
    struct drill_finding *finding = run->finding;
    const struct drill_stats stats = drill_stats(run->ground.world);

    finding->runs++;
    finding->failed += run->client.result < 0 || run->server.result < 0;
    finding->segments += stats.retransmitted;
    finding->retries += run->exchange.retries;
    if (run->client.ended_ns > finding->virtual_ns)
        finding->virtual_ns = run->client.ended_ns;
    run->hash = drill_hash(run->ground.world);
}

/* One run; whether the fault of a sweep has struck in it. */
static bool run_once(struct run *run)
{
    bool struck = false;

    if (!set_up(run)) {
        breaks(run, "the network could not be set up");
        drill_world_free(run->ground.world);
        return false;
    }
    if (drill_run(run->ground.world) < 0) {
        breaks(run, "hang: tasks wait for ever");
    } else {
        judge_contract(run);
        judge_remains(run);
    }
    struck = run->network->ways > 0 && drill_network_has_struck(&run->ground);
    add_up(run);
    drill_world_free(run->ground.world);
    return struck;
}

static bool run_step(const struct drill_order *order, uint64_t step, struct drill_finding *finding)
{
    struct run run = {.order = order,
                      .network = &drill_networks[order->network],
                      .ground = {.step = step},
                      .finding = finding};
    struct run again = run;
    const int64_t since = wall_ns();
    const bool struck = run_once(&run);

    finding->wall_ns += wall_ns() - since;
    if (!order->trace && !finding->broken) {
        struct drill_finding second = *finding;
        again.finding = &second;
        run_once(&again);
        if (again.hash != run.hash)
            breaks(&run, "a second run with the same seed differs");
    }
    return struck;
}

/* Every way of the sweep, until its fault no longer finds where to strike. */
static void sweep(const struct drill_order *order, unsigned ways, struct drill_finding *finding)
{
    for (unsigned way = 0; way < ways && !finding->broken; way++)
        for (uint64_t step = way; run_step(order, step, finding); step += ways)
            if (finding->broken)
                return;
}

/* What a library allocates once and for all, at its first use, is no leak. */
static void warm_up(const struct drill_order *order)
{
    static const struct drill_protocol *warm;
    struct drill_order calm = *order;
    struct drill_finding unjudged = {0};

    if (order->protocol->live == NULL || order->protocol == warm)
        return;
    warm = order->protocol;
    calm.network = DRILL_CALM;
    calm.trace = false;
    run_step(&calm, 0, &unjudged);
}

static void describe(const struct drill_order *order, struct drill_finding *finding)
{
    if (finding->broken)
        return;
    if (finding->runs > 1)
        snprintf(finding->text, sizeof finding->text,
                 "ok, %" PRIu64 " runs, %" PRIu64 " end in error", finding->runs, finding->failed);
    else if (order->protocol->contracts[order->network] == DRILL_FAILS)
        snprintf(finding->text, sizeof finding->text, "ok, both ends tell an error");
    else
        snprintf(finding->text, sizeof finding->text, "ok");
}

struct drill_finding drill_run_order(const struct drill_order *order)
{
    const unsigned ways = drill_networks[order->network].ways;
    struct drill_finding finding = {.step = DRILL_WHOLE_SWEEP};

    warm_up(order);
    if (order->step != DRILL_WHOLE_SWEEP)
        run_step(order, order->step, &finding);
    else if (ways > 0)
        sweep(order, ways, &finding);
    else
        run_step(order, 0, &finding);
    describe(order, &finding);
    return finding;
}
