#include "emu/sockopt.h"

#include <check.h>
#include <errno.h>
#include <string.h>

enum { UNKNOWN_LEVEL = 250, UNKNOWN_OPTION = 99, CLOSED = 7, LISTENING = 10, ESTABLISHED = 1 };

static struct drill_sim sim;
static struct drill_host host;
static struct drill_file_ops ops;
static struct drill_socket sockets[DRILL_KINDS];

static void setup(void)
{
    static const int shapes[DRILL_KINDS][3] = {
        [DRILL_KIND_TCP4] = {DRILL_AF_INET, DRILL_SOCK_STREAM, DRILL_IPPROTO_TCP},
        [DRILL_KIND_TCP6] = {DRILL_AF_INET6, DRILL_SOCK_STREAM, DRILL_IPPROTO_TCP},
        [DRILL_KIND_UDP4] = {DRILL_AF_INET, DRILL_SOCK_DGRAM, DRILL_IPPROTO_UDP},
        [DRILL_KIND_UDP6] = {DRILL_AF_INET6, DRILL_SOCK_DGRAM, DRILL_IPPROTO_UDP},
        [DRILL_KIND_RAW4] = {DRILL_AF_INET, DRILL_SOCK_RAW, DRILL_IPPROTO_ICMP},
        [DRILL_KIND_RAW6] = {DRILL_AF_INET6, DRILL_SOCK_RAW, DRILL_IPPROTO_ICMPV6},
        [DRILL_KIND_UNIX_STREAM] = {DRILL_AF_UNIX, DRILL_SOCK_STREAM, 0},
        [DRILL_KIND_UNIX_DGRAM] = {DRILL_AF_UNIX, DRILL_SOCK_DGRAM, 0},
        [DRILL_KIND_UNIX_SEQPACKET] = {DRILL_AF_UNIX, DRILL_SOCK_SEQPACKET, 0},
    };

    drill_sim_init(&sim, 1, 0);
    host = (struct drill_host){.sim = &sim};
    ops = (struct drill_file_ops){.name = "test"};
    for (int kind = 0; kind < DRILL_KINDS; kind++) {
        drill_socket_init(&sockets[kind], &ops, &host, shapes[kind][0], shapes[kind][1],
                          shapes[kind][2]);
        sockets[kind].state = CLOSED;
    }
}

static void teardown(void)
{
    for (int kind = 0; kind < DRILL_KINDS; kind++)
        drill_socket_fini(&sockets[kind]);
    ck_assert_uint_eq(sim.mem.live, 0);
    drill_sim_fini(&sim);
}

static int set(enum drill_option_kind kind, int level, int number, int32_t value)
{
    return drill_sockopt_set(&sockets[kind], level, number, &value, sizeof value);
}

static int set_bytes(enum drill_option_kind kind, int level, int number, size_t size)
{
    static const int32_t value[2] = {1, 0};

    return drill_sockopt_set(&sockets[kind], level, number, value, size);
}

/* The value of an option, which must be given in 4 bytes. */
static int32_t value_of(enum drill_option_kind kind, enum drill_option option)
{
    const struct drill_option_row *row = &drill_option_rows[option];
    int32_t value = -77;
    size_t size = sizeof value;

    ck_assert_int_eq(drill_sockopt_get(&sockets[kind], row->level, row->number, &value, &size), 0);
    ck_assert_uint_eq(size, sizeof value);
    return value;
}

/* The size that comes back for a room, or the error. */
static int size_of(enum drill_option_kind kind, int level, int number, size_t room)
{
    char value[64];
    size_t size = room;
    const int answer = drill_sockopt_get(&sockets[kind], level, number, value, &size);

    return answer < 0 ? answer : (int)size;
}

static int set_option(enum drill_option_kind kind, enum drill_option option, int32_t value)
{
    return set(kind, drill_option_rows[option].level, drill_option_rows[option].number, value);
}

