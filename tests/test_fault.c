#include "emu/fault.h"

#include <check.h>
#include <errno.h>
#include <sys/socket.h>

#include "tests/rules.h"

static char block[64];

static int put(struct drill_fault fault)
{
    return drill_fault_add(stage.world, &fault);
}

static ssize_t write_near(size_t size)
{
    return give(stage.client, stage.near, "0123456789abcdef", size, 0);
}

static ssize_t read_far(size_t size)
{
    return take(stage.server, stage.far, block, size, MSG_DONTWAIT);
}

START_TEST(a_call_fails_with_the_errno_of_its_rule_and_does_nothing)
{
    const int id = put((struct drill_fault){.what = "errno", .call = "send", .error = EINTR});

    ck_assert_int_gt(id, 0);
    ck_assert_int_eq(write_near(4), -EINTR);
    ck_assert_int_eq(read_far(4), -EAGAIN);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
}
END_TEST

START_TEST(a_rule_without_a_call_strikes_every_call)
{
    put((struct drill_fault){.what = "errno", .error = ENOBUFS, .force = true});
    drill_enter(stage.client);
    ck_assert_int_eq(drill_socket(2, 1, 0), -ENOBUFS);
    ck_assert_int_eq(drill_close(stage.near), -ENOBUFS);
    ck_assert_int_eq(drill_sleep(1), -ENOBUFS);
}
END_TEST

START_TEST(a_rule_can_let_calls_through_first_and_strike_so_often)
{
    const int id = put((struct drill_fault){
        .what = "errno", .call = "send", .error = ENOBUFS, .skip = 2, .count = 3});
    const ssize_t expected[] = {1, 1, -ENOBUFS, -ENOBUFS, -ENOBUFS, 1, 1};

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_int_eq(write_near(1), expected[i]);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 3);
}
END_TEST

START_TEST(a_rule_of_a_host_spares_the_others)
{
    put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS, .host = "server"});
    ck_assert_int_eq(write_near(1), 1);
    ck_assert_int_eq(give(stage.server, stage.far, "x", 1, 0), -ENOBUFS);
}
END_TEST

START_TEST(a_chance_strikes_about_so_often_and_the_seed_decides_when)
{
    const int id =
        put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS, .ppm = 300000});
    uint64_t first = 0, second = 0;

    for (int i = 0; i < 64; i++)
        first = first << 1 | (write_near(1) < 0);
    ck_assert_int_gt(drill_fault_hits(stage.world, id), 8);
    ck_assert_int_lt(drill_fault_hits(stage.world, id), 32);
    teardown();
    setup_connected();
    put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS, .ppm = 300000});
    for (int i = 0; i < 64; i++)
        second = second << 1 | (write_near(1) < 0);
    ck_assert_uint_eq(first, second);
}
END_TEST

START_TEST(a_rule_that_is_removed_strikes_no_more)
{
    const int id = put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS});

    ck_assert_int_eq(write_near(1), -ENOBUFS);
    ck_assert_int_eq(drill_fault_remove(stage.world, id), 0);
    ck_assert_int_eq(write_near(1), 1);
    ck_assert_int_eq(drill_fault_remove(stage.world, id), -ENOENT);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), -ENOENT);
    ck_assert(!stage.world->sim.watched);
}
END_TEST

START_TEST(the_first_rule_that_falls_wins)
{
    put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS, .count = 1});
    const int second = put((struct drill_fault){.what = "errno", .call = "send", .error = EINTR});

    ck_assert_int_eq(write_near(1), -ENOBUFS);
    ck_assert_int_eq(drill_fault_hits(stage.world, second), 0);
    ck_assert_int_eq(write_near(1), -EINTR);
}
END_TEST

START_TEST(a_read_is_cut_short_and_the_rest_stays)
{
    const int id = put((struct drill_fault){.what = "short_read", .bytes = 3});

    ck_assert_int_eq(write_near(8), 8);
    ck_assert_int_eq(read_far(8), 3);
    ck_assert_int_eq(read_far(2), 2);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_int_eq(read_far(8), 3);
    ck_assert_mem_eq(block, "567", 3);
}
END_TEST

START_TEST(a_write_is_cut_short)
{
    put((struct drill_fault){.what = "short_write", .bytes = 1, .count = 2});
    ck_assert_int_eq(write_near(4), 1);
    ck_assert_int_eq(write_near(4), 1);
    ck_assert_int_eq(write_near(4), 4);
    ck_assert_int_eq(read_far(10), 6);
}
END_TEST

