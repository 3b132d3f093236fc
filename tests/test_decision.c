#include "emu/decision.h"

#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "tests/helpers.h"

static struct stage stage;
static struct lines heard;

/* Every decision as "kind site: what it is about". */
static void listen_to(void *unused, const struct drill_choice *choice, uint64_t answer)
{
    char site[64], about[256], line[400];

    (void)unused;
    drill_choice_show_site(choice, site, sizeof site);
    drill_choice_show_about(choice, answer, about, sizeof about);
    snprintf(line, sizeof line, "%s %s: %s", drill_choice_kind_name(choice->kind), site, about);
    lines_add(&heard, line);
}

static void setup(void)
{
    memset(&heard, 0, sizeof heard);
    stage_open(&stage, &(struct drill_config){.seed = 1});
    drill_recorder_set(stage.world, listen_to, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

static uint64_t one_if_possible(void *kinds, const struct drill_choice *choice)
{
    return (*(const uint64_t *)kinds >> choice->kind & 1) != 0;
}

static void answer_one(uint64_t *kinds, uint64_t bits)
{
    *kinds = bits;
    drill_oracle_set(stage.world, one_if_possible, kinds);
}

START_TEST(a_rule_is_known_by_its_name_and_who_asks_by_its_call)
{
    uint64_t kinds;

    stage_connect(&stage);
    add_rule(stage.world, "split chance 50%");
    add_rule(stage.world, "late: short_read 1 chance 50%");
    say(stage.server, stage.far, "0123456789");
    answer_one(&kinds, 1 << DRILL_CHOICE_FAULT | 1 << DRILL_CHOICE_CUT);
    char byte[16];
    ck_assert_int_eq(take(stage.client, stage.near, byte, sizeof byte, 0), 9);
    ck_assert_uint_eq(heard.count, 2);
    ck_assert_uint_eq(lines_with(&heard, "fault split#1: 0.000000000 client/main recv("), 1);
    ck_assert_uint_eq(lines_with(&heard, ", 16): split"), 1);
    ck_assert_uint_eq(lines_with(&heard, "cut split#1: 0.000000000 client/main recv("), 1);
    ck_assert_uint_eq(lines_with(&heard, ": 9 of 10 bytes"), 1);
}
END_TEST

START_TEST(a_link_is_known_by_its_hosts_and_who_asks_is_the_packet)
{
    uint64_t kinds;

    stage_connect_over(&stage, &(struct drill_link){.delay_ns = 40 * DRILL_MS,
                                                    .jitter_ns = DRILL_MS,
                                                    .loss_ppm = 1,
                                                    .reorder_ppm = 1,
                                                    .corrupt_ppm = 1,
                                                    .duplicate_ppm = 1});
    const int64_t now = drill_now(stage.world);
    set_option(stage.client, stage.near, IPPROTO_TCP, TCP_NODELAY, 1);
    memset(&heard, 0, sizeof heard);
    answer_one(&kinds, 1 << DRILL_CHOICE_DUPLICATE | 1 << DRILL_CHOICE_REORDER |
                           1 << DRILL_CHOICE_CORRUPT | 1 << DRILL_CHOICE_JITTER);
    say(stage.client, stage.near, "x");
    kinds = 1 << DRILL_CHOICE_LOSS;
    say(stage.client, stage.near, "x");
    kinds = 0;
    char text[64], from[64];
    snprintf(from, sizeof from, "client>server: %d.%09d packet #", (int)(now / DRILL_SECOND),
             (int)(now % DRILL_SECOND));
    ck_assert_uint_eq(heard.count, 5);
    ck_assert_uint_eq(lines_with(&heard, from), 5);
    ck_assert_uint_eq(lines_with(&heard, " DATA client>server: "), 5);
    static const char *const starts[] = {"loss", "jitter", "duplicate", "reorder", "corrupt"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        snprintf(text, sizeof text, "%s client>server: ", starts[i]);
        ck_assert_uint_eq(lines_with(&heard, text), 1);
    }
    static const char *const ends[] = {": lost", " ns late", ": arrives twice", ": held back",
                                       ": damaged"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ck_assert_uint_eq(lines_with(&heard, ends[i]), 1);
    drill_oracle_set(stage.world, NULL, NULL);
}
END_TEST

START_TEST(a_host_is_known_by_its_name_and_other_sites_by_their_number)
{
    uint64_t kinds;
    uint8_t byte;

    answer_one(&kinds, UINT64_MAX);
    drill_enter(stage.server);
    drill_random(&byte, 1);
    drill_choose(stage.world, DRILL_CHOICE_USER, 77, 2);
    drill_choose(stage.world, DRILL_CHOICE_CUT, 78, 2);
    ck_assert_uint_eq(heard.count, 3);
    ck_assert_uint_eq(lines_with(&heard, "random server: 0.000000000 server/main random("), 1);
    ck_assert_uint_eq(lines_with(&heard, "user 77: 0.000000000 world"), 1);
    ck_assert_uint_eq(lines_with(&heard, "cut 78: 0.000000000 world"), 1);
}
END_TEST

START_TEST(a_family_of_faults_is_known_by_its_name)
{
    uint64_t kinds;

    answer_one(&kinds, UINT64_MAX);
    drill_choose(stage.world, DRILL_CHOICE_SWARM, drill_choice_hash("packets"), 2);
    drill_choose(stage.world, DRILL_CHOICE_SWARM, 5, 2);
    ck_assert_uint_eq(lines_with(&heard, "swarm packets: 0.000000000 world: on"), 1);
    ck_assert_uint_eq(lines_with(&heard, "swarm 5: "), 1);
}
END_TEST

static int64_t nothing(void *unused)
{
    (void)unused;
    return drill_choose(stage.world, DRILL_CHOICE_USER, 1, 2) == 0;
}

START_TEST(who_runs_next_is_told_and_so_is_a_task_outside_of_calls)
{
    uint64_t kinds;

    answer_one(&kinds, UINT64_MAX);
    drill_start(stage.client, "a", nothing, NULL);
    drill_start(stage.client, "b", nothing, NULL);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert_uint_eq(heard.count, 3);
    ck_assert_uint_eq(lines_with(&heard, "task next: 0.000000000 tasks: client/b before"), 1);
    ck_assert_uint_eq(lines_with(&heard, "user 1: 0.000000000 client/b"), 1);
    ck_assert_uint_eq(lines_with(&heard, "user 1: 0.000000000 client/a"), 1);
}
END_TEST

static uint64_t hash_of_run(bool listens)
{
    stage_close(&stage);
    setup();
    if (!listens)
        drill_recorder_set(stage.world, NULL, NULL);
    stage_connect_over(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 100000});
    stage_stream(&stage, true, 100000);
    return drill_hash(stage.world);
}

START_TEST(listening_changes_nothing)
{
    const uint64_t hash = hash_of_run(false);

    ck_assert_uint_eq(heard.count, 0);
    ck_assert_uint_eq(hash_of_run(true), hash);
    ck_assert_uint_gt(heard.count, 0);
}
END_TEST

Suite *decision_suite(void)
{
    Suite *suite = suite_create("decision");
    TCase *tests = tcase_create("decision");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_rule_is_known_by_its_name_and_who_asks_by_its_call);
    tcase_add_test(tests, a_link_is_known_by_its_hosts_and_who_asks_is_the_packet);
    tcase_add_test(tests, a_host_is_known_by_its_name_and_other_sites_by_their_number);
    tcase_add_test(tests, a_family_of_faults_is_known_by_its_name);
    tcase_add_test(tests, who_runs_next_is_told_and_so_is_a_task_outside_of_calls);
    tcase_add_test(tests, listening_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
