#include "tools/request.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "emu/words.h"

enum { OPTIONS_MAX = 40, TITLE = 64, CPU_SECONDS = 10, JOBS_MAX = 4096 };

enum key {
    KEY_SEED = 256,
    KEY_SEEDS,
    KEY_TIME,
    KEY_JOBS,
    KEY_SHARD,
    KEY_ANY_ONE,
    KEY_ANY_TWO,
    KEY_EXHAUSTIVE,
    KEY_ORDER,
    KEY_FAULTS,
    KEY_SWARM,
    KEY_NO_SWARM,
    KEY_NO_SHRINK,
    KEY_BUG,
    KEY_CALM,
    KEY_ISOLATE,
    KEY_CPU,
    KEY_TRACE,
    KEY_BREAK_AT,
    KEY_BLESS,
    KEY_LOG,
    KEY_JUNIT,
    KEY_JSON,
};

static const struct drill_option_text options[] = {
    {"seed", "N", KEY_SEED, "run check", "the seed; else the scenario's own, or 1"},
    {"seeds", "A-B", KEY_SEEDS, "explore check", "the seeds (1-1000)"},
    {"time", "T", KEY_TIME, "explore", "begin no run after so long, such as 90s or 10m"},
    {"jobs", "N", KEY_JOBS, "run explore", "processes at once; else one for each core"},
    {"shard", "I/N", KEY_SHARD, "explore", "of N equal parts of the runs only the I-th"},
    {"any-one", NULL, KEY_ANY_ONE, "explore", "no seeds: each single fault at each place"},
    {"any-two", NULL, KEY_ANY_TWO, "explore", "no seeds: each two faults"},
    {"exhaustive", NULL, KEY_EXHAUSTIVE, "explore", "no seeds: every decision in every way"},
    {"order", "fifo|random|pct", KEY_ORDER, "explore",
     "which ready task runs: the first, any, or by priorities that change seldom (fifo)"},
    {"faults", "standard|hostile", KEY_FAULTS, "run explore check",
     "beside its own, the rules that may befall any program; sockdrill faults lists them"},
    {"swarm", NULL, KEY_SWARM, "run check", "the seed switches families of faults off"},
    {"no-swarm", NULL, KEY_NO_SWARM, "explore", "all families of faults in each run"},
    {"no-shrink", NULL, KEY_NO_SHRINK, "explore", "leave logs of findings as they are"},
    {"bug", NULL, KEY_BUG, "run explore check", "with the planted bug of the scenario"},
    {"calm", NULL, KEY_CALM, "run explore check", "without faults, actions and bad links"},
    {"isolate", NULL, KEY_ISOLATE, "run explore", "each run in a process of its own"},
    {"cpu", "T", KEY_CPU, "run explore replay shrink check",
     "the processor time after which a run hangs (10s)"},
    {"trace", NULL, KEY_TRACE, "run replay", "print every call, packet and verdict"},
    {"break-at", "STEP", KEY_BREAK_AT, "replay",
     "stop at this line of the trace, in a debugger or with a netstat"},
    {"bless", NULL, KEY_BLESS, "run", "make the trace the golden one: NAME.trace"},
    {"log", "DIR", KEY_LOG, "run explore shrink", "where logs of findings go (sockdrill-logs)"},
    {"junit", "FILE", KEY_JUNIT, "run explore merge", "write the report as JUnit's XML too"},
    {"json", "FILE", KEY_JSON, "run explore merge", "write the report as JSON too"},
    {0},
};

const struct drill_option_text *drill_option_texts(void)
{
    return options;
}

bool drill_is_among(const char *words, const char *word)
{
    const size_t size = strlen(word);

    for (; *words != '\0'; words += strspn(words, " ")) {
        const size_t length = strcspn(words, " ");
        if (length == size && memcmp(words, word, size) == 0)
            return true;
        words += length;
    }
    return false;
}

static uint64_t number(struct argp_state *state, const char *text)
{
    uint64_t value;

    if (!drill_word_number(text, &value))
        argp_error(state, "'%s' is no number", text);
    return value;
}

