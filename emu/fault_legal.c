#include <errno.h>

#include "emu/fault.h"
#include "emu/tcp.h"
#include "emu/unix.h"

enum kinds {
    TCP = 1,
    UDP = 2,
    RAW = 4,
    UNIX = 8,
    EPOLL = 16,
    NOFILE = 32,
    SOCKETS = TCP | UDP | RAW | UNIX,
    ALL = 63,
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
        [DRILL_KIND_UNIX_STREAM] = UNIX,
        [DRILL_KIND_UNIX_DGRAM] = UNIX,
        [DRILL_KIND_UNIX_SEQPACKET] = UNIX,
    };

    if (file == NULL)
        return NOFILE;
    return file->ops->recv == NULL ? EPOLL
                                   : kinds[((const struct drill_socket *)(const void *)file)->kind];
}

static bool knows(const struct drill_file *file, bool peer)
{
    struct drill_sockaddr addr;

    return file->ops->name_of((struct drill_file *)(uintptr_t)file, &addr, peer) == 0 &&
           (peer || addr.port != 0 || (addr.family == DRILL_AF_UNIX && addr.local.size > 0));
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
        case DRILL_TCP_CLOSED:
            if ((socket->flags & DRILL_TCP_ASKED) != 0)
                return DEAD;
            break;
        default:
            return CONNECTED;
        }
    if (socket->family == DRILL_AF_UNIX && socket->state == DRILL_UNIX_LISTEN)
        return LISTENING;
    if (knows(file, true))
        return CONNECTED;
    return knows(file, false) ? BOUND : FRESH;
}

/* read and write are recv and send without flags. */
static enum drill_call_id plain(enum drill_call_id call)
{
    if (call == DRILL_CALL_read)
        return DRILL_CALL_recv;
    return call == DRILL_CALL_write ? DRILL_CALL_send : call;
}

static bool is_legal(enum drill_call_id call, unsigned kind, unsigned state, int error,
                     bool hostile)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].call == plain(call) && rows[i].error == error && (rows[i].kinds & kind) != 0 &&
            (rows[i].states & state) != 0 && (hostile || rows[i].mode == FAITHFUL))
            return true;
    return false;
}

bool drill_legal(enum drill_call_id call, const struct drill_file *file, int error, bool hostile)
{
    return is_legal(call, kind_of(file), state_of(file), error, hostile);
}

bool drill_legal_ever(int call, int error, bool hostile)
{
    for (int each = 0; each < DRILL_CALLS; each++)
        if ((call < 0 || call == each) &&
            is_legal((enum drill_call_id)each, ALL, ALL, error, hostile))
            return true;
    return false;
}
