#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "api/syscall.h"
#include "emu/sockaddr.h"

struct drill_sockaddr drill_sockaddr_inet4(uint8_t a, uint8_t b, uint8_t c, uint8_t d,
                                           uint16_t port)
{
    return (struct drill_sockaddr){.family = AF_INET, .port = port, .inet4 = {a, b, c, d}};
}

struct drill_sockaddr drill_sockaddr_inet6(const uint8_t addr[16], uint16_t port, uint32_t zone)
{
    struct drill_sockaddr self = {.family = AF_INET6, .port = port, .zone = zone};

    memcpy(self.inet6, addr, sizeof self.inet6);
    return self;
}

struct drill_sockaddr drill_sockaddr_unix(const char *name)
{
    struct drill_sockaddr self = {.family = AF_UNIX};
    const size_t size = name != NULL ? strlen(name) : SIZE_MAX;

    if (size > sizeof self.local.name)
        return (struct drill_sockaddr){.family = AF_UNSPEC};
    memcpy(self.local.name, name, size);
    self.local.size = (uint8_t)size;
    if (name[0] == '@')
        self.local.name[0] = '\0';
    return self;
}

struct drill_sockaddr drill_sockaddr_parse(const char *text)
{
    struct drill_sockaddr self;

    if (text == NULL || drill_sockaddr_read(&self, text) < 0)
        return (struct drill_sockaddr){.family = AF_UNSPEC};
    return self;
}

int drill_sockaddr_print(const struct drill_sockaddr *self, char *text, size_t size)
{
    return drill_sockaddr_write(self, text, size);
}

bool drill_sockaddr_equal(const struct drill_sockaddr *a, const struct drill_sockaddr *b)
{
    if (a->family != b->family)
        return false;
    switch (a->family) {
    case AF_INET:
        return a->port == b->port && memcmp(a->inet4, b->inet4, sizeof a->inet4) == 0;
    case AF_INET6:
        return a->port == b->port && a->zone == b->zone &&
               memcmp(a->inet6, b->inet6, sizeof a->inet6) == 0;
    case AF_UNIX:
        return a->local.size == b->local.size &&
               memcmp(a->local.name, b->local.name, a->local.size) == 0;
    default:
        return true;
    }
}

static int give(struct sockaddr *system, size_t size, const void *from, size_t length)
{
    if (size < length)
        return -EINVAL;
    memcpy(system, from, length);
    return (int)length;
}

int drill_sockaddr_to_system(const struct drill_sockaddr *self, struct sockaddr *system,
                             size_t size)
{
    struct sockaddr_in inet4 = {.sin_family = AF_INET, .sin_port = htons(self->port)};
    struct sockaddr_in6 inet6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(self->port), .sin6_scope_id = self->zone};
    struct sockaddr_un local = {.sun_family = AF_UNIX};

    switch (self->family) {
    case AF_INET:
        memcpy(&inet4.sin_addr, self->inet4, sizeof self->inet4);
        return give(system, size, &inet4, sizeof inet4);
    case AF_INET6:
        memcpy(&inet6.sin6_addr, self->inet6, sizeof self->inet6);
        return give(system, size, &inet6, sizeof inet6);
    case AF_UNIX: {
        /* A path counts its terminating NUL, an abstract name does not (unix(7)). */
        const size_t room = sizeof local.sun_path;
        size_t length = self->local.size;
        memcpy(local.sun_path, self->local.name, length);
        if (length > 0 && length < room && self->local.name[0] != '\0')
            length++;
        return give(system, size, &local, offsetof(struct sockaddr_un, sun_path) + length);
    }
    default:
        return -EAFNOSUPPORT;
    }
}

static int take_local(struct drill_sockaddr *self, const struct sockaddr *system, size_t size)
{
    const char *name = (const char *)system + offsetof(struct sockaddr_un, sun_path);
    size_t length = size - offsetof(struct sockaddr_un, sun_path);

    if (length > sizeof self->local.name)
        return -EINVAL;
    if (length > 0 && name[0] != '\0')
        length = strnlen(name, length);
    memcpy(self->local.name, name, length);
    self->local.size = (uint8_t)length;
    return 0;
}

int drill_sockaddr_from_system(struct drill_sockaddr *self, const struct sockaddr *system,
                               size_t size)
{
    struct sockaddr_in inet4;
    struct sockaddr_in6 inet6;

    if (size < sizeof system->sa_family)
        return -EINVAL;
    *self = (struct drill_sockaddr){.family = system->sa_family};
    switch (self->family) {
    case AF_INET:
        if (size < sizeof inet4)
            return -EINVAL;
        memcpy(&inet4, system, sizeof inet4);
        self->port = ntohs(inet4.sin_port);
        memcpy(self->inet4, &inet4.sin_addr, sizeof self->inet4);
        return 0;
    case AF_INET6:
        if (size < sizeof inet6)
            return -EINVAL;
        memcpy(&inet6, system, sizeof inet6);
        self->port = ntohs(inet6.sin6_port);
        self->zone = inet6.sin6_scope_id;
        memcpy(self->inet6, &inet6.sin6_addr, sizeof self->inet6);
        return 0;
    case AF_UNIX:
        return take_local(self, system, size);
    default:
        return 0;
    }
}
