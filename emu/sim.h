/*
 * emu/sim.h - what every part of one world shares: memory, time, decisions, the record.
 *
 * The running hash is always on: it takes in each call with its result and each packet that was
 * carried. The trace is off unless somebody listens; then every call, packet and verdict is one
 * line of text.
 *
 *   Owns    its parts.
 *   Errors  none.
 */
#ifndef EMU_SIM_H
#define EMU_SIM_H

#include <stdarg.h>

#include "emu/audit.h"
#include "emu/choice.h"
#include "emu/timeline.h"
#include "emu/types.h"

struct drill_faults;
struct drill_task;
struct drill_witness;

typedef void drill_sink(void *context, const char *line);

struct drill_packet;

struct drill_sim {
    struct drill_mem mem;
    struct drill_timeline timeline;
    struct drill_choices choices;
    uint64_t hash;
    drill_sink *trace; /* NULL: off */
    void *trace_context;
    drill_sink *report; /* messages for the author of the test */
    void *report_context;
    void (*settle)(struct drill_sim *self, void *context); /* before time moves, if ... */
    void *settle_context;
    bool unsettled;       /* ... something is still to be done in this instant */
    bool watched;         /* a call must take the long way: somebody looks, or a rule may strike */
    bool only_ruled;      /* watched for the sake of rules about calls alone */
    uint32_t fault_rules; /* kinds of rules about calls */
    bool packet_rules;    /* some rule is about packets: each is shown to it, made or not */
    /* What rules say of tasks; NULL: there are none.  Whether who is ready runs in any order,
     * though `next` would; and until when a wait for a time lasts. */
    bool (*shuffles)(struct drill_sim *self, const struct drill_task *next);
    int64_t (*late)(struct drill_sim *self, const struct drill_task *task, int64_t when_ns);
    struct drill_faults *faults;
    const struct drill_packet *carrying; /* while it is: what choices are about */
    uint32_t sockets;                    /* numbers given to sockets so far */
    uint64_t conns;                      /* and to connections */
    uint64_t calls, packets, dropped, retransmitted;
    struct drill_witness *witness; /* looks at every call; NULL: nobody does */
    struct drill_audit audit;      /* of streams, on its behalf */
    uint64_t unmodelled;           /* uses of what is only stored or answered ENOPROTOOPT */
};

void drill_sim_init(struct drill_sim *self, uint64_t seed, uint64_t fail_allocation);
void drill_sim_fini(struct drill_sim *self);
void drill_sim_trace_to(struct drill_sim *self, drill_sink *trace, void *context);

/* After any of what lets it look has changed: must calls take the long way? */
void drill_sim_watch(struct drill_sim *self);

/* One line of the trace, with its time in front; only call it when self->trace is set. */
void drill_sim_trace(struct drill_sim *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One line for the author of the test. */
void drill_sim_report(struct drill_sim *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether somebody looks at every packet, so that those that cross at once must be made, too. */
static inline bool drill_sim_shows_packets(const struct drill_sim *self)
{
    return self->trace != NULL || self->packet_rules;
}

static inline int64_t drill_sim_now(const struct drill_sim *self)
{
    return self->timeline.now_ns;
}

static inline void drill_sim_record(struct drill_sim *self, uint64_t what, uint64_t value)
{
    self->hash = ((self->hash ^ what) + value) * UINT64_C(0x9e3779b97f4a7c15);
    self->hash ^= self->hash >> 29;
}

#endif
