#include "tools/scenario.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of the test's own library, so that `library` finds it beside the scenario. */
#define PATH DRILL_TEST_FOLDER "/test.drill"

/* What all texts here begin with. */
#define HOSTS                                                                                      \
    "library drill_test_subject.so\n"                                                              \
    "host server 10.0.0.1\n"                                                                       \
    "host client 10.0.0.2 fd00::2\n"
#define TASKS                                                                                      \
    HOSTS "task server/hear hear 80\n"                                                             \
          "task client/greet greet 10.0.0.1:80 hello\n"                                            \
          "expect server/hear exit 5\n"

static struct drill_text *parse(const char *text, char said[256])
{
    FILE *errors = fmemopen(said, 256, "w");
    struct drill_text *read = drill_text_parse(PATH, text, strlen(text), errors);

    fclose(errors);
    return read;
}

/* Reads and runs a text. */
static struct drill_outcome run(const char *text, const struct drill_order *order)
{
    static const struct drill_order plain = {0};
    char said[256] = "";
    struct drill_outcome outcome;
    struct drill_text *read = parse(text, said);

    ck_assert_msg(read != NULL, "%s", said);
    ck_assert_int_eq(
        drill_stage_run(drill_text_scenario(read), order != NULL ? order : &plain, &outcome), 0);
    drill_text_free(read);
    return outcome;
}

static void passes(const char *text)
{
    const struct drill_outcome outcome = run(text, NULL);

    ck_assert_msg(outcome.kind == DRILL_PASSED, "%s", outcome.sentence);
}

static void finds(const char *text, enum drill_finding_kind kind, const char *sentence)
{
    const struct drill_outcome outcome = run(text, NULL);

    ck_assert_msg(strstr(outcome.sentence, sentence) != NULL, "%s", outcome.sentence);
    ck_assert_int_eq(outcome.kind, kind);
}

/* The last line of a text is wrong, at this column and for this reason. */
static void refused(const char *text, unsigned column, const char *why)
{
    unsigned line = 1;
    char said[256] = "", place[160];
    struct drill_text *read = parse(text, said);

    for (const char *c = text; *c != '\0'; c++)
        line += *c == '\n';
    ck_assert_msg(read == NULL, "%s: was taken", text);
    snprintf(place, sizeof place, PATH ":%u:%u: ", line, column);
    ck_assert_msg(strncmp(said, place, strlen(place)) == 0 && strstr(said, why) != NULL,
                  "%s\nwanted %s%s\ncame   %s", text, place, why, said);
}

START_TEST(subjects_of_a_library_act_in_the_world_that_is_run)
{
    passes(TASKS);
    const struct drill_outcome outcome = run(TASKS "link client > server delay 30ms\n", NULL);
    ck_assert_int_eq(outcome.virtual_ns, 60 * DRILL_MS);
}
END_TEST

START_TEST(every_statement_is_taken)
{
    passes(
        "about what happens, and \"what\" it's for\n"
        "tag A1 establishment\n"
        "mode hostile\n"
        "seed 7\n" TASKS "name www 10.0.0.1 10.0.0.9\n"
        "link client <> server delay 1ms jitter 1ms shape pareto rate 10Mbit queue 64KiB loss 0% "
        "duplicate 0% reorder 0% reorder_by 1ms corrupt 0% mtu 1500 # calm enough\n"
        "link * > * delay 2ms\n"
        "at 1s task client/late greet 10.0.0.1:80 \"two words\"\n"
        "bug client/late greet 10.0.0.1:81 x\n"
        "expect client/late exit ECONNREFUSED\n"
        "fault some: split chance 50%\n"
        "at 2s fault drop chance 1%\n"
        "at 2s crash server\n"
        "at 3s restart server\n"
        "at 3s kill server\n"
        "at 3s pause client\n"
        "at 4s resume client\n"
        "at 4s partition client > server\n"
        "at 4s heal client <> server\n"
        "at 4s hold * > server\n"
        "at 4s release * > *\n"
        "at 4s link client > server delay 3ms\n"
        "at 4s clock client step -30s\n"
        "at 4s clock client drift -500\n"
        "at 4s limit client descriptors 9\n"
        "at 4s limit client ports 2\n"
        "at 4s limit client overflow reset\n"
        "at 5s limit client overflow drop\n"
        "calm at 5s within 10s\n"
        "limit time 1h\n"
        "limit calls 1000\n"
        "expect client/greet by 1s\n"
        "allow unused\n"
        "allow leak only calm\n"
        "script client/raw\n"
        "   # nothing\n"
        "   0s socket(tcp) = * only chaos\n"
        "end\n");
}
END_TEST

