#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/stage.h"

/* Serves one client: gives back what it gets, until the end. */
static int serve(int argc, char **argv)
{
    struct drill_sockaddr here = drill_sockaddr_parse("0.0.0.0:80");
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char bytes[64];
    ssize_t got;

    (void)argc;
    (void)argv;
    drill_bind(listener, &here);
    drill_listen(listener, 8);
    const int fd = drill_accept(listener, NULL);
    while ((got = drill_read(fd, bytes, sizeof bytes)) > 0)
        drill_write(fd, bytes, (size_t)got);
    drill_close(fd);
    drill_close(listener);
    return (int)got;
}

/* Says its arguments and hears them again. */
static int ask(int argc, char **argv)
{
    struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:80");
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    int result = drill_connect(fd, &there);

    for (int i = 1; result == 0 && i < argc; i++) {
        const size_t size = strlen(argv[i]);
        char bytes[64] = "";
        size_t heard = 0;
        result = drill_write(fd, argv[i], size) == (ssize_t)size ? 0 : -EPIPE;
        while (result == 0 && heard < size) {
            const ssize_t got = drill_read(fd, bytes + heard, size - heard);
            result = got > 0 ? 0 : got < 0 ? (int)got : -EPROTO;
            heard += got > 0 ? (size_t)got : 0;
        }
        if (result == 0 && strcmp(bytes, argv[i]) != 0)
            result = 7;
    }
    drill_close(fd);
    return result;
}

/* What a test makes of the scenario below. */
struct play {
    drill_subject *server, *client;
    const char *rule;
    int64_t delay_ns;
    int (*more)(struct drill_stage *stage, struct drill_host *server, struct drill_host *client);
};

static int build(struct drill_stage *stage, void *context)
{
    static const char *const words[] = {"ask", "hello", "world"};
    const struct play *play = context;
    struct drill_world *world = drill_stage_world(stage);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
    int result = drill_link_both(server, client, &(struct drill_link){.delay_ns = play->delay_ns});

    if (result == 0)
        result = drill_stage_task(stage, server, "serve",
                                  play->server != NULL ? play->server : serve, 0, NULL);
    if (result == 0)
        result = drill_stage_task(stage, client, "ask", play->client != NULL ? play->client : ask,
                                  3, words);
    if (result == 0 && play->rule != NULL)
        result = drill_stage_fault(stage, play->rule);
    return result == 0 && play->more != NULL ? play->more(stage, server, client) : result;
}

static struct drill_outcome run(struct play *play, const struct drill_order *order)
{
    static const struct drill_order plain = {0};
    const struct drill_scenario scenario = {.name = "echo", .build = build, .context = play};
    struct drill_outcome outcome;

    ck_assert_int_eq(drill_stage_run(&scenario, order != NULL ? order : &plain, &outcome), 0);
    return outcome;
}

START_TEST(two_tasks_that_end_well_pass)
{
    const struct drill_outcome outcome = run(&(struct play){.delay_ns = 20 * DRILL_MS}, NULL);

    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_int_eq(outcome.kind, DRILL_PASSED);
    ck_assert_uint_eq(outcome.seed, 1);
    ck_assert_int_eq(outcome.virtual_ns, 140 * DRILL_MS);
}
END_TEST

START_TEST(a_log_of_a_run_is_replayed_to_the_same_run)
{
    struct play play = {.delay_ns = 20 * DRILL_MS, .rule = "split chance 50%"};
    struct drill_log *log = drill_log_new();
    char why[200];

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct drill_order recorded = {
            .seed = seed, .seeded = true, .swarm = true, .log = log};
        const struct drill_order replayed = {
            .swarm = true, .oracle = drill_log_oracle, .oracle_context = log};
        const struct drill_outcome first = run(&play, &recorded);
        ck_assert_uint_eq(first.decisions, drill_log_count(log));
        const struct drill_outcome second = run(&play, &replayed);
        ck_assert_uint_eq(second.decisions, first.decisions);
        ck_assert_uint_eq(second.strikes, first.strikes);
        ck_assert_int_eq(second.virtual_ns, first.virtual_ns);
        ck_assert_msg(drill_log_misfit(log, why, sizeof why) == 0, "%s", why);
    }
    drill_log_free(log);
}
END_TEST

START_TEST(a_swarm_leaves_a_family_out_in_half_of_the_runs)
{
    struct play play = {.delay_ns = 20 * DRILL_MS, .rule = "split chance 90%"};
    int struck = 0;

    for (uint64_t seed = 1; seed <= 100; seed++)
        struck +=
            run(&play,
                &(struct drill_order){.seed = seed, .seeded = true, .swarm = true, .quick = true})
                .strikes > 0;
    ck_assert_int_gt(struck, 30);
    ck_assert_int_lt(struck, 70);
}
END_TEST

