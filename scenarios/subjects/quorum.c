/*
 * scenarios/subjects/quorum.c - a value that several nodes hold, and a leader that they choose.
 *
 *   quorum_node id=1 [of=3] [until=6s] [again=300ms] [hurry=10s] and what it is to do, and when:
 *               [write=T] [rewrite=T]            writes 1, writes 2; only one node may
 *               [read=T] [expect=1]              reads, and must get that or what is newer
 *               [claim=T] [led=yes]              wants to lead, or must know who does
 *
 * What is written holds when a majority has it; who reads asks a majority, and the newest counts.
 * Each node grants its vote once; who has those of a majority leads, and tells everybody until they
 * know.  Who gets no answer asks again.
 *
 *   bug=own-copy       reads what it holds itself
 *   bug=votes-twice    grants its vote to whoever asks
 *   bug=of-seen        a majority of those it has heard from will do
 *   bug=one-by-one     asks the next one when the one before has answered
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { PORT = 700 };

/* Answers are questions plus one. */
enum { NOTHING, WRITE = 2, READ = 4, CLAIM = 6, LEAD = 8 };

enum { PLANS = 4 };
static const char *const plans[PLANS] = {"write", "rewrite", "read", "claim"};
static const uint32_t kinds[PLANS] = {WRITE, WRITE, READ, CLAIM};

struct message {
    uint32_t kind, from, ticket, version, value;
};

struct node {
    int fd, argc;
    char **argv;
    uint32_t id, of, seen, version, value, voted, leader;
    bool own_copy, votes_twice, of_seen, one_by_one;
    /* What it asks for just now, if anything. */
    struct message asked;
    uint32_t answered; /* a bit for each */
    int64_t began_ns, again_ns;
    int64_t deadline_ns;
};

static void answer_to(struct node *self, const struct message *question)
{
    const struct drill_sockaddr to = kit_node(question->from, PORT);
    struct message answer = *question;

    answer.kind++;
    answer.from = self->id;
    if (question->kind == WRITE && question->version > self->version) {
        self->version = question->version;
        self->value = question->value;
    }
    if (question->kind == READ) {
        answer.version = self->version;
        answer.value = self->value;
    }
    if (question->kind == CLAIM && (self->voted == 0 || self->votes_twice))
        self->voted = question->from;
    if (question->kind == CLAIM)
        answer.value = self->voted;
    if (question->kind == LEAD && self->leader != 0 && self->leader != question->from)
        drill_broken("node %u is told that node %u leads, and that node %u does", self->id,
                     self->leader, question->from);
    if (question->kind == LEAD)
        self->leader = question->from;
    drill_sendto(self->fd, &answer, sizeof answer, 0, &to);
}

/* Asks those who have not answered. */
static void ask(struct node *self)
{
    for (uint32_t i = 1; i <= self->of; i++) {
        const struct drill_sockaddr to = kit_node(i, PORT);
        if (self->answered & 1U << i)
            continue;
        drill_sendto(self->fd, &self->asked, sizeof self->asked, 0, &to);
        if (self->one_by_one)
            break;
    }
    self->again_ns = drill_monotonic() + kit_time(self->argc, self->argv, "again", 300 * DRILL_MS);
}

static void begin(struct node *self, uint32_t kind, uint32_t value)
{
    self->asked = (struct message){.kind = kind,
                                   .from = self->id,
                                   .ticket = self->asked.ticket + 1,
                                   .version = self->version,
                                   .value = kind == READ ? self->value : value};
    self->answered = 1U << self->id;
    self->began_ns = drill_monotonic();
    if (kind == WRITE) {
        self->asked.version = ++self->version;
        self->value = value;
    }
    if (kind == CLAIM && self->voted == 0)
        self->voted = self->id;
    if (kind == CLAIM && self->voted != self->id)
        self->answered = 0;
    ask(self);
}

static void judge(const struct node *self)
{
    const int64_t took_ns = drill_monotonic() - self->began_ns;
    const uint32_t expect = (uint32_t)kit_number(self->argc, self->argv, "expect", 1);

    if (self->asked.kind == READ && self->asked.value < expect)
        drill_broken("node %u reads %u after %u was written", self->id, self->asked.value, expect);
    if (took_ns > kit_time(self->argc, self->argv, "hurry", 10 * DRILL_SECOND))
        drill_broken("node %u waited %lld ms for a majority", self->id,
                     (long long)(took_ns / DRILL_MS));
}

