/*
 * emu/unix.h - Unix sockets: stream, datagram and seqpacket, named or paired, on one host.
 *
 * Every socket has one queue of messages that were sent to it, as in Linux: a message is what one
 * send, or a part of a long one, left there; it is charged to its sender until it is gone.  A
 * stream reads across the messages, the other types read one at a time.  So a stream too knows
 * where a message with descriptors or an urgent byte ends, and has Linux's limits to the byte:
 * nothing here crosses a link, so there are no pipes.
 *
 *   unix.c         a socket's life, and what all types have: names, readiness, shutdown
 *   unix_info.c    options, ioctl, a line for netstat
 *   unix_queue.c   messages, and who waits for room
 *   unix_listen.c  listen, accept, connect of streams and seqpackets
 *   unix_stream.c  send and recv of streams, the urgent byte
 *   unix_dgram.c   the same of datagrams and seqpackets, connect of datagrams
 *   unix_collect.c sockets that only their own queues refer to (Linux's unix_gc)
 *
 *   Owns    its messages and who waits to be accepted.  A closed socket stays in memory while a
 *           peer or a message names it, as its peer may ask for its name.
 *   Errors  as the calls on Linux, see unix(7); -ENOMEM where Linux says ENOBUFS.
 *   Order   messages, and the sockets in a listener's queue, first in, first out.
 */
#ifndef EMU_UNIX_H
#define EMU_UNIX_H

#include "emu/rights.h"
#include "emu/socket.h"
#include "emu/unix_names.h"

/* With the numbers of Linux. */
enum drill_unix_state {
    DRILL_UNIX_ESTABLISHED = 1,
    DRILL_UNIX_CLOSED = 7,
    DRILL_UNIX_LISTEN = 10,
};

/* socket.flags of a Unix socket. */
enum {
    DRILL_UNIX_GONE = 1,       /* no descriptor refers to it any more */
    DRILL_UNIX_KNOWS = 2,      /* SO_PEERCRED has an answer */
    DRILL_UNIX_WANTS_ROOM = 4, /* its listeners are told when its peer's queue has room */
    DRILL_UNIX_EMBRYO = 8,     /* waits to be accepted */
    DRILL_UNIX_REACHED = 16,   /* of the collector */
};

/* What a message costs its sender beside its bytes, and the most that a stream puts into one:
 * seen on Linux 6.18, x86-64. */
enum { DRILL_UNIX_MESSAGE_COST = 767, DRILL_UNIX_CHUNK = 36544, DRILL_UNIX_BACKLOG = 10 };

struct drill_unix_message {
    struct drill_unix_message *next;
    struct drill_unix *sender; /* held */
    struct drill_passed *passed;
    uint32_t size;
    uint32_t at; /* bytes that a stream has read off */
    bool peeked;
    uint8_t data[];
};

struct drill_unix {
    struct drill_socket socket;
    struct drill_file waiters;       /* only its listeners count: who waits for room here */
    struct drill_listener peer_room; /* among its peer's, on behalf of its own listeners */
    struct drill_unix *next, *prev;  /* all that are open on the host */
    struct drill_unix *peer;         /* held; NULL: none */
    struct drill_unix_name *name;    /* NULL: unnamed */
    struct drill_unix_message *first, *last;
    struct drill_unix_message *urgent;                        /* of a stream: one of those */
    struct drill_unix *first_child, *last_child, *next_child; /* who waits to be accepted */
    uint32_t count;                                           /* of messages, or of children */
    uint32_t backlog;                                         /* one more than that may wait */
    uint32_t holds; /* itself until it is closed, peers that name it, messages it has sent */
    uint32_t found; /* of the collector: references to it from queues */
    struct drill_unix *next_reached;
    uint64_t unread; /* bytes in the queue */
    uint64_t used;   /* what its own messages cost, until they are gone */
};

extern const struct drill_file_ops drill_unix_stream_ops, drill_unix_dgram_ops,
    drill_unix_seqpacket_ops;

static inline struct drill_unix *drill_unix_of(struct drill_file *file)
{
    return (struct drill_unix *)(void *)file;
}

static inline bool drill_unix_is(const struct drill_file *file)
{
    return file->ops == &drill_unix_stream_ops || file->ops == &drill_unix_dgram_ops ||
           file->ops == &drill_unix_seqpacket_ops;
}

static inline struct drill_host *drill_unix_host(const struct drill_unix *self)
{
    return self->socket.file.host;
}

/* What the audit knows the stream by that ends here. */
static inline uint64_t drill_unix_stream(const struct drill_unix *self)
{
    return (uint64_t)self->socket.number << 2 | 2;
}

static inline bool drill_unix_is_dgram(const struct drill_unix *self)
{
    return self->socket.type == DRILL_SOCK_DGRAM;
}

