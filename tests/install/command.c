/* tests/install/command.c - a program that brings a scenario of its own, with the command of all.
 */
#include <sockdrill/command.h>
#include <sockdrill/scenario.h>

static int nap(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return drill_sleep(DRILL_SECOND);
}

static int build(struct drill_stage *stage, void *context)
{
    (void)context;
    struct drill_host *host = drill_host_new(drill_stage_world(stage), "host", "10.0.0.1");

    return drill_stage_task(stage, host, "nap", nap, 0, NULL);
}

int main(int argc, char **argv)
{
    static const struct drill_scenario scenarios[] = {
        {.name = "nap", .about = "a task sleeps", .build = build}};

    drill_subject_register("nap", nap);
    return drill_command(argc, argv, scenarios, 1);
}