static void finish_if_held(struct node *self)
{
    const uint32_t of = self->of_seen ? (uint32_t)__builtin_popcount(self->seen) : self->of;
    const uint32_t enough = self->asked.kind == LEAD ? self->of : of / 2 + 1;

    if ((uint32_t)__builtin_popcount(self->answered) < enough)
        return;
    judge(self);
    if (self->asked.kind == CLAIM) {
        self->leader = self->id;
        begin(self, LEAD, self->id);
        return;
    }
    self->asked.kind = NOTHING;
}

static void take_answer(struct node *self, const struct message *answer)
{
    if (answer->ticket != self->asked.ticket || answer->kind != self->asked.kind + 1)
        return;
    if (answer->kind == CLAIM + 1 && answer->value != self->id)
        return;
    if (answer->kind == READ + 1 && answer->version > self->asked.version) {
        self->asked.version = answer->version;
        self->asked.value = answer->value;
    }
    self->answered |= 1U << answer->from;
    finish_if_held(self);
    if (self->one_by_one && self->asked.kind != NOTHING)
        ask(self);
}

static bool is_due(const struct node *self, const char *what)
{
    return kit_time(self->argc, self->argv, what, DRILL_NEVER) <= drill_monotonic();
}

/* Begins what is due: each once, one after the other. */
static void begin_due(struct node *self, uint32_t *begun)
{
    for (uint32_t i = 0; i < PLANS && self->asked.kind == NOTHING; i++) {
        if (*begun & 1U << i || !is_due(self, plans[i]))
            continue;
        *begun |= 1U << i;
        if (kinds[i] == CLAIM && self->leader != 0)
            continue;
        begin(self, kinds[i], i + 1);
        if (self->own_copy && kinds[i] == READ) {
            judge(self);
            self->asked.kind = NOTHING;
        }
    }
}

/* When it has to do something though nobody says anything. */
static int64_t next_ns(const struct node *self, uint32_t begun)
{
    int64_t next = kit_time(self->argc, self->argv, "until", 6 * DRILL_SECOND);

    if (self->asked.kind != NOTHING && self->again_ns < next)
        next = self->again_ns;
    for (uint32_t i = 0; i < PLANS && self->asked.kind == NOTHING; i++) {
        const int64_t plan = kit_time(self->argc, self->argv, plans[i], DRILL_NEVER);
        if ((begun & 1U << i) == 0 && plan < next)
            next = plan;
    }
    return next;
}

static int listen_until(struct node *self, int64_t until_ns)
{
    struct message message;

    if (until_ns != self->deadline_ns)
        drill_set_read_deadline(self->fd, self->deadline_ns = until_ns);
    const ssize_t got = drill_recvfrom(self->fd, &message, sizeof message, 0, NULL);
    if (got != (ssize_t)sizeof message || message.from > self->of) /* or it was damaged */
        return got == -EBADF ? -EBADF : 0;
    self->seen |= 1U << message.from;
    if (message.kind % 2 == 0)
        answer_to(self, &message);
    else
        take_answer(self, &message);
    if (self->asked.kind == CLAIM && self->leader != 0)
        self->asked.kind = NOTHING; /* another was faster */
    return 0;
}

SUBJECT(quorum_node)
{
    struct node self = {.argc = argc,
                        .argv = argv,
                        .id = (uint32_t)kit_number(argc, argv, "id", 1),
                        .of = (uint32_t)kit_number(argc, argv, "of", 3),
                        .own_copy = kit_bug(argc, argv, "own-copy"),
                        .votes_twice = kit_bug(argc, argv, "votes-twice"),
                        .of_seen = kit_bug(argc, argv, "of-seen"),
                        .one_by_one = kit_bug(argc, argv, "one-by-one")};
    const int64_t until_ns = kit_time(argc, argv, "until", 6 * DRILL_SECOND);
    uint32_t begun = 0;
    int result = self.fd = kit_node_open(self.id, PORT);

    self.seen = 1U << self.id;
    while (result >= 0 && drill_monotonic() < until_ns) {
        begin_due(&self, &begun);
        if (self.asked.kind != NOTHING && drill_monotonic() >= self.again_ns)
            ask(&self);
        result = listen_until(&self, next_ns(&self, begun));
    }
    if (result >= 0 && self.asked.kind != NOTHING)
        drill_broken("node %u has not found a majority", self.id);
    if (result >= 0 && kit_text(argc, argv, "led", NULL) != NULL && self.leader == 0)
        drill_broken("node %u knows no leader", self.id);
    if (self.fd >= 0)
        drill_close(self.fd);
    return kit_status(result);
}