static inline bool drill_unix_is_gone(const struct drill_unix *self)
{
    return (self->socket.flags & DRILL_UNIX_GONE) != 0;
}

/* unix.c: SOCK_RAW is SOCK_DGRAM; -ENOMEM. */
int drill_unix_new(struct drill_host *host, int family, int type, int protocol,
                   struct drill_file **made);
int drill_unix_new_pair(struct drill_host *host, int type, struct drill_file *made[2]);
/* A socket without a descriptor yet; NULL: out of memory. */
struct drill_unix *drill_unix_make(struct drill_host *host, int type);
static inline struct drill_unix *drill_unix_hold(struct drill_unix *self)
{
    self->holds++;
    return self;
}
void drill_unix_release(struct drill_unix *self);
void drill_unix_set_peer(struct drill_unix *self, struct drill_unix *peer);
/* The operation close, of a socket that still waits to be accepted too. */
void drill_unix_close(struct drill_file *file);
/* -EINVAL unless the address is a Unix one with a name. */
int drill_unix_check_addr(const struct drill_sockaddr *addr);
/* Who has a name: -ENOENT, -ECONNREFUSED, -EPROTOTYPE. */
int drill_unix_find(struct drill_unix *self, const struct drill_sockaddr *addr,
                    struct drill_unix **found);
/* An unnamed one that is to show its credentials gets a name first. */
int drill_unix_name_sender(struct drill_unix *self);
/* Before recv returns: the sender's address and, if they are asked for, its credentials. */
void drill_unix_tell_sender(const struct drill_unix *self, const struct drill_unix *sender,
                            struct drill_args *args);

/* unix_info.c */
int drill_unix_ioctl(struct drill_file *file, int request, int *value);
int drill_unix_option_set(struct drill_file *file, int level, int option);
int drill_unix_option_get(struct drill_file *file, int level, int option, void *value,
                          size_t *size);
int drill_unix_describe(struct drill_file *file, char *text, size_t size);

/* unix_queue.c: makes a message of bytes of a send, from `offset` on, which is charged to its
 * sender; -EAGAIN without room in the send buffer. */
int drill_unix_write(struct drill_unix *sender, const struct drill_args *args, size_t offset,
                     size_t size, struct drill_unix_message **made);
void drill_unix_free_message(struct drill_unix_message *message);
/* Appends it to the queue of a socket and wakes who waits there. */
void drill_unix_deliver(struct drill_unix *self, struct drill_unix_message *message);
/* Takes a message that has been read, from the queue, and tells its sender of the room. */
void drill_unix_take(struct drill_unix *self, struct drill_unix_message *message);
/* Drops every message. */
void drill_unix_purge(struct drill_unix *self);
/* Whether the send buffer is empty enough to tell a program of room. */
bool drill_unix_is_writable(const struct drill_unix *self);
/* Whether as many wait in it as may: messages, or sockets to be accepted. */
bool drill_unix_is_full(const struct drill_unix *self);
/* Wakes who waits for room in its queue. */
void drill_unix_wake_waiters(struct drill_unix *self);
/* Its listeners are to hear, once, when there may be room at its peer. */
void drill_unix_want_room(struct drill_unix *self);
/* Where the next peek begins: SO_PEEK_OFF, or 0; and the moves of it. */
size_t drill_unix_peek_offset(const struct drill_unix *self, const struct drill_args *args);
void drill_unix_move_offset(struct drill_unix *self, const struct drill_args *args, size_t size);

/* unix_listen.c */
int drill_unix_listen(struct drill_file *file, int backlog);
int drill_unix_accept(struct drill_file *file, struct drill_args *args, struct drill_file **made);
int drill_unix_connect(struct drill_file *file, struct drill_args *args);
void drill_unix_stop_listening(struct drill_unix *self);

/* unix_stream.c, unix_dgram.c */
int drill_unix_stream_send(struct drill_file *file, struct drill_args *args);
int drill_unix_stream_recv(struct drill_file *file, struct drill_args *args);
bool drill_unix_at_mark(const struct drill_unix *self);
int drill_unix_dgram_send(struct drill_file *file, struct drill_args *args);
int drill_unix_dgram_recv(struct drill_file *file, struct drill_args *args);
int drill_unix_dgram_connect(struct drill_file *file, struct drill_args *args);
int drill_unix_seqpacket_send(struct drill_file *file, struct drill_args *args);
int drill_unix_seqpacket_recv(struct drill_file *file, struct drill_args *args);
/* Whether a connected datagram socket finds its peer's queue full. */
bool drill_unix_is_held_up(const struct drill_unix *self);

/* unix_collect.c: empties the queues of sockets that only queues of each other refer to, which
 * closes them. */
void drill_unix_collect(struct drill_host *host);
/* Marks files in flight as crashed. */
void drill_unix_crash(struct drill_host *host);

#endif
