#include "emu/fault.h"
#include "emu/tcp.h"

enum { MILLION = 1000000, HOLE_BYTES = 1400 };

/* What a rule that gives no time means. */
#define DELAY_NS     (100 * DRILL_MS)
#define DUPLICATE_NS (5 * DRILL_MS)
#define REORDER_NS   (20 * DRILL_MS)

/* Whether the connection is in a burst, once the chances to enter and to leave one have been asked
 * (Gilbert, 1960; Elliott, 1963). */
static bool is_in_burst(struct drill_rule *rule, const struct drill_packet *packet)
{
    struct drill_rule_state *state = drill_rule_state(rule, drill_flow_of_packet(packet));
    const struct drill_fault *fault = &rule->fault;

    if (state == NULL)
        return false;
    const uint32_t leaves_ppm = fault->leave_ppm > 0 ? fault->leave_ppm : MILLION;
    if (drill_choices_chance(&rule->faults->sim->choices, DRILL_CHOICE_FAULT, rule->site,
                             state->value == 0 ? fault->enter_ppm : leaves_ppm))
        state->value = state->value == 0;
    return state->value != 0;
}

static bool can_strike(struct drill_rule *rule, struct drill_packet *packet)
{
    const uint64_t bytes = rule->fault.bytes;

    switch (rule->what) {
    case DRILL_FAULT_burst_loss:
        return is_in_burst(rule, packet);
    case DRILL_FAULT_mtu_hole:
        return drill_net_wire_bytes(packet) > (bytes > 0 ? bytes : HOLE_BYTES);
    case DRILL_FAULT_corrupt:
        return packet->dgram == NULL || packet->size > 0;
    case DRILL_FAULT_truncate:
    case DRILL_FAULT_spoof:
    case DRILL_FAULT_misdeliver:
    case DRILL_FAULT_nat_rebind:
        return drill_dgram_can_strike(rule, packet);
    default:
        return drill_segment_can_strike(rule, packet);
    }
}

/* What befalls hosts and links is set off by packets that match. */
static void set_off(struct drill_faults *self, const struct drill_packet *packet)
{
    for (struct drill_rule *rule = self->groups[DRILL_RULES_ACT]; rule != NULL;
         rule = rule->group_next)
        if (rule->kind >= 0 && drill_rule_is_about_packet(rule, packet) &&
            drill_rule_falls(rule, drill_flow_of_packet(packet)))
            drill_rule_begin_soon(rule, rule->fault.direction == DRILL_IN ? packet->path->to
                                                                          : packet->path->from);
}

static bool is_silent(const struct drill_packet *packet)
{
    return packet->conn != NULL && packet->conn->silent != NULL;
}

struct drill_rule *drill_faults_ask(struct drill_net *net, struct drill_packet *packet)
{
    struct drill_faults *self = net->faults;

    if (is_silent(packet))
        return NULL;
    if (packet->address != NULL)
        packet->address(packet);
    set_off(self, packet);
    for (struct drill_rule *rule = self->groups[DRILL_RULES_PACKET]; rule != NULL;
         rule = rule->group_next)
        if (drill_rule_is_about_packet(rule, packet) && drill_rule_is_on(rule) &&
            can_strike(rule, packet) && drill_rule_falls(rule, drill_flow_of_packet(packet)))
            return rule;
    return NULL;
}

/* Its sender is told that it is over. */
static void refuse(const struct drill_rule *rule, const struct drill_packet *packet)
{
    drill_tcp_emit(packet->conn, !packet->side, DRILL_PACKET_RST, packet->ack, 0, rule->cause);
}

static bool strike(struct drill_rule *rule, struct drill_packet *packet, struct drill_bent *bent)
{
    switch (rule->what) {
    case DRILL_FAULT_delay:
        drill_net_tell(packet, "late", rule->cause);
        drill_rule_make_late(rule, packet, DELAY_NS, bent);
        return false;
    case DRILL_FAULT_reorder:
        drill_net_tell(packet, "held back", rule->cause);
        bent->late_ns = drill_rule_delay(rule, REORDER_NS);
        return false;
    case DRILL_FAULT_duplicate:
        drill_net_tell(packet, "twice", rule->cause);
        bent->again_ns = drill_rule_delay(rule, DUPLICATE_NS);
        return false;
    case DRILL_FAULT_corrupt:
        if (packet->dgram != NULL)
            return drill_dgram_strike(rule, packet);
        drill_net_tell(packet, "damaged", rule->cause);
        packet->damaged = true; /* TCP's checksum will tell */
        return false;
    case DRILL_FAULT_hang_connect:
        drill_conn_silence(packet->conn, rule->faults->net, rule->cause);
        drill_net_lose(packet, rule->cause);
        return true;
    case DRILL_FAULT_nat_rebind:
        if (packet->dgram != NULL)
            return drill_dgram_strike(rule, packet);
        drill_net_lose(packet, rule->cause);
        refuse(rule, packet);
        return true;
    case DRILL_FAULT_refuse:
    case DRILL_FAULT_backlog_reset:
        drill_net_lose(packet, rule->cause);
        refuse(rule, packet);
        return true;
    case DRILL_FAULT_drop:
    case DRILL_FAULT_burst_loss:
    case DRILL_FAULT_backlog_drop:
    case DRILL_FAULT_mtu_hole:
        drill_net_lose(packet, rule->cause);
        return true;
    case DRILL_FAULT_truncate:
    case DRILL_FAULT_spoof:
    case DRILL_FAULT_misdeliver:
        return drill_dgram_strike(rule, packet);
    default:
        drill_segment_strike(rule, packet, bent);
        return false;
    }
}

/* It is not earlier than one before it that a rule has made late. */
static int64_t wait_behind(const struct drill_faults *self, const struct drill_packet *packet)
{
    int64_t until = 0;

    for (const struct drill_rule *rule = self->groups[DRILL_RULES_PACKET]; rule != NULL;
         rule = rule->group_next) {
        const struct drill_rule_state *state =
            rule->what == DRILL_FAULT_delay || rule->what == DRILL_FAULT_coalesce
                ? drill_rule_known(rule, drill_flow_of_direction(packet))
                : NULL;
        if (state != NULL && state->at_ns > until)
            until = state->at_ns;
    }
    return until;
}

bool drill_faults_bend(struct drill_net *net, struct drill_packet *packet, struct drill_rule *rule,
                       struct drill_bent *bent)
{
    if (is_silent(packet)) {
        drill_net_lose(packet, packet->conn->silent);
        return true;
    }
    if (packet->address != NULL)
        packet->address(packet);
    if (rule == NULL && drill_segment_joins(net->faults, packet))
        return true;
    bent->not_before_ns = wait_behind(net->faults, packet);
    return (rule != NULL && strike(rule, packet, bent)) ||
           drill_dgram_translate(net->faults, packet);
}
