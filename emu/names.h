/*
 * emu/names.h - what names mean in a world, how long it takes to say so, and how it fails.
 *
 *   Owns    its entries.
 *   Errors  -ENOMEM, -ENOENT.
 *   Order   addresses are given in the order in which they were added.
 */
#ifndef EMU_NAMES_H
#define EMU_NAMES_H

#include "emu/addr.h"
#include "emu/table.h"

enum { DRILL_NAME_ADDRS = 16 };

struct drill_name {
    char *text;
    struct drill_addr addrs[DRILL_NAME_ADDRS];
    uint32_t count;
    int64_t delay_ns;
    int error; /* a negative errno that answers every lookup; 0: none */
    UT_hash_handle hh;
};

struct drill_names {
    struct drill_mem *mem;
    struct drill_name *table;
};

void drill_names_init(struct drill_names *self, struct drill_mem *mem);
void drill_names_fini(struct drill_names *self);
/* One more address for a name; -ENOSPC beyond DRILL_NAME_ADDRS. */
int drill_names_add(struct drill_names *self, const char *text, const struct drill_addr *addr);
int drill_names_remove(struct drill_names *self, const char *text);
/* How lookups of a name go, known or not. */
int drill_names_fault(struct drill_names *self, const char *text, int64_t delay_ns, int error);
const struct drill_name *drill_names_find(const struct drill_names *self, const char *text);

#endif
