#include "emu/option_take.h"

#include <errno.h>
#include <string.h>

#include "emu/abi.h"
#include "emu/option_device.h"

enum {
    ECN_BITS = 3,
    LOWAT_GREATEST = 16777216, /* half of net.ipv4.tcp_rmem's third value */
    SEND_LOCKED = 1,           /* SO_BUF_LOCK */
    RECV_LOCKED = 2,
    FIRST_RETRY_SECONDS = 1,
    LONGEST_RETRY_SECONDS = 120,
    MICROSECONDS = 1000000,
};

/* Half of what is left of time, so that a timeout can be added to now; 146 years. */
#define FOREVER_SECONDS (DRILL_NEVER / DRILL_SECOND / 2)

/* `number` begins as what was given and ends as what is kept. */
struct taking {
    const struct drill_file *file;
    const struct drill_option_row *row;
    enum drill_option_kind kind;
    enum drill_option option;
    struct drill_settings *settings;
    const void *value;
    size_t size;
    int32_t number;
};

static bool is_tcp(const struct taking *self)
{
    return self->kind == DRILL_KIND_TCP4 || self->kind == DRILL_KIND_TCP6;
}

static int32_t limit(int32_t number, int32_t low, int32_t high)
{
    return number < low ? low : number > high ? high : number;
}

static int take_int(struct taking *self)
{
    return self->number < self->row->low || self->number > self->row->high ? -EINVAL : 0;
}

static int take_flag(struct taking *self)
{
    self->number = self->number != 0;
    return 0;
}

static int take_inet_flag(struct taking *self)
{
    if (self->number != 0 && self->kind >= DRILL_KIND_UNIX_STREAM)
        return -EOPNOTSUPP;
    return take_flag(self);
}

static int take_reset(struct taking *self)
{
    if (self->number == -1)
        self->number = drill_option_default(self->option, self->kind);
    return take_int(self);
}

static int take_ignored(struct taking *self)
{
    const int answer = take_int(self);

    self->number = drill_option_default(self->option, self->kind);
    return answer;
}

static int take_unsupported(struct taking *self)
{
    const int answer = take_int(self);

    return answer < 0 ? answer : -EOPNOTSUPP;
}

static int take_zero_or_int(struct taking *self)
{
    return self->number == 0 ? 0 : take_int(self);
}

/* Headers to send with each packet are not modelled. */
static int take_no_bytes(struct taking *self)
{
    if (self->size == 0)
        return 0;
    self->file->host->sim->unmodelled++;
    return -EINVAL;
}

static int take_clamp(struct taking *self)
{
    self->number = self->number == 0 ? drill_option_default(self->option, self->kind)
                                     : limit(self->number, self->row->low, self->row->high);
    return 0;
}

static int32_t without_ecn(const struct taking *self)
{
    const int32_t now = self->settings->values[self->option];

    return is_tcp(self) ? (self->number & ~ECN_BITS) | (now & ECN_BITS) : self->number;
}

/* The service is also a priority: best effort, bulk, interactive, both (__ip_sock_set_tos). */
static int take_tos(struct taking *self)
{
    static const int32_t priorities[] = {0, 2, 6, 4};

    self->number &= 0xff;
    self->number = without_ecn(self);
    if (self->number != self->settings->values[self->option])
        self->settings->values[DRILL_SO_PRIORITY] = priorities[self->number >> 3 & 3];
    return 0;
}

static int take_tclass(struct taking *self)
{
    const int answer = take_reset(self);

    self->number = without_ecn(self);
    return answer;
}

static void lock_buffer(struct taking *self, enum drill_option buffer)
{
    self->settings->values[DRILL_SO_BUF_LOCK] |=
        buffer == DRILL_SO_SNDBUF ? SEND_LOCKED : RECV_LOCKED;
}

/* A negative number is a large unsigned one to Linux. */
static int take_buffer(struct taking *self)
{
    const int32_t high = self->row->high;

    self->number = self->number < 0 || self->number > high ? high : self->number;
    self->number = limit(2 * self->number, self->row->low, 2 * high);
    lock_buffer(self, self->option);
    return 0;
}

static int take_force(struct taking *self)
{
    const enum drill_option buffer =
        self->option == DRILL_SO_SNDBUFFORCE ? DRILL_SO_SNDBUF : DRILL_SO_RCVBUF;
    const int32_t half = limit(self->number, 0, INT32_MAX / 2);

    self->settings->values[buffer] = limit(2 * half, self->row->low, self->row->high);
    self->number = 0;
    lock_buffer(self, buffer);
    return 0;
}

