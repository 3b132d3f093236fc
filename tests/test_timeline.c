#include "emu/timeline.h"

#include <check.h>
#include <errno.h>

#include "tests/draws.h"

enum { EVENTS = 64 };

/* An event that writes its number down, and then does what the test wants done. */
struct probe {
    struct drill_event event;
    int number;
    void (*then)(struct probe *self);
};

static struct drill_mem mem;
static struct drill_timeline line;
static struct probe probes[EVENTS];
static int ran[4 * EVENTS];
static int ran_count;

static void run_probe(struct drill_event *event)
{
    struct probe *self = (struct probe *)event;

    ck_assert(!drill_event_is_set(event));
    ck_assert_int_eq(event->when_ns, line.now_ns);
    ck_assert_int_lt(ran_count, 4 * EVENTS);
    ran[ran_count++] = self->number;
    if (self->then)
        self->then(self);
}

static void setup(void)
{
    drill_mem_init(&mem, 0);
    drill_timeline_init(&line, &mem);
    ck_assert_int_eq(drill_timeline_reserve(&line, EVENTS), 0);
    for (int i = 0; i < EVENTS; i++)
        probes[i] = (struct probe){.event = {.run = run_probe}, .number = i};
    ran_count = 0;
}

static void teardown(void)
{
    drill_timeline_fini(&line);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static void set(int number, int64_t when_ns)
{
    drill_timeline_set(&line, &probes[number].event, when_ns);
}

static void run_all(void)
{
    while (drill_timeline_step(&line))
        continue;
}

#define ck_assert_ran(...)                                                                         \
    do {                                                                                           \
        static const int expected[] = {__VA_ARGS__};                                               \
        ck_assert_int_eq(ran_count, (int)(sizeof expected / sizeof *expected));                    \
        for (int place = 0; place < ran_count; place++)                                            \
            ck_assert_int_eq(ran[place], expected[place]);                                         \
    } while (0)

START_TEST(an_empty_line_has_nothing_to_run)
{
    ck_assert_int_eq(drill_timeline_next(&line), INT64_MAX);
    ck_assert(!drill_timeline_step(&line));
    ck_assert_int_eq(line.now_ns, 0);
    ck_assert_uint_eq(line.ran, 0);
}
END_TEST

START_TEST(the_clock_jumps_from_event_to_event)
{
    set(0, 30);
    set(1, 10);
    set(2, 20);
    ck_assert_int_eq(drill_timeline_next(&line), 10);
    ck_assert(drill_timeline_step(&line));
    ck_assert_int_eq(line.now_ns, 10);
    ck_assert_int_eq(drill_timeline_next(&line), 20);
    run_all();
    ck_assert_int_eq(line.now_ns, 30);
    ck_assert_uint_eq(line.ran, 3);
    ck_assert_ran(1, 2, 0);
}
END_TEST

START_TEST(equal_times_run_in_the_order_they_were_set)
{
    for (int i = 0; i < EVENTS; i++)
        set((i * 37 + 5) % EVENTS, 7);
    run_all();
    ck_assert_int_eq(ran_count, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        ck_assert_int_eq(ran[i], (i * 37 + 5) % EVENTS);
}
END_TEST

START_TEST(an_event_that_is_set_again_moves_and_queues_anew)
{
    set(0, 10);
    set(1, 10);
    set(2, 10);
    set(0, 10);
    set(1, 20);
    set(1, 5);
    ck_assert_uint_eq(line.count, 3);
    run_all();
    ck_assert_ran(1, 2, 0);
}
END_TEST

START_TEST(a_time_that_has_passed_means_now_and_comes_after_what_was_due)
{
    set(0, 100);
    set(1, 100);
    ck_assert(drill_timeline_step(&line));
    set(2, 40);
    set(3, INT64_MIN);
    ck_assert_int_eq(probes[2].event.when_ns, 100);
    run_all();
    ck_assert_int_eq(line.now_ns, 100);
    ck_assert_ran(0, 1, 2, 3);
}
END_TEST

START_TEST(a_cancelled_event_does_not_run)
{
    for (int i = 0; i < 8; i++)
        set(i, 10 * i);
    drill_timeline_cancel(&line, &probes[0].event);
    drill_timeline_cancel(&line, &probes[7].event);
    drill_timeline_cancel(&line, &probes[3].event);
    drill_timeline_cancel(&line, &probes[3].event);
    ck_assert(!drill_event_is_set(&probes[3].event));
    run_all();
    ck_assert_ran(1, 2, 4, 5, 6);
}
END_TEST

START_TEST(cancelling_what_is_not_set_is_passed_over)
{
    set(0, 1);
    drill_timeline_cancel(&line, &probes[1].event);
    run_all();
    drill_timeline_cancel(&line, &probes[0].event);
    ck_assert_ran(0);
}
END_TEST

static void again_until_50(struct probe *self)
{
    if (line.now_ns < 50)
        set(self->number, line.now_ns + 10);
}

START_TEST(an_event_may_set_itself_while_it_runs)
{
    probes[0].then = again_until_50;
    set(0, 10);
    set(1, 25);
    run_all();
    ck_assert_int_eq(line.now_ns, 50);
    ck_assert_ran(0, 0, 1, 0, 0, 0);
}
END_TEST

static void cancel_next(struct probe *self)
{
    drill_timeline_cancel(&line, &probes[self->number + 1].event);
}

START_TEST(an_event_may_cancel_another_of_the_same_time)
{
    probes[0].then = cancel_next;
    set(0, 10);
    set(1, 10);
    set(2, 10);
    run_all();
    ck_assert_ran(0, 2);
}
END_TEST

START_TEST(the_last_time_there_is_can_be_set)
{
    set(0, INT64_MAX);
    set(1, INT64_MAX - 1);
    run_all();
    ck_assert_int_eq(line.now_ns, INT64_MAX);
    ck_assert_ran(1, 0);
}
END_TEST

START_TEST(a_reservation_that_fails_leaves_everything_as_it_was)
{
    set(0, 10);
    set(1, 5);
    mem.fail_at = mem.count + 1;
    ck_assert_int_eq(drill_timeline_reserve(&line, 10 * EVENTS), -ENOMEM);
    ck_assert_int_eq(drill_timeline_reserve(&line, UINT32_MAX), -ENOMEM);
    ck_assert_uint_eq(line.reserved, EVENTS);
    ck_assert_int_eq(drill_timeline_reserve(&line, 10 * EVENTS), 0);
    ck_assert_uint_eq(line.reserved, 11 * EVENTS);
    run_all();
    ck_assert_ran(1, 0);
}
END_TEST

START_TEST(places_that_were_released_are_reserved_without_memory)
{
    uint64_t count = mem.count;

    for (int i = 0; i < 100; i++) {
        drill_timeline_release(&line, EVENTS);
        ck_assert_int_eq(drill_timeline_reserve(&line, EVENTS), 0);
    }
    ck_assert_uint_eq(mem.count, count);
}
END_TEST

/* What the line should do, done slowly: the earliest is searched among all. */
static struct {
    int64_t when_ns;
    uint64_t sequence;
    bool is_set;
} model[EVENTS];
static uint64_t model_sequence;

static int model_first(void)
{
    int first = -1;

    for (int i = 0; i < EVENTS; i++) {
        if (!model[i].is_set)
            continue;
        if (first < 0 || model[i].when_ns < model[first].when_ns ||
            (model[i].when_ns == model[first].when_ns && model[i].sequence < model[first].sequence))
            first = i;
    }
    return first;
}

static void step_both(void)
{
    int first = model_first();

    ck_assert_int_eq(drill_timeline_next(&line), first < 0 ? INT64_MAX : model[first].when_ns);
    ran_count = 0;
    ck_assert(drill_timeline_step(&line) == (first >= 0));
    if (first < 0)
        return;
    ck_assert_int_eq(ran[0], first);
    ck_assert_int_eq(line.now_ns, model[first].when_ns);
    model[first].is_set = false;
}

static void set_both(int number, int64_t when_ns)
{
    set(number, when_ns);
    model[number].when_ns = when_ns < line.now_ns ? line.now_ns : when_ns;
    model[number].sequence = model_sequence++;
    model[number].is_set = true;
}

static void cancel_both(int number)
{
    drill_timeline_cancel(&line, &probes[number].event);
    model[number].is_set = false;
}

START_TEST(any_mixture_of_calls_runs_as_a_search_for_the_earliest_would)
{
    uint64_t state = 7;

    for (int i = 0; i < EVENTS; i++)
        model[i].is_set = false;
    for (int round = 0; round < 50000; round++) {
        /* Phases in which the line fills and others in which it empties. */
        uint32_t bias = round / 1000 % 2 ? 3 : 7;
        uint32_t what = draw_below(&state, 10);
        int number = (int)draw_below(&state, EVENTS);

        if (what < bias)
            set_both(number, line.now_ns + (int64_t)draw_below(&state, 40) - 5);
        else if (what == 9)
            cancel_both(number);
        else
            step_both();
        ck_assert(drill_event_is_set(&probes[number].event) == model[number].is_set);
    }
    while (model_first() >= 0)
        step_both();
    ck_assert_uint_eq(line.count, 0);
}
END_TEST

START_TEST(background_events_are_counted_whenever_they_are_marked)
{
    drill_timeline_mark(&line, &probes[0].event, true);
    ck_assert_uint_eq(line.background, 0);
    set(0, 5);
    set(1, 6);
    ck_assert_uint_eq(line.background, 1);
    drill_timeline_mark(&line, &probes[1].event, true);
    drill_timeline_mark(&line, &probes[1].event, true);
    ck_assert_uint_eq(line.background, 2);
    drill_timeline_mark(&line, &probes[0].event, false);
    ck_assert_uint_eq(line.background, 1);
    run_all();
    ck_assert_uint_eq(line.background, 0);
}
END_TEST

Suite *timeline_suite(void)
{
    Suite *suite = suite_create("timeline");
    TCase *tests = tcase_create("timeline");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_empty_line_has_nothing_to_run);
    tcase_add_test(tests, the_clock_jumps_from_event_to_event);
    tcase_add_test(tests, equal_times_run_in_the_order_they_were_set);
    tcase_add_test(tests, an_event_that_is_set_again_moves_and_queues_anew);
    tcase_add_test(tests, a_time_that_has_passed_means_now_and_comes_after_what_was_due);
    tcase_add_test(tests, a_cancelled_event_does_not_run);
    tcase_add_test(tests, cancelling_what_is_not_set_is_passed_over);
    tcase_add_test(tests, an_event_may_set_itself_while_it_runs);
    tcase_add_test(tests, an_event_may_cancel_another_of_the_same_time);
    tcase_add_test(tests, the_last_time_there_is_can_be_set);
    tcase_add_test(tests, a_reservation_that_fails_leaves_everything_as_it_was);
    tcase_add_test(tests, places_that_were_released_are_reserved_without_memory);
    tcase_add_test(tests, background_events_are_counted_whenever_they_are_marked);
    tcase_add_test(tests, any_mixture_of_calls_runs_as_a_search_for_the_earliest_would);
    suite_add_tcase(suite, tests);
    return suite;
}
