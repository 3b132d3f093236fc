#include "emu/unix_names.h"

#include <errno.h>
#include <stdio.h>

#include "emu/abi.h"

enum { PATH = 0, AUTOMATIC_COUNT = 1 << 20, AUTOMATIC_DIGITS = 5 };
enum { PATH_MAX_SIZE = 4095, COMPONENT_MAX_SIZE = 255 };

size_t drill_unix_names_size(const struct drill_sockaddr *addr)
{
    if (!drill_unix_names_is_path(addr))
        return addr->local.size;
    const char *end = memchr(addr->local.name, '\0', addr->local.size);
    return end != NULL ? (size_t)(end - addr->local.name) : addr->local.size;
}

static size_t key_size(const struct drill_unix_name *name)
{
    return 1 + (size_t)name->size;
}

/* The first byte of a key tells paths from the abstract names of each type. */
static size_t write_key(char *key, int type, const struct drill_sockaddr *addr)
{
    const size_t size = drill_unix_names_size(addr);

    key[0] = (char)(drill_unix_names_is_path(addr) ? PATH : type);
    memcpy(key + 1, addr->local.name, size);
    return 1 + size;
}

static struct drill_unix_name *find_key(struct drill_host *host, const char *key, size_t size)
{
    struct drill_unix_name *name;

    HASH_FIND(hh, host->unix_names, key, size, name);
    return name;
}

struct drill_unix_name *drill_unix_names_find(struct drill_host *host, int type,
                                              const struct drill_sockaddr *addr)
{
    char key[sizeof((struct drill_unix_name *)0)->key];

    return find_key(host, key, write_key(key, type, addr));
}

int drill_unix_names_add(struct drill_host *host, int type, const struct drill_sockaddr *addr,
                         struct drill_unix *owner, struct drill_unix_name **made)
{
    struct drill_mem *mem = &host->sim->mem;

    if (drill_unix_names_find(host, type, addr) != NULL)
        return -EADDRINUSE;
    struct drill_unix_name *name = drill_mem_zeroed(mem, sizeof *name);
    if (name == NULL)
        return -ENOMEM;
    name->size = (uint8_t)(write_key(name->key, type, addr) - 1);
    name->owner = owner;
    name->refs = 2;
    name->listed = true;
    HASH_ADD(hh, host->unix_names, key, key_size(name), name);
    if (!drill_table_has(name)) {
        drill_mem_free(mem, name, sizeof *name);
        return -ENOMEM;
    }
    *made = name;
    return 0;
}

int drill_unix_names_add_automatic(struct drill_host *host, int type, struct drill_unix *owner,
                                   struct drill_unix_name **made)
{
    struct drill_sockaddr addr = {.family = DRILL_AF_UNIX, .local.size = 1 + AUTOMATIC_DIGITS};
    int result = -EADDRINUSE;

    for (int tries = 0; result == -EADDRINUSE && tries < AUTOMATIC_COUNT; tries++) {
        host->unix_autobind = (host->unix_autobind + 1) % AUTOMATIC_COUNT;
        snprintf(addr.local.name + 1, sizeof addr.local.name - 1, "%05x", host->unix_autobind);
        result = drill_unix_names_add(host, type, &addr, owner, made);
    }
    return result == -EADDRINUSE ? -ENOSPC : result;
}

static void unlist(struct drill_host *host, struct drill_unix_name *name)
{
    struct drill_mem *mem = &host->sim->mem;

    HASH_DEL(host->unix_names, name);
    name->listed = false;
    drill_unix_names_drop(host, name);
}

void drill_unix_names_orphan(struct drill_host *host, struct drill_unix_name *name)
{
    name->owner = NULL;
    if (name->listed && name->key[0] != PATH)
        unlist(host, name);
}

void drill_unix_names_drop(struct drill_host *host, struct drill_unix_name *name)
{
    if (name != NULL && --name->refs == 0)
        drill_mem_free(&host->sim->mem, name, sizeof *name);
}

void drill_unix_names_fini(struct drill_host *host)
{
    while (host->unix_names != NULL)
        unlist(host, host->unix_names);
}

static bool is_too_long(const char *path)
{
    size_t component = 0, size = 0;

    for (; path[size] != '\0'; size++) {
        component = path[size] == '/' ? 0 : component + 1;
        if (component > COMPONENT_MAX_SIZE || size >= PATH_MAX_SIZE)
            return true;
    }
    return false;
}

int drill_unix_names_unlink(struct drill_host *host, const char *path)
{
    struct drill_sockaddr addr = {.family = DRILL_AF_UNIX};

    if (path == NULL)
        return -EFAULT;
    if (is_too_long(path))
        return -ENAMETOOLONG;
    const size_t size = strlen(path);
    if (size == 0 || size > sizeof addr.local.name)
        return -ENOENT;
    memcpy(addr.local.name, path, size);
    addr.local.size = (uint8_t)size;
    struct drill_unix_name *name = drill_unix_names_find(host, PATH, &addr);
    if (name == NULL)
        return -ENOENT;
    unlist(host, name);
    return 0;
}

struct drill_sockaddr drill_unix_names_show(const struct drill_unix_name *name)
{
    struct drill_sockaddr addr = {.family = DRILL_AF_UNIX};

    if (name == NULL)
        return addr;
    addr.local.size = name->size;
    memcpy(addr.local.name, name->key + 1, name->size);
    return addr;
}
