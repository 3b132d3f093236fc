#include "emu/net.h"

#include <stdio.h>

#include "emu/jitter.h"

enum { HEADERS4 = 40, HEADERS6 = 60 };

/* What the running hash is told of a packet. */
enum { LOST = 1, HANDED_OVER = 2, JOINED = 3 };

const char *const drill_packet_kind_names[DRILL_PACKET_KINDS] = {
    [DRILL_PACKET_SYN] = "SYN",
    [DRILL_PACKET_SYN_ACK] = "SYN-ACK",
    [DRILL_PACKET_ACK] = "ACK",
    [DRILL_PACKET_DATA] = "DATA",
    [DRILL_PACKET_FIN] = "FIN",
    [DRILL_PACKET_RST] = "RST",
    [DRILL_PACKET_DATAGRAM] = "DATAGRAM",
    [DRILL_PACKET_RAW] = "RAW",
    [DRILL_PACKET_UNREACHABLE] = "UNREACHABLE",
};

static void leave(struct drill_packet *packet)
{
    struct drill_path *path = packet->path;

    *(packet->prev != NULL ? &packet->prev->next : &path->under_way) = packet->next;
    *(packet->next != NULL ? &packet->next->prev : &path->newest) = packet->prev;
    drill_timeline_cancel(&path->from->sim->timeline, &packet->event);
    drill_timeline_release(&path->from->sim->timeline, 1);
    if (path->under_way == NULL)
        drill_net_refresh_path(path);
}

static void free_packet(struct drill_packet *packet)
{
    struct drill_sim *sim = packet->path->from->sim;

    packet->discard(packet);
    drill_mem_free(&sim->mem, packet, sizeof *packet);
}

void drill_net_drop_all(struct drill_net *self)
{
    for (struct drill_path *path = self->paths; path != NULL; path = path->hh.next)
        while (path->under_way != NULL) {
            struct drill_packet *packet = path->under_way;
            leave(packet);
            free_packet(packet);
        }
}

void drill_net_tell(struct drill_packet *packet, const char *verdict, const char *why)
{
    if (packet->sender->sim->trace == NULL)
        return;
    if (packet->address != NULL)
        packet->address(packet);
    struct drill_sim *sim = packet->sender->sim;
    const struct drill_sockaddr source = drill_addr_plain(&packet->source);
    const struct drill_sockaddr target = drill_addr_plain(&packet->target);
    char from[64], to[64];

    drill_sockaddr_write(&source, from, sizeof from);
    drill_sockaddr_write(&target, to, sizeof to);
    drill_sim_trace(sim, "packet #%llu %s %s > %s %llu+%u ack %llu%s%s: %s%s%s",
                    (unsigned long long)packet->number, drill_packet_kind_names[packet->kind], from,
                    to, (unsigned long long)packet->offset, packet->size,
                    (unsigned long long)packet->ack, packet->cause != NULL ? " <- " : "",
                    packet->cause != NULL ? packet->cause : "", verdict, why != NULL ? " <- " : "",
                    why != NULL ? why : "");
}

void drill_net_lose(struct drill_packet *packet, const char *why)
{
    struct drill_sim *sim = packet->sender->sim;

    sim->dropped++;
    drill_sim_record(sim, packet->number, LOST);
    drill_net_tell(packet, "lost", why);
}

void drill_net_join(struct drill_packet *packet, struct drill_packet *other)
{
    char why[32];

    snprintf(why, sizeof why, "packet #%llu", (unsigned long long)other->number);
    drill_sim_record(packet->sender->sim, packet->number, JOINED);
    drill_net_tell(packet, "joins", why);
}

/* Lost by a decision: the trace tells by which. */
static void lose_by_choice(struct drill_packet *packet, const char *what)
{
    char why[48];

    snprintf(why, sizeof why, "%s <- choice %llu", what,
             (unsigned long long)packet->sender->sim->choices.asked);
    drill_net_lose(packet, why);
}

static void lose_by_cut(struct drill_packet *packet)
{
    char why[64] = "partition";

    if (packet->path->cut_by != NULL)
        snprintf(why, sizeof why, "fault %s", packet->path->cut_by);
    drill_net_lose(packet, why);
}

static void hand_over(struct drill_packet *packet)
{
    struct drill_sim *sim = packet->sender->sim;

    drill_sim_record(sim, packet->number, HANDED_OVER);
    drill_net_tell(packet, "arrives", packet->damaged ? "corrupt" : NULL);
    sim->carrying = packet;
    packet->deliver(packet);
    sim->carrying = NULL;
}

