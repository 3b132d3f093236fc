#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "emu/fault.h"
#include "tests/helpers.h"

/* A small world with a bit of everything, so that every row of faults.def finds something to bend:
 * three hosts that speak TCP, blocking and by readiness, and UDP, look up names, read the wall
 * clock, sleep, and open sockets.  A row bites if its rule strikes and a program sees another
 * run. */

enum { ROUNDS = 12, BYTES = 2000, DATAGRAM = 900, TICK = 100, SIP = 60 };

#define PACE_NS (400 * DRILL_MS)
#define END_NS  (30 * DRILL_SECOND)

/* A rule for each row: strikes whenever it can, or where it hurts. */
static const char *const rules[DRILL_FAULTS] = {
    [DRILL_FAULT_errno] = "errno ENOBUFS call send",
    [DRILL_FAULT_eintr] = "eintr",
    [DRILL_FAULT_eintr_partial] = "eintr_partial",
    [DRILL_FAULT_eagain] = "eagain",
    [DRILL_FAULT_accept_error] = "accept_error ECONNABORTED",
    [DRILL_FAULT_short_read] = "short_read 1",
    [DRILL_FAULT_short_write] = "short_write 1",
    [DRILL_FAULT_split] = "split",
    [DRILL_FAULT_split_write] = "split_write",
    [DRILL_FAULT_coalesce] = "coalesce 2ms",
    [DRILL_FAULT_flip] = "flip hostile",
    [DRILL_FAULT_reset] = "reset 1500 count 1",
    [DRILL_FAULT_half_open] = "half_open 1500 count 1",
    [DRILL_FAULT_silent_close] = "silent_close 1500 count 1",
    [DRILL_FAULT_refuse] = "refuse count 1",
    [DRILL_FAULT_hang_connect] = "hang_connect count 1",
    [DRILL_FAULT_backlog_drop] = "backlog_drop count 1",
    [DRILL_FAULT_backlog_reset] = "backlog_reset count 1",
    [DRILL_FAULT_window_closed] = "window_closed from 100ms to 2s",
    [DRILL_FAULT_drop] = "drop every 5",
    [DRILL_FAULT_burst_loss] = "burst_loss enter 10% leave 50%",
    [DRILL_FAULT_delay] = "delay 100ms",
    [DRILL_FAULT_duplicate] = "duplicate 5ms",
    [DRILL_FAULT_reorder] = "reorder 20ms every 3",
    [DRILL_FAULT_corrupt] = "corrupt every 3",
    [DRILL_FAULT_truncate] = "truncate 1 hostile",
    [DRILL_FAULT_mtu_hole] = "mtu_hole 800",
    [DRILL_FAULT_spoof] = "spoof hostile",
    [DRILL_FAULT_misdeliver] = "misdeliver hostile",
    [DRILL_FAULT_nat_rebind] = "nat_rebind 40000 host client from 1s",
    [DRILL_FAULT_spurious] = "spurious",
    [DRILL_FAULT_shuffle_ready] = "shuffle_ready",
    [DRILL_FAULT_lost_edge] = "lost_edge hostile",
    [DRILL_FAULT_extra_edge] = "extra_edge",
    [DRILL_FAULT_rate] = "rate 64kbit from 1s for 3s",
    [DRILL_FAULT_mtu] = "mtu 600 from 1s",
    [DRILL_FAULT_partition] = "partition host client from 1s for 1s",
    [DRILL_FAULT_hold] = "hold host client from 1s for 1s",
    [DRILL_FAULT_flap] = "flap 50ms from 1s for 2s",
    [DRILL_FAULT_swizzle] = "swizzle 200ms from 1s for 2s",
    [DRILL_FAULT_bridge] = "bridge from 1s for 2s",
    [DRILL_FAULT_isolate] = "isolate host server from 1s for 2s",
    [DRILL_FAULT_ring] = "ring from 1s for 2s",
    [DRILL_FAULT_crash] = "crash host server from 1s for 1s",
    [DRILL_FAULT_kill] = "kill host server from 1s for 1s",
    [DRILL_FAULT_pause] = "pause host server from 1s for 1s",
    [DRILL_FAULT_no_address] = "no_address host server from 1s for 1s",
    [DRILL_FAULT_descriptors] = "descriptors 0 host client from 1s for 1s",
    [DRILL_FAULT_ports] = "ports 0 host client from 1s for 1s",
    [DRILL_FAULT_allocation] = "allocation 1 from 1s",
    [DRILL_FAULT_buffers] = "buffers 4096",
    [DRILL_FAULT_name_error] = "name_error EAGAIN",
    [DRILL_FAULT_name_slow] = "name_slow 1s",
    [DRILL_FAULT_name_dead] = "name_dead",
    [DRILL_FAULT_name_change] = "name_change 10.0.0.3",
    [DRILL_FAULT_clock_step] = "clock_step 30s host client from 1s for 1s",
    [DRILL_FAULT_clock_strobe] = "clock_strobe 150ms host client from 1s for 2s",
    [DRILL_FAULT_clock_drift] = "clock_drift 100000 host client from 1s",
    [DRILL_FAULT_late_timer] = "late_timer 50ms",
    [DRILL_FAULT_shuffle_tasks] = "shuffle_tasks",
};

