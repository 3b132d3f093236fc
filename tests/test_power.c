#include "emu/power.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/helpers.h"

static struct stage stage;
static struct lines lines;
static char order[64];

static void setup(void)
{
    lines_clear(&lines);
    order[0] = '\0';
    stage_open(&stage, &(struct drill_config){.trace = lines_add, .trace_context = &lines});
}

static void teardown(void)
{
    stage_close(&stage);
}

static int64_t note(void *what)
{
    strncat(order, what, sizeof order - strlen(order) - 1);
    return 0;
}

static int64_t tick(void *what)
{
    while (drill_sleep(DRILL_SECOND) == 0)
        note(what);
    return 0;
}

START_TEST(a_kill_closes_sockets_as_a_kernel_does)
{
    char byte;

    stage_connect(&stage);
    ck_assert_int_eq(drill_kill(stage.server), 0);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), 0);
    ck_assert_uint_eq(drill_stats(stage.world).open_descriptors, 1);
    ck_assert_uint_eq(lines_with(&lines, "host server is killed"), 1);
}
END_TEST

START_TEST(a_kill_resets_where_data_was_not_read)
{
    char byte;

    stage_connect(&stage);
    say(stage.client, stage.near, "unread");
    ck_assert_int_eq(drill_kill(stage.server), 0);
    ck_assert_int_eq(take(stage.client, stage.near, &byte, 1, 0), -ECONNRESET);
}
END_TEST

START_TEST(a_killed_host_has_a_kernel_that_refuses)
{
    const struct drill_sockaddr addr = stage_address();

    stage_listen(&stage, 1);
    ck_assert_int_eq(drill_kill(stage.server), 0);
    ck_assert_int_eq(drill_kill(stage.server), -EALREADY);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(fd, &addr), -ECONNREFUSED);
}
END_TEST

START_TEST(a_crash_leaves_nobody_who_refuses)
{
    const struct drill_sockaddr addr = stage_address();

    stage_listen(&stage, 1);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    const int fd = tcp_socket(stage.client);
    ck_assert_int_eq(drill_connect(fd, &addr), -ETIMEDOUT);
}
END_TEST

START_TEST(a_restart_after_a_kill_runs_the_boots_again)
{
    ck_assert_int_eq(drill_boot(stage.server, "first", note, (void *)"a"), 0);
    drill_run(stage.world);
    ck_assert_int_eq(drill_kill(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), -EALREADY);
    drill_run(stage.world);
    ck_assert_str_eq(order, "aa");
}
END_TEST

START_TEST(a_crash_after_a_kill_is_one_start)
{
    ck_assert_int_eq(drill_boot(stage.server, "first", note, (void *)"a"), 0);
    drill_run(stage.world);
    ck_assert_int_eq(drill_kill(stage.server), 0);
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ck_assert_int_eq(drill_kill(stage.server), -EALREADY);
    ck_assert_int_eq(drill_restart(stage.server), 0);
    ck_assert_int_eq(drill_restart(stage.server), -EALREADY);
    drill_run(stage.world);
    ck_assert_str_eq(order, "aa");
}
END_TEST

static int64_t kill_own_host(void *host)
{
    note((void *)"a");
    drill_kill(host);
    return note((void *)"b");
}

static int64_t pause_own_host(void *host)
{
    note((void *)"a");
    drill_pause(host);
    return note((void *)"b");
}

static int64_t crash_and_start(void *host)
{
    drill_crash(host);
    drill_restart(host);
    return note((void *)"c");
}

START_TEST(a_task_that_kills_its_own_host_does_not_return_and_no_other_goes_on)
{
    struct drill_task *task = drill_start(stage.client, "t", kill_own_host, stage.client);

    drill_start(stage.client, "u", note, (void *)"u");
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert(drill_task_ended(task));
    ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(a_host_that_is_coming_down_can_be_started_in_the_same_instant)
{
    ck_assert_int_eq(drill_boot(stage.client, "boot", note, (void *)"x"), 0);
    drill_start(stage.client, "t", kill_own_host, stage.client);
    drill_start(stage.server, "s", crash_and_start, stage.client);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "xacx");
}
END_TEST

