#include "tools/shrink_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The decisions that are left: where they stand in the log, and what they are. */
struct left {
    size_t place;
    uint64_t answer, index;
    uint64_t moved; /* the index that is tried */
    enum drill_choice_kind kind;
    const char *site;
};

struct shrink {
    struct drill_shrinker *owner;
    struct left *left;
    size_t count;
    bool stopped;
};

static bool fails(struct shrink *self)
{
    struct drill_shrinker *owner = self->owner;

    owner->count = self->count;
    if (self->stopped || (owner->stops != NULL && owner->stops(owner->context, owner))) {
        self->stopped = true;
        return false;
    }
    owner->runs++;
    return owner->fails(owner->context, owner->log);
}

/* The same without some of what is left: true, they are gone. */
static bool take_out(struct shrink *self, size_t first, size_t count)
{
    struct drill_log *log = self->owner->log;

    for (size_t i = first; i < first + count; i++)
        drill_log_change(log, self->left[i].place, 0);
    if (fails(self)) {
        for (size_t i = first; i + count < self->count; i++)
            self->left[i] = self->left[i + count];
        self->count -= count;
        return true;
    }
    for (size_t i = first; i < first + count; i++)
        drill_log_change(log, self->left[i].place, self->left[i].answer);
    return false;
}

/* One pass over all groups of a size. */
static bool take_out_groups(struct shrink *self, size_t size)
{
    bool changed = false;

    for (size_t first = 0; first < self->count && !self->stopped;) {
        const size_t rest = self->count - first, count = size < rest ? size : rest;
        if (take_out(self, first, count))
            changed = true;
        else
            first += count;
    }
    return changed;
}

static bool take_out_all(struct shrink *self)
{
    bool changed = false;

    for (size_t size = self->count; size > 0 && !self->stopped; size /= 2)
        changed = take_out_groups(self, size) || changed;
    return changed;
}

static bool lower_to(struct shrink *self, struct left *left, uint64_t answer)
{
    struct drill_log *log = self->owner->log;

    drill_log_change(log, left->place, answer);
    if (fails(self)) {
        left->answer = answer;
        return true;
    }
    drill_log_change(log, left->place, left->answer);
    return false;
}

/* To 1, or by halves as far down as it goes. */
static bool lower(struct shrink *self, struct left *left)
{
    const uint64_t before = left->answer;
    uint64_t too_low = 1;

    if (before <= 1 || lower_to(self, left, 1))
        return before > 1;
    while (left->answer - too_low > 1 && !self->stopped) {
        const uint64_t middle = too_low + (left->answer - too_low) / 2;
        if (!lower_to(self, left, middle))
            too_low = middle;
    }
    return left->answer < before;
}

static bool is_of_site(const struct left *left, const struct left *other)
{
    return strcmp(left->site, other->site) == 0;
}

static bool is_part(enum drill_choice_kind kind)
{
    return kind == DRILL_CHOICE_CUT || kind == DRILL_CHOICE_WHEN || kind == DRILL_CHOICE_ORDER ||
           kind == DRILL_CHOICE_DAMAGE;
}

/* How many decisions belong to one: what a fault that strikes asks about itself follows it. */
static size_t count_with_parts(const struct shrink *self, size_t first)
{
    size_t count = 1;

    while (self->left[first].kind == DRILL_CHOICE_FAULT && first + count < self->count &&
           is_part(self->left[first + count].kind) &&
           is_of_site(&self->left[first], &self->left[first + count]))
        count++;
    return count;
}

/* What goes, and how many questions less are asked then: in the stream of its first decision, and
 * in those of parts it may have had. */
struct slide {
    size_t first, count;
    uint64_t own, parts;
};

/* How many questions earlier a decision behind those that go comes. */
static uint64_t find_step(const struct shrink *self, const struct slide *slide,
                          const struct left *left)
{
    const struct left *gone = &self->left[slide->first];
    uint64_t parts = 0;

    if (!is_of_site(left, gone))
        return 0;
    if (left->kind == gone->kind)
        return left->index > gone->index ? slide->own : 0;
    if (gone->kind != DRILL_CHOICE_FAULT || !is_part(left->kind))
        return 0;
    for (size_t i = 1; i < slide->count; i++)
        parts += gone[i].kind == left->kind && gone[i].index < left->index;
    if (parts == 0 && left->index >= slide->parts)
        parts = slide->parts;
    return parts;
}

static void move_up(struct shrink *self, const struct slide *slide)
{
    for (size_t i = 0; i < self->count; i++) {
        struct left *left = &self->left[i];
        left->moved = left->index;
        if (i >= slide->first + slide->count)
            left->moved -= find_step(self, slide, left);
        if (left->moved != left->index)
            drill_log_move(self->owner->log, left->place, left->moved);
    }
}

/* It was good, or it was not. */
static void settle(struct shrink *self, bool good)
{
    for (size_t i = 0; i < self->count; i++) {
        struct left *left = &self->left[i];
        if (good)
            left->index = left->moved;
        else if (left->moved != left->index)
            drill_log_move(self->owner->log, left->place, left->index);
    }
}

/* A decision goes with what belongs to it, and those behind it come earlier. */
static bool slide(struct shrink *self, size_t first)
{
    const bool strikes = self->left[first].kind == DRILL_CHOICE_FAULT;
    struct slide slide = {.first = first, .count = count_with_parts(self, first)};
    bool gone = false;

    for (slide.parts = 0; slide.parts <= strikes && !gone; slide.parts++)
        for (slide.own = 0; slide.own < 2 && !gone; slide.own++) {
            if (slide.own == 0 && slide.parts == 0 && slide.count == 1)
                continue; /* it would just go: that was tried */
            move_up(self, &slide);
            gone = take_out(self, first, slide.count);
            settle(self, gone);
        }
    return gone;
}

static bool slide_all(struct shrink *self)
{
    bool changed = false;

    for (size_t first = 0; first < self->count && !self->stopped;)
        if (slide(self, first))
            changed = true;
        else
            first++;
    return changed;
}

static void shrink(struct shrink *self)
{
    bool changed = true;

    while (changed && self->count > 0 && !self->stopped) {
        changed = take_out_all(self);
        for (size_t i = 0; i < self->count && !self->stopped; i++)
            changed = lower(self, &self->left[i]) || changed;
        changed = slide_all(self) || changed;
    }
}

static int find_left(struct shrink *self)
{
    struct drill_log *log = self->owner->log;
    const size_t count = drill_log_count(log);

    self->left = malloc((count > 0 ? count : 1) * sizeof *self->left);
    if (self->left == NULL)
        return -ENOMEM;
    for (size_t place = 0; place < count; place++) {
        const struct drill_decision decision = drill_log_at(log, place);
        if (decision.answer > 0)
            self->left[self->count++] = (struct left){.place = place,
                                                      .answer = decision.answer,
                                                      .index = decision.index,
                                                      .kind = decision.kind,
                                                      .site = decision.site};
    }
    return 0;
}

int drill_shrink_log(struct drill_shrinker *self)
{
    struct shrink state = {.owner = self};
    int result = find_left(&state);

    self->runs = 0;
    if (result < 0)
        return result;
    if (!fails(&state))
        result = state.stopped ? -EINTR : -EINVAL;
    else
        shrink(&state);
    self->count = state.count;
    free(state.left);
    if (result == -EINVAL)
        return result;
    drill_log_drop_calm(self->log);
    return state.stopped ? -EINTR : 0;
}
