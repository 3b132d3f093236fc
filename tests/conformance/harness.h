/*
 * tests/conformance/harness.h - what a case is, and what it says with.
 *
 * A case makes calls through run->net and says what came of them.  The text it says on the kernel
 * of the machine is the expected text; the emulator must say the same.  So a case
 *
 *   - asserts nothing: every result is said and the case goes on, with whatever descriptor it has
 * (a negative one is answered with EBADF), because the sweep makes any call fail;
 *   - says nothing that may differ between two right runs: descriptors, sizes of buffers, times;
 *     ports are renamed P1, P2 ... by the order of their first appearance;
 *   - binds loopback addresses only, and Unix paths only relative (the kernel side has an empty
 *     directory of its own);
 *   - waits for nothing that need not come: what is under way is awaited with run->net->settle().
 *
 *     CASE(a_peek_leaves_the_bytes)
 *     {
 *         int pair[2];
 *         char text[8];
 *
 *         connected_pair(run, pair);
 *         tell(run, "send", run->net->write(pair[0], "abc", 3));
 *         run->net->settle();
 *         tell(run, "peek", run->net->recvfrom(pair[1], text, sizeof text, MSG_PEEK, NULL));
 *     }
 *
 * and in cases.def:  CASE_ROW(a_peek_leaves_the_bytes, FAMILIES_TCP, BOTH)
 */
#ifndef TESTS_CONFORMANCE_HARNESS_H
#define TESTS_CONFORMANCE_HARNESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/conformance/net.h"

/* For which families a case runs, one run each: run->family says which. */
enum families {
    FAMILIES_ONCE,   /* run->family is AF_INET; the case does not depend on it */
    FAMILIES_TCP,    /* AF_INET, AF_INET6; for UDP as well */
    FAMILIES_UNIX,   /* AF_UNIX */
    FAMILIES_STREAM, /* AF_INET, AF_INET6, AF_UNIX */
};

/* Where a case runs.  What runs on one side only must state its text with expect(). */
enum where {
    BOTH,
    EMULATOR,
};

#define RUN_TEXT_SIZE 16384
#define RUN_PORTS     64
#define RUN_SCRATCHES 8
#define SCRATCH_SIZE  160

struct run {
    const struct net *net;
    int family;
    bool on_kernel;

    /* The rest is the harness's own. */
    size_t text_size;
    size_t port_count;
    size_t scratch;
    const char *expected;
    const char *skipped;
    uint16_t ports[RUN_PORTS];
    char scratches[RUN_SCRATCHES][SCRATCH_SIZE];
    char text[RUN_TEXT_SIZE];
};

#define CASE(name) void case_##name(struct run *run)

#define CASE_ROW(name, families, where) void case_##name(struct run *run);
#include "tests/conformance/cases.def"
#undef CASE_ROW

/* Appends one line. */
void say(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "what = 3" or "what = ECONNREFUSED"; answers `result`. */
long tell(struct run *run, const char *what, long result);
/* As tell, for a descriptor: "what = ok" or the error.  Descriptors are never said. */
int tell_fd(struct run *run, const char *what, int fd);
/* As tell, for what arrived: "what = 3 'abc'"; bytes that are not plain text are written as \xNN.
 */
long tell_data(struct run *run, const char *what, long result, const void *data);
/* As tell for an error; a success is silent.  For the steps that lead to what a case is about. */
int must(struct run *run, const char *what, int result);

/* What the case has to say, where the kernel cannot be asked. */
void expect(struct run *run, const char *text);
/* True on the kernel, whose text then does not count; the case should return and, for the emulator,
 * use expect().  For what a kernel may lack (rights, a protocol). */
bool skip_on_kernel(struct run *run, const char *reason);

/* Texts: borrowed from the run, good for the next RUN_SCRATCHES - 1 of them. */
const char *error_name(int error);
const char *address_text(struct run *run, const struct drill_sockaddr *addr);
const char *poll_text(struct run *run, int bits);
const char *data_text(struct run *run, const void *data, size_t size);

/* FNV-1a over what came `before` (0: nothing) and these bytes. */
uint64_t digest(const void *data, size_t size, uint64_t before);

/* What poll answers at once for all the bits there are: "what polls IN|OUT". */
void tell_poll(struct run *run, const char *what, int fd);
/* "what = 127.0.0.1:P1", or the error. */
void tell_sockname(struct run *run, const char *what, int fd);
void tell_peername(struct run *run, const char *what, int fd);
/* An option of type int: "what = 1", or the error. */
void tell_option(struct run *run, const char *what, int fd, int level, int option);
/* Reads SO_ERROR: "what: SO_ERROR = ECONNRESET". */
void tell_so_error(struct run *run, const char *what, int fd);

/* Addresses.  For AF_INET and AF_INET6 only. */
struct drill_sockaddr inet4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
struct drill_sockaddr inet6(const char *text, uint16_t port);
struct drill_sockaddr loopback(int family, uint16_t port);
struct drill_sockaddr wildcard(int family, uint16_t port);
/* A Unix name; a leading '@' makes it abstract. */
struct drill_sockaddr unix_name(const char *name);

/*
 * Sockets.  An error is said, and stands in the place of the descriptor.
 *   socket_of       a socket of the run's family
 *   bound_socket    bound to the loopback address, port 0; the address it got goes to `addr`
 *   listener        a listening TCP socket on the loopback address; `addr` as above
 *   connected_pair  pair[0] connected, pair[1] accepted; of AF_UNIX a socketpair.  Blocking.
 */
int socket_of(struct run *run, int type);
int bound_socket(struct run *run, int type, struct drill_sockaddr *addr);
int listener(struct run *run, int backlog, struct drill_sockaddr *addr);
int connected_to(struct run *run, const struct drill_sockaddr *addr);
void connected_pair(struct run *run, int pair[2]);
void close_pair(struct run *run, const int pair[2]);

/* As run->net->spawn; an error is said. */
int beside(struct run *run, void (*party)(void *), void *argument);

/* Sends and receives, with names that read well: MSG_NOSIGNAL is always set, receiving never waits.
 */
long send_text(struct run *run, int fd, const char *text);
void tell_recv(struct run *run, const char *what, int fd, size_t size, int flags);

/* The rows of cases.def. */
struct conformance_case {
    const char *name;
    void (*body)(struct run *run);
    enum families families;
    enum where where;
};

#endif
