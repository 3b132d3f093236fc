#include "emu/args.h"

static void copy(const struct drill_args *self, size_t offset, char *block, size_t size, bool give)
{
    for (const struct drill_iovec *part = self->parts; size > 0; part++) {
        if (offset >= part->size) {
            offset -= part->size;
            continue;
        }
        const size_t room = part->size - offset;
        const size_t count = size < room ? size : room;
        char *place = (char *)part->base + offset;
        if (give)
            memcpy(place, block, count);
        else
            memcpy(block, place, count);
        block += count;
        size -= count;
        offset = 0;
    }
}

void drill_args_give_parts(const struct drill_args *self, size_t offset, const void *from,
                           size_t size)
{
    copy(self, offset, (char *)(uintptr_t)from, size, true);
}

void drill_args_take_parts(const struct drill_args *self, size_t offset, void *to, size_t size)
{
    copy(self, offset, to, size, false);
}
