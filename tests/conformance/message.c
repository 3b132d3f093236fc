#include "tests/conformance/message.h"

#include <linux/errqueue.h>
#include <stdio.h>
#include <string.h>

void tell_send(struct run *run, const char *what, int fd, const char *text,
               const struct drill_sockaddr *to)
{
    tell(run, what, run->net->sendto(fd, text, strlen(text), MSG_NOSIGNAL, to));
    run->net->settle();
}

void tell_send_control(struct run *run, const char *what, int fd, const struct drill_sockaddr *to,
                       void *control, size_t control_size)
{
    char text[] = "text";
    struct drill_sockaddr address = to ? *to : no_address();
    struct drill_iovec part = {text, strlen(text)};
    struct drill_message message = {
        .address = to ? &address : NULL,
        .parts = &part,
        .part_count = 1,
        .control = control,
        .control_size = control_size,
    };

    tell(run, what, run->net->sendmsg_n(fd, &message, MSG_NOSIGNAL));
    run->net->settle();
}

static const char *flags_text(char *text, size_t size, int flags)
{
    static const struct {
        int flag;
        const char *name;
    } names[] = {
        {MSG_OOB, "OOB"}, {MSG_TRUNC, "TRUNC"},       {MSG_CTRUNC, "CTRUNC"},
        {MSG_EOR, "EOR"}, {MSG_ERRQUEUE, "ERRQUEUE"},
    };
    size_t used = 0;

    snprintf(text, size, "0");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].flag)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? "|" : "", names[i].name);
    return text;
}

static const char *host4(struct run *run, const void *bytes)
{
    struct drill_sockaddr addr = {.family = AF_INET};

    memcpy(addr.inet4, bytes, sizeof addr.inet4);
    return address_text(run, &addr);
}

static const char *host6(struct run *run, const void *bytes)
{
    struct drill_sockaddr addr = {.family = AF_INET6};

    memcpy(addr.inet6, bytes, sizeof addr.inet6);
    return address_text(run, &addr);
}

static void tell_extended_error(struct run *run, const char *name, const unsigned char *data,
                                size_t size)
{
    struct sock_extended_err error;
    sa_family_t family;

    memcpy(&error, data, sizeof error);
    memcpy(&family, data + sizeof error, sizeof family);
    say(run, "  %s of %zu: %s, origin %d, type %d, code %d, info %u, offender %s", name, size,
        error_name((int)error.ee_errno), error.ee_origin, error.ee_type, error.ee_code,
        error.ee_info,
        family == AF_INET    ? host4(run, data + sizeof error + 4)
        : family == AF_INET6 ? host6(run, data + sizeof error + 8)
                             : "none");
}

static int int_of(const void *data, size_t size)
{
    int value = 0;

    memcpy(&value, data, size < sizeof value ? size : sizeof value);
    return value;
}

static bool tell_inet4(struct run *run, int type, const unsigned char *data, size_t size)
{
    if (type == IP_PKTINFO && size == sizeof(struct in_pktinfo))
        say(run, "  IP_PKTINFO of %zu: interface %d, local %s, header %s", size, int_of(data, 4),
            host4(run, data + 4), host4(run, data + 8));
    else if (type == IP_TTL)
        say(run, "  IP_TTL of %zu: %d", size, int_of(data, size));
    else if (type == IP_TOS)
        say(run, "  IP_TOS of %zu: %d", size, int_of(data, size));
    else if (type == IP_RECVERR && size > sizeof(struct sock_extended_err))
        tell_extended_error(run, "IP_RECVERR", data, size);
    else
        return false;
    return true;
}

static bool tell_inet6(struct run *run, int type, const unsigned char *data, size_t size)
{
    if (type == IPV6_PKTINFO && size == sizeof(struct in6_pktinfo))
        say(run, "  IPV6_PKTINFO of %zu: interface %d, header %s", size, int_of(data + 16, 4),
            host6(run, data));
    else if (type == IPV6_HOPLIMIT)
        say(run, "  IPV6_HOPLIMIT of %zu: %d", size, int_of(data, size));
    else if (type == IPV6_TCLASS)
        say(run, "  IPV6_TCLASS of %zu: %d", size, int_of(data, size));
    else if (type == IPV6_RECVERR && size > sizeof(struct sock_extended_err))
        tell_extended_error(run, "IPV6_RECVERR", data, size);
    else
        return false;
    return true;
}

