#include <check.h>
#include <stdio.h>

#include "emu/tcp.h"
#include "tests/helpers.h"

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

/* How many packets there are in an exchange of a few bytes, and its hash. */
static uint64_t packets_of(const char *rule, uint64_t *hash)
{
    teardown();
    setup();
    if (rule != NULL)
        add_rule(stage.world, rule);
    stage_connect(&stage);
    say(stage.client, stage.near, "text");
    hear(stage.server, stage.far, "text");
    stage_stream(&stage, true, 300000);
    end(stage.client, stage.near);
    end(stage.server, stage.far);
    *hash = drill_hash(stage.world);
    return drill_stats(stage.world).packets;
}

START_TEST(what_is_shown_to_a_rule_that_lets_it_pass_is_not_made)
{
    uint64_t hash, shown;

    ck_assert_uint_eq(packets_of(NULL, &hash), packets_of("drop skip 1000000", &shown));
    ck_assert_uint_eq(hash, shown);
}
END_TEST

START_TEST(each_packet_that_data_would_take_is_shown_once_and_so_is_its_answer)
{
    stage_connect(&stage);
    const int data = add_rule(stage.world, "drop kind DATA list 4"),
              answers = add_rule(stage.world, "drop kind ACK list 2");

    ck_assert_int_eq(give(stage.client, stage.near, (char[4000]){0}, 4000, 0), 4000);
    ck_assert_int_eq(drill_fault_hits(stage.world, data), 0);
    ck_assert_int_eq(drill_fault_hits(stage.world, answers), 0);
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(drill_fault_hits(stage.world, data), 1);
    drill_fault_remove(stage.world, data);
    ck_assert_int_eq(take(stage.server, stage.far, (char[4001]){0}, 4001, 0), 4000);
    hear(stage.server, stage.far, "x");
    ck_assert_int_eq(drill_fault_hits(stage.world, answers), 1);
}
END_TEST

START_TEST(what_follows_a_strike_on_a_calm_link_is_calm_again)
{
    stage_connect(&stage);
    add_rule(stage.world, "drop kind DATA nth 1");
    say(stage.client, stage.near, "first");
    hear(stage.server, stage.far, "first");
    drill_run(stage.world);
    const uint64_t packets = drill_stats(stage.world).packets;
    say(stage.client, stage.near, "second");
    hear(stage.server, stage.far, "second");
    ck_assert_uint_eq(drill_stats(stage.world).packets, packets);
}
END_TEST

START_TEST(an_answer_to_what_has_moved_at_once_can_be_lost)
{
    stage_connect(&stage);
    const int id = add_rule(stage.world, "drop kind ACK host server");
    say(stage.client, stage.near, "one");
    hear(stage.server, stage.far, "one");
    drill_run_until(stage.world, 2 * DRILL_SECOND);
    ck_assert_int_gt(drill_fault_hits(stage.world, id), 2);
    ck_assert_uint_gt(drill_stats(stage.world).retransmitted, 1);
    drill_fault_remove(stage.world, id);
    say(stage.client, stage.near, "two");
    hear(stage.server, stage.far, "two");
}
END_TEST

/* A connection that opens, talks both ways and ends while a rule befalls one packet of it. */
static void open_and_end(const char *rule, bool client_first)
{
    const int id = add_rule(stage.world, rule);

    stage_connect(&stage);
    stage_stream(&stage, true, 5000);
    stage_stream(&stage, false, 10);
    if (client_first)
        end(stage.client, stage.near);
    end(stage.server, stage.far);
    if (!client_first)
        end(stage.client, stage.near);
    drill_run(stage.world);
    drill_fault_remove(stage.world, id);
}

START_TEST(whatever_befalls_any_packet_of_a_connection_it_opens_and_ends)
{
    static const char *const whats[] = {"drop", "delay", "duplicate", "reorder", "corrupt"};

    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++)
        for (int n = 1; n <= 14; n++) {
            char rule[64];
            snprintf(rule, sizeof rule, "%s nth %d", whats[i], n);
            open_and_end(rule, n % 2 == 0);
        }
    drill_run_until(stage.world, drill_now(stage.world) + 100 * DRILL_SECOND);
    ck_assert_uint_eq(HASH_COUNT(stage.world->net.conns), 0);
}
END_TEST

START_TEST(loopback_is_a_link_like_any_other)
{
    stage.server = stage.client;
    const struct drill_sockaddr here = drill_sockaddr_inet4(127, 0, 0, 1, 99);

    const int listener = tcp_socket(stage.client);
    drill_bind(listener, &here);
    drill_listen(listener, 1);
    stage.near = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(stage.near, &here), 0);
    stage.far = drill_accept(listener, NULL);
    const int id = add_rule(stage.world, "drop kind DATA nth 1 host client peer client");
    stage_stream(&stage, true, 1000);
    ck_assert_int_ge(drill_now(stage.world), 200 * DRILL_MS);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(who_is_connected_to_itself_hears_itself_all_the_same)
{
    static const char *const whats[] = {"drop",    "delay",    "duplicate",           "reorder",
                                        "corrupt", "coalesce", "window_closed for 1s"};
    const struct drill_sockaddr here = drill_sockaddr_inet4(127, 0, 0, 1, 99);

    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++)
        for (int n = 1; n <= 6; n++) {
            char rule[64];
            snprintf(rule, sizeof rule, "%s nth %d", whats[i], n);
            const int id = add_rule(stage.world, rule), fd = tcp_socket(stage.client);
            drill_bind(fd, &here);
            ck_assert_int_eq(drill_connect(fd, &here), 0);
            say(stage.client, fd, "text");
            hear(stage.client, fd, "text");
            say(stage.client, fd, "more");
            hear(stage.client, fd, "more");
            end(stage.client, fd);
            drill_run(stage.world);
            drill_fault_remove(stage.world, id);
            drill_run_until(stage.world, drill_now(stage.world) + 100 * DRILL_SECOND);
        }
}
END_TEST

START_TEST(without_memory_for_flows_no_rule_befalls_what_is_calm)
{
    stage_connect(&stage);
    say(stage.client, stage.near, "x"); /* the ring stays */
    hear(stage.server, stage.far, "x");
    add_rule(stage.world, "drop kind DATA");
    stage_fail(&stage, 1);
    say(stage.client, stage.near, "x");
    stage_fail(&stage, 0);
    hear(stage.server, stage.far, "x");
    ck_assert_int_eq(drill_now(stage.world), 0);
}
END_TEST

Suite *tcp_calm_suite(void);

Suite *tcp_calm_suite(void)
{
    Suite *suite = suite_create("tcp_calm");
    TCase *tests = tcase_create("tcp_calm");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_shown_to_a_rule_that_lets_it_pass_is_not_made);
    tcase_add_test(tests, each_packet_that_data_would_take_is_shown_once_and_so_is_its_answer);
    tcase_add_test(tests, what_follows_a_strike_on_a_calm_link_is_calm_again);
    tcase_add_test(tests, an_answer_to_what_has_moved_at_once_can_be_lost);
    tcase_add_test(tests, whatever_befalls_any_packet_of_a_connection_it_opens_and_ends);
    tcase_add_test(tests, loopback_is_a_link_like_any_other);
    tcase_add_test(tests, who_is_connected_to_itself_hears_itself_all_the_same);
    tcase_add_test(tests, without_memory_for_flows_no_rule_befalls_what_is_calm);
    suite_add_tcase(suite, tests);
    return suite;
}
