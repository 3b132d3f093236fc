/*
 * scenarios/subjects/feed.c - an upload in blocks that goes on where it was broken off.
 *
 *   feed_sink [at=10.0.0.1:7] [patience=5s] [beat=1s] [noisy=1]
 *   feed_source [to=10.0.0.1:7] [blocks=4] [size=24] [window=4] [pause=0ms] [tries=1] [patience=3s]
 *
 * The sink begins each connection with the number of blocks it has, says it anew after each block,
 * and when nothing has come for a beat, so that the source knows that it lives.  A block has its
 * number, its size and a sum.  `noisy`: the network damages what it carries, so a block with a
 * wrong sum breaks no promise.  The sink knows these mistakes:
 *
 *   bug=one-frame   what came behind a block is thrown away
 *   bug=until-eof   what has come is told when the stream has ended, and not before
 *   bug=no-check    a block is taken without a look at its sum
 *
 * and the source these:
 *
 *   bug=one-write   one write takes everything
 *   bug=resend      after a short write the block is sent from its beginning
 *   bug=absolute    its patience is for all of the upload, and not for one silence
 *   bug=by-writes   the peer is alive while writes go on, whatever it says
 *   bug=trust-sent  what was written has arrived
 */
#include <errno.h>

#include "scenarios/subjects/feed.h"

struct source {
    int fd;
    int argc;
    char **argv;
    uint32_t blocks, next, confirmed;
    bool greeted, finished;
    size_t size, out_size, out_done, in_held;
    int64_t patience_ns, since_ns, due_ns;
    uint8_t out[FEED_BLOCK], in[FEED_NEWS];
};

static void stage(struct source *self)
{
    const int64_t now = drill_monotonic();
    const int64_t window = kit_number(self->argc, self->argv, "window", 4);

    if (!self->greeted || self->out_size > 0 || self->next >= self->blocks || now < self->due_ns ||
        self->next >= self->confirmed + window)
        return;
    self->out_size = feed_make_block(self->out, self->next, self->size);
    self->out_done = 0;
    self->next++;
    self->due_ns = now + kit_time(self->argc, self->argv, "pause", 0);
}

static int flush(struct source *self)
{
    while (self->out_done < self->out_size) {
        const size_t left = self->out_size - self->out_done;
        const ssize_t sent =
            drill_sendto(self->fd, self->out + self->out_done, left, MSG_NOSIGNAL, NULL);
        if (sent == -EAGAIN || sent == -EINTR)
            return 0;
        if (sent < 0)
            return (int)sent;
        self->out_done += (size_t)sent;
        if ((size_t)sent < left && kit_bug(self->argc, self->argv, "resend"))
            self->out_done = 0;
        if (kit_bug(self->argc, self->argv, "one-write"))
            self->out_done = self->out_size;
        if (kit_bug(self->argc, self->argv, "by-writes"))
            self->since_ns = drill_monotonic();
    }
    self->out_size = 0;
    if (self->next == self->blocks && !self->finished) {
        self->finished = true;
        return drill_shutdown(self->fd, SHUT_WR);
    }
    return 0;
}

/* Writes as much as may be written now. */
static int write_blocks(struct source *self)
{
    int result = 0;

    stage(self);
    while (self->out_size > 0) {
        if ((result = flush(self)) < 0 || self->out_size > 0)
            break;
        stage(self);
    }
    return result;
}

/* What the sink says of the blocks it has. */
static int take_news(struct source *self)
{
    uint32_t have;
    const ssize_t got = drill_recvfrom(self->fd, self->in + self->in_held,
                                       sizeof self->in - self->in_held, 0, NULL);

    if (got == -EAGAIN || got == -EINTR)
        return 0;
    if (got <= 0)
        return got < 0 ? (int)got : -EPIPE;
    if (!kit_bug(self->argc, self->argv, "absolute") &&
        !kit_bug(self->argc, self->argv, "by-writes"))
        self->since_ns = drill_monotonic();
    self->in_held += (size_t)got;
    if (self->in_held < sizeof self->in)
        return 0;
    self->in_held = 0;
    if (!feed_read_news(self->in, &have) || have > self->blocks || have < self->confirmed)
        return -EBADMSG;
    if (!self->greeted && !kit_bug(self->argc, self->argv, "trust-sent"))
        self->next = have;
    self->greeted = true;
    self->confirmed = have;
    return 0;
}

/* When there is something to do although nothing comes. */
static int64_t next_time(const struct source *self)
{
    const int64_t end = self->since_ns + self->patience_ns;

    return self->due_ns > drill_monotonic() && self->due_ns < end ? self->due_ns : end;
}

