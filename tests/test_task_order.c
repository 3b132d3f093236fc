#include "emu/task.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "api/decide.h"
#include "emu/abi.h"
#include "tests/helpers.h"

static struct stage stage;
static char order[4096];

static void open_seed(uint64_t seed)
{
    stage_open(&stage, &(struct drill_config){.seed = seed});
    order[0] = '\0';
}

static void note(const char *name)
{
    const size_t length = strlen(order);

    ck_assert_uint_lt(length + 1, sizeof order);
    order[length] = name[0];
    order[length + 1] = '\0';
}

static char names[][2] = {"a", "b", "c"};
static int pairs[3][2];

static int64_t note_each_byte(void *name)
{
    const int fd = pairs[*(const char *)name - 'a'][0];
    char byte;

    while (drill_read(fd, &byte, 1) == 1)
        note(name);
    return drill_close(fd);
}

/* Three rounds; in each, all three can run at once. */
static void run_three(enum drill_task_order strategy, uint32_t depth, uint64_t steps)
{
    drill_enter(stage.client);
    ck_assert_int_eq(drill_order_tasks(stage.world, strategy, depth, steps), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(drill_socketpair(DRILL_AF_UNIX, DRILL_SOCK_STREAM, 0, pairs[i]), 0);
        drill_start(stage.client, names[i], note_each_byte, names[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(drill_write(pairs[i][1], "", 1), 1);
        drill_run_until(stage.world, 0);
    }
    for (int i = 0; i < 3; i++)
        drill_close(pairs[i][1]);
    ck_assert_int_eq(drill_run(stage.world), 0);
}

/* Which of the six orders each of the three rounds had, as bits; all orders of all seeds together.
 */
static unsigned orders_of_seeds(enum drill_task_order strategy, uint32_t depth, bool *same_always)
{
    static const char *const orders[] = {"abc", "acb", "bac", "bca", "cab", "cba"};
    unsigned found = 0;

    *same_always = true;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        open_seed(seed);
        run_three(strategy, depth, 6);
        ck_assert_uint_eq(strlen(order), 9);
        for (unsigned i = 0; i < 6; i++)
            for (int round = 0; round < 3; round++)
                found |= (unsigned)(strncmp(order + 3 * round, orders[i], 3) == 0) << i;
        *same_always =
            *same_always && strncmp(order, order + 3, 6) == 0 && strncmp(order, order + 6, 3) == 0;
        stage_close(&stage);
    }
    return found;
}

START_TEST(first_ready_first_run_is_one_order_and_asks_nobody)
{
    bool same;

    ck_assert_uint_eq(orders_of_seeds(DRILL_ORDER_FIFO, 0, &same), 1);
    ck_assert(same);
    open_seed(1);
    run_three(DRILL_ORDER_FIFO, 0, 0);
    ck_assert_uint_eq(stage.world->sim.choices.asked, 0);
    stage_close(&stage);
}
END_TEST

START_TEST(random_order_finds_all_orders)
{
    bool same;

    ck_assert_uint_eq(orders_of_seeds(DRILL_ORDER_RANDOM, 0, &same), 63);
    ck_assert(!same);
}
END_TEST

START_TEST(with_a_depth_of_one_priorities_hold_for_the_whole_run)
{
    bool same;

    ck_assert_uint_eq(orders_of_seeds(DRILL_ORDER_PCT, 1, &same), 63);
    ck_assert(same);
}
END_TEST

START_TEST(with_more_depth_priorities_change_on_the_way)
{
    bool same;

    ck_assert_uint_eq(orders_of_seeds(DRILL_ORDER_PCT, 3, &same), 63);
    ck_assert(!same);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_order)
{
    for (int strategy = DRILL_ORDER_RANDOM; strategy <= DRILL_ORDER_PCT; strategy++) {
        char first[sizeof order];
        open_seed(5);
        run_three((enum drill_task_order)strategy, 0, 0);
        memcpy(first, order, sizeof first);
        stage_close(&stage);
        open_seed(5);
        run_three((enum drill_task_order)strategy, 0, 0);
        ck_assert_str_eq(order, first);
        stage_close(&stage);
    }
}
END_TEST

static uint64_t in_order(void *proposals, const struct drill_choice *choice)
{
    *(uint64_t *)proposals += choice->proposed != 0;
    return 0;
}

START_TEST(an_oracle_overrides_what_priorities_propose)
{
    uint64_t proposals = 0;

    for (uint64_t seed = 1; seed < 10; seed++) {
        open_seed(seed);
        drill_oracle_set(stage.world, in_order, &proposals);
        run_three(DRILL_ORDER_PCT, 1, 0);
        ck_assert_str_eq(order, "abcabcabc");
        stage_close(&stage);
    }
    ck_assert_uint_gt(proposals, 0);
}
END_TEST

START_TEST(a_log_of_such_a_run_replays_without_the_strategy)
{
    for (int strategy = DRILL_ORDER_RANDOM; strategy <= DRILL_ORDER_PCT; strategy++) {
        struct drill_log *log = drill_log_new();
        char first[sizeof order];
        open_seed(5);
        drill_log_record(log, stage.world);
        run_three((enum drill_task_order)strategy, 0, 6);
        ck_assert_uint_gt(drill_log_count(log), 0);
        memcpy(first, order, sizeof first);
        stage_close(&stage);
        open_seed(6);
        drill_log_replay(log, stage.world);
        run_three(DRILL_ORDER_FIFO, 0, 0);
        ck_assert_str_eq(order, first);
        stage_close(&stage);
        drill_log_free(log);
    }
}
END_TEST

static bool done;

static int64_t spin(void *unused)
{
    (void)unused;
    while (!done)
        drill_yield();
    return 0;
}

static int64_t finish(void *unused)
{
    (void)unused;
    done = true;
    return 0;
}

START_TEST(who_yields_lets_all_others_run_whatever_its_priority)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        open_seed(seed);
        done = false;
        ck_assert_int_eq(drill_order_tasks(stage.world, DRILL_ORDER_PCT, 1, 0), 0);
        drill_start(stage.client, "spin", spin, NULL);
        drill_start(stage.client, "finish", finish, NULL);
        ck_assert_int_eq(drill_run(stage.world), 0);
        ck_assert_uint_lt(drill_stats(stage.world).switches, 10);
        stage_close(&stage);
    }
}
END_TEST

