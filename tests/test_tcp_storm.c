/*
 * Storms: streams over random links. Whatever the network does, what is received is a prefix of
 * what was sent, byte for byte; and when it has calmed down, all of it arrives.
 */
#include <check.h>

#include "emu/tcp.h"
#include "tests/draws.h"
#include "tests/helpers.h"

enum { SEEDS = 200, BYTES_MAX = 60000 };

static struct stage stage;
static struct stream near_to_far, far_from_near, far_to_near, near_from_far;

static uint32_t chance(uint64_t *state, uint32_t most_ppm)
{
    return draw_below(state, 2) == 0 ? 0 : draw_below(state, most_ppm);
}

static struct drill_link any_link(uint64_t *state)
{
    return (struct drill_link){
        .delay_ns = draw_below(state, 3) == 0 ? 0 : draw_below(state, 50) * DRILL_MS,
        .jitter_ns = draw_below(state, 2) == 0 ? 0 : draw_below(state, 30) * DRILL_MS,
        .jitter = (enum drill_jitter)draw_below(state, 4),
        .rate_bps = draw_below(state, 3) == 0 ? 100000 + draw_below(state, 10000000) : 0,
        .queue_bytes = draw_below(state, 2) == 0 ? 3000 + draw_below(state, 60000) : 0,
        .loss_ppm = chance(state, 150000),
        .duplicate_ppm = chance(state, 300000),
        .reorder_ppm = chance(state, 300000),
        .reorder_ns = draw_below(state, 2) == 0 ? 0 : draw_below(state, 40) * DRILL_MS,
        .corrupt_ppm = chance(state, 50000),
        .mtu = draw_below(state, 2) == 0 ? 0 : 576 + draw_below(state, 8000),
    };
}

static void start_streams(uint64_t *state)
{
    near_to_far = (struct stream){.fd = stage.near, .total = draw_below(state, BYTES_MAX)};
    far_to_near = (struct stream){.fd = stage.far, .total = draw_below(state, BYTES_MAX)};
    far_from_near = (struct stream){.fd = stage.far, .chunk = 1 + draw_below(state, 5000)};
    near_from_far = (struct stream){.fd = stage.near, .chunk = 1 + draw_below(state, 5000)};
    near_to_far.chunk = 1 + draw_below(state, 20000);
    far_to_near.chunk = 1 + draw_below(state, 20000);
    drill_start(stage.client, "near sends", send_stream, &near_to_far);
    drill_start(stage.server, "far sends", send_stream, &far_to_near);
    drill_start(stage.server, "far receives", receive_stream, &far_from_near);
    drill_start(stage.client, "near receives", receive_stream, &near_from_far);
}

static void check_prefix(const struct stream *to, const struct stream *from)
{
    ck_assert(!to->wrong);
    ck_assert_uint_le(to->done, from->done);
    ck_assert_int_eq(to->error, 0);
    ck_assert_int_eq(from->error, 0);
}

/* What happens to the network every now and then, besides what its links do. */
static void stir(uint64_t *state)
{
    struct drill_host *from = draw_below(state, 2) == 0 ? stage.client : stage.server;
    struct drill_host *to = from == stage.client ? stage.server : stage.client;
    const struct drill_link link = any_link(state);

    switch (draw_below(state, 6)) {
    case 0:
        drill_partition(from, to);
        break;
    case 1:
        drill_heal(from, to);
        break;
    case 2:
        drill_hold(from, to);
        break;
    case 3:
        drill_release(from, to);
        break;
    case 4:
        drill_link_set(from, to, &link);
        break;
    default:
        drill_pause(from);
        drill_resume(from);
    }
}

static void calm_down(void)
{
    struct drill_host *const hosts[] = {stage.client, stage.server};

    for (int i = 0; i < 2; i++) {
        drill_heal(hosts[i], hosts[!i]);
        drill_release(hosts[i], hosts[!i]);
    }
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
}

