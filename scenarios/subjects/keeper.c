/*
 * scenarios/subjects/keeper.c - a session that a client keeps, whatever becomes of its connections.
 *
 *   keeper_server [at=10.0.0.1:7] [news=T]     gives sessions, answers pings, tells news so often
 *   keeper [to=10.0.0.1:7] [pings=8] [every=400ms] [patience=1s] [pause=200ms] [tries=40]
 *   watcher [to=10.0.0.1:7] [news=4] [quiet=1500ms] [patience=1s] [pause=200ms] [tries=40]
 *
 * A client says hello and is given a session, which the server knows until it is started anew.  The
 * keeper pings; the watcher waits for news, and pings when it has been quiet for long.  When the
 * connection is lost they wait, longer each time and never just as long as others, and connect
 * anew.
 *
 *   bug=no-login      a new connection goes on with the session of the old one
 *   bug=no-ping       who hears nothing goes on waiting
 *   bug=no-backoff    connects anew at once
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { HELLO = 1, PING, NEWS, STRANGER, STORM = 4 };

#define LONGEST_NS (2 * DRILL_SECOND)

struct word {
    uint32_t what, session;
};

struct server {
    struct kit_server clients;
    uint32_t sessions[64], known;
};

static bool knows(const struct server *self, uint32_t session)
{
    for (uint32_t i = 0; i < self->known; i++)
        if (self->sessions[i] == session)
            return true;
    return false;
}

/* Answers one word of a client: 0, or why it is to be closed. */
static int answer_one(struct server *self, int fd)
{
    struct word word;

    kit_patience(fd, DRILL_SECOND);
    int result = kit_recv_all(fd, &word, sizeof word);
    if (result < 0)
        return result;
    if (word.what == HELLO && self->known < sizeof self->sessions / sizeof *self->sessions) {
        drill_random(&word.session, sizeof word.session);
        self->sessions[self->known++] = word.session;
    } else if (!knows(self, word.session)) {
        word.what = STRANGER;
    }
    result = kit_send_all(fd, &word, sizeof word);
    return result;
}

static void serve(struct server *self)
{
    const struct drill_pollfd *fds = self->clients.fds;

    kit_server_take(&self->clients);
    for (int i = 1; i <= KIT_CLIENTS; i++)
        if (fds[i].fd >= 0 && fds[i].revents && answer_one(self, fds[i].fd) < 0)
            kit_server_drop(&self->clients, i);
}

static void tell_news(struct server *self)
{
    static const struct word news = {.what = NEWS};
    const struct drill_pollfd *fds = self->clients.fds;

    for (int i = 1; i <= KIT_CLIENTS; i++)
        if (fds[i].fd >= 0 && kit_send_all(fds[i].fd, &news, sizeof news) < 0)
            kit_server_drop(&self->clients, i);
}

SUBJECT(keeper_server)
{
    struct server self = {0};
    const int64_t every_ns = kit_time(argc, argv, "news", 0);
    int64_t news_ns = every_ns > 0 ? drill_monotonic() + every_ns : DRILL_NEVER;
    int result = kit_server_open(&self.clients, argc, argv);

    while (result >= 0 || result == -EINTR) {
        if (result > 0)
            serve(&self);
        if (drill_monotonic() >= news_ns) {
            tell_news(&self);
            news_ns += every_ns;
        }
        result = kit_server_wait(&self.clients, news_ns);
    }
    kit_server_close(&self.clients);
    return kit_status(result == -EBADF ? 0 : result);
}

struct client {
    int fd, argc;
    char **argv;
    int64_t patience_ns, left; /* what is still to be done */
    uint32_t session;
    int64_t tried_ns[STORM]; /* its last attempts */
    int64_t attempts;
};

static int exchange(struct client *self, uint32_t what)
{
    struct word word = {.what = what, .session = self->session};

    kit_patience(self->fd, self->patience_ns);
    int result = kit_send_all(self->fd, &word, sizeof word);
    do
        result = result < 0 ? result : kit_recv_all(self->fd, &word, sizeof word);
    while (result == 0 && word.what == NEWS && --self->left >= 0);
    if (result == 0 && word.what == STRANGER) {
        drill_broken("a client goes on with a session that its server does not know");
        return -EACCES;
    }
    self->session = word.session;
    return result;
}