START_TEST(a_task_that_stops_its_own_host_goes_on_when_somebody_lets_it)
{
    drill_start(stage.client, "t", pause_own_host, stage.client);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_str_eq(order, "a");
    ck_assert_int_eq(drill_resume(stage.client), 0);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_str_eq(order, "ab");
}
END_TEST

static struct drill_verdict crash_server(void *unused, const struct drill_packet_view *packet)
{
    (void)unused;
    if (packet->kind == DRILL_PACKET_DATA && stage.server->up)
        drill_crash(stage.server);
    return (struct drill_verdict){0};
}

START_TEST(a_hook_can_bring_down_who_is_sent_a_packet)
{
    stage_connect(&stage);
    drill_hook(stage.world, crash_server, NULL);
    say(stage.client, stage.near, "x");
    ck_assert(!stage.server->up);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_uint_eq(drill_stats(stage.world).open_descriptors, 1);
}
END_TEST

START_TEST(what_starts_on_a_paused_host_stands_still)
{
    drill_pause(stage.client);
    drill_start(stage.client, "t", note, (void *)"a");
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_str_eq(order, "");
    drill_resume(stage.client);
    drill_run(stage.world);
    ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(pauses_of_the_test_and_of_rules_lie_over_one_another)
{
    drill_start_service(stage.client, "t", tick, (void *)".");
    drill_run_until(stage.world, 1500 * DRILL_MS);
    drill_power_pause_by(stage.client, true, "one");
    drill_pause(stage.client);
    drill_power_pause_by(stage.client, true, "two");
    drill_power_pause_by(stage.client, false, "one");
    drill_resume(stage.client);
    drill_run_until(stage.world, 5 * DRILL_SECOND);
    ck_assert_str_eq(order, ".");
    drill_power_pause_by(stage.client, false, "two");
    drill_run_until(stage.world, 5 * DRILL_SECOND);
    ck_assert_str_eq(order, "..");
}
END_TEST

START_TEST(a_crash_ends_a_pause)
{
    ck_assert_int_eq(drill_boot(stage.client, "boot", note, (void *)"a"), 0);
    drill_pause(stage.client);
    drill_crash(stage.client);
    drill_restart(stage.client);
    drill_run(stage.world);
    ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(calm_starts_what_is_down_or_killed_and_lets_go_what_stands_still)
{
    struct drill_host *third = drill_host_new(stage.world, "third", "10.0.0.3");

    drill_boot(stage.client, "boot", note, (void *)"a");
    drill_boot(stage.server, "boot", note, (void *)"b");
    drill_boot(third, "boot", note, (void *)"c");
    drill_pause(third);
    drill_run(stage.world);
    ck_assert_str_eq(order, "ab");
    drill_crash(stage.client);
    drill_kill(stage.server);
    drill_clock_drift(third, 500000);
    drill_calm(stage.world);
    drill_run(stage.world);
    ck_assert_str_eq(order, "ababc");
    ck_assert_int_eq(third->wall_drift_ppm, 0);
}
END_TEST

Suite *power_suite(void);

Suite *power_suite(void)
{
    Suite *suite = suite_create("power");
    TCase *tests = tcase_create("power");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_kill_closes_sockets_as_a_kernel_does);
    tcase_add_test(tests, a_kill_resets_where_data_was_not_read);
    tcase_add_test(tests, a_killed_host_has_a_kernel_that_refuses);
    tcase_add_test(tests, a_crash_leaves_nobody_who_refuses);
    tcase_add_test(tests, a_restart_after_a_kill_runs_the_boots_again);
    tcase_add_test(tests, a_crash_after_a_kill_is_one_start);
    tcase_add_test(tests, a_task_that_kills_its_own_host_does_not_return_and_no_other_goes_on);
    tcase_add_test(tests, a_host_that_is_coming_down_can_be_started_in_the_same_instant);
    tcase_add_test(tests, a_task_that_stops_its_own_host_goes_on_when_somebody_lets_it);
    tcase_add_test(tests, a_hook_can_bring_down_who_is_sent_a_packet);
    tcase_add_test(tests, what_starts_on_a_paused_host_stands_still);
    tcase_add_test(tests, pauses_of_the_test_and_of_rules_lie_over_one_another);
    tcase_add_test(tests, a_crash_ends_a_pause);
    tcase_add_test(tests, calm_starts_what_is_down_or_killed_and_lets_go_what_stands_still);
    suite_add_tcase(suite, tests);
    return suite;
}
