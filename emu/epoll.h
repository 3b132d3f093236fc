/*
 * emu/epoll.h - readiness sets: epoll's, level and edge triggered (epoll(7)).
 *
 * A watch listens to its file and joins the ready list when it hears of something it wants; waiting
 * walks the ready list only, so a wake costs the same with ten and a million idle descriptors.
 *
 *   Owns    its watches; a watch goes when its file dies, or with its set.
 *   Errors  as epoll_ctl(2) and epoll_wait(2).
 *   Order   first ready, first told; what is still ready goes to the end of the line.
 */
#ifndef EMU_EPOLL_H
#define EMU_EPOLL_H

#include "emu/host.h"

struct drill_watch {
    struct drill_listener listener;
    struct drill_epoll *epoll;
    struct {
        struct drill_file *file; /* only compared: no order comes from it */
        int64_t fd;
    } key;
    UT_hash_handle hh;
    uint64_t data;
    uint32_t events; /* 0 after EPOLLONESHOT has struck */
    bool is_ready;
    /* Of edges, for rules about them: */
    bool unread;   /* what was told has not been read to its end */
    bool for_rest; /* it is ready for more of the same only */
    bool owed;     /* it was told, and may be once more */
    struct drill_watch *ready_next, *ready_prev;
};

struct drill_epoll {
    struct drill_file file;
    struct drill_watch *watches;
    struct drill_watch *ready_first, *ready_last;
};

/* A call has read from a file, and there may be nothing left. */
void drill_epoll_read(struct drill_file *file);

#endif
