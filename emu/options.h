/*
 * emu/options.h - every socket option in one table, and what a program has set.
 *
 * A row of options.def gives an option's name, level, number, the kinds of sockets that have it,
 * its value at first and bounds, its shape, and whether it is simulated, stored, state, its
 * protocol's, or absent.  The calls on a socket are emu/sockopt.h's.  Sockets that never differ
 * from the defaults have no settings.
 *
 *   Owns    one block of settings a file, freed with it.
 *   Errors  -ENOMEM.
 */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include "emu/file.h"
#include "emu/host.h"

/* DRILL_SO_REUSEADDR, DRILL_TCP_NODELAY, DRILL_IP_TTL ...: one a row. */
enum drill_option {
#define OPTION(name, ...) DRILL_##name,
#include "emu/options.def"
#undef OPTION
    DRILL_OPTION_COUNT
};

/* What kinds of sockets there are for the table: a bit each in a row's masks. */
enum drill_option_kind {
    DRILL_KIND_TCP4,
    DRILL_KIND_TCP6,
    DRILL_KIND_UDP4,
    DRILL_KIND_UDP6,
    DRILL_KIND_RAW4,
    DRILL_KIND_RAW6,
    DRILL_KIND_UNIX_STREAM,
    DRILL_KIND_UNIX_DGRAM,
    DRILL_KIND_UNIX_SEQPACKET,
    DRILL_KINDS
};

/* What options.def says of an option's effect; see there. */
enum drill_option_mode {
    DRILL_MODE_SIMULATED,
    DRILL_MODE_STORED,
    DRILL_MODE_STATE,
    DRILL_MODE_PROTOCOL,
    DRILL_MODE_ABSENT,
};

/* How a value is taken and given back, by option_take.c and option_give.c. */
enum drill_shape_kind {
    DRILL_SHAPE_ADDRESS,    /* an IPv4 address of the host, or none */
    DRILL_SHAPE_BUFFER,     /* doubled; the greatest is taken instead of what is beyond it */
    DRILL_SHAPE_CLAMP,      /* 0: the default; cut to the range */
    DRILL_SHAPE_CLOCK,      /* TCP's clock in milliseconds */
    DRILL_SHAPE_CONGESTION, /* the name of an algorithm: "cubic" or "reno" */
    DRILL_SHAPE_DEFER,      /* seconds, rounded up to a whole number of retransmissions */
    DRILL_SHAPE_DEVICE,     /* the name of an interface: "lo" or "eth0" */
    DRILL_SHAPE_EMPTY,      /* no bytes */
    DRILL_SHAPE_ENCAP,      /* UDP_ENCAP's protocols */
    DRILL_SHAPE_ERROR,      /* its value is the errno that answers getsockopt */
    DRILL_SHAPE_FLAG,       /* 0 or 1 */
    DRILL_SHAPE_FORCE,      /* writes SO_RCVBUF or SO_SNDBUF beyond the greatest value */
    DRILL_SHAPE_IGNORED,    /* taken and forgotten */
    DRILL_SHAPE_INET_FLAG,  /* FLAG, but only AF_INET and AF_INET6 may set it to 1 */
    DRILL_SHAPE_INT,
    DRILL_SHAPE_INTERFACE, /* the index of an interface; 0: none */
    DRILL_SHAPE_LAUNCH,    /* struct sock_txtime */
    DRILL_SHAPE_LINGER,
    DRILL_SHAPE_LINK, /* the index of an interface in network order */
    DRILL_SHAPE_LONG, /* INT, given back as 8 bytes to who has room */
    DRILL_SHAPE_LOWAT,
    DRILL_SHAPE_MEMORY,     /* struct sk_meminfo */
    DRILL_SHAPE_MTU_INFO,   /* struct ip6_mtuinfo */
    DRILL_SHAPE_NONE,       /* cannot be read */
    DRILL_SHAPE_NO_BYTES,   /* no bytes, and only they can be set */
    DRILL_SHAPE_NO_PEER,    /* struct ucred of nobody */
    DRILL_SHAPE_PATH_MTU,   /* 0, or within the range; read from a connection only */
    DRILL_SHAPE_PKTOPTIONS, /* taken and forgotten; TCP gives no bytes, the others have none */
    DRILL_SHAPE_PORTS,      /* a lower and an upper port */
    DRILL_SHAPE_PREFER,     /* RFC 5014's flags */
    DRILL_SHAPE_RESET,      /* INT, and -1 is the default */
    DRILL_SHAPE_SEGMENT,    /* 0 or within the range; 0 is shown as TCP's least segment */
    DRILL_SHAPE_STAMP,      /* FLAG; setting one of the kind clears the others */
    DRILL_SHAPE_STAMPING,   /* struct so_timestamping */
    DRILL_SHAPE_TCLASS,     /* RESET, and TCP keeps the bits of ECN to itself */
    DRILL_SHAPE_TIME,       /* a timeout */
    DRILL_SHAPE_TOS,        /* a byte; TCP as above */
    DRILL_SHAPE_UNSUPPORTED,
    DRILL_SHAPE_WRITE_ONLY,
    DRILL_SHAPES
};