/* The answers to an option that is unknown, by kind and level; measured on Linux 6.18. */
struct unknown {
    enum drill_option_kind kind;
    int level, get, get_negative, set, set_short;
};

static const struct unknown unknowns[] = {
    {DRILL_KIND_TCP4, DRILL_SOL_SOCKET, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -EINVAL},
    {DRILL_KIND_TCP4, DRILL_IPPROTO_TCP, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -EINVAL},
    {DRILL_KIND_TCP4, DRILL_IPPROTO_IP, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP4, DRILL_IPPROTO_IPV6, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP4, DRILL_IPPROTO_UDP, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP4, DRILL_IPPROTO_RAW, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP4, UNKNOWN_LEVEL, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP6, DRILL_IPPROTO_IP, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP6, DRILL_IPPROTO_IPV6, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_TCP6, UNKNOWN_LEVEL, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_UDP4, DRILL_IPPROTO_UDP, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -EINVAL},
    {DRILL_KIND_UDP4, DRILL_IPPROTO_TCP, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_UDP6, DRILL_IPPROTO_TCP, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_RAW4, DRILL_IPPROTO_RAW, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_RAW4, DRILL_IPPROTO_TCP, -EOPNOTSUPP, -EOPNOTSUPP, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_RAW6, DRILL_IPPROTO_RAW, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -EINVAL},
    {DRILL_KIND_RAW6, DRILL_IPPROTO_IP, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT, -ENOPROTOOPT},
    {DRILL_KIND_UNIX_STREAM, DRILL_SOL_SOCKET, -ENOPROTOOPT, -EINVAL, -ENOPROTOOPT, -EINVAL},
    {DRILL_KIND_UNIX_DGRAM, DRILL_IPPROTO_TCP, -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP},
};

START_TEST(an_unknown_option_is_refused_as_its_level_refuses)
{
    const struct unknown *row = &unknowns[_i];

    ck_assert_int_eq(size_of(row->kind, row->level, UNKNOWN_OPTION, 4), row->get);
    ck_assert_int_eq(size_of(row->kind, row->level, UNKNOWN_OPTION, SIZE_MAX), row->get_negative);
    ck_assert_int_eq(set(row->kind, row->level, UNKNOWN_OPTION, 1), row->set);
    ck_assert_int_eq(set_bytes(row->kind, row->level, UNKNOWN_OPTION, 3), row->set_short);
}
END_TEST

START_TEST(an_option_of_another_kind_is_refused)
{
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_TCP_NODELAY, 1), -ENOPROTOOPT);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_PASSCRED, 1), -EOPNOTSUPP);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 16, 4), -EOPNOTSUPP);
    ck_assert_int_eq(set_option(DRILL_KIND_RAW4, DRILL_SO_PEEK_OFF, 1), -EOPNOTSUPP);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IP_HDRINCL, 1), -ENOPROTOOPT);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP4, DRILL_IP_HDRINCL), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_RAW4, DRILL_IP_HDRINCL, 1), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_IP_MULTICAST_TTL, 1), -EINVAL);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP6, DRILL_IPV6_MULTICAST_HOPS, 1), -ENOPROTOOPT);
    ck_assert_int_eq(set_option(DRILL_KIND_UNIX_STREAM, DRILL_SO_ZEROCOPY, 0), -EOPNOTSUPP);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_IP_ADD_MEMBERSHIP, 0), -EPROTO);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_TYPE, 1), -ENOPROTOOPT);
}
END_TEST

START_TEST(an_ipv6_socket_has_the_options_of_ipv4)
{
    ck_assert_int_eq(set_option(DRILL_KIND_UDP6, DRILL_IP_TTL, 9), 0);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP6, DRILL_IP_TTL), 9);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IPV6_V6ONLY, 1), -ENOPROTOOPT);
    ck_assert_int_eq(set_option(DRILL_KIND_RAW6, DRILL_IP_TTL, 9), -ENOPROTOOPT);
}
END_TEST

