#include "emu/net.h"

#include <check.h>
#include <errno.h>

#include "tests/parcels.h"

static void setup(void)
{
    parcels_open(1);
}

START_TEST(a_partition_loses_until_it_heals)
{
    drill_net_cut(parcels.path, true);
    parcels_send(0, 1);
    drill_net_cut(parcels.path, false);
    parcels_send(1, 1);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 1);
    ck_assert_uint_eq(parcels.arrivals[0].name, 1);
}
END_TEST

START_TEST(what_is_already_under_way_crosses_a_partition)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS});
    parcels_send(0, 1);
    drill_net_cut(parcels.path, true);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 1);
}
END_TEST

START_TEST(what_is_held_waits_in_order_until_it_is_released)
{
    drill_net_hold(parcels.path, true);
    for (uint64_t i = 0; i < 3; i++)
        parcels_send(i, 1);
    ck_assert_int_eq(drill_run_until(parcels.stage.world, DRILL_SECOND), 0);
    ck_assert_uint_eq(parcels.arrived, 0);
    drill_net_hold(parcels.path, false);
    ck_assert(!parcels.path->calm); /* or what is sent now would overtake */
    parcels_send(3, 1);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 4);
    for (uint64_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(parcels.arrivals[i].name, i);
        ck_assert_int_eq(parcels.arrivals[i].at_ns, DRILL_SECOND);
    }
    ck_assert(parcels.path->calm);
}
END_TEST

START_TEST(a_host_that_is_down_gets_nothing)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS});
    parcels_send(0, 1);
    ck_assert_int_eq(drill_crash(parcels.stage.server), 0);
    parcels_send(1, 1);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 0);
    ck_assert_uint_eq(drill_stats(parcels.stage.world).dropped, 2);
}
END_TEST

START_TEST(an_address_nobody_has_swallows)
{
    parcels.path = NULL;
    parcels_send(0, 1);
    ck_assert_uint_eq(drill_stats(parcels.stage.world).dropped, 1);
}
END_TEST

static struct drill_verdict answer(void *context, const struct drill_packet_view *packet)
{
    const struct drill_verdict verdicts[] = {{.fate = DRILL_PASS},
                                             {.fate = DRILL_DROP},
                                             {.fate = DRILL_DELIVER, .delay_ns = 9 * DRILL_MS}};

    ck_assert_ptr_eq(context, &parcels.stage);
    ck_assert_int_eq(packet->kind, DRILL_PACKET_DATAGRAM);
    ck_assert_str_eq(packet->from_host, "client");
    ck_assert_str_eq(packet->to_host, "server");
    ck_assert_uint_eq(packet->size, 100);
    return verdicts[packet->offset];
}

START_TEST(a_hook_passes_drops_or_delivers)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS});
    drill_hook(parcels.stage.world, answer, &parcels.stage);
    parcels_send_many(3, 0);
    ck_assert_uint_eq(parcels.arrived, 2);
    ck_assert_uint_eq(parcels.arrivals[0].name, 0);
    ck_assert_int_eq(parcels.arrivals[0].at_ns, DRILL_MS);
    ck_assert_uint_eq(parcels.arrivals[1].name, 2);
    ck_assert_int_eq(parcels.arrivals[1].at_ns, 9 * DRILL_MS);
    drill_hook(parcels.stage.world, NULL, NULL);
    parcels_send(1, 100);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 3);
}
END_TEST

START_TEST(a_packet_for_which_there_is_no_memory_is_lost)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS});
    stage_fail(&parcels.stage, 1);
    parcels_send(0, 1);
    parcels_send(1, 1);
    ck_assert_int_eq(drill_run(parcels.stage.world), 0);
    ck_assert_uint_eq(parcels.arrived, 1);
    ck_assert_uint_eq(parcels.arrivals[0].name, 1);
}
END_TEST

