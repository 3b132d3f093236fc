#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/rules.h"

static bool legal(enum drill_call_id call, int fd, int error)
{
    return drill_legal(call, drill_fds_find(&stage.client->fds, fd), error, false);
}

START_TEST(an_errno_belongs_to_a_call_in_a_state)
{
    const int fresh = tcp_socket(stage.client);

    ck_assert(legal(DRILL_CALL_recv, stage.near, ECONNRESET));
    ck_assert(!legal(DRILL_CALL_recv, fresh, ECONNRESET));
    ck_assert(legal(DRILL_CALL_recv, fresh, ENOTCONN));
    ck_assert(!legal(DRILL_CALL_recv, stage.near, ENOTCONN));
    ck_assert(legal(DRILL_CALL_connect, fresh, ECONNREFUSED));
    ck_assert(!legal(DRILL_CALL_connect, stage.near, ECONNREFUSED));
    ck_assert(legal(DRILL_CALL_bind, fresh, EADDRINUSE));
    ck_assert(!legal(DRILL_CALL_bind, stage.near, EADDRINUSE));
    ck_assert(!legal(DRILL_CALL_accept, stage.near, EPROTO));
}
END_TEST

START_TEST(read_and_write_are_recv_and_send)
{
    ck_assert(legal(DRILL_CALL_read, stage.near, ECONNRESET));
    ck_assert(legal(DRILL_CALL_write, stage.near, EPIPE));
}
END_TEST

START_TEST(what_posix_allows_beyond_linux_is_hostile)
{
    struct drill_file *file = drill_fds_find(&stage.client->fds, stage.near);

    ck_assert(!drill_legal(DRILL_CALL_recv, file, EIO, false));
    ck_assert(drill_legal(DRILL_CALL_recv, file, EIO, true));
    ck_assert(drill_legal_ever(-1, EIO, true));
    ck_assert(!drill_legal_ever(-1, EXDEV, true));
    ck_assert(!drill_legal_ever(DRILL_CALL_recv, EIO, false));
}
END_TEST

START_TEST(a_rule_strikes_only_where_its_errno_can_be)
{
    const int fresh = tcp_socket(stage.client);

    add("errno ECONNRESET call recv");
    ck_assert_int_eq(take(stage.client, fresh, lines.text, 1, 0), -ENOTCONN);
    ck_assert_int_eq(take(stage.client, stage.near, lines.text, 1, 0), -ECONNRESET);
}
END_TEST

/* The columns of legal.def. */
enum {
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
    KINDS = 8
};
enum { FRESH = 1, BOUND = 2, LISTENING = 4, CONNECTING = 8, CONNECTED = 16, DEAD = 32, STATES = 6 };
enum { FAITHFUL, HOSTILE };

static const struct {
    enum drill_call_id call;
    unsigned kinds, states;
    bool hostile;
    int error;
    const char *text;
} rows[] = {
#define LEGAL(call, error, kinds, states, mode)                                                    \
    {DRILL_CALL_##call, kinds, states, mode, error, #call " " #error " " #kinds " " #states},
#include "emu/legal.def"
#undef LEGAL
};

enum { ROWS = sizeof rows / sizeof *rows };

/* A descriptor of each kind (its bit's place) in each state it can be in; -1: it cannot. */
static int places[KINDS][STATES];

static int place(unsigned kind, unsigned state, int fd)
{
    const struct drill_legal_place is =
        drill_legal_place(fd < 0 ? NULL : drill_fds_find(&stage.client->fds, fd));

    ck_assert_uint_eq(is.kind, kind);
    if (kind < EPOLL)
        ck_assert_uint_eq(is.state, state);
    for (int i = 0; i < KINDS; i++)
        for (int j = 0; j < STATES; j++)
            if (1U << i == kind && (1U << j & state) != 0)
                places[i][j] = fd;
    return fd;
}

static int named(int fd, const char *name)
{
    const struct drill_sockaddr here = drill_sockaddr_parse(name);

    ck_assert_int_eq(drill_bind(fd, &here), 0);
    return fd;
}

static void make_inet_places(unsigned kind, int type)
{
    const struct drill_sockaddr there = stage_address();
    const int protocol = type == SOCK_RAW ? IPPROTO_ICMP : 0;
    const int connected = drill_socket(AF_INET, type, protocol);

    place(kind, FRESH, drill_socket(AF_INET, type, protocol));
    place(kind, BOUND, named(drill_socket(AF_INET, type, protocol), "10.0.0.1:0"));
    if (type == SOCK_STREAM)
        return;
    ck_assert_int_eq(drill_connect(connected, &there), 0);
    place(kind, CONNECTED, connected);
}

static void make_tcp_places(void)
{
    const struct drill_sockaddr there = stage_address();
    const struct linger now = {.l_onoff = 1};
    const int listener = named(tcp_socket(stage.client), "10.0.0.1:0");

    make_inet_places(TCP, SOCK_STREAM);
    ck_assert_int_eq(drill_listen(listener, 1), 0);
    place(TCP, LISTENING, listener);
    place(TCP, CONNECTED, stage.near);
    stage_connect(&stage);
    drill_enter(stage.server);
    drill_setsockopt(stage.far, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    drill_close(stage.far);
    place(TCP, DEAD, stage.near);
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_SECOND});
    const int connecting = tcp_socket(stage.client);
    drill_set_nonblock(connecting, true);
    ck_assert_int_eq(drill_connect(connecting, &there), -EINPROGRESS);
    place(TCP, CONNECTING, connecting);
}

