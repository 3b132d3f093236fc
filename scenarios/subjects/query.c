/*
 * scenarios/subjects/query.c - requests and answers in datagrams, as name servers have them.
 *
 *   query_server [at=10.0.0.1:53]
 *   query_client [to=10.0.0.1:53] [from=10.0.0.2:5000] [requests=4] [size=40] [tries=8]
 *                [wait=500ms]
 *   query_liar [to=10.0.0.2:5000] [lies=20] [every=20ms]    sends answers that nobody asked it for
 *
 * A request says "add 1", has a number and a sum, and is filled up to its size.  The client sends
 * it again when no answer has come, waiting longer each time, and smaller when it seems not to get
 * through; the server adds once for each number, and answers what the sum is then.
 *
 *   bug=once         no request is sent again
 *   bug=few          gives up after five tries
 *   bug=refused      that nobody was there once is taken for good
 *   bug=one-size     never tries a smaller datagram
 *   bug=no-sum       what is in a datagram is believed
 *   bug=no-length    however much of it came
 *   bug=any-source   whoever sent it
 *   bug=no-match     an answer is an answer, whatever its number
 *   bug=twice        the server adds whatever comes
 */
#include <errno.h>
#include <stddef.h>

#include "scenarios/subjects/kit.h"

enum { ROOM = 1400, SMALL = 40, FEW = 5, SMALLER_AFTER = 2 };

struct query {
    uint64_t sum; /* of all that follows */
    uint32_t number, size;
    int64_t value;
    uint8_t rest[ROOM];
};

enum { HEAD = offsetof(struct query, rest) };

static uint64_t sum_of(const struct query *query, size_t size)
{
    const size_t begin = offsetof(struct query, number);

    return drill_digest(0, (const uint8_t *)query + begin, size - begin);
}

static bool is_whole(const struct query *query, ssize_t got, bool no_length, bool no_sum)
{
    if (got < (no_length ? (ssize_t)offsetof(struct query, value) : HEAD) ||
        (!no_length && (size_t)got != query->size))
        return false;
    return no_sum || no_length || query->sum == sum_of(query, (size_t)got);
}

static ssize_t send_query(int fd, struct query *query, const struct drill_sockaddr *to)
{
    memset(query->rest, 'q', query->size - HEAD);
    query->sum = sum_of(query, query->size);
    return drill_sendto(fd, query, query->size, 0, to);
}

SUBJECT(query_server)
{
    const int fd = kit_datagram(kit_text(argc, argv, "at", "10.0.0.1:53"));
    const bool twice = kit_bug(argc, argv, "twice");
    struct drill_sockaddr from;
    struct query query;
    int64_t total = 0;
    uint32_t last = 0;
    ssize_t got = 0;

    if (fd < 0)
        return kit_status(fd);
    while ((got = drill_recvfrom(fd, &query, sizeof query, 0, &from)) >= 0 || got == -EINTR ||
           got == -ECONNREFUSED || got == -ENOMEM) {
        if (got < 0 || !is_whole(&query, got, false, false))
            continue;
        if (twice || query.number > last)
            total += query.value;
        last = query.number > last ? query.number : last;
        query.value = total;
        send_query(fd, &query, &from);
    }
    drill_close(fd);
    return got == -EBADF ? 0 : kit_status(got);
}

struct client {
    int fd, argc;
    char **argv;
    struct drill_sockaddr to;
    uint32_t number;
    int64_t value;
};

static bool has(const struct client *self, const char *bug)
{
    return kit_bug(self->argc, self->argv, bug);
}

/* Waits for the answer of the number until a time: 0, -EAGAIN. */
static int await(struct client *self, int64_t until_ns)
{
    struct query answer = {0};
    struct drill_sockaddr from;

    for (;;) {
        drill_set_read_deadline(self->fd, until_ns);
        const ssize_t got = drill_recvfrom(self->fd, &answer, sizeof answer, 0, &from);
        if (got == -EINTR)
            continue;
        if (got == -ECONNREFUSED && !has(self, "refused"))
            return -EAGAIN;
        if (got < 0)
            return (int)got;
        if (!has(self, "any-source") && !drill_sockaddr_equal(&from, &self->to))
            continue;
        if (!is_whole(&answer, got, has(self, "no-length"), has(self, "no-sum")) ||
            (answer.number != self->number && !has(self, "no-match")))
            continue;
        self->value = answer.value;
        return 0;
    }
}

/* One request, until it is answered or all tries are made. */
static int ask(struct client *self)
{
    const int64_t tries = has(self, "few")    ? FEW
                          : has(self, "once") ? 1
                                              : kit_number(self->argc, self->argv, "tries", 8);
    int64_t wait_ns = kit_time(self->argc, self->argv, "wait", 500 * DRILL_MS);
    uint32_t size = (uint32_t)kit_number(self->argc, self->argv, "size", SMALL);
    int result = -EAGAIN;

    for (int64_t i = 0; i < tries && result == -EAGAIN; i++, wait_ns *= 2) {
        struct query query = {.number = self->number, .size = size, .value = 1};
        const int64_t until_ns = drill_monotonic() + wait_ns;
        const ssize_t sent =
            send_query(self->fd, &query, has(self, "any-source") ? &self->to : NULL);
        if (sent < 0 && sent != -ECONNREFUSED && sent != -EINTR && sent != -ENOBUFS)
            return (int)sent;
        if (sent == -ECONNREFUSED && has(self, "refused"))
            return -ECONNREFUSED;
        result = await(self, until_ns);
        if (result == -EAGAIN && drill_monotonic() < until_ns)
            drill_sleep(until_ns - drill_monotonic());
        if (i + 1 >= SMALLER_AFTER && !has(self, "one-size"))
            size = SMALL;
    }
    return result == -EAGAIN ? -ETIMEDOUT : result;
}

SUBJECT(query_client)
{
    const int64_t requests = kit_number(argc, argv, "requests", 4);
    struct client self = {.fd = kit_datagram(kit_text(argc, argv, "from", "10.0.0.2:5000")),
                          .argc = argc,
                          .argv = argv,
                          .to = drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:53"))};
    int result = self.fd;

    /* Connected, the system lets only the server's datagrams in. */
    if (result >= 0 && !kit_bug(argc, argv, "any-source"))
        result = drill_connect(self.fd, &self.to);
    while (result >= 0 && self.number < requests) {
        self.number++;
        result = ask(&self);
        if (result == 0 && self.value != self.number) {
            drill_broken("%u times 1 was added, and the sum is %lld", self.number,
                         (long long)self.value);
            result = -EBADMSG;
        }
    }
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}

SUBJECT(query_liar)
{
    const struct drill_sockaddr to =
        drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.2:5000"));
    const int64_t lies = kit_number(argc, argv, "lies", 20);
    const int fd = drill_socket(to.family, SOCK_DGRAM, 0);

    for (int64_t i = 0; i < lies && fd >= 0; i++) {
        struct query query = {.number = (uint32_t)(i % 4) + 1, .size = SMALL, .value = 1000000};
        send_query(fd, &query, &to);
        drill_sleep(kit_time(argc, argv, "every", 20 * DRILL_MS));
    }
    if (fd >= 0)
        drill_close(fd);
    return 0;
}