/* Serves one after the other, as long as its host is up. */
static int serve_all(int argc, char **argv)
{
    while (serve(argc, argv) >= 0)
        continue;
    return 0;
}

static int cut_for_good(struct drill_stage *stage, struct drill_host *server,
                        struct drill_host *client)
{
    if (!drill_stage_order(stage)->calm)
        drill_partition(client, server);
    return drill_stage_calm(stage, 5500 * DRILL_MS, 30 * DRILL_SECOND);
}

static int cut_and_hurried(struct drill_stage *stage, struct drill_host *server,
                           struct drill_host *client)
{
    cut_for_good(stage, server, client);
    return drill_stage_calm(stage, 5500 * DRILL_MS, DRILL_SECOND);
}

START_TEST(at_the_calm_what_is_cut_heals_and_there_is_a_time_to_be_done)
{
    struct play play = {.delay_ns = 20 * DRILL_MS, .more = cut_for_good};
    struct drill_outcome outcome = run(&play, NULL);

    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_int_eq(outcome.virtual_ns, 7 * DRILL_SECOND); /* when a SYN is next due */
    play.more = cut_and_hurried;
    outcome = run(&play, NULL);
    ck_assert_int_eq(outcome.kind, DRILL_LATE);
    ck_assert_str_eq(outcome.sentence, "server/serve has not ended within 1s of the calm at 5.5s");
    outcome = run(&play, &(struct drill_order){.calm = true});
    ck_assert_int_eq(outcome.kind, DRILL_PASSED);
    ck_assert_int_eq(outcome.virtual_ns, 0);
}
END_TEST

static void crash_host(void *host)
{
    drill_crash(host);
}

/* The server goes down, and the client begins to ask when only the calm has started it again. */
static int build_crash(struct drill_stage *stage, void *context)
{
    static const char *const words[] = {"ask", "hello"};
    struct drill_world *world = drill_stage_world(stage);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
    int result = drill_stage_boot(stage, server, "serve", serve_all, 0, NULL);

    (void)context;
    if (result == 0)
        result = drill_stage_at(stage, DRILL_SECOND, crash_host, server);
    if (result == 0)
        result = drill_stage_task_at(stage, 3 * DRILL_SECOND, client, "ask", ask, 2, words);
    return result == 0 ? drill_stage_calm(stage, 2 * DRILL_SECOND, 60 * DRILL_SECOND) : result;
}

START_TEST(at_the_calm_who_is_down_starts_with_its_boots)
{
    const struct drill_scenario scenario = {.name = "crash", .build = build_crash};
    struct drill_outcome outcome;

    ck_assert_int_eq(drill_stage_run(&scenario, &(struct drill_order){0}, &outcome), 0);
    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_int_eq(outcome.virtual_ns, 3 * DRILL_SECOND);
}
END_TEST

static void hear(void *context, const char *line)
{
    ++*(int *)context;
    (void)line;
}

START_TEST(a_run_is_the_same_whoever_listens)
{
    struct play play = {.delay_ns = 20 * DRILL_MS, .rule = "split chance 50%"};
    int lines = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct drill_order alone = {.seed = seed, .seeded = true};
        const struct drill_order heard = {.seed = seed,
                                          .seeded = true,
                                          .trace = hear,
                                          .trace_context = &lines,
                                          .report = hear,
                                          .report_context = &lines};
        ck_assert_uint_eq(run(&play, &alone).hash, run(&play, &heard).hash);
    }
    ck_assert_int_gt(lines, 200);
}
END_TEST

static int build_nothing(struct drill_stage *stage, void *context)
{
    (void)stage;
    return context != NULL ? -ENOMEM : 0;
}

static int build_wrong(struct drill_stage *stage, void *context)
{
    struct drill_host *host = drill_host_new(drill_stage_world(stage), "a", "10.0.0.1");
    const int result = drill_stage_task(stage, host, "t", ask, 0, NULL);

    ck_assert_int_eq(drill_stage_task(stage, NULL, "t", ask, 0, NULL), -EINVAL);
    ck_assert_int_eq(drill_stage_service(stage, host, "", ask, 0, NULL), -EINVAL);
    ck_assert_int_eq(drill_stage_boot(stage, host, "t", NULL, 0, NULL), -EINVAL);
    ck_assert_int_eq(drill_stage_expect_exit(stage, "a/x", 0), -EINVAL);
    ck_assert_int_eq(drill_stage_expect_by(stage, "t", 0), -EINVAL);
    ck_assert_int_eq(drill_stage_calm(stage, -1, 0), -EINVAL);
    ck_assert_int_eq(drill_stage_fault(stage, "sudden"), -EINVAL);
    return result == 0 ? *(int *)context : result;
}

