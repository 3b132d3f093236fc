#include "tools/shrink_log.h"

#include <errno.h>
#include <stdlib.h>

/* The decisions that are left: where they stand in the log, and their answers. */
struct left {
    size_t place;
    uint64_t answer;
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

static void shrink(struct shrink *self)
{
    bool changed = true;

    while (changed && self->count > 0 && !self->stopped) {
        changed = take_out_all(self);
        for (size_t i = 0; i < self->count && !self->stopped; i++)
            changed = lower(self, &self->left[i]) || changed;
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
        const uint64_t answer = drill_log_at(log, place).answer;
        if (answer > 0)
            self->left[self->count++] = (struct left){.place = place, .answer = answer};
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
