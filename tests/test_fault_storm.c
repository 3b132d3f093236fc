/*
 * Storms of rules: whatever befalls the packets of a stream, its reader gets what was sent, byte
 * for byte, in order, and all of it; and a run is the same every time.
 */
#include <check.h>
#include <sys/socket.h>

#include "emu/fault.h"
#include "tests/draws.h"
#include "tests/helpers.h"

enum { SEEDS = 200, BYTES_MAX = 60000, BUFFER = 4096 };

static struct stage stage;

/* All that may befall TCP, except bits that flip behind the back of its checksum. */
static const char *const rules[] = {
    "coalesce chance 20%",
    "backlog_drop chance 30% count 2",
    "window_closed for 2s chance 10%",
    "drop chance 3%",
    "burst_loss enter 1% leave 50%",
    "delay 30ms chance 5%",
    "duplicate 5ms chance 10%",
    "reorder 20ms chance 5%",
    "corrupt chance 3%",
    "mtu_hole 1000 chance 20% count 20",
};

enum { RULES = sizeof rules / sizeof *rules };

static struct drill_link any_link(uint64_t *state)
{
    return (struct drill_link){
        .delay_ns = draw_below(state, 2) == 0 ? 0 : draw_below(state, 30) * DRILL_MS,
        .jitter_ns = draw_below(state, 3) == 0 ? draw_below(state, 10) * DRILL_MS : 0,
        .loss_ppm = draw_below(state, 3) == 0 ? draw_below(state, 50000) : 0,
        .mtu = draw_below(state, 2) == 0 ? 0 : 576 + draw_below(state, 2000),
    };
}

/* Both directions at once, through small buffers, then the end. */
static uint64_t run_storm(uint64_t seed, int rule, bool traced, struct lines *lines)
{
    uint64_t state = seed * 7919 + 1;
    const struct drill_link link = any_link(&state);

    stage_open(&stage, &(struct drill_config){.seed = seed,
                                              .trace = traced ? lines_add : NULL,
                                              .trace_context = lines});
    stage_link(&stage, &link);
    for (int i = 0; i < RULES; i++)
        if (rule < 0 || rule == i)
            add_rule(stage.world, rules[i]);
    stage_connect(&stage);
    set_option(stage.server, stage.far, SOL_SOCKET, SO_RCVBUF, BUFFER);
    set_option(stage.client, stage.near, SOL_SOCKET, SO_RCVBUF, BUFFER);
    stage_stream(&stage, true, draw_below(&state, BYTES_MAX));
    stage_stream(&stage, false, draw_below(&state, BYTES_MAX));
    end(stage.client, stage.near);
    end(stage.server, stage.far);
    drill_run(stage.world);
    const uint64_t hash = drill_hash(stage.world);
    stage_close(&stage);
    return hash;
}

START_TEST(a_stream_under_all_rules_at_once_gives_what_was_sent)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_storm(seed, -1, false, NULL);
}
END_TEST

START_TEST(a_stream_under_any_rule_gives_what_was_sent)
{
    for (uint64_t seed = 1; seed <= SEEDS / RULES; seed++)
        run_storm(seed, _i, false, NULL);
}
END_TEST

START_TEST(a_storm_is_the_same_every_time_traced_or_not)
{
    static struct lines lines;

    for (uint64_t seed = 1; seed <= 10; seed++)
        ck_assert_uint_eq(run_storm(seed, -1, false, NULL), run_storm(seed, -1, true, &lines));
}
END_TEST

/* What ends connections, besides all the rest. */
static void run_deadly_storm(uint64_t seed)
{
    static const char *const deadly[] = {"nat_rebind chance 3%", "refuse chance 20%",
                                         "hang_connect chance 5%", "backlog_reset chance 10%"};
    uint64_t state = seed * 104729 + 1;
    const struct drill_link link = any_link(&state);
    struct stream sent = {.total = draw_below(&state, BYTES_MAX)}, got = {0};

    stage_open(&stage, &(struct drill_config){.seed = seed});
    stage_link(&stage, &link);
    stage_listen(&stage, 5);
    for (int i = 0; i < RULES; i++)
        add_rule(stage.world, rules[i]);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        add_rule(stage.world, deadly[i]);
    const struct drill_sockaddr there = stage_address();
    sent.fd = tcp_socket(stage.client);
    if (drill_connect(sent.fd, &there) == 0) {
        drill_start(stage.client, "sends", send_stream, &sent);
        drill_run_until(stage.world, drill_now(stage.world) + DRILL_SECOND);
        drill_enter(stage.server);
        drill_set_nonblock(stage.listener, true);
        got.fd = drill_accept(stage.listener, NULL);
        if (got.fd >= 0)
            drill_start(stage.server, "receives", receive_stream, &got);
        drill_run_until(stage.world, drill_now(stage.world) + 2000 * DRILL_SECOND);
    }
    ck_assert(!got.wrong);
    ck_assert_uint_le(got.done, sent.done);
    stage_close(&stage);
}

START_TEST(whatever_ends_connections_what_has_arrived_is_what_was_sent)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_deadly_storm(seed);
}
END_TEST

/* A short exchange in a world whose n-th allocation fails; the number of them, or UINT64_MAX when
 * there are less. */
static uint64_t exchange(uint64_t fail_at)
{
    const struct drill_config config = {
        .seed = 3, .fail_allocation = fail_at, .report = lines_ignore};
    struct drill_world *world = drill_world_new(&config);
    if (world == NULL)
        return 0;
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.1");
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.2");
    for (int i = 0; i < RULES; i++) {
        struct drill_fault_line line;
        ck_assert_int_eq(drill_fault_parse(rules[i], &line), 0);
        line.fault.ppm *= 3;
        drill_fault_add(world, &line.fault);
    }
    if (client != NULL && server != NULL)
        ask_and_answer(client, server);
    drill_run(world);
    const uint64_t allocations = drill_stats(world).allocations;
    drill_world_free(world);
    return fail_at == 0 || allocations >= fail_at ? allocations : UINT64_MAX;
}

START_TEST(whichever_allocation_fails_nothing_leaks_and_no_byte_is_wrong)
{
    uint64_t n = 1;

    while (exchange(n) != UINT64_MAX)
        n++;
    ck_assert_uint_gt(n, 40);
}
END_TEST

Suite *fault_storm_suite(void);

Suite *fault_storm_suite(void)
{
    Suite *suite = suite_create("fault_storm");
    TCase *tests = tcase_create("fault_storm");

    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, a_stream_under_all_rules_at_once_gives_what_was_sent);
    tcase_add_loop_test(tests, a_stream_under_any_rule_gives_what_was_sent, 0, RULES);
    tcase_add_test(tests, whatever_ends_connections_what_has_arrived_is_what_was_sent);
    tcase_add_test(tests, a_storm_is_the_same_every_time_traced_or_not);
    tcase_add_test(tests, whichever_allocation_fails_nothing_leaks_and_no_byte_is_wrong);
    suite_add_tcase(suite, tests);
    return suite;
}
