/*
 * emu/fault.h - rules: what may befall a run, where, and when.
 *
 * A rule is a struct drill_fault whose names have been looked up.  Who could be struck asks: the
 * door before and after a call, the carrier for each packet, poll and epoll for readiness, whoever
 * waits for a time.  What befalls hosts and links is set off by the clock, or by a call or packet
 * that matches.
 *
 *   fault.c        rules
 *   fault_text.c   a rule as a line of text
 *   fault_make.c   a rule from a struct: names are looked up, and it is checked
 *   fault_where.c  whether a rule is about this call or packet
 *   fault_when.c   whether its turn has come
 *   fault_swarm.c  which families of faults a run has, and rules for all
 *   fault_legal.c  which errnos Linux gives when
 *   fault_call.c   what becomes of a call
 *   fault_packet.c what becomes of a packet; fault_segment.c of one of a stream,
 *                  fault_dgram.c of a datagram; fault_damage.c which bits flip
 *   fault_ready.c  what is told of readiness
 *   fault_wait.c   whether a call that waits is interrupted
 *   fault_task.c   who runs next, and who is woken late
 *   fault_act.c    who is befallen by what befalls links, hosts, clocks and limits, which is done
 *                  in fault_links.c, fault_hosts.c, fault_clocks.c and fault_limits.c
 *
 *   Owns    its rules, and what they remember of each connection.
 *   Errors  -EINVAL for a rule that can never strike, with a message on the report; -ENOMEM.
 *   Order   rules are asked in the order in which they were added, and the first that falls wins.
 *           A rule that is off is asked nothing, and draws nothing.
 */
#ifndef EMU_FAULT_H
#define EMU_FAULT_H

#include "emu/net.h"

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

enum drill_fault_place {
    DRILL_PLACE_CALL,
    DRILL_PLACE_READS,
    DRILL_PLACE_WRITES,
    DRILL_PLACE_MOVES,
    DRILL_PLACE_WAITS,
    DRILL_PLACE_ACCEPT,
    DRILL_PLACE_RESOLVE,
    DRILL_PLACE_OPENS,
    DRILL_PLACE_READY,
    DRILL_PLACE_EPOLL,
    DRILL_PLACE_TIMER,
    DRILL_PLACE_TASK,
    DRILL_PLACE_PACKET,
    DRILL_PLACE_SEGMENT,
    DRILL_PLACE_SYN,
    DRILL_PLACE_DATAGRAM,
    DRILL_PLACE_LINK,
    DRILL_PLACE_HOST,
    DRILL_PLACE_CLOCK,
    DRILL_PLACE_RESOURCE,
};

enum drill_fault_parameter {
    DRILL_TAKES_NOTHING,
    DRILL_TAKES_ERROR,
    DRILL_TAKES_BYTES,
    DRILL_TAKES_DELAY,
    DRILL_TAKES_RATE,
    DRILL_TAKES_NUMBER,
    DRILL_TAKES_DRIFT,
    DRILL_TAKES_ADDRESS,
    DRILL_TAKES_CHANCES,
};

struct drill_fault_row {
    const char *name;
    enum drill_fault_place place;
    enum drill_fault_parameter parameter;
    const char *family;
    bool hostile;
    const char *standard; /* the rule that stands for it; "": none */
    const char *text;
};

extern const struct drill_fault_row drill_fault_rows[DRILL_FAULTS];

/* Who asks. */
enum drill_rule_group {
    DRILL_RULES_CALL,  /* the door, before a call runs and after */
    DRILL_RULES_WAIT,  /* a call that is about to wait */
    DRILL_RULES_READY, /* poll and epoll_wait */
    DRILL_RULES_TIMER,
    DRILL_RULES_TASK,
    DRILL_RULES_PACKET,
    DRILL_RULES_ACT, /* nobody: the clock, or a call or packet that matches, sets it off */
    DRILL_RULE_GROUPS
};