START_TEST(levels_have_other_names)
{
    ck_assert_int_eq(set(DRILL_KIND_UDP4, 136, 103, 1000), 0);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP4, DRILL_UDP_SEGMENT), 1000);
    ck_assert_int_eq(set(DRILL_KIND_RAW6, DRILL_IPPROTO_RAW, 36, 1), 0);
    ck_assert_int_eq(value_of(DRILL_KIND_RAW6, DRILL_IPV6_HDRINCL), 1);
    ck_assert_int_eq(set(DRILL_KIND_RAW6, DRILL_IPPROTO_RAW, 2, 1), -ENOPROTOOPT);
    ck_assert_int_eq(set(DRILL_KIND_TCP4, 136, 103, 1), -ENOPROTOOPT);
}
END_TEST

START_TEST(a_short_value_is_refused_but_by_level_ip)
{
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, 3), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 3, 3), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, 8), 0);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 13, 4), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 20, 8), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_IPPROTO_IP, 1, 0), 0);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_IPPROTO_IP, 2, 0), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_IPPROTO_IP, 2, 1), 0);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP6, DRILL_IPPROTO_IPV6, 26, 3), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP6, DRILL_IPPROTO_IPV6, 62, 0), 0);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_IPPROTO_TCP, 13, 0), -EINVAL);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_IPPROTO_TCP, 13, 1), -ENOENT);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 25, 0), 0);
    ck_assert_int_eq(set_bytes(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, SIZE_MAX), -EINVAL);
}
END_TEST

START_TEST(a_value_is_cut_to_the_room)
{
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, 64), 4);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, 3), 3);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, 0), 0);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 13, 64), 8);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP4, DRILL_SOL_SOCKET, 2, SIZE_MAX), -EINVAL);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP6, DRILL_IPPROTO_IPV6, 26, SIZE_MAX), 4);
}
END_TEST

START_TEST(level_ip_gives_a_byte_where_there_is_no_more_room)
{
    ck_assert_int_eq(size_of(DRILL_KIND_UDP4, DRILL_IPPROTO_IP, 2, 3), 1);
    ck_assert_int_eq(size_of(DRILL_KIND_UDP4, DRILL_IPPROTO_IP, 2, 0), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IP_LOCAL_PORT_RANGE, 1000), 0);
    ck_assert_int_eq(size_of(DRILL_KIND_UDP4, DRILL_IPPROTO_IP, 51, 3), 3);
    ck_assert_int_eq(size_of(DRILL_KIND_UDP4, DRILL_IPPROTO_IP, 32, 3), 3);
}
END_TEST

START_TEST(nowhere_to_read_or_write_is_a_fault)
{
    size_t size = 4;

    ck_assert_int_eq(drill_sockopt_set(&sockets[0], DRILL_SOL_SOCKET, 2, NULL, 4), -EFAULT);
    ck_assert_int_eq(drill_sockopt_set(&sockets[0], DRILL_SOL_SOCKET, 13, NULL, 0), -EINVAL);
    ck_assert_int_eq(drill_sockopt_get(&sockets[0], DRILL_SOL_SOCKET, 2, NULL, &size), -EFAULT);
    size = 0;
    ck_assert_int_eq(drill_sockopt_get(&sockets[0], DRILL_SOL_SOCKET, 2, NULL, &size), 0);
}
END_TEST

START_TEST(a_socket_tells_what_it_is)
{
    ck_assert_int_eq(value_of(DRILL_KIND_UDP6, DRILL_SO_TYPE), DRILL_SOCK_DGRAM);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP6, DRILL_SO_DOMAIN), DRILL_AF_INET6);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP6, DRILL_SO_PROTOCOL), DRILL_IPPROTO_UDP);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP4, DRILL_IP_PROTOCOL), 0);
    ck_assert_int_eq(value_of(DRILL_KIND_RAW4, DRILL_IP_PROTOCOL), DRILL_IPPROTO_ICMP);
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_SO_ACCEPTCONN), 0);
    sockets[DRILL_KIND_TCP4].state = LISTENING;
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_SO_ACCEPTCONN), 1);
}
END_TEST