static uint64_t run_storm(uint64_t seed, bool evidence)
{
    uint64_t state = seed * 7919 + 1;

    stage_open(&stage, &(struct drill_config){.seed = seed, .evidence = evidence});
    stage_connect(&stage);
    drill_link_set(stage.client, stage.server, &(struct drill_link){0});
    start_streams(&state);
    for (int64_t round = 0; round < 20; round++) {
        stir(&state);
        drill_run_until(stage.world, drill_now(stage.world) + draw_below(&state, 3000) * DRILL_MS);
        check_prefix(&far_from_near, &near_to_far);
        check_prefix(&near_from_far, &far_to_near);
    }
    calm_down();
    ck_assert_int_eq(drill_run(stage.world), 0);
    check_prefix(&far_from_near, &near_to_far);
    check_prefix(&near_from_far, &far_to_near);
    ck_assert_uint_eq(far_from_near.done, near_to_far.total);
    ck_assert_uint_eq(near_from_far.done, far_to_near.total);
    const uint64_t hash = drill_hash(stage.world);
    expect_no_evidence(stage.world);
    stage_close(&stage);
    return hash;
}

START_TEST(no_storm_makes_a_hole_or_a_reordering_and_all_arrives_at_last)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_storm(seed, true);
}
END_TEST

START_TEST(a_storm_is_the_same_every_time_whoever_looks)
{
    for (uint64_t seed = 1; seed <= 10; seed++)
        ck_assert_uint_eq(run_storm(seed, false), run_storm(seed, true));
}
END_TEST

START_TEST(every_shape_of_jitter_keeps_the_stream)
{
    for (int shape = DRILL_JITTER_UNIFORM; shape <= DRILL_JITTER_PARETO; shape++) {
        stage_open(&stage, &(struct drill_config){.seed = 5});
        stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS,
                                                        .jitter_ns = 20 * DRILL_MS,
                                                        .jitter = (enum drill_jitter)shape,
                                                        .loss_ppm = 20000,
                                                        .reorder_ppm = 20000});
        stage_stream(&stage, true, 100000);
        stage_stream(&stage, false, 100000);
        stage_close(&stage);
    }
}
END_TEST

START_TEST(a_million_bytes_cross_a_bad_link_about_as_fast_as_its_loss_allows)
{
    int64_t taken = 0;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        stage_open(&stage, &(struct drill_config){.seed = seed});
        stage_connect_over(&stage,
                           &(struct drill_link){.delay_ns = 20 * DRILL_MS, .loss_ppm = 50000});
        taken += stage_stream(&stage, true, 1 << 20);
        stage_close(&stage);
    }
    /* 1.22 * 1460 bytes / (40 ms * sqrt(0.05)) are 200 kB/s (Mathis, 1997). */
    ck_assert_int_lt(taken / 5, 9 * DRILL_SECOND);
    ck_assert_int_gt(taken / 5, 2 * DRILL_SECOND);
}
END_TEST

/* A short exchange over a link that loses, with a world whose n-th allocation fails: it may fail,
 * but everything that was taken is given back, and what is received is what was sent. */
static uint64_t exchange(uint64_t fail_at, bool evidence)
{
    const struct drill_config config = {
        .seed = 3, .fail_allocation = fail_at, .report = lines_ignore, .evidence = evidence};
    struct drill_world *world = drill_world_new(&config);
    if (world == NULL)
        return 0;
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.1");
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.2");
    if (client != NULL && server != NULL &&
        drill_link_both(client, server,
                        &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 200000}) == 0)
        ask_and_answer(client, server);
    const uint64_t allocations = drill_stats(world).allocations;
    expect_no_evidence(world);
    drill_world_free(world);
    return fail_at == 0 || allocations >= fail_at ? allocations : UINT64_MAX;
}

START_TEST(whichever_allocation_fails_nothing_leaks_and_no_byte_is_wrong)
{
    for (int evidence = 0; evidence < 2; evidence++) {
        uint64_t n = 1;
        while (exchange(n, evidence != 0) != UINT64_MAX)
            n++;
        ck_assert_uint_gt(n, 30);
    }
}
END_TEST

Suite *tcp_storm_suite(void);

Suite *tcp_storm_suite(void)
{
    Suite *suite = suite_create("tcp_storm");
    TCase *tests = tcase_create("storms");

    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, no_storm_makes_a_hole_or_a_reordering_and_all_arrives_at_last);
    tcase_add_test(tests, a_storm_is_the_same_every_time_whoever_looks);
    tcase_add_test(tests, every_shape_of_jitter_keeps_the_stream);
    tcase_add_test(tests, a_million_bytes_cross_a_bad_link_about_as_fast_as_its_loss_allows);
    tcase_add_test(tests, whichever_allocation_fails_nothing_leaks_and_no_byte_is_wrong);
    suite_add_tcase(suite, tests);
    return suite;
}
