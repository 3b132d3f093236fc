#include "emu/closed.h"

void drill_closed_init(struct drill_closed *self, struct drill_mem *mem)
{
    *self = (struct drill_closed){.mem = mem};
}

void drill_closed_fini(struct drill_closed *self)
{
    struct drill_mem *mem = self->mem;

    while (self->pages != NULL) {
        struct drill_closed_page *page = self->pages;
        HASH_DEL(self->pages, page);
        drill_mem_free(mem, page, sizeof *page);
    }
}

static struct drill_closed_page *find(const struct drill_closed *self, uint32_t host, uint32_t life,
                                      uint32_t index)
{
    struct drill_closed_page probe, *page;

    probe.key.host = host;
    probe.key.life = life;
    probe.key.index = index;
    HASH_FIND(hh, self->pages, &probe.key, sizeof probe.key, page);
    return page;
}

static struct drill_closed_page *add(struct drill_closed *self, uint32_t host, uint32_t life,
                                     uint32_t index)
{
    struct drill_mem *mem = self->mem;
    struct drill_closed_page *page = drill_mem_zeroed(mem, sizeof *page);

    if (page == NULL)
        return NULL;
    page->key.host = host;
    page->key.life = life;
    page->key.index = index;
    HASH_ADD(hh, self->pages, key, sizeof page->key, page);
    if (drill_table_has(page))
        return page;
    drill_mem_free(mem, page, sizeof *page);
    return NULL;
}

void drill_closed_add(struct drill_closed *self, uint32_t host, uint32_t life, int fd)
{
    const uint32_t index = (uint32_t)fd / DRILL_CLOSED_PAGE, bit = (uint32_t)fd % DRILL_CLOSED_PAGE;
    struct drill_closed_page *page = find(self, host, life, index);

    if (page == NULL && (page = add(self, host, life, index)) == NULL)
        return;
    page->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

bool drill_closed_has(const struct drill_closed *self, uint32_t host, uint32_t life, int fd)
{
    const uint32_t index = (uint32_t)fd / DRILL_CLOSED_PAGE, bit = (uint32_t)fd % DRILL_CLOSED_PAGE;
    const struct drill_closed_page *page = find(self, host, life, index);

    return page != NULL && (page->bits[bit / 64] >> bit % 64 & 1) != 0;
}
