/*
 * Storms: calls with arguments of every kind, right and wrong, on two hosts, while links lose,
 * hosts crash and memory runs out.  What a call answers is for other tests; here no storm may break
 * an invariant, leave anything in its world, or come out differently a second time.
 *
 * DRILL_STORMS=2000 drill_tests storm runs so many seeds; CK_FORK=yes names the seed of a crash.
 */
#include <check.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "api/sockdrill.h"
#include "tests/draws.h"
#include "tests/helpers.h"

enum { SEEDS = 40, CALLS = 1500, DATA_MAX = 70000, CONTROL_MAX = 256, PARTS = 3 };

#define COUNT(table) ((uint32_t)(sizeof(table) / sizeof((table)[0])))
#define ONE_OF(self, ...)                                                                          \
    (((const int[]){__VA_ARGS__})[below(self, COUNT(((const int[]){__VA_ARGS__})))])

/* What the next call is made of: drawn anew for each, in one order whatever the call.  A pointer
 * is now and then NULL.  `soon_ns` comes soon, so that a call may wait for it. */
struct storm {
    uint64_t draws;
    struct drill_world *world;
    struct drill_host *from, *to;
    int fd, other_fd, family, type, protocol, level, option, flags, number, values[8];
    bool even;
    int64_t soon_ns, when_ns;
    struct drill_sockaddr *address, *name;
    void *data, *control, *value;
    size_t size, control_size, value_size, count;
    struct drill_iovec parts[PARTS];
    struct drill_pollfd polled[PARTS];
    struct drill_epoll_event events[PARTS];
    struct drill_sockaddr address_room, name_room;
    char data_room[DATA_MAX];
    _Alignas(struct cmsghdr) char control_room[CONTROL_MAX];
};

static uint32_t below(struct storm *self, uint32_t count)
{
    return draw_below(&self->draws, count);
}

static bool once_in(struct storm *self, uint32_t count)
{
    return below(self, count) == 0;
}

static void *or_null(struct storm *self, void *pointer)
{
    return once_in(self, 50) ? NULL : pointer;
}

static int any_fd(struct storm *self)
{
    if (once_in(self, 20))
        return ONE_OF(self, -1, INT_MIN, INT_MAX, 0, 1, 1000, 90);
    return 3 + (int)below(self, 12);
}

static int any_number(struct storm *self)
{
    if (once_in(self, 10))
        return ONE_OF(self, INT_MIN, INT_MAX, -1, 1 << 20, 65536);
    return (int)below(self, 5);
}

static void draw_socket(struct storm *self)
{
    self->family = ONE_OF(self, AF_UNIX, AF_INET, AF_INET, AF_INET6);
    if (once_in(self, 20))
        self->family = ONE_OF(self, AF_UNSPEC, AF_NETLINK, -1);
    self->type = ONE_OF(self, SOCK_STREAM, SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM,
                        SOCK_SEQPACKET, SOCK_RAW);
    self->type |= SOCK_NONBLOCK;
    self->protocol = once_in(self, 10) ? (int)below(self, 256) : 0;
    self->level = ONE_OF(self, SOL_SOCKET, SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_IPV6,
                         IPPROTO_UDP, IPPROTO_RAW, -1);
    self->option = (int)below(self, 80);
    for (size_t index = 0; index < COUNT(self->values); index++)
        self->values[index] = any_number(self);
}

static void draw_address(struct storm *self)
{
    static const char *const texts[] = {
        "10.0.0.1:80",  "127.0.0.1:80", "[::1]:80",       "unix:/a",      "10.0.0.2:80",
        "0.0.0.0:80",   "0.0.0.0:0",    "[::]:80",        "[fd00::1]:80", "10.0.0.9:80",
        "224.0.0.1:80", "unix:@b",      "[fe80::1%1]:80", "none",         "[::ffff:10.0.0.2]:80",
    };
    const uint32_t often = 5, count = once_in(self, 4) ? COUNT(texts) : often;

    self->address_room = drill_sockaddr_parse(texts[below(self, count)]);
    if (once_in(self, 40))
        self->address_room.family = (uint16_t)below(self, 50);
    self->address = or_null(self, &self->address_room);
    self->name = once_in(self, 2) ? &self->name_room : NULL;
}

