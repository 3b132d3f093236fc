#include "emu/choice.h"

#include <stdio.h>
#include <string.h>

#include "emu/mem.h"

enum { MILLION = 1000000 };

struct key {
    uint32_t kind;
    uint32_t site;
};

struct drill_choice_stream {
    struct key key;
    uint64_t root; /* what its draws are made from */
    uint64_t asked;
    UT_hash_handle hh;
};

#define GAMMA UINT64_C(0x9e3779b97f4a7c15)

void drill_choices_init(struct drill_choices *self, struct drill_mem *mem, uint64_t seed)
{
    memset(self, 0, sizeof *self);
    self->mem = mem;
    self->seed = seed;
}

void drill_choices_fini(struct drill_choices *self)
{
    struct drill_mem *mem = self->mem;
    struct drill_choice_stream *stream, *next;

    HASH_ITER (hh, self->streams, stream, next) {
        HASH_DEL(self->streams, stream);
        drill_mem_free(mem, stream, sizeof *stream);
    }
    memset(self, 0, sizeof *self);
}

/* The finalizer of splitmix64: every bit of the argument moves every bit of the result. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t root_of(uint64_t seed, uint32_t kind, uint32_t site)
{
    const uint64_t stream = (uint64_t)kind << 32 | site;

    return mix(mix(seed + GAMMA) + (stream + 1) * GAMMA);
}

/* The draw of a stream: 64 bits that depend on nothing but the arguments. */
static uint64_t draw(uint64_t root, uint64_t index)
{
    return mix(root + (index + 1) * GAMMA);
}

static struct drill_choice_stream *stream_add(struct drill_choices *self, struct key key)
{
    struct drill_mem *mem = self->mem;
    struct drill_choice_stream *stream = drill_mem_zeroed(mem, sizeof *stream);

    if (!stream)
        return NULL;
    stream->key = key;
    stream->root = root_of(self->seed, key.kind, key.site);
    HASH_ADD(hh, self->streams, key, sizeof key, stream);
    if (drill_table_has(stream))
        return stream;
    drill_mem_free(mem, stream, sizeof *stream);
    return NULL;
}

static struct drill_choice_stream *stream_of(struct drill_choices *self, uint32_t kind,
                                             uint32_t site)
{
    struct drill_choice_stream **aside = &self->aside[(kind ^ site) % DRILL_CHOICE_ASIDE];
    struct key key = {kind, site};
    struct drill_choice_stream *stream = *aside;

    if (stream && stream->key.kind == kind && stream->key.site == site)
        return stream;
    HASH_FIND(hh, self->streams, &key, sizeof key, stream);
    if (!stream)
        stream = stream_add(self, key);
    return *aside = stream;
}

/* The upper half of a * b, from 32-bit halves. */
static uint64_t scale(uint64_t a, uint64_t b)
{
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;

    return a1 * b1 + (middle >> 32) + (other >> 32);
}

static uint64_t seeded(const struct drill_choice_stream *stream, const struct drill_choice *choice)
{
    const uint64_t drawn = draw(stream->root, choice->index);

    return choice->ppm ? scale(drawn, MILLION) < choice->ppm : scale(drawn, choice->count);
}

static uint64_t cut(uint64_t answer, uint64_t count)
{
    return answer < count ? answer : count - 1;
}

/* Its stream; NULL: there is no memory to count it. */
static struct drill_choice_stream *number(struct drill_choices *self, struct drill_choice *choice)
{
    struct drill_choice_stream *stream = stream_of(self, choice->kind, choice->site);

    if (!stream)
        return NULL;
    choice->index = stream->asked++;
    choice->number = ++self->asked;
    choice->choices = self;
    return stream;
}

static uint64_t answer(struct drill_choices *self, const struct drill_choice *choice)
{
    uint64_t answer = choice->proposed;

    if (self->oracle)
        answer = cut(self->oracle(self->context, choice), choice->count);
    self->stirred += answer != 0;
    if (self->recorder && answer != 0)
        self->recorder(self->recorder_context, choice, answer);
    return answer;
}

