/*
 * emu/tcp.h - TCP: connections, their ends, and the parts of the protocol.
 *
 * A connection is one object with two pipes; each end is a socket.  While both links are calm the
 * cursors of the pipes advance in the call that sends, and there is no flow, no timer and no packet
 * (tcp_calm.c).  As soon as that is not so, the ends get flows and the same descriptors
 * become packets.
 *
 *   tcp.c          the operations of a socket
 *   tcp_send.c     send, plainly while all is calm; tcp_recv.c the same for recv
 *   tcp_open.c     connect; tcp_listen.c listen, accept, the handshake (RFC 9293 3.5)
 *   tcp_input.c    what a packet does (RFC 9293 3.10.7)
 *   tcp_calm.c     what moves without packets, and where rules see the packets it would take
 *   tcp_output.c   what is sent, and when (RFC 9293 3.7, 3.8; RFC 5681; RFC 6298)
 *   tcp_close.c    FIN, RST, TIME_WAIT, death (RFC 9293 3.6)
 *
 *   Owns    a connection lives as long as an end or a packet refers to it; an end outlives its
 *           descriptor until its last state is left.
 *   Errors  a packet for which there is no memory is a lost packet; a flow for which there is none
 *           ends the connection with ENOMEM.
 */
#ifndef EMU_TCP_H
#define EMU_TCP_H

#include "emu/flow.h"
#include "emu/net.h"
#include "emu/pipe.h"
#include "emu/socket.h"

/* With the numbers of Linux, which TCP_INFO shows. */
enum drill_tcp_state {
    DRILL_TCP_ESTABLISHED = 1,
    DRILL_TCP_SYN_SENT,
    DRILL_TCP_SYN_RECEIVED,
    DRILL_TCP_FIN_WAIT1,
    DRILL_TCP_FIN_WAIT2,
    DRILL_TCP_TIME_WAIT,
    DRILL_TCP_CLOSED,
    DRILL_TCP_CLOSE_WAIT,
    DRILL_TCP_LAST_ACK,
    DRILL_TCP_LISTEN,
    DRILL_TCP_CLOSING,
};

/* socket.flags of a TCP end. */
enum {
    DRILL_TCP_ORPHAN = 1,     /* no descriptor refers to it any more */
    DRILL_TCP_CONNECTING = 2, /* connect has begun and its outcome was not yet told */
    DRILL_TCP_CONNECTED = 4,  /* and was told: a further connect is EISCONN */
    DRILL_TCP_PUSHING = 8,    /* output is at work further down this stack */
    DRILL_TCP_NO_SPACE = 16,  /* a writer was turned away: tell it when there is room */
    DRILL_TCP_SIZED = 64,     /* the program has chosen SO_SNDBUF */
    DRILL_TCP_LEAVING = 128,  /* waits out its time: TIME_WAIT, or FIN_WAIT2 of an orphan */
    DRILL_TCP_ASKED = DRILL_TCP_CONNECTING | DRILL_TCP_CONNECTED,
    DRILL_TCP_QUEUED = 32, /* waits in a listener's queue of finished handshakes */
};

struct drill_tcp;

/* What rules make of a connection: end 0, or 1, tells of no room; no packet arrives any more. */
enum { DRILL_CONN_WITHHOLDS0 = 1, DRILL_CONN_WITHHOLDS1 = 2, DRILL_CONN_SILENT = 4 };

