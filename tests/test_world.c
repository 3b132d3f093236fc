#include "emu/world.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "emu/abi.h"
#include "tests/helpers.h"

#define YEAR (INT64_C(365) * 86400 * DRILL_SECOND)

static struct stage stage;
static struct lines lines;
static char order[64];

static void open_with(uint64_t seed, bool traced)
{
    lines_clear(&lines);
    order[0] = '\0';
    stage_open(&stage, &(struct drill_config){.seed = seed,
                                              .trace = traced ? lines_add : NULL,
                                              .trace_context = &lines,
                                              .report = lines_add,
                                              .report_context = &lines});
}

static void setup(void)
{
    open_with(1, false);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void note(void *what)
{
    strncat(order, what, sizeof order - strlen(order) - 1);
}

static void note_and_go_on(void *what)
{
    note(what);
    ck_assert_int_eq(drill_at(stage.world, drill_now(stage.world) + 1, note, (void *)"!"), 0);
}

START_TEST(actions_run_at_their_time_and_in_order)
{
    ck_assert_int_eq(drill_at(stage.world, 20, note, (void *)"c"), 0);
    ck_assert_int_eq(drill_at(stage.world, 10, note, (void *)"a"), 0);
    ck_assert_int_eq(drill_at(stage.world, 10, note, (void *)"b"), 0);
    ck_assert_int_eq(drill_run_until(stage.world, 10), 0);
    ck_assert_str_eq(order, "ab");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "abc");
    ck_assert_int_eq(drill_now(stage.world), 20);
}
END_TEST

START_TEST(an_action_of_the_past_runs_as_soon_as_the_world_does)
{
    drill_run_until(stage.world, 100);
    ck_assert_int_eq(drill_at(stage.world, 5, note_and_go_on, (void *)"a"), 0);
    ck_assert_str_eq(order, "");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "a!");
    ck_assert_int_eq(drill_now(stage.world), 101);
    ck_assert_int_eq(drill_at(stage.world, 5, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(an_action_that_is_never_reached_goes_with_its_world)
{
    ck_assert_int_eq(drill_at(stage.world, YEAR, note, (void *)"a"), 0);
    teardown();
    ck_assert_str_eq(order, "");
    setup();
}
END_TEST

START_TEST(a_year_without_events_passes_at_once)
{
    const uint64_t before = drill_stats(stage.world).events;

    stage_connect(&stage);
    ck_assert_int_eq(drill_run_until(stage.world, YEAR), 0);
    ck_assert_int_eq(drill_now(stage.world), YEAR);
    drill_enter(stage.client);
    ck_assert_int_eq(drill_sleep(YEAR), 0);
    ck_assert_int_eq(drill_now(stage.world), 2 * YEAR);
    ck_assert_uint_eq(drill_stats(stage.world).events, before + 1);
}
END_TEST

START_TEST(a_run_until_a_time_stops_there)
{
    ck_assert_int_eq(drill_at(stage.world, 50, note, (void *)"a"), 0);
    ck_assert_int_eq(drill_run_until(stage.world, 49), 0);
    ck_assert_int_eq(drill_now(stage.world), 49);
    ck_assert_str_eq(order, "");
    ck_assert_int_eq(drill_run_until(stage.world, 20), 0);
    ck_assert_int_eq(drill_now(stage.world), 49);
}
END_TEST

START_TEST(a_run_goes_on_until_what_was_lost_has_been_sent_again)
{
    static struct tap tap;
    int unread = 0;

    stage_connect(&stage);
    tap_open(&tap, &stage);
    tap_drop(&tap, true, DRILL_PACKET_DATA, 0, 3);
    say(stage.client, stage.near, "x");
    ck_assert_int_eq(drill_run(stage.world), 0);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_ioctl_int(stage.far, DRILL_FIONREAD, &unread), 0);
    ck_assert_int_eq(unread, 1);
}
END_TEST

static int64_t wait_for_ever(void *what)
{
    drill_sleep(YEAR);
    note(what);
    return 0;
}

START_TEST(a_crash_ends_tasks_and_forgets_sockets_without_a_packet)
{
    stage_connect(&stage);
    struct drill_task *task = drill_start(stage.server, "t", wait_for_ever, (void *)"x");
    drill_run_until(stage.world, 1);
    const uint64_t packets = drill_stats(stage.world).packets;
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert(drill_task_ended(task));
    ck_assert_uint_eq(drill_stats(stage.world).packets, packets);
    ck_assert_uint_eq(drill_stats(stage.world).open_descriptors, 1);
    ck_assert_int_eq(drill_crash(stage.server), -EALREADY);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "");
}
END_TEST