/* Pings until all are answered, or one is not. */
static int keep(struct client *self)
{
    int result = 0;

    while (self->left > 0 && result == 0) {
        result = exchange(self, PING);
        if (result == 0 && --self->left > 0)
            drill_sleep(kit_time(self->argc, self->argv, "every", 400 * DRILL_MS));
    }
    return result;
}

static int watch(struct client *self)
{
    const int64_t quiet_ns = kit_time(self->argc, self->argv, "quiet", 1500 * DRILL_MS);
    const bool no_ping = kit_bug(self->argc, self->argv, "no-ping");
    struct word word;
    int result = 0;

    while (self->left > 0 && result == 0) {
        kit_patience(self->fd, no_ping ? 0 : quiet_ns);
        result = kit_recv_all(self->fd, &word, sizeof word);
        if (result == 0 && word.what == NEWS)
            self->left--;
        if (result == -ETIMEDOUT) {
            drill_reached("quiet");
            result = exchange(self, PING);
        }
    }
    return result;
}

/* Whoever connects so often within a second is a burden to all. */
static void count_attempt(struct client *self)
{
    const int64_t now_ns = drill_monotonic();
    int64_t *slot = &self->tried_ns[self->attempts++ % STORM];

    if (self->attempts > STORM && now_ns - *slot < DRILL_SECOND)
        drill_broken("a client has connected %d times within %lld ms", STORM + 1,
                     (long long)((now_ns - *slot) / DRILL_MS));
    *slot = now_ns;
}

static int attempt(struct client *self, int (*live)(struct client *self))
{
    const bool login = self->session == 0 || !kit_bug(self->argc, self->argv, "no-login");

    count_attempt(self);
    self->fd = kit_connect(kit_text(self->argc, self->argv, "to", "10.0.0.1:7"), self->patience_ns);
    if (self->fd < 0)
        return self->fd;
    int result = login ? exchange(self, HELLO) : 0;
    if (result == 0)
        result = live(self);
    drill_close(self->fd);
    return result;
}

/* Between half of the time and all of it, so that clients that fell together do not rise so. */
static int64_t jittered(int64_t pause_ns)
{
    uint32_t drawn = 0;

    drill_random(&drawn, sizeof drawn);
    return pause_ns / 2 + (int64_t)(drawn % 1024) * (pause_ns / 2) / 1024;
}

static int stay(struct client *self, int (*live)(struct client *self))
{
    const int64_t first_ns = kit_time(self->argc, self->argv, "pause", 200 * DRILL_MS);
    const bool no_backoff = kit_bug(self->argc, self->argv, "no-backoff");
    int64_t tries = kit_number(self->argc, self->argv, "tries", 40), pause_ns = first_ns;
    int result = -EAGAIN;

    while (result < 0 && result != -EACCES && tries-- > 0) {
        const int64_t left = self->left;
        result = attempt(self, live);
        if (result == 0 || result == -EACCES)
            break;
        drill_reached("again");
        pause_ns = self->left < left ? first_ns : pause_ns;
        if (!no_backoff)
            drill_sleep(jittered(pause_ns));
        pause_ns = pause_ns * 2 < LONGEST_NS ? pause_ns * 2 : LONGEST_NS;
    }
    return result;
}

SUBJECT(keeper)
{
    struct client self = {.argc = argc,
                          .argv = argv,
                          .patience_ns = kit_time(argc, argv, "patience", DRILL_SECOND),
                          .left = kit_number(argc, argv, "pings", 8)};

    return kit_status(stay(&self, keep));
}

SUBJECT(watcher)
{
    struct client self = {.argc = argc,
                          .argv = argv,
                          .patience_ns = kit_time(argc, argv, "patience", DRILL_SECOND),
                          .left = kit_number(argc, argv, "news", 4)};

    return kit_status(stay(&self, watch));
}
