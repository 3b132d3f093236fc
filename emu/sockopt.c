#include "emu/sockopt.h"

#include <errno.h>
#include <string.h>

#include "emu/option_give.h"
#include "emu/option_take.h"

enum {
    NOT_IN_TABLE = -1,
    UDPLITE = 136,
    STAMPING_NEEDS_CONNECTION = 1 << 7, /* SOF_TIMESTAMPING_OPT_ID, for TCP */
    CLOSED = 7,                         /* TCP_CLOSE */
    LISTENING = 10,                     /* TCP_LISTEN */
    FIRST_NAMESPACE = 1,
};

static bool is_negative(size_t size)
{
    return size > INT32_MAX;
}

static bool is_unix(const struct drill_socket *socket)
{
    return socket->family == DRILL_AF_UNIX;
}

static bool has(uint16_t kinds, enum drill_option_kind kind)
{
    return kinds >> kind & 1;
}

/* UDP-Lite's level is another name of UDP's, and two of IPv6's options are raw sockets' own. */
static int plain_level(enum drill_option_kind kind, int level, int number)
{
    if (level == UDPLITE && (kind == DRILL_KIND_UDP4 || kind == DRILL_KIND_UDP6))
        return DRILL_IPPROTO_UDP;
    if (level == DRILL_IPPROTO_RAW && kind == DRILL_KIND_RAW6 &&
        (number == drill_option_rows[DRILL_IPV6_CHECKSUM].number ||
         number == drill_option_rows[DRILL_IPV6_HDRINCL].number))
        return DRILL_IPPROTO_IPV6;
    return level;
}

/* Whether the kind's own code is asked for the level, rather than that of its family. */
static bool is_own_level(enum drill_option_kind kind, int level)
{
    switch (kind) {
    case DRILL_KIND_TCP4:
    case DRILL_KIND_TCP6:
        return level == DRILL_IPPROTO_TCP;
    case DRILL_KIND_UDP4:
    case DRILL_KIND_UDP6:
        return level == DRILL_IPPROTO_UDP || level == UDPLITE;
    case DRILL_KIND_RAW6:
        return level == DRILL_IPPROTO_RAW;
    default:
        return false;
    }
}

/* Where a value shorter than an int is refused before the option is looked at. */
static size_t least_of(enum drill_option_kind kind, int level)
{
    return level == DRILL_SOL_SOCKET || is_own_level(kind, level) ? sizeof(int32_t) : 0;
}

static int find(enum drill_option_kind kind, int level, int number)
{
    const int option = drill_option_find(plain_level(kind, level, number), number);

    if (option < 0)
        return NOT_IN_TABLE;
    if (level != DRILL_SOL_SOCKET && !has(drill_option_rows[option].kinds, kind))
        return NOT_IN_TABLE;
    return option;
}

static int refuse_unmodelled(struct drill_socket *socket, int error)
{
    drill_socket_sim(socket)->unmodelled++;
    return -error;
}

/* What the state of a socket forbids, whatever its kind. */
static int check_state(const struct drill_socket *socket, enum drill_option option,
                       const void *value, size_t size)
{
    int32_t given = 0;

    if (size >= sizeof given)
        memcpy(&given, value, sizeof given);
    switch (option) {
    case DRILL_IPV6_V6ONLY:
        return socket->local.port != 0 ? -EINVAL : 0;
    case DRILL_SO_TIMESTAMPING:
    case DRILL_SO_TIMESTAMPING_NEW:
        return socket->type == DRILL_SOCK_STREAM && !is_unix(socket) &&
                       (given & STAMPING_NEEDS_CONNECTION) &&
                       (socket->state == CLOSED || socket->state == LISTENING)
                   ? -EINVAL
                   : 0;
    case DRILL_TCP_FASTOPEN:
        return socket->state == CLOSED || socket->state == LISTENING ? 0 : -EINVAL;
    default:
        return 0;
    }
}

static int set_of_protocol(struct drill_socket *socket, int level, int number, const void *value,
                           size_t size, int error)
{
    const struct drill_file_ops *ops = socket->file.ops;
    int answer = -ENOPROTOOPT;

    if (ops->option_value != NULL)
        answer = ops->option_value(&socket->file, level, number, value, size);
    return answer == -ENOPROTOOPT ? refuse_unmodelled(socket, error) : answer;
}

/* Takes the value, and takes it back if the kind of socket refuses it. */
static int set_in_table(struct drill_socket *socket, int option, const void *value, size_t size)
{
    const struct drill_option_row *row = &drill_option_rows[option];
    const struct drill_file_ops *ops = socket->file.ops;
    const enum drill_option_kind kind = drill_socket_kind(socket);
    const int32_t before = drill_option(&socket->file, (enum drill_option)option, kind);
    int answer = check_state(socket, (enum drill_option)option, value, size);

    if (answer == 0)
        answer = drill_option_take(&socket->file, kind, (enum drill_option)option, value, size);
    if (answer < 0)
        return answer;
    if (ops->option_set != NULL)
        answer = ops->option_set(&socket->file, row->level, row->number);
    if (answer < 0)
        socket->file.settings->values[option] = before;
    else if (row->mode == DRILL_MODE_STORED)
        drill_socket_sim(socket)->unmodelled++;
    return answer;
}

