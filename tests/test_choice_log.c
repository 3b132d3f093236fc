#include "emu/choice_log.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "api/decide.h"
#include "tests/helpers.h"

/* What a run of the world below does beside what it always does. */
struct twist {
    bool extra_kind;    /* asks about something of its own, again and again */
    bool renamed;       /* the client's task has another name */
    uint64_t at_most;   /* bytes that are sent; 0: all */
    bool without_links; /* nothing happens to packets */
};

enum { BYTES = 40000 };

static struct drill_log *recorded;
static const struct twist straight;

static void setup(void)
{
    recorded = drill_log_new();
    ck_assert_ptr_nonnull(recorded);
}

static void teardown(void)
{
    drill_log_free(recorded);
}

/* A stream over a bad link and with faults: so many decisions, of many kinds. */
static uint64_t run(uint64_t seed, const struct twist *twist, struct drill_log *record,
                    struct drill_log *replay)
{
    struct stage stage;
    stage_open(&stage, &(struct drill_config){.seed = seed});
    if (record != NULL)
        drill_log_record(record, stage.world);
    if (replay != NULL)
        drill_log_replay(replay, stage.world);
    stage_connect(&stage);
    if (!twist->without_links)
        stage_link(&stage, &(struct drill_link){.delay_ns = 10 * DRILL_MS,
                                                .jitter_ns = DRILL_MS,
                                                .loss_ppm = 30000,
                                                .duplicate_ppm = 30000,
                                                .reorder_ppm = 30000});
    add_rule(stage.world, "split chance 20%");
    add_rule(stage.world, "short: short_write 100 chance 10%");
    struct stream out = {.fd = stage.near, .total = twist->at_most ? twist->at_most : BYTES},
                  in = {.fd = stage.far, .total = out.total};
    if (twist->extra_kind)
        for (int i = 0; i < 50; i++)
            drill_choose(stage.world, DRILL_CHOICE_USER, 9, 1000);
    drill_start(stage.client, twist->renamed ? "another" : "send", send_stream, &out);
    drill_start(stage.server, "receive", receive_stream, &in);
    ck_assert_int_eq(drill_run(stage.world), 0);
    ck_assert(!in.wrong);
    ck_assert_uint_eq(in.done, out.total);
    const uint64_t hash = drill_hash(stage.world) ^ seed;
    stage_close(&stage);
    return hash;
}

static unsigned misfit(const struct drill_log *log, char *why)
{
    why[0] = '\0';
    return drill_log_misfit(log, why, DRILL_LOG_ABOUT);
}

START_TEST(a_log_that_is_replayed_gives_the_same_run)
{
    char why[DRILL_LOG_ABOUT];

    for (uint64_t seed = 1; seed <= 10; seed++) {
        const uint64_t hash = run(seed, &straight, recorded, NULL);
        ck_assert_uint_gt(drill_log_count(recorded), 50);
        ck_assert_uint_eq(run(seed, &straight, NULL, recorded), hash);
        ck_assert_uint_eq(misfit(recorded, why), 0);
        /* And once more, as the log sees that another run begins. */
        ck_assert_uint_eq(run(seed, &straight, NULL, recorded), hash);
        ck_assert_uint_eq(misfit(recorded, why), 0);
    }
}
END_TEST

START_TEST(recording_changes_nothing)
{
    ck_assert_uint_eq(run(1, &straight, recorded, NULL), run(1, &straight, NULL, NULL));
}
END_TEST

START_TEST(what_is_replayed_can_be_recorded_and_is_the_same_log)
{
    struct drill_log *again = drill_log_new();

    run(3, &straight, recorded, NULL);
    run(3, &straight, again, recorded);
    ck_assert_uint_eq(drill_log_count(again), drill_log_count(recorded));
    for (size_t i = 0; i < drill_log_count(again); i++) {
        const struct drill_decision a = drill_log_at(again, i), b = drill_log_at(recorded, i);
        ck_assert_int_eq(a.kind, b.kind);
        ck_assert_uint_eq(a.index, b.index);
        ck_assert_uint_eq(a.answer, b.answer);
        ck_assert_str_eq(a.site, b.site);
        ck_assert_str_eq(a.about, b.about);
    }
    drill_log_free(again);
}
END_TEST

