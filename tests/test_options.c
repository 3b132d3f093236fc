#include "emu/options.h"

#include <check.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct drill_sim sim;
static struct drill_host host;
static const struct drill_file_ops no_ops;
static struct drill_file file;

static void setup(void)
{
    drill_sim_init(&sim, 1, 0);
    host = (struct drill_host){.sim = &sim};
    drill_file_init(&file, &no_ops, &host);
}

static void teardown(void)
{
    drill_settings_free(&file);
    ck_assert_uint_eq(sim.mem.live, 0);
    drill_sim_fini(&sim);
}

START_TEST(rows_are_in_order_of_level_and_number)
{
    for (int option = 1; option < DRILL_OPTION_COUNT; option++) {
        const struct drill_option_row *one = &drill_option_rows[option - 1], *two = one + 1;

        ck_assert(one->level < two->level ||
                  (one->level == two->level && one->number < two->number));
    }
}
END_TEST

START_TEST(every_option_is_found_and_no_other)
{
    int found = 0;

    for (int option = 0; option < DRILL_OPTION_COUNT; option++)
        ck_assert_int_eq(
            drill_option_find(drill_option_rows[option].level, drill_option_rows[option].number),
            option);
    for (int level = -1; level <= 256; level++)
        for (int number = -1; number <= 300; number++)
            found += drill_option_find(level, number) >= 0;
    ck_assert_int_eq(found, DRILL_OPTION_COUNT);
}
END_TEST

/* The name of an option, and what the system's headers make of it: its number, where they know it.
 */
struct known {
    const char *name, *meaning;
    int number;
};

START_TEST(numbers_are_those_of_the_system)
{
    static const struct known options[] = {
#define TEXT(word)                       #word
#define OPTION(name, level, number, ...) {#name, TEXT(name), number},
#include "emu/options.def"
#undef OPTION
    };
    int known = 0;

    for (int option = 0; option < DRILL_OPTION_COUNT; option++) {
        char *end;
        const long number = strtol(options[option].meaning, &end, 0);

        if (*end != '\0')
            continue;
        known++;
        ck_assert_msg(number == options[option].number, "%s is %ld", options[option].name, number);
    }
    ck_assert_int_gt(known, DRILL_OPTION_COUNT / 2);
}
END_TEST

START_TEST(defaults_depend_on_the_kind)
{
    ck_assert_int_eq(drill_option_default(DRILL_SO_RCVBUF, DRILL_KIND_TCP6), 131072);
    ck_assert_int_eq(drill_option_default(DRILL_SO_RCVBUF, DRILL_KIND_UDP4), 212992);
    ck_assert_int_eq(drill_option_default(DRILL_SO_SNDBUF, DRILL_KIND_TCP4), 16384);
    ck_assert_int_eq(drill_option_default(DRILL_SO_SNDBUF, DRILL_KIND_UNIX_STREAM), 212992);
    ck_assert_int_eq(drill_option_default(DRILL_IP_MULTICAST_ALL, DRILL_KIND_UDP4), 1);
    ck_assert_int_eq(drill_option_default(DRILL_IP_MULTICAST_ALL, DRILL_KIND_UDP6), 0);
    ck_assert_int_eq(drill_option_default(DRILL_IP_TTL, DRILL_KIND_RAW4), 64);
}
END_TEST

START_TEST(only_kinds_that_have_an_option_may_set_it)
{
    for (int option = 0; option < DRILL_OPTION_COUNT; option++) {
        const struct drill_option_row *row = &drill_option_rows[option];

        ck_assert_msg(row->kinds != 0 && row->kinds < 1 << DRILL_KINDS, "row %d", option);
        ck_assert_msg(row->mode != DRILL_MODE_ABSENT || row->refusal != 0, "row %d", option);
        ck_assert_msg(row->low <= row->high, "row %d", option);
    }
}
END_TEST

