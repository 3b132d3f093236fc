#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/rules.h"

static int64_t tick(void *count)
{
    do
        ++*(int *)count;
    while (drill_sleep(DRILL_SECOND) == 0);
    return 0;
}

START_TEST(a_host_crashes_and_starts_again_with_its_boots)
{
    int ticks = 0;

    drill_boot(stage.server, "tick", tick, &ticks);
    const int id = add("crash host server from 2500ms for 5s");
    until_ms(2400);
    ck_assert_int_eq(ticks, 3);
    until_ms(7400);
    ck_assert_int_eq(ticks, 3);
    ck_assert(!stage.server->up);
    until_ms(8600);
    ck_assert_int_eq(ticks, 5);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(lines_with(&lines, "host server crashes <- fault crash#1"), 1);
    ck_assert_uint_eq(lines_with(&lines, "host server starts <- fault crash#1"), 1);
}
END_TEST

START_TEST(a_kill_ends_programs_and_its_end_starts_them)
{
    int ticks = 0;

    drill_boot(stage.server, "tick", tick, &ticks);
    add("kill host server from 2500ms for 5s");
    until_ms(7400);
    ck_assert_int_eq(ticks, 3);
    ck_assert(stage.server->up);
    until_ms(8600);
    ck_assert_int_eq(ticks, 5);
    ck_assert_uint_eq(lines_with(&lines, "host server is killed <- fault kill#1"), 1);
}
END_TEST

START_TEST(a_pause_lets_programs_stand_still)
{
    int ticks = 0;

    drill_boot(stage.server, "tick", tick, &ticks);
    add("pause host server from 2500ms for 5s");
    until_ms(7400);
    ck_assert_int_eq(ticks, 3);
    until_ms(8600);
    ck_assert_int_eq(ticks, 5);
    ck_assert_uint_eq(lines_with(&lines, "host server stands still <- fault pause#1"), 1);
    ck_assert_uint_eq(lines_with(&lines, "host server goes on <- fault pause#1"), 1);
}
END_TEST

START_TEST(crashes_that_overlap_are_one)
{
    add("crash host server from 1s for 3s");
    add("crash host server from 2s for 4s");
    until_ms(5000);
    ck_assert(!stage.server->up);
    until_ms(6000);
    ck_assert(stage.server->up);
    ck_assert_uint_eq(lines_with(&lines, "host server crashes"), 1);
}
END_TEST

START_TEST(what_the_test_has_crashed_stays_down)
{
    drill_crash(stage.server);
    add("crash host server from 1s for 3s");
    until_ms(5000);
    ck_assert(!stage.server->up);
}
END_TEST

START_TEST(a_rule_that_is_removed_undoes_what_it_did)
{
    const int crash = add("crash host server");
    const int pause = add("pause host client");

    until_ms(0);
    ck_assert(!stage.server->up);
    ck_assert_uint_eq(stage.client->pauses, 1);
    drill_fault_remove(stage.world, crash);
    drill_fault_remove(stage.world, pause);
    ck_assert(stage.server->up);
    ck_assert_uint_eq(stage.client->pauses, 0);
}
END_TEST

/* A small exchange; how many of its calls each end has done. */
static int done[2];

static int64_t serve(void *unused)
{
    const struct drill_sockaddr addr = stage_address();
    char bytes[4];
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);

    (void)unused;
    done[0] += drill_bind(listener, &addr) == 0;
    done[0] += drill_listen(listener, 1) == 0;
    const int fd = drill_accept(listener, NULL);
    done[0] += fd > 0;
    done[0] += drill_recvfrom(fd, bytes, 4, 0, NULL) == 4;
    done[0] += drill_sendto(fd, bytes, 4, MSG_NOSIGNAL, NULL) == 4;
    drill_close(fd);
    drill_close(listener);
    return 0;
}

static int64_t ask(void *unused)
{
    const struct drill_sockaddr addr = stage_address();
    char bytes[4];
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);

    (void)unused;
    drill_set_read_deadline(fd, DRILL_SECOND);
    drill_sleep(1);
    done[1] += drill_connect(fd, &addr) == 0;
    done[1] += drill_sendto(fd, "1234", 4, MSG_NOSIGNAL, NULL) == 4;
    done[1] += drill_recvfrom(fd, bytes, 4, 0, NULL) == 4;
    drill_close(fd);
    return 0;
}

static const char *const exchange_calls[] = {"socket", "bind",    "listen", "accept", "recv",
                                             "send",   "connect", "close",  "sleep"};

