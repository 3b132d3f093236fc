/*
 * emu/fds.h - the descriptors of one host: the lowest free number, dup, close.
 *
 * uthash holds pages of 64 descriptors, so that a descriptor costs 8 bytes and not a hash handle;
 * in front of it a direct-mapped lookaside of pages makes the hot look-up a few instructions.
 *
 *   Owns    its pages, and one reference to each file per descriptor.
 *   Errors  -EBADF, -EMFILE at the limit, -ENOMEM; a failed call changes nothing.
 *   Order   numbers are those POSIX demands: always the lowest free one.
 */
#ifndef EMU_FDS_H
#define EMU_FDS_H

#include "emu/file.h"
#include "emu/table.h"

enum {
    DRILL_FDS_FIRST = 3,
    DRILL_FDS_PAGE = 64,
    DRILL_FDS_LOOKASIDE = 256,
    DRILL_FDS_LIMIT = 1048576
};

struct drill_fd_page {
    uint32_t index; /* its first descriptor / 64 */
    uint64_t used;  /* a bit a descriptor */
    uint64_t close_on_exec;
    struct drill_file *files[DRILL_FDS_PAGE];
    UT_hash_handle hh;
};

struct drill_fds {
    struct drill_mem *mem;
    struct drill_fd_page *pages;
    uint32_t lowest; /* no page below this one has a free number */
    uint32_t count;
    uint32_t limit; /* numbers are below it (RLIMIT_NOFILE) */
    struct drill_fd_page *lookaside[DRILL_FDS_LOOKASIDE];
};

/* 0 to 2 are taken, as in a process; the limit begins at DRILL_FDS_LIMIT. */
void drill_fds_init(struct drill_fds *self, struct drill_mem *mem);
/* Drops every file, in the order in which their pages were made; the limit stays. */
void drill_fds_fini(struct drill_fds *self);

/* Gives `file` the lowest free number not below `from`, and takes over the caller's reference. */
int drill_fds_add(struct drill_fds *self, struct drill_file *file, int from, bool close_on_exec);
/* 0 if the next add from 0 will find a number: -EMFILE, -ENOMEM. */
int drill_fds_check(struct drill_fds *self);
/* Gives it exactly this number, dropping what was there; takes over the caller's reference. */
int drill_fds_put(struct drill_fds *self, struct drill_file *file, int fd, bool close_on_exec);
/* Takes the number off the table and hands its reference to the caller, or NULL. */
struct drill_file *drill_fds_take(struct drill_fds *self, int fd);
struct drill_fd_page *drill_fds_page(struct drill_fds *self, uint32_t index);
/* A limit that leaves room for so many more. */
uint32_t drill_fds_limit_for(struct drill_fds *self, uint64_t more);
/* The lowest descriptor not below `from` that is open, or -1. */
int drill_fds_next(struct drill_fds *self, int from);

/* The file of a descriptor, borrowed, or NULL. */
static inline struct drill_file *drill_fds_find(struct drill_fds *self, int fd)
{
    const uint32_t index = (uint32_t)fd / DRILL_FDS_PAGE;
    struct drill_fd_page *page = self->lookaside[index % DRILL_FDS_LOOKASIDE];

    if (page == NULL || page->index != index) {
        page = drill_fds_page(self, index);
        if (page == NULL)
            return NULL;
    }
    return page->files[(uint32_t)fd % DRILL_FDS_PAGE];
}

#endif