/* What a rule remembers: of all connections together, or of each. */
struct drill_rule_state {
    uint64_t seen;   /* places that matched */
    uint64_t fallen; /* how often it struck */
    uint64_t burst;  /* so many more in a row */
    uint64_t value;  /* of the fault itself */
    int64_t at_ns;   /* likewise */
};

struct drill_rule_flow {
    uint64_t flow;
    struct drill_rule_state state;
    UT_hash_handle hh;
};

struct drill_rule {
    struct drill_rule *next;       /* all of them, in order */
    struct drill_rule *group_next; /* of one group */
    struct drill_faults *faults;
    struct drill_fault fault; /* as it was given; its texts lie below */
    int id;
    enum drill_fault_what what;
    enum drill_rule_group group;
    char name[48];  /* its label, or what#n */
    char cause[56]; /* "fault NAME": what traces call it */
    uint32_t site;  /* of its choices: made of the name, so other rules shift nothing */
    int call;       /* enum drill_call_id; -1: every one it makes sense for */
    int kind;       /* enum drill_packet_kind; -1: any */
    struct drill_host *host, *peer; /* NULL: any */
    struct drill_addr addr;         /* if fault.address */
    struct drill_addr as;           /* if fault.as */
    const struct drill_rule *after; /* NULL: at once */
    struct drill_rule_state state;
    struct drill_rule_flow *flows;
    uint64_t hits, turned;           /* it has struck; `turns` has come, in this act */
    struct drill_event begins, ends; /* of DRILL_RULES_ACT; ends: of window_closed, too */
    struct drill_event turns;        /* what changes by itself while it acts */
    bool is_due;                     /* something has set it off, and it begins now */
    bool acts;                       /* between begin and end */
    struct drill_host *befallen;     /* while it acts; NULL: no one host */
    char texts[256];
};

/* Calls of one descriptor that no rule can be about, so that the next one need not be looked at. */
struct drill_spared {
    uint32_t age, socket, task;
    int fd;
    uint64_t calls;
};

enum { DRILL_SPARED = 64 };

enum drill_family { DRILL_FAMILY_UNDECIDED, DRILL_FAMILY_ON, DRILL_FAMILY_OFF }; /* of a swarm */

struct drill_faults {
    struct drill_sim *sim;
    struct drill_net *net;
    struct drill_rule *first, **end;
    struct drill_rule *groups[DRILL_RULE_GROUPS];
    struct drill_rule *gone; /* removed, but what they have done is told of */
    int ids;
    uint32_t age;     /* changes with every rule */
    uint64_t strikes; /* of all rules */
    bool swarms;      /* families of faults are on or off: see drill_faults_swarm */
    enum drill_family families[DRILL_FAULTS]; /* at the first row of each */
    /* What befalls hosts and links begins, or ends: set by who knows them. */
    void (*act)(struct drill_rule *rule, bool begins);
    uint32_t due;     /* rules that something has set off, and that begin now */
    uint32_t failing; /* rules of the fault allocation that act ... */
    uint64_t fail_at; /* ... and which allocation fails without them */
    struct drill_spared spared[DRILL_SPARED];
};

void drill_faults_init(struct drill_faults *self, struct drill_sim *sim, struct drill_net *net);
void drill_faults_fini(struct drill_faults *self);
/* Adds a rule: its id, from 1. */
int drill_faults_add(struct drill_faults *self, const struct drill_fault *fault);
/* What it has begun ends. */
int drill_faults_remove(struct drill_faults *self, int id);
void drill_faults_remove_all(struct drill_faults *self);
/* No rule is asked any more; what has begun goes on. */
void drill_faults_rest(struct drill_faults *self);
struct drill_rule *drill_faults_rule(const struct drill_faults *self, int id);
struct drill_rule *drill_faults_named(const struct drill_faults *self, const char *name);
/* The fault, the call or the kind of packet of a name; -1: there is none. */
int drill_faults_find(const char *name);
int drill_faults_find_call(const char *name);
int drill_faults_find_kind(const char *name);
const char *drill_faults_call_name(int call);

