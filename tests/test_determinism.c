#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/sockdrill.h"

/* One run with a bit of everything: a lossy, jittery network with TCP and UDP across it, Unix
 * sockets, faults, a partition, a crash.  Its trace is digested; every compiler, level of
 * optimisation and sanitizer that runs these tests must come to the same digest. */

enum { BYTES = 200000, DATAGRAMS = 100 };

#define GOLDEN_LINES  UINT64_C(875)
#define GOLDEN_DIGEST UINT64_C(0xf31604cfb6b1e41d)

struct run {
    struct drill_host *server, *client;
    uint64_t digest;
    uint64_t lines;
};

static void digest_line(void *context, const char *line)
{
    struct run *run = context;

    for (; *line != '\0'; line++)
        run->digest = (run->digest ^ (uint8_t)*line) * UINT64_C(0x100000001b3);
    run->digest = (run->digest ^ '\n') * UINT64_C(0x100000001b3);
    run->lines++;
}

static int64_t take_stream(void *argument)
{
    const struct drill_sockaddr here = drill_sockaddr_inet4(0, 0, 0, 0, 80);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char block[3000];

    (void)argument;
    drill_bind(listener, &here);
    drill_listen(listener, 5);
    for (;;) {
        const int fd = drill_accept(listener, NULL);
        if (fd < 0)
            return fd;
        while (drill_recvfrom(fd, block, sizeof block, 0, NULL) > 0)
            continue;
        drill_sendto(fd, "done", 4, MSG_NOSIGNAL, NULL);
        drill_close(fd);
    }
}

static int64_t give_stream(void *argument)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:80");
    static char block[BYTES];

    (void)argument;
    for (int i = 0; i < 3; i++) {
        const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
        char answer[8];
        drill_connect(fd, &there);
        drill_sendto(fd, block, sizeof block, MSG_NOSIGNAL, NULL);
        drill_shutdown(fd, SHUT_WR);
        drill_recvfrom(fd, answer, sizeof answer, 0, NULL);
        drill_close(fd);
    }
    return 0;
}

static int64_t echo_datagrams(void *argument)
{
    const struct drill_sockaddr here = drill_sockaddr_parse("[::]:53");
    const int fd = drill_socket(AF_INET6, SOCK_DGRAM, 0);
    struct drill_sockaddr from;
    char block[512];

    (void)argument;
    drill_bind(fd, &here);
    for (;;) {
        const ssize_t size = drill_recvfrom(fd, block, sizeof block, 0, &from);
        if (size < 0)
            return size;
        drill_sendto(fd, block, (size_t)size, 0, &from);
    }
}

static int64_t ask_datagrams(void *argument)
{
    const struct drill_sockaddr there = drill_sockaddr_parse("[fd00::1]:53");
    const int fd = drill_socket(AF_INET6, SOCK_DGRAM, 0);
    char block[300];

    (void)argument;
    drill_random(block, sizeof block);
    for (int i = 0; i < DATAGRAMS; i++) {
        drill_sendto(fd, block, sizeof block - (size_t)i, 0, &there);
        drill_set_read_deadline(fd, drill_monotonic() + 50 * DRILL_MS);
        drill_recvfrom(fd, block, sizeof block, 0, NULL);
    }
    return drill_close(fd);
}

static int64_t pass_local(void *argument)
{
    const struct drill_sockaddr name = drill_sockaddr_unix("@local");
    const int listener = drill_socket(AF_UNIX, SOCK_SEQPACKET, 0);
    const int fd = drill_socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char block[64];

    (void)argument;
    drill_bind(listener, &name);
    drill_listen(listener, 1);
    drill_connect(fd, &name);
    const int peer = drill_accept(listener, NULL);
    for (int i = 0; i < 20; i++) {
        drill_sendto(fd, block, (size_t)i, 0, NULL);
        drill_recvfrom(peer, block, sizeof block, 0, NULL);
        drill_sleep(7 * DRILL_MS);
    }
    return 0;
}

static void cut(void *context)
{
    const struct run *run = context;

    drill_partition(run->client, run->server);
}

static void mend(void *context)
{
    const struct run *run = context;

    drill_heal(run->client, run->server);
}

static void reboot(void *context)
{
    const struct run *run = context;

    drill_crash(run->server);
    drill_restart(run->server);
}

static struct run go(uint64_t seed)
{
    struct run run = {.digest = UINT64_C(0xcbf29ce484222325)};
    struct drill_world *world = drill_world_new(
        &(struct drill_config){.seed = seed, .trace = digest_line, .trace_context = &run});
    const struct drill_link bad = {.delay_ns = 15 * DRILL_MS,
                                   .jitter_ns = 4 * DRILL_MS,
                                   .jitter = DRILL_JITTER_PARETO,
                                   .rate_bps = 20000000,
                                   .queue_bytes = 60000,
                                   .loss_ppm = 15000,
                                   .duplicate_ppm = 5000,
                                   .reorder_ppm = 5000,
                                   .corrupt_ppm = 5000};

    run.server = drill_host_new(world, "server", "10.0.0.1");
    run.client = drill_host_new(world, "client", "10.0.0.2");
    drill_host_address(run.server, "fd00::1");
    drill_host_address(run.client, "fd00::2");
    drill_link_both(run.server, run.client, &bad);
    drill_boot(run.server, "stream", take_stream, NULL);
    drill_boot(run.server, "datagrams", echo_datagrams, NULL);
    drill_start(run.client, "stream", give_stream, NULL);
    drill_start(run.client, "datagrams", ask_datagrams, NULL);
    drill_start(run.client, "local", pass_local, NULL);
    drill_fault_add(world,
                    &(struct drill_fault){.what = "short_write", .bytes = 700, .ppm = 300000});
    drill_fault_add(
        world, &(struct drill_fault){.what = "errno", .call = "recv", .error = 4, .ppm = 20000});
    drill_at(world, 300 * DRILL_MS, cut, &run);
    drill_at(world, 1500 * DRILL_MS, mend, &run);
    drill_at(world, 4 * DRILL_SECOND, reboot, &run);
    ck_assert_int_eq(drill_run(world), 0);
    drill_world_free(world);
    return run;
}

START_TEST(a_seed_gives_one_trace)
{
    const struct run first = go(1), second = go(1);

    ck_assert_uint_eq(first.lines, second.lines);
    ck_assert_uint_eq(first.digest, second.digest);
}
END_TEST

START_TEST(another_seed_gives_another_trace)
{
    ck_assert_uint_ne(go(1).digest, go(2).digest);
}
END_TEST

/* Changes only with the behaviour of the network or the words of the trace; never with the build.
 */
START_TEST(every_build_gives_the_same_trace)
{
    const struct run run = go(42);

    ck_assert_msg(run.lines == GOLDEN_LINES && run.digest == GOLDEN_DIGEST,
                  "this build: %" PRIu64 " lines, digest 0x%016" PRIx64, run.lines, run.digest);
}
END_TEST

Suite *determinism_suite(void)
{
    Suite *suite = suite_create("determinism");
    TCase *tests = tcase_create("determinism");

    tcase_add_test(tests, a_seed_gives_one_trace);
    tcase_add_test(tests, another_seed_gives_another_trace);
    tcase_add_test(tests, every_build_gives_the_same_trace);
    suite_add_tcase(suite, tests);
    return suite;
}