int drill_sockopt_set(struct drill_socket *socket, int level, int number, const void *value,
                      size_t size)
{
    const enum drill_option_kind kind = drill_socket_kind(socket);
    const int option = find(kind, level, number);
    const struct drill_option_row *row = &drill_option_rows[option < 0 ? 0 : option];
    const size_t least = least_of(kind, level);

    if (is_negative(size))
        return -EINVAL;
    if (is_unix(socket) && level != DRILL_SOL_SOCKET)
        return -EOPNOTSUPP;
    if (option == NOT_IN_TABLE)
        return size < least ? -EINVAL : -ENOPROTOOPT;
    if (size < least && size < row->size)
        return -EINVAL;
    if (value == NULL && size > 0)
        return -EFAULT;
    if (!has(row->kinds, kind))
        return -EOPNOTSUPP;
    if (!has(row->sets, kind) && row->mode != DRILL_MODE_ABSENT)
        return -row->refusal;
    if (size < row->size)
        return -EINVAL;
    if (row->mode == DRILL_MODE_ABSENT)
        return refuse_unmodelled(socket, row->refusal);
    if (row->mode == DRILL_MODE_PROTOCOL)
        return set_of_protocol(socket, row->level, number, value, size, row->values[0]);
    return set_in_table(socket, option, value, size);
}

/* The numbers that are the state of any socket; false: it is another option. */
static bool number_of_state(struct drill_socket *socket, int option, int32_t *number)
{
    switch (option) {
    case DRILL_SO_TYPE:
        *number = socket->type;
        return true;
    case DRILL_SO_ERROR:
        *number = -drill_socket_take_error(socket);
        return true;
    case DRILL_SO_DOMAIN:
        *number = socket->family;
        return true;
    case DRILL_SO_PROTOCOL:
        *number = socket->protocol;
        return true;
    case DRILL_SO_ACCEPTCONN:
        *number = !is_unix(socket) && socket->state == LISTENING;
        return true;
    case DRILL_IPV6_V6ONLY:
        *number = drill_socket_is_v6only(socket);
        return true;
    case DRILL_IP_PROTOCOL:
        *number = socket->type == DRILL_SOCK_RAW ? socket->protocol : 0;
        return true;
    default:
        return false;
    }
}

/* Numbers of 8 bytes are not cut: too little room is an error, and for a namespace too much. */
static int give_cookie(const struct drill_socket *socket, int option, void *value, size_t room)
{
    const uint64_t cookie = option == DRILL_SO_COOKIE ? socket->number : FIRST_NAMESPACE;

    if (room < sizeof cookie || (option == DRILL_SO_NETNS_COOKIE && room != sizeof cookie))
        return -EINVAL;
    memcpy(value, &cookie, sizeof cookie);
    return sizeof cookie;
}

static int give(struct drill_socket *socket, int option, void *value, size_t room)
{
    int32_t number;

    if (option == DRILL_SO_COOKIE || option == DRILL_SO_NETNS_COOKIE)
        return give_cookie(socket, option, value, room);
    if (!number_of_state(socket, option, &number))
        return drill_option_give(&socket->file, drill_socket_kind(socket),
                                 (enum drill_option)option, value, room);
    memcpy(value, &number, sizeof number);
    return sizeof number;
}

/* Level IPPROTO_IP writes a small number as one byte where there is no room for an int. */
static size_t cut(const struct drill_option_row *row, const uint8_t *value, size_t size,
                  size_t room)
{
    int32_t number;

    if (room >= size)
        return size;
    if (row->level != DRILL_IPPROTO_IP || row->shape == DRILL_SHAPE_ADDRESS || room == 0)
        return room;
    memcpy(&number, value, sizeof number);
    return number >= 0 && number <= UINT8_MAX ? 1 : room;
}

static int get_from_kind(struct drill_socket *socket, int option, int number, void *value,
                         size_t *size)
{
    const struct drill_file_ops *ops = socket->file.ops;

    if (ops->option_get == NULL)
        return -ENOPROTOOPT;
    return ops->option_get(&socket->file, drill_option_rows[option].level, number, value, size);
}

/* What an IPv4 or IPv6 socket answers for an option it does not know. */
static int refuse_unknown(const struct drill_socket *socket, int level, size_t room)
{
    const enum drill_option_kind kind = drill_socket_kind(socket);
    const bool raw = socket->type == DRILL_SOCK_RAW, raw6 = kind == DRILL_KIND_RAW6;

    if (level == DRILL_SOL_SOCKET || (level == DRILL_IPPROTO_IP && !raw6) ||
        (is_own_level(kind, level) && !raw6))
        return is_negative(room) ? -EINVAL : -ENOPROTOOPT;
    if (socket->family == DRILL_AF_INET6 || (raw && level == DRILL_IPPROTO_RAW))
        return -ENOPROTOOPT;
    return -EOPNOTSUPP;
}

/* IPv6 takes a negative room for a large one. */
static int check_get(const struct drill_socket *socket, int level, int option, size_t room)
{
    const struct drill_option_row *row = &drill_option_rows[option < 0 ? 0 : option];

    if (is_unix(socket) && level != DRILL_SOL_SOCKET)
        return -EOPNOTSUPP;
    if (option == NOT_IN_TABLE)
        return refuse_unknown(socket, level, room);
    if (is_negative(room) && row->level != DRILL_IPPROTO_IPV6)
        return -EINVAL;
    return has(row->kinds, drill_socket_kind(socket)) ? 0 : -EOPNOTSUPP;
}

int drill_sockopt_get(struct drill_socket *socket, int level, int number, void *value, size_t *size)
{
    const int option = find(drill_socket_kind(socket), level, number);
    int answer = check_get(socket, level, option, *size);
    uint8_t whole[DRILL_OPTION_ROOM];
    size_t room = *size;

    if (answer < 0)
        return answer;
    answer = get_from_kind(socket, option, number, value, size);
    if (answer != -ENOPROTOOPT)
        return answer;
    answer = give(socket, option, whole, room);
    if (answer < 0)
        return answer;
    *size = cut(&drill_option_rows[option], whole, (size_t)answer, room);
    if (*size > 0 && value == NULL)
        return -EFAULT;
    if (*size > 0)
        memcpy(value, whole, *size);
    return 0;
}