/* fault_swarm.c */
/* From now on it is chosen, once for each family of faults, whether rules of it that strike by
 * chance are on: 0, calm, is off.  Others strike anyway: they are what a scenario is about. */
void drill_faults_swarm(struct drill_faults *self);
/* Whether a rule that is added takes part. */
bool drill_faults_lets(struct drill_faults *self, const struct drill_rule *rule);
/* Adds the standard rule of each row that has one, by the name of the row; of rows that Linux does
 * not do, with `hostile` only.  How many, or an error. */
int drill_faults_add_standard(struct drill_faults *self, bool hostile);

/* fault_when.c */
/* The delay that the rule gives, or the standard one. */
int64_t drill_rule_delay(const struct drill_rule *rule, int64_t standard_ns);
/* Whether a rule that is about this place strikes now.  `flow` tells connections apart; 0: none. */
bool drill_rule_falls(struct drill_rule *rule, uint64_t flow);
/* What it remembers of a connection; NULL: out of memory. */
struct drill_rule_state *drill_rule_state(struct drill_rule *rule, uint64_t flow);
/* The same if it remembers anything of it; else NULL. */
struct drill_rule_state *drill_rule_known(const struct drill_rule *rule, uint64_t flow);
/* Counts one more strike of a storm at this instant; false: out of memory. */
bool drill_rule_storms(struct drill_rule *rule, uint64_t flow);
/* Whether there were so many that it lets go, as rules never hang. */
bool drill_rule_has_stormed(const struct drill_rule *rule, uint64_t flow);
/* Whether it is its time; and whether it also has not yet struck as often as it may. */
bool drill_rule_is_on(const struct drill_rule *rule);
bool drill_rule_may_fall(const struct drill_rule *rule, uint64_t flow);
/* fault.c: sets off what befalls hosts and links, now and for as long as the rule says. */
void drill_rule_begin(struct drill_rule *rule);
/* The same to `host`, if the rule names none, once the packet that is under way, and the call that
 * sent it, are done: at the end of the call, or if none sent it, of the instant. */
void drill_rule_begin_soon(struct drill_rule *rule, struct drill_host *host);
void drill_faults_begin_due(struct drill_faults *self);
/* A rule has struck for the first time: what waits for that, and for nothing else, begins soon. */
void drill_faults_follow(const struct drill_rule *rule);
/* A choice of the rule: 0 .. count - 1. */
uint64_t drill_rule_pick(const struct drill_rule *rule, enum drill_choice_kind kind,
                         uint64_t count);

/* fault_make.c: fills a zeroed rule; -EINVAL, with a message, if it makes no sense. */
int drill_rule_make(struct drill_rule *rule, struct drill_faults *self,
                    const struct drill_fault *fault);

/* fault_text.c */
/* Reads `[LABEL:] WHAT [PARAMETER] [KEY VALUE]...`: 0, or -EINVAL with what was expected. */
int drill_fault_read(const char *text, struct drill_fault_line *line);

/* fault_where.c.  Whether the fault makes sense for a call. */
bool drill_fault_strikes(enum drill_fault_what what, enum drill_call_id call);
bool drill_rule_is_by_call(const struct drill_rule *rule); /* a certain one, or any of a task */
/* Whether the task it gives is this one: by its name, or by that of reports, HOST/NAME. */
bool drill_rule_names_task(const struct drill_rule *rule, const struct drill_task *task);
bool drill_rule_is_about_call(const struct drill_rule *rule, enum drill_call_id call,
                              const struct drill_host *host, const struct drill_args *args);
bool drill_rule_is_about_packet(const struct drill_rule *rule, const struct drill_packet *packet);
/* What tells a connection from others, for what a rule remembers. */
uint64_t drill_flow_of_file(struct drill_file *file);
uint64_t drill_flow_of_packet(const struct drill_packet *packet);
/* The same with the direction: of what is in order. */
uint64_t drill_flow_of_direction(const struct drill_packet *packet);

