#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/stage_parts.h"

static struct drill_player *find_player(struct drill_stage *self, const char *task)
{
    struct drill_player *player = drill_stage_player(self, task);

    if (player == NULL)
        drill_stage_refuse(self, "there is no task '%s'", task);
    return player;
}

int drill_stage_expect_exit(struct drill_stage *self, const char *task, int status)
{
    struct drill_player *player = find_player(self, task);

    if (player == NULL)
        return -EINVAL;
    player->exit = status;
    player->any_exit = player->gone = false;
    return 0;
}

int drill_stage_expect_any_exit(struct drill_stage *self, const char *task)
{
    struct drill_player *player = find_player(self, task);

    if (player == NULL)
        return -EINVAL;
    player->any_exit = true;
    return 0;
}

int drill_stage_expect_gone(struct drill_stage *self, const char *task)
{
    struct drill_player *player = find_player(self, task);

    if (player == NULL)
        return -EINVAL;
    player->gone = true;
    player->any_exit = false;
    return 0;
}

int drill_stage_expect_by(struct drill_stage *self, const char *task, int64_t when_ns)
{
    struct drill_player *player = find_player(self, task);

    if (player == NULL)
        return -EINVAL;
    player->by_ns = when_ns;
    return 0;
}

static struct drill_wish *add_wish(struct drill_stage *self, enum drill_wish_kind kind,
                                   const char *name)
{
    struct drill_wish *wish = drill_stage_keep(self, sizeof *wish);

    if (wish == NULL)
        return NULL;
    *wish = (struct drill_wish){.kind = kind, .name = drill_stage_keep_text(self, name)};
    if (wish->name == NULL)
        return NULL;
    *self->wishes_end = wish;
    self->wishes_end = &wish->next;
    return wish;
}

static struct drill_wish *add_wish_of(struct drill_stage *self, enum drill_wish_kind kind,
                                      const char *task, int *result)
{
    const struct drill_player *player = find_player(self, task);
    struct drill_wish *wish = NULL;

    *result = player == NULL ? -EINVAL : -ENOMEM;
    if (player != NULL && (wish = add_wish(self, kind, task)) != NULL) {
        wish->player = player;
        *result = 0;
    }
    return wish;
}

int drill_stage_expect_received(struct drill_stage *self, const char *task, const void *bytes,
                                size_t size)
{
    int result;
    struct drill_wish *wish = add_wish_of(self, DRILL_WISH_RECEIVED, task, &result);

    if (wish == NULL)
        return result;
    if (size > DRILL_RECEIPT_FIRST)
        return drill_stage_refuse(self, "received: at most %d bytes; more have a digest",
                                  DRILL_RECEIPT_FIRST);
    char *copy = drill_stage_keep(self, size);
    if (copy == NULL)
        return -ENOMEM;
    wish->bytes = memcpy(copy, bytes, size);
    wish->size = size;
    return 0;
}

int drill_stage_expect_digest(struct drill_stage *self, const char *task, uint64_t digest)
{
    int result;
    struct drill_wish *wish = add_wish_of(self, DRILL_WISH_DIGEST, task, &result);

    if (wish != NULL)
        wish->number = digest;
    return result;
}

int drill_stage_expect_reached(struct drill_stage *self, const char *mark)
{
    return add_wish(self, DRILL_WISH_REACHED, mark) != NULL ? 0 : -ENOMEM;
}

int drill_stage_expect_hits(struct drill_stage *self, const char *rule, uint64_t hits, bool or_more)
{
    struct drill_wish *wish = add_wish(self, DRILL_WISH_HITS, rule);

    if (wish == NULL)
        return -ENOMEM;
    wish->number = hits;
    wish->or_more = or_more;
    return 0;
}

int drill_stage_expect_stall(struct drill_stage *self)
{
    self->expects_stall = true;
    return 0;
}

void drill_show_bytes(const char *bytes, size_t size, char text[DRILL_SHOWN_BYTES])
{
    const size_t most = DRILL_SHOWN_BYTES / 4 - 2;
    size_t used = 0;

    text[used++] = '"';
    for (size_t i = 0; i < size && i < most; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (c < ' ' || c >= 127 || c == '"' || c == '\\')
            used += (size_t)snprintf(text + used, DRILL_SHOWN_BYTES - used, "\\x%02x", c);
        else
            text[used++] = (char)c;
    }
    snprintf(text + used, DRILL_SHOWN_BYTES - used, size > most ? "\"..." : "\"");
}