START_TEST(an_mtu_is_that_of_the_link_or_of_its_kind)
{
    struct drill_path *loop =
        drill_net_path(&parcels.stage.world->net, parcels.stage.client, parcels.stage.client);

    ck_assert_uint_eq(drill_net_mtu(parcels.path), 1500);
    ck_assert_uint_eq(drill_net_mtu(loop), 65536);
    parcels_link((struct drill_link){.mtu = 9000});
    ck_assert_uint_eq(drill_net_mtu(parcels.path), 9000);
    parcels_link((struct drill_link){.mtu = 1});
    ck_assert_uint_eq(drill_net_mtu(parcels.path), 576);
}
END_TEST

START_TEST(an_address_belongs_to_one_host)
{
    const struct drill_addr *mine = &parcels.stage.client->addrs[0];
    struct drill_net *net = &parcels.stage.world->net;

    ck_assert_int_eq(drill_net_add_addr(net, parcels.stage.server, mine), -EADDRINUSE);
    ck_assert_ptr_eq(drill_net_find(net, parcels.stage.server, mine), parcels.stage.client);
    ck_assert_int_eq(drill_host_address(parcels.stage.client, "0.0.0.0"), -EINVAL);
    ck_assert_int_eq(drill_host_address(parcels.stage.client, "127.0.0.1"), -EINVAL);
    ck_assert_int_eq(drill_host_address(parcels.stage.client, "224.0.0.1"), -EINVAL);
    ck_assert_int_eq(drill_host_address(parcels.stage.client, "255.255.255.255"), -EINVAL);
    ck_assert_int_eq(drill_host_address(parcels.stage.client, "ff02::1"), -EINVAL);
    ck_assert_uint_eq(parcels.stage.client->addr_count, 2);
}
END_TEST

START_TEST(loopback_is_whoever_asks)
{
    struct drill_sockaddr plain = drill_sockaddr_inet4(127, 0, 0, 1, 0);
    struct drill_addr addr;

    ck_assert_int_eq(drill_addr_from(&addr, &plain), 0);
    ck_assert_ptr_eq(drill_net_find(&parcels.stage.world->net, parcels.stage.client, &addr),
                     parcels.stage.client);
    ck_assert_ptr_eq(drill_net_find(&parcels.stage.world->net, parcels.stage.server, &addr),
                     parcels.stage.server);
}
END_TEST

START_TEST(packets_under_way_end_with_the_world)
{
    parcels_link((struct drill_link){.delay_ns = DRILL_MS});
    parcels_send(0, 1);
    drill_net_hold(parcels.path, true);
    parcels_send(1, 1); /* the end of the test finds nobody that is still referred to */
    ck_assert_uint_eq(parcels.arrived, 0);
    ck_assert_uint_eq(parcels.kept, 4);
    ck_assert_uint_eq(parcels.discarded, 2);
}
END_TEST

Suite *net_carry_suite(void);

Suite *net_carry_suite(void)
{
    Suite *suite = suite_create("net_carry");
    TCase *tests = tcase_create("fates");

    tcase_add_checked_fixture(tests, setup, parcels_close);
    tcase_add_test(tests, a_partition_loses_until_it_heals);
    tcase_add_test(tests, what_is_already_under_way_crosses_a_partition);
    tcase_add_test(tests, what_is_held_waits_in_order_until_it_is_released);
    tcase_add_test(tests, a_host_that_is_down_gets_nothing);
    tcase_add_test(tests, an_address_nobody_has_swallows);
    tcase_add_test(tests, a_hook_passes_drops_or_delivers);
    tcase_add_test(tests, a_packet_for_which_there_is_no_memory_is_lost);
    tcase_add_test(tests, an_mtu_is_that_of_the_link_or_of_its_kind);
    tcase_add_test(tests, an_address_belongs_to_one_host);
    tcase_add_test(tests, loopback_is_whoever_asks);
    tcase_add_test(tests, packets_under_way_end_with_the_world);
    suite_add_tcase(suite, tests);
    return suite;
}
