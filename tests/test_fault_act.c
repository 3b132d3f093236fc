#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/rules.h"

static uint64_t hash_with(const char *rule)
{
    teardown();
    setup_traced();
    if (rule != NULL)
        add(rule);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 50000});
    stage_stream(&stage, true, 50000);
    return drill_hash(stage.world);
}

START_TEST(an_act_that_is_off_or_never_comes_changes_nothing)
{
    const uint64_t calm = hash_with(NULL);

    ck_assert_uint_eq(hash_with("partition off"), calm);
    ck_assert_uint_eq(hash_with("crash host client off"), calm);
    ck_assert_uint_eq(hash_with("crash host client chance 0%"), calm);
    ck_assert_uint_eq(hash_with("pause host client from 1000s"), calm);
    ck_assert_uint_ne(hash_with("partition host client from 5ms for 50ms"), calm);
}
END_TEST

START_TEST(a_chance_is_asked_once_when_it_would_begin)
{
    const int id = add("partition from 1s for 1s chance 30%");
    const uint64_t asked = stage.world->sim.choices.asked;

    until_ms(5000);
    ck_assert_uint_eq(stage.world->sim.choices.asked, asked + 1);
    ck_assert_int_le(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(an_act_without_an_end_lasts_and_the_run_does_not)
{
    add("partition");
    add("pause host client");
    ck_assert_int_eq(drill_run(stage.world), 0);
    until_ms(1000000);
    ck_assert_uint_eq(stage.client->pauses, 1);
}
END_TEST

START_TEST(an_act_can_wait_for_another_rule_to_strike)
{
    stage_connect(&stage);
    add("first: errno ENOBUFS call send nth 2");
    const int cut = add("partition host client peer server after first for 1s");
    const int step = add("clock_step 5s host client after first from 10s");
    const int never = add("crash host client after first chance 0%");
    say(stage.client, stage.near, "a");
    ck_assert_int_eq(drill_fault_hits(stage.world, cut), 0);
    ck_assert_int_eq(give(stage.client, stage.near, "b", 1, 0), -ENOBUFS);
    ck_assert_int_eq(drill_fault_hits(stage.world, cut), 1);
    ck_assert_uint_eq(lines_with(&lines, "is cut <- fault partition#1"), 1);
    until_ms(1000);
    ck_assert_uint_eq(lines_with(&lines, "heals <- fault partition#1"), 1);
    ck_assert_int_eq(drill_fault_hits(stage.world, step), 0);
    until_ms(10000);
    ck_assert_int_eq(drill_fault_hits(stage.world, step), 1);
    ck_assert_int_eq(drill_fault_hits(stage.world, never), 0);
}
END_TEST

START_TEST(an_act_that_is_due_can_be_removed)
{
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS});
    const int id = add("partition kind DATA");
    drill_rule_begin_soon(drill_faults_rule(&stage.world->door.faults, id), NULL);
    ck_assert_uint_eq(stage.world->door.faults.due, 1);
    drill_fault_remove(stage.world, id);
    ck_assert_uint_eq(stage.world->door.faults.due, 0);
    say(stage.client, stage.near, "a");
    ck_assert_uint_eq(lines_with(&lines, "is cut"), 0);
}
END_TEST

START_TEST(a_world_ends_while_rules_act)
{
    static const char *const rules[] = {"flap",      "swizzle", "clock_strobe",  "crash",
                                        "pause",     "hold",    "isolate",       "no_address",
                                        "ports 1",   "kill",    "clock_drift 5", "crash kind SYN",
                                        "allocation"};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        add(rules[i]);
    until_ms(1000);
    drill_restart(stage.client);
    drill_restart(stage.server);
    ck_assert_uint_eq(stage.world->sim.timeline.count, 2);
}
END_TEST

START_TEST(a_rule_without_memory_leaves_nothing)
{
    struct drill_fault_line line;
    int result = -ENOMEM;

    ck_assert_int_eq(drill_fault_parse("flap from 1s", &line), 0);
    for (uint64_t n = 1; result == -ENOMEM; n++) {
        stage_fail(&stage, n);
        result = drill_fault_add(stage.world, &line.fault);
        stage_fail(&stage, 0);
        ck_assert_ptr_eq(result < 0 ? stage.world->door.faults.first : NULL, NULL);
    }
    ck_assert_int_gt(result, 0);
}
END_TEST

static uint32_t state;

static uint32_t below(uint32_t count)
{
    state = state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint32_t)((uint64_t)state * count >> 32);
}

static void add_any(void)
{
    static const char *const whats[] = {"rate 64kbit",
                                        "mtu 700",
                                        "partition",
                                        "hold",
                                        "flap 30ms",
                                        "swizzle 20ms",
                                        "bridge",
                                        "isolate",
                                        "ring",
                                        "crash",
                                        "kill",
                                        "pause",
                                        "no_address",
                                        "descriptors 1",
                                        "ports 2",
                                        "allocation 9",
                                        "clock_step 5s",
                                        "clock_strobe 20ms",
                                        "clock_drift -300000"};
    static const char *const wheres[] = {"", "host client", "host server peer client",
                                         "peer server"};
    static const char *const whens[] = {"call send", "call recv nth 3", "kind DATA", "kind SYN"};
    char rule[160], when[64];

    if (below(4) == 0)
        snprintf(when, sizeof when, "%s", whens[below(4)]);
    else
        snprintf(when, sizeof when, "from %ums", below(2000));
    snprintf(rule, sizeof rule, "%s %s %s for %ums", whats[below(sizeof whats / sizeof *whats)],
             wheres[below(4)], when, 1 + below(1000));
    add(rule);
}

