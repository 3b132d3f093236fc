/*
 * emu/net.h - what joins hosts: addresses, directed links, and the one function that carries
 * packets.
 *
 * A packet is a descriptor: TCP data stays in its pipe.  On a calm link it is delivered within the
 * same call and needs no memory; otherwise a copy waits on the timeline.  A packet that is lost,
 * and one for which there is no memory, is gone: protocols live with that.
 *
 *   Owns    links, the table of addresses, and packets under way.
 *   Errors  -ENOMEM, -EADDRINUSE.
 *   Order   packets of a link arrive in the order sent unless its reorder, duplicate or a hook says
 *           otherwise.
 */
#ifndef EMU_NET_H
#define EMU_NET_H

#include "emu/host.h"
#include "emu/names.h"

struct drill_conn;
struct drill_dgram;
struct drill_rule;

struct drill_path;

struct drill_packet {
    struct drill_event event;
    struct drill_packet *next, *prev; /* under way on the same link */
    struct drill_path *path;          /* NULL: nobody has the address */
    struct drill_host *sender;
    void (*deliver)(struct drill_packet *self);
    void (*discard)(struct drill_packet *self); /* lost, or done with: drop what it refers to */
    void (*keep)(struct drill_packet *self);    /* copied: refer once more */
    void (*address)(struct drill_packet *self); /* fills source and target; NULL: they are there */
    uint64_t number;
    enum drill_packet_kind kind;
    uint8_t side;  /* of TCP: which end sent it */
    bool damaged;  /* a bit has flipped */
    bool asks;     /* of TCP: wants an answer though it brings nothing */
    uint32_t size; /* bytes of payload */
    struct drill_addr source, target;
    struct drill_conn *conn;   /* TCP: the connection */
    struct drill_dgram *dgram; /* else: the message */
    const void *data;          /* its payload, for hooks */
    uint64_t offset, ack,
        edge;          /* TCP: the first byte's place; what is expected; what may be sent */
    const char *cause; /* why it was sent: the provenance of errors */
};

struct drill_path {
    struct {
        uint32_t from, to;
    } key;
    UT_hash_handle hh;
    struct drill_host *from, *to;
    struct {
        struct drill_link link;
        bool cut, held;
    } base;                 /* as the test has said */
    struct drill_link link; /* this and the next two: what rules that act make of the base */
    bool cut;               /* partition */
    bool held;              /* what is sent waits until it is released */
    const char *cut_by;     /* the rule that has cut it; NULL: the test has */
    bool calm;              /* nothing can happen to a packet: see drill_net_refresh_path */
    bool plain;             /* nothing but its delay can */
    uint32_t id;
    int64_t free_ns; /* when the wire has sent all that it was given */
    int64_t last_ns; /* when the last packet arrives: later ones are not earlier */
    struct drill_packet *under_way, *newest; /* in order of sending */
};

/* What a rule adds to what the link decides. */
struct drill_bent {
    int64_t late_ns;       /* so much later */
    int64_t not_before_ns; /* it waits behind an earlier one */
    int64_t *order;        /* later ones wait behind it: noted here is when it arrives */
    int64_t again_ns;      /* and so much later once more; 0: not */
};

struct drill_net_addr {
    struct drill_addr addr;
    struct drill_host *host;
    UT_hash_handle hh;
};

