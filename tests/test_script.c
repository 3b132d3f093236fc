#include "tools/scenario.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define HOSTS                                                                                      \
    "host server 10.0.0.1\n"                                                                       \
    "host client 10.0.0.2\n"                                                                       \
    "link client <> server delay 20ms\n"

/* The server's side of one connection that brings nothing but what a test adds. */
#define SERVER(steps)                                                                              \
    "script server/serve\n"                                                                        \
    "  0s socket(tcp) = 3\n"                                                                       \
    "  bind(3, 0.0.0.0:80) = 0\n"                                                                  \
    "  listen(3, 1) = 0\n"                                                                         \
    "  0s...60ms accept(3) = 4 from 10.0.0.2:32768\n" steps "  close(3) = 0\n"                     \
    "end\n"
#define CLIENT(steps)                                                                              \
    "script client/ask\n"                                                                          \
    "  socket(tcp) = 3\n"                                                                          \
    "  0s...+40ms connect(3, 10.0.0.1:80) = 0\n" steps "end\n"

static struct drill_outcome run(const char *text, struct drill_order order)
{
    char said[256] = "";
    FILE *errors = fmemopen(said, sizeof said, "w");
    struct drill_text *read = drill_text_parse("s.drill", text, strlen(text), errors);
    struct drill_outcome outcome;

    fclose(errors);
    ck_assert_msg(read != NULL, "%s", said);
    ck_assert_int_eq(drill_stage_run(drill_text_scenario(read), &order, &outcome), 0);
    drill_text_free(read);
    return outcome;
}

static void passes(const char *text)
{
    const struct drill_outcome outcome = run(text, (struct drill_order){0});

    ck_assert_str_eq(outcome.sentence, "");
}

static void unmet(const char *text, const char *sentence)
{
    const struct drill_outcome outcome = run(text, (struct drill_order){0});

    ck_assert_str_eq(outcome.sentence, sentence);
    ck_assert_int_eq(outcome.kind, DRILL_UNMET);
}

/* A step of a script on one host is refused at its column. */
static void refused(const char *step, unsigned column, const char *why)
{
    char text[512], said[256] = "", place[32];
    FILE *errors = fmemopen(said, sizeof said, "w");

    snprintf(text, sizeof text, "host a 10.0.0.1\nscript a/s\n%s\nend\n", step);
    struct drill_text *read = drill_text_parse("s.drill", text, strlen(text), errors);
    fclose(errors);
    snprintf(place, sizeof place, "s.drill:3:%u: ", column);
    ck_assert_msg(read == NULL && strncmp(said, place, strlen(place)) == 0 &&
                      strstr(said, why) != NULL,
                  "%s: %s, not %s%s", step, said, place, why);
}

START_TEST(every_call_is_made_with_its_arguments)
{
    passes("host a 10.0.0.1 fd00::1\n"
           "script a/s\n"
           "  socket(tcp) = 3\n"
           "  socket(udp) = 4\n"
           "  socket(tcp6) = 5\n"
           "  socket(udp6) = 6\n"
           "  socket(unix) = 7\n"
           "  socket(unix-dgram) = 8\n"
           "  socket(seqpacket) = 9\n"
           "  bind(4, 10.0.0.1:70) = 0\n"
           "  sendto(4, \"a, (b)\", 10.0.0.1:70) = 6   # commas are no trouble in quotes\n"
           "  poll(4, POLLIN|OUT, 0) = POLLIN|POLLOUT\n"
           "  recvfrom(4, 100, MSG_PEEK) = \"a, (b)\" from 10.0.0.1:70\n"
           "  recv(4, 2, PEEK|TRUNC) = 6\n"
           "  recv(4, 100) = 6 \"a, (b)\"\n"
           "  nonblock(4, on) = 0\n"
           "  recv(4, 100, MSG_DONTWAIT) = EAGAIN\n"
           "  recv(4, 100) = -1 EAGAIN\n"
           "  nonblock(4, off) = 0\n"
           "  0s deadline(4, read, +20ms) = 0\n"
           "  0s...20ms recv(4, 100) = EAGAIN\n"
           "  +1s poll(4, POLLIN, 2s) = 0 only calm\n"
           "  +1s...+2s poll(4, POLLIN, 2s) = 0\n"
           "  3s...3.5s sleep(500ms) = 0\n"
           "  deadline(4, write, none) = 0\n"
           "  setsockopt(3, SO_REUSEADDR, 1) = 0\n"
           "  getsockopt(3, SO_REUSEADDR) = 1\n"
           "  getsockopt(3, SO_SNDBUF) = *\n"
           "  connect(3, 10.0.0.1:81) = ECONNREFUSED\n"
           "  bind(7, unix:@here) = 0\n"
           "  listen(7, 1) = 0\n"
           "  stop_io(4) = 0\n"
           "  recv(4, 100) = EBADF\n"
           "  shutdown(3, RDWR) = ENOTCONN\n"
           "  close(3) = 0\n"
           "  close(77) = EBADF\n"
           "end\n");
}
END_TEST

START_TEST(two_scripts_meet_to_the_nanosecond)
{
    passes(HOSTS SERVER("60ms...80ms recv(4, 9) = \"hel\\x6co\"\n"
                        "send(4, \"world\") = 5\n"
                        "close(4) = 0\n") CLIENT("60ms send(3, \"hello\") = 5\n"
                                                 "+0s...100ms recv(3, 9) = \"world\"\n"
                                                 "recv(3, 9) = 0\n"));
}
END_TEST

