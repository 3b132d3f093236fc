/*
 * scenarios/subjects/jobs.c - a server that does jobs, one connection after the other, and its
 * clients.
 *
 *   jobs_server [at=10.0.0.1:7] [backlog=16] [warmup=0s]   listens, gets ready, and then accepts
 *   jobs_client job=0..31 [to=10.0.0.1:7] [tries=8] [patience=5s] [pause=200ms]
 *   jobs_audit count=N [to=10.0.0.1:7]                     counts what was done
 *
 * A job is done once, however often it is asked for, and the server says so.  Clients ask until
 * they have heard it.  One mistake is known:
 *
 *   bug=sent-is-done  who could connect and send needs no answer
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { AUDIT = '?', JOBS = 32 };

static void serve(int fd, uint32_t *done)
{
    uint8_t asked, answer;

    kit_patience(fd, DRILL_SECOND);
    if (kit_recv_all(fd, &asked, 1) < 0)
        return;
    if (asked < JOBS)
        *done |= UINT32_C(1) << asked;
    answer = asked == AUDIT ? (uint8_t)__builtin_popcount(*done) : asked;
    kit_send_all(fd, &answer, 1);
}

SUBJECT(jobs_server)
{
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"),
                                    (int)kit_number(argc, argv, "backlog", 16));
    uint32_t done = 0;
    int fd;

    if (listener < 0)
        return kit_status(listener);
    drill_sleep(kit_time(argc, argv, "warmup", 0));
    while ((fd = drill_accept(listener, NULL)) != -EBADF) {
        if (fd >= 0) {
            serve(fd, &done);
            drill_close(fd);
        } else if (fd != -EINTR && fd != -ECONNABORTED) {
            drill_sleep(100 * DRILL_MS);
        }
    }
    drill_close(listener);
    return 0;
}

/* Asks once: 0, and the answer. */
static int ask(const char *to, int64_t patience_ns, uint8_t asked, uint8_t *answer)
{
    const int fd = kit_connect(to, patience_ns);

    if (fd < 0)
        return fd;
    kit_patience(fd, patience_ns);
    int result = kit_send_all(fd, &asked, 1);
    if (result == 0 && answer != NULL)
        result = kit_recv_all(fd, answer, 1);
    drill_close(fd);
    return result;
}

SUBJECT(jobs_client)
{
    const char *to = kit_text(argc, argv, "to", "10.0.0.1:7");
    const int64_t patience = kit_time(argc, argv, "patience", 5 * DRILL_SECOND);
    const uint8_t job = (uint8_t)kit_number(argc, argv, "job", 0);
    int64_t pause = kit_time(argc, argv, "pause", 200 * DRILL_MS);
    uint8_t answer = job;
    int result;

    for (int64_t tries = kit_number(argc, argv, "tries", 8);
         (result = ask(to, patience, job, kit_bug(argc, argv, "sent-is-done") ? NULL : &answer)) <
             0 &&
         tries > 1;
         tries--) {
        drill_reached("asked-again");
        drill_sleep(pause);
        pause *= 2;
    }
    return kit_status(result == 0 && answer != job ? -EBADMSG : result);
}

SUBJECT(jobs_audit)
{
    const int64_t count = kit_number(argc, argv, "count", 0);
    uint8_t done;
    const int result =
        ask(kit_text(argc, argv, "to", "10.0.0.1:7"), 5 * DRILL_SECOND, AUDIT, &done);

    if (result == 0 && done != count)
        drill_broken("%d jobs are done, and %lld were reported done", done, (long long)count);
    return kit_status(result);
}
