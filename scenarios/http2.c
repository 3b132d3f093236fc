/*
 * scenarios/http2.c - HTTP/2: nghttp2 as client and as server, each an event loop over poll.
 *
 * The client opens all its streams at once, and each posts a body.  The server answers a stream
 * when its body is complete, with the digest of what it received in a header and a body of the same
 * size; the client checks both.  Bodies go one way while others come the other way.
 */
#include <errno.h>
#include <inttypes.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scenarios/protocol.h"
#include "scenarios/stream.h"

enum { STREAMS = 100, HEX = 17 };

#define ADDRESS DRILL_SERVER_ADDRESS ":80"

/* A stream as one end sees it. */
struct stream {
    size_t sent, received;
    uint64_t digest;  /* of what was received */
    bool peer_has_it; /* the peer told the digest of what was sent */
};

struct peer {
    int fd;
    bool is_client;
    int error; /* of the socket, or of what was received; 0: none */
    uint32_t closed;
    struct drill_exchange *exchange;
    nghttp2_session *session;
    struct stream streams[STREAMS];
};

static int64_t live_allocations;

static void *count_new(void *allocated)
{
    live_allocations += allocated != NULL;
    return allocated;
}

static void *heap_malloc(size_t size, void *unused)
{
    (void)unused;
    return count_new(malloc(size));
}

static void *heap_calloc(size_t count, size_t size, void *unused)
{
    (void)unused;
    return count_new(calloc(count, size));
}

static void *heap_realloc(void *old, size_t size, void *unused)
{
    (void)unused;
    return old != NULL ? realloc(old, size) : count_new(malloc(size));
}

static void heap_free(void *old, void *unused)
{
    (void)unused;
    live_allocations -= old != NULL;
    free(old);
}

static int64_t live(void)
{
    return live_allocations;
}

/* The client's streams have the odd numbers. */
static uint32_t index_of(int32_t id)
{
    return (uint32_t)(id - 1) / 2;
}

static struct stream *stream_of(struct peer *self, int32_t id)
{
    return id > 0 && index_of(id) < self->exchange->parts ? &self->streams[index_of(id)] : NULL;
}

/* Which content a stream's body is: those of the two directions differ. */
static uint32_t content(int32_t id, bool from_client)
{
    return (uint32_t)id + from_client;
}

static uint64_t digest_of(int32_t id, bool from_client, size_t size)
{
    uint64_t digest = DRILL_DIGEST_FIRST;
    uint8_t bytes[1024];

    for (size_t offset = 0; offset < size; offset += sizeof bytes) {
        const size_t rest = size - offset;
        const size_t count = rest < sizeof bytes ? rest : sizeof bytes;
        drill_stream_fill(bytes, count, content(id, from_client), offset);
        digest = drill_stream_digest(digest, bytes, count);
    }
    return digest;
}

static void write_digest(char text[HEX], int32_t id, bool from_client, size_t size)
{
    snprintf(text, HEX, "%016" PRIx64, digest_of(id, from_client, size));
}

