#include "emu/option_device.h"

#include <errno.h>
#include <string.h>

enum { NAME_SIZE = DRILL_DEVICE_ROOM - 1 };

/* SO_BINDTODEVICE and SO_BINDTOIFINDEX are one value. */
int drill_option_take_device(struct drill_settings *settings, const void *value, size_t size)
{
    char name[DRILL_DEVICE_ROOM] = "";

    if (size > 0)
        memcpy(name, value, size < NAME_SIZE ? size : NAME_SIZE);
    for (int32_t index = 0; index < DRILL_DEVICES; index++) {
        if (strcmp(name, drill_devices[index]) == 0) {
            settings->values[DRILL_SO_BINDTOIFINDEX] = index;
            return 0;
        }
    }
    return -ENODEV;
}

int drill_option_take_interface(int32_t index)
{
    return index < 0 || index >= DRILL_DEVICES ? -ENODEV : 0;
}

int drill_option_take_link(const void *value, size_t size)
{
    uint8_t order[4];

    if (size != sizeof order)
        return -EINVAL;
    memcpy(order, value, sizeof order);
    if (order[0] != 0 || order[1] != 0 || order[2] != 0 || order[3] >= DRILL_DEVICES)
        return -EADDRNOTAVAIL;
    return 0;
}

int drill_option_take_address(struct drill_settings *settings, const struct drill_host *host,
                              const void *value, size_t size, int32_t *number)
{
    int32_t given[] = {0, 0, 0}; /* group, address, index */
    struct drill_addr addr = drill_addr_any4;

    memcpy(size < 8 ? &given[1] : given, value, size < 12 ? size & 12 : 12);
    memcpy(addr.ip + 12, &given[1], sizeof given[1]);
    if (given[2] < 0 || given[2] >= DRILL_DEVICES ||
        (given[1] != 0 && given[2] == 0 && !drill_host_has(host, &addr)))
        return -EADDRNOTAVAIL;
    *number = given[1];
    settings->multicast_interface = given[2];
    return 0;
}