/* fault_legal.c: what a descriptor is, and its state, as bits of legal.def. */
struct drill_legal_place {
    uint8_t kind, state;
};
struct drill_legal_place drill_legal_place(const struct drill_file *file);
bool drill_legal_at(enum drill_call_id call, struct drill_legal_place place, int error,
                    bool hostile);
/* Whether Linux can give an errno for a call of this descriptor in its state (or, if
 * `hostile`, POSIX); _ever: in any state, of this call, or with -1 of any. */
bool drill_legal(enum drill_call_id call, const struct drill_file *file, int error, bool hostile);
bool drill_legal_ever(int call, int error, bool hostile);

/* fault_call.c.  What becomes of a call before it runs: DRILL_GOES_ON, perhaps with fewer bytes
 * asked for, or its answer.  The rule that struck goes to args->struck. */
enum { DRILL_GOES_ON = INT32_MIN };
int drill_faults_before(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args);
bool drill_faults_spare(struct drill_faults *self, enum drill_call_id call, struct drill_file *file,
                        int fd, const struct drill_task *task); /* no rule is about it: known */
/* A call that has waited finds something: what of it may it have? */
int drill_faults_resume(struct drill_faults *self, enum drill_call_id call, struct drill_host *host,
                        struct drill_args *args);
/* What becomes of its answer. */
ssize_t drill_faults_after(struct drill_faults *self, struct drill_host *host,
                           struct drill_args *args, ssize_t result);

/* fault_wait.c: a signal comes a moment after a call has begun to wait, a longer one after many, so
 * that who tries again and again does not stop time. */
/* Whether a rule interrupts only calls that wait.  Where the standards are all that counts others
 * are, too; but a connect that has not begun cannot go on by itself. */
bool drill_rule_needs_a_wait(const struct drill_rule *rule, enum drill_call_id call);
/* When a call that begins to wait now may be interrupted; DRILL_NEVER: no rule is about it. */
int64_t drill_faults_signal(const struct drill_faults *self, enum drill_call_id call,
                            const struct drill_args *args, int64_t after_ns);
/* That time has come: is it? */
bool drill_faults_interrupt(struct drill_faults *self, enum drill_call_id call,
                            struct drill_args *args);

/*
 * fault_act.c.  What befalls hosts and links, once it has begun (rule->acts), until it ends.
 *
 * Links: with `host` and `peer` what goes from the one to the other, so both ways are two rules;
 * with `host` alone all that it sends and all that it is sent; with `peer` alone all that it is
 * sent; with neither everything between hosts.  A host's loopback is befallen only where it is
 * both. Of bridge and isolate, `host` is the one in the middle, or the one that is alone.
 *
 * Hosts, clocks, limits: `host`; else who made the call, or sent the packet, that set the rule off
 * (of `side in`: who gets it); else one that is drawn.
 *
 * Acts lie over what the test has said, in the order of their rules, and whatever ends first, what
 * is left is what the test has said and what still acts.
 */
void drill_faults_let_act(struct drill_faults *self);
/* Whether a call still has its descriptor: what it has set off may have been the end of its host.
 * Who stands still goes no further. */
bool drill_faults_survive(struct drill_host *host, struct drill_args *args);
/* A host in order of birth, from 0. */
struct drill_host *drill_faults_host(const struct drill_faults *self, uint64_t index);
/* Whether another rule of the same kind acts on the same host, and has done what `rule` has. */
bool drill_rule_is_shared(const struct drill_rule *rule);
/* When what changes by itself does so next: each delay_ns, or so often; in all 100000 times. */
#define DRILL_OFTEN_NS (100 * DRILL_MS)
void drill_rule_turn(struct drill_rule *rule);
/* fault_links.c */
void drill_links_let_act(struct drill_faults *self);
void drill_links_act(struct drill_rule *rule, bool begins);
/* fault_clocks.c; _apply: after the test has said something new of a host's drift. */
void drill_clocks_act(struct drill_rule *rule, bool begins);
void drill_clocks_apply(struct drill_host *host);
/* fault_limits.c; _apply: after the test has said something new of a host's limits. */
void drill_limits_act(struct drill_rule *rule, bool begins);
void drill_limits_apply(struct drill_host *host);
/* fault_hosts.c */
void drill_hosts_act(struct drill_rule *rule, bool begins);

