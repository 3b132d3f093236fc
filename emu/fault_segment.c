#include <stddef.h>

#include "emu/fault.h"
#include "emu/tcp.h"

/* What a rule that gives no time means. */
#define COALESCE_NS (2 * DRILL_MS)

/* What a rule remembers of an end whose window it closes, in state.value: once, and no more. */
enum { OPEN, CLOSED, OPEN_AGAIN };

static struct drill_pipe *pipe_of(const struct drill_packet *packet)
{
    return &packet->conn->pipes[packet->side];
}

static bool is_gathering(const struct drill_rule *rule, const struct drill_packet *packet)
{
    const struct drill_rule_state *state = drill_rule_known(rule, drill_flow_of_direction(packet));

    return state != NULL && state->at_ns > drill_sim_now(rule->faults->sim);
}

/* The first byte of a packet that has not come yet: those before are not to change any more. */
static uint64_t first_new(const struct drill_packet *packet)
{
    const uint64_t arrived = pipe_of(packet)->arrived;

    return packet->offset > arrived ? packet->offset : arrived;
}

/* Once for each end of a connection that lives. */
static bool can_close_window(const struct drill_rule *rule, const struct drill_packet *packet)
{
    const struct drill_conn *conn = packet->conn;
    const struct drill_rule_state *state = drill_rule_known(rule, drill_flow_of_direction(packet));

    return conn != NULL && !conn->self && conn->ends[packet->side] != NULL &&
           packet->kind != DRILL_PACKET_RST && !drill_conn_withholds(conn, packet->side) &&
           (state == NULL || state->value == OPEN);
}

bool drill_segment_can_strike(const struct drill_rule *rule, const struct drill_packet *packet)
{
    switch (rule->what) {
    case DRILL_FAULT_coalesce:
        return !is_gathering(rule, packet);
    case DRILL_FAULT_flip:
        return first_new(packet) < packet->offset + packet->size;
    case DRILL_FAULT_window_closed:
        return can_close_window(rule, packet);
    default:
        return true;
    }
}

static void flip(void *context, uint64_t bit)
{
    const struct drill_packet *packet = context;

    drill_pipe_flip(pipe_of(packet), first_new(packet) + bit / 8, bit % 8);
}

/* What is received is no longer what was sent, and that is this rule's doing. */
static void flip_bits(const struct drill_rule *rule, struct drill_packet *packet)
{
    struct drill_sim *sim = rule->faults->sim;
    const uint64_t bytes = packet->offset + packet->size - first_new(packet);

    drill_rule_damage(rule, bytes * 8, flip, packet);
    if (sim->witness != NULL)
        drill_audit_end(&sim->audit, drill_conn_stream(packet->conn, packet->side));
}

static void close_window(struct drill_rule *rule, struct drill_packet *packet)
{
    struct drill_sim *sim = rule->faults->sim;
    struct drill_rule_state *state = drill_rule_state(rule, drill_flow_of_direction(packet));
    int64_t until = rule->fault.to_ns > 0 ? rule->fault.to_ns : DRILL_NEVER;

    if (state == NULL || !drill_conn_need_flows(packet->conn, sim))
        return;
    if (rule->fault.lasts_ns > 0)
        until = drill_sim_now(sim) + rule->fault.lasts_ns;
    state->value = CLOSED;
    state->at_ns = until;
    packet->conn->bent |= (uint8_t)(1U << packet->side);
    packet->edge = packet->ack;
    if (until < DRILL_NEVER && (!drill_event_is_set(&rule->ends) || until < rule->ends.when_ns))
        drill_timeline_set(&sim->timeline, &rule->ends, until);
}

/* The peer hears of it at once, and if that is lost its probes ask; one that is not yet connected
 * hears of it then. */
static void open_window(struct drill_conn *conn, uint8_t side)
{
    struct drill_tcp *end = conn->ends[side];

    conn->bent ^= (uint8_t)(1U << side);
    if (end == NULL || conn->flows == NULL || end->socket.state == DRILL_TCP_SYN_SENT ||
        end->socket.state == DRILL_TCP_SYN_RECEIVED)
        return;
    drill_tcp_answer(end);
}