struct drill_conn {
    struct {
        uint8_t ip[2][16]; /* the smaller end first, so both ends find it */
        uint32_t scope;    /* of loopback the host, else the zone */
        uint16_t port[2];
    } key;
    UT_hash_handle hh;           /* in net->conns; tbl NULL: taken out */
    uint64_t number;             /* counts the connections of the world */
    struct drill_pipe pipes[2];  /* pipes[s]: what end s writes */
    struct drill_tcp *ends[2];   /* end 0 began; NULL: not there, or gone without a word */
    struct drill_path *paths[2]; /* paths[s]: from end s; NULL: nobody has the address */
    struct drill_flow *flows;    /* two, or NULL while all is calm */
    const char *silent;          /* the rule for which no packet of it arrives any more, or NULL */
    struct drill_conn *older;    /* in net->superseded, if it is */
    uint32_t refs;
    bool superseded; /* its tuple was taken anew, and the other host does not know yet */
    bool self;       /* connected to itself: both ends are one, and pipes[0] is the only pipe */
    uint8_t bent;    /* bits: what rules make of it, for as long as it is not calm */
    uint8_t slot;    /* where in the key end 0's address stands */
};

/* A listener's queues.  Linux counts them apart; so is done here. */
struct drill_tcp_listening {
    struct drill_tcp *first, *last; /* finished handshakes, oldest first */
    struct drill_tcp *begun;        /* SYN received, in no order that matters */
    uint32_t count;
    uint32_t backlog; /* Linux lets one more wait than that */
};

struct drill_tcp {
    struct drill_socket socket;
    struct drill_conn *conn;
    union {
        struct drill_tcp_listening *listening; /* state LISTEN */
        struct drill_tcp *listener;            /* until it is accepted */
        struct drill_tcp *leaving_before;      /* DRILL_TCP_LEAVING */
    };
    union {
        struct drill_tcp *queue_next; /* in its listener's queue */
        struct drill_tcp *leaving_next;
    };
    int64_t leaves_ns;
};

extern const struct drill_file_ops drill_tcp_ops;

static inline struct drill_tcp *drill_tcp_of(struct drill_file *file)
{
    return (struct drill_tcp *)(void *)file;
}

static inline struct drill_tcp *drill_tcp_peer(const struct drill_tcp *self)
{
    const struct drill_conn *conn = self->conn;
    return conn->ends[conn->self ? 0 : !self->socket.side];
}

/* What it writes, and what it reads. */
static inline struct drill_pipe *drill_tcp_out(const struct drill_tcp *self)
{
    return &self->conn->pipes[self->socket.side];
}

static inline struct drill_pipe *drill_tcp_in(const struct drill_tcp *self)
{
    return &self->conn->pipes[self->conn->self ? 0 : !self->socket.side];
}

static inline struct drill_flow *drill_tcp_flow(const struct drill_tcp *self)
{
    return self->conn->flows != NULL ? &self->conn->flows[self->socket.side] : NULL;
}

/* What the audit knows a direction by: the one in which end `side` writes. */
static inline uint64_t drill_conn_stream(const struct drill_conn *self, int side)
{
    return self->number << 2 | (uint64_t)side;
}

static inline bool drill_conn_withholds(const struct drill_conn *self, uint8_t side)
{
    return (self->bent >> side & 1) != 0;
}

/* Whether cursors may move at once.  Asked at every send, so it is no call. */
static inline bool drill_conn_is_calm(const struct drill_conn *self)
{
    return self->paths[0] != NULL && self->bent == 0 && self->paths[0]->calm &&
           self->paths[1]->calm && self->ends[0] != NULL && (self->self || self->ends[1] != NULL);
}

/* tcp_conn.c: connections as such. */
struct drill_conn *drill_conn_new(struct drill_tcp *first, const struct drill_addr *remote,
                                  struct drill_host *to);
struct drill_conn *drill_conn_find(struct drill_host *host, const struct drill_addr *local,
                                   const struct drill_addr *remote);