START_TEST(what_cannot_be_set_up_is_no_run)
{
    int lines = 0, answer = -EINVAL;
    const struct drill_order order = {.report = hear, .report_context = &lines};
    struct drill_outcome outcome;

    ck_assert_int_eq(
        drill_stage_run(&(struct drill_scenario){.build = build_nothing}, &order, &outcome),
        -EINVAL);
    ck_assert_int_eq(lines, 1);
    ck_assert_int_eq(
        drill_stage_run(&(struct drill_scenario){.build = build_nothing, .context = &lines}, &order,
                        &outcome),
        -ENOMEM);
    ck_assert_int_eq(
        drill_stage_run(&(struct drill_scenario){.build = build_wrong, .context = &answer}, &order,
                        &outcome),
        -EINVAL);
    ck_assert_int_eq(lines, 8);
}
END_TEST

/* Accepts for as long as it is let; keeps, or gives back, what it has. */
static int host_guests(bool careless)
{
    struct drill_sockaddr here = drill_sockaddr_parse("10.0.0.1:80");
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char bytes[64];
    ssize_t got = 0;
    int fd = listener;

    drill_bind(listener, &here);
    drill_listen(listener, 8);
    while (fd >= 0) {
        fd = drill_accept(listener, NULL);
        while (fd >= 0 && (got = drill_read(fd, bytes, sizeof bytes)) > 0)
            drill_write(fd, bytes, (size_t)got);
        if (fd >= 0 && !careless)
            drill_close(fd);
    }
    drill_close(listener);
    return fd == -EBADF ? 0 : fd;
}

static int careful(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return host_guests(false);
}

static int careless(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return host_guests(true);
}

static int build_service(struct drill_stage *stage, void *context)
{
    static const char *const words[] = {"ask", "hello"};
    struct drill_world *world = drill_stage_world(stage);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");

    drill_link_both(server, client, &(struct drill_link){.delay_ns = DRILL_MS});
    const int result =
        drill_stage_service(stage, server, "serve", *(drill_subject *const *)context, 0, NULL);
    return result == 0 ? drill_stage_task(stage, client, "ask", ask, 2, words) : result;
}

START_TEST(a_service_is_stopped_at_the_end_and_what_it_leaves_is_a_leak)
{
    drill_subject *subjects[] = {careful, careless};
    const enum drill_finding_kind kinds[] = {DRILL_PASSED, DRILL_LEAKED};
    struct drill_outcome outcome;

    for (int i = 0; i < 2; i++) {
        const struct drill_scenario scenario = {
            .name = "service", .build = build_service, .context = &subjects[i]};
        ck_assert_int_eq(drill_stage_run(&scenario, &(struct drill_order){0}, &outcome), 0);
        ck_assert_msg(outcome.kind == kinds[i], "%s", outcome.sentence);
    }
    ck_assert_str_eq(outcome.sentence, "server has 1 descriptor left open, the first is 4");
}
END_TEST

START_TEST(standard_rules_befall_a_program_that_has_none_of_its_own)
{
    struct play play = {.delay_ns = 20 * DRILL_MS};
    uint64_t strikes = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct drill_order order = {
            .seed = seed, .seeded = true, .quick = true, .faults = DRILL_STANDARD_HOSTILE};
        strikes += run(&play, &order).strikes;
    }
    ck_assert_uint_gt(strikes, 20);
    ck_assert_uint_eq(run(&play, NULL).strikes, 0);
    ck_assert_uint_eq(
        run(&play, &(struct drill_order){.faults = DRILL_STANDARD, .calm = true}).strikes, 0);
}
END_TEST

Suite *stage_suite(void);

Suite *stage_suite(void)
{
    Suite *suite = suite_create("stage");
    TCase *tests = tcase_create("a run");

    tcase_add_test(tests, two_tasks_that_end_well_pass);
    tcase_add_test(tests, a_log_of_a_run_is_replayed_to_the_same_run);
    tcase_add_test(tests, a_swarm_leaves_a_family_out_in_half_of_the_runs);
    tcase_add_test(tests, at_the_calm_what_is_cut_heals_and_there_is_a_time_to_be_done);
    tcase_add_test(tests, at_the_calm_who_is_down_starts_with_its_boots);
    tcase_add_test(tests, a_run_is_the_same_whoever_listens);
    tcase_add_test(tests, what_cannot_be_set_up_is_no_run);
    tcase_add_test(tests, a_service_is_stopped_at_the_end_and_what_it_leaves_is_a_leak);
    tcase_add_test(tests, standard_rules_befall_a_program_that_has_none_of_its_own);
    suite_add_tcase(suite, tests);
    return suite;
}