void drill_windows_open(struct drill_rule *rule, int64_t until_ns)
{
    struct drill_net *net = rule->faults->net;
    struct drill_conn *conn, *next;
    int64_t next_ns = DRILL_NEVER;

    HASH_ITER (hh, net->conns, conn, next) {
        conn->refs++; /* what is answered may be its end */
        for (uint8_t side = 0; side < 2; side++) {
            const uint64_t flow = conn->number << 1 ^ (uint64_t)side << 63;
            struct drill_rule_state *state =
                drill_conn_withholds(conn, side) ? drill_rule_known(rule, flow) : NULL;
            if (state == NULL || state->value != CLOSED)
                continue;
            if (state->at_ns <= until_ns) {
                state->value = OPEN_AGAIN;
                open_window(conn, side);
            } else if (state->at_ns < next_ns) {
                next_ns = state->at_ns;
            }
        }
        drill_conn_drop(conn, net);
    }
    if (next_ns < DRILL_NEVER)
        drill_timeline_set(&rule->faults->sim->timeline, &rule->ends, next_ns);
}

void drill_silence_end(const struct drill_rule *rule)
{
    struct drill_net *net = rule->faults->net;

    for (struct drill_conn *conn = net->conns; conn != NULL; conn = conn->hh.next)
        if (conn->silent == rule->cause)
            drill_conn_speak(conn, net);
}

void drill_windows_due(struct drill_event *ends)
{
    drill_windows_open(
        (struct drill_rule *)(void *)((char *)ends - offsetof(struct drill_rule, ends)),
        ends->when_ns);
}

void drill_rule_make_late(struct drill_rule *rule, const struct drill_packet *packet,
                          int64_t standard_ns, struct drill_bent *bent)
{
    struct drill_rule_state *state = drill_rule_state(rule, drill_flow_of_direction(packet));

    bent->late_ns = drill_rule_delay(rule, standard_ns);
    if (state == NULL)
        return;
    bent->order = &state->at_ns;
    state->value = packet->number; /* for those who join it: see drill_segment_joins */
}

void drill_segment_strike(struct drill_rule *rule, struct drill_packet *packet,
                          struct drill_bent *bent)
{
    switch (rule->what) {
    case DRILL_FAULT_coalesce:
        drill_net_tell(packet, "waits for more", rule->cause);
        drill_rule_make_late(rule, packet, COALESCE_NS, bent);
        return;
    case DRILL_FAULT_flip:
        drill_net_tell(packet, "flipped", rule->cause);
        flip_bits(rule, packet);
        return;
    case DRILL_FAULT_window_closed:
        drill_net_tell(packet, "window closed", rule->cause);
        close_window(rule, packet);
        return;
    default:
        return;
    }
}

/* The packet of a number that is under way on the same link. */
static struct drill_packet *find(const struct drill_packet *packet, uint64_t number)
{
    struct drill_packet *each = packet->path->newest;

    while (each != NULL && each->number != number)
        each = each->prev;
    return each;
}

/* Data behind the data that waits becomes part of it, as receivers get it from a card that gathers
 * (GRO): the two are one packet now, and are there at the same moment. */
bool drill_segment_joins(const struct drill_faults *self, struct drill_packet *packet)
{
    if (packet->kind != DRILL_PACKET_DATA)
        return false;
    for (const struct drill_rule *rule = self->groups[DRILL_RULES_PACKET]; rule != NULL;
         rule = rule->group_next) {
        const struct drill_rule_state *state =
            rule->what == DRILL_FAULT_coalesce
                ? drill_rule_known(rule, drill_flow_of_direction(packet))
                : NULL;
        struct drill_packet *first = state != NULL && state->at_ns > drill_sim_now(self->sim)
                                         ? find(packet, state->value)
                                         : NULL;
        if (first == NULL || first->offset + first->size != packet->offset)
            continue;
        drill_net_join(packet, first);
        first->size += packet->size;
        first->ack = packet->ack;
        first->edge = packet->edge;
        return true;
    }
    return false;
}