/* Steps by hand: a message that was cut has a length that CMSG_NXTHDR would not pass. */
static void tell_controls(struct run *run, const char *control, size_t size)
{
    struct cmsghdr header;
    unsigned char data[128];

    for (size_t at = 0; at + sizeof header <= size; at += CMSG_ALIGN(header.cmsg_len)) {
        size_t length;

        memcpy(&header, control + at, sizeof header);
        if (header.cmsg_len < sizeof header || header.cmsg_len > size - at) {
            say(run, "  a broken control message");
            return;
        }
        length = header.cmsg_len - sizeof header;
        memset(data, 0, sizeof data);
        memcpy(data, control + at + sizeof header, length < sizeof data ? length : sizeof data);
        if (header.cmsg_level == IPPROTO_IP && tell_inet4(run, header.cmsg_type, data, length))
            continue;
        if (header.cmsg_level == IPPROTO_IPV6 && tell_inet6(run, header.cmsg_type, data, length))
            continue;
        say(run, "  level %d, type %d of %zu", header.cmsg_level, header.cmsg_type, length);
    }
}

void tell_message(struct run *run, const char *what, int fd, size_t size, size_t room, int flags)
{
    _Alignas(struct cmsghdr) char control[512];
    char data[256];
    char names[64];
    struct drill_sockaddr from = no_address();
    struct drill_iovec part = {data, size < sizeof data ? size : sizeof data};
    struct drill_message message = {
        .address = &from,
        .parts = &part,
        .part_count = 1,
        .control = room > 0 ? control : NULL,
        .control_size = room,
    };
    long result = run->net->recvmsg(fd, &message, flags | MSG_DONTWAIT);

    if (result < 0) {
        tell(run, what, result);
        return;
    }
    say(run, "%s = %ld '%s' from %s, flags %s, control %zu", what, result,
        data_text(run, data, (size_t)result < part.size ? (size_t)result : part.size),
        address_text(run, &from), flags_text(names, sizeof names, message.flags),
        message.control_size);
    tell_controls(run, control, message.control_size);
}

void tell_from(struct run *run, const char *what, int fd)
{
    char data[256];
    struct drill_sockaddr from = no_address();
    long result = run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, &from);

    if (result < 0)
        tell(run, what, result);
    else
        say(run, "%s = %ld '%s' from %s", what, result, data_text(run, data, (size_t)result),
            address_text(run, &from));
}

void tell_got(struct run *run, const char *what, int fd)
{
    tell_recv(run, what, fd, 256, 0);
}

void tell_ioctl(struct run *run, const char *what, int fd, int request)
{
    int value = -1;
    int result = run->net->ioctl_int(fd, request, &value);

    tell(run, what, result < 0 ? result : value);
}

void set_option(struct run *run, int fd, int level, int option, int value)
{
    must(run, "setsockopt", run->net->setsockopt_int(fd, level, option, value));
}

void tell_set(struct run *run, const char *what, int fd, int level, int option, int value)
{
    tell(run, what, run->net->setsockopt_int(fd, level, option, value));
}

int datagram_at(struct run *run, struct drill_sockaddr *addr)
{
    int fd = must(run, "socket", run->net->socket(addr->family, SOCK_DGRAM, 0));

    must(run, "bind", run->net->bind(fd, addr));
    must(run, "getsockname", run->net->getsockname(fd, addr));
    return fd;
}

void datagram_two(struct run *run, int fds[2], struct drill_sockaddr addrs[2])
{
    fds[0] = bound_socket(run, SOCK_DGRAM, &addrs[0]);
    fds[1] = bound_socket(run, SOCK_DGRAM, &addrs[1]);
}

struct drill_sockaddr nobody(struct run *run)
{
    struct drill_sockaddr addr;

    run->net->close(bound_socket(run, SOCK_DGRAM, &addr));
    return addr;
}

struct drill_sockaddr no_address(void)
{
    return (struct drill_sockaddr){.family = AF_UNSPEC};
}

size_t put_control(char *control, size_t used, int level, int type, const void *data, size_t size)
{
    struct cmsghdr header = {
        .cmsg_len = CMSG_LEN(size),
        .cmsg_level = level,
        .cmsg_type = type,
    };

    memset(control + used, 0, CMSG_SPACE(size));
    memcpy(control + used, &header, sizeof header);
    memcpy(control + used + CMSG_LEN(0), data, size);
    return used + CMSG_SPACE(size);
}