START_TEST(one_more_kind_of_decision_shifts_nothing)
{
    struct drill_log *more = drill_log_new();
    size_t same = 0;

    run(2, &straight, recorded, NULL);
    run(2, &(struct twist){.extra_kind = true}, more, NULL);
    ck_assert_uint_gt(drill_log_count(more), drill_log_count(recorded) + 40);
    for (size_t i = 0; i < drill_log_count(more); i++) {
        const struct drill_decision a = drill_log_at(more, i);
        if (a.kind == DRILL_CHOICE_USER)
            continue;
        const struct drill_decision b = drill_log_at(recorded, same++);
        ck_assert_int_eq(a.kind, b.kind);
        ck_assert_uint_eq(a.index, b.index);
        ck_assert_uint_eq(a.answer, b.answer);
        ck_assert_str_eq(a.about, b.about);
    }
    ck_assert_uint_eq(same, drill_log_count(recorded));
    drill_log_free(more);
}
END_TEST

START_TEST(a_decision_that_is_no_longer_asked_for_is_named_and_the_rest_replays)
{
    const struct twist extra = {.extra_kind = true};
    char why[DRILL_LOG_ABOUT];

    const uint64_t hash = run(2, &straight, NULL, NULL);
    run(2, &extra, recorded, NULL);
    size_t first = 0;
    while (drill_log_at(recorded, first).kind != DRILL_CHOICE_USER)
        first++;
    ck_assert_uint_eq(run(2, &straight, NULL, recorded), hash);
    ck_assert_uint_eq(misfit(recorded, why), first + 1);
    ck_assert_str_eq(why, "not asked: there was no such choice");
}
END_TEST

START_TEST(a_program_that_asks_for_more_replays_calmly_there)
{
    char why[DRILL_LOG_ABOUT];

    run(2, &straight, recorded, NULL);
    run(2, &(struct twist){.extra_kind = true}, NULL, recorded);
    ck_assert_uint_eq(misfit(recorded, why), 0);
}
END_TEST

START_TEST(a_run_that_goes_another_way_names_where)
{
    char why[DRILL_LOG_ABOUT];

    run(4, &straight, recorded, NULL);
    drill_log_set_header(recorded, "seed", "4");
    run(4, &(struct twist){.at_most = 8000}, NULL, recorded);
    ck_assert_uint_gt(misfit(recorded, why), 1);
    ck_assert_ptr_nonnull(strstr(why, " asks now, where it was "));
}
END_TEST

START_TEST(another_task_at_the_same_place_is_named)
{
    char why[DRILL_LOG_ABOUT];

    run(5, &straight, recorded, NULL);
    run(5, &(struct twist){.renamed = true}, NULL, recorded);
    const unsigned line = misfit(recorded, why);
    ck_assert_uint_ge(line, 1);
    ck_assert_ptr_nonnull(strstr(drill_log_at(recorded, line - 1).about, " client/send send("));
    ck_assert_str_eq(why, "client/another send asks now, where it was client/send send");
}
END_TEST

static uint64_t ask(struct drill_choices *choices, uint32_t site, uint64_t count)
{
    return drill_choices_pick(choices, DRILL_CHOICE_USER, site, count);
}

/* Questions without a world. */
static void ask_all(struct drill_choices *choices, struct drill_mem *mem, struct drill_log *log,
                    uint64_t *answers)
{
    drill_choices_init(choices, mem, 1);
    choices->oracle = drill_log_answer;
    choices->context = log;
    for (uint64_t i = 0; i < 4; i++)
        answers[i] = ask(choices, 7, 10);
    drill_choices_fini(choices);
}

static void add(struct drill_log *log, const char *site, uint64_t index, uint64_t answer)
{
    ck_assert_int_eq(drill_log_add(log, &(struct drill_decision){.kind = DRILL_CHOICE_USER,
                                                                 .site = site,
                                                                 .index = index,
                                                                 .answer = answer,
                                                                 .about = ""}),
                     0);
}

START_TEST(decisions_may_stand_in_any_order_and_what_is_not_there_is_0)
{
    struct drill_mem mem;
    struct drill_choices choices;
    uint64_t answers[4];
    char why[DRILL_LOG_ABOUT];

    drill_mem_init(&mem, 0);
    add(recorded, "7", 3, 5);
    add(recorded, "8", 0, 5);
    add(recorded, "7", 1, 2);
    add(recorded, "7", 2, 0);
    ask_all(&choices, &mem, recorded, answers);
    ck_assert_uint_eq(answers[0], 0);
    ck_assert_uint_eq(answers[1], 2);
    ck_assert_uint_eq(answers[2], 0);
    ck_assert_uint_eq(answers[3], 5);
    ck_assert_uint_eq(misfit(recorded, why), 2);
    drill_log_change(recorded, 1, 0);
    ck_assert_uint_eq(misfit(recorded, why), 0);
    drill_log_drop_calm(recorded);
    ck_assert_uint_eq(drill_log_count(recorded), 2);
    drill_log_change(recorded, 1, 12);
    ask_all(&choices, &mem, recorded, answers);
    ck_assert_uint_eq(answers[1], 9);
    ck_assert_uint_eq(misfit(recorded, why), 2);
    ck_assert_str_eq(why, "only answers below 10 are possible");
    drill_mem_fini(&mem);
}
END_TEST

