/*
 * tools/heap.h - what the program under test takes of the heap and gives back: for leaks.
 *
 * malloc and its kin are counted on the way: what mallinfo2(3) tells takes blocks that are kept for
 * reuse for used ones, and does not say whose they are.  Where the C library is glibc they are
 * replaced; a sanitizer that has put its own in place lets itself be asked; elsewhere nothing is
 * counted.
 *
 *   Errors  none.
 *   Order   a thread counts by itself.
 */
#ifndef TOOLS_HEAP_H
#define TOOLS_HEAP_H

#include <stdint.h>

/* Where the bytes count at the moment; NULL: nowhere. */
typedef int64_t *drill_heap_meter(void *context);

/* From now on bytes that are taken are added where the meter says, and those that are given back
 * taken off, but not while drill_mem_asks (emu/mem.h) is set.  NULL: no more. */
void drill_heap_watch(drill_heap_meter *meter, void *context);

#endif
