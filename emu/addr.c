#include "emu/addr.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "emu/abi.h"

enum {
    IP4_SIZE = 4,
    IP6_SIZE = 16,
    MAPPED_SIZE = 12, /* bytes before the IPv4 address in an IPv4-mapped one */
};

static const uint8_t mapped[MAPPED_SIZE] = {[10] = 0xff, [11] = 0xff};

const struct drill_addr drill_addr_any4 = {.ip = {[10] = 0xff, [11] = 0xff}};
const struct drill_addr drill_addr_any6 = {.ip = {0}};

_Static_assert(sizeof(struct drill_addr) == 20, "a key without padding");

static bool is_mapped(const uint8_t ip[IP6_SIZE])
{
    return memcmp(ip, mapped, MAPPED_SIZE) == 0;
}

/* As Linux's __ipv6_addr_needs_scope_id: fe80::/10, and multicast of interface or link scope. */
static bool has_zone(const uint8_t ip[IP6_SIZE])
{
    if (ip[0] == 0xff)
        return (ip[1] & 0xf) == 1 || (ip[1] & 0xf) == 2;
    return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

int drill_addr_from(struct drill_addr *self, const struct drill_sockaddr *from)
{
    struct drill_addr addr = {.port = from->port};

    if (from->family == DRILL_AF_INET) {
        memcpy(addr.ip, mapped, MAPPED_SIZE);
        memcpy(addr.ip + MAPPED_SIZE, from->inet4, IP4_SIZE);
    } else if (from->family == DRILL_AF_INET6) {
        memcpy(addr.ip, from->inet6, IP6_SIZE);
        if (has_zone(addr.ip) && from->zone > UINT16_MAX)
            return -EINVAL;
        addr.zone = has_zone(addr.ip) ? (uint16_t)from->zone : 0;
    } else {
        return -EAFNOSUPPORT;
    }
    *self = addr;
    return 0;
}

struct drill_sockaddr drill_addr_show(const struct drill_addr *self, uint16_t family)
{
    struct drill_sockaddr shown;

    memset(&shown, 0, sizeof shown);
    shown.family = family;
    shown.port = self->port;
    if (family == DRILL_AF_INET) {
        assert(drill_addr_is_v4(self));
        memcpy(shown.inet4, self->ip + MAPPED_SIZE, IP4_SIZE);
    } else {
        assert(family == DRILL_AF_INET6);
        memcpy(shown.inet6, self->ip, IP6_SIZE);
        shown.zone = self->zone;
    }
    return shown;
}

struct drill_sockaddr drill_addr_plain(const struct drill_addr *self)
{
    return drill_addr_show(self, drill_addr_is_v4(self) ? DRILL_AF_INET : DRILL_AF_INET6);
}

bool drill_addr_is_v4(const struct drill_addr *self)
{
    return is_mapped(self->ip);
}

bool drill_addr_is_any(const struct drill_addr *self)
{
    return memcmp(self->ip, drill_addr_any4.ip, IP6_SIZE) == 0 ||
           memcmp(self->ip, drill_addr_any6.ip, IP6_SIZE) == 0;
}

bool drill_addr_is_loopback(const struct drill_addr *self)
{
    static const uint8_t loopback6[IP6_SIZE] = {[15] = 1};

    if (is_mapped(self->ip))
        return self->ip[12] == 127;
    return memcmp(self->ip, loopback6, IP6_SIZE) == 0;
}

bool drill_addr_is_multicast(const struct drill_addr *self)
{
    return is_mapped(self->ip) ? (self->ip[12] & 0xf0) == 0xe0 : self->ip[0] == 0xff;
}

bool drill_addr_is_broadcast(const struct drill_addr *self)
{
    static const uint8_t ones[IP4_SIZE] = {255, 255, 255, 255};

    return is_mapped(self->ip) && memcmp(self->ip + MAPPED_SIZE, ones, IP4_SIZE) == 0;
}

bool drill_addr_is_link_local(const struct drill_addr *self)
{
    return self->ip[0] == 0xfe && (self->ip[1] & 0xc0) == 0x80;
}

bool drill_addr_same_ip(const struct drill_addr *a, const struct drill_addr *b)
{
    return memcmp(a->ip, b->ip, IP6_SIZE) == 0 && a->zone == b->zone;
}
