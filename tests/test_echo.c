#include "emu/echo.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/datagrams.h"

static struct stage stage;
static int fd;

static void setup(void)
{
    stage_open(&stage, NULL);
}

static void teardown(void)
{
    stage_close(&stage);
}

static void ping(bool v6)
{
    uint8_t packet[12];

    fd = datagram_socket(stage.client, SOCK_RAW, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
                         v6 ? "[::]:0" : "0.0.0.0:0");
    ck_assert_int_eq(datagram_connect(stage.client, fd, v6 ? "[fd00::2]:0" : "10.0.0.2:0"), 0);
    datagram_echo(packet, v6);
    ck_assert_int_eq(give(stage.client, fd, packet, sizeof packet, 0), sizeof packet);
}

START_TEST(an_echo_comes_back_after_one_round_trip)
{
    const bool v6 = _i != 0;
    const size_t header = v6 ? 0 : 20;
    uint8_t heard[64];

    stage_link(&stage, &(struct drill_link){.delay_ns = 4 * DRILL_MS});
    ping(v6);
    ck_assert_int_eq(drill_run_until(stage.world, 8 * DRILL_MS - 1), 0);
    datagram_none(stage.client, fd);
    ck_assert_int_eq(drill_run_until(stage.world, 8 * DRILL_MS), 0);
    ck_assert_int_eq(take(stage.client, fd, heard, sizeof heard, 0), (ssize_t)header + 12);
    ck_assert_uint_eq(heard[header], v6 ? 129 : 0);
    ck_assert_mem_eq(heard + header + 4, "\x12\x34\0\1ping", 8);
}
END_TEST

START_TEST(a_damaged_request_is_not_answered)
{
    ck_assert_int_eq(
        drill_link_set(stage.client, stage.server, &(struct drill_link){.corrupt_ppm = 1000000}),
        0);
    ping(_i != 0);
    datagram_settle(&stage);
    datagram_none(stage.client, fd);
}
END_TEST

START_TEST(a_host_that_is_down_does_not_answer)
{
    ck_assert_int_eq(drill_crash(stage.server), 0);
    ping(_i != 0);
    datagram_settle(&stage);
    datagram_none(stage.client, fd);
}
END_TEST

START_TEST(without_memory_the_answer_is_lost)
{
    ping(false);
    uint8_t heard[64];
    ck_assert_int_eq(take(stage.client, fd, heard, sizeof heard, 0), 32);
    datagram_echo(heard, false);
    stage_fail(&stage, 2);
    ck_assert_int_eq(give(stage.client, fd, heard, 12, 0), 12);
    stage_fail(&stage, 0);
    datagram_none(stage.client, fd);
    ck_assert_uint_eq(drill_stats(stage.world).dropped, 1);
}
END_TEST

START_TEST(only_messages_have_a_type)
{
    struct drill_mem *mem = &stage.world->sim.mem;
    struct drill_dgram *dgram = drill_dgram_new(mem, 28);

    memset(dgram->bytes, 0, 28);
    dgram->target = drill_addr_any4;
    dgram->header = 20;
    dgram->bytes[20] = 8;
    dgram->protocol = IPPROTO_ICMP;
    ck_assert_int_eq(drill_echo_type(dgram), 8);
    dgram->protocol = IPPROTO_UDP;
    ck_assert_int_eq(drill_echo_type(dgram), -1);
    dgram->protocol = IPPROTO_ICMPV6;
    ck_assert_int_eq(drill_echo_type(dgram), -1);
    dgram->target = drill_addr_any6;
    dgram->header = 21;
    ck_assert_int_eq(drill_echo_type(dgram), -1);
    drill_dgram_drop(dgram, mem);
}
END_TEST

Suite *echo_suite(void)
{
    Suite *suite = suite_create("echo");
    TCase *tests = tcase_create("echo");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_echo_comes_back_after_one_round_trip, 0, 2);
    tcase_add_loop_test(tests, a_damaged_request_is_not_answered, 0, 2);
    tcase_add_loop_test(tests, a_host_that_is_down_does_not_answer, 0, 2);
    tcase_add_test(tests, without_memory_the_answer_is_lost);
    tcase_add_test(tests, only_messages_have_a_type);
    suite_add_tcase(suite, tests);
    return suite;
}
