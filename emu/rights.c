#include "emu/rights.h"

#include <errno.h>
#include <string.h>

#include "emu/abi.h"

const struct drill_credentials drill_rights_own = {.pid = 1, .uid = 0, .gid = 0};

static bool is_rights(const struct drill_control *control)
{
    return control->level == DRILL_SOL_SOCKET && control->type == DRILL_SCM_RIGHTS;
}

static size_t count_files(const struct drill_args *args)
{
    struct drill_control control;
    size_t count = 0, at = 0;

    while (drill_control_next(args, &at, &control) > 0)
        if (is_rights(&control))
            count += control.size / sizeof(int32_t);
    return count;
}

static int add_files(struct drill_host *host, struct drill_passed *self,
                     const struct drill_control *control)
{
    const size_t count = control->size / sizeof(int32_t);

    if (count > DRILL_SCM_MAX_FD || (count > 0 && self->count + count > DRILL_SCM_MAX_FD))
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        int32_t fd;
        memcpy(&fd, (const char *)control->data + i * sizeof fd, sizeof fd);
        struct drill_file *file = fd < 0 ? NULL : drill_fds_find(&host->fds, fd);
        if (file == NULL)
            return -EBADF;
        self->files[self->count++] = drill_file_ref(file);
    }
    return 0;
}

static int check_credentials(const struct drill_control *control)
{
    if (control->size != sizeof drill_rights_own)
        return -EINVAL;
    return memcmp(control->data, &drill_rights_own, sizeof drill_rights_own) == 0 ? 0 : -EPERM;
}

static int take_one(struct drill_host *host, struct drill_passed *self,
                    const struct drill_control *control)
{
    if (control->level != DRILL_SOL_SOCKET)
        return 0;
    switch (control->type) {
    case DRILL_SCM_RIGHTS:
        return add_files(host, self, control);
    case DRILL_SCM_CREDENTIALS:
        return check_credentials(control);
    default:
        return -EINVAL;
    }
}

static size_t size_of(size_t room)
{
    return sizeof(struct drill_passed) + room * sizeof(struct drill_file *);
}

int drill_rights_take(struct drill_host *host, const struct drill_args *args,
                      struct drill_passed **taken)
{
    struct drill_control control;
    size_t at = 0;

    *taken = NULL;
    if (args->control_size == 0)
        return 0;
    const size_t named = count_files(args);
    const size_t room = named < DRILL_SCM_MAX_FD ? named : DRILL_SCM_MAX_FD;
    struct drill_passed *self = drill_mem_new(&host->sim->mem, size_of(room));
    if (self == NULL)
        return -ENOMEM;
    *self = (struct drill_passed){.room = (uint32_t)room};
    host->unix_passed++;
    int result = drill_control_next(args, &at, &control);
    while (result > 0) {
        result = take_one(host, self, &control);
        if (result == 0)
            result = drill_control_next(args, &at, &control);
    }
    if (result < 0 || self->count == 0)
        drill_rights_drop(host, self);
    else
        *taken = self;
    return result;
}

void drill_rights_give(struct drill_host *host, const struct drill_passed *self,
                       struct drill_args *args)
{
    const size_t room = drill_control_room(args);
    const size_t fit =
        room > DRILL_CONTROL_HEAD ? (room - DRILL_CONTROL_HEAD) / sizeof(int32_t) : 0;
    const bool close_on_exec = (args->flags & DRILL_MSG_CMSG_CLOEXEC) != 0;
    int32_t fds[DRILL_SCM_MAX_FD];
    uint32_t count = 0;

    for (; count < self->count && count < fit; count++) {
        fds[count] = drill_fds_add(&host->fds, self->files[count], 0, close_on_exec);
        if (fds[count] < 0)
            break;
        drill_file_ref(self->files[count]);
    }
    if (count < self->count)
        args->out_flags |= DRILL_MSG_CTRUNC;
    if (count > 0)
        drill_control_put(args, DRILL_SOL_SOCKET, DRILL_SCM_RIGHTS, fds, count * sizeof *fds);
}

static void fall(struct drill_host *host, struct drill_passed *self)
{
    for (uint32_t i = 0; i < self->count; i++)
        drill_file_drop(self->files[i]);
    host->unix_passed--;
    drill_mem_free(&host->sim->mem, self, size_of(self->room));
}

void drill_rights_drop(struct drill_host *host, struct drill_passed *self)
{
    if (self == NULL)
        return;
    self->next = host->unix_falling;
    host->unix_falling = self;
    if (host->unix_drops)
        return;
    host->unix_drops = true;
    while (host->unix_falling != NULL) {
        struct drill_passed *first = host->unix_falling;
        host->unix_falling = first->next;
        fall(host, first);
    }
    host->unix_drops = false;
}