START_TEST(the_pending_error_is_taken)
{
    drill_socket_fail(&sockets[DRILL_KIND_TCP4], ECONNREFUSED, 0);
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_SO_ERROR), ECONNREFUSED);
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_SO_ERROR), 0);
}
END_TEST

START_TEST(cookies_are_not_cut)
{
    uint64_t cookie = 0;
    size_t size = sizeof cookie;

    ck_assert_int_eq(size_of(DRILL_KIND_TCP6, DRILL_SOL_SOCKET, 57, 4), -EINVAL);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP6, DRILL_SOL_SOCKET, 57, 64), 8);
    ck_assert_int_eq(
        drill_sockopt_get(&sockets[DRILL_KIND_TCP6], DRILL_SOL_SOCKET, 57, &cookie, &size), 0);
    ck_assert_uint_eq(cookie, sockets[DRILL_KIND_TCP6].number);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP6, DRILL_SOL_SOCKET, 71, 64), -EINVAL);
    ck_assert_int_eq(size_of(DRILL_KIND_TCP6, DRILL_SOL_SOCKET, 71, 8), 8);
}
END_TEST

START_TEST(a_bound_socket_keeps_its_stack)
{
    ck_assert_int_eq(set_option(DRILL_KIND_TCP6, DRILL_IPV6_V6ONLY, 1), 0);
    sockets[DRILL_KIND_TCP6].local.port = 80;
    ck_assert_int_eq(set_option(DRILL_KIND_TCP6, DRILL_IPV6_V6ONLY, 0), -EINVAL);
    ck_assert_int_eq(value_of(DRILL_KIND_TCP6, DRILL_IPV6_V6ONLY), 1);
    sockets[DRILL_KIND_TCP6].local.port = 0;
}
END_TEST

START_TEST(some_options_of_tcp_depend_on_its_state)
{
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_TIMESTAMPING, 1 << 7), -EINVAL);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_SO_TIMESTAMPING, 1 << 7), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_TCP_FASTOPEN, 5), 0);
    sockets[DRILL_KIND_TCP4].state = ESTABLISHED;
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_TIMESTAMPING, 1 << 7), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_TCP_FASTOPEN, 5), -EINVAL);
}
END_TEST

START_TEST(what_is_not_modelled_is_counted)
{
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_TCP_NODELAY, 1), 0);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_TCP_QUICKACK, 2000), 0);
    ck_assert_uint_eq(sim.unmodelled, 1);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_TCP_FASTOPEN, -1), -EINVAL);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_TYPE, 1), -ENOPROTOOPT);
    ck_assert_int_eq(set(DRILL_KIND_TCP4, UNKNOWN_LEVEL, 1, 1), -ENOPROTOOPT);
    ck_assert_uint_eq(sim.unmodelled, 1);
    ck_assert_int_eq(set_option(DRILL_KIND_TCP4, DRILL_SO_ATTACH_FILTER, 1), -EINVAL);
    ck_assert_uint_eq(sim.unmodelled, 2);
    ck_assert_int_eq(set_bytes(DRILL_KIND_UDP4, DRILL_IPPROTO_IP, 35, 8), -EINVAL);
    ck_assert_uint_eq(sim.unmodelled, 3);
}
END_TEST

static int heard_level, heard_option;
static int32_t heard_value;

static int hear(struct drill_file *self, int level, int option)
{
    const int found = drill_option_find(level, option);

    heard_level = level;
    heard_option = option;
    heard_value = self->settings->values[found];
    return heard_value == 13 ? -EBUSY : 0;
}

