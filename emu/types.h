/*
 * emu/types.h - the values that cross the door: addresses, messages, readiness, links, verdicts.
 *
 * Installed as sockdrill/types.h and included by both public headers.  It holds values only:
 * nothing here has an owner.  Numbers of families, types, flags, levels, options and readiness bits
 * are those of Linux, so the names of <sys/socket.h>, <netinet/in.h>, <poll.h> and <sys/epoll.h>
 * can be used. Times are int64_t nanoseconds of virtual time; 0 is when the world was made.
 */
#ifndef EMU_TYPES_H
#define EMU_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRILL_US     INT64_C(1000)
#define DRILL_MS     INT64_C(1000000)
#define DRILL_SECOND INT64_C(1000000000)
#define DRILL_NEVER  INT64_MAX

/* An address as Go's syscall package has it: a tag and one of three shapes.  Ports in host order.
 */
struct drill_sockaddr {
    uint16_t family; /* AF_UNSPEC: no address; AF_UNIX, AF_INET, AF_INET6 */
    uint16_t port;   /* of inet4 and inet6 */
    uint32_t zone;   /* of inet6: the scope id of a link-local address, else 0 */
    union {
        uint8_t inet4[4];
        uint8_t inet6[16];
        struct {
            char name[108]; /* a path, or an abstract name after a leading NUL */
            uint8_t size;   /* bytes of name that count; 0: unnamed */
        } local;
    };
};

struct drill_iovec {
    void *base;
    size_t size;
};

/* What recvmsg fills and sendmsg_n reads.  Control data has the layout of Linux's struct cmsghdr.
 */
struct drill_message {
    struct drill_sockaddr *address; /* source or destination; may be NULL */
    struct drill_iovec *parts;
    size_t part_count;
    void *control;
    size_t control_size;          /* in: room or bytes given; out: bytes filled */
    int flags;                    /* out: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB ... */
    struct drill_sockaddr *local; /* out: the address it came to; may be NULL */
};

struct drill_pollfd {
    int fd; /* negative: passed over */
    int16_t events;
    int16_t revents;
};

struct drill_epoll_event {
    uint32_t events;
    uint64_t data;
};

/* How the part of the delay above the minimum is distributed. */
enum drill_jitter {
    DRILL_JITTER_UNIFORM,     /* 0 .. jitter_ns */
    DRILL_JITTER_NORMAL,      /* half a bell: mostly small, up to jitter_ns at four sigma */
    DRILL_JITTER_EXPONENTIAL, /* mean jitter_ns, cut at eight times it */
    DRILL_JITTER_PARETO, /* a heavy tail: median jitter_ns / 8, cut at sixteen times jitter_ns */
};

/* One direction between two hosts.  All zero is the calm link: nothing lost, nothing late. */
struct drill_link {
    int64_t delay_ns;
    int64_t jitter_ns;
    enum drill_jitter jitter;
    int64_t rate_bps;    /* bits a second; 0: unlimited */
    int64_t queue_bytes; /* what may wait for the rate before the tail is dropped; 0: unlimited */
    uint32_t loss_ppm;   /* chances in millionths, a packet */
    uint32_t duplicate_ppm;
    uint32_t
        reorder_ppm; /* held back by reorder_ns (0: one delay), so that later ones overtake it */
    int64_t reorder_ns;
    uint32_t corrupt_ppm; /* one bit flips: TCP's checksum drops it, a datagram arrives damaged */
    uint32_t mtu;         /* bytes of an IP packet; 0: 1500, on loopback 65536 */
};

enum drill_packet_kind {
    DRILL_PACKET_SYN,
    DRILL_PACKET_SYN_ACK,
    DRILL_PACKET_ACK,
    DRILL_PACKET_DATA,
    DRILL_PACKET_FIN,
    DRILL_PACKET_RST,
    DRILL_PACKET_DATAGRAM,
    DRILL_PACKET_RAW,
    DRILL_PACKET_UNREACHABLE, /* the ICMP error that answers a datagram nobody wants */
    DRILL_PACKET_KINDS
};

