#include "emu/unix.h"

static struct drill_unix *socket_of(struct drill_file *file)
{
    return drill_unix_is(file) ? drill_unix_of(file) : NULL;
}

/* How many references to each socket lie in queues. */
static void count_passed(struct drill_host *host)
{
    for (struct drill_unix *self = host->unix_sockets; self != NULL; self = self->next) {
        self->found = 0;
        self->socket.flags &= (uint8_t)~DRILL_UNIX_REACHED;
    }
    for (struct drill_unix *self = host->unix_sockets; self != NULL; self = self->next)
        for (struct drill_unix_message *each = self->first; each != NULL; each = each->next)
            for (uint32_t i = 0; each->passed != NULL && i < each->passed->count; i++) {
                struct drill_unix *passed = socket_of(each->passed->files[i]);
                if (passed != NULL)
                    passed->found++;
            }
}

static void reach(struct drill_unix *self, struct drill_unix **reached)
{
    if ((self->socket.flags & DRILL_UNIX_REACHED) != 0)
        return;
    self->socket.flags |= DRILL_UNIX_REACHED;
    self->next_reached = *reached;
    *reached = self;
}

/* From a socket that can be used go its files in flight, and who waits to be accepted. */
static void reach_from(struct drill_unix *self, struct drill_unix **reached)
{
    for (struct drill_unix *child = self->first_child; child != NULL; child = child->next_child)
        reach(child, reached);
    for (struct drill_unix_message *each = self->first; each != NULL; each = each->next)
        for (uint32_t i = 0; each->passed != NULL && i < each->passed->count; i++) {
            struct drill_unix *passed = socket_of(each->passed->files[i]);
            if (passed != NULL)
                reach(passed, reached);
        }
}

/* What is used from outside has more references than lie in queues. */
static void reach_all(struct drill_host *host)
{
    struct drill_unix *reached = NULL;

    for (struct drill_unix *self = host->unix_sockets; self != NULL; self = self->next)
        if ((self->socket.flags & DRILL_UNIX_EMBRYO) == 0 && self->socket.file.refs > self->found)
            reach(self, &reached);
    while (reached != NULL) {
        struct drill_unix *self = reached;
        reached = self->next_reached;
        reach_from(self, &reached);
    }
}

/* All is taken out before any of it is dropped, since what is dropped takes sockets with it. */
static struct drill_passed *take_unreached(struct drill_host *host)
{
    struct drill_passed *taken = NULL;

    for (struct drill_unix *self = host->unix_sockets; self != NULL; self = self->next) {
        if ((self->socket.flags & DRILL_UNIX_REACHED) != 0)
            continue;
        for (struct drill_unix_message *each = self->first; each != NULL; each = each->next)
            if (each->passed != NULL) {
                each->passed->next = taken;
                taken = each->passed;
                each->passed = NULL;
            }
    }
    return taken;
}

void drill_unix_collect(struct drill_host *host)
{
    if (host->unix_drops)
        return;
    count_passed(host);
    reach_all(host);
    struct drill_passed *taken = take_unreached(host);
    while (taken != NULL) {
        struct drill_passed *first = taken;
        taken = first->next;
        drill_rights_drop(host, first);
    }
}

void drill_unix_crash(struct drill_host *host)
{
    for (struct drill_unix *self = host->unix_sockets; self != NULL; self = self->next)
        for (struct drill_unix_message *each = self->first; each != NULL; each = each->next)
            for (uint32_t i = 0; each->passed != NULL && i < each->passed->count; i++)
                each->passed->files[i]->crashed = true;
}
