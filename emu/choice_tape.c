#include "emu/choice_tape.h"

#include <string.h>

enum { MILLION = 1000000 };

size_t drill_tape_bytes(const struct drill_tape_config *config)
{
    const size_t questions = config->questions > 0 ? config->questions : DRILL_TAPE_QUESTIONS;

    return sizeof(struct drill_tape) + questions * sizeof(struct drill_tape_question);
}

void drill_tape_init(struct drill_tape *self, const struct drill_tape_config *config)
{
    memset(self, 0, sizeof *self);
    self->config = *config;
    if (self->config.questions == 0)
        self->config.questions = DRILL_TAPE_QUESTIONS;
    if (self->config.values == 0)
        self->config.values = DRILL_TAPE_VALUES;
    if (self->config.shards == 0)
        self->config.shards = 1;
    self->state.foreign = self->config.shard != 0;
}

static bool is_tried(uint32_t kinds, enum drill_choice_kind kind)
{
    return kinds == 0 || (kinds >> kind & 1) != 0;
}

/* How many answers beside 0 are tried. */
static uint64_t options_of(const struct drill_tape *self,
                           const struct drill_tape_question *question)
{
    const uint64_t others = question->count - 1;

    return others < self->config.values ? others : self->config.values;
}

/* The answer of an option: 0, then from 1 to the largest in even steps. */
static uint64_t value_of(const struct drill_tape *self, const struct drill_tape_question *question)
{
    const uint64_t options = options_of(self, question), others = question->count - 1;

    if (options == others || question->tried <= 1)
        return question->tried;
    const uint64_t step = (others - 1) / (options - 1), rest = (others - 1) % (options - 1);
    return 1 + (question->tried - 1) * step + (question->tried - 1) * rest / (options - 1);
}

static bool is_parameter(enum drill_choice_kind kind)
{
    return kind == DRILL_CHOICE_CUT || kind == DRILL_CHOICE_WHEN || kind == DRILL_CHOICE_ORDER ||
           kind == DRILL_CHOICE_DAMAGE;
}

/* Whether a question is about the fault that one right before it has let strike. */
static bool belongs_to_strike(const struct drill_tape *self, uint32_t place)
{
    const uint32_t site = self->questions[place].site;

    if (self->config.budget == 0)
        return false;
    for (; place > 0 && is_parameter((enum drill_choice_kind)self->questions[place].kind); place--)
        if (self->questions[place - 1].site != site)
            return false;
        else if (self->questions[place - 1].kind == DRILL_CHOICE_FAULT)
            return self->questions[place - 1].tried > 0;
    return false;
}

static bool is_same(const struct drill_tape_question *question, const struct drill_choice *choice)
{
    return question->kind == choice->kind && question->site == choice->site &&
           question->count == choice->count;
}

static void add_question(struct drill_tape *self, const struct drill_choice *choice)
{
    struct drill_tape_question *question = &self->questions[self->asked];

    *question = (struct drill_tape_question){
        .kind = choice->kind, .site = choice->site, .count = choice->count};
    self->known = self->asked + 1;
    /* A cut of 0 is none: the run of a fault that does not strike has been made. */
    question->tried = choice->kind == DRILL_CHOICE_CUT && belongs_to_strike(self, self->asked);
}

uint64_t drill_tape_answer(void *tape, const struct drill_choice *choice)
{
    struct drill_tape *self = tape;

    if (choice->number <= self->number)
        self->asked = 0;
    self->number = choice->number;
    if (!is_tried(self->config.kinds, choice->kind))
        return self->config.seeded ? choice->proposed : 0;
    if (self->asked == self->config.questions) {
        self->state.truncated = true;
        return 0;
    }
    if (self->asked < self->known && !is_same(&self->questions[self->asked], choice)) {
        self->state.diverged = true;
        self->known = self->asked;
    }
    if (self->asked == self->known)
        add_question(self, choice);
    return value_of(self, &self->questions[self->asked++]);
}

/* Sums of products of 1, 2 ... of the numbers: how many runs there are with so many answers other
 * than 0. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* How many runs there are if each asks what the calm one asks. */
static uint64_t count_runs(const struct drill_tape *self)
{
    const uint32_t budget = self->config.budget;
    uint64_t sums[DRILL_TAPE_BUDGET + 1] = {1}, all = 1;

    for (uint32_t i = 0; i < self->known; i++) {
        const uint64_t options = options_of(self, &self->questions[i]);
        all = times(all, options + 1);
        for (uint32_t spent = DRILL_TAPE_BUDGET; spent > 0; spent--)
            sums[spent] = add(sums[spent], times(sums[spent - 1], options));
    }
    if (budget == 0 || budget > DRILL_TAPE_BUDGET)
        return all;
    all = 0;
    for (uint32_t spent = 0; spent <= budget; spent++)
        all = add(all, sums[spent]);
    return all;
}