/* A packet as a hook sees it. */
struct drill_packet_view {
    uint64_t number; /* counts the packets of the world */
    enum drill_packet_kind kind;
    const char *from_host;
    const char *to_host;
    struct drill_sockaddr source;
    struct drill_sockaddr target;
    uint64_t offset;  /* of TCP data: its first byte's place in the stream */
    size_t size;      /* bytes of payload */
    const void *data; /* the payload of a datagram or raw packet, else NULL */
};

/* A hook's answer: pass (the link decides), deliver after delay_ns whatever the link says, or drop.
 */
enum drill_fate {
    DRILL_PASS,
    DRILL_DELIVER,
    DRILL_DROP,
};

struct drill_verdict {
    enum drill_fate fate;
    int64_t delay_ns;
};

typedef struct drill_verdict drill_packet_hook(void *context,
                                               const struct drill_packet_view *packet);

enum drill_direction { DRILL_EITHER, DRILL_IN, DRILL_OUT };

/*
 * A rule: a fault, where it may strike and when.  All names are texts, so that a rule is the same
 * as a value, as a line (drill_fault_parse) and in a file.  What is 0 or NULL is any, or the row's
 * own default.
 */
struct drill_fault {
    const char *what;  /* a row of faults.def */
    const char *label; /* what `after`, reports and logs call it; NULL: what#n */
    /* Its parameters; which of them count, its row says. */
    int error; /* positive */
    uint64_t bytes;
    int64_t delay_ns;
    int64_t rate_bps;
    uint64_t number;
    int32_t drift_ppm;
    uint32_t enter_ppm, leave_ppm;
    const char *as; /* an address */
    /* Where. */
    const char *call;    /* a row of calls.def */
    const char *kind;    /* of a packet: "SYN", "DATA" ... as traces have it */
    const char *host;    /* who calls, who sends, or who is befallen */
    const char *peer;    /* the host at the other end */
    const char *task;    /* who calls: NAME, or HOST/NAME as traces have it */
    const char *address; /* of either end, with or without a port */
    const char *name;    /* that is looked up */
    uint16_t port;       /* of either end */
    int fd;
    enum drill_direction direction; /* of bytes, as `host` sees them */
    uint64_t offset;                /* of a stream: not before this byte of the direction */
    /* When, of the places that match. */
    uint64_t skip;    /* let through first */
    uint64_t every;   /* then only each n-th */
    const char *list; /* only these, from 1: "2,4-7" */
    const char *mask; /* again and again, 1 strikes: "0110" */
    uint32_t ppm;     /* a chance in millionths; 0: each */
    uint64_t burst;   /* once it falls, so many in a row */
    uint64_t count;   /* how often it strikes; 0: always */
    int64_t from_ns, to_ns;
    int64_t lasts_ns;  /* of what befalls links and hosts: how long; 0: until to_ns, or for good */
    const char *after; /* only once the rule of this label has struck */
    bool each;         /* skip, every, list, mask and count count each connection by itself */
    bool off;          /* takes part in nothing, and leaves no trace */
    bool hostile;      /* also what the standards allow, where Linux does not do it */
    bool force;        /* an errno that cannot be: on purpose */
};

/* A rule that was read from a line, with the texts it points to; or what was wrong. */
struct drill_fault_line {
    struct drill_fault fault;
    unsigned error_column; /* from 1 */
    char error[120];       /* what was expected there */
    char texts[256];
};

/* Which of several ready tasks runs: in order of becoming ready; any; or by priorities that change
 * at a few points (PCT), which finds a bug of few ordered steps with a known chance. */
enum drill_task_order { DRILL_ORDER_FIFO, DRILL_ORDER_RANDOM, DRILL_ORDER_PCT };