static void draw_data(struct storm *self)
{
    self->flags = ONE_OF(self, 0, 0, 0, MSG_PEEK, MSG_OOB, MSG_WAITALL, MSG_TRUNC, MSG_MORE,
                         MSG_ERRQUEUE, MSG_EOR, MSG_CMSG_CLOEXEC, INT_MIN);
    self->flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
    self->data = or_null(self, self->data_room);
    self->size = below(self, once_in(self, 3) ? DATA_MAX : 3000);
    for (size_t index = 0; index < PARTS; index++) {
        self->parts[index].base = or_null(self, self->data_room + 100 * index);
        self->parts[index].size = below(self, 100);
    }
}

/* Descriptors to hand over, often not as many as the head of the control data says. */
static void draw_control(struct storm *self)
{
    struct cmsghdr *head = (struct cmsghdr *)(void *)self->control_room;
    int fds[PARTS];

    for (size_t index = 0; index < COUNT(fds); index++)
        fds[index] = any_fd(self);
    head->cmsg_len = CMSG_LEN((1 + below(self, 3)) * sizeof(int));
    if (once_in(self, 20))
        head->cmsg_len = (size_t)any_number(self);
    head->cmsg_level = once_in(self, 5) ? self->level : SOL_SOCKET;
    head->cmsg_type = once_in(self, 5) ? (int)below(self, 30) : SCM_RIGHTS;
    memcpy(CMSG_DATA(head), fds, sizeof fds);
    self->control = once_in(self, 3) ? NULL : self->control_room;
    self->control_size = once_in(self, 4) ? below(self, 80) : CMSG_SPACE(sizeof fds);
}

static void draw_readiness(struct storm *self)
{
    for (size_t index = 0; index < PARTS; index++) {
        self->polled[index].fd = any_fd(self);
        self->polled[index].events = (int16_t)below(self, 0x4000);
    }
    self->events[0].events = EPOLLIN | EPOLLOUT;
    if (once_in(self, 2))
        self->events[0].events = (uint32_t)draw(&self->draws);
    self->soon_ns = once_in(self, 4) ? drill_monotonic() + below(self, DRILL_MS) : 0;
    self->when_ns = self->soon_ns;
    if (once_in(self, 10))
        self->when_ns = once_in(self, 2) ? INT64_MIN : DRILL_NEVER;
}

static void draw_call(struct storm *self)
{
    self->fd = any_fd(self);
    self->other_fd = any_fd(self);
    self->number = any_number(self);
    self->even = once_in(self, 2);
    draw_socket(self);
    draw_address(self);
    draw_data(self);
    draw_control(self);
    draw_readiness(self);
    self->value = or_null(self, self->values);
    self->value_size = sizeof(int) * below(self, COUNT(self->values)) + below(self, 2);
    self->count = below(self, PARTS + 1);
}

static int64_t pass_message(struct storm *self, bool sends)
{
    struct drill_message message = {.address = self->even ? self->address : NULL,
                                    .parts = self->data != NULL ? self->parts : NULL,
                                    .part_count = self->count,
                                    .control = self->control,
                                    .control_size = self->control_size,
                                    .local = self->name};
    struct drill_message *given = or_null(self, &message);

    return sends ? drill_sendmsg_n(self->fd, given, self->flags)
                 : drill_recvmsg(self->fd, given, self->flags);
}

static int64_t get_option(struct storm *self)
{
    size_t size = self->control_size;

    return drill_getsockopt(self->fd, self->level, self->option, self->control, &size);
}

/* Someone to connect to. */
static int64_t listen_at_home(struct drill_host *host)
{
    const struct drill_sockaddr anywhere = drill_sockaddr_parse("[::]:80");

    drill_enter(host);
    const int fd = drill_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    drill_bind(fd, &anywhere);
    return drill_listen(fd, 5);
}

static int64_t visit(struct storm *self)
{
    const int fd = drill_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const struct drill_sockaddr home =
        drill_sockaddr_parse(self->even ? "10.0.0.1:80" : "10.0.0.2:80");

    drill_connect(fd, &home);
    return fd;
}

static int64_t reboot(struct storm *self)
{
    drill_crash(self->from);
    drill_restart(self->from);
    return listen_at_home(self->from);
}

static int64_t mend(struct storm *self)
{
    drill_heal(self->from, self->to);
    return drill_release(self->from, self->to);
}

