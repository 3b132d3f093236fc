/*
 * scenarios/subjects/session.c - sessions in datagrams: who is who, when addresses change.
 *
 *   session_server [at=10.0.0.1:500]
 *   session_client [to=10.0.0.1:500] [steps=6]    opens a session and takes steps in it, one by one
 *
 * The server gives each session a token, by which it knows it again wherever it comes from.
 *
 *   bug=by-address    it knows a session by the address it comes from
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { SESSIONS = 4, TRIES = 6 };

struct step {
    uint32_t token; /* 0: a new session */
    uint32_t number;
};

struct session {
    struct drill_sockaddr from;
    uint32_t token, number;
};

struct server {
    struct session sessions[SESSIONS];
    uint32_t count;
    bool by_address;
};

static struct session *find(struct server *self, const struct step *step,
                            const struct drill_sockaddr *from)
{
    for (uint32_t i = 0; i < self->count; i++) {
        struct session *session = &self->sessions[i];
        if (self->by_address ? drill_sockaddr_equal(&session->from, from)
                             : session->token == step->token)
            return session;
    }
    if (self->count == SESSIONS)
        return NULL;
    struct session *made = &self->sessions[self->count++];
    *made = (struct session){.from = *from, .token = 1000 + self->count};
    return made;
}

SUBJECT(session_server)
{
    const struct drill_sockaddr at =
        drill_sockaddr_parse(kit_text(argc, argv, "at", "10.0.0.1:500"));
    struct server self = {.by_address = kit_bug(argc, argv, "by-address")};
    const int fd = drill_socket(at.family, SOCK_DGRAM, 0);
    struct drill_sockaddr from;
    struct step step;
    ssize_t got = fd < 0 ? fd : drill_bind(fd, &at);

    while (got >= 0 || got == -EINTR || got == -ECONNREFUSED) {
        got = drill_recvfrom(fd, &step, sizeof step, 0, &from);
        struct session *session = got == (ssize_t)sizeof step ? find(&self, &step, &from) : NULL;
        if (session == NULL)
            continue;
        if (step.number == session->number + 1)
            session->number = step.number; /* a step that came twice is answered twice */
        step = (struct step){.token = session->token, .number = session->number};
        drill_sendto(fd, &step, sizeof step, 0, &from);
    }
    if (fd >= 0)
        drill_close(fd);
    return got == -EBADF ? 0 : kit_status(got);
}

/* Takes a step until it is answered: 0. */
static int take(int fd, uint32_t *token, uint32_t number)
{
    struct step step, answer;

    for (int tries = 0; tries < TRIES; tries++) {
        step = (struct step){.token = *token, .number = number};
        drill_sendto(fd, &step, sizeof step, 0, NULL);
        drill_set_read_deadline(fd, drill_monotonic() + 300 * DRILL_MS);
        const ssize_t got = drill_recvfrom(fd, &answer, sizeof answer, 0, NULL);
        if (got != (ssize_t)sizeof answer)
            continue;
        if (*token != 0 && answer.token != *token) {
            drill_broken("session %u has become session %u at step %u", *token, answer.token,
                         number);
            return -EBADMSG;
        }
        *token = answer.token;
        if (answer.number == number)
            return 0;
    }
    return -ETIMEDOUT;
}

SUBJECT(session_client)
{
    const struct drill_sockaddr to =
        drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:500"));
    const int64_t steps = kit_number(argc, argv, "steps", 6);
    const int fd = drill_socket(to.family, SOCK_DGRAM, 0);
    int result = fd < 0 ? fd : drill_connect(fd, &to);
    uint32_t token = 0;

    for (uint32_t number = 1; result == 0 && number <= steps; number++) {
        result = take(fd, &token, number);
        drill_sleep(50 * DRILL_MS);
    }
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}
