#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/words.h"
#include "tools/stage_parts.h"

/* Notes what was found: the first finding is the one to tell. */
__attribute__((format(printf, 3, 4))) static void
find(struct drill_stage *self, enum drill_finding_kind kind, const char *format, ...)
{
    struct drill_outcome *outcome = self->outcome;
    va_list rest;

    if (outcome->kind != DRILL_PASSED)
        return;
    outcome->kind = kind;
    va_start(rest, format);
    vsnprintf(outcome->sentence, sizeof outcome->sentence, format, rest);
    va_end(rest);
}

/* A status as people say it: a negative one is an errno. */
static const char *show_status(int64_t status, char text[32])
{
    if (status < 0 && status > INT32_MIN)
        snprintf(text, 32, "%s", drill_errname((int)-status));
    else
        snprintf(text, 32, "%" PRId64, status);
    return text;
}

static void judge_stall(struct drill_stage *self)
{
    const struct drill_task *task = self->world->tasks.first;
    char now[32];

    if (self->expects_stall && !self->stalled)
        find(self, DRILL_UNMET, "a stall was expected, and the run has come to its end");
    if (!self->stalled || self->expects_stall || (self->allowed & DRILL_ALLOW_STALL) != 0)
        return;
    while (task != NULL && (task->service || task->state != DRILL_TASK_WAITS))
        task = task->next;
    drill_word_show_time(drill_now(self->world), now, sizeof now);
    find(self, DRILL_STALLED, "stalled at %s: %s/%s waits in %s for what cannot come", now,
         task != NULL ? task->host->name : "", task != NULL ? task->name : "nobody",
         task != NULL && task->waits_for != NULL ? task->waits_for : "a call");
}

static void judge_exit(struct drill_stage *self, const struct drill_player *player)
{
    char came[32], wanted[32];

    if (player->gone && player->ended)
        find(self, DRILL_EXITED, "%s ended with %s, and was to go with its host", player->name,
             show_status(player->status, came));
    if (player->ended && !player->any_exit && !player->gone && player->status != player->exit)
        find(self, DRILL_EXITED, "%s ended with %s, not with %s", player->name,
             show_status(player->status, came), show_status(player->exit, wanted));
    if (!player->ended && !player->gone && !player->any_exit && !self->stalled &&
        !self->out_of_time && player->role == DRILL_MUST_END)
        find(self, DRILL_EXITED, "%s went with its host, and was to end with %s", player->name,
             show_status(player->exit, wanted));
}

static void judge_exits(struct drill_stage *self)
{
    for (struct drill_player *player = self->players; player != NULL; player = player->next)
        if (player->role == DRILL_MUST_END || player->ended)
            judge_exit(self, player);
}

static void judge_time(struct drill_stage *self)
{
    const struct drill_player *waiting = drill_stage_waiting(self);
    char when[32], limit[32];

    for (struct drill_player *player = self->players; player != NULL; player = player->next)
        if (player->by_ns != DRILL_NEVER && (!player->ended || player->ended_ns > player->by_ns)) {
            drill_word_show_time(player->by_ns, limit, sizeof limit);
            drill_word_show_time(player->ended_ns, when, sizeof when);
            find(self, DRILL_LATE, "%s has ended at %s, not by %s", player->name,
                 player->ended ? when : "no time", limit);
        }
    if (!self->out_of_time || (self->allowed & DRILL_ALLOW_LATE) != 0)
        return;
    drill_word_show_time(self->within_ns, limit, sizeof limit);
    drill_word_show_time(self->calm_ns, when, sizeof when);
    if (self->calm_ns != DRILL_NEVER && drill_now(self->world) >= self->calm_ns)
        find(self, DRILL_LATE, "%s has not ended within %s of the calm at %s",
             waiting != NULL ? waiting->name : "somebody", limit, when);
    drill_word_show_time(self->limit_ns, limit, sizeof limit);
    find(self, DRILL_LATE, "%s has not ended within %s",
         waiting != NULL ? waiting->name : "somebody", limit);
}

/* What stands above all that comes of the run in the end. */
static void judge_evidence(struct drill_stage *self)
{
    const struct drill_evidence evidence = drill_evidence(self->world);

    if (evidence.spun != NULL)
        find(self, DRILL_SPUN, "%s", evidence.spun);
    if (evidence.broken != NULL)
        find(self, DRILL_BROKE, "%s", evidence.broken);
    if (evidence.corrupted != NULL)
        find(self, DRILL_CORRUPTED, "%s", evidence.corrupted);
    if (self->step[0] != '\0')
        find(self, DRILL_UNMET, "%s", self->step);
}

static void judge_overdue(struct drill_stage *self)
{
    const struct drill_evidence evidence = drill_evidence(self->world);

    if (evidence.overdue != NULL && (self->allowed & DRILL_ALLOW_LATE) == 0)
        find(self, DRILL_LATE, "%s", evidence.overdue);
}

static void judge_reuse(struct drill_stage *self)
{
    const struct drill_evidence evidence = drill_evidence(self->world);

    if (evidence.reused != NULL && (self->allowed & DRILL_ALLOW_DESCRIPTORS) == 0)
        find(self, DRILL_REUSED, "%s", evidence.reused);
}

/* Who goes on serving, though it was told to end, holds what it needs. */
static bool is_served(const struct drill_stage *self, const struct drill_host *host)
{
    for (const struct drill_player *player = self->players; player != NULL; player = player->next)
        if (player->host == host && player->returned != player->begun)
            return true;
    return false;
}

