#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/rules.h"

static void refused(const char *text, const char *why)
{
    ck_assert_msg(try_rule(stage.world, text) == -EINVAL, "%s", text);
    ck_assert_msg(lines_with(&lines, why) == 1, "%s: %s", text, lines.text);
}

START_TEST(a_rule_that_can_never_strike_is_refused_with_the_reason)
{
    refused("errno call recv", "it needs an errno");
    refused("short_read", "it needs a number of bytes");
    refused("short_read 1 call send", "makes no sense for the call send");
    refused("rate host client", "it needs a rate");
    refused("mtu host client", "it needs a size of packets");
    refused("clock_step host client", "it needs a time");
    refused("burst_loss", "a chance to enter");
    refused("drop call recv", "befalls packets, not the call recv");
    refused("split kind DATA", "befalls calls, not packets of kind DATA");
    refused("drop from 5s to 1s", "ends before it begins");
    refused("drop host nowhere", "there is no host nowhere");
    refused("drop address nowhere", "no IP address: nowhere");
    refused("drop after never", "there is no earlier rule never");
    refused("drop mask 012", "made of 0 and 1");
    refused("split mask 000", "has a 1, not 000");
    refused("a: drop list 0", "such as 2,4-7, not 0");
    refused("b: drop list 7-2", "not 7-2");
    refused("c: drop list 3,,4", "not 3,,4");
    refused("d: drop list 2,4-", "not 2,4-");
    refused("e: drop list 99999999999999999999", "not 99999999999999999999");
    refused("f: drop from 5s to 5s", "fault f: it ends before it begins");
    refused("g: drop task ask", "not calls of the task ask");
    refused("h: drop fd 3", "not descriptors");
    refused("i: drop name www", "not lookups of the name www");
    refused("j: short_read 1 name www", "it befalls no lookup of the name www");
    refused("errno EXDEV call recv", "no call answers EXDEV");
}
END_TEST

START_TEST(names_that_a_struct_may_hold_are_checked_as_well)
{
    ck_assert_int_eq(drill_fault_add(stage.world, &(struct drill_fault){0}), -EINVAL);
    ck_assert_int_eq(drill_fault_add(stage.world, &(struct drill_fault){.what = "nonsense"}),
                     -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "there is no fault 'nonsense'"), 1);
    ck_assert_int_eq(
        drill_fault_add(stage.world, &(struct drill_fault){.what = "drop", .kind = "ODD"}),
        -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "there is no kind of packet ODD"), 1);
    ck_assert_int_eq(drill_fault_add(stage.world, &(struct drill_fault){.what = "clock_drift",
                                                                        .drift_ppm = -1000001}),
                     -EINVAL);
    ck_assert_uint_eq(lines_with(&lines, "it needs a drift, of 1000000 at most"), 1);
}
END_TEST

START_TEST(a_rule_has_its_label_or_is_counted_by_what_it_is)
{
    const int first = add("split"), second = add("split chance 1%"), third = add("mine: split");

    ck_assert_str_eq(drill_fault_label(stage.world, first), "split#1");
    ck_assert_str_eq(drill_fault_label(stage.world, second), "split#2");
    ck_assert_str_eq(drill_fault_label(stage.world, third), "mine");
    ck_assert_int_eq(drill_fault_find(stage.world, "mine"), third);
    ck_assert_int_eq(drill_fault_find(stage.world, "yours"), -ENOENT);
    refused("mine: drop", "another rule has this name");
}
END_TEST

START_TEST(a_rule_keeps_its_own_texts)
{
    char text[] = "mine: errno ENOBUFS call send host client";

    add(text);
    memset(text, 'x', sizeof text - 1);
    ck_assert_int_eq(give(stage.client, stage.near, "x", 1, 0), -ENOBUFS);
}
END_TEST

START_TEST(an_errno_that_cannot_be_needs_force)
{
    add("errno EXDEV call recv force");
    ck_assert_int_eq(take(stage.server, stage.far, lines.text, 1, MSG_DONTWAIT), -EXDEV);
}
END_TEST

Suite *fault_make_suite(void);

Suite *fault_make_suite(void)
{
    Suite *suite = suite_create("fault_make");
    TCase *tests = tcase_create("fault_make");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, a_rule_that_can_never_strike_is_refused_with_the_reason);
    tcase_add_test(tests, names_that_a_struct_may_hold_are_checked_as_well);
    tcase_add_test(tests, a_rule_has_its_label_or_is_counted_by_what_it_is);
    tcase_add_test(tests, a_rule_keeps_its_own_texts);
    tcase_add_test(tests, an_errno_that_cannot_be_needs_force);
    suite_add_tcase(suite, tests);
    return suite;
}
