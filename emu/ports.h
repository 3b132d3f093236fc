/*
 * emu/ports.h - which sockets of one host hold which local ports.
 *
 * uthash holds pages of 64 ports a protocol; a port leads to the list of its holders.
 * Bound sockets, those bound by connect, accepted ones and those in TIME_WAIT are all here, because
 * each can forbid a later bind.  Whether it does is for emu/bindings.h to say.
 *
 *   Owns    its pages.  Holders are borrowed: each leaves before it dies.
 *   Errors  -ENOMEM; a failed call changes nothing.
 *   Order   newest first; children, which accept made, behind all others: they are many, and no SYN
 *           is for them.
 */
#ifndef EMU_PORTS_H
#define EMU_PORTS_H

#include "emu/table.h"

enum {
    DRILL_PORTS_LOOKASIDE = 8,
    DRILL_PORTS_PAGE = 64,
    DRILL_PORTS_FIRST = 32768,
    DRILL_PORTS_LAST = 60999
};

/* Part of a socket: its place on its port. */
struct drill_holder {
    struct drill_holder *next, **prev; /* prev NULL: holds no port */
};

struct drill_port {
    struct drill_holder *first, **end; /* where the last one's next is; NULL: at first */
    uint32_t bound; /* how many were bound by bind(2), not by connect or accept */
};

struct drill_port_page {
    uint32_t key; /* protocol << 16 | port / 64 */
    uint32_t used;
    struct drill_port ports[DRILL_PORTS_PAGE];
    UT_hash_handle hh;
};

struct drill_ports {
    struct drill_mem *mem;
    struct drill_port_page *pages;
    struct drill_port_page *lookaside[DRILL_PORTS_LOOKASIDE]; /* pages asked for lately */
    uint16_t first_port, last_port;                           /* the ephemeral range */
    uint16_t next_port;                                       /* where the next search begins */
};

void drill_ports_init(struct drill_ports *self, struct drill_mem *mem);
void drill_ports_fini(struct drill_ports *self);

int drill_ports_join(struct drill_ports *self, uint8_t protocol, uint16_t port,
                     struct drill_holder *holder, bool bound, bool child);
void drill_ports_leave(struct drill_ports *self, uint8_t protocol, uint16_t port,
                       struct drill_holder *holder, bool bound);
/* A port with at least one holder, or NULL. */
/* A last ephemeral port that leaves room for so many more, of any protocol. */
uint16_t drill_ports_last_for(struct drill_ports *self, uint64_t more);
const struct drill_port *drill_ports_find(struct drill_ports *self, uint8_t protocol,
                                          uint16_t port);

#endif