/* Whatever ends a host at whatever call, the run comes to its end, and who is hit says no more. */
static void exchange_with(const char *what, const char *where, const char *which)
{
    char rule[128];

    done[0] = done[1] = 0;
    snprintf(rule, sizeof rule, "%s %s %s", what, where, which);
    const int id = add(rule);
    drill_start(stage.server, "serve", serve, NULL);
    drill_start(stage.client, "ask", ask, NULL);
    drill_run_until(stage.world, 400 * DRILL_SECOND);
    if (drill_fault_hits(stage.world, id) == 0)
        ck_assert_int_eq(done[0] + done[1], 8);
    for (const struct drill_task *task = stage.world->tasks.first; task != NULL; task = task->next)
        ck_assert_msg(task->state == DRILL_TASK_ENDED || (task->host->up && !task->host->killed),
                      "%s: %s lives on", rule, task->name);
}

START_TEST(a_host_can_go_at_each_call_of_an_exchange)
{
    static const char *const whats[] = {"crash", "kill", "crash for 1ms", "kill for 1ms",
                                        "pause for 1s"};

    for (size_t what = 0; what < sizeof whats / sizeof *whats; what++)
        for (size_t call = 0; call < sizeof exchange_calls / sizeof *exchange_calls; call++)
            for (int nth = 1; nth <= 2; nth++)
                for (int who = 0; who < 3; who++) {
                    char where[64];
                    static const char *const hosts[] = {"", "host client", "host server"};
                    snprintf(where, sizeof where, "call %s nth %d", exchange_calls[call], nth);
                    exchange_with(whats[what], where, hosts[who]);
                    teardown();
                    setup_traced();
                }
}
END_TEST

START_TEST(a_packet_can_be_the_end_of_who_sent_it_or_of_who_gets_it)
{
    static const char *const whats[] = {"crash", "kill", "crash for 1ms", "pause for 1s"};
    static const char *const kinds[] = {"SYN", "SYN-ACK", "ACK", "DATA", "FIN"};

    for (size_t what = 0; what < sizeof whats / sizeof *whats; what++)
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
            for (int nth = 1; nth <= 2; nth++)
                for (int link = 0; link < 2; link++)
                    for (int who = 0; who < 3; who++) {
                        char where[64];
                        static const char *const hosts[] = {"", "host client", "host server"};
                        stage_link(&stage, &(struct drill_link){.delay_ns = link * DRILL_MS});
                        snprintf(where, sizeof where, "kind %s nth %d", kinds[kind], nth);
                        exchange_with(whats[what], where, hosts[who]);
                        teardown();
                        setup_traced();
                    }
}
END_TEST

static int64_t say_thrice(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++)
        give(stage.client, stage.near, "x", 1, 0);
    return 0;
}

START_TEST(what_a_packet_sets_off_begins_at_the_end_of_the_call)
{
    char bytes[4];

    stage_connect(&stage);
    add("crash kind DATA nth 2");
    drill_start(stage.client, "says", say_thrice, NULL);
    drill_run_until(stage.world, 1);
    ck_assert_int_eq(take(stage.server, stage.far, bytes, 4, 0), 2);
    ck_assert(!stage.client->up);
}
END_TEST

START_TEST(who_calls_is_who_is_befallen_if_no_host_is_named)
{
    add("crash call connect");
    drill_start(stage.server, "serve", serve, NULL);
    drill_start(stage.client, "ask", ask, NULL);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert(!stage.client->up);
    ck_assert(stage.server->up);
    ck_assert_uint_eq(lines_with(&lines, "client/ask connect"), 0);
}
END_TEST

START_TEST(any_call_of_a_task_sets_off_what_names_the_task_and_no_call)
{
    const int id = add("crash task ask nth 2");

    add("crash task client/serve");
    drill_start(stage.server, "serve", serve, NULL);
    drill_start(stage.client, "ask", ask, NULL);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert(!stage.client->up);
    ck_assert(stage.server->up);
}
END_TEST

START_TEST(a_task_goes_by_the_name_of_reports_too)
{
    add("crash task client/ask nth 2");
    drill_start(stage.client, "ask", ask, NULL);
    drill_run_until(stage.world, DRILL_SECOND);
    ck_assert(!stage.client->up);
}
END_TEST

START_TEST(a_host_that_goes_while_the_test_itself_calls_takes_the_descriptor_along)
{
    stage_connect(&stage);
    add("crash call send");
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -EBADF);
    ck_assert(!stage.client->up);
}
END_TEST

START_TEST(without_a_name_and_a_call_the_host_is_drawn)
{
    add("crash");
    add("second: crash");
    add("third: crash");
    until_ms(0);
    ck_assert(!stage.client->up || !stage.server->up);
}
END_TEST

