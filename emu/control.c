#include "emu/control.h"

#include <errno.h>
#include <string.h>

#include "emu/abi.h"

/* CMSG_FIRSTHDR, CMSG_NXTHDR and CMSG_OK: what is too short for a head is none. */
int drill_control_next(const struct drill_args *args, size_t *at, struct drill_control *found)
{
    const uint8_t *control = args->control;
    struct drill_control_head head;

    if (control == NULL && args->control_size > 0)
        return -EFAULT;
    if (*at > args->control_size || args->control_size - *at < sizeof head)
        return 0;
    memcpy(&head, control + *at, sizeof head);
    if (head.size < sizeof head || head.size > args->control_size - *at)
        return -EINVAL;
    *found = (struct drill_control){.level = head.level,
                                    .type = head.type,
                                    .data = control + *at + sizeof head,
                                    .size = (size_t)head.size - sizeof head};
    *at += drill_control_space(found->size);
    return 1;
}

void drill_control_put(struct drill_args *args, int level, int type, const void *data, size_t size)
{
    struct drill_control_head head = {.size = sizeof head + size, .level = level, .type = type};
    const size_t room = drill_control_room(args);

    if (room < sizeof head) {
        args->out_flags |= DRILL_MSG_CTRUNC;
        return;
    }
    if (head.size > room) {
        args->out_flags |= DRILL_MSG_CTRUNC;
        head.size = room;
    }
    uint8_t *place = (uint8_t *)args->control + args->control_used;
    memcpy(place, &head, sizeof head);
    if (head.size > sizeof head)
        memcpy(place + sizeof head, data, (size_t)head.size - sizeof head);
    const size_t space = drill_control_space(size);
    args->control_used += space < room ? space : room;
}
