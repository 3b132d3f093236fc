#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/scenario_parts.h"

enum { BLOCK = 16384 };

struct drill_text_block {
    struct drill_text_block *next;
    size_t used, size;
    alignas(16) char bytes[];
};

void *drill_text_keep(struct drill_text *self, size_t size)
{
    struct drill_text_block *block = self->blocks;
    const size_t whole = (size + 15) & ~(size_t)15;

    if (block == NULL || whole > block->size - block->used) {
        const size_t room = whole > BLOCK ? whole : BLOCK;
        block = malloc(sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->next = self->blocks;
        block->used = 0;
        block->size = room;
        self->blocks = block;
    }
    void *place = block->bytes + block->used;
    block->used += whole;
    return memset(place, 0, whole);
}

const char *drill_text_keep_bytes(struct drill_text *self, const char *bytes, size_t size)
{
    char *copy = drill_text_keep(self, size + 1);

    return copy != NULL ? memcpy(copy, bytes, size) : NULL;
}

int drill_text_add_word(struct drill_text *self, struct drill_text_word **list, const char *word)
{
    struct drill_text_word *made = drill_text_keep(self, sizeof *made);

    if (made == NULL || (made->text = drill_text_keep_bytes(self, word, strlen(word))) == NULL)
        return -ENOMEM;
    made->next = *list;
    *list = made;
    return 0;
}

bool drill_text_has_word(const struct drill_text_word *list, const char *word)
{
    while (list != NULL && strcmp(list->text, word) != 0)
        list = list->next;
    return list != NULL;
}

void drill_text_free(struct drill_text *self)
{
    if (self == NULL)
        return;
    drill_library_close_all(self);
    while (self->blocks != NULL) {
        struct drill_text_block *block = self->blocks;
        self->blocks = block->next;
        free(block);
    }
    drill_reserve_free(self->scenario.reserve);
    drill_log_free(self->log);
    free(self->path);
    free(self);
}
