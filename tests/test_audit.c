#include "emu/audit.h"

#include <check.h>
#include <sys/socket.h>

#include "emu/tcp.h"
#include "emu/unix.h"
#include "tests/helpers.h"

enum { MANY = 100000 };

static struct drill_mem mem;
static struct drill_audit audit;
static struct drill_breach breach;
static uint8_t bytes[MANY];

static void setup(void)
{
    for (size_t i = 0; i < MANY; i++)
        bytes[i] = byte_at(i);
    drill_mem_init(&mem, 0);
    drill_audit_init(&audit, &mem);
}

static void teardown(void)
{
    drill_audit_fini(&audit);
    ck_assert_uint_eq(mem.live, 0);
    drill_mem_fini(&mem);
}

static struct drill_args part(struct drill_iovec *room, size_t from, size_t size)
{
    *room = (struct drill_iovec){.base = bytes + from, .size = size};
    return (struct drill_args){.parts = room, .part_count = 1, .size = size};
}

static void send_some(uint64_t key, size_t from, size_t size)
{
    struct drill_iovec room;
    const struct drill_args args = part(&room, from, size);

    drill_audit_sent(&audit, key, &args, 0, size);
}

/* Bytes of another place are not the ones that were sent, unless they are meant to be. */
static bool receive_some(uint64_t key, size_t from, size_t size)
{
    struct drill_iovec room;
    const struct drill_args args = part(&room, from, size);

    return drill_audit_received(&audit, key, &args, 0, size, &breach);
}

START_TEST(what_was_sent_may_be_received_in_any_pieces)
{
    size_t sent = 0, received = 0;

    for (size_t size = 1; sent < MANY; size = size * 7 % 5003 + 1) {
        const size_t count = size < MANY - sent ? size : MANY - sent;
        send_some(1, sent, count);
        sent += count;
        const size_t unread = sent - received, part_of = unread * (size % 3) / 2;
        const size_t some = part_of < unread ? part_of : unread;
        ck_assert(!receive_some(1, received, some));
        received += some;
    }
    ck_assert(!receive_some(1, received, MANY - received));
    ck_assert_uint_eq(audit.streams->received, MANY);
}
END_TEST

START_TEST(a_wrong_byte_is_told_with_its_place)
{
    send_some(1, 0, 3000);
    ck_assert(!receive_some(1, 0, 2000));
    bytes[2500] ^= 0x10;
    ck_assert(receive_some(1, 2000, 1000));
    ck_assert_uint_eq(breach.place, 2500);
    ck_assert_uint_eq(breach.sent ^ breach.received, 0x10);
    ck_assert(!breach.extra);
}
END_TEST

START_TEST(a_byte_too_many_is_told)
{
    send_some(1, 0, 10);
    ck_assert(receive_some(1, 0, 11));
    ck_assert_uint_eq(breach.place, 10);
    ck_assert(breach.extra);
    ck_assert(receive_some(2, 0, 1)); /* nobody has sent anything there */
    ck_assert_uint_eq(breach.place, 0);
}
END_TEST

START_TEST(after_the_first_breach_the_direction_is_left_alone)
{
    send_some(1, 0, 10);
    ck_assert(receive_some(1, 5, 1));
    ck_assert(!receive_some(1, 7, 1));
    send_some(1, 10, 10);
    ck_assert_ptr_null(audit.streams->first);
}
END_TEST

START_TEST(directions_do_not_mix)
{
    send_some(1, 0, 10);
    send_some(2, 50, 10);
    ck_assert(!receive_some(2, 50, 10));
    ck_assert(!receive_some(1, 0, 10));
}
END_TEST

START_TEST(bytes_given_to_nobody_are_passed_over_but_must_have_been_sent)
{
    send_some(1, 0, 100);
    ck_assert(!drill_audit_skipped(&audit, 1, 40, &breach));
    ck_assert(!receive_some(1, 40, 20));
    ck_assert(drill_audit_skipped(&audit, 1, 41, &breach));
    ck_assert(breach.extra);
}
END_TEST

START_TEST(a_direction_whose_order_is_broken_on_purpose_is_not_looked_at)
{
    send_some(1, 0, 100);
    drill_audit_end(&audit, 1);
    ck_assert(!receive_some(1, 50, 100));
    drill_audit_end(&audit, 2);
    ck_assert(!receive_some(2, 50, 100));
    ck_assert_uint_eq(audit.lost, 0);
}
END_TEST

