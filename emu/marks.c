#include "emu/marks.h"

#include <stdio.h>
#include <string.h>

bool drill_marks_reach(struct drill_marks *self, const char *name)
{
    const size_t most = DRILL_MARKS_NAME - 1;

    for (uint32_t i = 0; i < self->count; i++)
        if (strncmp(self->places[i].name, name, most) == 0) {
            self->places[i].count++;
            return false;
        }
    if (self->count == DRILL_MARKS_MAX)
        return false;
    struct drill_place *place = &self->places[self->count++];
    snprintf(place->name, sizeof place->name, "%s", name);
    place->count = 1;
    return true;
}

void drill_marks_break(struct drill_marks *self, const char *who, const char *format,
                       va_list values)
{
    if (self->broken_count++ > 0)
        return;
    const int head = snprintf(self->broken, sizeof self->broken, "%s: ", who);
    if (head > 0 && (size_t)head < sizeof self->broken)
        vsnprintf(self->broken + head, sizeof self->broken - (size_t)head, format, values);
}
