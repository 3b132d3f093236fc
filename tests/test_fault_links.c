#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/rules.h"

static struct drill_path *way(const char *from, const char *to)
{
    return drill_net_path(&stage.world->net, drill_host_find(stage.world, from),
                          drill_host_find(stage.world, to));
}

/* Of each pair of hosts, in order of birth: x cut, h held, - open. */
static void links_are(const char *expected)
{
    char seen[128];
    size_t size = 0;

    for (struct drill_host *from = stage.world->net.hosts; from != NULL; from = from->next) {
        for (struct drill_host *to = stage.world->net.hosts; to != NULL; to = to->next) {
            const struct drill_path *path = drill_net_path(&stage.world->net, from, to);
            seen[size++] = from == to ? '.' : path->cut ? 'x' : path->held ? 'h' : '-';
        }
        seen[size++] = ' ';
    }
    seen[size - 1] = '\0';
    ck_assert_str_eq(seen, expected);
}

START_TEST(a_partition_is_one_way_and_heals)
{
    const int id = add("partition host client peer server from 1s for 3s");

    until_ms(999);
    links_are(".- -.");
    until_ms(1000);
    links_are(".x -.");
    until_ms(4000);
    links_are(".- -.");
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, "link client > server is cut <- fault partition#1"), 1);
    ck_assert_uint_eq(lines_with(&lines, "link client > server heals <- fault partition#1"), 1);
}
END_TEST

START_TEST(who_is_cut_from_whom_is_said_by_host_and_peer)
{
    drill_host_new(stage.world, "third", "10.0.0.3");
    add("partition host server to 1s");
    add("partition peer client from 2s to 3s");
    add("partition from 4s to 5s");
    add("partition host client peer client from 6s");
    until_ms(500);
    links_are(".x- x.x -x.");
    until_ms(2500);
    links_are(".-- x.- x-.");
    until_ms(4500);
    links_are(".xx x.x xx.");
    ck_assert(!way("client", "client")->cut);
    until_ms(6500);
    links_are(".-- -.- --.");
    ck_assert(way("client", "client")->cut);
}
END_TEST

START_TEST(a_link_that_is_used_for_the_first_time_while_a_rule_acts_is_befallen)
{
    add("partition host client");
    until_ms(0);
    ck_assert(way("client", "server")->cut);
    ck_assert_str_eq(way("client", "server")->cut_by, "partition#1");
}
END_TEST

START_TEST(rules_of_one_link_end_in_any_order_and_leave_what_the_test_has_said)
{
    drill_link_set(stage.client, stage.server, &(struct drill_link){.rate_bps = 1000});
    drill_hold(stage.server, stage.client);
    const int wide = add("partition"), narrow = add("partition host client peer server");
    const int slow = add("rate 64kbit"), slower = add("rate 8kbit host client");
    until_ms(1);
    links_are(".x x.");
    ck_assert_int_eq(way("client", "server")->link.rate_bps, 8000);
    drill_partition(stage.client, stage.server);
    drill_fault_remove(stage.world, wide);
    links_are(".x h.");
    ck_assert_str_eq(way("client", "server")->cut_by == NULL ? "" : "a rule", "");
    drill_fault_remove(stage.world, slower);
    ck_assert_int_eq(way("client", "server")->link.rate_bps, 64000);
    drill_heal(stage.client, stage.server);
    links_are(".x h.");
    drill_fault_remove(stage.world, narrow);
    drill_fault_remove(stage.world, slow);
    links_are(".- h.");
    ck_assert_int_eq(way("client", "server")->link.rate_bps, 1000);
    ck_assert_int_eq(way("server", "client")->link.rate_bps, 0);
}
END_TEST

START_TEST(what_a_rule_holds_arrives_when_it_ends)
{
    char bytes[8];

    stage_connect(&stage);
    add("hold host client peer server from 1s for 3s");
    until_ms(1000);
    say(stage.client, stage.near, "abc");
    until_ms(3999);
    ck_assert_int_eq(take(stage.server, stage.far, bytes, 8, MSG_DONTWAIT), -EAGAIN);
    until_ms(4000);
    ck_assert_int_eq(take(stage.server, stage.far, bytes, 8, MSG_DONTWAIT), 3);
    ck_assert_uint_eq(lines_with(&lines, "link client > server holds <- fault hold#1"), 1);
    ck_assert_uint_eq(lines_with(&lines, "link client > server lets go <- fault hold#1"), 1);
}
END_TEST

START_TEST(what_a_rule_cuts_is_lost_by_that_rule)
{
    stage_connect(&stage);
    add("cut: partition host client peer server for 1s");
    until_ms(0);
    say(stage.client, stage.near, "abc");
    until_ms(2000);
    hear(stage.server, stage.far, "abc");
    ck_assert_uint_gt(lines_with(&lines, "lost <- fault cut"), 0);
}
END_TEST

START_TEST(a_rate_makes_a_stream_take_its_time)
{
    stage_connect(&stage);
    const int64_t calm = stage_stream(&stage, true, 8000);
    ck_assert_int_lt(calm, 10 * DRILL_MS);
    stage_connect(&stage);
    add("rate 64kbit host client peer server");
    ck_assert_int_ge(stage_stream(&stage, true, 8000), DRILL_SECOND);
}
END_TEST

