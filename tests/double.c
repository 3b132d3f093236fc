/*
 * tests/double.c - the command with scenarios of its own: in each a client sends to a server, and
 * with some seeds it does what its scenario is named after.
 *
 * Of the scenario "mixed" each tenth seed ends in another way; all others pass.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/command.h"

/* Of the run. */
static struct drill_world *world;

enum { PORT = 80, EXCHANGES = 20, FINDS_EVERY = 10 };

static int serve(int argc, char **argv)
{
    const struct drill_sockaddr here = drill_sockaddr_inet4(0, 0, 0, 0, PORT);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    (void)argc, (void)argv;
    drill_bind(listener, &here);
    drill_listen(listener, 1);
    const int fd = drill_accept(listener, NULL);
    while (drill_read(fd, &byte, 1) == 1)
        drill_write(fd, &byte, 1);
    drill_close(fd);
    drill_close(listener);
    return 0;
}

static int converse(void)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:80");
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    char byte = 'x';
    int result = drill_connect(fd, &there);

    for (int i = 0; result == 0 && i < EXCHANGES; i++)
        if (drill_write(fd, &byte, 1) != 1 || drill_read(fd, &byte, 1) != 1)
            result = 1;
    drill_close(fd);
    return result;
}

static int stall(void)
{
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    char byte;

    return (int)drill_read(fd, &byte, 1);
}

static int spin(void)
{
    for (;;)
        drill_close(drill_socket(AF_INET, SOCK_DGRAM, 0));
    return 0;
}

static int loop(void)
{
    for (volatile int i = 0;; i++)
        continue;
    return 0;
}

static int wait_outside(void)
{
    for (;;)
        pause();
    return 0;
}

static int leak(void)
{
    drill_socket(AF_INET, SOCK_DGRAM, 0);
    return 0;
}

static int segfault(void)
{
    fputs("about to die\n", stderr);
    raise(SIGSEGV);
    return 0;
}

static int abandon(void)
{
    abort();
}

static int leave(void)
{
    exit(3);
}

/* Of a thousand decisions three matter. */
static int look_for_needles(void)
{
    enum { DECISIONS = 1000, SITE = 7 };
    int needles = 0;

    for (int i = 0; i < DECISIONS; i++)
        if (drill_choose(world, DRILL_CHOICE_USER, SITE, 2) != 0)
            needles += i == 123 || i == 456 || i == 789;
    return needles == 3 ? 1 : 0;
}

static int fail(void)
{
    return 7;
}

/* Not the same twice: it keeps state. */
static int vary(void)
{
    static int times;

    for (int i = 0; i <= times; i++)
        drill_close(drill_socket(AF_INET, SOCK_DGRAM, 0));
    times++;
    return 0;
}

/* Not the same twice: it looks at where its memory lies. */
static int look_at_place(void)
{
    void *const block = malloc(100);
    const int64_t place = (int64_t)((uintptr_t)block / 16 % DRILL_US);

    drill_sleep(place);
    free(block);
    return 0;
}

static const struct {
    const char *name;
    int (*meet)(void);
} fates[] = {
    {"crash", segfault},    {"abort", abandon},
    {"exit", leave},        {"loop", loop},
    {"leak", leak},         {"fail", fail},
    {"stall", stall},       {"spin", spin},
    {"wait", wait_outside}, {"haystack", look_for_needles},
    {"vary", vary},         {"place", look_at_place},
};

/* What is not the same twice, or takes decisions of its own, is in no mixture. */
enum { FATES = sizeof fates / sizeof *fates, MIXED = FATES - 3 };

static int ask(int argc, char **argv)
{
    const int result = converse();

    for (size_t i = 0; argc > 1 && i < FATES; i++)
        if (strcmp(fates[i].name, argv[1]) == 0)
            return fates[i].meet();
    return result;
}

/* What becomes of a run: of one seed of ten what the scenario says. */
static const char *fate_of(const char *scenario, uint64_t seed)
{
    if (strcmp(scenario, "haystack") != 0 && seed % FINDS_EVERY != 0)
        return "fine";
    return strcmp(scenario, "mixed") == 0 ? fates[seed / FINDS_EVERY % MIXED].name : scenario;
}

static int build(struct drill_stage *stage, void *context)
{
    struct drill_host *server, *client;
    const char *const arguments[] = {"ask", fate_of(context, drill_stage_order(stage)->seed)};
    int result;

    world = drill_stage_world(stage);
    server = drill_host_new(world, "server", "10.0.0.1");
    client = drill_host_new(world, "client", "10.0.0.2");
    if (strcmp(context, "wrong") == 0)
        return drill_stage_fault(stage, "no_such_fault");
    result = drill_link_both(server, client, &(struct drill_link){.delay_ns = DRILL_MS});
    if (result == 0 && strcmp(context, "lossy") == 0)
        result = drill_stage_fault(stage, "drop chance 5%");
    if (result == 0 && strcmp(context, "fragile") == 0)
        result = drill_stage_fault(stage, "eintr call read host client chance 10%");
    /* Few calls make a spin, so that on a slow machine too it is no hang. */
    drill_stage_limit_calls(stage, 500);
    if (result == 0)
        result = drill_stage_service(stage, server, "serve", serve, 0, NULL);
    return result < 0 ? result : drill_stage_task(stage, client, "ask", ask, 2, arguments);
}

int main(int argc, char **argv)
{
#define SCENARIO(word)                                                                             \
    {                                                                                              \
        .name = #word, .about = "a client that may " #word, .build = build, .context = #word       \
    }
    static const struct drill_scenario scenarios[] = {
        SCENARIO(fine),     SCENARIO(lossy), SCENARIO(wrong), SCENARIO(mixed), SCENARIO(crash),
        SCENARIO(abort),    SCENARIO(exit),  SCENARIO(loop),  SCENARIO(leak),  SCENARIO(fail),
        SCENARIO(stall),    SCENARIO(spin),  SCENARIO(wait),  SCENARIO(vary),  SCENARIO(fragile),
        SCENARIO(haystack), SCENARIO(place)};

    return drill_command(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
