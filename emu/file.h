/*
 * emu/file.h - what a descriptor stands for: operations, a reference count, and who listens.
 *
 * Kinds of files embed this struct as their first member.  An operation that a kind leaves NULL is
 * answered by the door as Linux answers it for such a descriptor.  When a file's readiness may have
 * changed, its kind calls drill_file_wake; listeners are waiting tasks and readiness sets.
 *
 *   Owns    nothing; it dies by its close operation when the last reference is dropped.
 *   Order   listeners hear in the order in which they came.
 */
#ifndef EMU_FILE_H
#define EMU_FILE_H

#include "emu/args.h"

struct drill_file;
struct drill_host;
struct drill_settings;

/* -EAGAIN: would wait.  recv and send report progress in args->done; the door adds it up. */
struct drill_file_ops {
    const char *name; /* for traces and netstat: "tcp", "udp", "unix-stream", "epoll" */
    uint32_t (*poll)(struct drill_file *self); /* poll bits that hold now */
    void (*close)(struct drill_file *self);    /* the last reference is gone */
    int (*bind)(struct drill_file *self, struct drill_args *args);
    int (*listen)(struct drill_file *self, int backlog);
    int (*accept)(struct drill_file *self, struct drill_args *args, struct drill_file **made);
    int (*connect)(struct drill_file *self, struct drill_args *args);
    int (*recv)(struct drill_file *self, struct drill_args *args);
    int (*send)(struct drill_file *self, struct drill_args *args);
    /* The short way of recv and send, for a file without settings and a block of bytes: how many
     * were moved; 0, and nothing has happened, where it is not as simple as that.  May be NULL. */
    size_t (*recv_block)(struct drill_file *self, void *data, size_t size);
    size_t (*send_block)(struct drill_file *self, const void *data, size_t size);
    int (*shutdown)(struct drill_file *self, int how);
    int (*name_of)(struct drill_file *self, struct drill_sockaddr *addr, bool peer);
    int (*ioctl)(struct drill_file *self, int request, int *value);
    /* After the options table has stored a value that has an effect at once, or must be refused. */
    int (*option_set)(struct drill_file *self, int level, int option);
    /* Sets an option whose value is this kind's alone; -ENOPROTOOPT: it has no such thing. */
    int (*option_value)(struct drill_file *self, int level, int option, const void *value,
                        size_t size);
    /* An option whose value is the state of this kind: -ENOPROTOOPT leaves it to the table. */
    int (*option_get)(struct drill_file *self, int level, int option, void *value, size_t *size);
    /* 0 when close has nothing to wait for any more (SO_LINGER), else -EAGAIN; may be NULL. */
    int (*linger)(struct drill_file *self);
    /* Appends a line's end for netstat: addresses, state, queues. */
    int (*describe)(struct drill_file *self, char *text, size_t size);
};

/* The one bit of a wake that is no poll bit: the file is about to die, so stop listening. */
#define DRILL_WAKE_GONE (UINT32_C(1) << 31)

struct drill_listener {
    struct drill_listener *next, *prev; /* a ring through the file's first listener */
    struct drill_file *file;            /* NULL: not listening */
    uint32_t bits;                      /* what it wants to hear of; POLLERR and POLLHUP always */
    void (*wake)(struct drill_listener *self, uint32_t bits);
    struct drill_task *task; /* of a waiting task's listener */
};

struct drill_file {
    const struct drill_file_ops *ops;
    struct drill_host *host;
    struct drill_listener *listeners;
    struct drill_settings *settings; /* options and deadlines that differ from the defaults */
    uint32_t refs;
    bool nonblock;
    bool stopped; /* StopIO: every operation ends */
    bool lingers; /* close may have to wait */
    bool crashed; /* its host is going down: close sends nothing */
};

static inline void drill_file_init(struct drill_file *self, const struct drill_file_ops *ops,
                                   struct drill_host *host)
{
    *self = (struct drill_file){.ops = ops, .host = host, .refs = 1};
}

static inline struct drill_file *drill_file_ref(struct drill_file *self)
{
    self->refs++;
    return self;
}

/* Drops a reference; the last one closes. */
void drill_file_drop(struct drill_file *self);

void drill_file_listen(struct drill_file *self, struct drill_listener *listener);
void drill_file_unlisten(struct drill_listener *listener);
void drill_file_wake_all(struct drill_file *self, uint32_t bits);

/* Tells the listeners that `bits` may hold now. */
static inline void drill_file_wake(struct drill_file *self, uint32_t bits)
{
    if (self->listeners != NULL)
        drill_file_wake_all(self, bits);
}

#endif