/* fault_packet.c: as `ask` and `bend` of emu/net.h. */
struct drill_rule *drill_faults_ask(struct drill_net *net, struct drill_packet *packet);
bool drill_faults_bend(struct drill_net *net, struct drill_packet *packet, struct drill_rule *rule,
                       struct drill_bent *bent);

/* fault_segment.c: faults of streams. */
bool drill_segment_can_strike(const struct drill_rule *rule, const struct drill_packet *packet);
void drill_segment_strike(struct drill_rule *rule, struct drill_packet *packet,
                          struct drill_bent *bent);
/* It is late, and those behind it wait: without memory to know of them, they do not. */
void drill_rule_make_late(struct drill_rule *rule, const struct drill_packet *packet,
                          int64_t standard_ns, struct drill_bent *bent);
/* Whether it joins one that waits for more; then it is dealt with. */
bool drill_segment_joins(const struct drill_faults *self, struct drill_packet *packet);
/* Connections that a rule has silenced are heard again. */
void drill_silence_end(const struct drill_rule *rule);
/* Windows that a rule keeps closed open: those whose time has come by then. */
void drill_windows_open(struct drill_rule *rule, int64_t until_ns);
void drill_windows_due(struct drill_event *ends);

/* fault_dgram.c: faults of datagrams.  _strike is true if there is no packet any more. */
bool drill_dgram_can_strike(const struct drill_rule *rule, const struct drill_packet *packet);
bool drill_dgram_strike(struct drill_rule *rule, struct drill_packet *packet);
/* Gives what crosses a NAT that has forgotten its old port the ports that the other side knows;
 * true: what comes to the old one is lost. */
bool drill_dgram_translate(const struct drill_faults *self, struct drill_packet *packet);

/* fault_damage.c: flips bits of `total`: so many as the rule says, each another one. */
void drill_rule_damage(const struct drill_rule *rule, uint64_t total,
                       void (*flip)(void *context, uint64_t bit), void *context);

#define DRILL_MOMENT_NS DRILL_US

/* fault_task.c: after the rules have changed, who runs and who waits is told whom to ask. */
void drill_faults_watch_tasks(struct drill_faults *self);

/* fault_ready.c */
/* Whether there is a rule of a kind that is not off. */
bool drill_faults_has(const struct drill_faults *self, enum drill_rule_group group,
                      enum drill_fault_what what);

/* A descriptor that poll or epoll_wait looks at. */
struct drill_look {
    int fd;
    struct drill_file *file; /* NULL: there is none */
    uint32_t wanted;         /* bits that were asked for */
    uint32_t bits;           /* those that hold, or will be told for another reason */
};

/* All that it looks at: the one of a place, or false at the end.  Places are asked for in a row,
 * from 0. */
struct drill_looks {
    bool (*at)(struct drill_looks *self, size_t place, struct drill_look *look);
};

/* Bits that are told of a descriptor that is not ready: of the last one looked at; 0: of none.
 * `truth`: others are ready. */
uint32_t drill_faults_lie(struct drill_faults *self, enum drill_call_id call,
                          struct drill_args *args, struct drill_looks *looks, bool truth);
/* Whether an edge is lost, or told once more. */
bool drill_faults_edge(struct drill_faults *self, enum drill_fault_what what,
                       struct drill_args *args, int fd, struct drill_file *file);
/* The order in which events are told. */
void drill_faults_shuffle(struct drill_faults *self, struct drill_args *args,
                          struct drill_epoll_event *events, size_t count);

#endif
