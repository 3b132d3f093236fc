#include "emu/audit.h"

enum { BLOCK = 512 };

void drill_audit_init(struct drill_audit *self, struct drill_mem *mem)
{
    *self = (struct drill_audit){.mem = mem};
}

static void drop_first(struct drill_audit *self, struct drill_audit_stream *stream)
{
    struct drill_audit_chunk *chunk = stream->first;

    stream->first = chunk->next;
    if (stream->first == NULL)
        stream->last = NULL;
    drill_mem_free(self->mem, chunk, sizeof *chunk);
}

static void end_stream(struct drill_audit *self, struct drill_audit_stream *stream)
{
    stream->ended = true;
    while (stream->first != NULL)
        drop_first(self, stream);
}

static void free_stream(struct drill_audit *self, struct drill_audit_stream *stream)
{
    struct drill_mem *mem = self->mem;

    end_stream(self, stream);
    self->aside[stream->key % DRILL_AUDIT_ASIDE] = NULL;
    HASH_DEL(self->streams, stream);
    drill_mem_free(mem, stream, sizeof *stream);
}

void drill_audit_fini(struct drill_audit *self)
{
    while (self->streams != NULL)
        free_stream(self, self->streams);
}

static struct drill_audit_stream *find(struct drill_audit *self, uint64_t key)
{
    struct drill_audit_stream **aside = &self->aside[key % DRILL_AUDIT_ASIDE];
    struct drill_audit_stream *stream = *aside;

    if (stream != NULL && stream->key == key)
        return stream;
    HASH_FIND(hh, self->streams, &key, sizeof key, stream);
    return *aside = stream;
}

static struct drill_audit_stream *add(struct drill_audit *self, uint64_t key)
{
    struct drill_mem *mem = self->mem;
    struct drill_audit_stream *stream = drill_mem_zeroed(mem, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->key = key;
    HASH_ADD(hh, self->streams, key, sizeof stream->key, stream);
    if (drill_table_has(stream))
        return stream;
    drill_mem_free(mem, stream, sizeof *stream);
    return NULL;
}

static bool make_room(struct drill_audit *self, struct drill_audit_stream *stream)
{
    if (stream->last != NULL && stream->last->to < DRILL_AUDIT_CHUNK)
        return true;
    struct drill_audit_chunk *chunk = drill_mem_new(self->mem, sizeof *chunk);
    if (chunk == NULL)
        return false;
    chunk->next = NULL;
    chunk->from = chunk->to = 0;
    *(stream->last != NULL ? &stream->last->next : &stream->first) = chunk;
    stream->last = chunk;
    return true;
}

static bool copy(struct drill_audit *self, struct drill_audit_stream *stream,
                 const struct drill_args *args, size_t from, size_t to)
{
    while (from < to) {
        if (!make_room(self, stream))
            return false;
        struct drill_audit_chunk *chunk = stream->last;
        const size_t room = DRILL_AUDIT_CHUNK - chunk->to;
        const size_t size = to - from < room ? to - from : room;
        drill_args_take(args, from, chunk->bytes + chunk->to, size);
        chunk->to += (uint32_t)size;
        stream->sent += size;
        from += size;
    }
    return true;
}

void drill_audit_sent(struct drill_audit *self, uint64_t key, const struct drill_args *args,
                      size_t from, size_t to)
{
    struct drill_audit_stream *stream = find(self, key);

    if (stream == NULL && self->knows_not)
        return;
    if (stream == NULL && (stream = add(self, key)) == NULL) {
        self->knows_not = true;
        self->lost++;
        return;
    }
    if (stream->ended || copy(self, stream, args, from, to))
        return;
    self->lost++;
    end_stream(self, stream);
}

/* The stream to hold bytes against, or NULL: it is not looked at.  One that nobody has sent to yet
 * is empty. */
static struct drill_audit_stream *stream_to_check(struct drill_audit *self, uint64_t key)
{
    struct drill_audit_stream *stream = find(self, key);

    if (stream == NULL && !self->knows_not) {
        stream = add(self, key);
        self->knows_not = stream == NULL;
        self->lost += stream == NULL;
    }
    return stream != NULL && !stream->ended ? stream : NULL;
}

/* The first of `size` bytes that is not the same. */
static size_t first_wrong(const uint8_t *sent, const uint8_t *received, size_t size)
{
    size_t i = 0;

    while (i < size && sent[i] == received[i])
        i++;
    return i;
}

/* Holds one block against the unread bytes; NULL only takes them off. */
static bool check(struct drill_audit *self, struct drill_audit_stream *stream,
                  const uint8_t *received, size_t size, struct drill_breach *breach)
{
    while (size > 0) {
        struct drill_audit_chunk *chunk = stream->first;
        if (chunk == NULL) {
            *breach = (struct drill_breach){.place = stream->received, .extra = true};
            return false;
        }
        const uint8_t *sent = chunk->bytes + chunk->from;
        const size_t unread = chunk->to - chunk->from, count = size < unread ? size : unread;
        if (received != NULL && memcmp(sent, received, count) != 0) {
            const size_t wrong = first_wrong(sent, received, count);
            *breach = (struct drill_breach){.place = stream->received + wrong,
                                            .sent = sent[wrong],
                                            .received = received[wrong]};
            return false;
        }
        chunk->from += (uint32_t)count;
        if (chunk->from == chunk->to)
            drop_first(self, stream);
        stream->received += count;
        received = received != NULL ? received + count : NULL;
        size -= count;
    }
    return true;
}

bool drill_audit_received(struct drill_audit *self, uint64_t key, const struct drill_args *args,
                          size_t from, size_t to, struct drill_breach *breach)
{
    struct drill_audit_stream *stream = stream_to_check(self, key);
    uint8_t block[BLOCK];

    while (stream != NULL && from < to) {
        const size_t size = to - from < BLOCK ? to - from : BLOCK;
        drill_args_take(args, from, block, size);
        if (!check(self, stream, block, size, breach)) {
            end_stream(self, stream);
            return true;
        }
        from += size;
    }
    return false;
}

bool drill_audit_skipped(struct drill_audit *self, uint64_t key, size_t size,
                         struct drill_breach *breach)
{
    struct drill_audit_stream *stream = stream_to_check(self, key);

    if (stream == NULL || check(self, stream, NULL, size, breach))
        return false;
    end_stream(self, stream);
    return true;
}

void drill_audit_end(struct drill_audit *self, uint64_t key)
{
    struct drill_audit_stream *stream = stream_to_check(self, key);

    if (stream != NULL)
        end_stream(self, stream);
}

void drill_audit_forget(struct drill_audit *self, uint64_t key)
{
    struct drill_audit_stream *stream = find(self, key);

    if (stream != NULL)
        free_stream(self, stream);
}
