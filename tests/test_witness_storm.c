/*
 * Storms before the witness: programs that wait with deadlines, poll, close and come again, under
 * the standard rule of every faithful fault.  No rule may make evidence against the emulator: no
 * stream gives what was not sent, and no wait ends too late.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "emu/fault.h"
#include "tests/draws.h"
#include "tests/helpers.h"

enum { SEEDS = 6, ROUNDS = 12, BLOCK = 3000 };

#define END_NS (20 * DRILL_SECOND)

static struct stage stage;
static uint64_t answers;

/* A server may lose its listener with its host, and begins anew. */
static int listen_anew(void)
{
    const struct drill_sockaddr addr = drill_sockaddr_parse("0.0.0.0:90");
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);

    drill_setsockopt_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (fd >= 0 && drill_bind(fd, &addr) == 0 && drill_listen(fd, 2) == 0)
        return fd;
    drill_close(fd);
    return -1;
}

static bool echo_some(int fd)
{
    char block[BLOCK];
    size_t sent = 0;

    drill_set_read_deadline(fd, drill_monotonic() + 700 * DRILL_MS);
    drill_set_write_deadline(fd, drill_monotonic() + 900 * DRILL_MS);
    const ssize_t got = drill_recvfrom(fd, block, sizeof block, 0, NULL);
    while (got > 0 && sent < (size_t)got) {
        const ssize_t count = drill_sendto(fd, block + sent, (size_t)got - sent, 0, NULL);
        if (count <= 0)
            return false;
        sent += (size_t)count;
    }
    return got > 0;
}

static int64_t serve(void *unused)
{
    int listener = -1;

    (void)unused;
    while (drill_monotonic() < END_NS) {
        if (listener < 0)
            listener = listen_anew();
        drill_set_read_deadline(listener, drill_monotonic() + 300 * DRILL_MS);
        const int fd = drill_accept(listener, NULL);
        if (fd < 0)
            drill_sleep(drill_monotonic() + 5 * DRILL_MS);
        while (fd >= 0 && echo_some(fd))
            continue;
        if (fd >= 0)
            drill_close(fd);
    }
    drill_close(listener);
    return 0;
}

/* Waits in one way or the other. */
static void wait_for_answer(int fd, int epoll, bool polls)
{
    struct drill_pollfd one = {.fd = fd, .events = POLLIN};
    struct drill_epoll_event event;
    const int64_t until = drill_monotonic() + 150 * DRILL_MS;

    if (polls)
        drill_poll(&one, 1, until);
    else
        drill_epoll_wait(epoll, &event, 1, until);
}

static void talk(int fd, uint64_t *state)
{
    static char block[BLOCK], got[BLOCK];
    const int epoll = drill_epoll_create();
    const struct timeval soon = {.tv_usec = 400000};

    drill_epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct drill_epoll_event){.events = EPOLLIN});
    drill_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    drill_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < sizeof block; i++)
            block[i] = (char)draw(state);
        const size_t size = 1 + draw_below(state, BLOCK);
        if (drill_sendto(fd, block, size, 0, NULL) <= 0)
            break;
        wait_for_answer(fd, epoll, draw_below(state, 2) == 0);
        const bool all = draw_below(state, 3) == 0;
        if (drill_recvfrom(fd, got, size, all ? MSG_WAITALL : 0, NULL) > 0)
            answers++;
    }
    drill_close(epoll);
}

static int64_t ask(void *seed)
{
    uint64_t state = *(uint64_t *)seed * 7919 + 1;
    struct drill_sockaddr addr;

    while (drill_monotonic() < END_NS) {
        if (drill_resolve("server", &addr, 1) < 1)
            continue;
        addr.port = 90;
        const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
        drill_set_write_deadline(fd, drill_monotonic() + DRILL_SECOND);
        if (drill_connect(fd, &addr) == 0) {
            drill_set_write_deadline(fd, 0);
            talk(fd, &state);
        }
        drill_sleep(drill_monotonic() + 10 * DRILL_MS);
        if (fd >= 0)
            drill_close(fd);
    }
    return 0;
}

/* Under one rule, or all; the hash of the run. */
static uint64_t run_storm(uint64_t seed, int rule, bool evidence)
{
    stage_open(&stage, &(struct drill_config){.seed = seed, .evidence = evidence});
    stage_link(&stage, &(struct drill_link){.delay_ns = (int64_t)(seed % 3) * 10 * DRILL_MS});
    for (int i = 0; i < DRILL_FAULTS; i++)
        if ((rule < 0 || rule == i) && !drill_fault_rows[i].hostile &&
            drill_fault_rows[i].standard[0] != '\0')
            add_rule(stage.world, drill_fault_rows[i].standard);
    drill_boot(stage.server, "serve", serve, NULL);
    drill_start(stage.client, "ask", ask, &seed);
    drill_run_until(stage.world, END_NS + 10 * DRILL_SECOND);
    expect_no_evidence(stage.world);
    ck_assert_ptr_null(drill_evidence(stage.world).reused);
    ck_assert_uint_eq(drill_evidence(stage.world).unaudited, 0);
    const uint64_t hash = drill_hash(stage.world);
    stage_close(&stage);
    return hash;
}

START_TEST(no_faithful_rule_makes_evidence_against_the_emulator)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_storm(seed, _i, true);
}
END_TEST

START_TEST(nor_do_all_of_them_together)
{
    answers = 0;
    for (uint64_t seed = 1; seed <= 5 * SEEDS; seed++)
        run_storm(seed, -1, true);
    ck_assert_uint_gt(answers, 100);
}
END_TEST

START_TEST(who_looks_changes_nothing)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        ck_assert_uint_eq(run_storm(seed, -1, true), run_storm(seed, -1, false));
}
END_TEST

/* They were not sent, but that is no fault of the network: fault_segment.c tells the audit. */
START_TEST(bits_that_a_rule_flips_are_its_own_doing)
{
    static char got[100 * 23];

    stage_open(&stage, &(struct drill_config){.seed = 1, .evidence = true});
    add_rule(stage.world, "flip host client");
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    for (int i = 0; i < 100; i++)
        say(stage.client, stage.near, "a hundred bits and more");
    ck_assert_int_eq(take(stage.server, stage.far, got, sizeof got, MSG_WAITALL), sizeof got);
    ck_assert_int_gt(drill_fault_hits(stage.world, 1), 0);
    ck_assert_ptr_null(drill_evidence(stage.world).corrupted);
    stage_close(&stage);
}
END_TEST

Suite *witness_storm_suite(void);

Suite *witness_storm_suite(void)
{
    Suite *suite = suite_create("witness_storm");
    TCase *tests = tcase_create("storms");

    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, no_faithful_rule_makes_evidence_against_the_emulator, 0,
                        DRILL_FAULTS);
    tcase_add_test(tests, nor_do_all_of_them_together);
    tcase_add_test(tests, who_looks_changes_nothing);
    tcase_add_test(tests, bits_that_a_rule_flips_are_its_own_doing);
    suite_add_tcase(suite, tests);
    return suite;
}
