#include "emu/net.h"

#include <check.h>
#include <string.h>

#include "tests/parcels.h"

static void setup(void)
{
    parcels_open(1);
}

START_TEST(a_calm_link_delivers_in_the_call_and_without_memory)
{
    const struct drill_stats before = drill_stats(parcels.stage.world);
    parcels_send(7, 1000);
    const struct drill_stats after = drill_stats(parcels.stage.world);
    ck_assert_uint_eq(parcels.arrived, 1);
    ck_assert_uint_eq(parcels.arrivals[0].name, 7);
    ck_assert_uint_eq(after.allocations, before.allocations);
    ck_assert_uint_eq(after.events, before.events);
    ck_assert_uint_eq(after.packets, before.packets + 1);
}
END_TEST

START_TEST(a_delay_is_kept_to_the_nanosecond)
{
    parcels_link((struct drill_link){.delay_ns = 12345});
    parcels_send(0, 10);
    ck_assert_uint_eq(parcels.arrived, 0);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 1);
    ck_assert_int_eq(parcels.arrivals[0].at_ns, 12345);
}
END_TEST

static void cut_all(struct drill_net *net, struct drill_path *path)
{
    (void)net;
    path->cut = true;
    path->link.mtu = 700;
    path->cut_by = "all";
}

START_TEST(an_overlay_lies_over_what_was_said_and_leaves_it)
{
    struct drill_net *net = &parcels.stage.world->net;

    parcels_link((struct drill_link){.delay_ns = 5, .mtu = 900});
    net->overlay = cut_all;
    drill_net_shape(net, NULL);
    ck_assert(parcels.path->cut);
    ck_assert_uint_eq(drill_net_mtu(parcels.path), 700);
    drill_net_cut(parcels.path, false);
    ck_assert(parcels.path->cut);
    net->overlay = NULL;
    drill_net_shape(net, NULL);
    ck_assert(!parcels.path->cut);
    ck_assert_ptr_null(parcels.path->cut_by);
    ck_assert_uint_eq(drill_net_mtu(parcels.path), 900);
    ck_assert_int_eq(parcels.path->link.delay_ns, 5);
    drill_net_calm(net);
    ck_assert(parcels.path->calm);
}
END_TEST

START_TEST(directions_are_apart)
{
    struct drill_path *back =
        drill_net_path(&parcels.stage.world->net, parcels.stage.server, parcels.stage.client);

    parcels_link((struct drill_link){.delay_ns = 5});
    ck_assert_ptr_ne(back, parcels.path);
    ck_assert(back->calm);
    ck_assert(!parcels.path->calm);
    ck_assert_ptr_eq(
        drill_net_path(&parcels.stage.world->net, parcels.stage.client, parcels.stage.server),
        parcels.path);
}
END_TEST

START_TEST(no_shape_of_jitter_changes_the_order)
{
    for (int shape = DRILL_JITTER_UNIFORM; shape <= DRILL_JITTER_PARETO; shape++) {
        int64_t longest = 0;
        parcels.arrived = 0;
        parcels_link((struct drill_link){
            .delay_ns = DRILL_MS, .jitter_ns = 10 * DRILL_MS, .jitter = (enum drill_jitter)shape});
        const int64_t start = drill_now(parcels.stage.world);
        parcels_send_many(500, DRILL_MS);
        ck_assert_uint_eq(parcels.arrived, 500);
        for (uint64_t i = 0; i < 500; i++) {
            const int64_t taken = parcels.arrivals[i].at_ns - start - (int64_t)i * DRILL_MS;
            ck_assert_uint_eq(parcels.arrivals[i].name, i);
            ck_assert_int_ge(taken, DRILL_MS);
            longest = taken > longest ? taken : longest;
        }
        ck_assert_int_gt(longest, 3 * DRILL_MS);
    }
}
END_TEST

START_TEST(a_rate_sends_one_packet_after_the_other)
{
    parcels_link((struct drill_link){.rate_bps = 8000000, .delay_ns = DRILL_MS}); /* 1 byte a us */
    parcels_send(0, 1000 - PARCEL_HEADERS);
    parcels_send(1, 500 - PARCEL_HEADERS);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_int_eq(parcels.arrivals[0].at_ns, 2 * DRILL_MS);
    ck_assert_int_eq(parcels.arrivals[1].at_ns, 2 * DRILL_MS + 500 * DRILL_US);
}
END_TEST

START_TEST(a_wire_that_has_been_idle_starts_at_once)
{
    parcels_link((struct drill_link){.rate_bps = 8000000});
    parcels_send(0, 1000 - PARCEL_HEADERS);
    ck_assert_int_eq(drill_run_until(parcels.stage.world, DRILL_SECOND), 0);
    parcels_send(1, 1000 - PARCEL_HEADERS);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_int_eq(parcels.arrivals[1].at_ns, DRILL_SECOND + DRILL_MS);
}
END_TEST

START_TEST(what_the_queue_cannot_hold_is_dropped_at_its_tail)
{
    parcels_link((struct drill_link){.rate_bps = 8000000, .queue_bytes = 3000});
    for (uint64_t i = 0; i < 5; i++)
        parcels_send(i, 1000 - PARCEL_HEADERS);
    ck_assert_uint_eq(drill_stats(parcels.stage.world).dropped, 2);
    ck_assert_int_eq(drill_run_until(parcels.stage.world, 1500 * DRILL_US), 0);
    parcels_send(5, 1000 - PARCEL_HEADERS); /* one and a half have left */
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 4);
    for (uint64_t i = 0; i < 3; i++)
        ck_assert_uint_eq(parcels.arrivals[i].name, i);
    ck_assert_uint_eq(parcels.arrivals[3].name, 5);
}
END_TEST