START_TEST(an_mtu_makes_packets_small)
{
    static struct tap tap;

    stage_connect(&stage);
    const int id = add("mtu 600 host client peer server");
    until_ms(0);
    ck_assert_uint_eq(drill_net_mtu(way("client", "server")), 600);
    tap_open(&tap, &stage);
    stage_stream(&stage, true, 6000);
    for (size_t i = 0; i < tap.seen_count; i++)
        ck_assert_uint_le(tap.seen[i].size, 560);
    drill_fault_remove(stage.world, id);
    ck_assert_uint_eq(drill_net_mtu(way("client", "server")), 1500);
}
END_TEST

START_TEST(a_flapping_link_is_cut_and_heals_until_it_ends)
{
    add("flap 50ms host client peer server from 1s for 220ms");
    until_ms(1000);
    links_are(".x -.");
    until_ms(1050);
    links_are(".- -.");
    until_ms(1100);
    links_are(".x -.");
    until_ms(1219);
    links_are(".x -.");
    until_ms(1220);
    links_are(".- -.");
    until_ms(5000);
    ck_assert_uint_eq(lines_with(&lines, "link client > server is cut <- fault flap#1"), 3);
    ck_assert_uint_eq(lines_with(&lines, "link client > server heals <- fault flap#1"), 3);
}
END_TEST

static void add_hosts(int count)
{
    char name[8] = "h0";

    for (; count > 0; count--, name[1]++)
        ck_assert_ptr_nonnull(drill_host_new(stage.world, name, NULL));
}

START_TEST(a_bridge_lets_one_host_reach_both_halves)
{
    add_hosts(3);
    const int id = add("bridge");
    links_are(".--xx -.-xx --.-- xx-.- xx--.");
    drill_fault_remove(stage.world, id);
    links_are(".---- -.--- --.-- ---.- ----.");
    add("bridge host client");
    links_are(".---- -.-xx --.xx -xx.- -xx-.");
}
END_TEST

START_TEST(an_isolated_host_is_alone)
{
    add_hosts(1);
    const int id = add("isolate host server");
    links_are(".x- x.x -x.");
    drill_fault_remove(stage.world, id);
    links_are(".-- -.- --.");
    add("isolate");
    size_t cut = 0;
    for (const struct drill_path *path = stage.world->net.paths; path != NULL; path = path->hh.next)
        cut += path->cut;
    ck_assert_uint_eq(cut, 4);
}
END_TEST

START_TEST(on_a_ring_each_host_reaches_another_majority)
{
    add_hosts(3);
    add("ring for 1s");
    links_are(".-xx- -.-xx x-.-x xx-.- -xx-.");
    until_ms(1000);
    links_are(".---- -.--- --.-- ---.- ----.");
}
END_TEST

static int clogged(void)
{
    int count = 0;

    for (const struct drill_host *host = stage.world->net.hosts; host != NULL; host = host->next)
        count += way(host->name, host == stage.client ? "server" : "client")->held &&
                 way(host == stage.client ? "server" : "client", host->name)->held;
    return count;
}

START_TEST(a_swizzle_clogs_hosts_one_by_one_and_releases_them)
{
    int most = 0, changes = 0, before = 0;

    add_hosts(4);
    add("swizzle 200ms from 1s for 10s");
    for (int64_t ms = 900; ms < 6000; ms += 200) {
        until_ms(ms);
        const int now = clogged();
        changes += now != before;
        most = now > most ? now : most;
        before = now;
    }
    ck_assert_int_gt(most, 1);
    ck_assert_int_gt(changes, 2);
    ck_assert_int_eq(before, 0);
}
END_TEST

START_TEST(a_swizzle_that_is_removed_releases_all)
{
    const int id = add("swizzle host client");

    links_are(".h h.");
    drill_fault_remove(stage.world, id);
    links_are(".- -.");
    add("swizzle host client for 1s");
    until_ms(100);
    links_are(".- -.");
}
END_TEST

START_TEST(calm_makes_all_links_calm)
{
    drill_partition(stage.client, stage.server);
    drill_link_set(stage.server, stage.client, &(struct drill_link){.loss_ppm = 1000000});
    drill_hold(stage.server, stage.client);
    add("partition");
    until_ms(0);
    drill_calm(stage.world);
    links_are(".- -.");
    ck_assert(way("client", "server")->calm);
    ck_assert(way("server", "client")->calm);
}
END_TEST

Suite *fault_links_suite(void);

Suite *fault_links_suite(void)
{
    Suite *suite = suite_create("fault_links");
    TCase *tests = tcase_create("links");

    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, a_partition_is_one_way_and_heals);
    tcase_add_test(tests, who_is_cut_from_whom_is_said_by_host_and_peer);
    tcase_add_test(tests, a_link_that_is_used_for_the_first_time_while_a_rule_acts_is_befallen);
    tcase_add_test(tests, rules_of_one_link_end_in_any_order_and_leave_what_the_test_has_said);
    tcase_add_test(tests, what_a_rule_holds_arrives_when_it_ends);
    tcase_add_test(tests, what_a_rule_cuts_is_lost_by_that_rule);
    tcase_add_test(tests, a_rate_makes_a_stream_take_its_time);
    tcase_add_test(tests, an_mtu_makes_packets_small);
    tcase_add_test(tests, a_flapping_link_is_cut_and_heals_until_it_ends);
    tcase_add_test(tests, a_bridge_lets_one_host_reach_both_halves);
    tcase_add_test(tests, an_isolated_host_is_alone);
    tcase_add_test(tests, on_a_ring_each_host_reaches_another_majority);
    tcase_add_test(tests, a_swizzle_clogs_hosts_one_by_one_and_releases_them);
    tcase_add_test(tests, a_swizzle_that_is_removed_releases_all);
    tcase_add_test(tests, calm_makes_all_links_calm);
    suite_add_tcase(suite, tests);
    return suite;
}