/* As Linux answers while the address is gone; a connection waits for it to come back. */
START_TEST(a_host_without_addresses_reaches_nobody)
{
    const struct drill_sockaddr addr = stage_address();
    const struct drill_sockaddr own = drill_sockaddr_inet4(10, 0, 0, 1, 0);
    const struct drill_sockaddr loopback = drill_sockaddr_inet4(127, 0, 0, 1, 9);
    char bytes[4];

    stage_connect(&stage);
    drill_enter(stage.client);
    const int open = drill_socket(AF_INET, SOCK_DGRAM, 0),
              bound = drill_socket(AF_INET, SOCK_DGRAM, 0),
              connected = drill_socket(AF_INET, SOCK_DGRAM, 0), later = tcp_socket(stage.client);
    ck_assert_int_eq(drill_bind(bound, &own), 0);
    ck_assert_int_eq(drill_bind(later, &own), 0);
    ck_assert_int_eq(drill_connect(connected, &addr), 0);
    ck_assert_int_eq(drill_sendto(open, "x", 1, 0, &addr), 1);
    const int id = add("no_address host client");
    ck_assert_int_eq(drill_sendto(open, "x", 1, 0, &addr), -ENETUNREACH);
    ck_assert_int_eq(drill_sendto(bound, "x", 1, 0, &addr), -ENETUNREACH);
    ck_assert_int_eq(drill_sendto(connected, "x", 1, 0, NULL), -ENETUNREACH);
    ck_assert_int_eq(drill_connect(later, &addr), -ENETUNREACH);
    ck_assert_int_eq(drill_connect(tcp_socket(stage.client), &addr), -ENETUNREACH);
    ck_assert_int_eq(drill_connect(tcp_socket(stage.client), &loopback), -ECONNREFUSED);
    ck_assert_int_eq(drill_bind(tcp_socket(stage.client), &own), -EADDRNOTAVAIL);
    ck_assert_int_eq(drill_sendto(stage.near, "xyz", 3, 0, NULL), 3);
    ck_assert_int_eq(take(stage.server, stage.far, bytes, 4, MSG_DONTWAIT), -EAGAIN);
    say(stage.server, stage.far, "abc");
    ck_assert_int_eq(take(stage.client, stage.near, bytes, 4, MSG_DONTWAIT), -EAGAIN);
    drill_fault_remove(stage.world, id);
    hear(stage.server, stage.far, "xyz");
    hear(stage.client, stage.near, "abc");
    ck_assert_int_eq(drill_sendto(bound, "x", 1, 0, &addr), 1);
    ck_assert_uint_gt(lines_with(&lines, "lost <- fault no_address#1"), 0);
    ck_assert_uint_eq(lines_with(&lines, "host client loses its addresses <- fault"), 1);
    ck_assert_uint_eq(lines_with(&lines, "host client has its addresses <- fault"), 1);
}
END_TEST

Suite *fault_hosts_suite(void);

Suite *fault_hosts_suite(void)
{
    Suite *suite = suite_create("fault_hosts");
    TCase *tests = tcase_create("hosts");

    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, a_host_crashes_and_starts_again_with_its_boots);
    tcase_add_test(tests, a_kill_ends_programs_and_its_end_starts_them);
    tcase_add_test(tests, a_pause_lets_programs_stand_still);
    tcase_add_test(tests, crashes_that_overlap_are_one);
    tcase_add_test(tests, what_the_test_has_crashed_stays_down);
    tcase_add_test(tests, a_rule_that_is_removed_undoes_what_it_did);
    tcase_add_test(tests, a_host_can_go_at_each_call_of_an_exchange);
    tcase_add_test(tests, a_host_without_addresses_reaches_nobody);
    tcase_add_test(tests, a_packet_can_be_the_end_of_who_sent_it_or_of_who_gets_it);
    tcase_add_test(tests, what_a_packet_sets_off_begins_at_the_end_of_the_call);
    tcase_add_test(tests, who_calls_is_who_is_befallen_if_no_host_is_named);
    tcase_add_test(tests, any_call_of_a_task_sets_off_what_names_the_task_and_no_call);
    tcase_add_test(tests, a_task_goes_by_the_name_of_reports_too);
    tcase_add_test(tests, a_host_that_goes_while_the_test_itself_calls_takes_the_descriptor_along);
    tcase_add_test(tests, without_a_name_and_a_call_the_host_is_drawn);
    suite_add_tcase(suite, tests);
    return suite;
}
