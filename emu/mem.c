#include "emu/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#endif

#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define __asan_poison_memory_region(block, size)   ((void)(block), (void)(size))
#define __asan_unpoison_memory_region(block, size) ((void)(block), (void)(size))
#endif

#define NOINLINE __attribute__((noinline))

enum {
    STEP = 16,
    SMALL_MAX = 1024, /* above it, classes are powers of two */
    SMALL_CLASSES = SMALL_MAX / STEP,
    POOLED_MAX = 256 << 10, /* above it, blocks go back to the system at once */
    CHUNK = 64 << 10,
    OVERSIZE = DRILL_MEM_CLASSES, /* the class of what is not pooled */
    RESERVED_MAX = 64,            /* chunks */
};

/* What stands before the memory that came from the system, so that all of it can be found again. */
struct chunk {
    _Alignas(STEP) struct chunk *next;
    struct chunk *previous;
    size_t size; /* of what follows */
};

/* A free block holds the next one of its class. */
struct spare {
    struct spare *next;
};

_Static_assert(sizeof(struct chunk) % STEP == 0, "what follows a chunk's head is aligned");
_Static_assert(SMALL_CLASSES + 12 <= DRILL_MEM_CLASSES, "2 KiB .. 4 MiB are twelve classes");

_Thread_local volatile bool drill_mem_asks; /* compilers believe that allocators read nothing */

static struct chunk *ask(size_t size)
{
    const bool before = drill_mem_asks;

    drill_mem_asks = true;
    struct chunk *chunk = aligned_alloc(STEP, (sizeof *chunk + size + STEP - 1) / STEP * STEP);
    drill_mem_asks = before;
    return chunk;
}

static void give_back(struct chunk *chunk)
{
    const bool before = drill_mem_asks;

    drill_mem_asks = true;
    free(chunk);
    drill_mem_asks = before;
}

static inline unsigned class_of(size_t size)
{
    if (size <= SMALL_MAX)
        return size == 0 ? 0 : (unsigned)((size - 1) / STEP);
    if (size > POOLED_MAX)
        return OVERSIZE;
    return SMALL_CLASSES + (unsigned)__builtin_clz(SMALL_MAX) -
           (unsigned)__builtin_clz((unsigned)size - 1);
}

/* Without a class for it, the size itself. */
static size_t bytes_of(unsigned class, size_t size)
{
    if (class < SMALL_CLASSES)
        return (size_t)(class + 1) * STEP;
    return class == OVERSIZE ? size : (size_t)SMALL_MAX << (class - SMALL_CLASSES + 1);
}

void drill_mem_init(struct drill_mem *self, uint64_t fail_at)
{
    memset(self, 0, sizeof *self);
    self->fail_at = fail_at;
}

/* Leaves a chunk for the next world; false: it is of no use there. */
static bool leave(struct drill_reserve *reserve, struct chunk *chunk)
{
    const unsigned class = class_of(chunk->size);

    if (!reserve || class == OVERSIZE || reserve->chunk_count == RESERVED_MAX)
        return false;
    __asan_unpoison_memory_region(chunk + 1, chunk->size);
    chunk->next = reserve->chunks[class];
    reserve->chunks[class] = chunk;
    reserve->chunk_count++;
    return true;
}

static struct chunk *take_reserved(struct drill_reserve *reserve, size_t size)
{
    const unsigned class = class_of(size);
    struct chunk *chunk = reserve && class != OVERSIZE ? reserve->chunks[class] : NULL;

    if (chunk) {
        reserve->chunks[class] = chunk->next;
        reserve->chunk_count--;
    }
    return chunk;
}

void drill_mem_fini(struct drill_mem *self)
{
    for (struct chunk *chunk = self->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        if (!leave(self->reserve, chunk))
            give_back(chunk);
    }
    memset(self, 0, sizeof *self);
}

void drill_mem_drain(struct drill_reserve *reserve)
{
    for (unsigned class = 0; class < DRILL_MEM_CLASSES; class ++)
        while (reserve->chunks[class]) {
            struct chunk *chunk = reserve->chunks[class];
            reserve->chunks[class] = chunk->next;
            give_back(chunk);
        }
    reserve->chunk_count = 0;
}