struct drill_option_row {
    int16_t level, number;
    uint16_t kinds; /* have it */
    uint16_t sets;  /* may set it; the others are answered -refusal */
    int16_t refusal;
    uint16_t size;  /* the least that setsockopt takes */
    uint16_t apart; /* the kinds that begin with values[1] */
    int32_t values[2];
    uint8_t shape; /* enum drill_shape_kind */
    int32_t low, high;
    uint8_t mode;
};

struct drill_settings {
    int64_t read_deadline_ns, write_deadline_ns; /* 0: none; a deadline in the past is 1 or more */
    int64_t receive_timeout_ns;                  /* SO_RCVTIMEO; 0: none; negative: never waits */
    int64_t send_timeout_ns;                     /* SO_SNDTIMEO */
    int32_t linger_seconds;                      /* -1: SO_LINGER is off */
    int32_t multicast_interface;                 /* IP_MULTICAST_IF by index; 0: by address */
    char congestion[16];
    int32_t values[DRILL_OPTION_COUNT]; /* all of them, those not set with their default */
};

/* struct linger, struct so_timestamping, struct sock_txtime. */
struct drill_option_pair {
    int32_t first, second;
};

/* struct timeval, the same for the old and the new options. */
struct drill_option_time {
    int64_t seconds, microseconds;
};

/* A host's interfaces by index; the first is none. */
enum { DRILL_DEVICES = 3, DRILL_DEVICE_ROOM = 16 };
extern const char *const drill_devices[DRILL_DEVICES];

/* By level and number. */
extern const struct drill_option_row drill_option_rows[DRILL_OPTION_COUNT];

/* The option of a level and number, whatever kinds have it; -1: there is none. */
int drill_option_find(int level, int number);

/* The settings of a file, made with the defaults of its kind if it has none; NULL: out of memory.
 */
struct drill_settings *drill_settings_need(struct drill_file *file, enum drill_option_kind kind);
/* Gives `to` a copy of `from`'s options, as accept does; deadlines are not inherited. */
int drill_settings_inherit(struct drill_file *to, const struct drill_file *from);
void drill_settings_free(struct drill_file *file);

/* What a deadline or timeout leaves to a call that has waited since then: when the wait ends,
 * DRILL_NEVER, or a time that has passed. */
static inline int64_t drill_settings_until(const struct drill_settings *self, bool out,
                                           int64_t since_ns)
{
    if (self == NULL)
        return DRILL_NEVER;
    const int64_t deadline = out ? self->write_deadline_ns : self->read_deadline_ns;
    const int64_t timeout = out ? self->send_timeout_ns : self->receive_timeout_ns;
    int64_t until = DRILL_NEVER;
    if (timeout != 0)
        until = timeout < 0 ? since_ns : since_ns + timeout;
    return deadline != 0 && deadline < until ? deadline : until;
}

static inline int32_t drill_option_default(enum drill_option option, enum drill_option_kind kind)
{
    const struct drill_option_row *row = &drill_option_rows[option];

    return row->values[row->apart >> kind & 1];
}

/* The value of an option that is a number or a switch. */
static inline int32_t drill_option(const struct drill_file *file, enum drill_option option,
                                   enum drill_option_kind kind)
{
    return file->settings != NULL ? file->settings->values[option]
                                  : drill_option_default(option, kind);
}

#endif
