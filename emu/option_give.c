#include "emu/option_give.h"

#include <errno.h>
#include <string.h>

enum {
    SEGMENT_LEAST = 536, /* TCP_MSS_DEFAULT */
    MTU_INFO_BYTES = 32,
};

struct giving {
    const struct drill_file *file;
    const struct drill_settings *settings; /* NULL: all as at first */
    enum drill_option_kind kind;
    enum drill_option option;
    size_t room;
    int32_t number;
};

static int give_int(const struct giving *self, void *value)
{
    memcpy(value, &self->number, sizeof self->number);
    return sizeof self->number;
}

static int give_long(const struct giving *self, void *value)
{
    const uint64_t number = self->number == -1 ? UINT64_MAX : (uint32_t)self->number;

    memcpy(value, &number, sizeof number);
    return sizeof number;
}

static int give_pair(void *value, int32_t first, int32_t second)
{
    const struct drill_option_pair pair = {first, second};

    memcpy(value, &pair, sizeof pair);
    return sizeof pair;
}

static int give_stamping(const struct giving *self, void *value)
{
    return give_pair(value, self->number, 0);
}

static int give_launch(const struct giving *self, void *value)
{
    return give_pair(value, self->number & 0xff, self->number >> 8);
}

static int give_linger(const struct giving *self, void *value)
{
    return give_pair(value, self->settings != NULL && self->settings->linger_seconds >= 0,
                     self->number);
}

static int give_time(const struct giving *self, void *value)
{
    const bool sends = self->option == DRILL_SO_SNDTIMEO || self->option == DRILL_SO_SNDTIMEO_NEW;
    struct drill_option_time time = {0, 0};
    int64_t timeout_ns = 0;

    if (self->settings != NULL)
        timeout_ns = sends ? self->settings->send_timeout_ns : self->settings->receive_timeout_ns;
    if (timeout_ns > 0) {
        time.seconds = timeout_ns / DRILL_SECOND;
        time.microseconds = timeout_ns % DRILL_SECOND / DRILL_US;
    }
    memcpy(value, &time, sizeof time);
    return sizeof time;
}

static int give_device(const struct giving *self, void *value)
{
    const int32_t index = drill_option(self->file, DRILL_SO_BINDTOIFINDEX, self->kind);
    const char *name;

    if (index == 0)
        return 0;
    if (self->room < DRILL_DEVICE_ROOM)
        return -EINVAL;
    if (index >= DRILL_DEVICES)
        return -ENODEV;
    name = drill_devices[index];
    memcpy(value, name, strlen(name) + 1);
    return (int)strlen(name) + 1;
}

static int give_congestion(const struct giving *self, void *value)
{
    static const char at_first[sizeof self->settings->congestion] = "cubic";

    memcpy(value, self->settings != NULL ? self->settings->congestion : at_first, sizeof at_first);
    return sizeof at_first;
}

static int give_segment(const struct giving *self, void *value)
{
    const int32_t shown = self->number != 0 ? self->number : SEGMENT_LEAST;

    memcpy(value, &shown, sizeof shown);
    return sizeof shown;
}

static int give_clock(const struct giving *self, void *value)
{
    const uint32_t now_ms = (uint32_t)(drill_sim_now(self->file->host->sim) / DRILL_MS);

    memcpy(value, &now_ms, sizeof now_ms);
    return sizeof now_ms;
}

/* struct sk_meminfo's buffers; nothing else is accounted. */
static int give_memory(const struct giving *self, void *value)
{
    int32_t counts[9] = {0};

    counts[1] = drill_option(self->file, DRILL_SO_RCVBUF, self->kind);
    counts[3] = drill_option(self->file, DRILL_SO_SNDBUF, self->kind);
    memcpy(value, counts, sizeof counts);
    return sizeof counts;
}

static int give_nobody(const struct giving *self, void *value)
{
    static const int32_t nobody[] = {0, -1, -1};

    (void)self;
    memcpy(value, nobody, sizeof nobody);
    return sizeof nobody;
}

static int give_empty(const struct giving *self, void *value)
{
    (void)self;
    (void)value;
    return 0;
}

static int give_error(const struct giving *self, void *value)
{
    (void)value;
    return -self->number;
}

static int give_not_connected(const struct giving *self, void *value)
{
    (void)self;
    (void)value;
    return -ENOTCONN;
}

static int give_nothing(const struct giving *self, void *value)
{
    (void)self;
    (void)value;
    return -ENOPROTOOPT;
}

static int give_pktoptions(const struct giving *self, void *value)
{
    (void)value;
    return self->kind == DRILL_KIND_TCP6 ? 0 : -ENOPROTOOPT;
}

static int give_mtu_info(const struct giving *self, void *value)
{
    (void)value;
    return self->room < MTU_INFO_BYTES ? -EINVAL : -ENOTCONN;
}

/* The others are given as the number they are. */
static int (*const gives[DRILL_SHAPES])(const struct giving *self, void *value) = {
    [DRILL_SHAPE_CLOCK] = give_clock,
    [DRILL_SHAPE_CONGESTION] = give_congestion,
    [DRILL_SHAPE_DEVICE] = give_device,
    [DRILL_SHAPE_EMPTY] = give_empty,
    [DRILL_SHAPE_ERROR] = give_error,
    [DRILL_SHAPE_FORCE] = give_nothing,
    [DRILL_SHAPE_LAUNCH] = give_launch,
    [DRILL_SHAPE_LINGER] = give_linger,
    [DRILL_SHAPE_LONG] = give_long,
    [DRILL_SHAPE_MEMORY] = give_memory,
    [DRILL_SHAPE_MTU_INFO] = give_mtu_info,
    [DRILL_SHAPE_NONE] = give_nothing,
    [DRILL_SHAPE_NO_BYTES] = give_empty,
    [DRILL_SHAPE_NO_PEER] = give_nobody,
    [DRILL_SHAPE_PATH_MTU] = give_not_connected,
    [DRILL_SHAPE_SEGMENT] = give_segment,
    [DRILL_SHAPE_STAMPING] = give_stamping,
    [DRILL_SHAPE_PKTOPTIONS] = give_pktoptions,
    [DRILL_SHAPE_TIME] = give_time,
    [DRILL_SHAPE_WRITE_ONLY] = give_nothing,
};

int drill_option_give(const struct drill_file *file, enum drill_option_kind kind,
                      enum drill_option option, void *value, size_t room)
{
    const struct giving giving = {file,   file->settings, kind,
                                  option, room,           drill_option(file, option, kind)};
    const uint8_t shape = drill_option_rows[option].shape;

    return gives[shape] != NULL ? gives[shape](&giving, value) : give_int(&giving, value);
}