/* `size` bytes from the system, kept in the list of chunks. */
static void *chunk_add(struct drill_mem *self, size_t size)
{
    struct chunk *first = self->chunks, *chunk;

    if (size > SIZE_MAX - sizeof *chunk - STEP)
        return NULL;
    chunk = take_reserved(self->reserve, size);
    if (!chunk)
        chunk = ask(size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    chunk->previous = NULL;
    chunk->next = first;
    if (first)
        first->previous = chunk;
    self->chunks = chunk;
    return chunk + 1;
}

static void chunk_remove(struct drill_mem *self, struct chunk *chunk)
{
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        self->chunks = chunk->next;
    if (chunk->next)
        chunk->next->previous = chunk->previous;
    give_back(chunk);
}

/* What is left of a chunk that is too short for the next block becomes one block of its own size.
 */
static void keep_rest(struct drill_mem *self)
{
    struct spare *rest = (struct spare *)(void *)self->fresh;
    size_t size = self->fresh_bytes;

    if (size == 0)
        return;
    unsigned class = class_of(size);
    assert(class < SMALL_CLASSES);
    __asan_unpoison_memory_region(rest, size);
    rest->next = self->free[class];
    self->free[class] = rest;
    __asan_poison_memory_region(rest, size);
}

static void *carve(struct drill_mem *self, size_t size)
{
    if (self->fresh_bytes < size) {
        char *fresh = chunk_add(self, CHUNK);
        if (!fresh)
            return NULL;
        keep_rest(self);
        self->fresh = fresh;
        self->fresh_bytes = CHUNK;
        __asan_poison_memory_region(fresh, CHUNK);
    }
    char *block = self->fresh;
    self->fresh += size;
    self->fresh_bytes -= size;
    return block;
}

static NOINLINE void *new_slow(struct drill_mem *self, size_t size, unsigned class)
{
    size_t bytes = bytes_of(class, size);
    void *block = class < SMALL_CLASSES ? carve(self, bytes) : chunk_add(self, bytes);

    if (!block)
        return NULL;
    __asan_poison_memory_region(block, bytes);
    __asan_unpoison_memory_region(block, size);
    self->live++;
    self->live_bytes += size;
    return block;
}

static NOINLINE void *fail(struct drill_mem *self, size_t size)
{
    if (self->spared) {
        const uint64_t fail_at = self->fail_at;
        self->fail_at = 0;
        void *block = drill_mem_new(self, size);
        self->fail_at = fail_at;
        self->count = fail_at - 1;
        return block;
    }
    if (self->failed != NULL)
        self->failed(self->failed_context);
    return NULL;
}

void *drill_mem_new(struct drill_mem *self, size_t size)
{
    unsigned class = class_of(size);

    if (++self->count == self->fail_at)
        return fail(self, size);
    struct spare *block = class < OVERSIZE ? self->free[class] : NULL;
    if (!block)
        return new_slow(self, size, class);
    __asan_unpoison_memory_region(block, sizeof *block);
    self->free[class] = block->next;
    __asan_poison_memory_region(block, sizeof *block);
    __asan_unpoison_memory_region(block, size);
    self->live++;
    self->live_bytes += size;
    return block;
}

void *drill_mem_zeroed(struct drill_mem *self, size_t size)
{
    void *block = drill_mem_new(self, size);

    return block ? memset(block, 0, size) : NULL;
}

void drill_mem_free(struct drill_mem *self, void *block, size_t size)
{
    if (!block)
        return;
    unsigned class = class_of(size);
    assert(self->live > 0 && self->live_bytes >= size);
    self->live--;
    self->live_bytes -= size;
    if (class == OVERSIZE) {
        chunk_remove(self, (struct chunk *)block - 1);
        return;
    }
    struct spare *spare = block;
    __asan_unpoison_memory_region(spare, sizeof *spare);
    spare->next = self->free[class];
    self->free[class] = spare;
    __asan_poison_memory_region(block, bytes_of(class, size));
}

char *drill_mem_text(struct drill_mem *self, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = drill_mem_new(self, size);

    return copy ? memcpy(copy, text, size) : NULL;
}
