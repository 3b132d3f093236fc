#include "scenarios/network.h"

#include <stddef.h>

enum { RESET_WAYS = 4 };

static bool set_links(struct drill_ground *ground, const struct drill_link *link)
{
    return drill_link_both(ground->client, ground->server, link) == 0;
}

static bool set_up_calm(struct drill_ground *ground)
{
    (void)ground;
    return true;
}

static bool set_up_loss(struct drill_ground *ground)
{
    return set_links(ground, &(struct drill_link){.delay_ns = 40 * DRILL_MS, .loss_ppm = 10000});
}

static bool set_up_slow(struct drill_ground *ground)
{
    return set_links(ground, &(struct drill_link){.delay_ns = 10 * DRILL_MS,
                                                  .rate_bps = 64000,
                                                  .queue_bytes = 32 * 1024});
}

static bool add_fault(struct drill_ground *ground, const char *what, size_t bytes)
{
    const struct drill_fault fault = {.what = what, .bytes = bytes};

    return drill_fault_add(ground->world, &fault) > 0;
}

/* What short counts are to a stream, doubles and overtaking are to datagrams. */
static bool set_up_bytes(struct drill_ground *ground)
{
    if (ground->datagram)
        return set_links(ground, &(struct drill_link){.delay_ns = 10 * DRILL_MS,
                                                      .duplicate_ppm = 200000,
                                                      .reorder_ppm = 200000,
                                                      .reorder_ns = 3 * DRILL_SECOND});
    return add_fault(ground, "short_read", 1) && add_fault(ground, "short_write", 1);
}

static struct drill_verdict lose_one(void *context, const struct drill_packet_view *packet)
{
    struct drill_ground *ground = context;
    const bool strikes = ground->packets++ == ground->step;

    (void)packet;
    ground->struck |= strikes;
    return (struct drill_verdict){.fate = strikes ? DRILL_DROP : DRILL_PASS};
}

/* Each end resets at each byte that it sends, and at each that it receives.  Datagrams know no
 * reset: there, each is lost once. */
static bool set_up_reset(struct drill_ground *ground)
{
    const unsigned way = (unsigned)(ground->step % RESET_WAYS);
    const struct drill_fault reset = {
        .what = "reset",
        .call = way % 2 == 0 ? "send" : "recv",
        .host = way / 2 == 0 ? "client" : "server",
        .bytes = ground->step / RESET_WAYS,
        .count = 1,
    };

    if (ground->datagram)
        drill_hook(ground->world, lose_one, ground);
    else
        ground->fault = drill_fault_add(ground->world, &reset);
    return ground->datagram || ground->fault > 0;
}

bool drill_network_has_struck(const struct drill_ground *ground)
{
    return ground->struck || drill_fault_hits(ground->world, ground->fault) > 0;
}

static void cut(void *context)
{
    const struct drill_ground *ground = context;

    drill_partition(ground->client, ground->server);
    drill_partition(ground->server, ground->client);
}

static void heal(void *context)
{
    const struct drill_ground *ground = context;

    drill_heal(ground->client, ground->server);
    drill_heal(ground->server, ground->client);
}

static bool set_up_blackhole(struct drill_ground *ground)
{
    const struct drill_link link = {.delay_ns = 10 * DRILL_MS, .rate_bps = 8000000};

    return set_links(ground, &link) && drill_at(ground->world, DRILL_CUT_NS, cut, ground) == 0;
}

static bool set_up_heal(struct drill_ground *ground)
{
    return set_up_blackhole(ground) &&
           drill_at(ground->world, DRILL_CUT_NS + 10 * DRILL_SECOND, heal, ground) == 0;
}

const struct drill_network drill_networks[DRILL_NETWORKS] = {
    [DRILL_CALM] = {.name = "calm", .text = "nothing late, nothing lost", .set_up = set_up_calm},
    [DRILL_LOSS] = {.name = "loss", .text = "40 ms delay and 1 % loss", .set_up = set_up_loss},
    [DRILL_SLOW] = {.name = "slow",
                    .text = "64 kbit/s, a queue of 32 KiB",
                    .amount = DRILL_SHORT,
                    .set_up = set_up_slow},
    [DRILL_BYTES] = {.name = "bytes",
                     .text = "one byte a read or write; datagrams doubled and overtaken",
                     .amount = DRILL_SHORT,
                     .set_up = set_up_bytes},
    [DRILL_RESET] = {.name = "reset",
                     .text = "a reset at each byte of a short exchange; each datagram lost once",
                     .amount = DRILL_TINY,
                     .set_up = set_up_reset,
                     .ways = RESET_WAYS},
    [DRILL_HEAL] = {.name = "heal",
                    .text = "a partition in mid-transfer that heals after 10 s",
                    .cuts = true,
                    .set_up = set_up_heal},
    [DRILL_BLACKHOLE] = {.name = "blackhole",
                         .text = "the peer vanishes in mid-transfer for ever",
                         .cuts = true,
                         .set_up = set_up_blackhole},
};