struct sight {
    uint64_t all;   /* the whole trace */
    uint64_t calls; /* the answers that programs got, when, and what else they noted */
    int64_t hits;
};

static struct sight seen;

static uint64_t digest(uint64_t before, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        before = (before ^ bytes[i]) * UINT64_C(0x100000001b3);
    return before;
}

static void note(const void *data, ssize_t size)
{
    seen.calls = digest(seen.calls, data, size > 0 ? (size_t)size : 0);
}

static void note_number(int64_t number)
{
    note(&number, sizeof number);
}

/* Of a call's line what does not name the rule that bent it. */
static void add_line(void *context, const char *line)
{
    const char *who = line + strspn(line, " ");

    (void)context;
    who += strcspn(who, " ") + 1;
    seen.all = digest(seen.all, line, strlen(line) + 1);
    if (who[strcspn(who, " /")] != '/')
        return;
    const char *rule = strstr(line, " <- ");
    note(line, (ssize_t)(rule != NULL ? (size_t)(rule - line) : strlen(line)));
}

static void nowhere(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static int socket_to(int type, const struct drill_sockaddr *there)
{
    const struct timeval patience = {.tv_sec = 2};
    const int fd = drill_socket(AF_INET, type, 0);
    int value = 0;

    drill_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    drill_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    drill_getsockopt_int(fd, SOL_SOCKET, SO_SNDBUF, &value);
    note_number(value);
    if (drill_connect(fd, there) == 0)
        return fd;
    drill_close(fd);
    return -1;
}

static int listen_at(uint16_t port)
{
    const struct drill_sockaddr here = drill_sockaddr_inet4(0, 0, 0, 0, port);
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);

    drill_bind(fd, &here);
    drill_listen(fd, 4);
    return fd;
}

/* Takes streams one after the other and sends back what comes. */
static int64_t serve(void *argument)
{
    const int listener = listen_at(80);
    const struct timeval patience = {.tv_sec = 2};
    char block[BYTES];

    (void)argument;
    for (int failed = 0; failed < ROUNDS;) {
        const int fd = drill_accept(listener, NULL);
        ssize_t got;
        if (fd < 0) {
            failed++;
            continue;
        }
        drill_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        while ((got = drill_recvfrom(fd, block, sizeof block, 0, NULL)) > 0)
            drill_sendto(fd, block, (size_t)got, MSG_NOSIGNAL, NULL);
        drill_close(fd);
    }
    return drill_close(listener);
}

static void ask_once(void)
{
    static const char request[BYTES] = "request";
    struct drill_sockaddr there[4];
    char block[BYTES];

    note_number(drill_wall());
    if (drill_resolve("server", there, 4) < 1)
        return;
    there[0].port = 80;
    const int fd = socket_to(SOCK_STREAM, &there[0]);
    if (fd < 0)
        return;
    drill_sendto(fd, request, BYTES / 4, MSG_NOSIGNAL, NULL);
    drill_sendto(fd, request, BYTES - BYTES / 4, MSG_NOSIGNAL, NULL);
    for (ssize_t got = 0, all = 0; all < BYTES && got >= 0; all += got) {
        got = drill_recvfrom(fd, block, sizeof block, 0, NULL);
        note(block, got);
        if (got <= 0)
            break;
    }
    drill_close(fd);
}

static int64_t ask(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        ask_once();
        drill_sleep(PACE_NS);
    }
    return 0;
}

/* Sends a little to two clients at once, again and again, and does not wait for them. */
static int64_t drip(void *argument)
{
    static const char tick[TICK] = "tick";
    const int listener = listen_at(9);
    int fds[2] = {-1, -1};

    (void)argument;
    for (int i = 0; i < 2; i++)
        fds[i] = drill_accept(listener, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        for (int j = 0; j < 2; j++)
            drill_sendto(fds[j], tick, sizeof tick, MSG_NOSIGNAL | MSG_DONTWAIT, NULL);
        drill_sleep(PACE_NS);
    }
    for (int i = 0; i < 2; i++)
        drill_close(fds[i]);
    return drill_close(listener);
}

/* Two streams by readiness, one by levels and one by edges; of an event it takes a sip only. */
static int64_t sip(void *argument)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:9");
    const int set = drill_epoll_create();
    struct drill_epoll_event events[2];
    char block[SIP];

    (void)argument;
    for (int i = 0; i < 2; i++) {
        const int fd = socket_to(SOCK_STREAM, &there);
        const uint32_t bits = i == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLET;
        const struct drill_epoll_event event = {.events = bits, .data = (uint64_t)fd};
        drill_set_nonblock(fd, true);
        drill_epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    }
    for (int i = 0; i < 4 * ROUNDS; i++) {
        const int told = drill_epoll_wait(set, events, 2, drill_monotonic() + PACE_NS);
        for (int j = 0; j < told; j++) {
            note_number((int64_t)events[j].data);
            note(block, drill_recvfrom((int)events[j].data, block, sizeof block, 0, NULL));
        }
        drill_sleep(DRILL_MS); /* so that both are ready when it looks again */
    }
    return 0;
}

