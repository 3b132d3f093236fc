#include "emu/inet.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

enum { ALWAYS = POLLOUT | POLLWRNORM | POLLWRBAND };

static struct stage stage;
static int near, far;

static void setup(void)
{
    stage_open(&stage, NULL);
    near = datagram_socket(stage.client, SOCK_DGRAM, 0, "10.0.0.1:1000");
    far = datagram_socket(stage.server, SOCK_DGRAM, 0, "10.0.0.2:7");
}

static void teardown(void)
{
    stage_close(&stage);
}

START_TEST(readiness_follows_the_queue)
{
    drill_enter(stage.server);
    struct drill_pollfd item = {.fd = far, .events = -1};
    ck_assert_int_eq(drill_poll(&item, 1, 0), 1);
    ck_assert_int_eq(item.revents, ALWAYS);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:7"), 1);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_poll(&item, 1, 0), 1);
    ck_assert_int_eq(item.revents, ALWAYS | POLLIN | POLLRDNORM);
}
END_TEST

START_TEST(netstat_shows_what_waits_and_who_is_connected)
{
    static struct lines lines;

    lines = (struct lines){0};
    ck_assert_int_eq(datagram_connect(stage.client, near, "10.0.0.2:7"), 0);
    ck_assert_int_eq(datagram_send(stage.client, near, "x", NULL), 1);
    drill_netstat(stage.world, lines_add, &lines);
    ck_assert_uint_eq(lines_with(&lines, "10.0.0.1:1000"), 1);
    ck_assert_uint_eq(lines_with(&lines, "ESTAB"), 1);
    ck_assert_uint_eq(lines_with(&lines, "UNCONN"), 1);
    ck_assert_uint_eq(lines_with(&lines, "832"), 1);
}
END_TEST

START_TEST(what_is_lost_is_counted_and_traced)
{
    static struct lines lines;

    lines = (struct lines){0};
    drill_trace_to(stage.world, lines_add, &lines);
    drill_inet_lose(&stage.world->sim, 12, "want of a test");
    ck_assert_uint_eq(drill_stats(stage.world).dropped, 1);
    ck_assert_uint_eq(lines_with(&lines, "packet #12: lost <- want of a test"), 1);
    drill_trace_to(stage.world, NULL, NULL);
}
END_TEST

START_TEST(a_trace_does_not_change_the_hash)
{
    static struct lines lines;
    uint64_t hashes[2];

    for (int traced = 0; traced < 2; traced++) {
        lines = (struct lines){0};
        stage_close(&stage);
        setup();
        drill_trace_to(stage.world, traced ? lines_add : NULL, &lines);
        ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:7"), 1);
        ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.2:9"), 1);
        ck_assert_int_eq(datagram_send(stage.client, near, "x", "10.0.0.9:9"), 1);
        hashes[traced] = drill_hash(stage.world);
        drill_trace_to(stage.world, NULL, NULL);
    }
    ck_assert_uint_eq(hashes[0], hashes[1]);
}
END_TEST

Suite *inet_suite(void)
{
    Suite *suite = suite_create("inet");
    TCase *tests = tcase_create("inet");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, readiness_follows_the_queue);
    tcase_add_test(tests, netstat_shows_what_waits_and_who_is_connected);
    tcase_add_test(tests, what_is_lost_is_counted_and_traced);
    tcase_add_test(tests, a_trace_does_not_change_the_hash);
    suite_add_tcase(suite, tests);
    return suite;
}
