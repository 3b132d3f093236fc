#include <errno.h>

#include "emu/fault.h"
#include "emu/tcp.h"
#include "emu/unix.h"

enum kinds {
    TCP = 1,
    UDP = 2,
    RAW = 4,
    UNIX_STREAM = 8,
    UNIX_DGRAM = 16,
    UNIX_SEQPACKET = 32,
    EPOLL = 64,
    NOFILE = 128,
    UNIX = UNIX_STREAM | UNIX_DGRAM | UNIX_SEQPACKET,
    SOCKETS = TCP | UDP | RAW | UNIX,
    OPEN = SOCKETS | EPOLL,
    ALL = 255,
};

enum states { FRESH = 1, BOUND = 2, LISTENING = 4, CONNECTING = 8, CONNECTED = 16, DEAD = 32 };

enum mode { FAITHFUL, HOSTILE };

static const struct {
    uint8_t call;
    uint8_t kinds, states;
    uint8_t mode;
    int error;
} rows[] = {
#define LEGAL(call, error, kinds, states, mode) {DRILL_CALL_##call, kinds, states, mode, error},
#include "emu/legal.def"
#undef LEGAL
};

static unsigned kind_of(const struct drill_file *file)
{
    static const uint8_t kinds[DRILL_KINDS] = {
        [DRILL_KIND_TCP4] = TCP,
        [DRILL_KIND_TCP6] = TCP,
        [DRILL_KIND_UDP4] = UDP,
        [DRILL_KIND_UDP6] = UDP,
        [DRILL_KIND_RAW4] = RAW,
        [DRILL_KIND_RAW6] = RAW,
        [DRILL_KIND_UNIX_STREAM] = UNIX_STREAM,
        [DRILL_KIND_UNIX_DGRAM] = UNIX_DGRAM,
        [DRILL_KIND_UNIX_SEQPACKET] = UNIX_SEQPACKET,
    };

    if (file == NULL)
        return NOFILE;
    return file->ops->recv == NULL ? EPOLL
                                   : kinds[((const struct drill_socket *)(const void *)file)->kind];
}

/* The port of a raw socket is its protocol, and no name. */
static bool has_name(const struct drill_file *file, bool peer)
{
    struct drill_sockaddr name;
    struct drill_addr addr;

    if (file->ops->name_of((struct drill_file *)(uintptr_t)file, &name, peer) < 0)
        return false;
    if (peer)
        return true;
    if (name.family == DRILL_AF_UNIX)
        return name.local.size > 0;
    return kind_of(file) == RAW ? drill_addr_from(&addr, &name) == 0 && !drill_addr_is_any(&addr)
                                : name.port != 0;
}

static unsigned state_of(const struct drill_file *file)
{
    const struct drill_socket *socket = (const struct drill_socket *)(const void *)file;

    if (file == NULL || file->ops->recv == NULL)
        return ALL;
    if (file->ops == &drill_tcp_ops)
        switch (socket->state) {
        case DRILL_TCP_LISTEN:
            return LISTENING;
        case DRILL_TCP_SYN_SENT:
        case DRILL_TCP_SYN_RECEIVED:
            return CONNECTING;
        case DRILL_TCP_TIME_WAIT: /* Linux has forgotten whose it was */
            return DEAD;
        case DRILL_TCP_CLOSED:
            if ((socket->flags & DRILL_TCP_ASKED) != 0)
                return DEAD;
            break;
        default:
            return CONNECTED;
        }
    if (socket->family == DRILL_AF_UNIX && socket->state == DRILL_UNIX_LISTEN)
        return LISTENING;
    if (has_name(file, true))
        return CONNECTED;
    return has_name(file, false) ? BOUND : FRESH;
}

/* read and write are recv and send without flags. */
static enum drill_call_id plain(enum drill_call_id call)
{
    if (call == DRILL_CALL_read)
        return DRILL_CALL_recv;
    return call == DRILL_CALL_write ? DRILL_CALL_send : call;
}

struct drill_legal_place drill_legal_place(const struct drill_file *file)
{
    return (struct drill_legal_place){(uint8_t)kind_of(file), (uint8_t)state_of(file)};
}

bool drill_legal_at(enum drill_call_id call, struct drill_legal_place place, int error,
                    bool hostile)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].call == plain(call) && rows[i].error == error &&
            (rows[i].kinds & place.kind) != 0 && (rows[i].states & place.state) != 0 &&
            (hostile || rows[i].mode == FAITHFUL))
            return true;
    return false;
}

bool drill_legal(enum drill_call_id call, const struct drill_file *file, int error, bool hostile)
{
    return drill_legal_at(call, drill_legal_place(file), error, hostile);
}

bool drill_legal_ever(int call, int error, bool hostile)
{
    for (int each = 0; each < DRILL_CALLS; each++)
        if ((call < 0 || call == each) &&
            drill_legal_at((enum drill_call_id)each, (struct drill_legal_place){ALL, ALL}, error,
                           hostile))
            return true;
    return false;
}
