/*
 * emu/closed.h - which numbers of descriptors have been closed, on which host.
 *
 *   Owns    a bit a number, in pages.
 *   Errors  where memory fails, the number is forgotten.
 */
#ifndef EMU_CLOSED_H
#define EMU_CLOSED_H

#include <stdint.h>

#include "emu/table.h"

enum { DRILL_CLOSED_PAGE = 512 };

struct drill_closed_page {
    struct {
        uint32_t host, life; /* after a restart all numbers are new */
        uint32_t index;
    } key;
    uint64_t bits[DRILL_CLOSED_PAGE / 64];
    UT_hash_handle hh;
};

struct drill_closed {
    struct drill_mem *mem;
    struct drill_closed_page *pages;
};

void drill_closed_init(struct drill_closed *self, struct drill_mem *mem);
void drill_closed_fini(struct drill_closed *self);
void drill_closed_add(struct drill_closed *self, uint32_t host, uint32_t life, int fd);
bool drill_closed_has(const struct drill_closed *self, uint32_t host, uint32_t life, int fd);

#endif
