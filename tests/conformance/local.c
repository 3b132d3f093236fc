#include "tests/conformance/local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOCAL_CONTROL_SIZE 2048
#define LOCAL_DATA_SIZE    256

const struct local_type local_types[] = {
    {SOCK_STREAM, "stream"},
    {SOCK_DGRAM, "dgram"},
    {SOCK_SEQPACKET, "seqpacket"},
    {0, NULL},
};

void local_pair(struct run *run, int type, int pair[2])
{
    pair[0] = -1;
    pair[1] = -1;
    must(run, "socketpair", run->net->socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
}

int local_socket(struct run *run, int type, const char *name)
{
    struct drill_sockaddr addr;
    int fd = must(run, "socket", run->net->socket(AF_UNIX, type | SOCK_NONBLOCK, 0));

    if (name == NULL)
        return fd;
    addr = unix_name(name);
    must(run, "bind", run->net->bind(fd, &addr));
    return fd;
}

int local_listener(struct run *run, int type, const char *name, int backlog)
{
    int fd = local_socket(run, type, name);

    must(run, "listen", run->net->listen(fd, backlog));
    return fd;
}

long local_connect(struct run *run, const char *what, int fd, const char *name)
{
    struct drill_sockaddr addr = unix_name(name);

    return tell(run, what, run->net->connect(fd, &addr));
}

const char *local_name(struct run *run, const struct drill_sockaddr *addr)
{
    static char text[2 * SCRATCH_SIZE];
    const char *kind = "path";
    size_t skip = 0;

    if (addr->family == AF_UNSPEC)
        return "none";
    if (addr->family != AF_UNIX)
        return "of another family";
    if (addr->local.size == 0)
        return "unnamed";
    if (addr->local.name[0] == '\0') {
        kind = "abstract";
        skip = 1;
    }
    snprintf(text, sizeof text, "%s '%s'", kind,
             data_text(run, addr->local.name + skip, addr->local.size - skip));
    return text;
}

long local_send_fds(struct run *run, int fd, const char *text, const int *fds, size_t count)
{
    _Alignas(struct cmsghdr) unsigned char control[LOCAL_CONTROL_SIZE];
    struct drill_iovec part = {.base = (void *)(uintptr_t)text, .size = strlen(text)};
    struct drill_message message = {.parts = &part, .part_count = 1, .control = control};
    struct cmsghdr head = {.cmsg_len = CMSG_LEN(count * sizeof *fds),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS};
    long result;

    memset(control, 0, sizeof control);
    memcpy(control, &head, sizeof head);
    if (count > 0)
        memcpy(control + CMSG_LEN(0), fds, count * sizeof *fds);
    message.control_size = CMSG_SPACE(count * sizeof *fds);
    result = run->net->sendmsg_n(fd, &message, MSG_NOSIGNAL);
    if (result == -ENOMEM || result == -ENOBUFS)
        must(run, "sendmsg", (int)result);
    return result;
}

/* Collects the descriptors of every SCM_RIGHTS message. */
static void take_fds(const unsigned char *control, struct local_received *received)
{
    size_t at = 0;

    while (at + sizeof(struct cmsghdr) <= received->control_size) {
        struct cmsghdr head;
        size_t end;

        memcpy(&head, control + at, sizeof head);
        end = at + head.cmsg_len;
        if (head.cmsg_len < sizeof head || end > received->control_size)
            return;
        if (head.cmsg_level == SOL_SOCKET && head.cmsg_type == SCM_RIGHTS) {
            for (size_t from = at + CMSG_LEN(0);
                 from + sizeof(int) <= end && received->fd_count < LOCAL_MAX_FDS;
                 from += sizeof(int))
                memcpy(&received->fds[received->fd_count++], control + from, sizeof(int));
        }
        at += CMSG_ALIGN(head.cmsg_len);
    }
}

void local_recv_fds(struct run *run, const char *what, int fd, size_t size, size_t room, int flags,
                    struct local_received *received)
{
    _Alignas(struct cmsghdr) unsigned char control[LOCAL_CONTROL_SIZE];
    char data[LOCAL_DATA_SIZE];
    struct drill_iovec part = {.base = data, .size = size};
    struct drill_message message = {
        .parts = &part, .part_count = 1, .control = control, .control_size = room};

    memset(received, 0, sizeof *received);
    memset(control, 0, sizeof control);
    received->result = run->net->recvmsg(fd, &message, flags | MSG_DONTWAIT);
    if (received->result < 0) {
        tell(run, what, received->result);
        return;
    }
    received->control_size = message.control_size;
    received->flags = message.flags;
    take_fds(control, received);
    say(run, "%s = %ld '%s', %zu descriptors, control %zu, flags %s", what, received->result,
        data_text(run, data, (size_t)received->result < size ? (size_t)received->result : size),
        received->fd_count, received->control_size, local_flags(received->flags));
}

void local_tell_joined(struct run *run, const char *what, int from, int to)
{
    char data[8];
    long sent = run->net->sendto(from, "j", 1, MSG_NOSIGNAL, NULL);
    long got = run->net->recvfrom(to, data, sizeof data, MSG_DONTWAIT, NULL);

    if (sent < 0)
        tell(run, what, sent);
    else
        tell_data(run, what, got, data);
}

void local_close_all(struct run *run, const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run->net->close(fds[i]);
}

static const struct {
    int bit;
    const char *name;
} flag_names[] = {
    {MSG_OOB, "OOB"}, {MSG_CTRUNC, "CTRUNC"},     {MSG_TRUNC, "TRUNC"},
    {MSG_EOR, "EOR"}, {MSG_ERRQUEUE, "ERRQUEUE"}, {MSG_CMSG_CLOEXEC, "CMSG_CLOEXEC"},
};

const char *local_flags(int flags)
{
    static char text[96];
    size_t used = 0;

    text[0] = '0';
    text[1] = '\0';
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (flags & flag_names[i].bit)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "|" : "",
                                     flag_names[i].name);
    return text;
}