START_TEST(a_file_without_settings_has_the_defaults)
{
    ck_assert_int_eq(drill_option(&file, DRILL_SO_SNDBUF, DRILL_KIND_TCP4), 16384);
    ck_assert_ptr_nonnull(drill_settings_need(&file, DRILL_KIND_TCP4));
    for (int option = 0; option < DRILL_OPTION_COUNT; option++)
        ck_assert_int_eq(file.settings->values[option],
                         drill_option_default((enum drill_option)option, DRILL_KIND_TCP4));
    ck_assert_int_eq(file.settings->linger_seconds, -1);
    ck_assert_str_eq(file.settings->congestion, "cubic");
}
END_TEST

START_TEST(settings_are_made_once)
{
    struct drill_settings *settings = drill_settings_need(&file, DRILL_KIND_UDP4);

    settings->values[DRILL_IP_TTL] = 3;
    ck_assert_ptr_eq(drill_settings_need(&file, DRILL_KIND_UDP4), settings);
    ck_assert_int_eq(drill_option(&file, DRILL_IP_TTL, DRILL_KIND_UDP4), 3);
}
END_TEST

START_TEST(options_are_inherited_and_deadlines_are_not)
{
    struct drill_settings *settings = drill_settings_need(&file, DRILL_KIND_TCP4);
    struct drill_file child;

    drill_file_init(&child, &no_ops, &host);
    settings->values[DRILL_TCP_NODELAY] = 1;
    settings->linger_seconds = 5;
    settings->receive_timeout_ns = 7;
    settings->read_deadline_ns = settings->write_deadline_ns = 9;
    ck_assert_int_eq(drill_settings_inherit(&child, &file), 0);
    ck_assert_ptr_ne(child.settings, settings);
    ck_assert_int_eq(child.settings->values[DRILL_TCP_NODELAY], 1);
    ck_assert_int_eq(child.settings->linger_seconds, 5);
    ck_assert_int_eq(child.settings->receive_timeout_ns, 7);
    ck_assert_int_eq(child.settings->read_deadline_ns, 0);
    ck_assert_int_eq(child.settings->write_deadline_ns, 0);
    drill_settings_free(&child);
    ck_assert_ptr_null(child.settings);
}
END_TEST

START_TEST(nothing_is_inherited_from_who_set_nothing)
{
    struct drill_file child;

    drill_file_init(&child, &no_ops, &host);
    ck_assert_int_eq(drill_settings_inherit(&child, &file), 0);
    ck_assert_ptr_null(child.settings);
}
END_TEST

START_TEST(without_memory_there_are_no_settings)
{
    struct drill_file child;

    drill_file_init(&child, &no_ops, &host);
    sim.mem.fail_at = sim.mem.count + 1;
    ck_assert_ptr_null(drill_settings_need(&file, DRILL_KIND_TCP4));
    ck_assert_ptr_nonnull(drill_settings_need(&file, DRILL_KIND_TCP4));
    sim.mem.fail_at = sim.mem.count + 1;
    ck_assert_int_eq(drill_settings_inherit(&child, &file), -ENOMEM);
    ck_assert_ptr_null(child.settings);
}
END_TEST

Suite *options_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, rows_are_in_order_of_level_and_number);
    tcase_add_test(tests, every_option_is_found_and_no_other);
    tcase_add_test(tests, numbers_are_those_of_the_system);
    tcase_add_test(tests, defaults_depend_on_the_kind);
    tcase_add_test(tests, only_kinds_that_have_an_option_may_set_it);
    tcase_add_test(tests, a_file_without_settings_has_the_defaults);
    tcase_add_test(tests, settings_are_made_once);
    tcase_add_test(tests, options_are_inherited_and_deadlines_are_not);
    tcase_add_test(tests, nothing_is_inherited_from_who_set_nothing);
    tcase_add_test(tests, without_memory_there_are_no_settings);
    suite_add_tcase(suite, tests);
    return suite;
}
