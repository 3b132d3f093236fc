#include "tools/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "api/decide.h"
#include "emu/choice_tape.h"

enum { LOTS = 256, BLOCK = 64 };

/* One seed of so many is run again, and without rules, as `run` does with each: for a program that
 * is not the same twice is not so with one seed alone. */
enum { ALL_CHECKS_EVERY = 64 };

int drill_plan_open(struct drill_plan *self, const struct drill_request *request, int workers)
{
    const struct drill_tape_config config = {0};

    *self = (struct drill_plan){.request = request, .workers = workers};
    if (request->plan == DRILL_BY_SEED)
        return 0;
    self->tape_bytes = (drill_tape_size(&config) + BLOCK - 1) / BLOCK * BLOCK;
    self->tapes = mmap(NULL, self->tape_bytes * (size_t)workers, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (self->tapes != MAP_FAILED)
        return 0;
    self->tapes = NULL;
    return -ENOMEM;
}

void drill_plan_close(struct drill_plan *self)
{
    if (self->tapes != NULL)
        munmap(self->tapes, self->tape_bytes * (size_t)self->workers);
    self->tapes = NULL;
}

static bool is_endless(const struct drill_request *request)
{
    return request->seconds > 0 && !request->seeded;
}

void drill_plan_number(const struct drill_plan *self, struct drill_pool *pool)
{
    const struct drill_request *request = self->request;
    const uint64_t before = request->shard - 1, shards = request->shards;
    uint64_t all = LOTS;

    pool->first = before;
    pool->stride = shards;
    if (request->plan == DRILL_BY_SEED) {
        pool->first += request->first_seed;
        all = is_endless(request) ? UINT64_MAX - shards
                                  : request->last_seed - request->first_seed + 1;
    }
    pool->count = all > before ? (all - before + shards - 1) / shards : 0;
}

static struct drill_tape *tape_of(const struct drill_plan *self, const struct drill_pool_run *run)
{
    return (struct drill_tape *)((char *)self->tapes + (size_t)run->worker * self->tape_bytes);
}

/* What is not a matter of faults and, if it is asked for, of the order of tasks, the seed says. */
static struct drill_tape_config config_of(const struct drill_plan *self, uint64_t lot)
{
    const uint32_t kinds =
        1U << DRILL_CHOICE_LOSS | 1U << DRILL_CHOICE_JITTER | 1U << DRILL_CHOICE_DUPLICATE |
        1U << DRILL_CHOICE_REORDER | 1U << DRILL_CHOICE_CORRUPT | 1U << DRILL_CHOICE_FAULT |
        1U << DRILL_CHOICE_USER | 1U << DRILL_CHOICE_CUT | 1U << DRILL_CHOICE_WHEN |
        1U << DRILL_CHOICE_ORDER | 1U << DRILL_CHOICE_DAMAGE;
    const bool with_tasks = self->request->tasks != DRILL_ORDER_FIFO;
    const uint32_t budgets[] = {[DRILL_ANY_ONE] = 1, [DRILL_ANY_TWO] = 2, [DRILL_EXHAUSTIVE] = 0};

    return (struct drill_tape_config){.kinds = kinds | (uint32_t)with_tasks << DRILL_CHOICE_TASK,
                                      .seeded = true,
                                      .budget = budgets[self->request->plan],
                                      .shard = (uint32_t)lot,
                                      .shards = LOTS};
}

void drill_plan_order(const struct drill_plan *self, const struct drill_pool_run *run,
                      struct drill_order *order)
{
    if (self->tapes == NULL) {
        order->seed = run->number;
        order->seeded = true;
        order->quick = order->quick && run->number % ALL_CHECKS_EVERY != 0;
        return;
    }
    const struct drill_tape_config config = config_of(self, run->number);
    if (run->part == 0)
        drill_tape_place(tape_of(self, run), &config);
    order->oracle = drill_tape_oracle;
    order->oracle_context = tape_of(self, run);
}

/* Every lot begins with the calm run, and it is one of the first. */
bool drill_plan_counts(const struct drill_plan *self, const struct drill_pool_run *run)
{
    return self->tapes == NULL || !tape_of(self, run)->state.foreign;
}

bool drill_plan_has_more(const struct drill_plan *self, const struct drill_pool_run *run)
{
    return self->tapes != NULL && drill_tape_next(tape_of(self, run));
}

void drill_plan_show(const struct drill_request *request, char *text, size_t size)
{
    static const char *const plans[] = {[DRILL_ANY_ONE] = "any one fault",
                                        [DRILL_ANY_TWO] = "any two faults",
                                        [DRILL_EXHAUSTIVE] = "every decision"};

    if (request->plan != DRILL_BY_SEED)
        snprintf(text, size, "%s", plans[request->plan]);
    else if (is_endless(request))
        snprintf(text, size, "seeds from %" PRIu64, request->first_seed);
    else
        snprintf(text, size, "seeds %" PRIu64 "-%" PRIu64, request->first_seed, request->last_seed);
}