static double seconds(struct argp_state *state, const char *text)
{
    int64_t ns;

    if (!drill_word_time(text, &ns) || ns <= 0)
        argp_error(state, "'%s' is no time; such as 90s or 10m is", text);
    return (double)ns / 1e9;
}

/* Two numbers that a sign parts. */
static bool two_numbers(const char *text, char sign, uint64_t *first, uint64_t *second)
{
    const char *at = strchr(text, sign);
    char word[TITLE];

    if (at == NULL || (size_t)(at - text) >= sizeof word)
        return false;
    memcpy(word, text, (size_t)(at - text));
    word[at - text] = '\0';
    return drill_word_number(word, first) && drill_word_number(at + 1, second);
}

static void read_seeds(struct drill_request *self, const char *text, struct argp_state *state)
{
    if (drill_word_number(text, &self->first_seed))
        self->last_seed = self->first_seed;
    else if (!two_numbers(text, '-', &self->first_seed, &self->last_seed) ||
             self->last_seed < self->first_seed)
        argp_error(state, "'%s' are no seeds; such as 1-1000 are", text);
    self->seeded = true;
}

/* Of a run there is one. */
static void read_seed(struct drill_request *self, const char *text, struct argp_state *state)
{
    self->first_seed = self->last_seed = number(state, text);
    self->seeded = true;
}

static void read_shard(struct drill_request *self, const char *text, struct argp_state *state)
{
    if (!two_numbers(text, '/', &self->shard, &self->shards) || self->shard == 0 ||
        self->shard > self->shards)
        argp_error(state, "'%s' is no shard; such as 1/4 is", text);
}

static void read_jobs(struct drill_request *self, const char *text, struct argp_state *state)
{
    const uint64_t jobs = number(state, text);

    if (jobs == 0 || jobs > JOBS_MAX)
        argp_error(state, "%s processes cannot be", text);
    self->jobs = (int)jobs;
}

static void read_order(struct drill_request *self, const char *text, struct argp_state *state)
{
    static const char *const names[] = {
        [DRILL_ORDER_FIFO] = "fifo", [DRILL_ORDER_RANDOM] = "random", [DRILL_ORDER_PCT] = "pct"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], text) == 0) {
            self->tasks = (enum drill_task_order)i;
            return;
        }
    argp_error(state, "'%s' is no order; fifo, random and pct are", text);
}

static void read_faults(struct drill_request *self, const char *text, struct argp_state *state)
{
    if (strcmp(text, "hostile") == 0)
        self->faults = DRILL_STANDARD_HOSTILE;
    else if (strcmp(text, "standard") == 0)
        self->faults = DRILL_STANDARD;
    else
        argp_error(state, "'%s' are no faults; standard and hostile are", text);
}

static void read_plan(struct drill_request *self, enum drill_plan_kind plan,
                      struct argp_state *state)
{
    if (self->plan != DRILL_BY_SEED && self->plan != plan)
        argp_error(state, "only one of --any-one, --any-two and --exhaustive can be");
    self->plan = plan;
}

/* Options without an argument. */
static bool read_switch(struct drill_request *self, int key)
{
    bool *const switches[] = {
        [KEY_NO_SWARM - KEY_SEED] = &self->no_swarm, [KEY_NO_SHRINK - KEY_SEED] = &self->no_shrink,
        [KEY_BUG - KEY_SEED] = &self->bug,           [KEY_CALM - KEY_SEED] = &self->calm,
        [KEY_ISOLATE - KEY_SEED] = &self->isolate,   [KEY_TRACE - KEY_SEED] = &self->trace,
        [KEY_BLESS - KEY_SEED] = &self->bless};
    const size_t at = (size_t)(key - KEY_SEED);

    if (key < KEY_SEED || at >= sizeof switches / sizeof *switches || switches[at] == NULL)
        return false;
    *switches[at] = true;
    return true;
}