/* One connection: 0 when all has been confirmed. */
static int converse(struct source *self)
{
    int result = 0;

    self->greeted = self->finished = false;
    self->out_size = self->in_held = 0;
    self->since_ns = drill_monotonic();
    while (result >= 0 && self->confirmed < self->blocks) {
        struct drill_pollfd ready = {.fd = self->fd, .events = 1}; /* POLLIN */
        if ((result = write_blocks(self)) < 0)
            break;
        if (self->out_size > 0)
            ready.events |= 4; /* POLLOUT */
        if (self->since_ns + self->patience_ns <= drill_monotonic())
            return -ETIMEDOUT;
        result = drill_poll(&ready, 1, next_time(self));
        if (result > 0 && (ready.revents & ~4) != 0)
            result = take_news(self);
        if (result == -EINTR)
            result = 0;
    }
    return result < 0 ? result : 0;
}

SUBJECT(feed_source)
{
    struct source self = {
        .argc = argc,
        .argv = argv,
        .blocks = (uint32_t)kit_number(argc, argv, "blocks", 4),
        .size = (size_t)kit_number(argc, argv, "size", 24),
        .patience_ns = kit_time(argc, argv, "patience", 3 * DRILL_SECOND),
    };
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 1); tries > 0; tries--) {
        self.fd = result = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), self.patience_ns);
        if (self.fd >= 0) {
            result = drill_set_nonblock(self.fd, true);
            if (result == 0)
                result = converse(&self);
            drill_close(self.fd);
        }
        if (result == 0 || tries == 1)
            break;
        drill_reached("resumed");
        drill_sleep(500 * DRILL_MS);
    }
    return kit_status(result);
}

struct sink {
    int fd;
    int argc;
    char **argv;
    uint32_t have;
    size_t held;
    uint8_t bytes[2 * FEED_BLOCK];
};

static int tell(struct sink *self)
{
    uint8_t news[FEED_NEWS];

    feed_make_news(news, self->have);
    return kit_send_all(self->fd, news, sizeof news);
}

/* The network damages nothing unless it is noisy, so a source has sent what was no block. */
static int refuse_block(struct sink *self)
{
    if (kit_number(self->argc, self->argv, "noisy", 0) == 0)
        drill_broken("what came as block %u is no block", self->have);
    drill_reached("refused-damage");
    return -EBADMSG;
}

static int take_block(struct sink *self, const uint8_t *bytes)
{
    const uint32_t number = feed_number(bytes);

    if (!feed_sum_is_right(bytes) && !kit_bug(self->argc, self->argv, "no-check"))
        return refuse_block(self);
    if (number != self->have) {
        drill_broken("block %u came where block %u was due", number, self->have);
        return -EBADMSG;
    }
    if (!feed_is_as_sent(bytes))
        drill_broken("block %u was stored with bytes that nobody sent", number);
    self->have++;
    return 0;
}

/* All the blocks that have come in whole. */
static int take_blocks(struct sink *self)
{
    int result = 0;
    size_t done = 0, size;

    while (result == 0 && (size = feed_block_size(self->bytes + done, self->held - done)) > 0) {
        if (size > FEED_BLOCK)
            return refuse_block(self);
        if (size > self->held - done)
            break;
        result = take_block(self, self->bytes + done);
        done += size;
        if (result == 0 && !kit_bug(self->argc, self->argv, "until-eof"))
            result = tell(self);
        if (kit_bug(self->argc, self->argv, "one-frame"))
            self->held = done;
    }
    self->held -= done;
    memmove(self->bytes, self->bytes + done, self->held);
    return result;
}

/* Takes what a connection brings, until it ends, is broken or falls silent. */
static void serve(int fd, void *context)
{
    struct sink *self = context;
    const int64_t beat = kit_time(self->argc, self->argv, "beat", DRILL_SECOND);
    const int64_t patience = kit_time(self->argc, self->argv, "patience", 5 * DRILL_SECOND);
    int64_t heard = drill_monotonic();

    self->fd = fd;
    self->held = 0;
    int result = tell(self);
    while (result == 0 && drill_monotonic() < heard + patience) {
        const int64_t next = drill_monotonic() + beat;
        drill_set_read_deadline(self->fd, next < heard + patience ? next : heard + patience);
        drill_set_write_deadline(self->fd, drill_monotonic() + patience);
        const ssize_t got = drill_recvfrom(self->fd, self->bytes + self->held,
                                           sizeof self->bytes - self->held, 0, NULL);
        if (got == -EINTR)
            continue;
        if (got == -EAGAIN && !kit_bug(self->argc, self->argv, "until-eof")) {
            result = tell(self);
        } else if (got > 0) {
            heard = drill_monotonic();
            self->held += (size_t)got;
            result = take_blocks(self);
        } else if (got != -EAGAIN) {
            if (kit_bug(self->argc, self->argv, "until-eof"))
                tell(self);
            return;
        }
    }
}

SUBJECT(feed_sink)
{
    struct sink self = {.argc = argc, .argv = argv};

    return kit_status(kit_serve(argc, argv, serve, &self));
}
