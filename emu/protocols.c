#include "emu/protocols.h"

#include <errno.h>

#include "emu/tcp.h"

static bool is_inet(int family)
{
    return family == DRILL_AF_INET || family == DRILL_AF_INET6;
}

int drill_protocols_socket(struct drill_host *host, int family, int type, int protocol,
                           struct drill_file **made)
{
    if (!is_inet(family))
        return -EAFNOSUPPORT;
    if (type != DRILL_SOCK_STREAM)
        return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != DRILL_IPPROTO_TCP)
        return -EPROTONOSUPPORT;
    struct drill_tcp *tcp = drill_tcp_new(host, family);
    if (tcp == NULL)
        return -ENOMEM;
    *made = &tcp->socket.file;
    return 0;
}

int drill_protocols_pair(struct drill_host *host, int family, int type, int protocol,
                         struct drill_file *made[2])
{
    (void)host;
    (void)family;
    (void)type;
    (void)protocol;
    (void)made;
    return -EOPNOTSUPP;
}
