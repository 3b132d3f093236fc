/*
 * tests/helpers.h - what tests of the network are made of: a stage with two hosts, a listener and a
 * connected pair, tasks that run to their end, a tap on the wire, lines of a trace.
 *
 * Tests act from the main stack, for one host after the other: a call that has to wait lets the
 * world happen.  What must happen at the same time is a task.
 */
#ifndef TESTS_HELPERS_H
#define TESTS_HELPERS_H

#include <sys/types.h>

#include "api/sockdrill.h"
#include "emu/world.h"

enum { STAGE_PORT = 80, TAP_MAX = 4096 };

/* A client (10.0.0.1, fd00::1) and a server (10.0.0.2, fd00::2). */
struct stage {
    struct drill_world *world;
    struct drill_host *client, *server;
    int listener;  /* of the server, on STAGE_PORT */
    int near, far; /* a connection: the client's end and the server's */
};

/* NULL: no seed, no trace, and reports are thrown away. */
void stage_open(struct stage *self, const struct drill_config *config);
/* Frees the world, which asserts that nothing is left in it. */
void stage_close(struct stage *self);
void stage_link(struct stage *self, const struct drill_link *link);
void stage_listen(struct stage *self, int backlog);
/* Listens if nobody does yet, and makes near and far. */
void stage_connect(struct stage *self);
/* A connection of TCP that begins on a link and goes on over it. */
void stage_connect_over(struct stage *self, const struct drill_link *link);
struct drill_sockaddr stage_address(void);
/* What the witness has seen, if it looks, says nothing against the emulator. */
void expect_no_evidence(const struct drill_world *world);
/* The n-th allocation from now on fails; 0: none does. */
void stage_fail(struct stage *self, uint64_t n);

/* A socket of a host: TCP over IPv4, blocking. */
int tcp_socket(struct drill_host *host);
/* The calls of the same names for a host; text must go through whole. */
ssize_t give(struct drill_host *host, int fd, const void *data, size_t size, int flags);
ssize_t take(struct drill_host *host, int fd, void *data, size_t size, int flags);
void say(struct drill_host *host, int fd, const char *text);
void hear(struct drill_host *host, int fd, const char *text);
int bits_of(struct drill_host *host, int fd);
int shut(struct drill_host *host, int fd, int how);
int end(struct drill_host *host, int fd);
int set_option(struct drill_host *host, int fd, int level, int option, int value);
/* A field of TCP_INFO. */
uint8_t tcp_state(struct drill_host *host, int fd);

/* Starts a task, waits for its end and gives its result. */
int64_t run_task(struct drill_host *host, int64_t (*run)(void *), void *argument);

/* A rule by its text: its number, or why it is refused; and one that must be taken. */
int try_rule(struct drill_world *world, const char *text);
int add_rule(struct drill_world *world, const char *text);

/* A request and its answer, in a world where any call may fail: no byte of them is wrong. */
void ask_and_answer(struct drill_host *client, struct drill_host *server);

/* A long stream whose byte at each place is known. */
struct stream {
    int fd;
    uint64_t total; /* the sender writes so much and then ends */
    uint64_t done;  /* sent, or received and found to be what was sent there */
    size_t chunk;   /* bytes a call; 0: 4096 */
    int error;      /* positive: what a call answered before the end */
    bool wrong;     /* a byte was not the one of its place */
};

/* Sends so many bytes from one host to the other over near and far, and checks what arrives there.
 * Gives the time it took, and the connection has its end in that direction. */
int64_t stage_stream(struct stage *self, bool from_client, uint64_t total);
int64_t send_stream(void *stream);
int64_t receive_stream(void *stream);
uint8_t byte_at(uint64_t place);

/* What a hook has seen of every packet, and which ones it drops. */
struct seen {
    int64_t at_ns;
    enum drill_packet_kind kind;
    bool from_client;
    bool dropped;
    uint64_t offset;
    size_t size;
};

struct tap {
    struct drill_world *world;
    bool drops_client; /* whose packets are dropped ... */
    enum drill_packet_kind drops;
    uint32_t skip, count; /* ... of this kind: how many pass first, how many are dropped */
    size_t seen_count;
    struct seen seen[TAP_MAX];
};

void tap_open(struct tap *self, struct stage *stage);
void tap_drop(struct tap *self, bool from_client, enum drill_packet_kind kind, uint32_t skip,
              uint32_t count);
size_t tap_count(const struct tap *self, bool from_client, enum drill_packet_kind kind);
/* The n-th, from 0, of a kind; there must be one. */
const struct seen *tap_find(const struct tap *self, bool from_client, enum drill_packet_kind kind,
                            size_t index);

/* Lines of a trace or report, one after the other; what does not fit is left out. */
struct lines {
    size_t count, size;
    char text[1 << 18];
};

void lines_clear(struct lines *self);
void lines_add(void *lines, const char *line);
void lines_ignore(void *context, const char *line);
/* How many lines contain a text. */
size_t lines_with(const struct lines *self, const char *text);

#endif