START_TEST(memory_follows_the_bytes_that_are_unread)
{
    send_some(1, 0, MANY);
    ck_assert_uint_ge(mem.live_bytes, MANY);
    ck_assert(!receive_some(1, 0, MANY - 10));
    ck_assert_uint_lt(mem.live_bytes, MANY / 20);
    ck_assert(!receive_some(1, MANY - 10, 10));
    ck_assert_ptr_null(audit.streams->first);
    drill_audit_forget(&audit, 1);
    ck_assert_uint_eq(mem.live, 0);
    drill_audit_forget(&audit, 1);
}
END_TEST

/* Whatever fails, nothing is found that was not there, and nothing is left (see teardown). */
START_TEST(without_memory_an_audit_ends_in_silence)
{
    const uint64_t asked = 3 + 5 + 2 * (1 + 5); /* the table, streams and copies of three */

    for (uint64_t n = 1; n < 30; n++) {
        drill_audit_fini(&audit);
        drill_audit_init(&audit, &mem);
        mem.fail_at = mem.count + n;
        for (uint64_t key = 1; key < 4; key++) {
            send_some(key, 0, 2500);
            send_some(key, 2500, 2500);
            ck_assert(!receive_some(key, 0, 5000));
        }
        ck_assert_uint_le(audit.lost, 3);
        ck_assert_uint_eq(audit.lost > 0, n <= asked);
    }
}
END_TEST

static struct stage stage;

static const char *corrupted(void)
{
    return drill_evidence(stage.world).corrupted;
}

static void set_stage(void)
{
    stage_open(&stage, &(struct drill_config){.evidence = true});
    stage_connect(&stage);
}

static void clear_stage(void)
{
    stage_close(&stage);
}

/* A byte of what the client has sent flips on its way. */
static void flip(uint64_t place)
{
    struct drill_conn *conn = stage.world->net.conns;
    struct drill_pipe *pipe = &conn->pipes[0];

    pipe->ring[place & (pipe->capacity - 1)] ^= 1;
}

START_TEST(a_bit_that_flips_in_a_connection_is_found)
{
    say(stage.client, stage.near, "hello");
    flip(1);
    char got[5];
    take(stage.server, stage.far, got, 5, 0);
    ck_assert_str_eq(corrupted(),
                     "server/main recv(4) got byte 1 of a stream as 0x64, not as 0x65");
}
END_TEST

START_TEST(a_byte_that_vanishes_in_a_connection_is_found)
{
    say(stage.client, stage.near, "hello");
    stage.world->net.conns->pipes[0].read++;
    hear(stage.server, stage.far, "ello");
    ck_assert_ptr_nonnull(corrupted());
}
END_TEST

START_TEST(a_byte_that_comes_twice_is_found)
{
    say(stage.client, stage.near, "aa");
    hear(stage.server, stage.far, "a");
    stage.world->net.conns->pipes[0].read--;
    hear(stage.server, stage.far, "aa");
    ck_assert_str_eq(corrupted(),
                     "server/main recv(4) got byte 2 of a stream, which was never sent");
}
END_TEST

START_TEST(what_is_only_peeked_or_thrown_away_breaks_nothing)
{
    char got[16];

    say(stage.client, stage.near, "hello, world");
    ck_assert_int_eq(take(stage.server, stage.far, got, 5, MSG_PEEK), 5);
    ck_assert_int_eq(take(stage.server, stage.far, got, 7, MSG_TRUNC), 7);
    hear(stage.server, stage.far, "world");
    ck_assert_ptr_null(corrupted());
}
END_TEST

START_TEST(urgent_bytes_end_the_audit_of_their_direction_only)
{
    say(stage.client, stage.near, "ab");
    give(stage.client, stage.near, "cd", 2, MSG_OOB);
    say(stage.client, stage.near, "ef");
    hear(stage.server, stage.far, "abc");
    hear(stage.server, stage.far, "ef");
    ck_assert_ptr_null(corrupted());
    say(stage.server, stage.far, "back");
    stage.world->net.conns->pipes[1].read++;
    hear(stage.client, stage.near, "ack");
    ck_assert_ptr_nonnull(corrupted());
}
END_TEST