static uint64_t ask(struct drill_choices *self, struct drill_choice *choice)
{
    const struct drill_choice_stream *stream = number(self, choice);

    if (!stream)
        return 0;
    choice->proposed = seeded(stream, choice);
    return answer(self, choice);
}

uint64_t drill_choices_pick(struct drill_choices *self, enum drill_choice_kind kind, uint32_t site,
                            uint64_t count)
{
    struct drill_choice choice = {.kind = kind, .site = site, .count = count};

    return count > 1 ? ask(self, &choice) : 0;
}

uint64_t drill_choices_decide(struct drill_choices *self, enum drill_choice_kind kind,
                              uint32_t site, uint64_t count, uint64_t proposed)
{
    struct drill_choice choice = {.kind = kind, .site = site, .count = count};

    if (count <= 1 || !number(self, &choice))
        return 0;
    choice.proposed = cut(proposed, count);
    return answer(self, &choice);
}

uint64_t drill_choices_draw(const struct drill_choices *self, uint32_t site, uint64_t index,
                            uint64_t count)
{
    return scale(draw(root_of(self->seed, DRILL_CHOICE_CONFIG, site), index), count);
}

bool drill_choices_ask(struct drill_choices *self, enum drill_choice_kind kind, uint32_t site,
                       uint32_t ppm)
{
    struct drill_choice choice = {.kind = kind, .site = site, .count = 2, .ppm = ppm};

    if (ppm >= MILLION)
        return true;
    return ask(self, &choice) != 0;
}

static const char *const kind_names[DRILL_CHOICE_KINDS] = {
    [DRILL_CHOICE_TASK] = "task",       [DRILL_CHOICE_LOSS] = "loss",
    [DRILL_CHOICE_JITTER] = "jitter",   [DRILL_CHOICE_DUPLICATE] = "duplicate",
    [DRILL_CHOICE_REORDER] = "reorder", [DRILL_CHOICE_CORRUPT] = "corrupt",
    [DRILL_CHOICE_FAULT] = "fault",     [DRILL_CHOICE_BYTES] = "bytes",
    [DRILL_CHOICE_RANDOM] = "random",   [DRILL_CHOICE_USER] = "user",
    [DRILL_CHOICE_CUT] = "cut",         [DRILL_CHOICE_WHEN] = "when",
    [DRILL_CHOICE_ORDER] = "order",     [DRILL_CHOICE_DAMAGE] = "damage",
    [DRILL_CHOICE_SWARM] = "swarm",     [DRILL_CHOICE_CONFIG] = "config",
};

const char *drill_choice_kind_name(enum drill_choice_kind kind)
{
    return (unsigned)kind < DRILL_CHOICE_KINDS ? kind_names[kind] : "unknown";
}

int drill_choice_find_kind(const char *name)
{
    for (int kind = 0; kind < DRILL_CHOICE_KINDS; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return kind;
    return -1;
}

/* FNV-1a. */
uint32_t drill_choice_hash(const char *name)
{
    uint32_t hash = UINT32_C(2166136261);

    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT32_C(16777619);
    return hash;
}

void drill_choice_show_site(const struct drill_choice *choice, char *text, size_t size)
{
    const struct drill_choices *choices = choice->choices;

    if (choices != NULL && choices->names != NULL)
        choices->names->site(choices->names_context, choice, text, size);
    else
        snprintf(text, size, "%u", choice->site);
}

void drill_choice_show_about(const struct drill_choice *choice, uint64_t answer, char *text,
                             size_t size)
{
    const struct drill_choices *choices = choice->choices;

    text[0] = '\0';
    if (choices != NULL && choices->names != NULL)
        choices->names->about(choices->names_context, choice, answer, text, size);
}