START_TEST(what_is_no_statement_is_refused_at_its_place)
{
    refused("hots server 10.0.0.1", 1, "expected host, link, task");
    refused("  at 1s host x 10.0.0.1", 9, "expected crash, partition");
    refused("crash server", 1, "expected host, link");
    refused("at soon crash x", 4, "expected a time");
    refused("at 1s", 6, "expected what happens then");
    refused("about", 6, "expected what happens");
    refused("tag", 4, "expected a tag");
    refused("mode wild", 6, "expected faithful or hostile");
    refused("faults", 7, "expected standard or hostile");
    refused("faults wild", 8, "expected standard or hostile");
    refused("seed 0", 6, "expected a seed from 1 on");
    refused("seed 1 2", 8, "expected the end of the line");
    refused("library \"\"", 9, "expected the file of a library");
    refused("library nowhere.so", 9, "expected a library beside the scenario");
    refused("host \"x", 6, "closing quote");
    refused("choose fault \"x\\0\" 0 = 1", 14, "expected a place without a NUL");
}
END_TEST

START_TEST(a_nul_is_told_with_its_place)
{
    static const char text[] = "host server 10.0.0.1\nhost\0";
    char said[256] = "";
    FILE *errors = fmemopen(said, sizeof said, "w");

    ck_assert_ptr_null(drill_text_parse("x.drill", text, sizeof text, errors));
    fclose(errors);
    ck_assert_str_eq(said, "x.drill:2:5: expected a text, and there is a NUL in it\n");
}
END_TEST

START_TEST(hosts_and_links_are_checked_word_by_word)
{
    refused("host", 5, "expected the name of a host");
    refused("host x", 7, "expected an IP address");
    refused("host x 10.0.0.1:80", 8, "expected an IP address");
    refused("host x/y 10.0.0.1", 6, "without / *");
    refused(HOSTS "host server 10.0.0.3", 6, "expected a new host");
    refused("host x 10.0.0.1 only calm", 6, "expected a host that is in every run");
    refused(HOSTS "name www nowhere", 10, "expected an IP address");
    refused(HOSTS "link client", 12, "expected > or <>");
    refused(HOSTS "link client to server", 13, "expected > or <>");
    refused(HOSTS "link client > nobody", 15, "expected a host of a line above");
    refused(HOSTS "link * > server speed 3", 17, "expected delay, jitter");
    refused(HOSTS "link * > server delay -1s", 23, "not negative");
    refused(HOSTS "link * > server delay", 22, "expected a delay");
    refused(HOSTS "link * > server loss 101%", 22, "expected a chance");
    refused(HOSTS "link * > server shape round", 23, "expected uniform, normal");
    refused(HOSTS "link * > server mtu 70000", 21, "at most 65536");
    refused(HOSTS "link * > server delay 1s mtu 9 delay 2s", 32, "expected it once");
    refused("host \"a\\0b\" 10.0.0.1", 6, "expected the name of a host");
}
END_TEST

START_TEST(tasks_are_checked_word_by_word)
{
    refused(HOSTS "task server", 6, "expected HOST/NAME");
    refused(HOSTS "task nobody/x hear", 6, "expected a host of a line above, not 'nobody'");
    refused(HOSTS "task server/x", 14, "expected a subject");
    refused(HOSTS "task server/x nothing", 15, "expected a subject of the libraries");
    refused(TASKS "service server/hear hear", 9, "expected a new task");
    refused(TASKS "bug server/x hear", 5, "expected a task of a line above");
    refused(TASKS "bug server/hear hear\nbug server/hear hear", 5, "one bug for each");
    refused(TASKS "script client/x\n socket(tcp) = 3\nend\nbug client/x hear", 5, "not a script");
    refused(HOSTS, 1, "expected a task or a script before the end");
}
END_TEST

