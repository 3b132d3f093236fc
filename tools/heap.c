#include "tools/heap.h"

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

#if defined(SANITIZED)

size_t __sanitizer_get_current_allocated_bytes(void);

uint64_t drill_heap_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes();
}

#elif defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* What stands behind the names that are replaced here: glibc exports it for this purpose. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static _Thread_local uint64_t live;

uint64_t drill_heap_bytes(void)
{
    return live;
}

static void *taken(void *block)
{
    live += block != NULL ? malloc_usable_size(block) : 0;
    return block;
}

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
        live -= before;
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
    live -= ptr != NULL ? malloc_usable_size(ptr) : 0;
    __libc_free(ptr);
}

#else

uint64_t drill_heap_bytes(void)
{
    return 0;
}

#endif