struct drill_net {
    struct drill_sim *sim;
    struct drill_host *hosts, *newest;
    uint32_t host_count;
    struct drill_net_addr *addrs;
    struct drill_path *paths;
    struct drill_names names;
    struct drill_conn *superseded;                  /* likewise, the newest first */
    struct drill_conn *conns;                       /* of emu/tcp_conn.c: by four-tuple */
    struct drill_tcp *leaving_first, *leaving_last; /* of emu/tcp_timer.c: the next to go first */
    struct drill_event leaving;
    struct drill_flow *owing; /* of emu/tcp_output.c: who owes an acknowledgement */
    drill_packet_hook *hook;
    void *hook_context;
    /* The rule that falls on a packet, or NULL; and what becomes of the packet then: true when it
     * is dealt with, false when the link decides, and what it decides is bent. */
    struct drill_rule *(*ask)(struct drill_net *self, struct drill_packet *packet);
    bool (*bend)(struct drill_net *self, struct drill_packet *packet, struct drill_rule *rule,
                 struct drill_bent *bent);
    uint32_t addr_changes; /* how often a host has lost its addresses, or has them again */
    uint32_t silenced;     /* connections of which no packet arrives */
    struct drill_faults *faults;
    /* What rules that act make of a link whose state is the base; or NULL. */
    void (*overlay)(struct drill_net *self, struct drill_path *path);
};

extern const char *const drill_packet_kind_names[DRILL_PACKET_KINDS];

/* -ENOMEM: nothing was made. */
int drill_net_init(struct drill_net *self, struct drill_sim *sim);
/* Throws away what is under way, then the links and addresses; hosts are their world's. */
void drill_net_fini(struct drill_net *self);
void drill_net_drop_all(struct drill_net *self);

/* The host that has an address, seen from `from` (loopback is its own), or NULL. */
struct drill_host *drill_net_find(struct drill_net *self, struct drill_host *from,
                                  const struct drill_addr *addr);
int drill_net_add_addr(struct drill_net *self, struct drill_host *host,
                       const struct drill_addr *addr);
/* The link from one host to another, made calm at the first use; NULL: out of memory. */
struct drill_path *drill_net_path(struct drill_net *self, struct drill_host *from,
                                  struct drill_host *to);
/* The base of a link. */
void drill_net_set_link(struct drill_path *path, const struct drill_link *link);
void drill_net_cut(struct drill_path *path, bool cut);
void drill_net_hold(struct drill_path *path, bool held);
/* All links are calm, cut by nobody and held by nobody, but for what rules say. */
void drill_net_calm(struct drill_net *self);
/* After rules that act have changed: what they make of every link.  `cause`: which, or NULL. */
void drill_net_shape(struct drill_net *self, const char *cause);
/* net_carry.c: what a link has held back goes on. */
void drill_net_let_go(struct drill_path *path);
/* After anything has changed that a link's flags depend on. */
void drill_net_refresh_path(struct drill_path *path);
/* After a host went up or down: which links are calm. */
void drill_net_refresh(struct drill_net *self);
void drill_net_set_hook(struct drill_net *self, drill_packet_hook *hook, void *context);
/* What the largest packet of a link is: its mtu, or that of its kind. */
uint32_t drill_net_mtu(const struct drill_path *path);

/* Notes packets that have crossed a calm link at once, without a struct each: they count all the
 * same, and the hash is that of a run that is traced. */
void drill_net_note(struct drill_net *self, int count);

/*
 * Carries a packet over packet->path.  The struct is the caller's and is copied if the packet has
 * to wait; what it refers to is taken over: it is delivered or under way when this returns, or
 * lost, and then discarded.
 */
void drill_net_send(struct drill_packet *packet);

/* For who must know beforehand: the rule that falls on a packet if it is sent now, or NULL; and the
 * packet is sent, without asking once more. */
struct drill_rule *drill_net_ask(struct drill_packet *packet);
void drill_net_send_struck(struct drill_packet *packet, struct drill_rule *rule);

/* For rules: the packet is lost, and a line of the trace about it. */
void drill_net_lose(struct drill_packet *packet, const char *why);
void drill_net_tell(struct drill_packet *packet, const char *verdict, const char *why);
/* The packet goes with another one that is under way. */
void drill_net_join(struct drill_packet *packet, struct drill_packet *other);
/* Its bytes on the wire. */
uint32_t drill_net_wire_bytes(struct drill_packet *packet);

#endif
