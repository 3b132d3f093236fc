/*
 * scenarios/subjects/kit.h - what the subjects of the catalogue share: arguments, frames, patience.
 *
 * A subject is a small program of the kind that people write: a client, a server, an event loop.
 * It is right as it stands, and each `bug=NAME` that it knows makes one mistake that real programs
 * make.  Subjects keep no state of their own between runs, and give back all they take.
 *
 *   Owns    nothing: descriptors are the caller's.
 *   Errors  negative errnos.
 */
#ifndef SCENARIOS_SUBJECTS_KIT_H
#define SCENARIOS_SUBJECTS_KIT_H

#include <string.h>
#include <sys/socket.h>

#include "api/syscall.h"

/* A function that scenarios find by its name. */
#define SUBJECT(name)                                                                              \
    __attribute__((visibility("default"))) int name(int argc, char **argv);                        \
    int name(int argc, char **argv)

/* Arguments are words KEY=VALUE: the value of a key, or what is taken without it. */
const char *kit_text(int argc, char **argv, const char *key, const char *otherwise);
int64_t kit_number(int argc, char **argv, const char *key, int64_t otherwise);
/* Times as in scenarios: "20ms". */
int64_t kit_time(int argc, char **argv, const char *key, int64_t otherwise_ns);
/* Whether bug=NAME is among them. */
bool kit_bug(int argc, char **argv, const char *name);

/* A listener at an address such as "10.0.0.1:7"; SO_REUSEADDR is set, as servers do. */
int kit_listen(const char *address, int backlog);
/* A socket for datagrams at such an address. */
int kit_datagram(const char *address);
/* Nodes of a group have numbers from 1, and the addresses 10.0.0.NUMBER. */
static inline struct drill_sockaddr kit_node(uint32_t number, uint16_t port)
{
    return drill_sockaddr_inet4(10, 0, 0, (uint8_t)number, port);
}
int kit_node_open(uint32_t number, uint16_t port);
/* Listens at what `at` says, with room for `backlog`, and serves one connection after the other,
 * until the listener is stopped: 0.  The connection is closed behind `serve`. */
int kit_serve(int argc, char **argv, void (*serve)(int fd, void *context), void *context);
/* A server of one thread, with room for a few clients. */
enum { KIT_CLIENTS = 8 };
struct kit_server {
    struct drill_pollfd fds[1 + KIT_CLIENTS]; /* the listener first; -1: nobody */
};
/* Listens at what `at` says: 0.  What kit_server_close gives back is there in any case. */
int kit_server_open(struct kit_server *self, int argc, char **argv);
/* Waits until somebody has something to say, which stands in `revents`, or until then: how many
 * have; -EBADF when the listener has been stopped. */
int kit_server_wait(struct kit_server *self, int64_t until_ns);
/* Takes who wants to come in, if anybody does: the place; 0: nobody, or there is no room. */
int kit_server_take(struct kit_server *self);
void kit_server_drop(struct kit_server *self, int client);
void kit_server_close(struct kit_server *self);
/* A connection, tried for at most `patience_ns`; 0: as long as the system tries. */
int kit_connect(const char *address, int64_t patience_ns);
/* How long reads and writes of a descriptor may take from now on, each call by itself. */
int kit_patience(int fd, int64_t patience_ns);

/* All of it, through short counts and interrupts: 0; -ETIMEDOUT: its patience is over.  Of
 * kit_recv_all, -ENODATA: the stream ended before the first byte; -EPROTO: in the middle. */
int kit_send_all(int fd, const void *data, size_t size);
int kit_recv_all(int fd, void *data, size_t size);
/* A line without its end, byte by byte, so that nothing behind it is taken: its length. */
ssize_t kit_recv_line(int fd, char *line, size_t room);

/* Frames: four bytes of size, the highest first, and so many bytes.  kit_recv_frame answers the
 * size; -EMSGSIZE: the frame says it is longer than `room`. */
int kit_send_frame(int fd, const void *data, size_t size);
ssize_t kit_recv_frame(int fd, void *data, size_t room);

/* The status of a subject: 0, or a number that reports show as the errno's name. */
static inline int kit_status(int64_t result)
{
    return result < 0 ? (int)result : 0;
}

#endif