/* What a send that waits has put into the connection is received before it returns. */
START_TEST(a_long_send_and_its_receiver_agree_all_the_way)
{
    stage_link(&stage, &(struct drill_link){.delay_ns = DRILL_MS, .loss_ppm = 10000});
    stage_stream(&stage, true, 3000000);
    stage_stream(&stage, false, 3000000);
    ck_assert_ptr_null(corrupted());
    ck_assert_uint_eq(drill_evidence(stage.world).unaudited, 0);
    ck_assert_uint_eq(stage.world->sim.audit.streams->received, 3000000);
}
END_TEST

START_TEST(messages_in_parts_are_looked_at_too)
{
    char one[3], two[20];
    struct drill_iovec parts[] = {{"he", 2}, {"llo", 3}}, rooms[] = {{one, 3}, {two, 20}};
    const struct drill_message sent = {.parts = parts, .part_count = 2};
    struct drill_message got = {.parts = rooms, .part_count = 2};

    drill_enter(stage.client);
    ck_assert_int_eq(drill_sendmsg_n(stage.near, &sent, 0), 5);
    flip(4);
    drill_enter(stage.server);
    ck_assert_int_eq(drill_recvmsg(stage.far, &got, 0), 5);
    ck_assert_ptr_nonnull(corrupted());
}
END_TEST

START_TEST(a_pair_of_unix_sockets_is_looked_at_too)
{
    int fds[2];

    drill_enter(stage.client);
    ck_assert_int_eq(drill_socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    say(stage.client, fds[0], "first");
    hear(stage.client, fds[1], "first");
    ck_assert_ptr_null(corrupted());
    say(stage.client, fds[0], "second");
    drill_unix_of(drill_fds_find(&stage.client->fds, fds[1]))->first->data[0] ^= 1;
    hear(stage.client, fds[1], "recond");
    ck_assert_ptr_nonnull(corrupted());
}
END_TEST

START_TEST(a_connection_takes_its_copies_with_it)
{
    static char much[50000];

    give(stage.client, stage.near, much, sizeof much, 0);
    const uint64_t before = drill_stats(stage.world).live_bytes;
    end(stage.client, stage.near);
    end(stage.server, stage.far);
    drill_run(stage.world);
    ck_assert_ptr_null(stage.world->sim.audit.streams);
    ck_assert_uint_lt(drill_stats(stage.world).live_bytes, before - 2 * sizeof much);
}
END_TEST

static TCase *streams(void)
{
    TCase *tests = tcase_create("streams");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_sent_may_be_received_in_any_pieces);
    tcase_add_test(tests, a_wrong_byte_is_told_with_its_place);
    tcase_add_test(tests, a_byte_too_many_is_told);
    tcase_add_test(tests, after_the_first_breach_the_direction_is_left_alone);
    tcase_add_test(tests, directions_do_not_mix);
    tcase_add_test(tests, bytes_given_to_nobody_are_passed_over_but_must_have_been_sent);
    tcase_add_test(tests, a_direction_whose_order_is_broken_on_purpose_is_not_looked_at);
    tcase_add_test(tests, memory_follows_the_bytes_that_are_unread);
    tcase_add_test(tests, without_memory_an_audit_ends_in_silence);
    return tests;
}

static TCase *sockets(void)
{
    TCase *tests = tcase_create("sockets");

    tcase_add_checked_fixture(tests, set_stage, clear_stage);
    tcase_add_test(tests, a_bit_that_flips_in_a_connection_is_found);
    tcase_add_test(tests, a_byte_that_vanishes_in_a_connection_is_found);
    tcase_add_test(tests, a_byte_that_comes_twice_is_found);
    tcase_add_test(tests, what_is_only_peeked_or_thrown_away_breaks_nothing);
    tcase_add_test(tests, urgent_bytes_end_the_audit_of_their_direction_only);
    tcase_add_test(tests, a_long_send_and_its_receiver_agree_all_the_way);
    tcase_add_test(tests, messages_in_parts_are_looked_at_too);
    tcase_add_test(tests, a_pair_of_unix_sockets_is_looked_at_too);
    tcase_add_test(tests, a_connection_takes_its_copies_with_it);
    return tests;
}

Suite *audit_suite(void);

Suite *audit_suite(void)
{
    Suite *suite = suite_create("audit");

    suite_add_tcase(suite, streams());
    suite_add_tcase(suite, sockets());
    return suite;
}