static bool costs(const struct drill_tape *self, uint32_t place)
{
    return self->questions[place].tried > 0 && !belongs_to_strike(self, place);
}

/* The next option of a question that may be tried; 0: none is left.  `spent` answers before it are
 * not 0; if none is, options are dealt to the shards in turn, `before` to earlier questions. */
static uint64_t next_option(const struct drill_tape *self, uint32_t place, uint32_t spent,
                            uint64_t before)
{
    const struct drill_tape_question *question = &self->questions[place];
    const struct drill_tape_config *config = &self->config;
    const uint64_t options = options_of(self, question);
    uint64_t option = question->tried + 1;

    if (config->budget > 0 && spent >= config->budget && !belongs_to_strike(self, place))
        return 0;
    if (spent == 0) {
        const uint64_t turn = (before + option - 1) % config->shards;
        option += (config->shard + config->shards - turn) % config->shards;
    }
    return option <= options ? option : 0;
}

bool drill_tape_advance(struct drill_tape *self)
{
    uint32_t spent = 0;
    uint64_t before = 0;

    if (self->state.runs == 0) {
        self->calm = self->asked;
        self->state.estimate = count_runs(self);
    }
    self->state.runs += !self->state.foreign;
    self->state.foreign = false;
    self->known = self->asked;
    self->asked = 0;
    self->number = 0;
    if (self->state.diverged)
        return false; /* it would never end */
    for (uint32_t i = 0; i < self->known; i++) {
        spent += costs(self, i);
        before += options_of(self, &self->questions[i]);
    }
    for (uint32_t i = self->known; i-- > 0;) {
        spent -= costs(self, i);
        before -= options_of(self, &self->questions[i]);
        const uint64_t option = next_option(self, i, spent, before);
        if (option == 0)
            continue;
        self->questions[i].tried = option;
        self->known = i + 1;
        return true;
    }
    self->known = 0;
    return false;
}

/* How much of the tree is behind, in millionths. */
static uint64_t progress(const struct drill_tape *self)
{
    uint64_t share = UINT64_C(1) << 62, done = 0;

    if (self->known == 0)
        return MILLION;
    if (self->config.budget > 0) {
        uint32_t first = 0;
        while (first < self->known && self->questions[first].tried == 0)
            first++;
        const uint64_t behind = self->calm > first ? self->calm - first - 1 : 0;
        done = MILLION;
        for (uint32_t i = 0; i < self->config.budget && i < DRILL_TAPE_BUDGET; i++)
            done = done * behind / (self->calm > 0 ? self->calm : 1);
        return done;
    }
    for (uint32_t i = 0; i < self->known && share > 0; i++) {
        share /= options_of(self, &self->questions[i]) + 1;
        done += self->questions[i].tried * share;
    }
    return done / ((UINT64_C(1) << 62) / MILLION);
}

struct drill_tape_state drill_tape_look(const struct drill_tape *self)
{
    struct drill_tape_state state = self->state;
    const uint64_t done = progress(self);

    state.estimate = state.estimate / self->config.shards +
                     (self->config.shard < state.estimate % self->config.shards);
    /* Runs that ask more than the calm one are only found on the way. */
    if (done >= MILLION / 100 && times(state.runs, MILLION) / done > state.estimate)
        state.estimate = times(state.runs, MILLION) / done;
    if (state.estimate < state.runs)
        state.estimate = state.runs;
    return state;
}

static bool take(struct drill_bytes *self, uint64_t *value, uint64_t count)
{
    int shift = 0;

    *value = 0;
    if (self->used >= self->size)
        return false;
    for (uint64_t rest = count - 1; rest > 0; rest >>= 8, shift += 8)
        if (self->used < self->size)
            *value |= (uint64_t)self->data[self->used++] << shift;
    return true;
}

uint64_t drill_bytes_answer(void *bytes, const struct drill_choice *choice)
{
    struct drill_bytes *self = bytes;
    uint64_t value;

    if (choice->number == 1)
        self->used = 0;
    if (!is_tried(self->kinds, choice->kind))
        return self->seeded ? choice->proposed : 0;
    if (!take(self, &value, choice->count))
        return 0;
    if (choice->ppm == 0)
        return value % choice->count;
    const uint64_t most = (uint64_t)choice->ppm * UINT8_MAX / MILLION;
    return value > 0 && value <= (most > 0 ? most : 1);
}