static int64_t change_link(struct storm *self)
{
    struct drill_link link = {.delay_ns = below(self, 5 * DRILL_MS)};

    link.jitter_ns = once_in(self, 2) ? below(self, 3 * DRILL_MS) : 0;
    link.jitter = (enum drill_jitter)below(self, DRILL_JITTER_PARETO + 1);
    link.rate_bps = once_in(self, 2) ? 100000 + below(self, 10000000) : 0;
    link.queue_bytes = once_in(self, 2) ? below(self, 30000) : 0;
    link.loss_ppm = once_in(self, 2) ? below(self, 300000) : 0;
    link.duplicate_ppm = once_in(self, 2) ? below(self, 100000) : 0;
    link.reorder_ppm = once_in(self, 2) ? below(self, 100000) : 0;
    link.corrupt_ppm = once_in(self, 3) ? below(self, 100000) : 0;
    link.mtu = once_in(self, 3) ? below(self, 3000) : 0;
    return drill_link_set(self->from, self->to, &link);
}

/* CALL(name, how often it is drawn, what it does and answers) */
#define CALLS(CALL)                                                                                \
    CALL(socket, 60, drill_socket(self->family, self->type, self->protocol))                       \
    CALL(socketpair, 10, drill_socketpair(AF_UNIX, self->type, 0, self->value))                    \
    CALL(bind, 30, drill_bind(self->fd, self->address))                                            \
    CALL(listen, 30, drill_listen(self->fd, self->number))                                         \
    CALL(accept, 40, drill_accept4(self->fd, self->name, SOCK_NONBLOCK))                           \
    CALL(connect, 40, drill_connect(self->fd, self->address))                                      \
    CALL(visit, 20, visit(self))                                                                   \
    CALL(recvfrom, 30, drill_recvfrom(self->fd, self->data, self->size, self->flags, self->name))  \
    CALL(sendto, 20, drill_sendto(self->fd, self->data, self->size, self->flags, self->address))   \
    CALL(send, 20, drill_sendto(self->fd, self->data, self->size, self->flags, NULL))              \
    CALL(recvmsg, 20, pass_message(self, false))                                                   \
    CALL(sendmsg, 30, pass_message(self, true))                                                    \
    CALL(shutdown, 5, drill_shutdown(self->fd, self->number))                                      \
    CALL(close, 40, drill_close(self->fd))                                                         \
    CALL(dup, 10, drill_dup(self->fd))                                                             \
    CALL(dup2, 10, drill_dup2(self->fd, self->other_fd))                                           \
    CALL(getsockname, 10, drill_getsockname(self->fd, self->name))                                 \
    CALL(getpeername, 10, drill_getpeername(self->fd, self->name))                                 \
    CALL(getsockopt, 20, get_option(self))                                                         \
    CALL(setsockopt, 20,                                                                           \
         drill_setsockopt(self->fd, self->level, self->option, self->value, self->value_size))     \
    CALL(ioctl, 10, drill_ioctl_int(self->fd, self->even ? FIONREAD : TIOCOUTQ, self->value))      \
    CALL(read_deadline, 3, drill_set_read_deadline(self->fd, self->when_ns))                       \
    CALL(write_deadline, 3, drill_set_write_deadline(self->fd, self->when_ns))                     \
    CALL(stop_io, 1, drill_stop_io(self->fd))                                                      \
    CALL(poll, 10, drill_poll(self->polled, self->count, self->soon_ns))                           \
    CALL(epoll_create, 30, drill_epoll_create())                                                   \
    CALL(epoll_ctl, 40, drill_epoll_ctl(self->fd, self->number, self->other_fd, self->events))     \
    CALL(epoll_wait, 20,                                                                           \
         drill_epoll_wait(self->fd, self->events, (int)self->count, self->soon_ns))                \
    CALL(unlink, 5, drill_unlink(self->even ? "/a" : NULL))                                        \
    CALL(sleep, 10, drill_sleep(self->number *DRILL_MS))                                           \
    CALL(crash, 1, reboot(self))                                                                   \
    CALL(partition, 1, drill_partition(self->from, self->to))                                      \
    CALL(hold, 1, drill_hold(self->from, self->to))                                                \
    CALL(mend, 4, mend(self))                                                                      \
    CALL(link, 3, change_link(self))

