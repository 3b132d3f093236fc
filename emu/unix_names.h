/*
 * emu/unix_names.h - the names of a host's Unix sockets: paths and abstract names.
 *
 * There are no directories: a path is its text.  One path stands for one socket of any type; an
 * abstract name begins with a NUL, and each type of socket has its own.  A path stays when its
 * socket is gone, and even when its host has crashed, until it is unlinked; an abstract name goes
 * with its socket.
 *
 *   Owns    the names; a name lives as long as it is listed or a socket refers to it.
 *   Errors  -EADDRINUSE, -ENOMEM, -ENOSPC when all automatic names are taken.
 */
#ifndef EMU_UNIX_NAMES_H
#define EMU_UNIX_NAMES_H

#include "emu/host.h"

struct drill_unix;

struct drill_unix_name {
    UT_hash_handle hh;
    struct drill_unix *owner; /* NULL: its socket is gone */
    uint32_t refs;            /* one of them while it is listed */
    bool listed;
    uint8_t size; /* of the name, which begins at key[1] */
    char key[1 + 108];
};

/* How much of an address's name counts: a path ends at its first NUL. */
size_t drill_unix_names_size(const struct drill_sockaddr *addr);

/* The name of an address for sockets of a type, or NULL. */
struct drill_unix_name *drill_unix_names_find(struct drill_host *host, int type,
                                              const struct drill_sockaddr *addr);
/* Lists a name, with one reference for its owner. */
int drill_unix_names_add(struct drill_host *host, int type, const struct drill_sockaddr *addr,
                         struct drill_unix *owner, struct drill_unix_name **made);
/* Lists a name that nobody has: NUL and five hexadecimal digits. */
int drill_unix_names_add_automatic(struct drill_host *host, int type, struct drill_unix *owner,
                                   struct drill_unix_name **made);
/* Its owner is gone: an abstract name is free now, a path leads nowhere. */
void drill_unix_names_orphan(struct drill_host *host, struct drill_unix_name *name);
/* Drops a reference; NULL is passed over. */
void drill_unix_names_drop(struct drill_host *host, struct drill_unix_name *name);
/* Takes every name off the list. */
void drill_unix_names_fini(struct drill_host *host);

/* unlink(2): -EFAULT, -ENOENT, -ENAMETOOLONG. */
int drill_unix_names_unlink(struct drill_host *host, const char *path);

static inline bool drill_unix_names_is_path(const struct drill_sockaddr *addr)
{
    return addr->local.size > 0 && addr->local.name[0] != '\0';
}

/* The address a name stands for; NULL: unnamed. */
struct drill_sockaddr drill_unix_names_show(const struct drill_unix_name *name);

#endif