/* Answers datagrams, and notes from where they came. */
static int64_t answer(void *argument)
{
    const struct drill_sockaddr here = drill_sockaddr_inet4(0, 0, 0, 0, 53);
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    char block[DATAGRAM];

    (void)argument;
    drill_bind(fd, &here);
    for (int failed = 0; failed < ROUNDS;) {
        struct drill_sockaddr from;
        const ssize_t got = drill_recvfrom(fd, block, sizeof block, 0, &from);
        failed += got < 0;
        if (got < 0)
            continue;
        note(block, got);
        note_number(from.port);
        drill_sendto(fd, block, (size_t)got, 0, &from);
    }
    return drill_close(fd);
}

static int64_t query(void *argument)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.3:53");
    const int fd = socket_to(SOCK_DGRAM, &there);
    char block[DATAGRAM] = "query";

    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct drill_pollfd asked = {.fd = fd, .events = POLLIN};
        drill_sendto(fd, block, sizeof block, 0, NULL);
        if (drill_poll(&asked, 1, drill_monotonic() + PACE_NS) == 1)
            note(block, drill_recvfrom(fd, block, sizeof block, MSG_DONTWAIT, NULL));
        drill_sleep(PACE_NS);
    }
    return drill_close(fd);
}

static struct drill_world *make_world(void)
{
    const struct drill_config config = {.seed = 11, .trace = add_line, .report = nowhere};
    const struct drill_link link = {.delay_ns = 5 * DRILL_MS};
    struct drill_world *world = drill_world_new(&config);
    struct drill_host *hosts[] = {drill_host_new(world, "client", "10.0.0.1"),
                                  drill_host_new(world, "server", "10.0.0.2"),
                                  drill_host_new(world, "other", "10.0.0.3")};

    for (int i = 0; i < 3; i++)
        drill_link_both(hosts[i], hosts[(i + 1) % 3], &link);
    drill_boot(hosts[1], "serve", serve, NULL);
    drill_boot(hosts[2], "answer", answer, NULL);
    drill_boot(hosts[0], "drip", drip, NULL);
    drill_start(hosts[0], "ask", ask, NULL);
    drill_start(hosts[0], "query", query, NULL);
    drill_start(hosts[1], "query", query, NULL);
    drill_start(hosts[2], "sip", sip, NULL);
    return world;
}

/* A run with a rule, with `more` behind it, or with none. */
static struct sight run(const char *rule, const char *more)
{
    char text[128];
    int id = 0;

    seen = (struct sight){0};
    struct drill_world *world = make_world();
    if (rule != NULL) {
        snprintf(text, sizeof text, "%s%s", rule, more);
        id = add_rule(world, text);
    }
    drill_run_until(world, END_NS);
    seen.hits = drill_fault_hits(world, id);
    drill_world_free(world);
    return seen;
}

START_TEST(every_row_has_a_rule_here)
{
    for (int i = 0; i < DRILL_FAULTS; i++) {
        struct drill_fault_line line;
        ck_assert_msg(rules[i] != NULL, "%s", drill_fault_rows[i].name);
        ck_assert_msg(drill_fault_parse(rules[i], &line) == 0, "%s: %s", rules[i], line.error);
        ck_assert_str_eq(line.fault.what, drill_fault_rows[i].name);
    }
}
END_TEST

START_TEST(every_row_bites)
{
    const struct sight calm = run(NULL, ""), bent = run(rules[_i], "");

    ck_assert_msg(bent.hits > 0, "'%s' never strikes", rules[_i]);
    ck_assert_msg(bent.calls != calm.calls, "'%s' strikes and nobody sees it", rules[_i]);
}
END_TEST

START_TEST(a_row_that_is_off_leaves_no_trace)
{
    const struct sight calm = run(NULL, ""), off = run(rules[_i], " off"),
                       never = run(rules[_i], " chance 0%");

    ck_assert_msg(off.all == calm.all && off.calls == calm.calls, "%s off", rules[_i]);
    ck_assert_msg(never.all == calm.all && never.calls == calm.calls, "%s chance 0%%", rules[_i]);
}
END_TEST

Suite *faults_def_suite(void);

Suite *faults_def_suite(void)
{
    Suite *suite = suite_create("faults_def");
    TCase *tests = tcase_create("faults_def");

    tcase_add_test(tests, every_row_has_a_rule_here);
    tcase_add_loop_test(tests, every_row_bites, 0, DRILL_FAULTS);
    tcase_add_loop_test(tests, a_row_that_is_off_leaves_no_trace, 0, DRILL_FAULTS);
    suite_add_tcase(suite, tests);
    return suite;
}
