#include "emu/options.h"

#include <errno.h>
#include <string.h>

#include "emu/abi.h"

/* The words of options.def. */
enum {
    TCP4 = 1 << DRILL_KIND_TCP4,
    TCP6 = 1 << DRILL_KIND_TCP6,
    UDP4 = 1 << DRILL_KIND_UDP4,
    UDP6 = 1 << DRILL_KIND_UDP6,
    RAW4 = 1 << DRILL_KIND_RAW4,
    RAW6 = 1 << DRILL_KIND_RAW6,
    UNIX_STREAM = 1 << DRILL_KIND_UNIX_STREAM,
    TCP = TCP4 | TCP6,
    UDP = UDP4 | UDP6,
    RAW = RAW4 | RAW6,
    IP4 = TCP | UDP | RAW4, /* IPv6 sockets of TCP and UDP have the options of IPv4 too */
    IP6 = TCP6 | UDP6 | RAW6,
    EVERY = (1 << DRILL_KINDS) - 1,
    UNIX = EVERY & ~(TCP | UDP | RAW),
};

#define OPEN               EVERY, 0
#define FIXED              0, ENOPROTOOPT
#define ONLY(kinds, error) kinds, error
#define ALL(value)                                                                                 \
    0,                                                                                             \
    {                                                                                              \
        value, value                                                                               \
    }
#define BUT(kinds, theirs, the_others)                                                             \
    kinds,                                                                                         \
    {                                                                                              \
        the_others, theirs                                                                         \
    }
#define ANY              INT32_MIN, INT32_MAX
#define RANGE(low, high) low, high

const struct drill_option_row drill_option_rows[DRILL_OPTION_COUNT] = {
#define OPTION(name, level, number, kinds, sets, size, value, shape, range, mode)                  \
    {DRILL_##level, number,           kinds, sets, size, value, DRILL_SHAPE_##shape,               \
     range,         DRILL_MODE_##mode},
#include "emu/options.def"
#undef OPTION
};

const char *const drill_devices[DRILL_DEVICES] = {"", "lo", "eth0"};

int drill_option_find(int level, int number)
{
    int low = 0, high = DRILL_OPTION_COUNT;

    while (low < high) {
        int middle = (low + high) / 2;
        const struct drill_option_row *row = &drill_option_rows[middle];

        if (row->level < level || (row->level == level && row->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    if (low < DRILL_OPTION_COUNT && drill_option_rows[low].level == level &&
        drill_option_rows[low].number == number)
        return low;
    return -1;
}

struct drill_settings *drill_settings_need(struct drill_file *file, enum drill_option_kind kind)
{
    struct drill_settings *made;

    if (file->settings != NULL)
        return file->settings;
    made = drill_mem_zeroed(&file->host->sim->mem, sizeof *made);
    if (made == NULL)
        return NULL;
    made->linger_seconds = -1;
    memcpy(made->congestion, "cubic", sizeof "cubic");
    for (int option = 0; option < DRILL_OPTION_COUNT; option++)
        made->values[option] = drill_option_default((enum drill_option)option, kind);
    return file->settings = made;
}

int drill_settings_inherit(struct drill_file *to, const struct drill_file *from)
{
    struct drill_settings *copy;

    if (from->settings == NULL)
        return 0;
    copy = drill_mem_new(&to->host->sim->mem, sizeof *copy);
    if (copy == NULL)
        return -ENOMEM;
    *copy = *from->settings;
    copy->read_deadline_ns = copy->write_deadline_ns = 0;
    to->settings = copy;
    return 0;
}

void drill_settings_free(struct drill_file *file)
{
    if (file->settings != NULL)
        drill_mem_free(&file->host->sim->mem, file->settings, sizeof *file->settings);
    file->settings = NULL;
}
