#include "emu/file.h"

#include <assert.h>

#include "emu/abi.h"

void drill_file_drop(struct drill_file *self)
{
    assert(self->refs > 0);
    if (--self->refs > 0)
        return;
    while (self->listeners != NULL)
        self->listeners->wake(self->listeners, DRILL_WAKE_GONE);
    self->ops->close(self);
}

void drill_file_listen(struct drill_file *self, struct drill_listener *listener)
{
    listener->file = self;
    if (self->listeners == NULL) {
        self->listeners = listener->next = listener->prev = listener;
        return;
    }
    listener->next = self->listeners;
    listener->prev = self->listeners->prev;
    listener->prev->next = listener;
    listener->next->prev = listener;
}

void drill_file_unlisten(struct drill_listener *listener)
{
    struct drill_file *file = listener->file;

    if (file == NULL)
        return;
    listener->file = NULL;
    if (listener->next == listener) {
        file->listeners = NULL;
        return;
    }
    listener->next->prev = listener->prev;
    listener->prev->next = listener->next;
    if (file->listeners == listener)
        file->listeners = listener->next;
}

/* A listener's wake only notes that it was woken: it neither runs the program nor leaves the ring,
 * so the ring stands still while it is walked. */
void drill_file_wake_all(struct drill_file *self, uint32_t bits)
{
    struct drill_listener *each = self->listeners;

    do {
        if (each->bits & bits)
            each->wake(each, bits);
        each = each->next;
    } while (each != self->listeners);
}
