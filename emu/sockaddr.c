#include "emu/sockaddr.h"

#include <errno.h>
#include <string.h>

#include "emu/abi.h"

enum {
    IP4_SIZE = 4,
    IP6_SIZE = 16,
    GROUPS = 8,
};

/* Reading.  A take_ function moves `at` past what it took; after a false `at` may stand anywhere.
 */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool take(const char **at, const char *wanted)
{
    size_t size = strlen(wanted);

    if (strncmp(*at, wanted, size) != 0)
        return false;
    *at += size;
    return true;
}

/* Decimal, at most `max`, and written in the one shortest way. */
static bool take_number(const char **at, uint32_t max, uint32_t *value)
{
    const char *start = *at;
    uint64_t number = 0;

    for (; **at >= '0' && **at <= '9'; ++*at) {
        number = number * 10 + (uint64_t)(**at - '0');
        if (number > max)
            return false;
    }
    *value = (uint32_t)number;
    return *at == start + 1 || (*at > start && *start != '0');
}

static bool take_inet4(const char **at, uint8_t ip[IP4_SIZE])
{
    for (int i = 0; i < IP4_SIZE; i++) {
        uint32_t byte;
        if ((i > 0 && !take(at, ".")) || !take_number(at, 255, &byte))
            return false;
        ip[i] = (uint8_t)byte;
    }
    return true;
}

static void take_group(const char **at, uint8_t group[2])
{
    unsigned value = 0;

    for (int i = 0; i < 4 && digit_of(**at) >= 0; i++)
        value = value << 4 | (unsigned)digit_of(*(*at)++);
    group[0] = (uint8_t)(value >> 8);
    group[1] = (uint8_t)value;
}

/* One group, or the IPv4 address that may stand for the last two: the bytes filled, 0 if none fit.
 */
static int take_part(const char **at, uint8_t *ip, int room)
{
    const char *ahead = *at;

    if (room >= IP4_SIZE && take_inet4(&ahead, ip)) {
        *at = ahead;
        return IP4_SIZE;
    }
    if (room < 2 || digit_of(**at) < 0)
        return 0;
    take_group(at, ip);
    return 2;
}

/* RFC 4291 2.2, all three forms. */
static bool take_inet6(const char **at, uint8_t ip[IP6_SIZE])
{
    int size = 0, gap = -1;

    if (take(at, "::"))
        gap = 0;
    while (gap != size || digit_of(**at) >= 0) {
        int filled = take_part(at, ip + size, IP6_SIZE - size);
        if (filled == 0)
            return false;
        size += filled;
        if (filled == IP4_SIZE || **at != ':')
            break;
        if (!take(at, "::")) {
            ++*at;
        } else if (gap >= 0) {
            return false;
        } else {
            gap = size;
        }
    }
    if (gap < 0)
        return size == IP6_SIZE;
    if (size == IP6_SIZE)
        return false;
    memmove(ip + IP6_SIZE - (size - gap), ip + gap, (size_t)(size - gap));
    memset(ip + gap, 0, (size_t)(IP6_SIZE - size));
    return true;
}

static bool take_zone(const char **at, uint32_t *zone)
{
    return !take(at, "%") || take_number(at, UINT32_MAX, zone);
}

