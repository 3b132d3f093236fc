/*
 * tools/heap.h - how much of the heap this thread has taken and not given back: for leaks.
 *
 * Where the C library is glibc and no sanitizer has put its own in place, malloc and its kin are
 * counted on the way: what mallinfo2(3) tells takes blocks that are kept for reuse for used ones.
 * Under a sanitizer it is asked; elsewhere the answer is always 0.
 */
#ifndef TOOLS_HEAP_H
#define TOOLS_HEAP_H

#include <stdint.h>

/* Bytes taken less bytes given back; only differences mean anything. */
uint64_t drill_heap_bytes(void);

#endif