/* A place where the run could fall differently.  Answers are 0 .. count - 1, and 0 is calm. */
enum drill_choice_kind {
    DRILL_CHOICE_TASK,
    DRILL_CHOICE_LOSS,
    DRILL_CHOICE_JITTER,
    DRILL_CHOICE_DUPLICATE,
    DRILL_CHOICE_REORDER,
    DRILL_CHOICE_CORRUPT,
    DRILL_CHOICE_FAULT,
    DRILL_CHOICE_BYTES,
    DRILL_CHOICE_RANDOM,
    DRILL_CHOICE_USER,
    DRILL_CHOICE_CUT,    /* at which byte */
    DRILL_CHOICE_WHEN,   /* how much later */
    DRILL_CHOICE_ORDER,  /* which comes next */
    DRILL_CHOICE_DAMAGE, /* which bit */
    DRILL_CHOICE_SWARM,  /* of a configuration: whether a family of faults is on */
    DRILL_CHOICE_CONFIG, /* of a configuration: anything else that is drawn before a run */
    DRILL_CHOICE_KINDS
};

/* Bits of the kinds of which faults are made, those of rules and those of links. */
#define DRILL_KINDS_OF_FAULTS                                                                      \
    (1U << DRILL_CHOICE_FAULT | 1U << DRILL_CHOICE_CUT | 1U << DRILL_CHOICE_WHEN |                 \
     1U << DRILL_CHOICE_ORDER | 1U << DRILL_CHOICE_DAMAGE | 1U << DRILL_CHOICE_LOSS |              \
     1U << DRILL_CHOICE_DUPLICATE | 1U << DRILL_CHOICE_REORDER | 1U << DRILL_CHOICE_CORRUPT)

struct drill_choices;

struct drill_choice {
    enum drill_choice_kind kind;
    uint32_t site;     /* which link, rule or place of the kind */
    uint64_t index;    /* how often this kind and site were asked before */
    uint64_t count;    /* answers are 0 .. count - 1 */
    uint64_t proposed; /* what the seed answers, or a strategy */
    uint64_t number;   /* counts the questions of the run; 1: a run begins */
    uint32_t ppm;      /* of a chance: how likely 1 is, in millionths; else 0: all alike */
    const struct drill_choices *choices; /* who asks: see emu/choice.h */
};

/* An oracle answers choices instead of the seed.  An answer beyond count - 1 is cut to it. */
typedef uint64_t drill_oracle(void *context, const struct drill_choice *choice);

/* Hears each answer that is not 0, whoever gave it. */
typedef void drill_recorder(void *context, const struct drill_choice *choice, uint64_t answer);

/* A decision as a log has it. */
struct drill_decision {
    enum drill_choice_kind kind;
    uint64_t index, answer;
    const char *site;  /* "split#1", "client>server" ... */
    const char *about; /* when it was recorded, who asked, and what came of it; "": unknown */
    unsigned line;     /* of the text, from 1 */
};

/* What was wrong with a text of several lines, and where: both count from 1. */
struct drill_text_error {
    unsigned line, column;
    char text[120];
};

/* An enumerating oracle: which choices it tries, and how far it goes. */
struct drill_tape_config {
    uint32_t kinds;         /* bits 1 << enum drill_choice_kind; 0: all of them */
    bool seeded;            /* what it does not try the seed answers; false: 0 */
    uint32_t budget;        /* so many answers of a run are other than 0; 0: any number */
    uint64_t values;        /* so many are tried of each choice, first and last among them; 0: 3 */
    uint32_t questions;     /* so many of a run are tried; 0: 65536 */
    uint32_t shard, shards; /* only this share of the runs, from 0; shards 0: all */
};

/* How far it has come. */
struct drill_tape_state {
    uint64_t runs;     /* made so far */
    uint64_t estimate; /* of all of them, this share's */
    bool foreign;      /* this run is the calm one, made to see the choices: another share has it */
    bool truncated;    /* a run had more questions than there was room for */
    bool diverged;     /* a run asked otherwise though all answers were the same */
};

/* A fuzzer's input as an oracle: 0 when it ends. */
struct drill_bytes {
    const uint8_t *data;
    size_t size, used;
    uint32_t kinds; /* as above: choices of other kinds take no bytes, */
    bool seeded;    /* and are answered as above */
};

#endif
