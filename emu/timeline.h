/*
 * emu/timeline.h - what happens when: events by (time, sequence); the only clock of a world.
 *
 * An event is part of what it is about; its owner finds itself with a cast or container.  Owners
 * reserve their places when they are made, so putting an event on the line cannot fail.
 *
 *   Owns    the line, not the events: an owner removes its event before it dies.
 *   Errors  only drill_timeline_reserve can fail: -ENOMEM.
 *   Order   time, then the order in which they were set.
 */
#ifndef EMU_TIMELINE_H
#define EMU_TIMELINE_H

#include <stdbool.h>

#include "emu/mem.h"

struct drill_event {
    void (*run)(struct drill_event *self);
    int64_t when_ns;
    bool background; /* brings nothing new by itself: a run does not go on for its sake */
    uint32_t place;  /* its place in the heap, counted from 1; 0: not set */
};

struct drill_timeline_node {
    int64_t when_ns;
    uint64_t sequence;
    struct drill_event *event;
};

struct drill_timeline {
    struct drill_mem *mem;
    int64_t now_ns;
    uint64_t sequence;
    uint64_t ran; /* events so far */
    struct drill_timeline_node *heap;
    uint32_t count, reserved, capacity;
    uint32_t background; /* how many of them are background events */
};

void drill_timeline_init(struct drill_timeline *self, struct drill_mem *mem);
void drill_timeline_fini(struct drill_timeline *self);
int drill_timeline_reserve(struct drill_timeline *self, uint32_t count);
void drill_timeline_release(struct drill_timeline *self, uint32_t count);

/* Sets or moves an event; a time that has passed means now. */
void drill_timeline_set(struct drill_timeline *self, struct drill_event *event, int64_t when_ns);
/* Takes it off; one that is not set is passed over. */
void drill_timeline_cancel(struct drill_timeline *self, struct drill_event *event);
/* When the next one is due, or INT64_MAX. */
int64_t drill_timeline_next(const struct drill_timeline *self);
/* Moves the clock to the next event and runs it; false if there is none. */
bool drill_timeline_step(struct drill_timeline *self);

/* Says whether a run goes on for an event's sake, set or not. */
static inline void drill_timeline_mark(struct drill_timeline *self, struct drill_event *event,
                                       bool background)
{
    if (event->place != 0)
        self->background += (uint32_t)background - (uint32_t)event->background;
    event->background = background;
}

static inline bool drill_event_is_set(const struct drill_event *event)
{
    return event->place != 0;
}

#endif