static void read_value(struct drill_request *self, int key, char *text, struct argp_state *state)
{
    switch (key) {
    case KEY_SEED:
        read_seed(self, text, state);
        break;
    case KEY_SEEDS:
        read_seeds(self, text, state);
        break;
    case KEY_TIME:
        self->seconds = seconds(state, text);
        break;
    case KEY_JOBS:
        read_jobs(self, text, state);
        break;
    case KEY_SHARD:
        read_shard(self, text, state);
        break;
    case KEY_ORDER:
        read_order(self, text, state);
        break;
    case KEY_FAULTS:
        read_faults(self, text, state);
        break;
    case KEY_CPU:
        self->cpu = seconds(state, text);
        break;
    case KEY_BREAK_AT:
        self->break_at = number(state, text);
        if (self->break_at == 0)
            argp_error(state, "the first line of a trace is 1");
        break;
    default:
        *(key == KEY_LOG ? &self->logs : key == KEY_JUNIT ? &self->junit : &self->json) = text;
    }
}

/* What was asked for must make sense together. */
static void check_all(const struct drill_request *self, struct argp_state *state)
{
    if (self->name_count < self->command->least)
        argp_error(state, "%s must be given", self->command->arguments);
    if (self->name_count > self->command->most)
        argp_error(state, "too much: %s", self->names[self->command->most]);
    if (self->plan != DRILL_BY_SEED && self->seeded && self->first_seed != self->last_seed)
        argp_error(state, "--any-one, --any-two and --exhaustive take one seed at most");
    if (self->bless && (self->seeded || self->bug || self->calm || !self->no_swarm ||
                        self->faults != DRILL_NO_STANDARD))
        argp_error(state, "--bless is for the scenario as it is written");
}

/* Who names all files of a folder means the scenarios, not the golden traces beside them. */
static void pass_over_traces(struct drill_request *self)
{
    size_t kept = 0;

    for (size_t i = 0; i < self->name_count; i++) {
        const char *dot = strrchr(self->names[i], '.');
        if (dot == NULL || strcmp(dot, ".trace") != 0)
            self->names[kept++] = self->names[i];
    }
    self->name_count = kept;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct drill_request *self = state->input;

    switch (key) {
    case ARGP_KEY_ARGS:
        self->names = state->argv + state->next;
        self->name_count = (size_t)(state->argc - state->next);
        state->next = state->argc;
        if (self->command->most > 1)
            pass_over_traces(self);
        return 0;
    case ARGP_KEY_END:
        check_all(self, state);
        return 0;
    case KEY_ANY_ONE:
    case KEY_ANY_TWO:
    case KEY_EXHAUSTIVE:
        read_plan(self, (enum drill_plan_kind)(key - KEY_ANY_ONE) + DRILL_ANY_ONE, state);
        return 0;
    case KEY_SWARM:
        self->no_swarm = false;
        return 0;
    default:
        if (key < KEY_SEED || key > KEY_JSON)
            return ARGP_ERR_UNKNOWN;
        if (!read_switch(self, key))
            read_value(self, key, argument, state);
        return 0;
    }
}

static int cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void drill_request_read(struct drill_request *self, int argc, char **argv)
{
    const char *const name = self->command->name;
    struct argp_option taken[OPTIONS_MAX] = {{0}};
    char title[TITLE];
    size_t count = 0;

    for (const struct drill_option_text *row = options; row->name != NULL; row++)
        if (drill_is_among(row->commands, name))
            taken[count++] =
                (struct argp_option){row->name, row->key, row->argument, 0, row->text, 0};
    const struct argp parser = {taken, parse, self->command->arguments, self->command->text, NULL,
                                NULL,  NULL};
    self->first_seed = 1;
    self->last_seed = DRILL_SEEDS_LAST;
    self->jobs = cores();
    self->shard = self->shards = 1;
    self->cpu = CPU_SECONDS;
    self->logs = "sockdrill-logs";
    self->no_swarm = !drill_is_among("explore", name);
    snprintf(title, sizeof title, "sockdrill %s", name);
    argv[0] = title;
    argp_parse(&parser, argc, argv, 0, NULL, self);
}
