#include "emu/rights.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/abi.h"
#include "tests/locals.h"

enum { CHAIN = 3000 };

static struct drill_file *file_of(int fd)
{
    return drill_fds_find(&locals_host->fds, fd);
}

/* Control data of one message, as a program gives it. */
struct given {
    struct drill_control_head head;
    int32_t data[8];
};

static struct drill_args args_of(struct given *given, int type, size_t size)
{
    given->head = (struct drill_control_head){
        .size = sizeof given->head + size, .level = DRILL_SOL_SOCKET, .type = type};
    return (struct drill_args){.control = given, .control_size = sizeof given->head + size};
}

START_TEST(taken_files_stay_open_until_they_are_dropped)
{
    struct drill_passed *taken;
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    struct given given = {.data = {pair[0], pair[0]}};
    const struct drill_args args = args_of(&given, DRILL_SCM_RIGHTS, 8);
    ck_assert_int_eq(drill_rights_take(locals_host, &args, &taken), 0);
    ck_assert_uint_eq(taken->count, 2);
    ck_assert_uint_eq(file_of(pair[0])->refs, 3);
    drill_close(pair[0]);
    ck_assert_int_eq(local_bits(pair[1]) & DRILL_POLLHUP, 0);
    drill_rights_drop(locals_host, taken);
    ck_assert_int_ne(local_bits(pair[1]) & DRILL_POLLHUP, 0);
    drill_rights_drop(locals_host, NULL);
}
END_TEST

START_TEST(a_bad_number_takes_none)
{
    struct drill_passed *taken;
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    struct given given = {.data = {pair[0], 999}};
    const struct drill_args args = args_of(&given, DRILL_SCM_RIGHTS, 8);
    ck_assert_int_eq(drill_rights_take(locals_host, &args, &taken), -EBADF);
    ck_assert_ptr_null(taken);
    ck_assert_uint_eq(file_of(pair[0])->refs, 1);
    ck_assert_uint_eq(locals_host->unix_passed, 0);
}
END_TEST

START_TEST(without_memory_nothing_is_taken)
{
    struct drill_passed *taken;
    int pair[2];

    local_pair(SOCK_STREAM, pair);
    struct given given = {.data = {pair[0]}};
    const struct drill_args args = args_of(&given, DRILL_SCM_RIGHTS, 4);
    locals_world->sim.mem.fail_at = locals_world->sim.mem.count + 1;
    ck_assert_int_eq(drill_rights_take(locals_host, &args, &taken), -ENOMEM);
    ck_assert_ptr_null(taken);
    ck_assert_uint_eq(file_of(pair[0])->refs, 1);
}
END_TEST

START_TEST(nobody_can_claim_to_be_somebody_else)
{
    struct given own = {.data = {1, 0, 0}}, other = {.data = {1, 0, 100}};
    const struct drill_args as_own = args_of(&own, DRILL_SCM_CREDENTIALS, 12);
    const struct drill_args as_other = args_of(&other, DRILL_SCM_CREDENTIALS, 12);
    struct drill_passed *taken;

    ck_assert_int_eq(drill_rights_take(locals_host, &as_own, &taken), 0);
    ck_assert_ptr_null(taken);
    ck_assert_int_eq(drill_rights_take(locals_host, &as_other, &taken), -EPERM);
}
END_TEST

START_TEST(what_has_no_number_is_lost_and_told)
{
    _Alignas(8) uint8_t room[64];
    struct drill_args to = {.control = room, .control_size = sizeof room};
    struct drill_control found;
    struct drill_passed *taken;
    size_t at = 0;
    int pair[2], fd;

    local_pair(SOCK_STREAM, pair);
    struct given given = {.data = {pair[0], pair[1]}};
    const struct drill_args args = args_of(&given, DRILL_SCM_RIGHTS, 8);
    ck_assert_int_eq(drill_rights_take(locals_host, &args, &taken), 0);
    locals_host->fds.limit = (uint32_t)pair[1] + 2;
    drill_rights_give(locals_host, taken, &to);
    drill_rights_drop(locals_host, taken);
    ck_assert_int_eq(to.out_flags, DRILL_MSG_CTRUNC);
    to.control_size = to.control_used;
    ck_assert_int_eq(drill_control_next(&to, &at, &found), 1);
    ck_assert_uint_eq(found.size, sizeof fd);
    memcpy(&fd, found.data, sizeof fd);
    ck_assert_int_eq(fd, pair[1] + 1);
    ck_assert_ptr_eq(file_of(fd), file_of(pair[0]));
    ck_assert_uint_eq(file_of(pair[0])->refs, 2);
    ck_assert_uint_eq(file_of(pair[1])->refs, 1);
}
END_TEST

/* Each pair carries the one before, so one close is the end of all: not one within the other. */
static int64_t close_chain(void *argument)
{
    int pair[2], carried[2];

    (void)argument;
    local_pair(SOCK_STREAM, carried);
    for (int i = 0; i < CHAIN; i++) {
        local_pair(SOCK_STREAM, pair);
        ck_assert_int_eq(local_send_fds(pair[0], carried, 2), 1);
        drill_close(carried[0]);
        drill_close(carried[1]);
        memcpy(carried, pair, sizeof pair);
    }
    drill_close(pair[0]);
    ck_assert_uint_eq(locals_host->unix_passed, CHAIN);
    drill_close(pair[1]);
    return (int64_t)locals_host->unix_passed;
}

START_TEST(a_long_chain_of_files_in_flight_falls_on_a_small_stack)
{
    ck_assert_int_eq(run_task(locals_host, close_chain, NULL), 0);
    ck_assert_uint_eq(locals_host->fds.count, 0);
}
END_TEST

Suite *rights_suite(void);

Suite *rights_suite(void)
{
    Suite *suite = suite_create("rights");
    TCase *tests = tcase_create("rights");

    tcase_add_checked_fixture(tests, locals_open, locals_close);
    tcase_add_test(tests, taken_files_stay_open_until_they_are_dropped);
    tcase_add_test(tests, a_bad_number_takes_none);
    tcase_add_test(tests, without_memory_nothing_is_taken);
    tcase_add_test(tests, nobody_can_claim_to_be_somebody_else);
    tcase_add_test(tests, what_has_no_number_is_lost_and_told);
    tcase_add_test(tests, a_long_chain_of_files_in_flight_falls_on_a_small_stack);
    suite_add_tcase(suite, tests);
    return suite;
}
