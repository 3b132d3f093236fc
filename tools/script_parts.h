/*
 * tools/script_parts.h - the steps of a script, for the files that read and run them.
 *
 *   Owns    as tools/script.h.
 */
#ifndef TOOLS_SCRIPT_PARTS_H
#define TOOLS_SCRIPT_PARTS_H

#include "tools/script.h"

struct drill_step;

/* What a call has given. */
struct drill_step_answer {
    int64_t result;
    const char *bytes; /* of what was received; NULL: nothing is */
    size_t size;
    struct drill_sockaddr from;
};

/* A call that scripts know: its arguments are read, and it is made. */
struct drill_step_row {
    const char *name;
    int (*read)(struct drill_reader *reader, struct drill_step *step);
    void (*run)(const struct drill_step *step, char *room, struct drill_step_answer *answer);
    bool receives; /* its result is bytes */
    bool opens;    /* its result is a descriptor */
    bool polls;    /* its result is bits of readiness */
};

/* When a step begins or returns. */
struct drill_step_time {
    bool given, relative, any;
    int64_t ns;
};

struct drill_step {
    struct drill_step *next;
    const struct drill_step_row *row;
    unsigned line;
    enum drill_only only;
    const char *text; /* the call as it is written */
    struct drill_step_time begins, returns;
    /* Its arguments. */
    int fd, first, second, third;
    struct drill_sockaddr addr;
    const char *bytes;
    size_t size;
    struct drill_step_time until;
    /* What it is to give. */
    bool any;
    int64_t result;
    const char *wanted; /* bytes; NULL: not looked at */
    const struct drill_sockaddr *from;
};

struct drill_script {
    const char *path;
    struct drill_step *steps;
    size_t room; /* bytes that the greatest of its receiving calls may take */
};

enum { DRILL_STEP_BYTES = 1 << 20, DRILL_STEPS = 4096 };

/* script_call.c */
const struct drill_step_row *drill_step_row(const char *name);
/* script_args.c: what stands between the parentheses. */
int drill_step_read_deadline(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_fd(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_fd_addr(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_listen(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_nonblock(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_option(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_poll(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_recv(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_send(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_sendto(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_setsockopt(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_shutdown(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_sleep(struct drill_reader *reader, struct drill_step *step);
int drill_step_read_socket(struct drill_reader *reader, struct drill_step *step);
/* Bits of readiness by name, such as POLLIN|POLLHUP; false: it is none. */
bool drill_step_bits(const char *word, int *bits);

#endif