static int64_t chat(void *to)
{
    const struct drill_sockaddr addr =
        drill_sockaddr_inet4(10, 0, 0, to == stage.client ? 1 : 2, 9);
    char bytes[600] = "";

    for (int i = 0; i < 200; i++) {
        const int fd = drill_socket(AF_INET, i % 2 == 0 ? SOCK_STREAM : SOCK_DGRAM, 0);
        drill_set_read_deadline(fd, drill_monotonic() + 20 * DRILL_MS);
        drill_set_write_deadline(fd, drill_monotonic() + 20 * DRILL_MS);
        drill_connect(fd, &addr);
        drill_sendto(fd, bytes, sizeof bytes, MSG_NOSIGNAL, NULL);
        drill_recvfrom(fd, bytes, sizeof bytes, 0, NULL);
        drill_close(fd);
        drill_sleep(1 + 20 * DRILL_MS);
    }
    return 0;
}

static int64_t listen_and_say(void *unused)
{
    const struct drill_sockaddr any = {.family = AF_INET, .port = 9};
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);

    (void)unused;
    if (listener < 0 || drill_bind(listener, &any) < 0 || drill_listen(listener, 2) < 0)
        return 1;
    for (;;) {
        const int fd = drill_accept(listener, NULL);
        if (fd == -EDEADLK)
            return 0;
        if (fd < 0)
            drill_sleep(DRILL_MS);
        drill_sendto(fd, "hello", 5, MSG_NOSIGNAL, NULL);
        drill_close(fd);
    }
}

static void check_hosts(void)
{
    for (const struct drill_host *host = stage.world->net.hosts; host != NULL; host = host->next) {
        ck_assert(host->up && !host->killed);
        ck_assert_uint_eq(host->pauses + host->addressless, 0);
        ck_assert_int_eq(drill_host_wall(host) - DRILL_HOST_EPOCH_NS >= drill_now(stage.world) / 2,
                         true);
        ck_assert_int_eq(host->wall_drift_ppm, 0);
        ck_assert_uint_eq(host->fds.limit, DRILL_FDS_LIMIT);
        ck_assert_uint_eq(host->ports.last_port, DRILL_PORTS_LAST);
    }
}

static void check_links(void)
{
    for (const struct drill_path *path = stage.world->net.paths; path != NULL;
         path = path->hh.next) {
        ck_assert(!path->cut && !path->held);
        ck_assert_mem_eq(&path->link, &path->base.link, sizeof path->link);
    }
}

/* Acts of all kinds, set off by clock, call and packet, over one another: what is left in the end
 * is what was there before. */
static uint64_t storm(uint32_t seed)
{
    state = seed;
    stage_link(&stage, &(struct drill_link){.delay_ns = below(2) * DRILL_MS});
    drill_boot(stage.client, "says", listen_and_say, NULL);
    drill_boot(stage.server, "says", listen_and_say, NULL);
    drill_boot(stage.client, "chats", chat, stage.server);
    drill_boot(stage.server, "chats", chat, stage.client);
    for (int i = 0; i < 12; i++)
        add_any();
    for (int i = 0; i < 6; i++) {
        until_ms(i * 500);
        drill_fault_remove(stage.world, 1 + (int)below(12));
    }
    until_ms(4000);
    for (struct drill_rule *rule = stage.world->door.faults.first; rule != NULL; rule = rule->next)
        if (rule->call < 0 && rule->kind < 0)
            ck_assert_msg(!rule->acts, "%s", rule->name);
    drill_faults_remove_all(&stage.world->door.faults);
    check_links();
    check_hosts();
    until_ms(10000);
    return drill_hash(stage.world);
}

START_TEST(acts_of_all_kinds_leave_what_was_before)
{
    const uint32_t seed = (uint32_t)_i + 1;
    const uint64_t first = storm(seed);

    teardown();
    setup_traced();
    ck_assert_uint_eq(storm(seed), first);
}
END_TEST

Suite *fault_act_suite(void);

Suite *fault_act_suite(void)
{
    Suite *suite = suite_create("fault_act");
    TCase *tests = tcase_create("acts");

    tcase_add_checked_fixture(tests, setup_traced, teardown);
    tcase_add_test(tests, an_act_that_is_off_or_never_comes_changes_nothing);
    tcase_add_test(tests, a_chance_is_asked_once_when_it_would_begin);
    tcase_add_test(tests, an_act_without_an_end_lasts_and_the_run_does_not);
    tcase_add_test(tests, an_act_can_wait_for_another_rule_to_strike);
    tcase_add_test(tests, an_act_that_is_due_can_be_removed);
    tcase_add_test(tests, a_world_ends_while_rules_act);
    tcase_add_test(tests, a_rule_without_memory_leaves_nothing);
    tcase_add_loop_test(tests, acts_of_all_kinds_leave_what_was_before, 0, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
