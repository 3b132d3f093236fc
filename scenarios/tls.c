/*
 * scenarios/tls.c - TLS 1.2 and TLS 1.3: OpenSSL between memory BIOs, blocking sockets below.
 *
 * The client sends block by block and the server echoes; then both say close_notify.  The session
 * has ended well only if each end has said it and heard it.  All sizes on the wire are the same in
 * each run, whatever OpenSSL draws: the key is Ed25519, whose signatures have one size, and there
 * are no tickets.
 */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scenarios/protocol.h"
#include "scenarios/stream.h"
#include "scenarios/tls_identity.h"

enum { BLOCK = 16 * 1024 };

#define ADDRESS DRILL_SERVER_ADDRESS ":443"

/* One end of a session: bytes of the wire go through `in` and `out`. */
struct end {
    int fd;
    SSL *ssl;
    BIO *in, *out;
};

static SSL_CTX *server_context, *client_context;
static int64_t live_allocations;

static void *heap_new(size_t size, const char *file, int line)
{
    void *allocated = malloc(size);

    (void)file;
    (void)line;
    live_allocations += allocated != NULL;
    return allocated;
}

static void heap_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    live_allocations -= old != NULL;
    free(old);
}

static void *heap_resize(void *old, size_t size, const char *file, int line)
{
    if (old == NULL)
        return heap_new(size, file, line);
    if (size == 0) {
        heap_free(old, file, line);
        return NULL;
    }
    return realloc(old, size);
}

/* What OpenSSL keeps for the thread, such as old errors, is no leak of a session. */
static int64_t live(void)
{
    OPENSSL_thread_stop();
    return live_allocations;
}

static SSL_CTX *make_context(const SSL_METHOD *method)
{
    SSL_CTX *context = SSL_CTX_new(method);

    if (context == NULL)
        return NULL;
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

static bool set_up(void)
{
    if (server_context != NULL)
        return true;
    if (CRYPTO_set_mem_functions(heap_new, heap_resize, heap_free) != 1)
        return false;
    server_context = make_context(TLS_server_method());
    client_context = make_context(TLS_client_method());
    if (server_context == NULL || client_context == NULL)
        return false;
    return drill_tls_identify(server_context, client_context);
}

static void tear_down(void)
{
    SSL_CTX_free(server_context);
    SSL_CTX_free(client_context);
    server_context = client_context = NULL;
}

/* Sends what the session has put out. */
static int flush(struct end *self)
{
    char *data;
    long size = BIO_get_mem_data(self->out, &data);

    while (size > 0) {
        const ssize_t sent = drill_sendto(self->fd, data, (size_t)size, MSG_NOSIGNAL, NULL);
        if (sent < 0)
            return (int)sent;
        data += sent;
        size -= sent;
    }
    return BIO_reset(self->out) == 1 ? 0 : -ENOMEM;
}

/* Waits for bytes and hands them to the session. */
static int feed(struct end *self)
{
    uint8_t bytes[BLOCK];

    drill_set_read_deadline(self->fd, drill_monotonic() + DRILL_PATIENCE_NS);
    const ssize_t got = drill_recvfrom(self->fd, bytes, sizeof bytes, 0, NULL);
    if (got <= 0)
        return got == 0 ? -ENODATA : (int)got;
    return BIO_write(self->in, bytes, (int)got) == got ? 0 : -ENOMEM;
}

/* After a step of the session: 1 if it is to be taken again, 0 if it is done, -ENODATA after
 * close_notify, another errno if the session is broken. */
static int settle(struct end *self, int stepped)
{
    const int asks = SSL_get_error(self->ssl, stepped);
    int result = flush(self);

    if (result < 0 || asks == SSL_ERROR_NONE)
        return result;
    if (asks == SSL_ERROR_ZERO_RETURN)
        return -ENODATA;
    if (asks != SSL_ERROR_WANT_READ)
        return -EPROTO;
    result = feed(self);
    return result == -ENODATA ? -ECONNABORTED : result < 0 ? result : 1;
}

static int shake_hands(struct end *self)
{
    int result;

    do {
        ERR_clear_error();
        result = settle(self, SSL_do_handshake(self->ssl));
    } while (result == 1);
    return result;
}

static int write_block(struct end *self, const uint8_t *data, size_t size)
{
    int result;

    do {
        ERR_clear_error();
        result = settle(self, SSL_write(self->ssl, data, (int)size));
    } while (result == 1);
    return result;
}

/* How many bytes came, at least one; -ENODATA after close_notify. */
static int read_some(struct end *self, uint8_t *data, size_t size)
{
    int result, got;

    do {
        ERR_clear_error();
        got = SSL_read(self->ssl, data, (int)size);
        result = settle(self, got);
    } while (result == 1);
    return result < 0 ? result : got;
}

static int read_block(struct end *self, uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        const int got = read_some(self, data + done, size - done);
        if (got < 0)
            return got;
        done += (size_t)got;
    }
    return 0;
}

