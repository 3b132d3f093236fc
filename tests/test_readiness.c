#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/helpers.h"

/* Event loops that do what the manual pages say, a server by edges and clients by levels: whatever
 * rules make of readiness, signals, timers and short calls, everything gets across. */

enum { CLIENTS = 3, TOTAL = 3000, ROOM = 700, SEEDS = 10, EVENTS = 2 };

static const char *const rules[] = {
    "spurious",      "shuffle_ready", "lost_edge hostile", "extra_edge",     "eintr",
    "eagain",        "split",         "split_write",       "late_timer 5ms", "short_read 1",
    "shuffle_tasks", "eintr hostile",
};

enum { RULES = sizeof rules / sizeof *rules };

static struct stage stage;
static bool stops_short; /* a part is taken for all there is, as epoll(7) allows with edges */
static uint64_t echoed;

/* A connection of the server, and what it has read and not yet sent back. */
struct echo {
    int fd;
    bool ended;
    size_t size;
    char bytes[ROOM];
};

/* False when there is no more to read for now, or no room. */
static bool read_some(struct echo *self)
{
    const size_t room = ROOM - self->size;

    if (room == 0 || self->ended)
        return false;
    const ssize_t got = drill_recvfrom(self->fd, self->bytes + self->size, room, 0, NULL);
    if (got < 0)
        return got == -EINTR;
    self->ended = got == 0;
    self->size += (size_t)got;
    return !self->ended && !(stops_short && (size_t)got < room);
}

static bool write_some(struct echo *self)
{
    if (self->size == 0)
        return false;
    const ssize_t sent = drill_sendto(self->fd, self->bytes, self->size, MSG_NOSIGNAL, NULL);
    if (sent < 0)
        return sent == -EINTR;
    self->size -= (size_t)sent;
    memmove(self->bytes, self->bytes + sent, self->size);
    return !(stops_short && self->size > 0);
}

/* Goes on until neither can: whether the connection is over. */
static bool echo(struct echo *self)
{
    bool more = self->fd >= 0;

    while (more) {
        more = read_some(self);
        more = write_some(self) || more;
    }
    if (self->fd < 0 || !self->ended || self->size > 0)
        return false;
    ck_assert_int_eq(drill_close(self->fd), 0);
    self->fd = -1;
    return true;
}

static void accept_all(int set, int listener, struct echo *echoes, uint64_t *count)
{
    int fd;

    while ((fd = drill_accept4(listener, NULL, SOCK_NONBLOCK)) >= 0 || fd == -EINTR) {
        if (fd < 0)
            continue;
        ck_assert_uint_lt(*count, CLIENTS);
        echoes[*count] = (struct echo){.fd = fd};
        const struct drill_epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                                .data = *count};
        ck_assert_int_eq(drill_epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
        ++*count;
    }
    ck_assert_int_eq(fd, -EAGAIN);
}

static int64_t serve(void *argument)
{
    const struct drill_epoll_event listens = {.events = EPOLLIN | EPOLLET, .data = CLIENTS};
    const int set = drill_epoll_create();
    struct drill_epoll_event events[EVENTS];
    struct echo echoes[CLIENTS];
    uint64_t count = 0;

    (void)argument;
    drill_set_nonblock(stage.listener, true);
    drill_epoll_ctl(set, EPOLL_CTL_ADD, stage.listener, &listens);
    for (int over = 0; over < CLIENTS;) {
        const int told = drill_epoll_wait(set, events, EVENTS, DRILL_NEVER);
        for (int i = 0; i < told; i++)
            if (events[i].data == CLIENTS)
                accept_all(set, stage.listener, echoes, &count);
            else
                over += echo(&echoes[events[i].data]);
        ck_assert(told > 0 || told == -EINTR);
    }
    return drill_close(set);
}

/* Sends, and takes back what the server says, whenever poll has it that it can. */
static int64_t ask(void *argument)
{
    const struct drill_sockaddr there = stage_address();
    struct drill_pollfd asked = {.fd = drill_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    static const char bytes[ROOM];
    char heard[ROOM];
    ssize_t sent = 0, got = 0;

    (void)argument;
    ck_assert_int_eq(drill_connect(asked.fd, &there), -EINPROGRESS);
    for (ssize_t result = 1; result != 0;) {
        asked.events = sent < TOTAL ? POLLIN | POLLOUT : POLLIN;
        result = drill_poll(&asked, 1, drill_monotonic() + DRILL_SECOND);
        ck_assert(result >= 0 || result == -EINTR);
        if (result == 1 && (asked.revents & POLLOUT) != 0 &&
            (result =
                 drill_sendto(asked.fd, bytes, TOTAL - sent < ROOM ? (size_t)(TOTAL - sent) : ROOM,
                              MSG_NOSIGNAL, NULL)) > 0 &&
            (sent += result) == TOTAL)
            drill_shutdown(asked.fd, SHUT_WR);
        if ((asked.revents & POLLIN) == 0)
            continue;
        result = drill_recvfrom(asked.fd, heard, sizeof heard, 0, NULL);
        got += result > 0 ? result : 0;
    }
    echoed += (uint64_t)got;
    return drill_close(asked.fd);
}

/* A world with some of the rules, a bit each; `chance` is added to each. */
static void run(uint64_t seed, uint32_t which, const char *chance)
{
    char text[80];

    stage_open(&stage, &(struct drill_config){.seed = seed});
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    stage_listen(&stage, CLIENTS);
    for (int i = 0; i < RULES; i++) {
        if ((which >> i & 1) == 0)
            continue;
        snprintf(text, sizeof text, "%s%s", rules[i], chance);
        add_rule(stage.world, text);
    }
    echoed = 0;
    drill_start(stage.server, "serve", serve, NULL);
    for (int i = 0; i < CLIENTS; i++)
        drill_start(stage.client, "ask", ask, NULL);
    ck_assert_msg(drill_run(stage.world) == 0, "stalls with rules %x, seed %u", which,
                  (unsigned)seed);
    ck_assert_uint_eq(echoed, CLIENTS * TOTAL);
    stage_close(&stage);
}

START_TEST(no_rule_hurts_a_loop_that_is_right)
{
    stops_short = _i % 2 != 0;
    run(1, UINT32_C(1) << _i / 2, "");
}
END_TEST

START_TEST(no_rules_together_hurt_a_loop_that_is_right)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        stops_short = seed % 2 != 0;
        run(seed, UINT32_MAX, " chance 20%");
    }
}
END_TEST

Suite *readiness_suite(void);

Suite *readiness_suite(void)
{
    Suite *suite = suite_create("readiness");
    TCase *tests = tcase_create("readiness");

    tcase_add_loop_test(tests, no_rule_hurts_a_loop_that_is_right, 0, 2 * RULES);
    tcase_add_test(tests, no_rules_together_hurt_a_loop_that_is_right);
    suite_add_tcase(suite, tests);
    return suite;
}
