#include "emu/protocols.h"

#include <errno.h>

#include "emu/raw.h"
#include "emu/tcp.h"
#include "emu/udp.h"
#include "emu/unix.h"

enum { PROTOCOL_ANY = 0, PROTOCOL_COUNT = 263, TYPE_COUNT = 11 };
enum { LOCAL = 1, INET = 2 };

struct row {
    uint8_t families; /* LOCAL, INET */
    uint8_t type;
    uint8_t protocol; /* what protocol 0 means; PROTOCOL_ANY: each but 0 */
    int (*make)(struct drill_host *host, int family, int type, int protocol,
                struct drill_file **made);
    /* Two that are connected to each other; NULL: there is no such thing. */
    int (*make_pair)(struct drill_host *host, int type, struct drill_file *made[2]);
};

static int make_tcp(struct drill_host *host, int family, int type, int protocol,
                    struct drill_file **made)
{
    struct drill_tcp *tcp = drill_tcp_new(host, family);

    (void)type;
    (void)protocol;
    if (tcp == NULL)
        return -ENOMEM;
    *made = &tcp->socket.file;
    return 0;
}

static const struct row rows[] = {
    {INET, DRILL_SOCK_STREAM, DRILL_IPPROTO_TCP, make_tcp, NULL},
    {INET, DRILL_SOCK_DGRAM, DRILL_IPPROTO_UDP, drill_udp_new, NULL},
    {INET, DRILL_SOCK_RAW, PROTOCOL_ANY, drill_raw_new, NULL},
    {LOCAL, DRILL_SOCK_STREAM, DRILL_AF_UNIX, drill_unix_new, drill_unix_new_pair},
    {LOCAL, DRILL_SOCK_DGRAM, DRILL_AF_UNIX, drill_unix_new, drill_unix_new_pair},
    {LOCAL, DRILL_SOCK_RAW, DRILL_AF_UNIX, drill_unix_new, drill_unix_new_pair},
    {LOCAL, DRILL_SOCK_SEQPACKET, DRILL_AF_UNIX, drill_unix_new, drill_unix_new_pair},
};

/* What a family says of a protocol's number before any type is looked at. */
static int check_protocol(int family, int protocol)
{
    if (family == DRILL_AF_UNIX)
        return protocol == 0 || protocol == DRILL_AF_UNIX ? LOCAL : -EPROTONOSUPPORT;
    if (family != DRILL_AF_INET && family != DRILL_AF_INET6)
        return -EAFNOSUPPORT;
    return protocol >= 0 && protocol < PROTOCOL_COUNT ? INET : -EINVAL;
}

static bool means(const struct row *row, int protocol)
{
    if (row->protocol == PROTOCOL_ANY)
        return protocol != 0;
    return protocol == 0 || protocol == row->protocol;
}

static int find(int family, int type, int protocol, const struct row **found)
{
    if (type < 0 || type >= TYPE_COUNT)
        return -EINVAL;
    const int families = check_protocol(family, protocol);
    int result = families < 0 ? families : -ESOCKTNOSUPPORT;
    for (size_t i = 0; families > 0 && i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].families != families || rows[i].type != type)
            continue;
        result = -EPROTONOSUPPORT;
        *found = &rows[i];
        if (means(*found, protocol))
            return 0;
    }
    return result;
}

int drill_protocols_socket(struct drill_host *host, int family, int type, int protocol,
                           struct drill_file **made)
{
    const struct row *row;
    const int result = find(family, type, protocol, &row);

    if (result < 0)
        return result;
    return row->make(host, family, type, protocol != 0 ? protocol : row->protocol, made);
}

int drill_protocols_pair(struct drill_host *host, int family, int type, int protocol,
                         struct drill_file *made[2])
{
    const struct row *row;
    const int result = find(family, type, protocol, &row);

    if (result < 0)
        return result;
    return row->make_pair != NULL ? row->make_pair(host, type, made) : -EOPNOTSUPP;
}
