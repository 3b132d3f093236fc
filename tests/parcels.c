#include "tests/parcels.h"

#include <check.h>

struct parcels parcels;

void parcels_open(uint64_t seed)
{
    stage_open(&parcels.stage, &(struct drill_config){.seed = seed});
    parcels.path =
        drill_net_path(&parcels.stage.world->net, parcels.stage.client, parcels.stage.server);
    ck_assert_ptr_nonnull(parcels.path);
    parcels.arrived = parcels.kept = parcels.discarded = 0;
}

void parcels_close(void)
{
    stage_close(&parcels.stage);
    ck_assert_uint_eq(parcels.discarded, parcels.kept);
}

static void deliver(struct drill_packet *packet)
{
    ck_assert_uint_lt(parcels.arrived, 2 * PARCELS);
    parcels.arrivals[parcels.arrived++] =
        (struct arrival){packet->offset, drill_now(parcels.stage.world), packet->damaged};
}

static void discard(struct drill_packet *packet)
{
    (void)packet;
    parcels.discarded++;
}

static void keep(struct drill_packet *packet)
{
    (void)packet;
    parcels.kept++;
}

void parcels_send(uint64_t name, uint32_t size)
{
    struct drill_packet packet = {.path = parcels.path,
                                  .sender = parcels.stage.client,
                                  .deliver = deliver,
                                  .discard = discard,
                                  .keep = keep,
                                  .kind = DRILL_PACKET_DATAGRAM,
                                  .size = size,
                                  .source = parcels.stage.client->addrs[0],
                                  .target = parcels.stage.server->addrs[0],
                                  .offset = name};

    parcels.kept++; /* the reference it brings along */
    drill_net_send(&packet);
}

void parcels_send_many(uint32_t count, int64_t every_ns)
{
    struct drill_world *world = parcels.stage.world;

    for (uint32_t i = 0; i < count; i++) {
        parcels_send(i, 100);
        ck_assert_int_eq(drill_run_until(world, drill_now(world) + every_ns), 0);
    }
    ck_assert_int_eq(drill_run(world), 0);
}

void parcels_link(struct drill_link link)
{
    drill_net_set_link(parcels.path, &link);
}