START_TEST(loss_takes_its_share_and_leaves_the_order)
{
    parcels_link((struct drill_link){.loss_ppm = 250000});
    parcels_send_many(PARCELS, 1);
    ck_assert_uint_gt(parcels.arrived, PARCELS * 70 / 100);
    ck_assert_uint_lt(parcels.arrived, PARCELS * 80 / 100);
    ck_assert_uint_eq(drill_stats(parcels.stage.world).dropped, PARCELS - parcels.arrived);
    for (size_t i = 1; i < parcels.arrived; i++)
        ck_assert_uint_lt(parcels.arrivals[i - 1].name, parcels.arrivals[i].name);
}
END_TEST

START_TEST(a_certain_loss_loses_all)
{
    parcels_link((struct drill_link){.loss_ppm = 1000000});
    parcels_send_many(100, 1);
    ck_assert_uint_eq(parcels.arrived, 0);
}
END_TEST

START_TEST(the_seed_decides_which_packets_are_lost)
{
    static struct arrival first[2 * PARCELS];

    parcels_link((struct drill_link){.loss_ppm = 500000});
    parcels_send_many(64, 1);
    memcpy(first, parcels.arrivals, sizeof first);
    const size_t first_count = parcels.arrived;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        parcels_close();
        parcels_open(seed);
        parcels_link((struct drill_link){.loss_ppm = 500000});
        parcels_send_many(64, 1);
        const bool same =
            parcels.arrived == first_count && memcmp(first, parcels.arrivals, sizeof first) == 0;
        ck_assert_int_eq(same, seed == 1);
    }
}
END_TEST

START_TEST(a_duplicate_arrives_twice)
{
    parcels_link((struct drill_link){.duplicate_ppm = 500000});
    parcels_send_many(100, DRILL_MS);
    ck_assert_uint_gt(parcels.arrived, 120);
    ck_assert_uint_lt(parcels.arrived, 180);
    ck_assert_uint_eq(parcels.arrivals[parcels.arrived - 1].name, 99);
}
END_TEST

START_TEST(a_packet_held_back_is_overtaken)
{
    bool overtaken = false;

    parcels_link((struct drill_link){
        .delay_ns = DRILL_MS, .reorder_ppm = 200000, .reorder_ns = 3 * DRILL_MS});
    parcels_send_many(100, DRILL_MS);
    ck_assert_uint_eq(parcels.arrived, 100);
    for (size_t i = 1; i < parcels.arrived; i++) {
        const int64_t taken =
            parcels.arrivals[i].at_ns - (int64_t)parcels.arrivals[i].name * DRILL_MS;
        ck_assert(taken == DRILL_MS || taken == 4 * DRILL_MS);
        overtaken = overtaken || parcels.arrivals[i].name < parcels.arrivals[i - 1].name;
    }
    ck_assert(overtaken);
}
END_TEST

START_TEST(a_corrupt_packet_arrives_damaged)
{
    size_t damaged = 0;

    parcels_link((struct drill_link){.corrupt_ppm = 300000});
    parcels_send_many(100, 1);
    for (size_t i = 0; i < parcels.arrived; i++)
        damaged += parcels.arrivals[i].damaged;
    ck_assert_uint_eq(parcels.arrived, 100);
    ck_assert_uint_gt(damaged, 10);
    ck_assert_uint_lt(damaged, 60);
}
END_TEST

START_TEST(a_chance_of_nothing_draws_nothing)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS, .rate_bps = 1000000, .mtu = 1000});
    parcels_send_many(10, DRILL_MS);
    ck_assert_uint_eq(parcels.stage.world->sim.choices.asked, 0);
}
END_TEST

Suite *net_suite(void);

Suite *net_suite(void)
{
    Suite *suite = suite_create("net");
    TCase *tests = tcase_create("links");

    tcase_add_checked_fixture(tests, setup, parcels_close);
    tcase_add_test(tests, a_calm_link_delivers_in_the_call_and_without_memory);
    tcase_add_test(tests, a_delay_is_kept_to_the_nanosecond);
    tcase_add_test(tests, directions_are_apart);
    tcase_add_test(tests, no_shape_of_jitter_changes_the_order);
    tcase_add_test(tests, a_rate_sends_one_packet_after_the_other);
    tcase_add_test(tests, a_wire_that_has_been_idle_starts_at_once);
    tcase_add_test(tests, what_the_queue_cannot_hold_is_dropped_at_its_tail);
    tcase_add_test(tests, loss_takes_its_share_and_leaves_the_order);
    tcase_add_test(tests, a_certain_loss_loses_all);
    tcase_add_test(tests, the_seed_decides_which_packets_are_lost);
    tcase_add_test(tests, a_duplicate_arrives_twice);
    tcase_add_test(tests, a_packet_held_back_is_overtaken);
    tcase_add_test(tests, a_corrupt_packet_arrives_damaged);
    tcase_add_test(tests, an_overlay_lies_over_what_was_said_and_leaves_it);
    tcase_add_test(tests, a_chance_of_nothing_draws_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