START_TEST(the_kind_hears_of_a_value_and_may_refuse_it)
{
    ops.option_set = hear;
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IP_TTL, 12), 0);
    ck_assert_int_eq(heard_level, DRILL_IPPROTO_IP);
    ck_assert_int_eq(heard_option, 2);
    ck_assert_int_eq(heard_value, 12);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IP_TTL, 13), -EBUSY);
    ck_assert_int_eq(heard_value, 13);
    ck_assert_int_eq(value_of(DRILL_KIND_UDP4, DRILL_IP_TTL), 12);
    ck_assert_int_eq(set_option(DRILL_KIND_UDP4, DRILL_IP_TTL, 300), -EINVAL);
    ck_assert_int_eq(heard_value, 13);
}
END_TEST

static int take_group(struct drill_file *self, int level, int option, const void *value,
                      size_t size)
{
    (void)self;
    (void)value;
    heard_level = level;
    heard_option = option;
    return option == 37 ? -ENOPROTOOPT : (int)size == 12 ? 0 : -EADDRINUSE;
}

START_TEST(the_kind_takes_values_of_its_own)
{
    static const char group[12];

    ops.option_value = take_group;
    ck_assert_int_eq(drill_sockopt_set(&sockets[DRILL_KIND_UDP4], DRILL_IPPROTO_IP, 35, group, 12),
                     0);
    ck_assert_int_eq(heard_level, DRILL_IPPROTO_IP);
    ck_assert_int_eq(heard_option, 35);
    ck_assert_int_eq(drill_sockopt_set(&sockets[DRILL_KIND_UDP4], DRILL_IPPROTO_IP, 35, group, 8),
                     -EADDRINUSE);
    ck_assert_uint_eq(sim.unmodelled, 0);
    ck_assert_int_eq(drill_sockopt_set(&sockets[DRILL_KIND_UDP4], DRILL_IPPROTO_IP, 37, group, 12),
                     -EINVAL);
    ck_assert_uint_eq(sim.unmodelled, 1);
}
END_TEST

static int tell(struct drill_file *self, int level, int option, void *value, size_t *size)
{
    const int32_t told = 1448;

    (void)self;
    if (level != DRILL_IPPROTO_TCP || option != 2)
        return -ENOPROTOOPT;
    memcpy(value, &told, sizeof told);
    *size = sizeof told;
    return 0;
}

START_TEST(the_kind_tells_its_state_and_leaves_the_rest)
{
    ops.option_get = tell;
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_TCP_MAXSEG), 1448);
    ck_assert_int_eq(value_of(DRILL_KIND_TCP4, DRILL_TCP_KEEPIDLE), 7200);
}
END_TEST

Suite *sockopt_suite(void)
{
    Suite *suite = suite_create("sockopt");
    TCase *tests = tcase_create("sockopt");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_unknown_option_is_refused_as_its_level_refuses, 0,
                        sizeof unknowns / sizeof unknowns[0]);
    tcase_add_test(tests, an_option_of_another_kind_is_refused);
    tcase_add_test(tests, an_ipv6_socket_has_the_options_of_ipv4);
    tcase_add_test(tests, levels_have_other_names);
    tcase_add_test(tests, a_short_value_is_refused_but_by_level_ip);
    tcase_add_test(tests, a_value_is_cut_to_the_room);
    tcase_add_test(tests, level_ip_gives_a_byte_where_there_is_no_more_room);
    tcase_add_test(tests, nowhere_to_read_or_write_is_a_fault);
    tcase_add_test(tests, a_socket_tells_what_it_is);
    tcase_add_test(tests, the_pending_error_is_taken);
    tcase_add_test(tests, cookies_are_not_cut);
    tcase_add_test(tests, a_bound_socket_keeps_its_stack);
    tcase_add_test(tests, some_options_of_tcp_depend_on_its_state);
    tcase_add_test(tests, what_is_not_modelled_is_counted);
    tcase_add_test(tests, the_kind_hears_of_a_value_and_may_refuse_it);
    tcase_add_test(tests, the_kind_takes_values_of_its_own);
    tcase_add_test(tests, the_kind_tells_its_state_and_leaves_the_rest);
    suite_add_tcase(suite, tests);
    return suite;
}
