#include "emu/wire.h"

#include <string.h>

#include "emu/abi.h"

enum { WHOLE = 0x4000, VERSION = 0x45, ADDR4_AT = 12 };

static uint32_t add(uint32_t sum, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum > UINT16_MAX)
        sum = (sum >> 16) + (sum & UINT16_MAX);
    return (uint16_t)~sum;
}

uint16_t drill_wire_sum(const uint8_t *data, size_t size)
{
    return fold(add(0, data, size));
}

uint16_t drill_wire_sum6(const struct drill_dgram *dgram)
{
    uint32_t sum = dgram->size + DRILL_IPPROTO_ICMPV6;

    sum = add(sum, dgram->source.ip, sizeof dgram->source.ip);
    sum = add(sum, dgram->target.ip, sizeof dgram->target.ip);
    return fold(add(sum, dgram->bytes, dgram->size));
}

void drill_wire_put16(uint8_t place[2], uint16_t number)
{
    place[0] = (uint8_t)(number >> 8);
    place[1] = (uint8_t)number;
}

static void seal(struct drill_dgram *dgram, struct drill_wire_header4 *header)
{
    drill_wire_put16(header->size, (uint16_t)dgram->size);
    drill_wire_put16(header->sum, 0);
    memcpy(dgram->bytes, header, sizeof *header);
    drill_wire_put16(header->sum, drill_wire_sum(dgram->bytes, dgram->header));
    memcpy(dgram->bytes, header, sizeof *header);
}

void drill_wire_header(struct drill_dgram *dgram, uint16_t id, bool whole)
{
    struct drill_wire_header4 header = {
        .version = VERSION, .tos = dgram->tos, .ttl = dgram->ttl, .protocol = dgram->protocol};

    drill_wire_put16(header.id, whole ? 0 : id);
    drill_wire_put16(header.fragment, whole ? WHOLE : 0);
    memcpy(header.source, dgram->source.ip + ADDR4_AT, sizeof header.source);
    memcpy(header.target, dgram->target.ip + ADDR4_AT, sizeof header.target);
    seal(dgram, &header);
}

void drill_wire_complete(struct drill_dgram *dgram, uint16_t id)
{
    static const uint8_t none[4];
    struct drill_wire_header4 header;

    memcpy(&header, dgram->bytes, sizeof header);
    if (memcmp(header.source, none, sizeof none) == 0)
        memcpy(header.source, dgram->source.ip + ADDR4_AT, sizeof header.source);
    if (memcmp(header.id, none, sizeof header.id) == 0)
        drill_wire_put16(header.id, id);
    memcpy(dgram->source.ip + ADDR4_AT, header.source, sizeof header.source);
    memcpy(dgram->target.ip + ADDR4_AT, header.target, sizeof header.target);
    dgram->tos = header.tos;
    dgram->ttl = header.ttl;
    dgram->protocol = header.protocol;
    seal(dgram, &header);
}