START_TEST(faults_and_actions_are_checked_on_reading)
{
    refused(TASKS "fault", 6, "expected a fault");
    refused(TASKS "fault sudden 3", 7, "there is no fault 'sudden'");
    refused(TASKS "at 1s fault  drop chance much", 26, "expected a chance");
    refused(TASKS "fault drop host nobody", 1, "there is no host nobody");
    refused(TASKS "at 1s fault drop host nobody only chaos", 1, "there is no host nobody");
    refused(TASKS "fault errno ENOTDIR call recv", 1, "without force");
    refused(TASKS "fault a: drop\nfault a: drop", 7, "expected a new label");
    refused(TASKS "at 1s remove a", 14, "expected the label of a fault");
    refused(TASKS "at 1s crash nobody", 13, "expected a host of a line above");
    refused(TASKS "at 1s clock client jump 3s", 20, "expected step or drift");
    refused(TASKS "at 1s clock client drift 3s", 26, "expected a drift");
    refused(TASKS "at 1s limit client", 19, "expected descriptors, ports or overflow");
    refused(TASKS "limit client overflow", 22, "expected reset or drop");
    refused(TASKS "limit client ports 0", 20, "expected a number from 1");
    refused(TASKS "at 1s limit time 3s", 13, "expected a host");
    refused(TASKS "calm 3s", 6, "expected at T");
    refused(TASKS "calm at 3s within", 18, "expected a time");
}
END_TEST

START_TEST(expectations_are_checked_word_by_word)
{
    refused(TASKS "expect", 7, "expected a task, as HOST/NAME");
    refused(TASKS "expect server/x exit 0", 8, "expected a task of a line above");
    refused(TASKS "expect server/hear well", 20, "expected exit, by, received or digest");
    refused(TASKS "expect server/hear exit ESOMETHING", 25, "expected a status");
    refused(TASKS "expect server/hear exit -3", 25, "expected a status");
    refused(TASKS "expect server/hear by noon", 23, "expected a time");
    refused(TASKS "expect server/hear digest xyz", 27, "expected a digest");
    refused(TASKS "expect server/hear received", 28, "expected the bytes");
    refused(TASKS "expect hits a 3", 13, "expected the label of a fault");
    refused(TASKS "fault a: drop\nexpect hits a some", 15, "expected a number, or N+");
    refused(TASKS "expect reached a-mark-with-a-name-that-is-far-too-long", 16, "less than 32");
    refused(TASKS "allow everything", 7, "expected leak, descriptors");
}
END_TEST

START_TEST(a_bug_stands_in_when_it_is_wanted)
{
    const char *text = TASKS "bug client/greet greet 10.0.0.1:80 hi\n";
    struct drill_outcome outcome = run(text, NULL);

    ck_assert_int_eq(outcome.kind, DRILL_PASSED);
    outcome = run(text, &(struct drill_order){.bug = true});
    ck_assert_int_eq(outcome.kind, DRILL_EXITED);
    ck_assert_str_eq(outcome.sentence, "server/hear ended with 2, not with 5");
}
END_TEST

START_TEST(memory_that_fails_is_not_that_of_the_scenario)
{
    for (int nth = 1; nth < 30; nth++) {
        char text[1024];
        snprintf(text, sizeof text,
                 TASKS "fault allocation %d\nfault split chance 1%%\n"
                       "task client/late greet 10.0.0.1:81 hello\n"
                       "expect client/late exit any\nexpect client/greet exit any\n"
                       "expect server/hear exit any\nallow stall\nallow unused\n",
                 nth);
        run(text, NULL);
    }
}
END_TEST

START_TEST(every_host_is_every_one_of_the_lines_above)
{
    passes(HOSTS "task server/hear hear 80\nlink * <> * delay 10ms\nhost late 10.0.0.9\n"
                 "task client/greet greet 10.0.0.1:80 hello\nexpect server/hear exit 5\n"
                 "at 1ms partition late > *\n");
}
END_TEST

