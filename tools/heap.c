#include "tools/heap.h"

#include <stddef.h>

#include "emu/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static _Thread_local drill_heap_meter *watching;
static _Thread_local void *watching_context;

#if defined(SANITIZED) || defined(__GLIBC__)

static void count(int64_t bytes)
{
    int64_t *sum = watching != NULL && !drill_mem_asks ? watching(watching_context) : NULL;

    if (sum != NULL)
        *sum += bytes;
}

#endif

#if defined(SANITIZED)

int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *block,
                                                            size_t size),
                                              void (*given)(const volatile void *block));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static void hear_taken(const volatile void *block, size_t size)
{
    (void)block;
    count((int64_t)size);
}

static void hear_given(const volatile void *block)
{
    if (block != NULL)
        count(-(int64_t)__sanitizer_get_allocated_size(block));
}

void drill_heap_watch(drill_heap_meter *meter, void *context)
{
    static bool hears;

    if (!hears)
        __sanitizer_install_malloc_and_free_hooks(hear_taken, hear_given);
    hears = true;
    watching = meter;
    watching_context = context;
}

#else

void drill_heap_watch(drill_heap_meter *meter, void *context)
{
    watching = meter;
    watching_context = context;
}

#endif

#if !defined(SANITIZED) && defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* What stands behind the names that are replaced here: glibc exports it for this purpose. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static void *taken(void *block)
{
    if (watching != NULL && block != NULL)
        count((int64_t)malloc_usable_size(block));
    return block;
}

static void given(void *block)
{
    if (watching != NULL && block != NULL)
        count(-(int64_t)malloc_usable_size(block));
}

/* Libraries, and the C library itself, are to come here too. */
#pragma GCC visibility push(default)

void *malloc(size_t size)
{
    return taken(__libc_malloc(size));
}

void *calloc(size_t nmemb, size_t size)
{
    return taken(__libc_calloc(nmemb, size));
}

void *realloc(void *ptr, size_t size)
{
    const size_t before = ptr != NULL ? malloc_usable_size(ptr) : 0;
    void *moved = __libc_realloc(ptr, size);

    if (moved != NULL || size == 0)
        count(-(int64_t)before);
    return taken(moved);
}

void *memalign(size_t alignment, size_t size)
{
    return taken(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    void *made = memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *memptr = made;
    return 0;
}

void free(void *ptr)
{
    given(ptr);
    __libc_free(ptr);
}

#pragma GCC visibility pop

#endif
