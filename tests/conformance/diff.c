#include "tests/conformance/diff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LINES 512

struct lines {
    size_t count;
    const char *start[LINES];
    size_t size[LINES];
};

/* same[i][j]: how many lines the texts have in common from line i of one and line j of the other
 * on. */
static unsigned short same[LINES + 1][LINES + 1];

static void split(struct lines *self, const char *text)
{
    self->count = 0;
    while (*text != '\0' && self->count < LINES) {
        size_t size = strcspn(text, "\n");

        self->start[self->count] = text;
        self->size[self->count++] = size;
        text += size + (text[size] == '\n');
    }
}

static bool equal(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    return a->size[i] == b->size[j] && memcmp(a->start[i], b->start[j], a->size[i]) == 0;
}

static void compare(const struct lines *a, const struct lines *b)
{
    memset(same, 0, sizeof same);
    for (size_t i = a->count; i-- > 0;) {
        for (size_t j = b->count; j-- > 0;) {
            unsigned short longer =
                same[i + 1][j] > same[i][j + 1] ? same[i + 1][j] : same[i][j + 1];

            if (equal(a, i, b, j))
                longer = (unsigned short)(same[i + 1][j + 1] + 1);
            same[i][j] = longer;
        }
    }
}

static void print_line(const char *mark, const struct lines *lines, size_t i)
{
    printf("    %s%.*s\n", mark, (int)lines->size[i], lines->start[i]);
}

void print_difference(const char *wanted, const char *got)
{
    static struct lines a;
    static struct lines b;
    size_t i = 0;
    size_t j = 0;

    split(&a, wanted);
    split(&b, got);
    compare(&a, &b);
    while (i < a.count || j < b.count) {
        if (i < a.count && j < b.count && equal(&a, i, &b, j)) {
            print_line("  ", &a, i++);
            j++;
        } else if (j == b.count || (i < a.count && same[i + 1][j] >= same[i][j + 1])) {
            print_line("- ", &a, i++);
        } else {
            print_line("+ ", &b, j++);
        }
    }
}