/* Makes `end` the end of a side, with a reference. */
void drill_conn_attach(struct drill_conn *self, struct drill_tcp *end, uint8_t side);
/* The end is no more: packets to it find nobody.  It keeps its reference until drill_conn_drop. */
void drill_conn_detach(struct drill_conn *self, const struct drill_tcp *end);
/* Takes it out of the table: its tuple is free. */
void drill_conn_forget(struct drill_conn *self, struct drill_net *net);
/* The same for a new one with this tuple, while one end lives. */
void drill_conn_supersede(struct drill_conn *self, struct drill_net *net);
void drill_conn_drop(struct drill_conn *self, struct drill_net *net);
/* The flows, made from where the pipes stand if there are none; false: out of memory. */
bool drill_conn_need_flows(struct drill_conn *self, struct drill_sim *sim);
/* Goes back to cursors when both links are calm and nothing is under way. */
void drill_conn_calm_down(struct drill_conn *self, struct drill_net *net);
/* Whether it is calm and nobody looks on, so that no packet need be made. */
bool drill_conn_is_bare(const struct drill_conn *self);
/* From now on no packet of it arrives. */
void drill_conn_silence(struct drill_conn *self, struct drill_net *net, const char *why);
void drill_conn_speak(struct drill_conn *self, struct drill_net *net);
/* The most bytes of data a packet of it carries. */
uint32_t drill_conn_segment(const struct drill_conn *self);
struct drill_addr drill_conn_addr(const struct drill_conn *self, uint8_t side);

/* tcp.c */
/* A closed socket with nothing attached; NULL: out of memory. */
struct drill_tcp *drill_tcp_new(struct drill_host *host, int family);
/* Its last moment: gives back the connection, the port and the memory. */
void drill_tcp_free(struct drill_tcp *self);
uint64_t drill_tcp_send_size(const struct drill_tcp *self);
uint64_t drill_tcp_send_room(const struct drill_tcp *self);
bool drill_tcp_is_writable(const struct drill_tcp *self);
/* The place of an urgent byte that lies in front of the reader; UINT64_MAX: none. */
uint64_t drill_tcp_urgent(const struct drill_tcp *self);

/* tcp_recv.c, tcp_send.c */
int drill_tcp_recv(struct drill_file *file, struct drill_args *args);
int drill_tcp_send(struct drill_file *file, struct drill_args *args);
size_t drill_tcp_recv_block(struct drill_file *file, void *data, size_t size);
size_t drill_tcp_send_block(struct drill_file *file, const void *data, size_t size);

/* tcp_info.c */
int drill_tcp_option_get(struct drill_file *file, int level, int number, void *value, size_t *size);
int drill_tcp_option_set(struct drill_file *file, int level, int number);
int drill_tcp_describe(struct drill_file *file, char *text, size_t size);

/* tcp_open.c */
int drill_tcp_connect(struct drill_file *file, struct drill_args *args);
int drill_tcp_listen(struct drill_file *file, int backlog);
int drill_tcp_accept(struct drill_file *file, struct drill_args *args, struct drill_file **made);

/* tcp_listen.c */
/* Opens to a listener without packets, where nothing can come between: false if that is not so.
 * Without memory for the child the SYN counts as sent, and lost. */
bool drill_tcp_open_at_once(struct drill_tcp *self);
/* A SYN for a side where there is no end yet. */
void drill_tcp_arrive_syn(struct drill_packet *packet);
/* The handshake is done: a child goes to its listener's queue; false: the queue is full. */
bool drill_tcp_establish(struct drill_tcp *self);
/* Leaves its listener's queues. */
void drill_tcp_leave_listener(struct drill_tcp *self);
void drill_tcp_stop_listening(struct drill_tcp *self);

/* tcp_input.c: what all packets of connections are delivered to. */
void drill_tcp_input(struct drill_packet *packet);

/* The steps of an input that calm connections take without packets. */
void drill_tcp_become_established(struct drill_tcp *self);
/* The peer will send no more.  False: nothing more is to be answered. */
bool drill_tcp_fin_arrived(struct drill_tcp *self);
/* The peer has our FIN; false: the end is gone. */
bool drill_tcp_fin_acknowledged(struct drill_tcp *self);