/* Says close_notify, waits for the peer's, and ends the stream. */
static int close_cleanly(struct end *self)
{
    const int both = SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN;
    uint8_t byte;
    int result;

    ERR_clear_error();
    SSL_shutdown(self->ssl);
    if ((result = flush(self)) < 0)
        return result;
    if (SSL_get_shutdown(self->ssl) != both && (result = read_some(self, &byte, 1)) != -ENODATA)
        return result < 0 ? result : -EPROTO;
    return SSL_get_shutdown(self->ssl) == both ? drill_stream_finish(self->fd) : -EPROTO;
}

static int send_and_check(struct end *self, struct drill_exchange *exchange)
{
    const size_t size = exchange->part_size;
    uint8_t sent[BLOCK], echoed[BLOCK];
    int result = 0;

    while (result == 0 && exchange->done < exchange->parts) {
        drill_stream_fill(sent, size, 0, exchange->done * size);
        if ((result = write_block(self, sent, size)) < 0 ||
            (result = read_block(self, echoed, size)) < 0)
            return result;
        if (memcmp(sent, echoed, size) != 0) {
            exchange->wrong = "another block than was sent";
            return -EPROTO;
        }
        exchange->done++;
    }
    return 0;
}

static int echo(struct end *self)
{
    uint8_t block[BLOCK];
    int got, result;

    while ((got = read_some(self, block, sizeof block)) > 0)
        if ((result = write_block(self, block, (size_t)got)) < 0)
            return result;
    return got == -ENODATA ? 0 : got;
}

static bool make_session(struct end *self, SSL_CTX *context, int version)
{
    self->ssl = SSL_new(context);
    self->in = BIO_new(BIO_s_mem());
    self->out = BIO_new(BIO_s_mem());
    if (self->ssl == NULL || self->in == NULL || self->out == NULL) {
        BIO_free(self->in);
        BIO_free(self->out);
        return false;
    }
    BIO_set_mem_eof_return(self->in, -1);
    SSL_set_bio(self->ssl, self->in, self->out);
    return drill_tls_prepare(self->ssl, drill_wall() / DRILL_SECOND) &&
           SSL_set_min_proto_version(self->ssl, version) == 1 &&
           SSL_set_max_proto_version(self->ssl, version) == 1;
}

static int64_t run(int fd, int version, struct drill_exchange *exchange, bool is_client)
{
    struct end self = {.fd = fd};
    int result = -ENOMEM;

    if (fd < 0)
        return fd;
    if (make_session(&self, is_client ? client_context : server_context, version)) {
        if (is_client)
            SSL_set_connect_state(self.ssl);
        else
            SSL_set_accept_state(self.ssl);
        result = shake_hands(&self);
    }
    if (result == 0)
        result = is_client ? send_and_check(&self, exchange) : echo(&self);
    if (result == 0)
        result = close_cleanly(&self);
    SSL_free(self.ssl);
    drill_close(fd);
    return result;
}

static int64_t client12(void *exchange)
{
    return run(drill_stream_connect(ADDRESS), TLS1_2_VERSION, exchange, true);
}

static int64_t server12(void *exchange)
{
    return run(drill_stream_accept(ADDRESS), TLS1_2_VERSION, exchange, false);
}

static int64_t client13(void *exchange)
{
    return run(drill_stream_connect(ADDRESS), TLS1_3_VERSION, exchange, true);
}

static int64_t server13(void *exchange)
{
    return run(drill_stream_accept(ADDRESS), TLS1_3_VERSION, exchange, false);
}

/* What the two versions share. */
#define TLS_ROW(version, ...)                                                                      \
    {                                                                                              \
        .text = "OpenSSL: handshake, 1 MB echoed, closed by both", .set_up = set_up,               \
        .tear_down = tear_down, .live = live, .gives_up_ns = 2 * DRILL_PATIENCE_NS,                \
        .client = client##version, .server = server##version,                                      \
        .amounts = {{64, BLOCK}, {4, 1024}, {1, 16}},                                              \
        .contracts = {[DRILL_RESET] = DRILL_ENDS, [DRILL_BLACKHOLE] = DRILL_FAILS}, __VA_ARGS__    \
    }

const struct drill_protocol drill_tls12_protocol = TLS_ROW(12, .name = "tls1.2");
const struct drill_protocol drill_tls13_protocol = TLS_ROW(13, .name = "tls1.3");