static void arrive(struct drill_event *event)
{
    struct drill_packet *packet = (struct drill_packet *)(void *)event;

    leave(packet);
    if (packet->path->to->up)
        hand_over(packet);
    else
        drill_net_lose(packet, "host down");
    free_packet(packet);
}

/* Puts a copy on its way; one for which there is no memory is lost. */
static void launch(struct drill_packet *packet, int64_t when_ns)
{
    struct drill_path *path = packet->path;
    struct drill_sim *sim = path->from->sim;
    struct drill_packet *copy = drill_mem_new(&sim->mem, sizeof *copy);

    if (copy == NULL || drill_timeline_reserve(&sim->timeline, 1) < 0) {
        drill_mem_free(&sim->mem, copy, sizeof *copy);
        drill_net_lose(packet, "out of memory");
        return;
    }
    *copy = *packet;
    copy->event = (struct drill_event){.run = arrive};
    copy->keep(copy);
    copy->next = NULL;
    copy->prev = path->newest;
    *(path->newest != NULL ? &path->newest->next : &path->under_way) = copy;
    path->newest = copy;
    path->calm = false;
    if (when_ns != DRILL_NEVER)
        drill_timeline_set(&sim->timeline, &copy->event, when_ns);
}

void drill_net_let_go(struct drill_path *path)
{
    struct drill_sim *sim = path->from->sim;

    for (struct drill_packet *each = path->under_way; each != NULL; each = each->next)
        if (!drill_event_is_set(&each->event))
            drill_timeline_set(&sim->timeline, &each->event, drill_sim_now(sim));
}

static struct drill_verdict ask_hook(struct drill_packet *packet, struct drill_net *net)
{
    if (packet->address != NULL)
        packet->address(packet);
    const struct drill_packet_view view = {
        .number = packet->number,
        .kind = packet->kind,
        .from_host = packet->path->from->name,
        .to_host = packet->path->to->name,
        .source = drill_addr_plain(&packet->source),
        .target = drill_addr_plain(&packet->target),
        .offset = packet->offset,
        .size = packet->size,
        .data = packet->data,
    };

    return net->hook(net->hook_context, &view);
}

/* When the wire has taken the packet; -1 when its queue is full. */
static int64_t pass_queue(struct drill_path *path, uint32_t bytes, int64_t now)
{
    const struct drill_link *link = &path->link;
    const int64_t start = path->free_ns > now ? path->free_ns : now;

    if (link->rate_bps <= 0)
        return now;
    /* Bits waiting = time until free x rate; in microseconds, which leaves room for any rate. */
    const int64_t waiting = (start - now) / 1000 * link->rate_bps / 8000000;
    if (link->queue_bytes > 0 && waiting + bytes > link->queue_bytes)
        return -1;
    path->free_ns = start + (int64_t)bytes * 8 * DRILL_SECOND / link->rate_bps;
    return path->free_ns;
}

uint32_t drill_net_wire_bytes(struct drill_packet *packet)
{
    if (packet->address != NULL)
        packet->address(packet);
    return packet->size + (drill_addr_is_v4(&packet->target) ? HEADERS4 : HEADERS6);
}

static int64_t draw_delay(struct drill_path *path, struct drill_choices *choices)
{
    const struct drill_link *link = &path->link;

    if (link->jitter_ns <= 0)
        return link->delay_ns;
    const uint64_t draw =
        drill_choices_pick(choices, DRILL_CHOICE_JITTER, path->id, DRILL_JITTER_DRAWS);
    return link->delay_ns + drill_jitter_delay(link->jitter, link->jitter_ns, (uint32_t)draw);
}

/* A packet is not earlier than the one before. */
static int64_t in_order(struct drill_path *path, int64_t when_ns)
{
    path->last_ns = when_ns > path->last_ns ? when_ns : path->last_ns;
    return path->last_ns;
}

/* When a packet that the link would have arrive at `when_ns` does: a rule may make it later. */
static int64_t bend_time(const struct drill_bent *bent, int64_t when_ns)
{
    when_ns += bent->late_ns;
    if (when_ns < bent->not_before_ns)
        when_ns = bent->not_before_ns;
    if (bent->order != NULL)
        *bent->order = when_ns;
    return when_ns;
}

