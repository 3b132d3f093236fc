/*
 * scenarios/subjects/sniff.c - a server that looks at the first bytes to know which protocol comes.
 *
 *   sniff_server [at=10.0.0.1:7] [patience=3s]
 *   sniff_client [to=10.0.0.1:7] [hello=SECURE] [patience=5s]
 *
 * A line that begins with SECURE is answered "secure", any other "plain".  The server looks with
 * MSG_PEEK, as the bytes belong to whom it hands the connection, and looks again a little later
 * when what is there could still become either.  It knows this mistake:
 *
 *   bug=peek-once   it looks once, and takes what it sees for all of the first line
 */
#include <errno.h>
#include <stdio.h>

#include "scenarios/subjects/kit.h"

enum { LINE = 64 };

static const char magic[] = "SECURE";

struct habits {
    int64_t patience_ns;
    bool once;
};

/* Whether the peer speaks the secure protocol: 1 or 0. */
static int sniff(int fd, const struct habits *habits)
{
    const int64_t until = drill_monotonic() + habits->patience_ns;
    char bytes[sizeof magic - 1];

    while (drill_monotonic() < until) {
        const ssize_t seen = drill_recvfrom(fd, bytes, sizeof bytes, MSG_PEEK, NULL);
        if (seen == -EINTR)
            continue;
        if (seen <= 0)
            return seen < 0 ? (int)seen : -ENODATA;
        if (memcmp(bytes, magic, (size_t)seen) != 0)
            return 0;
        if (seen == sizeof bytes || habits->once)
            return seen == sizeof bytes;
        drill_reached("saw-a-part");
        drill_sleep(5 * DRILL_MS);
    }
    return -ETIMEDOUT;
}

static void serve(int fd, void *context)
{
    const struct habits *habits = context;
    char line[LINE];

    kit_patience(fd, habits->patience_ns);
    const int secure = sniff(fd, habits);
    if (secure < 0 || kit_recv_line(fd, line, sizeof line) < 0)
        return;
    const char *answer = secure ? "secure\n" : "plain\n";
    kit_send_all(fd, answer, strlen(answer));
}

SUBJECT(sniff_server)
{
    struct habits habits = {
        .patience_ns = kit_time(argc, argv, "patience", 3 * DRILL_SECOND),
        .once = kit_bug(argc, argv, "peek-once"),
    };

    return kit_status(kit_serve(argc, argv, serve, &habits));
}

SUBJECT(sniff_client)
{
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    const char *hello = kit_text(argc, argv, "hello", magic);
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), patience);
    char line[LINE];

    if (fd < 0)
        return kit_status(fd);
    kit_patience(fd, patience);
    const int length = snprintf(line, sizeof line, "%s\n", hello);
    int result = kit_send_all(fd, line, (size_t)length);
    if (result == 0)
        result = (int)kit_recv_line(fd, line, sizeof line);
    const char *wanted = strncmp(hello, magic, strlen(magic)) == 0 ? "secure" : "plain";
    if (result >= 0 && strcmp(line, wanted) != 0)
        drill_broken("who said %s was taken for %s", hello, line);
    drill_close(fd);
    return kit_status(result);
}
