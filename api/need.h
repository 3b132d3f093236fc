/*
 * api/need.h - what a test has forgotten: said on standard error, and answered, but no crash.
 */
#ifndef API_NEED_H
#define API_NEED_H

#include <stdbool.h>
#include <stdio.h>

static inline bool drill_is_missing(bool missing, const char *what, const char *call)
{
    if (missing)
        fprintf(stderr, "sockdrill: %s: no %s was given (NULL)\n", call, what);
    return missing;
}

/* Leaves the function with `answer` unless `thing` is there. */
#define DRILL_NEED(thing, answer)                                                                  \
    do {                                                                                           \
        if (drill_is_missing((thing) == NULL, #thing, __func__))                                   \
            return answer;                                                                         \
    } while (0)

#endif