START_TEST(a_question_that_did_not_come_so_often_is_named)
{
    struct drill_mem mem;
    struct drill_choices choices;
    uint64_t answers[4];
    char why[DRILL_LOG_ABOUT];

    drill_mem_init(&mem, 0);
    add(recorded, "7", 3, 5);
    add(recorded, "7", 4, 5);
    ck_assert_int_eq(drill_log_set_header(recorded, "seed", "1"), 0);
    ask_all(&choices, &mem, recorded, answers);
    ck_assert_uint_eq(misfit(recorded, why), 3);
    ck_assert_str_eq(why, "not asked: there were only 4 such choices");
    drill_mem_fini(&mem);
}
END_TEST

START_TEST(a_log_that_met_no_question_fits_nowhere)
{
    char why[DRILL_LOG_ABOUT];

    ck_assert_uint_eq(misfit(recorded, why), 0);
    add(recorded, "7", 0, 1);
    ck_assert_uint_eq(misfit(recorded, why), 1);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    for (uint64_t fail_at = 1;; fail_at++) {
        struct drill_log log;
        struct drill_mem mem;
        struct drill_choices choices;
        uint64_t answers[4], added = 0;
        drill_mem_init(&mem, 0);
        drill_log_init(&log, fail_at);
        for (uint64_t i = 0; i < 200; i++)
            added += drill_log_add(&log, &(struct drill_decision){.kind = DRILL_CHOICE_USER,
                                                                  .site = "7",
                                                                  .index = i,
                                                                  .answer = 1,
                                                                  .about = ""}) == 0;
        ck_assert_uint_ge(added, 199);
        ask_all(&choices, &mem, &log, answers);
        drill_log_add_header(&log, "key", "value");
        const bool failed = log.mem.count >= fail_at;
        if (!failed)
            ck_assert_uint_eq(answers[3], 1);
        drill_log_fini(&log);
        ck_assert_uint_eq(log.mem.live, 0);
        drill_mem_fini(&mem);
        if (!failed)
            break;
    }
}
END_TEST

START_TEST(a_log_that_could_not_hear_all_says_so)
{
    struct lines lines = {0};

    run(1, &straight, recorded, NULL);
    recorded->error = -ENOMEM;
    ck_assert_int_eq(drill_log_write(recorded, lines_add, &lines), -ENOMEM);
    drill_log_clear(recorded);
    ck_assert_int_eq(drill_log_write(recorded, lines_add, &lines), 0);
    ck_assert_uint_eq(lines.count, 0);
}
END_TEST

Suite *choice_log_suite(void)
{
    Suite *suite = suite_create("choice_log");
    TCase *tests = tcase_create("choice_log");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_log_that_is_replayed_gives_the_same_run);
    tcase_add_test(tests, recording_changes_nothing);
    tcase_add_test(tests, what_is_replayed_can_be_recorded_and_is_the_same_log);
    tcase_add_test(tests, one_more_kind_of_decision_shifts_nothing);
    tcase_add_test(tests, a_decision_that_is_no_longer_asked_for_is_named_and_the_rest_replays);
    tcase_add_test(tests, a_program_that_asks_for_more_replays_calmly_there);
    tcase_add_test(tests, a_run_that_goes_another_way_names_where);
    tcase_add_test(tests, another_task_at_the_same_place_is_named);
    tcase_add_test(tests, decisions_may_stand_in_any_order_and_what_is_not_there_is_0);
    tcase_add_test(tests, a_question_that_did_not_come_so_often_is_named);
    tcase_add_test(tests, a_log_that_met_no_question_fits_nowhere);
    tcase_add_test(tests, any_allocation_may_fail);
    tcase_add_test(tests, a_log_that_could_not_hear_all_says_so);
    suite_add_tcase(suite, tests);
    return suite;
}
