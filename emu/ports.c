#include "emu/ports.h"

#include <assert.h>
#include <errno.h>

#include "emu/abi.h"

void drill_ports_init(struct drill_ports *self, struct drill_mem *mem)
{
    *self = (struct drill_ports){.mem = mem,
                                 .first_port = DRILL_PORTS_FIRST,
                                 .last_port = DRILL_PORTS_LAST,
                                 .next_port = DRILL_PORTS_FIRST};
}

static void drop_page(struct drill_ports *self, struct drill_port_page *page)
{
    struct drill_mem *mem = self->mem;
    struct drill_port_page **aside = &self->lookaside[page->key % DRILL_PORTS_LOOKASIDE];

    if (*aside == page)
        *aside = NULL;
    HASH_DEL(self->pages, page);
    drill_mem_free(mem, page, sizeof *page);
}

void drill_ports_fini(struct drill_ports *self)
{
    while (self->pages != NULL)
        drop_page(self, self->pages);
}

static struct drill_port_page *find_page(struct drill_ports *self, uint32_t key)
{
    struct drill_port_page **aside = &self->lookaside[key % DRILL_PORTS_LOOKASIDE];
    struct drill_port_page *page = *aside;

    if (page != NULL && page->key == key)
        return page;
    HASH_FIND(hh, self->pages, &key, sizeof key, page);
    if (page != NULL)
        *aside = page;
    return page;
}

static struct drill_port_page *make_page(struct drill_ports *self, uint32_t key)
{
    struct drill_mem *mem = self->mem;
    struct drill_port_page *page = drill_mem_zeroed(mem, sizeof *page);

    if (page == NULL)
        return NULL;
    page->key = key;
    HASH_ADD(hh, self->pages, key, sizeof key, page);
    if (drill_table_has(page))
        return page;
    drill_mem_free(mem, page, sizeof *page);
    return NULL;
}

static uint32_t key_of(uint8_t protocol, uint16_t port)
{
    return (uint32_t)protocol << 16 | port / DRILL_PORTS_PAGE;
}

int drill_ports_join(struct drill_ports *self, uint8_t protocol, uint16_t port,
                     struct drill_holder *holder, bool bound, bool child)
{
    const uint32_t key = key_of(protocol, port);
    struct drill_port_page *page = find_page(self, key);

    if (page == NULL && (page = make_page(self, key)) == NULL)
        return -ENOMEM;
    struct drill_port *place = &page->ports[port % DRILL_PORTS_PAGE];
    struct drill_holder **at = child && place->end != NULL ? place->end : &place->first;
    holder->next = *at;
    holder->prev = at;
    *(holder->next != NULL ? &holder->next->prev : &place->end) = &holder->next;
    *at = holder;
    place->bound += bound;
    page->used++;
    return 0;
}

void drill_ports_leave(struct drill_ports *self, uint8_t protocol, uint16_t port,
                       struct drill_holder *holder, bool bound)
{
    struct drill_port_page *page = find_page(self, key_of(protocol, port));

    assert(page != NULL && holder->prev != NULL);
    struct drill_port *place = &page->ports[port % DRILL_PORTS_PAGE];
    *holder->prev = holder->next;
    *(holder->next != NULL ? &holder->next->prev : &place->end) = holder->prev;
    holder->prev = NULL;
    place->bound -= bound;
    if (--page->used == 0)
        drop_page(self, page);
}

const struct drill_port *drill_ports_find(struct drill_ports *self, uint8_t protocol, uint16_t port)
{
    const struct drill_port_page *page = find_page(self, key_of(protocol, port));

    if (page == NULL || page->ports[port % DRILL_PORTS_PAGE].first == NULL)
        return NULL;
    return &page->ports[port % DRILL_PORTS_PAGE];
}

uint16_t drill_ports_last_for(struct drill_ports *self, uint64_t more)
{
    uint16_t last = (uint16_t)(self->first_port - 1);

    for (; last < self->last_port; last++) {
        const uint16_t port = (uint16_t)(last + 1);
        const bool is_free = drill_ports_find(self, DRILL_IPPROTO_TCP, port) == NULL &&
                             drill_ports_find(self, DRILL_IPPROTO_UDP, port) == NULL;
        if (is_free && more == 0)
            break;
        more -= is_free;
    }
    return last;
}