static int64_t rally(void *fd)
{
    char byte = 0;

    while (!done && drill_write(*(int *)fd, &byte, 1) == 1 && drill_read(*(int *)fd, &byte, 1) == 1)
        continue;
    drill_close(*(int *)fd);
    return 0;
}

START_TEST(two_that_keep_each_other_running_do_not_starve_a_third)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        open_seed(seed);
        done = false;
        stage_connect(&stage);
        ck_assert_int_eq(drill_order_tasks(stage.world, DRILL_ORDER_PCT, 1, 0), 0);
        drill_start(stage.client, "near", rally, &stage.near);
        drill_start(stage.server, "far", rally, &stage.far);
        drill_start(stage.server, "finish", finish, NULL);
        ck_assert_int_eq(drill_run(stage.world), 0);
        stage_close(&stage);
    }
}
END_TEST

START_TEST(a_depth_has_a_limit)
{
    open_seed(1);
    ck_assert_int_eq(drill_order_tasks(stage.world, DRILL_ORDER_PCT, DRILL_DEPTHS, 0), 0);
    ck_assert_int_eq(drill_order_tasks(stage.world, DRILL_ORDER_PCT, DRILL_DEPTHS + 1, 0), -EINVAL);
    ck_assert_int_eq(stage.world->tasks.depth, DRILL_DEPTHS);
    stage_close(&stage);
}
END_TEST

Suite *task_order_suite(void)
{
    Suite *suite = suite_create("task_order");
    TCase *tests = tcase_create("task_order");

    tcase_add_test(tests, first_ready_first_run_is_one_order_and_asks_nobody);
    tcase_add_test(tests, random_order_finds_all_orders);
    tcase_add_test(tests, with_a_depth_of_one_priorities_hold_for_the_whole_run);
    tcase_add_test(tests, with_more_depth_priorities_change_on_the_way);
    tcase_add_test(tests, the_same_seed_gives_the_same_order);
    tcase_add_test(tests, a_log_of_such_a_run_replays_without_the_strategy);
    tcase_add_test(tests, an_oracle_overrides_what_priorities_propose);
    tcase_add_test(tests, who_yields_lets_all_others_run_whatever_its_priority);
    tcase_add_test(tests, two_that_keep_each_other_running_do_not_starve_a_third);
    tcase_add_test(tests, a_depth_has_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
