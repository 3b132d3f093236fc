#include "tools/heap.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/decide.h"
#include "emu/mem.h"
#include "tools/stage.h"

static int64_t *meter_of(void *context)
{
    return context;
}

/* Compilers think that malloc changes nothing that is seen here. */
static int64_t read_sum(const volatile int64_t *sum)
{
    __asm__ volatile("" : : : "memory");
    return *sum;
}

START_TEST(what_is_taken_and_given_back_is_counted)
{
    static void *volatile held[4];
    static int64_t sum;

    drill_heap_watch(meter_of, &sum);
    held[0] = malloc(100);
    held[1] = calloc(10, 10);
    held[2] = aligned_alloc(64, 128);
    const int64_t taken = read_sum(&sum);
    held[0] = realloc(held[0], 1000);
    held[3] = strdup("a text of the C library's own making");
    const int64_t more = read_sum(&sum);
    for (int i = 0; i < 4; i++)
        free(held[i]);
    const int64_t left = read_sum(&sum);
    drill_mem_asks = true;
    held[0] = malloc(100);
    const int64_t asked = read_sum(&sum);
    free(held[0]);
    drill_mem_asks = false;
    drill_heap_watch(NULL, NULL);
    ck_assert_int_ge(taken, 328);
    ck_assert_int_ge(more, 1265);
    ck_assert_int_eq(left, 0);
    ck_assert_int_eq(asked, 0);
}
END_TEST

/* A chain of all that was lost, so that no other checker finds it. */
static void *kept;
static int runs;

static int serve(int argc, char **argv)
{
    void *held = malloc(argc > 0 ? 4000 : 1);
    const int result = drill_sleep(DRILL_NEVER / 2);

    (void)argv;
    free(held);
    return result;
}

static int leak(int argc, char **argv)
{
    void **block = malloc(100);

    (void)argv;
    runs++;
    *block = kept;
    kept = block;
    return argc > 1 ? 1 : 0;
}

static int frugal(int argc, char **argv)
{
    char *block = malloc(200 * (size_t)argc);

    (void)argv;
    runs++;
    drill_sleep(DRILL_MS);
    block = realloc(block, 5000);
    free(block);
    return 0;
}

static int build(struct drill_stage *stage, void *subject)
{
    drill_subject *task;
    struct drill_host *host = drill_host_new(drill_stage_world(stage), "a", "10.0.0.1");
    int result = drill_stage_service(stage, host, "serve", serve, 0, NULL);

    memcpy(&task, subject, sizeof task);
    if (result == 0)
        result = drill_stage_task(stage, host, "t", task, 0, NULL);
    return result == 0 ? drill_stage_fault(stage, "late_timer 1ms chance 50%") : result;
}

static struct drill_outcome run(drill_subject *subject, struct drill_log *log)
{
    const struct drill_scenario scenario = {.name = "heap", .build = build, .context = &subject};
    const struct drill_order order = {.quick = true, .log = log};
    struct drill_outcome outcome;

    ck_assert_int_eq(drill_stage_run(&scenario, &order, &outcome), 0);
    return outcome;
}

START_TEST(a_task_that_ends_gives_back_what_it_took_whoever_still_serves)
{
    const struct drill_outcome outcome = run(leak, NULL);

    ck_assert_int_eq(outcome.kind, DRILL_LEAKED);
    ck_assert_ptr_nonnull(strstr(outcome.sentence, "a/t has ended and has not freed 10"));
}
END_TEST

START_TEST(who_listens_to_a_run_may_take_memory)
{
    struct drill_log *log = drill_log_new();

    runs = 0;
    ck_assert_int_eq(run(frugal, log).kind, DRILL_PASSED);
    ck_assert_int_eq(runs, 1); /* there was no need to look again */
    drill_log_free(log);
}
END_TEST

Suite *heap_suite(void);

Suite *heap_suite(void)
{
    Suite *suite = suite_create("heap");
    TCase *tests = tcase_create("bytes");

    tcase_add_test(tests, what_is_taken_and_given_back_is_counted);
    tcase_add_test(tests, a_task_that_ends_gives_back_what_it_took_whoever_still_serves);
    tcase_add_test(tests, who_listens_to_a_run_may_take_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