/* TCP's receive buffer must be able to hold it twice (tcp_set_rcvlowat). */
static int take_lowat(struct taking *self)
{
    int32_t *buffer = &self->settings->values[DRILL_SO_RCVBUF];
    const bool locked = self->settings->values[DRILL_SO_BUF_LOCK] & RECV_LOCKED;

    self->number = self->number < 0 ? INT32_MAX : self->number > 0 ? self->number : 1;
    if (!is_tcp(self))
        return 0;
    self->number = limit(self->number, 1, locked ? *buffer / 2 : LOWAT_GREATEST);
    if (!locked && *buffer < 2 * self->number)
        *buffer = 2 * self->number;
    return 0;
}

static int take_linger(struct taking *self)
{
    struct drill_option_pair given;

    memcpy(&given, self->value, sizeof given);
    self->number = self->settings->values[DRILL_SO_LINGER];
    if (given.first != 0)
        self->number = given.second < 0 ? INT32_MAX : given.second;
    self->settings->linger_seconds = given.first != 0 ? self->number : -1;
    return 0;
}

/* Linux keeps timeouts in ticks; 250 a second is Debian's. */
static int64_t whole_ticks(int64_t time_ns)
{
    const int64_t tick_ns = DRILL_SECOND / 250;

    return (time_ns + tick_ns - 1) / tick_ns * tick_ns;
}

static int take_time(struct taking *self)
{
    const bool sends = self->option == DRILL_SO_SNDTIMEO || self->option == DRILL_SO_SNDTIMEO_NEW;
    int64_t *timeout_ns =
        sends ? &self->settings->send_timeout_ns : &self->settings->receive_timeout_ns;
    struct drill_option_time given;

    memcpy(&given, self->value, sizeof given);
    if (given.microseconds < 0 || given.microseconds >= MICROSECONDS)
        return -EDOM;
    self->number = 0;
    if (given.seconds < 0)
        *timeout_ns = -1;
    else if (given.seconds > FOREVER_SECONDS)
        *timeout_ns = 0;
    else
        *timeout_ns = given.seconds * DRILL_SECOND + whole_ticks(given.microseconds * DRILL_US);
    return 0;
}

static int take_stamp(struct taking *self)
{
    int32_t *values = self->settings->values;

    values[DRILL_SO_TIMESTAMP] = values[DRILL_SO_TIMESTAMPNS] = 0;
    values[DRILL_SO_TIMESTAMP_NEW] = values[DRILL_SO_TIMESTAMPNS_NEW] = 0;
    return take_flag(self);
}

/* The clock in the low byte, the flags above it. */
static int take_launch(struct taking *self)
{
    struct drill_option_pair given;

    memcpy(&given, self->value, sizeof given);
    if (self->size != sizeof given || given.first < 0 || given.first > 0xff || given.second & ~3)
        return -EINVAL;
    self->number = given.first | given.second << 8;
    return 0;
}

static int take_device(struct taking *self)
{
    self->number = 0;
    return drill_option_take_device(self->settings, self->value, self->size);
}

static int take_congestion(struct taking *self)
{
    const size_t size = self->size < 15 ? self->size : 15;
    char name[16] = "";

    memcpy(name, self->value, size);
    if (strcmp(name, "cubic") != 0 && strcmp(name, "reno") != 0)
        return -ENOENT;
    memset(self->settings->congestion, 0, sizeof self->settings->congestion);
    memcpy(self->settings->congestion, name, strlen(name));
    self->number = 0;
    return 0;
}

static int take_interface(struct taking *self)
{
    return drill_option_take_interface(self->number);
}

static int take_link(struct taking *self)
{
    return drill_option_take_link(self->value, self->size);
}

static int take_address(struct taking *self)
{
    return drill_option_take_address(self->settings, self->file->host, self->value, self->size,
                                     &self->number);
}

static int take_ports(struct taking *self)
{
    const uint32_t low = (uint32_t)self->number & 0xffff, high = (uint32_t)self->number >> 16;

    return self->size != 4 || (low != 0 && high != 0 && low > high) ? -EINVAL : 0;
}