static void make_unix_places(unsigned kind, int type)
{
    char name[32];
    int pair[2];

    place(kind, FRESH, drill_socket(AF_UNIX, type, 0));
    snprintf(name, sizeof name, "unix:@bound%d", type);
    place(kind, BOUND, named(drill_socket(AF_UNIX, type, 0), name));
    ck_assert_int_eq(drill_socketpair(AF_UNIX, type, 0, pair), 0);
    place(kind, CONNECTED, pair[0]);
    if (type == SOCK_DGRAM)
        return;
    snprintf(name, sizeof name, "unix:@listens%d", type);
    const int listener = named(drill_socket(AF_UNIX, type, 0), name);
    ck_assert_int_eq(drill_listen(listener, 1), 0);
    place(kind, LISTENING, listener);
}

static void make_places(void)
{
    for (int i = 0; i < KINDS; i++)
        for (int j = 0; j < STATES; j++)
            places[i][j] = -1;
    make_tcp_places();
    drill_enter(stage.client);
    make_inet_places(UDP, SOCK_DGRAM);
    make_inet_places(RAW, SOCK_RAW);
    make_unix_places(UNIX_STREAM, SOCK_STREAM);
    make_unix_places(UNIX_DGRAM, SOCK_DGRAM);
    make_unix_places(UNIX_SEQPACKET, SOCK_SEQPACKET);
    place(EPOLL, ALL, drill_epoll_create());
}

static bool strikes(int row, int kind, int state)
{
    struct drill_iovec part = {.base = lines.text, .size = 1};
    struct drill_args args = {.fd = places[kind][state], .parts = &part, .part_count = 1};

    if ((rows[row].kinds >> kind & 1) == 0 || (rows[row].states >> state & 1) == 0 ||
        (args.fd < 0 && 1 << kind != NOFILE))
        return false;
    return drill_call(&stage.world->door, rows[row].call, &args) == -rows[row].error;
}

START_TEST(every_row_strikes_for_each_of_its_kinds_and_states)
{
    make_places();
    for (int row = 0; row < ROWS; row++) {
        unsigned kinds = 0, states = 0;
        const int id = drill_fault_add(
            stage.world, &(struct drill_fault){.what = "errno",
                                               .call = drill_faults_call_name((int)rows[row].call),
                                               .error = rows[row].error,
                                               .hostile = rows[row].hostile});
        ck_assert_msg(id > 0, "%s", rows[row].text);
        for (int kind = 0; kind < KINDS; kind++)
            for (int state = 0; state < STATES; state++)
                if (strikes(row, kind, state)) {
                    kinds |= 1U << kind;
                    states |= 1U << state;
                }
        ck_assert_msg(kinds == rows[row].kinds, "%s: only kinds %x", rows[row].text, kinds);
        ck_assert_msg(states == rows[row].states || rows[row].states == ALL, "%s: only states %x",
                      rows[row].text, states);
        drill_fault_remove(stage.world, id);
    }
}
END_TEST

START_TEST(no_row_says_what_another_says)
{
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < i; j++)
            ck_assert_msg(rows[i].call != rows[j].call || rows[i].error != rows[j].error ||
                              (rows[i].kinds & rows[j].kinds) == 0 ||
                              (rows[i].states & rows[j].states) == 0,
                          "%s and %s", rows[i].text, rows[j].text);
}
END_TEST

Suite *fault_legal_suite(void);

Suite *fault_legal_suite(void)
{
    Suite *suite = suite_create("fault_legal");
    TCase *tests = tcase_create("fault_legal");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, an_errno_belongs_to_a_call_in_a_state);
    tcase_add_test(tests, read_and_write_are_recv_and_send);
    tcase_add_test(tests, what_posix_allows_beyond_linux_is_hostile);
    tcase_add_test(tests, a_rule_strikes_only_where_its_errno_can_be);
    tcase_add_test(tests, every_row_strikes_for_each_of_its_kinds_and_states);
    tcase_add_test(tests, no_row_says_what_another_says);
    suite_add_tcase(suite, tests);
    return suite;
}