#define FUNCTION(name, weight, answer)                                                             \
    static int64_t make_##name(struct storm *self)                                                 \
    {                                                                                              \
        (void)self;                                                                                \
        return answer;                                                                             \
    }
CALLS(FUNCTION)

static struct call {
    const char *name;
    int64_t (*make)(struct storm *self);
    uint32_t weight;
    uint64_t successes;
} calls[] = {
#define ROW(name, weight, answer) {#name, make_##name, weight, 0},
    CALLS(ROW)};

#define WEIGHT(name, weight, answer) +weight

static struct call *any_call(struct storm *self)
{
    struct call *call = calls;

    for (uint32_t left = below(self, 0 CALLS(WEIGHT)); left >= call->weight; call++)
        left -= call->weight;
    return call;
}

static void blow(struct storm *self, struct drill_host *const hosts[2])
{
    drill_host_address(hosts[0], "fd00::1");
    drill_host_address(hosts[1], "fd00::2");
    listen_at_home(hosts[0]);
    listen_at_home(hosts[1]);
    drill_random(self->data_room, sizeof self->data_room);
    for (int count = 0; count < CALLS; count++) {
        self->from = hosts[below(self, 2)];
        self->to = hosts[below(self, 2)];
        drill_enter(self->from);
        draw_call(self);
        struct call *call = any_call(self);
        call->successes += call->make(self) >= 0;
    }
}

/* Frees its world, which asserts that nothing is left, and answers the world's hash. */
static uint64_t storm(struct drill_config config)
{
    static struct storm self;
    struct drill_world *world = drill_world_new(&config);

    if (world == NULL)
        return 0;
    self = (struct storm){.draws = config.seed * 7919, .world = world};
    struct drill_host *const hosts[] = {drill_host_new(world, "a", "10.0.0.1"),
                                        drill_host_new(world, "b", "10.0.0.2")};
    if (hosts[0] != NULL && hosts[1] != NULL)
        blow(&self, hosts);
    const uint64_t hash = drill_hash(world);
    expect_no_evidence(world);
    drill_world_free(world);
    return hash;
}

START_TEST(whichever_allocation_fails_in_a_storm_nothing_is_left)
{
    struct drill_config config = {.seed = (uint64_t)_i, .report = lines_ignore};

    config.fail_allocation = 1 + config.seed * 37 % 500;
    storm(config);
    config.evidence = true;
    storm(config);
}
END_TEST

START_TEST(the_same_storm_leaves_nothing_and_has_the_same_hash_whoever_looks)
{
    struct drill_config config = {.seed = (uint64_t)_i, .report = lines_ignore, .evidence = true};
    const uint64_t hash = storm(config);

    config.evidence = false;
    ck_assert_uint_eq(storm(config), hash);
    config.fail_allocation = 3 * config.seed;
    const uint64_t failed = storm(config);
    config.trace = lines_ignore;
    ck_assert_uint_eq(storm(config), failed);
    config.fail_allocation = 0;
    ck_assert_uint_eq(storm(config), hash);
}
END_TEST

/* Else a storm could pass because none of its calls comes to anything. */
START_TEST(every_call_of_a_storm_succeeds_now_and_then)
{
    for (size_t index = 0; index < COUNT(calls); index++)
        calls[index].successes = 0;
    for (uint64_t seed = 1; seed <= 5; seed++)
        storm((struct drill_config){.seed = seed, .report = lines_ignore});
    for (size_t index = 0; index < COUNT(calls); index++)
        ck_assert_msg(calls[index].successes > 0, "%s never succeeds", calls[index].name);
}
END_TEST

Suite *storm_suite(void);

Suite *storm_suite(void)
{
    Suite *suite = suite_create("storm");
    TCase *tests = tcase_create("storms");
    const char *wanted = getenv("DRILL_STORMS");
    const int end = 1 + (wanted != NULL ? atoi(wanted) : SEEDS);

    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, whichever_allocation_fails_in_a_storm_nothing_is_left, 1, end);
    tcase_add_loop_test(tests, the_same_storm_leaves_nothing_and_has_the_same_hash_whoever_looks, 1,
                        end);
    tcase_add_test(tests, every_call_of_a_storm_succeeds_now_and_then);
    suite_add_tcase(suite, tests);
    return suite;
}
