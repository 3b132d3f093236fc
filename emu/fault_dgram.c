#include "emu/dgram.h"
#include "emu/fault.h"
#include "emu/tcp.h"

/* How far a NAT moves a port where the rule names none; and where free ones begin. */
enum { REBIND_STEP = 1000, REBIND_FIRST = 1024 };

/* What a rule remembers of a flow through its NAT, in state.value, over a port. */
enum { AS_SOURCE = 1 << 16, AS_TARGET = 2 << 16, FORGOTTEN = 3 << 16, PORT = UINT16_MAX };

static struct drill_mem *mem_of(const struct drill_packet *packet)
{
    return &packet->sender->sim->mem;
}

static struct drill_host *next_host(const struct drill_packet *packet)
{
    struct drill_host *next = packet->path->to->next;

    return next != NULL ? next : packet->path->to->net->hosts;
}

static uint64_t bytes_left(const struct drill_rule *rule)
{
    return rule->fault.bytes > 0 ? rule->fault.bytes : 1;
}

bool drill_dgram_can_strike(const struct drill_rule *rule, const struct drill_packet *packet)
{
    const struct drill_dgram *dgram = packet->dgram;

    if (rule->what == DRILL_FAULT_nat_rebind && packet->conn != NULL)
        return packet->kind != DRILL_PACKET_RST;
    if (dgram == NULL)
        return false;
    switch (rule->what) {
    case DRILL_FAULT_truncate:
        return packet->size > bytes_left(rule);
    case DRILL_FAULT_misdeliver:
        return !dgram->many && next_host(packet) != packet->path->to;
    case DRILL_FAULT_nat_rebind:
        return !dgram->many && packet->kind == DRILL_PACKET_DATAGRAM;
    default:
        return true;
    }
}

/* The packet has another message from now on; NULL: none, and it is lost. */
static bool replace(struct drill_packet *packet, struct drill_dgram *dgram)
{
    packet->dgram = dgram;
    if (dgram == NULL) {
        packet->address = NULL; /* they are filled */
        drill_net_lose(packet, "out of memory");
        return false;
    }
    packet->data = dgram->bytes + dgram->header;
    packet->size = dgram->size - dgram->header;
    return true;
}

static bool own(struct drill_packet *packet)
{
    return replace(packet, drill_dgram_own(packet->dgram, mem_of(packet)));
}

static void flip(void *context, uint64_t bit)
{
    drill_dgram_flip(context, bit);
}

static bool damage(const struct drill_rule *rule, struct drill_packet *packet)
{
    if (!own(packet))
        return true;
    drill_rule_damage(rule, packet->size * UINT64_C(8), flip, packet->dgram);
    return false;
}

static bool cut_short(const struct drill_rule *rule, struct drill_packet *packet)
{
    struct drill_dgram *whole = packet->dgram;

    const bool lost = !replace(
        packet, drill_dgram_copy(whole, mem_of(packet), whole->header + (size_t)bytes_left(rule)));
    drill_dgram_drop(whole, mem_of(packet));
    return lost;
}

/* The copy is a packet of its own, on which no rule falls; without memory there is none. */
static void spoof(const struct drill_rule *rule, const struct drill_packet *packet)
{
    struct drill_packet copy = *packet;

    copy.dgram = drill_dgram_copy(packet->dgram, mem_of(packet), packet->dgram->size);
    if (copy.dgram == NULL)
        return;
    copy.data = copy.dgram->bytes + copy.dgram->header;
    copy.dgram->source.port = packet->source.port < PORT ? packet->source.port + 1 : 1;
    copy.cause = rule->cause;
    drill_net_send_struck(&copy, NULL);
}

static bool misdeliver(struct drill_packet *packet)
{
    struct drill_path *path =
        drill_net_path(packet->sender->net, packet->path->from, next_host(packet));

    if (path == NULL) {
        drill_net_lose(packet, "out of memory");
        return true;
    }
    packet->path = path;
    return false;
}

static uint16_t new_port(const struct drill_rule *rule, uint16_t old)
{
    if (rule->fault.number > 0)
        return (uint16_t)rule->fault.number;
    return (uint16_t)(old <= PORT - REBIND_STEP ? old + REBIND_STEP : REBIND_FIRST);
}

/* What is remembered of the answers that come to a port of the NAT. */
static struct drill_rule_state *answers_to(struct drill_rule *rule,
                                           const struct drill_packet *packet, uint16_t port)
{
    struct drill_packet answer = {.source = packet->target, .target = packet->source};

    answer.path = drill_net_path(packet->sender->net, packet->path->to, packet->path->from);
    answer.target.port = port;
    return answer.path != NULL ? drill_rule_state(rule, drill_flow_of_packet(&answer)) : NULL;
}

/* The NAT forgets the port it had for the flow, and takes another.  Without memory it does not. */
static void rebind(struct drill_rule *rule, const struct drill_packet *packet)
{
    struct drill_rule_state *flow = drill_rule_state(rule, drill_flow_of_packet(packet));

    if (flow == NULL)
        return;
    const uint16_t old = flow->value != 0 ? (uint16_t)(flow->value & PORT) : packet->source.port;
    const uint16_t port = new_port(rule, old);
    struct drill_rule_state *before = answers_to(rule, packet, old),
                            *from_now = answers_to(rule, packet, port);
    if (before == NULL || from_now == NULL)
        return;
    before->value = FORGOTTEN;
    from_now->value = (uint64_t)AS_TARGET | packet->source.port;
    flow->value = (uint64_t)AS_SOURCE | port;
}

bool drill_dgram_strike(struct drill_rule *rule, struct drill_packet *packet)
{
    switch (rule->what) {
    case DRILL_FAULT_corrupt:
        drill_net_tell(packet, "damaged", rule->cause);
        return damage(rule, packet);
    case DRILL_FAULT_truncate:
        drill_net_tell(packet, "cut short", rule->cause);
        return cut_short(rule, packet);
    case DRILL_FAULT_spoof:
        spoof(rule, packet);
        return false;
    case DRILL_FAULT_misdeliver:
        drill_net_tell(packet, "goes astray", rule->cause);
        return misdeliver(packet);
    case DRILL_FAULT_nat_rebind:
        drill_net_tell(packet, "leaves from another port", rule->cause);
        rebind(rule, packet);
        return false;
    default:
        return false;
    }
}

/* An error quotes the message that it answers: its ends are the other way round. */
static bool set_port(struct drill_packet *packet, bool of_source, uint16_t port)
{
    if (!own(packet))
        return false;
    const bool quoted = packet->kind == DRILL_PACKET_UNREACHABLE;
    (of_source != quoted ? &packet->dgram->source : &packet->dgram->target)->port = port;
    packet->address(packet);
    return true;
}

bool drill_dgram_translate(const struct drill_faults *self, struct drill_packet *packet)
{
    for (const struct drill_rule *rule = self->groups[DRILL_RULES_PACKET];
         rule != NULL && packet->dgram != NULL; rule = rule->group_next) {
        const struct drill_rule_state *flow =
            rule->what == DRILL_FAULT_nat_rebind
                ? drill_rule_known(rule, drill_flow_of_packet(packet))
                : NULL;
        const uint64_t how = flow != NULL ? flow->value & ~(uint64_t)PORT : 0;
        if (how == FORGOTTEN) {
            drill_net_lose(packet, rule->cause);
            return true;
        }
        if (how != 0)
            return !set_port(packet, how == AS_SOURCE, (uint16_t)(flow->value & PORT));
    }
    return false;
}
