/*
 * tools/tables.h - the tables that the network is built from, for people.
 *
 * They are made from the same rows, so they cannot say anything else.
 */
#ifndef TOOLS_TABLES_H
#define TOOLS_TABLES_H

#include "tools/request.h"

/* A row of faults.def, in its own words. */
struct drill_table_fault {
    const char *name, *place, *parameter, *family, *mode, *standard, *text;
};

/* The rows, up to one whose name is NULL. */
const struct drill_table_fault *drill_table_faults(void);
/* What a place is called in a sentence. */
const char *drill_table_place(const char *place);
/* The word in small letters, in `text`; "-" for nothing. */
const char *drill_table_lower(const char *word, char *text, size_t size);

#endif
