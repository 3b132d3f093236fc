#include "tests/conformance/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct run *run, const char *format, va_list arguments)
{
    size_t room = sizeof run->text - run->text_size;
    int size = vsnprintf(run->text + run->text_size, room, format, arguments);

    if (size > 0)
        run->text_size += (size_t)size < room ? (size_t)size : room - 1;
}

void say(struct run *run, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(run, format, arguments);
    va_end(arguments);
    if (run->text_size < sizeof run->text - 1) {
        run->text[run->text_size++] = '\n';
        run->text[run->text_size] = '\0';
    }
}

long tell(struct run *run, const char *what, long result)
{
    if (result < 0)
        say(run, "%s = %s", what, error_name((int)-result));
    else
        say(run, "%s = %ld", what, result);
    return result;
}

int tell_fd(struct run *run, const char *what, int fd)
{
    say(run, "%s = %s", what, fd < 0 ? error_name(-fd) : "ok");
    return fd;
}

long tell_data(struct run *run, const char *what, long result, const void *data)
{
    if (result <= 0)
        return tell(run, what, result);
    say(run, "%s = %ld '%s'", what, result, data_text(run, data, (size_t)result));
    return result;
}

int must(struct run *run, const char *what, int result)
{
    if (result < 0)
        tell(run, what, result);
    return result;
}

void expect(struct run *run, const char *text)
{
    run->expected = text;
}

bool skip_on_kernel(struct run *run, const char *reason)
{
    if (!run->on_kernel)
        return false;
    run->skipped = reason;
    return true;
}

#define NAME(error)                                                                                \
    {                                                                                              \
        error, #error                                                                              \
    }

static const struct {
    int error;
    const char *name;
} errors[] = {
    NAME(EPERM),        NAME(ENOENT),          NAME(EINTR),        NAME(EIO),
    NAME(ENXIO),        NAME(EBADF),           NAME(EAGAIN),       NAME(ENOMEM),
    NAME(EACCES),       NAME(EFAULT),          NAME(EBUSY),        NAME(EEXIST),
    NAME(ENODEV),       NAME(ENOTDIR),         NAME(EISDIR),       NAME(EINVAL),
    NAME(ENFILE),       NAME(EMFILE),          NAME(ENOTTY),       NAME(EFBIG),
    NAME(ENOSPC),       NAME(ESPIPE),          NAME(EROFS),        NAME(EPIPE),
    NAME(EDOM),         NAME(ERANGE),          NAME(EDEADLK),      NAME(ENAMETOOLONG),
    NAME(ENOSYS),       NAME(ELOOP),           NAME(EPROTO),       NAME(ENOTSOCK),
    NAME(EDESTADDRREQ), NAME(EMSGSIZE),        NAME(EPROTOTYPE),   NAME(ENOPROTOOPT),
    NAME(EOPNOTSUPP),   NAME(EPROTONOSUPPORT), NAME(EPFNOSUPPORT), NAME(ESOCKTNOSUPPORT),
    NAME(EADDRINUSE),   NAME(EAFNOSUPPORT),    NAME(ENETDOWN),     NAME(EADDRNOTAVAIL),
    NAME(ENETUNREACH),  NAME(ENETRESET),       NAME(ECONNABORTED), NAME(ECONNRESET),
    NAME(ENOBUFS),      NAME(EISCONN),         NAME(ENOTCONN),     NAME(ESHUTDOWN),
    NAME(ETOOMANYREFS), NAME(ETIMEDOUT),       NAME(ECONNREFUSED), NAME(EHOSTDOWN),
    NAME(EHOSTUNREACH), NAME(EALREADY),        NAME(EINPROGRESS),  NAME(EOVERFLOW),
    NAME(ESTALE),       NAME(ECANCELED),       NAME(EUSERS),       NAME(E2BIG),
};

const char *error_name(int error)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].name;
    return "an error without a name";
}

static char *scratch(struct run *run)
{
    return run->scratches[run->scratch++ % RUN_SCRATCHES];
}

/* "0", or "P3" for the third port that this run has seen. */
static void port_name(struct run *run, uint16_t port, char *name, size_t size)
{
    size_t i = 0;

    while (i < run->port_count && run->ports[i] != port)
        i++;
    if (i == run->port_count && i < RUN_PORTS && port != 0)
        run->ports[run->port_count++] = port;
    if (port == 0)
        snprintf(name, size, "0");
    else
        snprintf(name, size, "P%zu", i + 1);
}

static const char *inet_text(struct run *run, const struct drill_sockaddr *addr)
{
    char host[INET6_ADDRSTRLEN];
    char port[16];
    char *text = scratch(run);
    bool six = addr->family == AF_INET6;

    port_name(run, addr->port, port, sizeof port);
    inet_ntop(addr->family, six ? addr->inet6 : addr->inet4, host, sizeof host);
    snprintf(text, SCRATCH_SIZE, six ? "[%s]:%s" : "%s:%s", host, port);
    return text;
}

const char *address_text(struct run *run, const struct drill_sockaddr *addr)
{
    char *text;

    if (addr->family == AF_INET || addr->family == AF_INET6)
        return inet_text(run, addr);
    if (addr->family == AF_UNSPEC)
        return "no address";
    if (addr->family != AF_UNIX)
        return "an address of another family";
    if (addr->local.size == 0)
        return "unix:";
    text = scratch(run);
    snprintf(text, SCRATCH_SIZE, "unix:%s%.*s", addr->local.name[0] == '\0' ? "@" : "",
             addr->local.size - (addr->local.name[0] == '\0'),
             addr->local.name + (addr->local.name[0] == '\0'));
    return text;
}

static const struct {
    int bit;
    const char *name;
} bits_of_poll[] = {
    {POLLIN, "IN"},         {POLLPRI, "PRI"},       {POLLOUT, "OUT"},       {POLLERR, "ERR"},
    {POLLHUP, "HUP"},       {POLLNVAL, "NVAL"},     {POLLRDNORM, "RDNORM"}, {POLLRDBAND, "RDBAND"},
    {POLLWRNORM, "WRNORM"}, {POLLWRBAND, "WRBAND"}, {POLLRDHUP, "RDHUP"},
};

const char *poll_text(struct run *run, int bits)
{
    char *text = scratch(run);
    size_t used = 0;

    for (size_t i = 0; i < sizeof bits_of_poll / sizeof *bits_of_poll; i++)
        if (bits & bits_of_poll[i].bit)
            used += (size_t)snprintf(text + used, SCRATCH_SIZE - used, "%s%s", used ? "|" : "",
                                     bits_of_poll[i].name);
    return used ? text : "nothing";
}

const char *data_text(struct run *run, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    char *text = scratch(run);
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < size && used + 8 < SCRATCH_SIZE; i++) {
        bool plain = bytes[i] >= ' ' && bytes[i] < 127 && bytes[i] != '\\';

        used +=
            (size_t)snprintf(text + used, SCRATCH_SIZE - used, plain ? "%c" : "\\x%02x", bytes[i]);
    }
    return text;
}

uint64_t digest(const void *data, size_t size, uint64_t before)
{
    const unsigned char *bytes = data;
    uint64_t hash = before ? before : UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}