START_TEST(a_step_that_goes_otherwise_is_the_finding)
{
    unmet(HOSTS SERVER("close(4) = 0\n") CLIENT("send(3, \"hello\") = 4\n"),
          "s.drill:15: send(3, \"hello\") gave 5, not 4");
    unmet(HOSTS SERVER("send(4, \"a\\n\") = 2\n") CLIENT("recv(3, 9) = \"b\\n\"\n"),
          "s.drill:15: recv(3, 9) gave \"a\\x0a\", not \"b\\x0a\"");
    unmet(HOSTS SERVER("send(4, \"a\") = 1\n") CLIENT("0s...50ms recv(3, 9) = \"a\"\n"),
          "s.drill:15: recv(3, 9) was to begin at 0ns, and the step before it returned at 40ms");
    unmet(HOSTS SERVER("send(4, \"a\") = 1\n") CLIENT("40ms...50ms recv(3, 9) = \"a\"\n"),
          "s.drill:15: recv(3, 9) returned at 80ms, not at 50ms");
    unmet(HOSTS SERVER("send(4, \"a\") = 1\n") CLIENT("40ms recv(3, 9) = \"a\"\n"),
          "s.drill:15: recv(3, 9) returned at 80ms, not at 40ms");
    unmet(HOSTS SERVER("recv(4, 9) = ECONNRESET\n") CLIENT("close(3) = 0\n"),
          "s.drill:9: recv(4, 9) gave 0, not ECONNRESET");
    unmet(HOSTS "script server/s\n0s...* accept(3) = EBADF\nsocket(udp) = 3\n"
                "bind(3, 10.0.0.1:70) = 0\nrecvfrom(3, 9) = \"x\" from 10.0.0.2:1\nend\n"
                "script client/s\nsocket(udp) = 3\nsendto(3, \"x\", 10.0.0.1:70) = 1\nend\n",
          "s.drill:8: recvfrom(3, 9) came from 10.0.0.2:32768, not from 10.0.0.2:1");
}
END_TEST

START_TEST(a_calm_run_has_no_times)
{
    const struct drill_outcome outcome =
        run(HOSTS SERVER("recv(4, 9) = \"x\"\n") CLIENT("1s...2s send(3, \"x\") = 1\n"),
            (struct drill_order){.calm = true});

    ck_assert_str_eq(outcome.sentence, "");
    ck_assert_int_eq(outcome.virtual_ns, DRILL_SECOND);
}
END_TEST

START_TEST(steps_are_checked_word_by_word)
{
    refused("soket(tcp) = 3", 1, "expected socket, connect");
    refused("  socket(sctp) = 3", 10, "expected tcp, udp");
    refused("socket (tcp) = 3", 1, "expected socket(...)");
    refused("socket(tcp = 3", 7, "closing parenthesis");
    refused("socket tcp = 3", 1, "expected socket(...)");
    refused("socket(tcp)", 11, "expected = and the result");
    refused("socket(tcp) 3", 13, "expected ) and =");
    refused("socket(tcp) =", 14, "expected a result");
    refused("socket(tcp) = three", 15, "expected a number, an errno");
    refused("socket(tcp) = \"3\"", 15, "socket gives no bytes");
    refused("socket(tcp) = 3 4", 17, "expected the end of the line");
    refused("soon socket(tcp) = 3", 1, "expected socket, connect");
    refused("1x socket(tcp) = 3", 1, "expected a time");
    refused("1s...soon socket(tcp) = 3", 1, "expected a time");
    refused("close(x) = 0", 7, "expected a descriptor");
    refused("connect(3, nowhere) = 0", 12, "expected an address");
    refused("recv(3, lots) = 0", 9, "expected bytes");
    refused("recv(3, 2000000) = 0", 9, "at most 1 MiB");
    refused("recv(3, 9, MSG_SOON) = 0", 12, "expected = or flags");
    refused("recv(3, 9) = 4 \"abc\"", 16, "expected 4 bytes");
    refused("recv(3, 9) = \"abc\" from", 24, "expected an address");
    refused("poll(3, SOON, 1s) = 0", 9, "expected bits");
    refused("shutdown(3, ALL) = 0", 13, "expected RD, WR or RDWR");
    refused("nonblock(3, maybe) = 0", 13, "expected on or off");
    refused("setsockopt(3, SO_NOTHING, 1) = 0", 15, "expected an option");
    refused("deadline(3, some, 1s) = 0", 13, "expected read or write");
    refused("sleep(long) = 0", 7, "expected a time");
    refused("send(3, \"x) = 1", 5, "closing parenthesis");
}
END_TEST

START_TEST(a_script_needs_its_end)
{
    char said[128] = "";
    FILE *errors = fmemopen(said, sizeof said, "w");
    const char *text = "host a 10.0.0.1\nscript a/s\n socket(tcp) = 3\n";

    ck_assert_ptr_null(drill_text_parse("s.drill", text, strlen(text), errors));
    fclose(errors);
    ck_assert_str_eq(said, "s.drill:3:1: expected a line `end` of the script\n");
}
END_TEST

Suite *script_suite(void);

Suite *script_suite(void)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("steps");

    tcase_add_test(tests, every_call_is_made_with_its_arguments);
    tcase_add_test(tests, two_scripts_meet_to_the_nanosecond);
    tcase_add_test(tests, a_step_that_goes_otherwise_is_the_finding);
    tcase_add_test(tests, a_calm_run_has_no_times);
    tcase_add_test(tests, steps_are_checked_word_by_word);
    tcase_add_test(tests, a_script_needs_its_end);
    suite_add_tcase(suite, tests);
    return suite;
}
