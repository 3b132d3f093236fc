/*
 * emu/fault.h - rules that bend the answer of a call: which call, where, when, how often.
 *
 * The door asks before it runs a call, and only while there are rules.  The first rule whose
 * verdict falls wins.
 *
 *   Owns    its rules.
 *   Errors  -EINVAL for a rule that can never strike, -ENOMEM.
 *   Order   rules are asked in the order in which they were added.
 */
#ifndef EMU_FAULT_H
#define EMU_FAULT_H

#include "emu/host.h"

/* The calls, by name: DRILL_CALL_recv ... */
enum drill_call_id {
#define CALL(name, ...) DRILL_CALL_##name,
#include "emu/calls.def"
#undef CALL
    DRILL_CALLS
};

enum drill_fault_what {
#define FAULT(name, ...) DRILL_FAULT_##name,
#include "emu/faults.def"
#undef FAULT
    DRILL_FAULTS
};

struct drill_rule {
    struct drill_rule *next;
    int id;
    int what;                      /* enum drill_fault_what */
    int call;                      /* enum drill_call_id; -1: every one the fault makes sense for */
    const struct drill_host *host; /* NULL: any */
    int error;
    uint64_t bytes;
    uint32_t ppm;         /* 0: every call */
    uint64_t skip, count; /* matching calls let through first; how often it strikes, 0: always */
    uint64_t seen, hits;
};

struct drill_faults {
    struct drill_sim *sim;
    struct drill_rule *first;
    int ids;
};

void drill_faults_init(struct drill_faults *self, struct drill_sim *sim);
void drill_faults_fini(struct drill_faults *self);
/* Adds a copy of `rule`; its id, from 1. */
int drill_faults_add(struct drill_faults *self, const struct drill_rule *rule);
int drill_faults_remove(struct drill_faults *self, int id);
int64_t drill_faults_hits(const struct drill_faults *self, int id);
/* The fault, or the call, of a name; -1: there is none. */
int drill_faults_find(const char *name);
int drill_faults_find_call(const char *name);
const char *drill_faults_name(const struct drill_rule *rule);

/*
 * What becomes of a call before it runs: 0 goes on, perhaps with fewer bytes asked for; a negative
 * errno is its answer.  The rule that struck goes to `struck`, or NULL.
 */
int drill_faults_before(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args, const struct drill_rule **struck);

#endif
