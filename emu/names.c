#include "emu/names.h"

#include <errno.h>

void drill_names_init(struct drill_names *self, struct drill_mem *mem)
{
    *self = (struct drill_names){.mem = mem};
}

static void free_name(struct drill_names *self, struct drill_name *name)
{
    struct drill_mem *mem = self->mem;

    HASH_DEL(self->table, name);
    drill_mem_free(mem, name->text, strlen(name->text) + 1);
    drill_mem_free(mem, name, sizeof *name);
}

void drill_names_fini(struct drill_names *self)
{
    while (self->table != NULL)
        free_name(self, self->table);
}

static struct drill_name *find(const struct drill_names *self, const char *text)
{
    struct drill_name *found;

    HASH_FIND(hh, self->table, text, strlen(text), found);
    return found;
}

const struct drill_name *drill_names_find(const struct drill_names *self, const char *text)
{
    return find(self, text);
}

static struct drill_name *need(struct drill_names *self, const char *text)
{
    struct drill_mem *mem = self->mem;
    struct drill_name *name = find(self, text);

    if (name != NULL)
        return name;
    name = drill_mem_zeroed(mem, sizeof *name);
    if (name == NULL)
        return NULL;
    name->text = drill_mem_text(mem, text);
    if (name->text == NULL)
        goto no_text;
    HASH_ADD_KEYPTR(hh, self->table, name->text, strlen(name->text), name);
    if (drill_table_has(name))
        return name;
    drill_mem_free(mem, name->text, strlen(text) + 1);
no_text:
    drill_mem_free(mem, name, sizeof *name);
    return NULL;
}

int drill_names_add(struct drill_names *self, const char *text, const struct drill_addr *addr)
{
    struct drill_name *name = need(self, text);

    if (name == NULL)
        return -ENOMEM;
    if (name->count == DRILL_NAME_ADDRS)
        return -ENOSPC;
    name->addrs[name->count++] = *addr;
    return 0;
}

int drill_names_remove(struct drill_names *self, const char *text)
{
    struct drill_name *name = find(self, text);

    if (name == NULL)
        return -ENOENT;
    free_name(self, name);
    return 0;
}

int drill_names_fault(struct drill_names *self, const char *text, int64_t delay_ns, int error)
{
    struct drill_name *name = need(self, text);

    if (name == NULL)
        return -ENOMEM;
    name->delay_ns = delay_ns;
    name->error = error;
    return 0;
}
