/*
 * scenarios/subjects/peer.c - two equals, each of whom may be the one who takes leave.
 *
 *   peer_left [at=10.0.0.1:7] [idle=100ms]       waits for the other
 *   peer_right [to=10.0.0.1:7] [idle=200ms]      comes
 *
 * Both say "hello".  Who has heard nothing for so long says "bye" and nothing more; who hears it
 * says "so long", unless it has said "bye" already, and both are done when the stream has ended.
 *
 *   bug=answer-always   every "bye" is answered, as if it were the first
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { LINE = 16 };

#define PATIENCE_NS (5 * DRILL_SECOND)

static int say_last(int fd, const char *word)
{
    kit_patience(fd, PATIENCE_NS);
    const int result = kit_send_all(fd, word, strlen(word));

    return result < 0 ? result : drill_shutdown(fd, SHUT_WR);
}

static int talk(int fd, int64_t idle_ns, bool answer_always)
{
    int result = kit_send_all(fd, "hello\n", 6);
    bool left = false;

    while (result == 0) {
        char line[LINE];
        kit_patience(fd, left ? PATIENCE_NS : idle_ns);
        const ssize_t got = kit_recv_line(fd, line, sizeof line);
        if (got == -ENODATA && left)
            return 0;
        if (got == -ETIMEDOUT && !left) {
            result = say_last(fd, "bye\n");
            left = true;
        } else if (got < 0) {
            return (int)got;
        } else if (strcmp(line, "bye") == 0) {
            DRILL_SOMETIMES(left, "crossed");
            if (!left || answer_always)
                result = say_last(fd, "so long\n");
            left = true;
        }
    }
    return result;
}

SUBJECT(peer_left)
{
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 1);

    if (listener < 0)
        return kit_status(listener);
    const int fd = drill_accept(listener, NULL);
    int result = fd;
    if (fd >= 0) {
        result = talk(fd, kit_time(argc, argv, "idle", 100 * DRILL_MS),
                      kit_bug(argc, argv, "answer-always"));
        drill_close(fd);
    }
    drill_close(listener);
    return kit_status(result);
}

SUBJECT(peer_right)
{
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), PATIENCE_NS);

    if (fd < 0)
        return kit_status(fd);
    const int result = talk(fd, kit_time(argc, argv, "idle", 200 * DRILL_MS),
                            kit_bug(argc, argv, "answer-always"));
    drill_close(fd);
    return kit_status(result);
}
