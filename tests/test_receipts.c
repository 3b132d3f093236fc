#include "emu/receipts.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/helpers.h"

static struct stage stage;

static void setup(void)
{
    stage_open(&stage, &(struct drill_config){.evidence = true});
    stage_connect(&stage);
}

static void teardown(void)
{
    stage_close(&stage);
}

static struct drill_received received(void)
{
    return drill_received(stage.client, "main");
}

/* The vectors of draft-eastlake-fnv. */
START_TEST(the_digest_is_fnv_1a)
{
    ck_assert_uint_eq(drill_digest(0, NULL, 0), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(drill_digest(0, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(drill_digest(0, "foobar", 6), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(drill_digest(drill_digest(0, "foo", 3), "bar", 3),
                      UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(what_a_task_has_received_is_counted_and_digested)
{
    ck_assert_uint_eq(received().count, 0);
    ck_assert_uint_eq(received().digest, drill_digest(0, NULL, 0));
    say(stage.server, stage.far, "hello, ");
    hear(stage.client, stage.near, "hello, ");
    say(stage.server, stage.far, "world");
    hear(stage.client, stage.near, "world");
    ck_assert_uint_eq(received().count, 12);
    ck_assert_uint_eq(received().digest, drill_digest(0, "hello, world", 12));
    ck_assert_uint_eq(received().first_size, 12);
    ck_assert_mem_eq(received().first, "hello, world", 12);
    ck_assert_uint_eq(drill_received(stage.server, "main").count, 0);
}
END_TEST

START_TEST(peeked_and_discarded_bytes_are_not_received)
{
    char got[16];

    say(stage.server, stage.far, "hello, world");
    take(stage.client, stage.near, got, 5, MSG_PEEK);
    take(stage.client, stage.near, got, 7, MSG_TRUNC);
    hear(stage.client, stage.near, "world");
    ck_assert_uint_eq(received().digest, drill_digest(0, "world", 5));
}
END_TEST

START_TEST(of_much_only_the_beginning_is_kept)
{
    static char much[5000], got[5000];

    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (char)byte_at(i);
    give(stage.server, stage.far, much, sizeof much, 0);
    for (size_t at = 0; at < sizeof much; at += 100)
        take(stage.client, stage.near, got + at, 100, 0);
    ck_assert_uint_eq(received().count, sizeof much);
    ck_assert_uint_eq(received().digest, drill_digest(0, much, sizeof much));
    ck_assert_uint_eq(received().first_size, DRILL_RECEIPT_FIRST);
    ck_assert_mem_eq(received().first, much, DRILL_RECEIPT_FIRST);
}
END_TEST

START_TEST(of_a_datagram_what_had_room_is_received)
{
    const struct drill_sockaddr addr = drill_sockaddr_parse("10.0.0.1:7");
    char got[4];

    drill_enter(stage.client);
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(drill_bind(fd, &addr), 0);
    drill_enter(stage.server);
    const int from = drill_socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(drill_sendto(from, "datagram", 8, 0, &addr), 8);
    ck_assert_int_eq(take(stage.client, fd, got, sizeof got, MSG_TRUNC), 8);
    ck_assert_uint_eq(received().digest, drill_digest(0, "data", 4));
}
END_TEST

static int64_t receive_a_byte(void *unused)
{
    char byte;

    (void)unused;
    return drill_recvfrom(stage.near, &byte, 1, 0, NULL);
}

START_TEST(tasks_of_one_name_have_one_receipt_that_outlives_them)
{
    say(stage.server, stage.far, "ab");
    ck_assert_int_eq(run_task(stage.client, receive_a_byte, NULL), 1);
    ck_assert_int_eq(run_task(stage.client, receive_a_byte, NULL), 1);
    ck_assert_uint_eq(drill_received(stage.client, "task").digest, drill_digest(0, "ab", 2));
    ck_assert_uint_eq(received().count, 0);
}
END_TEST

START_TEST(without_memory_nothing_is_noted)
{
    for (uint64_t n = 1; n <= 2; n++) {
        struct drill_receipt *receipts = NULL;
        struct drill_mem mem;
        drill_mem_init(&mem, n);
        ck_assert_ptr_null(drill_receipts_need(&receipts, &mem, stage.client, "task"));
        ck_assert_ptr_nonnull(drill_receipts_need(&receipts, &mem, stage.client, "task"));
        ck_assert_ptr_null(drill_receipts_find(receipts, stage.server, "task"));
        drill_receipts_fini(&receipts, &mem);
        ck_assert_uint_eq(mem.live, 0);
        drill_mem_fini(&mem);
    }
}
END_TEST

START_TEST(who_does_not_look_notes_nothing)
{
    teardown();
    stage_open(&stage, NULL);
    stage_connect(&stage);
    say(stage.server, stage.far, "x");
    hear(stage.client, stage.near, "x");
    ck_assert_uint_eq(received().count, 0);
}
END_TEST

Suite *receipts_suite(void);

Suite *receipts_suite(void)
{
    Suite *suite = suite_create("receipts");
    TCase *tests = tcase_create("receipts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_digest_is_fnv_1a);
    tcase_add_test(tests, what_a_task_has_received_is_counted_and_digested);
    tcase_add_test(tests, peeked_and_discarded_bytes_are_not_received);
    tcase_add_test(tests, of_much_only_the_beginning_is_kept);
    tcase_add_test(tests, of_a_datagram_what_had_room_is_received);
    tcase_add_test(tests, tasks_of_one_name_have_one_receipt_that_outlives_them);
    tcase_add_test(tests, without_memory_nothing_is_noted);
    tcase_add_test(tests, who_does_not_look_notes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