static void judge_remains(struct drill_stage *self)
{
    if ((self->allowed & DRILL_ALLOW_DESCRIPTORS) != 0 || self->stalled || self->out_of_time)
        return;
    for (struct drill_host *host = self->world->net.hosts; host != NULL; host = host->next)
        if (host->fds.count > 0 && !is_served(self, host))
            find(self, DRILL_LEAKED, "%s has %u descriptor%s left open, the first is %d",
                 host->name, host->fds.count, host->fds.count == 1 ? "" : "s",
                 drill_fds_next(&host->fds, 0));
}

/* Appends a name to a list of names, one a line, as far as there is room. */
static void note(char *list, size_t size, const char *name)
{
    const size_t used = strlen(list);

    if (used + strlen(name) + 2 <= size)
        snprintf(list + used, size - used, "%s%s", used > 0 ? "\n" : "", name);
}

static void judge_mark(struct drill_stage *self, const char *mark)
{
    const char *reached;

    for (size_t i = 0; (reached = drill_mark(self->world, i, NULL)) != NULL; i++)
        if (strncmp(reached, mark, DRILL_MARK_BYTES) == 0)
            return;
    note(self->outcome->unreached, sizeof self->outcome->unreached, mark);
    if (!self->order->many)
        find(self, DRILL_UNMET, "the mark %s was not reached", mark);
}

/* A rule whose decisions are another's to make may strike as often as it likes. */
static void judge_hits(struct drill_stage *self, const struct drill_wish *wish)
{
    const struct drill_cue *cue = self->cues;

    while (cue != NULL && strcmp(cue->name, wish->name) != 0)
        cue = cue->next;
    if (self->order->many || self->rules != DRILL_RULES_ON || cue == NULL || cue->off)
        return;
    if (wish->or_more ? cue->hits < wish->number : cue->hits != wish->number)
        find(self, DRILL_UNMET, "the rule %s has struck %" PRIu64 " times, not %" PRIu64 "%s",
             wish->name, cue->hits, wish->number, wish->or_more ? " or more" : "");
}

static void judge_received(struct drill_stage *self, const struct drill_wish *wish)
{
    const struct drill_player *player = wish->player;
    const struct drill_received received =
        drill_received(player->host, strchr(player->name, '/') + 1);
    char came[DRILL_SHOWN_BYTES], wanted[DRILL_SHOWN_BYTES];

    if (wish->kind == DRILL_WISH_DIGEST) {
        if (received.digest != wish->number)
            find(self, DRILL_UNMET,
                 "what %s has received, %" PRIu64 " bytes, has the digest %016" PRIx64
                 ", not %016" PRIx64,
                 wish->name, received.count, received.digest, wish->number);
        return;
    }
    if (received.first_size >= wish->size && memcmp(received.first, wish->bytes, wish->size) == 0)
        return;
    drill_show_bytes(received.first, received.first_size, came);
    drill_show_bytes(wish->bytes, wish->size, wanted);
    find(self, DRILL_UNMET, "%s has received %s, not %s", wish->name, came, wanted);
}

static void judge_wishes(struct drill_stage *self)
{
    for (const struct drill_wish *wish = self->wishes; wish != NULL; wish = wish->next) {
        if (wish->kind == DRILL_WISH_REACHED)
            judge_mark(self, wish->name);
        else if (wish->kind == DRILL_WISH_HITS)
            judge_hits(self, wish);
        else
            judge_received(self, wish);
    }
}

static void count_rules(struct drill_stage *self)
{
    struct drill_outcome *outcome = self->outcome;

    drill_stage_count_hits(self);
    outcome->strikes = self->world->door.faults.strikes;
    for (const struct drill_cue *cue = self->cues; cue != NULL; cue = cue->next) {
        if (cue->hits == 0 && !cue->off && (self->allowed & DRILL_ALLOW_UNUSED) == 0)
            note(outcome->unused, sizeof outcome->unused, cue->name);
    }
}

static void count_marks(struct drill_stage *self)
{
    struct drill_outcome *outcome = self->outcome;
    const char *mark;

    for (size_t i = 0; i < DRILL_MARKS && (mark = drill_mark(self->world, i, NULL)) != NULL; i++)
        snprintf(outcome->marks[outcome->mark_count++], DRILL_MARK_BYTES, "%s", mark);
}

/* Who was ended by force could give nothing back. */
static void count_heap(struct drill_stage *self)
{
    for (const struct drill_player *player = self->players; player != NULL; player = player->next)
        if (player->returned == player->begun && player->heap_bytes > 0 && self->leaked == 0) {
            self->leaked = player->heap_bytes;
            snprintf(self->leaker, sizeof self->leaker, "%s", player->name);
        }
}

static void count(struct drill_stage *self)
{
    const struct drill_stats stats = drill_stats(self->world);
    struct drill_outcome *outcome = self->outcome;

    count_rules(self);
    count_marks(self);
    outcome->virtual_ns = self->ended_ns;
    outcome->hash = drill_hash(self->world);
    outcome->calls = stats.calls;
    outcome->packets = stats.packets;
    outcome->decisions = self->world->sim.choices.stirred;
    count_heap(self);
}

void drill_judge_run(struct drill_stage *self)
{
    count(self);
    judge_evidence(self);
    judge_stall(self);
    judge_exits(self);
    judge_time(self);
    judge_overdue(self);
    judge_wishes(self);
    judge_reuse(self);
    judge_remains(self);
}