static bool take_port(const char **at, uint16_t *port)
{
    uint32_t number = 0;

    if (take(at, ":") && !take_number(at, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool take_ip(const char **at, struct drill_sockaddr *addr)
{
    const char *start = *at;

    if (take(at, "[")) {
        addr->family = DRILL_AF_INET6;
        return take_inet6(at, addr->inet6) && take_zone(at, &addr->zone) && take(at, "]") &&
               take_port(at, &addr->port);
    }
    if (take_inet4(at, addr->inet4)) {
        addr->family = DRILL_AF_INET;
        return take_port(at, &addr->port);
    }
    *at = start;
    addr->family = DRILL_AF_INET6;
    return take_inet6(at, addr->inet6) && take_zone(at, &addr->zone);
}

/* A byte of a name, or \xNN for it. */
static bool take_byte(const char **at, char *byte)
{
    if (!take(at, "\\")) {
        *byte = *(*at)++;
        return true;
    }
    if (!take(at, "x"))
        return false;
    int value = 0;
    for (int i = 0; i < 2; i++, ++*at) {
        if (digit_of(**at) < 0)
            return false;
        value = value << 4 | digit_of(**at);
    }
    *byte = (char)(unsigned char)value;
    return true;
}

static bool take_name(const char **at, struct drill_sockaddr *addr)
{
    bool is_abstract = take(at, "@");
    size_t size = is_abstract ? 1 : 0;

    for (; **at; size++) {
        if (size == sizeof addr->local.name || !take_byte(at, &addr->local.name[size]))
            return false;
        if (!is_abstract && addr->local.name[size] == '\0')
            return false;
    }
    addr->family = DRILL_AF_UNIX;
    addr->local.size = (uint8_t)size;
    return true;
}

int drill_sockaddr_read(struct drill_sockaddr *self, const char *text)
{
    struct drill_sockaddr addr;

    memset(&addr, 0, sizeof addr);
    if (!(take(&text, "unix:") ? take_name(&text, &addr) : take_ip(&text, &addr)) || *text)
        return -EINVAL;
    *self = addr;
    return 0;
}

/* Writing, as snprintf does: what does not fit is counted only. */

struct writer {
    char *text;
    size_t size;
    size_t length;
};

static void give(struct writer *out, char c)
{
    if (out->length + 1 < out->size)
        out->text[out->length] = c;
    out->length++;
}

static void give_text(struct writer *out, const char *text)
{
    for (; *text; text++)
        give(out, *text);
}

static void give_number(struct writer *out, uint32_t value, uint32_t base)
{
    if (value >= base)
        give_number(out, value / base, base);
    give(out, "0123456789abcdef"[value % base]);
}

static void give_inet4(struct writer *out, const uint8_t ip[IP4_SIZE])
{
    for (int i = 0; i < IP4_SIZE; i++) {
        if (i > 0)
            give(out, '.');
        give_number(out, ip[i], 10);
    }
}

struct gap {
    int start, count;
};

/* The first of the longest runs of at least two groups of zero; past the end if there is none. */
static struct gap gap_find(const unsigned group[GROUPS])
{
    struct gap longest = {GROUPS, 1};

    for (int i = 0; i < GROUPS; i++) {
        int start = i;
        while (i < GROUPS && group[i] == 0)
            i++;
        if (i - start > longest.count)
            longest = (struct gap){start, i - start};
    }
    return longest;
}

/* RFC 5952 4 and 5. */
static void give_inet6(struct writer *out, const uint8_t ip[IP6_SIZE])
{
    unsigned group[GROUPS];

    for (int i = 0; i < GROUPS; i++)
        group[i] = (unsigned)(ip[2 * i] << 8 | ip[2 * i + 1]);
    struct gap gap = gap_find(group);
    if (gap.start == 0 && gap.count == 5 && group[5] == 0xffff) {
        give_text(out, "::ffff:");
        give_inet4(out, ip + IP6_SIZE - IP4_SIZE);
        return;
    }
    for (int i = 0; i < GROUPS; i++) {
        if (i == gap.start) {
            give_text(out, "::");
            i += gap.count - 1;
            continue;
        }
        if (i > 0 && i != gap.start + gap.count)
            give(out, ':');
        give_number(out, group[i], 16);
    }
}

static void give_byte(struct writer *out, char c)
{
    unsigned char byte = (unsigned char)c;

    if (byte > ' ' && byte < 0x7f && byte != '\\') {
        give(out, c);
        return;
    }
    give_text(out, "\\x");
    give_number(out, byte >> 4, 16);
    give_number(out, byte & 0xf, 16);
}

/* The first '@' of a path is escaped, lest it be read as an abstract name. */
static void give_name(struct writer *out, const struct drill_sockaddr *addr)
{
    size_t size = addr->local.size, i = 0;

    if (size > sizeof addr->local.name)
        size = sizeof addr->local.name;
    give_text(out, "unix:");
    if (size > 0 && (addr->local.name[0] == '\0' || addr->local.name[0] == '@')) {
        give_text(out, addr->local.name[0] == '@' ? "\\x40" : "@");
        i = 1;
    }
    for (; i < size; i++)
        give_byte(out, addr->local.name[i]);
}

static void give_sockaddr(struct writer *out, const struct drill_sockaddr *addr)
{
    switch (addr->family) {
    case DRILL_AF_INET:
        give_inet4(out, addr->inet4);
        break;
    case DRILL_AF_INET6:
        give(out, '[');
        give_inet6(out, addr->inet6);
        if (addr->zone) {
            give(out, '%');
            give_number(out, addr->zone, 10);
        }
        give(out, ']');
        break;
    case DRILL_AF_UNIX:
        give_name(out, addr);
        return;
    default:
        give_text(out, "unspec");
        return;
    }
    give(out, ':');
    give_number(out, addr->port, 10);
}

int drill_sockaddr_write(const struct drill_sockaddr *self, char *text, size_t size)
{
    struct writer out = {text, size, 0};

    give_sockaddr(&out, self);
    if (size > 0)
        text[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}