/* How long SYN-ACK's n-th retransmission is after the first, doubling each time. */
static int take_defer(struct taking *self)
{
    int32_t timeout = FIRST_RETRY_SECONDS, period = 0;

    for (int retry = 0; period < self->number && retry < UINT8_MAX; retry++) {
        period += timeout;
        timeout = limit(2 * timeout, 0, LONGEST_RETRY_SECONDS);
    }
    self->number = period;
    return 0;
}

static int take_encap(struct taking *self)
{
    return take_zero_or_int(self) < 0 ? -ENOPROTOOPT : 0;
}

static bool has_two(int32_t number, int32_t mask)
{
    return (number & mask & ((number & mask) - 1)) != 0;
}

/* One of public, temporary or default, and one of home or care-of; the default is the latter's. */
static int take_prefer(struct taking *self)
{
    enum { TMP = 1, PUBLIC = 2, COA = 4, CGA = 8, PUBTMP = 0x100, HOME = 0x400, NONCGA = 0x800 };
    const int32_t given = self->number, now = self->settings->values[self->option];
    const int32_t source = PUBLIC | TMP | PUBTMP, place = HOME | COA;

    if (has_two(given, source) || has_two(given, place) || has_two(given, CGA | NONCGA))
        return -EINVAL;
    self->number = given & source ? given & source : now & source;
    self->number |= given & place ? given & place : now & place;
    return 0;
}

static int (*const takes[DRILL_SHAPES])(struct taking *self) = {
    [DRILL_SHAPE_ADDRESS] = take_address,
    [DRILL_SHAPE_BUFFER] = take_buffer,
    [DRILL_SHAPE_CLAMP] = take_clamp,
    [DRILL_SHAPE_CONGESTION] = take_congestion,
    [DRILL_SHAPE_DEFER] = take_defer,
    [DRILL_SHAPE_DEVICE] = take_device,
    [DRILL_SHAPE_ENCAP] = take_encap,
    [DRILL_SHAPE_FLAG] = take_flag,
    [DRILL_SHAPE_FORCE] = take_force,
    [DRILL_SHAPE_IGNORED] = take_ignored,
    [DRILL_SHAPE_INET_FLAG] = take_inet_flag,
    [DRILL_SHAPE_INT] = take_int,
    [DRILL_SHAPE_INTERFACE] = take_interface,
    [DRILL_SHAPE_LAUNCH] = take_launch,
    [DRILL_SHAPE_LINGER] = take_linger,
    [DRILL_SHAPE_LINK] = take_link,
    [DRILL_SHAPE_LONG] = take_int,
    [DRILL_SHAPE_LOWAT] = take_lowat,
    [DRILL_SHAPE_NO_BYTES] = take_no_bytes,
    [DRILL_SHAPE_PATH_MTU] = take_zero_or_int,
    [DRILL_SHAPE_PKTOPTIONS] = take_ignored,
    [DRILL_SHAPE_PORTS] = take_ports,
    [DRILL_SHAPE_PREFER] = take_prefer,
    [DRILL_SHAPE_RESET] = take_reset,
    [DRILL_SHAPE_SEGMENT] = take_zero_or_int,
    [DRILL_SHAPE_STAMP] = take_stamp,
    [DRILL_SHAPE_STAMPING] = take_int,
    [DRILL_SHAPE_TIME] = take_time,
    [DRILL_SHAPE_TCLASS] = take_tclass,
    [DRILL_SHAPE_TOS] = take_tos,
    [DRILL_SHAPE_UNSUPPORTED] = take_unsupported,
    [DRILL_SHAPE_WRITE_ONLY] = take_ignored,
};

/* Level IPPROTO_IP takes a byte where there is no room for an int; else what is short is 0. */
static int32_t number_of(int level, const void *value, size_t size)
{
    int32_t number = 0;

    if (size >= sizeof number)
        memcpy(&number, value, sizeof number);
    else if (size > 0 && level == DRILL_IPPROTO_IP)
        number = *(const uint8_t *)value;
    return number;
}

int drill_option_take(struct drill_file *file, enum drill_option_kind kind,
                      enum drill_option option, const void *value, size_t size)
{
    const struct drill_option_row *row = &drill_option_rows[option];
    struct taking taking = {file,
                            row,
                            kind,
                            option,
                            drill_settings_need(file, kind),
                            value,
                            size,
                            number_of(row->level, value, size)};
    int answer;

    if (taking.settings == NULL)
        return -ENOMEM;
    answer = takes[row->shape](&taking);
    if (answer == 0)
        taking.settings->values[option] = taking.number;
    return answer;
}