static int64_t note_start(void *what)
{
    note(what);
    return 0;
}

START_TEST(what_boots_runs_now_and_after_each_restart)
{
    ck_assert_int_eq(drill_boot(stage.server, "first", note_start, (void *)"a"), 0);
    ck_assert_int_eq(drill_boot(stage.server, "second", note_start, (void *)"b"), 0);
    ck_assert_int_eq(drill_restart(stage.server), -EALREADY);
    drill_run(stage.world);
    ck_assert_str_eq(order, "ab");
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    drill_run(stage.world);
    ck_assert_str_eq(order, "abab");
}
END_TEST

START_TEST(a_host_that_starts_anew_has_its_addresses_and_free_ports)
{
    stage_listen(&stage, 1);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    stage_listen(&stage, 1);
    ck_assert_int_eq(stage.listener, 3);
    stage_connect(&stage);
    say(stage.client, stage.near, "again");
    hear(stage.server, stage.far, "again");
}
END_TEST

static int64_t crash_own_host(void *host)
{
    note((void *)"a");
    drill_crash(host);
    note((void *)"b");
    return 0;
}

START_TEST(a_task_that_crashes_its_own_host_does_not_return)
{
    struct drill_task *task = drill_start(stage.client, "t", crash_own_host, stage.client);

    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert(drill_task_ended(task));
    ck_assert_str_eq(order, "a");
    ck_assert_int_eq(drill_restart(stage.client), 0);
}
END_TEST

START_TEST(a_paused_host_goes_on_acknowledging)
{
    static struct stream from, to;

    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    from = (struct stream){.fd = stage.near, .total = 20000};
    to = (struct stream){.fd = stage.far};
    drill_start(stage.server, "receives", receive_stream, &to);
    drill_run_until(stage.world, DRILL_SECOND);
    drill_pause(stage.server);
    drill_start(stage.client, "sends", send_stream, &from);
    drill_run_until(stage.world, 10 * DRILL_SECOND);
    ck_assert_uint_eq(to.done, 0);
    ck_assert_uint_eq(drill_stats(stage.world).retransmitted, 0);
    drill_resume(stage.server);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(to.done, 20000);
}
END_TEST

START_TEST(the_wall_clock_jumps_and_drifts_and_the_monotonic_one_does_neither)
{
    drill_enter(stage.client);
    const int64_t start = drill_wall();
    ck_assert_int_eq(drill_clock_step(stage.client, -3600 * DRILL_SECOND), 0);
    ck_assert_int_eq(drill_wall(), start - 3600 * DRILL_SECOND);
    ck_assert_int_eq(drill_monotonic(), 0);
    ck_assert_int_eq(drill_clock_set(stage.client, 5), 0);
    ck_assert_int_eq(drill_clock_drift(stage.client, 100), 0);
    drill_run_until(stage.world, 10000 * DRILL_SECOND);
    ck_assert_int_eq(drill_wall(), 10001 * DRILL_SECOND + 5);
    ck_assert_int_eq(drill_monotonic(), 10000 * DRILL_SECOND);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_wall(), start + 10000 * DRILL_SECOND);
}
END_TEST

/* A stream over a link of which all can be asked; the hash when it is over. */
static uint64_t run_of(uint64_t seed, bool traced, const struct drill_link *link,
                       drill_oracle *oracle)
{
    teardown();
    open_with(seed, traced);
    drill_oracle_set(stage.world, oracle, NULL);
    stage_connect_over(&stage, link);
    stage_stream(&stage, true, 50000);
    return drill_hash(stage.world);
}

static const struct drill_link bad = {.delay_ns = DRILL_MS,
                                      .jitter_ns = 5 * DRILL_MS,
                                      .loss_ppm = 50000,
                                      .duplicate_ppm = 50000,
                                      .reorder_ppm = 50000,
                                      .corrupt_ppm = 20000};
static const struct drill_link plain = {.delay_ns = DRILL_MS};

START_TEST(the_same_seed_is_the_same_run_and_another_is_another)
{
    const uint64_t first = run_of(1, false, &bad, NULL);
    const int64_t taken = drill_now(stage.world);

    ck_assert_uint_eq(run_of(1, false, &bad, NULL), first);
    ck_assert_int_eq(drill_now(stage.world), taken);
    ck_assert_uint_ne(run_of(2, false, &bad, NULL), first);
    ck_assert_int_ne(drill_now(stage.world), taken);
}
END_TEST