/* tcp_output.c */
/* Fills a packet of a side, with a reference to the connection. */
void drill_tcp_make(struct drill_packet *packet, struct drill_conn *conn, uint8_t side,
                    enum drill_packet_kind kind);
/* Sends a packet of a side; the end may be gone when it returns. */
void drill_tcp_emit(struct drill_conn *conn, uint8_t side, enum drill_packet_kind kind,
                    uint64_t offset, uint32_t size, const char *cause);
/* Readies the part of a network that is TCP's. */
void drill_tcp_begin(struct drill_net *net);
void drill_tcp_ask(struct drill_tcp *self);    /* a bare packet that wants an answer: a probe */
void drill_tcp_answer(struct drill_tcp *self); /* acknowledges what has come */
/* The same at the end of this instant, unless data that goes out before takes it along. */
void drill_tcp_answer_soon(struct drill_tcp *self);
void drill_tcp_owes_no_more(struct drill_flow *flow, struct drill_net *net);
/* Sends what may be sent now; the end may be gone when it returns. */
void drill_tcp_output(struct drill_tcp *self);
/* Sends the first unanswered packet again. */
void drill_tcp_send_again(struct drill_tcp *self);
/* The reader has made room: tells the peer, or moves the cursors of a calm one. */
void drill_tcp_window_opened(struct drill_tcp *self);
/* Tells a writer that was turned away when there is room again. */
void drill_tcp_wake_writer(struct drill_tcp *self);
/* Sets or stops the timer for what is unanswered. */
void drill_tcp_arm(struct drill_tcp *self, bool restart);

/* tcp_calm.c */
/* What is written is where it belongs at once, as far as the window goes; and so is the end. */
void drill_tcp_move_cursors(struct drill_tcp *self);
/* Sends a packet of a connection without flows.  If a rule falls on it there are flows first, to
 * which what it carries is not yet answered. */
void drill_tcp_send_shown(struct drill_packet *packet);

/* tcp_timer.c */
void drill_tcp_resend_due(struct drill_event *event);
void drill_tcp_idle_due(struct drill_event *event);
/* When what is unanswered is sent again: now + after_ns. */
void drill_tcp_set_resend(struct drill_tcp *self, int64_t after_ns);
/* Nothing is: runs do not wait for its timer. */
void drill_tcp_stop_resend(struct drill_tcp *self);
/* The end goes in 60 s: to the end of the line, from wherever in it. */
void drill_tcp_leave(struct drill_tcp *self);
void drill_tcp_stop_leaving(struct drill_tcp *self);
void drill_tcp_leaving_due(struct drill_event *event);
/* Sets the keepalive timer if SO_KEEPALIVE says so. */
void drill_tcp_keep_alive(struct drill_tcp *self);

/* tcp_close.c */
void drill_tcp_close(struct drill_file *file);
int drill_tcp_shutdown(struct drill_file *file, int how);
int drill_tcp_linger(struct drill_file *file);
/* AF_UNSPEC and shutdown of what is not yet connected: back to a fresh socket (tcp_disconnect). */
int drill_tcp_disconnect(struct drill_tcp *self);
/* The end's own FIN goes out behind what is written. */
void drill_tcp_send_fin(struct drill_tcp *self);
/* Tells the peer that it is over. */
void drill_tcp_reset(struct drill_tcp *self, const char *cause);
/* Whether data that comes now is an error: nobody will read it (RFC 9293 3.10.7.3, tcp(7)). */
bool drill_tcp_refuses_data(const struct drill_tcp *self);
/* It is over: `error` is pending for who still has a descriptor; an orphan is freed. */
void drill_tcp_die(struct drill_tcp *self, int error, uint32_t cause_packet);
void drill_tcp_time_wait(struct drill_tcp *self);
void drill_tcp_fin_wait2(struct drill_tcp *self);
/* Without a word: its host has crashed. */
void drill_tcp_vanish(struct drill_tcp *self);

#endif
