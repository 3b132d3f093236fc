/*
 * emu/host.h - a machine: its addresses, descriptors, ports, names and clock, up or down.
 *
 *   Owns    its descriptors and tables.  It lives as long as its world; a crash empties it.
 *   Errors  -ENOMEM, -ENOSPC when it has DRILL_HOST_ADDRS addresses.
 */
#ifndef EMU_HOST_H
#define EMU_HOST_H

#include "emu/addr.h"
#include "emu/fds.h"
#include "emu/ports.h"
#include "emu/sim.h"
#include "emu/task.h"

enum { DRILL_HOST_ADDRS = 32, DRILL_INTERFACE_LOOPBACK = 1, DRILL_INTERFACE_NET = 2 };

/* What the wall clock of a new host reads at time 0: 2000-01-01T00:00:00Z. */
#define DRILL_HOST_EPOCH_NS (INT64_C(946684800) * DRILL_SECOND)

struct drill_net;
struct drill_unix;
struct drill_unix_name;
struct drill_passed;
struct drill_raw;
struct drill_member;

/* How much its programs may have. */
struct drill_limits {
    uint32_t descriptors; /* RLIMIT_NOFILE */
    uint16_t port_first, port_last;
    bool abort_on_overflow; /* sysctl tcp_abort_on_overflow */
};

struct drill_boot {
    struct drill_boot *next;
    char *name;
    int64_t (*run)(void *);
    void *argument;
};

struct drill_host {
    struct drill_sim *sim;
    struct drill_net *net;
    struct drill_tasks *tasks;
    struct drill_host *next; /* in order of birth */
    uint32_t id;             /* from 1 */
    char *name;
    struct drill_addr addrs[DRILL_HOST_ADDRS];
    uint32_t addr_count;
    uint32_t addressless; /* how many rules have taken its addresses; loopback stays */
    bool up;
    bool killed;              /* its programs were, and have not started again */
    bool paused;              /* as the test has said ... */
    uint32_t pauses;          /* ... and by how many rules */
    struct drill_event falls; /* set: it is coming down, and is emptied at the end of the instant */
    uint32_t life;            /* how often it has started */
    struct drill_limits own_limits; /* as they were when the world began to run */
    struct drill_limits limits;     /* as the test has said; what rules make of it: fds and ports */
    struct drill_fds fds;
    struct drill_ports ports;
    struct drill_unix_name *unix_names; /* paths and abstract names */
    uint32_t unix_autobind;             /* the last automatic name */
    struct drill_unix *unix_sockets;    /* all that are open */
    struct drill_passed *unix_falling;  /* files in flight that are being dropped */
    uint64_t unix_passed;               /* blocks of files in flight */
    bool unix_drops;                    /* somebody further down this stack drops them */
    struct drill_raw *raws;             /* of emu/raw.c: every raw socket, in order of birth */
    struct drill_member *members; /* of emu/multicast.c: who is in which group, newest first */
    struct drill_boot *boots;
    int64_t wall_ns;       /* what the wall clock read when it was last set ... */
    int64_t wall_since_ns; /* ... at this time */
    int32_t wall_drift_ppm;
    int32_t drift_ppm; /* as the test has said; rules add to it */
};

/* Those that a new host has. */
extern const struct drill_limits drill_limits_default;

int drill_host_init(struct drill_host *self, struct drill_net *net, struct drill_sim *sim,
                    const char *name);
void drill_host_fini(struct drill_host *self);
/* Notes what is to run at each start. */
int drill_host_boot(struct drill_host *self, const char *name, int64_t (*run)(void *),
                    void *argument);

/* How many addresses it has now. */
static inline uint32_t drill_host_addr_count(const struct drill_host *self)
{
    return self->addressless > 0 ? 0 : self->addr_count;
}
/* Whether `addr` is one of its own, loopback included. */
bool drill_host_has(const struct drill_host *self, const struct drill_addr *addr);
/* The address it uses towards `remote`: loopback, or its first of the same family; NULL: none. */
const struct drill_addr *drill_host_source(const struct drill_host *self,
                                           const struct drill_addr *remote);
int64_t drill_host_wall(const struct drill_host *self);
void drill_host_set_wall(struct drill_host *self, int64_t wall_ns, int32_t drift_ppm);
/* The interface an address belongs to: 1 loopback, 2 the first network; 0: none. */
uint32_t drill_host_interface(const struct drill_host *self, const struct drill_addr *addr);
/* The interface whose broadcast address this is; 0: none.  Networks of IPv4 are taken for /24. */
uint32_t drill_host_broadcast(const struct drill_host *self, const struct drill_addr *addr);
/* The address it uses on an interface for packets to `remote`, which may be multicast; NULL: none.
 */
const struct drill_addr *drill_host_source_on(const struct drill_host *self, uint32_t interface,
                                              const struct drill_addr *remote);

#endif
