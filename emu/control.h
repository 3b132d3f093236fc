/*
 * emu/control.h - control data: messages laid out one behind the other as cmsg(3) has them.
 *
 * A message is a head (its length with the head, its level, its type) and data, and the next one
 * begins at a multiple of 8, as Linux lays them out for programs of 64 bits.
 *
 *   Owns    nothing.
 *   Errors  of what a program gives: -EFAULT without data, -EINVAL for a length that cannot be.
 */
#ifndef EMU_CONTROL_H
#define EMU_CONTROL_H

#include "emu/args.h"

/* struct cmsghdr */
struct drill_control_head {
    uint64_t size; /* of head and data */
    int32_t level, type;
};

enum { DRILL_CONTROL_HEAD = sizeof(struct drill_control_head) };

/* What size takes with the gap behind it: CMSG_SPACE. */
static inline size_t drill_control_space(size_t size)
{
    return DRILL_CONTROL_HEAD + (size + 7) / 8 * 8;
}

/* A message of the control data that was given to send: borrowed. */
struct drill_control {
    int level, type;
    const void *data;
    size_t size; /* of the data */
};

/* Finds the message at *at, at first 0, and moves *at behind it.  1; 0: there is no more. */
int drill_control_next(const struct drill_args *args, size_t *at, struct drill_control *found);

/* Bytes of control data for which recv's caller still has room. */
static inline size_t drill_control_room(const struct drill_args *args)
{
    return args->control != NULL ? args->control_size - args->control_used : 0;
}

/* Appends a message to what recv's caller gets.  What does not fit is cut or left out, and the
 * caller told by MSG_CTRUNC (put_cmsg). */
void drill_control_put(struct drill_args *args, int level, int type, const void *data, size_t size);

#endif
