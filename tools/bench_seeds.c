#include "tools/bench_explore.h"
#include "tools/pool.h"

static int run_one(void *context, const struct drill_pool_run *run, struct drill_outcome *outcome)
{
    const struct drill_order order = {
        .seed = run->number, .seeded = true, .swarm = true, .quick = true, .many = true};

    return drill_stage_run(context, &order, outcome);
}

static void found(void *context, const struct drill_pool_run *run,
                  const struct drill_outcome *outcome)
{
    (void)context, (void)run;
    bench_broken(outcome->sentence);
}

double bench_seeds(const struct drill_scenario *scenario, uint64_t first, uint64_t count,
                   bool isolated)
{
    const struct drill_pool pool = {.first = first,
                                    .stride = 1,
                                    .count = count,
                                    .jobs = 1,
                                    .alone = isolated,
                                    .cpu = 10,
                                    .context = (void *)(uintptr_t)scenario,
                                    .run = run_one,
                                    .ended = found};
    struct drill_tally tally;
    uint64_t wrong;
    const double began = bench_seconds();

    if (drill_pool_run(&pool, &tally, &wrong) != DRILL_POOL_DONE || tally.runs != count)
        bench_broken("the seeds were not run");
    return (double)count / (bench_seconds() - began);
}