/* --- What nghttp2 asks of the socket */

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t size, int flags,
                       void *context)
{
    struct peer *self = context;
    const ssize_t sent = drill_sendto(self->fd, data, size, MSG_NOSIGNAL, NULL);

    (void)session;
    (void)flags;
    if (sent >= 0)
        return sent;
    if (sent == -EAGAIN)
        return NGHTTP2_ERR_WOULDBLOCK;
    self->error = (int)sent;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t on_recv(nghttp2_session *session, uint8_t *data, size_t size, int flags,
                       void *context)
{
    struct peer *self = context;
    const ssize_t got = drill_recvfrom(self->fd, data, size, 0, NULL);

    (void)session;
    (void)flags;
    if (got > 0)
        return got;
    if (got == -EAGAIN)
        return NGHTTP2_ERR_WOULDBLOCK;
    if (got == 0)
        return NGHTTP2_ERR_EOF;
    self->error = (int)got;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t on_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t size,
                       uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct peer *self = context;
    struct stream *stream = source->ptr;
    const size_t rest = self->exchange->part_size - stream->sent;
    const size_t count = rest < size ? rest : size;

    (void)session;
    drill_stream_fill(data, count, content(id, self->is_client), stream->sent);
    stream->sent += count;
    if (count == rest)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

/* --- What nghttp2 tells */

static int wrong(struct peer *self, const char *what)
{
    self->exchange->wrong = what;
    self->error = -EPROTO;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t size, void *context)
{
    struct stream *stream = stream_of(context, id);

    (void)session;
    (void)flags;
    if (stream == NULL)
        return wrong(context, "data of an unknown stream");
    stream->digest = drill_stream_digest(stream->digest, data, size);
    stream->received += size;
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                     void *context)
{
    struct peer *self = context;
    struct stream *stream = stream_of(self, frame->hd.stream_id);
    char expected[HEX];

    (void)session;
    (void)flags;
    if (name_size != strlen("digest") || memcmp(name, "digest", name_size) != 0)
        return 0;
    write_digest(expected, frame->hd.stream_id, self->is_client, self->exchange->part_size);
    if (stream == NULL || value_size != HEX - 1 || memcmp(value, expected, HEX - 1) != 0)
        return wrong(self, "another digest than that of what was sent");
    stream->peer_has_it = true;
    return 0;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

/* The server: a request is complete. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct peer *self = context;
    struct stream *stream = stream_of(self, frame->hd.stream_id);
    char digest[HEX];

    if (self->is_client || stream == NULL || frame->hd.type != NGHTTP2_DATA ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    snprintf(digest, sizeof digest, "%016" PRIx64, stream->digest);
    const nghttp2_nv headers[] = {header(":status", "200"), header("digest", digest)};
    const nghttp2_data_provider body = {.source.ptr = stream, .read_callback = on_body};
    return nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, &body);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct peer *self = context;
    const size_t size = self->exchange->part_size;
    const struct stream *stream = stream_of(self, id);

    if (code != NGHTTP2_NO_ERROR || stream == NULL)
        return 0;
    if (stream->received != size || stream->digest != digest_of(id, !self->is_client, size))
        return wrong(self, "a body that was not sent");
    self->closed++;
    if (!self->is_client)
        return 0;
    self->exchange->done += stream->peer_has_it;
    if (self->closed == self->exchange->parts)
        return nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR);
    return 0;
}

/* --- The two ends */

static int make_session(struct peer *self)
{
    nghttp2_mem mem = {NULL, heap_malloc, heap_free, heap_calloc, heap_realloc};
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return -ENOMEM;
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    nghttp2_session_callbacks_set_recv_callback(callbacks, on_recv);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    const int result =
        self->is_client ? nghttp2_session_client_new3(&self->session, callbacks, self, NULL, &mem)
                        : nghttp2_session_server_new3(&self->session, callbacks, self, NULL, &mem);
    nghttp2_session_callbacks_del(callbacks);
    if (result != 0)
        return -ENOMEM;
    for (size_t i = 0; i < STREAMS; i++)
        self->streams[i] = (struct stream){.digest = DRILL_DIGEST_FIRST};
    return nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, NULL, 0) == 0 ? 0 : -ENOMEM;
}

static int submit_request(struct peer *self, size_t index)
{
    const nghttp2_nv headers[] = {header(":method", "POST"), header(":scheme", "http"),
                                  header(":authority", "server"), header(":path", "/")};
    const nghttp2_data_provider body = {.source.ptr = &self->streams[index],
                                        .read_callback = on_body};

    return nghttp2_submit_request(self->session, NULL, headers, 4, &body, NULL) > 0 ? 0 : -ENOMEM;
}

/* The result of a session that is over: one may end its stream as soon as all is answered. */
static int outcome(struct peer *self, int result)
{
    const bool complete = self->closed == self->exchange->parts;

    if (self->error != 0)
        return self->error;
    if (result != 0 && result != NGHTTP2_ERR_EOF)
        return -EPROTO;
    return complete ? drill_stream_finish(self->fd) : -ENODATA;
}

/* Runs the session until neither end has anything more to say. */
static int converse(struct peer *self)
{
    nghttp2_session *session = self->session;
    int result = nghttp2_session_send(session);

    drill_set_nonblock(self->fd, true);
    while (result == 0 &&
           (nghttp2_session_want_read(session) || nghttp2_session_want_write(session))) {
        struct drill_pollfd ready = {.fd = self->fd, .events = POLLIN};
        if (nghttp2_session_want_write(session))
            ready.events |= POLLOUT;
        const int count = drill_poll(&ready, 1, drill_monotonic() + DRILL_PATIENCE_NS);
        if (count <= 0)
            return count < 0 ? count : -ETIMEDOUT;
        if ((ready.revents & ~POLLOUT) != 0)
            result = nghttp2_session_recv(session);
        if (result == 0)
            result = nghttp2_session_send(session);
    }
    return outcome(self, result);
}

static int64_t run(struct drill_exchange *exchange, int fd, bool is_client)
{
    struct peer self = {.fd = fd, .is_client = is_client, .exchange = exchange};
    int result;

    if (fd < 0)
        return fd;
    result = make_session(&self);
    for (size_t i = 0; is_client && result == 0 && i < exchange->parts; i++)
        result = submit_request(&self, i);
    if (result == 0)
        result = converse(&self);
    nghttp2_session_del(self.session);
    drill_close(fd);
    return result;
}

static int64_t client(void *exchange)
{
    return run(exchange, drill_stream_connect(ADDRESS), true);
}

static int64_t server(void *exchange)
{
    return run(exchange, drill_stream_accept(ADDRESS), false);
}

const struct drill_protocol drill_http2_protocol = {
    .name = "http2",
    .text = "nghttp2: 100 streams, each a body both ways, 10 MB in all",
    .client = client,
    .server = server,
    .live = live,
    .gives_up_ns = 2 * DRILL_PATIENCE_NS,
    .amounts = {{STREAMS, 50000}, {STREAMS, 500}, {2, 20}},
    .contracts = {[DRILL_RESET] = DRILL_ENDS, [DRILL_BLACKHOLE] = DRILL_FAILS},
};