START_TEST(a_calm_run_has_no_chaos)
{
    const char *text = TASKS "link client <> server delay 1s\n"
                             "fault reset call write\n"
                             "at 0s partition client > server\n"
                             "expect client/greet exit ETIMEDOUT only chaos\n"
                             "expect server/hear by 0s only calm\n";
    const struct drill_outcome outcome = run(text, &(struct drill_order){.calm = true});

    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_int_eq(outcome.virtual_ns, 0);
    finds(text, DRILL_STALLED, "server/hear waits in accept");
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_taken_or_refused)
{
    const char *text =
        TASKS "at 1s task client/late greet 10.0.0.1:81 \"two\\x20words\"\n"
              "link * <> * delay 1ms loss 3%\nat 2s fault y: drop chance 1%\n"
              "calm at 5s within 10s\nexpect hits y 0+ only chaos\n"
              "script client/raw\n"
              "1s...+3ms recvfrom(3, 100, MSG_PEEK) = 3 \"a\\nb\" from [fd00::1]:80\n"
              "poll(3, POLLIN|POLLOUT, 3s) = -1 EBADF\nend\n";
    const size_t size = strlen(text);

    for (size_t cut = 0; cut <= size; cut++) {
        drill_text_free(drill_text_parse(PATH, text, cut, NULL));
        char *copy = strndup(text, size);
        for (int c = 0; c < 256 && cut < size; c += 31) {
            copy[cut] = (char)c;
            drill_text_free(drill_text_parse(PATH, copy, size, NULL));
        }
        free(copy);
    }
}
END_TEST

static int pretend(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* A block of the manual that is a scenario, without its libraries: its end, or NULL. */
static char *next_block(char *manual, char *block)
{
    char *begin = strstr(manual, "```drill\n");

    if (begin == NULL)
        return NULL;
    begin += strlen("```drill\n");
    char *end = strstr(begin, "```");
    *end = '\0';
    block[0] = '\0';
    for (char *line = strtok(begin, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, "library ", 8) != 0) {
            strncat(block, line, 4095 - strlen(block));
            strncat(block, "\n", 4095 - strlen(block));
        }
    return end + 1;
}

START_TEST(the_examples_of_the_manual_are_scenarios)
{
    static char manual[65536], block[4096];
    FILE *file = fopen(DRILL_SCENARIOS "/LANGUAGE.md", "re");
    char *at = manual;
    int count = 0;

    ck_assert_ptr_nonnull(file);
    manual[fread(manual, 1, sizeof manual - 1, file)] = '\0';
    fclose(file);
    drill_subject_register("rpc_server", pretend);
    drill_subject_register("rpc_client", pretend);
    for (; (at = next_block(at, block)) != NULL; count++)
        if (strstr(block, "expect hits") == NULL)
            passes(block);
        else
            finds(block, DRILL_UNMET, "the rule lost has struck 0 times, not 1");
    ck_assert_int_eq(count, 2);
}
END_TEST

Suite *scenario_suite(void);

Suite *scenario_suite(void)
{
    Suite *suite = suite_create("scenario");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, subjects_of_a_library_act_in_the_world_that_is_run);
    tcase_add_test(tests, every_statement_is_taken);
    tcase_add_test(tests, what_is_no_statement_is_refused_at_its_place);
    tcase_add_test(tests, a_nul_is_told_with_its_place);
    tcase_add_test(tests, hosts_and_links_are_checked_word_by_word);
    tcase_add_test(tests, tasks_are_checked_word_by_word);
    tcase_add_test(tests, faults_and_actions_are_checked_on_reading);
    tcase_add_test(tests, expectations_are_checked_word_by_word);
    tcase_add_test(tests, a_bug_stands_in_when_it_is_wanted);
    tcase_add_test(tests, memory_that_fails_is_not_that_of_the_scenario);
    tcase_add_test(tests, every_host_is_every_one_of_the_lines_above);
    tcase_add_test(tests, a_calm_run_has_no_chaos);
    tcase_add_test(tests, a_file_that_is_cut_anywhere_is_taken_or_refused);
    tcase_add_test(tests, the_examples_of_the_manual_are_scenarios);
    suite_add_tcase(suite, tests);
    return suite;
}