static void launch_bent(struct drill_packet *packet, const struct drill_bent *bent, int64_t when_ns,
                        bool doubled)
{
    const int64_t when = bend_time(bent, when_ns);

    launch(packet, when);
    if (doubled)
        launch(packet, when);
    if (bent->again_ns > 0)
        launch(packet, when + bent->again_ns);
}

/* The link decides: queue, loss, damage, delay, order, copies. */
static void cross(struct drill_packet *packet, const struct drill_bent *bent)
{
    struct drill_path *path = packet->path;
    struct drill_sim *sim = path->from->sim;
    const struct drill_link *link = &path->link;
    struct drill_choices *choices = &sim->choices;
    const int64_t left = pass_queue(path, drill_net_wire_bytes(packet), drill_sim_now(sim));

    if (left < 0) {
        drill_net_lose(packet, "queue full");
        return;
    }
    if (drill_choices_chance(choices, DRILL_CHOICE_LOSS, path->id, link->loss_ppm)) {
        lose_by_choice(packet, "loss");
        return;
    }
    if (drill_choices_chance(choices, DRILL_CHOICE_CORRUPT, path->id, link->corrupt_ppm))
        packet->damaged = true;
    int64_t when = left + draw_delay(path, choices);
    if (drill_choices_chance(choices, DRILL_CHOICE_REORDER, path->id, link->reorder_ppm)) {
        when += link->reorder_ns > 0 ? link->reorder_ns : link->delay_ns + DRILL_MS;
    } else {
        when = in_order(path, when);
    }
    launch_bent(
        packet, bent, when,
        drill_choices_chance(choices, DRILL_CHOICE_DUPLICATE, path->id, link->duplicate_ppm));
}

static bool is_on_time(const struct drill_bent *bent, int64_t now)
{
    return bent->late_ns == 0 && bent->not_before_ns <= now && bent->order == NULL;
}

static void pass(struct drill_packet *packet, struct drill_net *net, const struct drill_bent *bent)
{
    struct drill_path *path = packet->path;
    struct drill_verdict verdict = {.fate = DRILL_PASS};
    const int64_t now = drill_sim_now(net->sim);

    if (path->calm && is_on_time(bent, now)) {
        if (bent->again_ns > 0)
            launch(packet, now + bent->again_ns);
        hand_over(packet);
        return;
    }
    if (path->plain) {
        launch_bent(packet, bent, in_order(path, now + path->link.delay_ns), false);
        return;
    }
    if (net->hook != NULL)
        verdict = ask_hook(packet, net);
    if (verdict.fate == DRILL_DROP)
        drill_net_lose(packet, "hook");
    else if (path->cut)
        lose_by_cut(packet);
    else if (path->held)
        launch(packet, DRILL_NEVER);
    else if (verdict.fate == DRILL_DELIVER)
        launch_bent(packet, bent, now + verdict.delay_ns, false);
    else
        cross(packet, bent);
}

static bool has_rules(const struct drill_net *net)
{
    return net->sim->packet_rules || net->silenced > 0;
}

static void pass_bent(struct drill_packet *packet, struct drill_net *net, struct drill_rule *rule)
{
    struct drill_bent bent = {0};

    if (!net->bend(net, packet, rule, &bent))
        pass(packet, net, &bent);
}

static void carry(struct drill_packet *packet, struct drill_net *net, struct drill_rule *rule)
{
    static const struct drill_bent straight;

    packet->number = ++net->sim->packets;
    net->sim->carrying = packet;
    if (packet->path == NULL)
        drill_net_lose(packet, "nobody has the address");
    else if (has_rules(net))
        pass_bent(packet, net, rule);
    else
        pass(packet, net, &straight);
    net->sim->carrying = NULL;
    packet->discard(packet);
}

void drill_net_note(struct drill_net *self, int count)
{
    for (; count > 0; count--)
        drill_sim_record(self->sim, ++self->sim->packets, HANDED_OVER);
}

struct drill_rule *drill_net_ask(struct drill_packet *packet)
{
    struct drill_net *net = packet->sender->net;

    if (packet->path == NULL || !net->sim->packet_rules)
        return NULL;
    packet->number = net->sim->packets + 1;
    net->sim->carrying = packet;
    struct drill_rule *rule = net->ask(net, packet);
    net->sim->carrying = NULL;
    return rule;
}

void drill_net_send_struck(struct drill_packet *packet, struct drill_rule *rule)
{
    carry(packet, packet->sender->net, rule);
}

void drill_net_send(struct drill_packet *packet)
{
    carry(packet, packet->sender->net, drill_net_ask(packet));
}
