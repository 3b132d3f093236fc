/*
 * emu/world.h - a world: one simulation, its tasks, its network and hosts, and the door to it.
 *
 *   Owns    everything in it; drill_world_fini frees it all and asserts that nothing is left.
 *   Errors  NULL or -ENOMEM when out of memory; messages for the author of a test go to the report.
 */
#ifndef EMU_WORLD_H
#define EMU_WORLD_H

#include "emu/call.h"
#include "emu/net.h"

struct drill_world {
    struct drill_sim sim;
    struct drill_tasks tasks;
    struct drill_net net;
    struct drill_door door;
    struct drill_action *actions; /* of drill_world_at, not yet run */
};

int drill_world_init(struct drill_world *self, uint64_t seed, uint64_t fail_allocation,
                     size_t stack_bytes, struct drill_reserve *reserve);
void drill_world_fini(struct drill_world *self);

/* As drill_run and drill_run_until of api/sockdrill.h. */
int drill_world_run(struct drill_world *self);
int drill_world_run_until(struct drill_world *self, int64_t when_ns);
int drill_world_step(struct drill_world *self);
/* Whether some task waits that is no service. */
bool drill_world_is_stalled(const struct drill_world *self);
int drill_world_at(struct drill_world *self, int64_t when_ns, void (*action)(void *context),
                   void *context);
/* Tells who waits for what, and all sockets. */
void drill_world_report_stall(struct drill_world *self);

struct drill_host *drill_world_add_host(struct drill_world *self, const char *name);
struct drill_host *drill_world_find_host(struct drill_world *self, const char *name);
struct drill_world *drill_world_of(const struct drill_host *host);
/* As drill_calm of api/sockdrill.h. */
void drill_world_calm(struct drill_world *self);

#endif
