/*
 * emu/args.h - what a call brings through the door and takes back.
 *
 * One shape for every call of every front end; a row of calls.def names the members it uses.
 *
 *   Owns    nothing: all pointers are the caller's.
 */
#ifndef EMU_ARGS_H
#define EMU_ARGS_H

#include <string.h>
#include <sys/types.h>

#include "emu/types.h"

struct drill_file;
struct drill_task;

struct drill_args {
    int fd;
    int flags;                         /* MSG_ flags, a socket's type, an epoll operation */
    int family, type, protocol;        /* of a new socket; level is in family, option in type */
    const struct drill_sockaddr *addr; /* in */
    struct drill_sockaddr *from;       /* out: the peer or source */
    struct drill_sockaddr *local;      /* out: the address a message came to */
    struct drill_iovec *parts;
    size_t part_count;
    size_t size; /* of all parts */
    size_t done; /* bytes moved so far: a blocking call goes on from here */
    void *control;
    size_t control_size; /* bytes of it that were given, or its room */
    size_t control_used; /* out: bytes of it that were filled */
    int out_flags;
    void *data; /* an option's value, descriptors to poll, events, a name */
    size_t *data_size;
    int64_t when_ns;    /* a deadline or duration */
    bool blocking;      /* the call may wait: -EAGAIN from the core means wait and come again */
    bool again;         /* the core is asked again after a wait */
    int waiting;        /* what a wait that runs out of time answers; 0: -EAGAIN */
    bool faulty;        /* a part to fill has no memory: -EFAULT once there is something */
    bool parts_missing; /* there was no message at all */
    struct drill_file *file;    /* of fd, set by the door */
    struct drill_file *wait_on; /* whose wake to wait for, beside that of file */
    struct drill_task *task;    /* who calls */
    int call;                   /* enum drill_call_id, set where somebody may look */
    int struck;                 /* the rule that has bent the call; 0: none */
};

/* For messages of several parts. */
void drill_args_give_parts(const struct drill_args *self, size_t offset, const void *from,
                           size_t size);
void drill_args_take_parts(const struct drill_args *self, size_t offset, void *to, size_t size);

/* Copies between a block and the parts, from byte `offset` of the parts on.  Where nothing is to be
 * copied there need not be memory. */
static inline void drill_args_give(const struct drill_args *self, size_t offset, const void *from,
                                   size_t size)
{
    if (self->part_count == 1 && size > 0)
        memcpy((char *)self->parts[0].base + offset, from, size);
    else
        drill_args_give_parts(self, offset, from, size);
}

static inline void drill_args_take(const struct drill_args *self, size_t offset, void *to,
                                   size_t size)
{
    if (self->part_count == 1 && size > 0)
        memcpy(to, (const char *)self->parts[0].base + offset, size);
    else
        drill_args_take_parts(self, offset, to, size);
}

#endif
