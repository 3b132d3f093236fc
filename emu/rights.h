/*
 * emu/rights.h - what crosses a Unix socket beside bytes: open files and credentials (unix(7)).
 *
 * Files in flight are references, so they stay open until they are received or dropped; a block of
 * them belongs to one message.  Dropping files may close sockets that have files in flight again,
 * and so on: the blocks then wait in the host and fall one after the other, not in each other.
 *
 * Every host has one user, root, and one process, 1: a program that claims to be somebody else gets
 * -EPERM, as one without privileges does on Linux.
 *
 *   Owns    a block, one reference to each of its files.
 *   Errors  -EINVAL, -EBADF, -EPERM, -EFAULT, -ENOMEM of drill_rights_take, as sendmsg(2); then
 *           nothing was taken.
 *   Order   descriptors are received in the order in which they were sent.
 */
#ifndef EMU_RIGHTS_H
#define EMU_RIGHTS_H

#include "emu/control.h"
#include "emu/host.h"

struct drill_passed {
    struct drill_passed *next; /* of those that fall */
    uint32_t room, count;
    struct drill_file *files[];
};

/* struct ucred */
struct drill_credentials {
    int32_t pid;
    uint32_t uid, gid;
};

extern const struct drill_credentials drill_rights_own;

/* Takes references to the files that the control data of a send names; *taken is NULL for none. */
int drill_rights_take(struct drill_host *host, const struct drill_args *args,
                      struct drill_passed **taken);
/* Gives a receiver descriptors of the files, as many as there is room and numbers for, and tells it
 * of the others by MSG_CTRUNC.  The block is as before: peeking gives them more than once. */
void drill_rights_give(struct drill_host *host, const struct drill_passed *self,
                       struct drill_args *args);
/* Drops the files and the block; NULL is passed over. */
void drill_rights_drop(struct drill_host *host, struct drill_passed *self);

#endif