START_TEST(a_trace_changes_nothing)
{
    const uint64_t without = run_of(1, false, &bad, NULL);
    ck_assert_uint_eq(lines.count, 0);
    ck_assert_uint_eq(run_of(1, true, &bad, NULL), without);
    ck_assert_uint_gt(lines_with(&lines, "lost <- loss"), 0);
    ck_assert_uint_gt(lines_with(&lines, " connect("), 0);
    const uint64_t calm = run_of(1, false, &(struct drill_link){0}, NULL);
    ck_assert_uint_eq(run_of(1, true, &(struct drill_link){0}, NULL), calm);
}
END_TEST

static uint64_t nothing(void *context, const struct drill_choice *choice)
{
    (void)context;
    (void)choice;
    return 0;
}

START_TEST(an_oracle_that_says_nothing_bad_makes_a_calm_run)
{
    const uint64_t calm = run_of(1, false, &plain, NULL);

    ck_assert_uint_eq(run_of(1, false, &bad, nothing), calm);
    ck_assert_uint_gt(stage.world->sim.choices.asked, 0);
    ck_assert_uint_eq(stage.world->sim.choices.stirred, 0);
}
END_TEST

START_TEST(worlds_live_side_by_side)
{
    struct stage other;

    stage_open(&other, NULL);
    stage_connect(&other);
    stage_connect(&stage);
    say(other.client, other.near, "there");
    say(stage.client, stage.near, "here");
    hear(stage.server, stage.far, "here");
    hear(other.server, other.far, "there");
    stage_close(&other);
    say(stage.client, stage.near, "still");
    hear(stage.server, stage.far, "still");
}
END_TEST

START_TEST(mistakes_of_a_test_are_told)
{
    ck_assert_ptr_null(drill_host_new(stage.world, "client", NULL));
    ck_assert_ptr_null(drill_host_new(stage.world, "", NULL));
    ck_assert_uint_eq(lines_with(&lines, "a name that no other has"), 2);
    ck_assert_int_eq(drill_host_address(stage.client, "10.0.0.2"), -EADDRINUSE);
    ck_assert_uint_eq(lines_with(&lines, "another host has 10.0.0.2"), 1);
    ck_assert_int_eq(drill_host_address(stage.client, "10.0.0"), -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "'10.0.0' is no IP address"), 1);
    ck_assert_int_eq(
        drill_link_set(stage.client, stage.server, &(struct drill_link){.delay_ns = -1}), -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "a negative value"), 1);
}
END_TEST

START_TEST(hosts_are_found_by_name)
{
    ck_assert_ptr_eq(drill_host_find(stage.world, "client"), stage.client);
    ck_assert_ptr_null(drill_host_find(stage.world, "nobody"));
    ck_assert_str_eq(drill_host_name(stage.server), "server");
}
END_TEST

static TCase *runs(void)
{
    TCase *tests = tcase_create("runs");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, actions_run_at_their_time_and_in_order);
    tcase_add_test(tests, an_action_of_the_past_runs_as_soon_as_the_world_does);
    tcase_add_test(tests, an_action_that_is_never_reached_goes_with_its_world);
    tcase_add_test(tests, a_year_without_events_passes_at_once);
    tcase_add_test(tests, a_run_until_a_time_stops_there);
    tcase_add_test(tests, a_run_goes_on_until_what_was_lost_has_been_sent_again);
    tcase_add_test(tests, the_same_seed_is_the_same_run_and_another_is_another);
    tcase_add_test(tests, a_trace_changes_nothing);
    tcase_add_test(tests, an_oracle_that_says_nothing_bad_makes_a_calm_run);
    tcase_add_test(tests, worlds_live_side_by_side);
    tcase_add_test(tests, mistakes_of_a_test_are_told);
    return tests;
}

static TCase *hosts(void)
{
    TCase *tests = tcase_create("hosts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_crash_ends_tasks_and_forgets_sockets_without_a_packet);
    tcase_add_test(tests, what_boots_runs_now_and_after_each_restart);
    tcase_add_test(tests, a_host_that_starts_anew_has_its_addresses_and_free_ports);
    tcase_add_test(tests, a_task_that_crashes_its_own_host_does_not_return);
    tcase_add_test(tests, a_paused_host_goes_on_acknowledging);
    tcase_add_test(tests, the_wall_clock_jumps_and_drifts_and_the_monotonic_one_does_neither);
    tcase_add_test(tests, hosts_are_found_by_name);
    return tests;
}

Suite *world_suite(void);

Suite *world_suite(void)
{
    Suite *suite = suite_create("world");

    suite_add_tcase(suite, runs());
    suite_add_tcase(suite, hosts());
    return suite;
}
