/*
 * emu/table.h - uthash, set up once: our allocator, failures that can be seen, cheap hashes.
 *
 * A function that adds or deletes must have a `struct drill_mem *mem` in scope.  After HASH_ADD ask
 * drill_table_has: an entry that could not be added for want of memory has no table.  Iteration is
 * in order of insertion, so nothing depends on the hash.
 */
#ifndef EMU_TABLE_H
#define EMU_TABLE_H

#include <stdbool.h>
#include <string.h>

#include "emu/mem.h"

#define HASH_NONFATAL_OOM               1
#define uthash_malloc(size)             drill_mem_new(mem, size)
#define uthash_free(block, size)        drill_mem_free(mem, block, size)
#define HASH_FUNCTION(key, size, value) ((value) = drill_table_hash(key, size))

/* Multiply and fold, a word at a time: keys are short and trusted, so nothing stronger is needed.
 */
static inline unsigned drill_table_hash(const void *key, size_t size)
{
    const unsigned char *bytes = key;
    uint64_t hash = size;

    for (; size >= 4; bytes += 4, size -= 4) {
        uint32_t word;
        memcpy(&word, bytes, 4);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    }
    for (; size > 0; bytes++, size--)
        hash = (hash ^ *bytes) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)(hash >> 32);
}

#include <uthash.h>

#define drill_table_has(entry) ((entry)->hh.tbl != NULL)

#endif
