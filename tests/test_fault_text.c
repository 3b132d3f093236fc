#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static struct drill_fault_line line;

static void good(const char *text)
{
    ck_assert_msg(drill_fault_read(text, &line) == 0, "%s: %u: %s", text, line.error_column,
                  line.error);
}

static void bad(const char *text, unsigned column, const char *error)
{
    ck_assert_int_eq(drill_fault_read(text, &line), -EINVAL);
    ck_assert_msg(line.error_column == column, "%s: column %u: %s", text, line.error_column,
                  line.error);
    ck_assert_msg(strstr(line.error, error) != NULL, "%s: %s", text, line.error);
}

START_TEST(a_line_says_all_that_a_struct_can)
{
    good("late: delay 40ms kind DATA host a peer b task t address 10.0.0.1:80 port 80 fd 3 side in "
         "offset 1KiB skip 1 every 3 count 4 burst 2 list 1,3-5 mask 01 chance 10% from 1s to 5s "
         "for 2s after first each hostile force off");
    const struct drill_fault *fault = &line.fault;
    ck_assert_str_eq(fault->label, "late");
    ck_assert_str_eq(fault->what, "delay");
    ck_assert_int_eq(fault->delay_ns, 40 * DRILL_MS);
    ck_assert_str_eq(fault->kind, "DATA");
    ck_assert_str_eq(fault->host, "a");
    ck_assert_str_eq(fault->peer, "b");
    ck_assert_str_eq(fault->task, "t");
    ck_assert_str_eq(fault->address, "10.0.0.1:80");
    ck_assert_uint_eq(fault->port, 80);
    ck_assert_int_eq(fault->fd, 3);
    ck_assert_int_eq(fault->direction, DRILL_IN);
    ck_assert_uint_eq(fault->offset, 1024);
    ck_assert(fault->skip == 1 && fault->every == 3 && fault->count == 4 && fault->burst == 2);
    ck_assert_str_eq(fault->list, "1,3-5");
    ck_assert_str_eq(fault->mask, "01");
    ck_assert_uint_eq(fault->ppm, 100000);
    ck_assert(fault->from_ns == DRILL_SECOND && fault->to_ns == 5 * DRILL_SECOND);
    ck_assert_int_eq(fault->lasts_ns, 2 * DRILL_SECOND);
    ck_assert_str_eq(fault->after, "first");
    ck_assert(fault->each && fault->hostile && fault->force && fault->off);
}
END_TEST

START_TEST(the_parameter_of_a_row_may_stand_behind_its_name)
{
    good("errno ECONNRESET call recv nth 3");
    ck_assert_int_eq(line.fault.error, ECONNRESET);
    ck_assert(line.fault.skip == 2 && line.fault.count == 1);
    good("short_read 1");
    ck_assert_uint_eq(line.fault.bytes, 1);
    good("rate 64kbit host a");
    ck_assert_int_eq(line.fault.rate_bps, 64000);
    good("clock_drift -200");
    ck_assert_int_eq(line.fault.drift_ppm, -200);
    good("name_change 10.0.0.9 name db");
    ck_assert_str_eq(line.fault.as, "10.0.0.9");
    good("burst_loss enter 1% leave 30%");
    ck_assert(line.fault.enter_ppm == 10000 && line.fault.leave_ppm == 300000);
}
END_TEST

START_TEST(a_chance_of_nothing_is_a_rule_that_is_off)
{
    good("drop chance 0%");
    ck_assert(line.fault.off);
}
END_TEST

START_TEST(every_standard_rule_of_the_table_reads_as_its_row)
{
    for (int i = 0; i < DRILL_FAULTS; i++) {
        if (drill_fault_rows[i].standard[0] == '\0')
            continue;
        good(drill_fault_rows[i].standard);
        ck_assert_str_eq(line.fault.what, drill_fault_rows[i].name);
    }
}
END_TEST

START_TEST(what_is_wrong_is_told_with_its_place)
{
    bad("", 1, "expected a fault");
    bad("thunder", 1, "there is no fault 'thunder'");
    bad("drop chance", 12, "expected a chance");
    bad("drop chance often", 13, "a chance such as 10%");
    bad("drop kind BANANA", 11, "no kind of packet 'BANANA'");
    bad("errno EOFTEN", 7, "expected an errno");
    bad("drop call knock", 11, "there is no call 'knock'");
    bad("drop whenever", 6, "expected call, host");
    bad("drop from -1s", 11, "not negative");
    bad("drop port 0", 11, "1 to 65535");
    bad("drop nth 0", 10, "from 1 on");
    bad("drop chance 0% chance 50%", 16, "expected chance once");
    bad("drop nth 3 count 5", 12, "expected count once");
    bad("drop skip 3 nth 5", 13, "expected nth once");
    bad("drop side up", 11, "in or out");
    bad("x:", 3, "expected a fault");
    bad("drop port 99999", 11, "1 to 65535");
}
END_TEST

START_TEST(texts_that_are_too_long_are_refused)
{
    char text[400];

    snprintf(text, sizeof text, "drop host %0*d", 300, 1);
    bad(text, 11, "shorter names");
    snprintf(text, sizeof text, "%0*d: drop", 60, 1);
    bad(text, 1, "a label of less than 48 bytes");
}
END_TEST

Suite *fault_text_suite(void);

Suite *fault_text_suite(void)
{
    Suite *suite = suite_create("fault_text");
    TCase *tests = tcase_create("fault_text");

    tcase_add_test(tests, a_line_says_all_that_a_struct_can);
    tcase_add_test(tests, the_parameter_of_a_row_may_stand_behind_its_name);
    tcase_add_test(tests, a_chance_of_nothing_is_a_rule_that_is_off);
    tcase_add_test(tests, every_standard_rule_of_the_table_reads_as_its_row);
    tcase_add_test(tests, what_is_wrong_is_told_with_its_place);
    tcase_add_test(tests, texts_that_are_too_long_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
