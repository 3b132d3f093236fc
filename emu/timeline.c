#include "emu/timeline.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Four children a node: half the levels of a binary heap, and the children share a cache line or
 * two. */
enum {
    WIDTH = 4,
    CAPACITY_MIN = 16,
};

void drill_timeline_init(struct drill_timeline *self, struct drill_mem *mem)
{
    memset(self, 0, sizeof *self);
    self->mem = mem;
}

void drill_timeline_fini(struct drill_timeline *self)
{
    drill_mem_free(self->mem, self->heap, self->capacity * sizeof *self->heap);
    memset(self, 0, sizeof *self);
}

static int grow(struct drill_timeline *self, uint64_t needed)
{
    uint64_t capacity = self->capacity ? self->capacity : CAPACITY_MIN;

    while (capacity < needed)
        capacity *= 2;
    if (capacity > UINT32_MAX || capacity > SIZE_MAX / sizeof *self->heap)
        return -ENOMEM;
    struct drill_timeline_node *heap = drill_mem_new(self->mem, (size_t)capacity * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    if (self->count > 0)
        memcpy(heap, self->heap, self->count * sizeof *heap);
    drill_mem_free(self->mem, self->heap, self->capacity * sizeof *heap);
    self->heap = heap;
    self->capacity = (uint32_t)capacity;
    return 0;
}

int drill_timeline_reserve(struct drill_timeline *self, uint32_t count)
{
    uint64_t needed = (uint64_t)self->reserved + count;

    if (needed > self->capacity) {
        int error = grow(self, needed);
        if (error)
            return error;
    }
    self->reserved = (uint32_t)needed;
    return 0;
}

void drill_timeline_release(struct drill_timeline *self, uint32_t count)
{
    assert(count <= self->reserved && self->count <= self->reserved - count);
    self->reserved -= count;
}

static inline bool is_before(const struct drill_timeline_node *a,
                             const struct drill_timeline_node *b)
{
    return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->sequence < b->sequence;
}

static inline void put(struct drill_timeline *self, uint32_t index, struct drill_timeline_node node)
{
    self->heap[index] = node;
    node.event->place = index + 1;
}

/* Fills the hole at `index` with `node` or, while those above are later, with them. */
static void sift_up(struct drill_timeline *self, uint32_t index, struct drill_timeline_node node)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / WIDTH;
        if (!is_before(&node, &self->heap[parent]))
            break;
        put(self, index, self->heap[parent]);
        index = parent;
    }
    put(self, index, node);
}

/* Fills the hole at `index` with `node` or, while one below is earlier, with the earliest below. */
static void sift_down(struct drill_timeline *self, uint32_t index, struct drill_timeline_node node)
{
    for (;;) {
        uint64_t first = (uint64_t)index * WIDTH + 1;
        if (first >= self->count)
            break;
        uint32_t least = (uint32_t)first;
        for (uint32_t child = least + 1; child < self->count && child < first + WIDTH; child++) {
            if (is_before(&self->heap[child], &self->heap[least]))
                least = child;
        }
        if (!is_before(&self->heap[least], &node))
            break;
        put(self, index, self->heap[least]);
        index = least;
    }
    put(self, index, node);
}

static void fill(struct drill_timeline *self, uint32_t index, struct drill_timeline_node node)
{
    if (index > 0 && is_before(&node, &self->heap[(index - 1) / WIDTH]))
        sift_up(self, index, node);
    else
        sift_down(self, index, node);
}

void drill_timeline_set(struct drill_timeline *self, struct drill_event *event, int64_t when_ns)
{
    if (when_ns < self->now_ns)
        when_ns = self->now_ns;
    event->when_ns = when_ns;
    struct drill_timeline_node node = {when_ns, self->sequence++, event};
    if (event->place != 0) {
        fill(self, event->place - 1, node);
        return;
    }
    assert(self->count < self->reserved);
    self->background += event->background;
    sift_up(self, self->count++, node);
}

static void remove_at(struct drill_timeline *self, uint32_t index)
{
    self->background -= self->heap[index].event->background;
    self->heap[index].event->place = 0;
    self->count--;
    if (index < self->count)
        fill(self, index, self->heap[self->count]);
}

void drill_timeline_cancel(struct drill_timeline *self, struct drill_event *event)
{
    if (event->place != 0)
        remove_at(self, event->place - 1);
}

int64_t drill_timeline_next(const struct drill_timeline *self)
{
    return self->count > 0 ? self->heap[0].when_ns : INT64_MAX;
}

bool drill_timeline_step(struct drill_timeline *self)
{
    if (self->count == 0)
        return false;
    struct drill_event *event = self->heap[0].event;
    assert(event->when_ns >= self->now_ns);
    self->now_ns = event->when_ns;
    self->ran++;
    remove_at(self, 0);
    event->run(event);
    return true;
}
