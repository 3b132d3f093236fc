#include <string.h>
#include <sys/socket.h>

#include "tools/bench_explore.h"
#include "tools/shrink_log.h"

enum { DECISIONS = 1000, NEEDED = 3 };

/* Answers that must come in two pieces for the finding. */
static const int needed[NEEDED] = {137, 500, 862};

static int serve(int argc, char **argv)
{
    const struct drill_sockaddr here = drill_sockaddr_parse("10.0.0.1:7");
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char message[2];

    (void)argc, (void)argv;
    drill_bind(listener, &here);
    drill_listen(listener, 1);
    const int fd = drill_accept(listener, NULL);
    while (drill_read(fd, message, sizeof message) > 0)
        drill_write(fd, message, sizeof message);
    drill_close(fd);
    drill_close(listener);
    return 0;
}

/* Each answer may come in two pieces; only three of them matter, and all three. */
static int ask(int argc, char **argv)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:7");
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    char message[2] = "a";
    int cut = 0;

    (void)argc, (void)argv;
    drill_connect(fd, &there);
    for (int i = 0; i < DECISIONS; i++) {
        drill_write(fd, message, sizeof message);
        if (drill_read(fd, message, sizeof message) == 1) {
            drill_read(fd, message + 1, 1);
            for (int k = 0; k < NEEDED; k++)
                cut += i == needed[k];
        }
    }
    drill_close(fd);
    if (cut == NEEDED)
        drill_broken("three answers came in pieces");
    return 0;
}

static int build(struct drill_stage *stage, void *context)
{
    struct drill_world *world = drill_stage_world(stage);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");

    (void)context;
    if (server == NULL || client == NULL)
        return -1;
    drill_stage_service(stage, server, "serve", serve, 0, NULL);
    drill_stage_task(stage, client, "ask", ask, 0, NULL);
    return drill_stage_fault(stage, "short_read 1 host client chance 50%");
}

static struct drill_scenario scenario = {.name = "shrink", .build = build};

/* Whether a run finds it. */
static bool finds(drill_oracle *oracle, void *context, struct drill_log *log)
{
    const struct drill_order order = {.seeded = true,
                                      .quick = true,
                                      .many = true,
                                      .oracle = oracle,
                                      .oracle_context = context,
                                      .log = log};
    struct drill_outcome outcome;

    return drill_stage_run(&scenario, &order, &outcome) == 0 && outcome.kind == DRILL_BROKE;
}

static bool fails(void *context, struct drill_log *log)
{
    (void)context;
    return finds(drill_log_oracle, log, NULL);
}

/* The rule falls, wherever it may. */
static uint64_t always(void *context, const struct drill_choice *choice)
{
    (void)context;
    return choice->kind == DRILL_CHOICE_FAULT;
}

double bench_shrink(void)
{
    struct drill_log *log = drill_log_new();
    struct drill_shrinker shrinker = {.log = log, .fails = fails};

    scenario.reserve = drill_reserve_new();
    if (log == NULL || scenario.reserve == NULL)
        bench_broken("no memory");
    if (!finds(always, NULL, log) || drill_log_count(log) != DECISIONS)
        bench_broken("there is no log of 1,000 decisions");
    const double began = bench_seconds();
    if (drill_shrink_log(&shrinker) < 0 || drill_log_count(log) != NEEDED)
        bench_broken("the log was not shrunk to what the finding needs");
    const double took = bench_seconds() - began;
    drill_reserve_free(scenario.reserve);
    drill_log_free(log);
    return took;
}
