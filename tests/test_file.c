#include "emu/file.h"

#include <check.h>
#include <string.h>

#include "emu/abi.h"

enum { LISTENERS = 4 };

struct ear {
    struct drill_listener listener;
    char name;
};

static struct drill_file file;
static struct ear ears[LISTENERS];
static char heard[64];
static int closed;

static void note(char name)
{
    const size_t length = strlen(heard);

    heard[length] = name;
    heard[length + 1] = '\0';
}

static void hear_it(struct drill_listener *listener, uint32_t bits)
{
    note(((struct ear *)(void *)listener)->name);
    if (bits == DRILL_WAKE_GONE) {
        note('!');
        drill_file_unlisten(listener);
    }
}

static void close_file(struct drill_file *self)
{
    ck_assert_ptr_eq(self, &file);
    ck_assert_ptr_null(self->listeners);
    closed++;
}

static const struct drill_file_ops ops = {.name = "test", .close = close_file};

static void setup(void)
{
    drill_file_init(&file, &ops, NULL);
    closed = 0;
    heard[0] = '\0';
    for (int i = 0; i < LISTENERS; i++)
        ears[i] = (struct ear){.listener = {.bits = DRILL_POLLIN, .wake = hear_it},
                               .name = (char)('a' + i)};
}

static void listen_all(void)
{
    for (int i = 0; i < LISTENERS; i++)
        drill_file_listen(&file, &ears[i].listener);
}

START_TEST(listeners_hear_in_the_order_in_which_they_came)
{
    listen_all();
    drill_file_wake(&file, DRILL_POLLIN);
    ck_assert_str_eq(heard, "abcd");
}
END_TEST

START_TEST(a_listener_hears_only_what_it_asked_for)
{
    ears[1].listener.bits = DRILL_POLLOUT;
    ears[2].listener.bits = DRILL_POLLIN | DRILL_POLLOUT;
    listen_all();
    drill_file_wake(&file, DRILL_POLLOUT);
    ck_assert_str_eq(heard, "bc");
}
END_TEST

START_TEST(who_stops_listening_hears_no_more)
{
    static const char *const left[LISTENERS] = {"bcd", "acd", "abd", "abc"};

    for (int i = 0; i < LISTENERS; i++) {
        setup();
        listen_all();
        drill_file_unlisten(&ears[i].listener);
        drill_file_wake(&file, DRILL_POLLIN);
        ck_assert_str_eq(heard, left[i]);
    }
}
END_TEST

START_TEST(stopping_twice_or_never_having_listened_is_passed_over)
{
    drill_file_unlisten(&ears[0].listener);
    drill_file_listen(&file, &ears[0].listener);
    drill_file_unlisten(&ears[0].listener);
    drill_file_unlisten(&ears[0].listener);
    ck_assert_ptr_null(file.listeners);
    drill_file_wake(&file, DRILL_POLLIN);
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(the_last_reference_closes)
{
    ck_assert_ptr_eq(drill_file_ref(&file), &file);
    drill_file_drop(&file);
    ck_assert_int_eq(closed, 0);
    drill_file_drop(&file);
    ck_assert_int_eq(closed, 1);
}
END_TEST

START_TEST(listeners_are_told_that_the_file_goes_before_it_closes)
{
    ears[2].listener.bits = 0;
    listen_all();
    drill_file_drop(&file);
    ck_assert_str_eq(heard, "a!b!c!d!");
    ck_assert_int_eq(closed, 1);
}
END_TEST

Suite *file_suite(void);

Suite *file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("listeners");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, listeners_hear_in_the_order_in_which_they_came);
    tcase_add_test(tests, a_listener_hears_only_what_it_asked_for);
    tcase_add_test(tests, who_stops_listening_hears_no_more);
    tcase_add_test(tests, stopping_twice_or_never_having_listened_is_passed_over);
    tcase_add_test(tests, the_last_reference_closes);
    tcase_add_test(tests, listeners_are_told_that_the_file_goes_before_it_closes);
    suite_add_tcase(suite, tests);
    return suite;
}