START_TEST(a_connection_is_reset_at_each_place_of_a_stream)
{
    for (size_t place = 0; place < 12; place++) {
        teardown();
        setup_connected();
        const int id = put((struct drill_fault){
            .what = "reset", .call = "send", .host = "client", .bytes = place});
        size_t sent = 0;
        ssize_t result;
        while ((result = write_near(5)) > 0)
            sent += (size_t)result;
        ck_assert_int_eq(result, -ECONNRESET);
        ck_assert_uint_eq(sent, place);
        ck_assert_int_eq(write_near(5), -EPIPE);
        size_t got = 0;
        while ((result = read_far(5)) > 0)
            got += (size_t)result;
        ck_assert_int_eq(result, -ECONNRESET);
        ck_assert_uint_eq(got, place);
        ck_assert_int_ge(drill_fault_hits(stage.world, id), 1);
    }
}
END_TEST

START_TEST(a_reader_can_be_reset_too)
{
    put((struct drill_fault){.what = "reset", .call = "recv", .bytes = 2});
    ck_assert_int_eq(write_near(4), 4);
    ck_assert_int_eq(read_far(4), 2);
    ck_assert_int_eq(read_far(4), -ECONNRESET);
    ck_assert_int_eq(write_near(4), -ECONNRESET);
}
END_TEST

START_TEST(a_rule_that_does_not_strike_leaves_the_hash_as_it_is)
{
    const uint64_t before = drill_hash(stage.world);

    ck_assert_int_eq(write_near(4), 4);
    const uint64_t without = drill_hash(stage.world);
    teardown();
    setup_connected();
    ck_assert_uint_eq(drill_hash(stage.world), before);
    put((struct drill_fault){.what = "errno", .call = "accept", .error = ENOBUFS});
    ck_assert_int_eq(write_near(4), 4);
    ck_assert_uint_eq(drill_hash(stage.world), without);
}
END_TEST

START_TEST(a_fault_stands_in_the_trace)
{
    drill_trace_to(stage.world, lines_add, &lines);
    put((struct drill_fault){.what = "errno", .call = "send", .error = EINTR});
    write_near(1);
    ck_assert_uint_eq(lines_with(&lines, "client/main send(3, 1) = EINTR <- fault errno#1"), 1);
}
END_TEST

START_TEST(without_memory_no_rule_is_added)
{
    stage_fail(&stage, 1);
    ck_assert_int_eq(put((struct drill_fault){.what = "errno", .error = ENOBUFS}), -ENOMEM);
    ck_assert_int_eq(write_near(1), 1);
}
END_TEST

START_TEST(rules_that_rest_are_asked_no_more_and_keep_their_hits)
{
    const int id = put((struct drill_fault){.what = "errno", .call = "send", .error = ENOBUFS});

    ck_assert_int_eq(write_near(1), -ENOBUFS);
    drill_faults_rest(&stage.world->door.faults);
    ck_assert_int_eq(write_near(1), 1);
    ck_assert_int_eq(drill_fault_hits(stage.world, id), 1);
    ck_assert_uint_eq(stage.world->door.faults.strikes, 1);
    ck_assert_int_eq(drill_fault_remove(stage.world, id), 0);
}
END_TEST

START_TEST(the_rows_are_found_by_name)
{
    ck_assert_int_eq(drill_faults_find("errno"), DRILL_FAULT_errno);
    ck_assert_int_eq(drill_faults_find("reset"), DRILL_FAULT_reset);
    ck_assert_int_eq(drill_faults_find("err"), -1);
    ck_assert_int_eq(drill_faults_find_call("recv"), DRILL_CALL_recv);
    ck_assert_int_eq(drill_faults_find_call(""), -1);
}
END_TEST

Suite *fault_suite(void);

Suite *fault_suite(void)
{
    Suite *suite = suite_create("fault");
    TCase *tests = tcase_create("rules");

    tcase_add_checked_fixture(tests, setup_connected, teardown);
    tcase_add_test(tests, a_call_fails_with_the_errno_of_its_rule_and_does_nothing);
    tcase_add_test(tests, a_rule_without_a_call_strikes_every_call);
    tcase_add_test(tests, a_rule_can_let_calls_through_first_and_strike_so_often);
    tcase_add_test(tests, a_rule_of_a_host_spares_the_others);
    tcase_add_test(tests, a_chance_strikes_about_so_often_and_the_seed_decides_when);
    tcase_add_test(tests, a_rule_that_is_removed_strikes_no_more);
    tcase_add_test(tests, the_first_rule_that_falls_wins);
    tcase_add_test(tests, a_read_is_cut_short_and_the_rest_stays);
    tcase_add_test(tests, a_write_is_cut_short);
    tcase_add_test(tests, a_connection_is_reset_at_each_place_of_a_stream);
    tcase_add_test(tests, a_reader_can_be_reset_too);
    tcase_add_test(tests, a_rule_that_does_not_strike_leaves_the_hash_as_it_is);
    tcase_add_test(tests, a_fault_stands_in_the_trace);
    tcase_add_test(tests, without_memory_no_rule_is_added);
    tcase_add_test(tests, rules_that_rest_are_asked_no_more_and_keep_their_hits);
    tcase_add_test(tests, the_rows_are_found_by_name);
    suite_add_tcase(suite, tests);
    return suite;
}
