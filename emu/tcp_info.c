#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/tcp.h"

/* struct tcp_info of <linux/tcp.h>, as far as it is told; the rest reads 0. */
struct info {
    uint8_t state, ca_state, retransmits, probes, backoff, options, scales, limited;
    uint32_t rto_us, ato_us, send_segment, receive_segment;
    uint32_t unacked, sacked, lost, retransmitted, fackets;
    uint32_t last_data_sent, last_ack_sent, last_data_received, last_ack_received;
    uint32_t path_mtu, receive_threshold, rtt_us, rtt_variance_us;
    uint32_t send_threshold, send_window, advertised_segment, reordering;
    uint32_t receive_rtt_us, receive_space, total_retransmitted;
    uint64_t pacing_rate, pacing_rate_max, bytes_acked, bytes_received;
    uint32_t segments_out, segments_in, not_sent, least_rtt_us, data_in, data_out;
};

enum { SEGMENT_DEFAULT = 536, INFO_BYTES = 248 };

static void fill_flow(struct info *info, const struct drill_flow *flow)
{
    info->retransmits = flow->probing ? 0 : (uint8_t)flow->retries;
    info->probes = flow->probing ? (uint8_t)flow->retries : 0;
    info->backoff = (uint8_t)flow->retries;
    info->ca_state = flow->recovering ? 3 : flow->retries > 0 ? 4 : 0;
    info->rto_us = (uint32_t)(drill_flow_timeout(flow) / DRILL_US);
    info->send_segment = flow->segment;
    info->receive_segment = flow->segment;
    info->unacked = (uint32_t)((flow->highest - flow->acked + flow->segment - 1) / flow->segment);
    info->total_retransmitted = flow->retransmitted;
    info->rtt_us = (uint32_t)(flow->smoothed_ns / DRILL_US);
    info->rtt_variance_us = (uint32_t)(flow->variance_ns / DRILL_US);
    info->send_window = (uint32_t)(flow->window / flow->segment);
    info->send_threshold =
        flow->threshold > INT32_MAX ? INT32_MAX : (uint32_t)(flow->threshold / flow->segment);
}

static struct info tell(const struct drill_tcp *self)
{
    const uint8_t state = self->socket.state;
    struct info info = {.state = state == DRILL_TCP_TIME_WAIT ? DRILL_TCP_CLOSED : state,
                        .rto_us = DRILL_RTO_FIRST_NS / DRILL_US,
                        .send_segment = SEGMENT_DEFAULT,
                        .receive_segment = SEGMENT_DEFAULT,
                        .send_window = DRILL_FLOW_FIRST_WINDOW,
                        .send_threshold = INT32_MAX};

    if (state == DRILL_TCP_LISTEN) {
        info.unacked = self->listening->count;
        info.sacked = self->listening->backlog;
        return info;
    }
    if (self->conn == NULL)
        return info;
    const struct drill_pipe *out = drill_tcp_out(self), *in = drill_tcp_in(self);
    const struct drill_flow *flow = drill_tcp_flow(self);
    if (flow != NULL)
        fill_flow(&info, flow);
    info.bytes_acked = flow != NULL ? flow->acked : out->arrived;
    info.bytes_received = in->arrived;
    info.not_sent = (uint32_t)(out->written - (flow != NULL ? flow->sent : out->arrived));
    return info;
}

static int give(void *value, size_t *size, const void *from, size_t room)
{
    if (value == NULL && *size > 0)
        return -EFAULT;
    if (*size > room)
        *size = room;
    if (*size > 0)
        memcpy(value, from, *size);
    return 0;
}

int drill_tcp_option_get(struct drill_file *file, int level, int number, void *value, size_t *size)
{
    const struct drill_tcp *self = drill_tcp_of(file);
    uint8_t block[INFO_BYTES] = {0};
    int32_t number_value;

    switch (drill_option_find(level, number)) {
    case DRILL_TCP_INFO: {
        const struct info info = tell(self);
        memcpy(block, &info, sizeof info);
        return give(value, size, block, sizeof block);
    }
    case DRILL_SO_ACCEPTCONN:
        number_value = self->socket.state == DRILL_TCP_LISTEN;
        break;
    case DRILL_SO_SNDBUF:
        number_value = (int32_t)drill_tcp_send_size(self);
        break;
    default:
        return -ENOPROTOOPT;
    }
    return give(value, size, &number_value, sizeof number_value);
}

int drill_tcp_option_set(struct drill_file *file, int level, int number)
{
    struct drill_tcp *self = drill_tcp_of(file);
    const bool open = self->conn != NULL && self->socket.state != DRILL_TCP_CLOSED &&
                      self->socket.state != DRILL_TCP_LISTEN &&
                      self->socket.state != DRILL_TCP_SYN_SENT;

    switch (drill_option_find(level, number)) {
    case DRILL_SO_LINGER:
        file->lingers = file->settings != NULL && file->settings->linger_seconds > 0;
        return 0;
    case DRILL_TCP_NODELAY:
    case DRILL_TCP_CORK:
        if (open)
            drill_tcp_output(self);
        return 0;
    case DRILL_SO_SNDBUF:
        self->socket.flags |= DRILL_TCP_SIZED;
        return 0;
    case DRILL_SO_RCVBUF:
        if (open)
            drill_tcp_window_opened(self);
        return 0;
    case DRILL_SO_KEEPALIVE:
    case DRILL_TCP_KEEPIDLE:
        drill_tcp_keep_alive(self);
        return 0;
    default:
        return 0;
    }
}

static const char *const state_names[] = {
    [0] = "?",
    [DRILL_TCP_ESTABLISHED] = "ESTABLISHED",
    [DRILL_TCP_SYN_SENT] = "SYN_SENT",
    [DRILL_TCP_SYN_RECEIVED] = "SYN_RECV",
    [DRILL_TCP_FIN_WAIT1] = "FIN_WAIT1",
    [DRILL_TCP_FIN_WAIT2] = "FIN_WAIT2",
    [DRILL_TCP_TIME_WAIT] = "TIME_WAIT",
    [DRILL_TCP_CLOSED] = "CLOSED",
    [DRILL_TCP_CLOSE_WAIT] = "CLOSE_WAIT",
    [DRILL_TCP_LAST_ACK] = "LAST_ACK",
    [DRILL_TCP_LISTEN] = "LISTEN",
    [DRILL_TCP_CLOSING] = "CLOSING",
};

/* As ss(8) shows it: what waits to be read, what waits to be acknowledged, names, state. */
int drill_tcp_describe(struct drill_file *file, char *text, size_t size)
{
    const struct drill_tcp *self = drill_tcp_of(file);
    const struct drill_socket *socket = &self->socket;
    const struct drill_sockaddr local = drill_addr_plain(&socket->local);
    struct drill_sockaddr remote = {0};
    char from[64], to[64] = "*";
    uint64_t unread = 0, unsent = 0;

    drill_sockaddr_write(&local, from, sizeof from);
    if (socket->state == DRILL_TCP_LISTEN) {
        unread = self->listening->count;
        unsent = self->listening->backlog;
    } else if (self->conn != NULL) {
        const struct drill_addr addr = drill_conn_addr(self->conn, !socket->side);
        remote = drill_addr_plain(&addr);
        drill_sockaddr_write(&remote, to, sizeof to);
        unread = drill_pipe_unread(drill_tcp_in(self));
        unsent = drill_tcp_send_size(self) - drill_tcp_send_room(self);
    }
    return snprintf(text, size, "%8llu %8llu %-24s %-24s %s", (unsigned long long)unread,
                    (unsigned long long)unsent, from, to, state_names[socket->state]);
}
