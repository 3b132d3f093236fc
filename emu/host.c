#include "emu/host.h"

#include <errno.h>
#include <string.h>

static const struct drill_addr loopback4 = {
    .ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}};
static const struct drill_addr loopback6 = {.ip = {[15] = 1}};

const struct drill_limits drill_limits_default = {
    .descriptors = DRILL_FDS_LIMIT, .port_first = DRILL_PORTS_FIRST, .port_last = DRILL_PORTS_LAST};

int drill_host_init(struct drill_host *self, struct drill_net *net, struct drill_sim *sim,
                    const char *name)
{
    *self = (struct drill_host){.sim = sim,
                                .net = net,
                                .up = true,
                                .life = 1,
                                .own_limits = drill_limits_default,
                                .limits = drill_limits_default};
    self->name = drill_mem_text(&sim->mem, name);
    if (self->name == NULL)
        return -ENOMEM;
    if (drill_timeline_reserve(&sim->timeline, 1) < 0) {
        drill_mem_free(&sim->mem, self->name, strlen(name) + 1);
        return -ENOMEM;
    }
    drill_fds_init(&self->fds, &sim->mem);
    drill_ports_init(&self->ports, &sim->mem);
    drill_host_set_wall(self, DRILL_HOST_EPOCH_NS, 0);
    return 0;
}

void drill_host_fini(struct drill_host *self)
{
    struct drill_mem *mem = &self->sim->mem;

    while (self->boots != NULL) {
        struct drill_boot *boot = self->boots;
        self->boots = boot->next;
        drill_mem_free(mem, boot->name, strlen(boot->name) + 1);
        drill_mem_free(mem, boot, sizeof *boot);
    }
    drill_timeline_cancel(&self->sim->timeline, &self->falls);
    drill_timeline_release(&self->sim->timeline, 1);
    drill_fds_fini(&self->fds);
    drill_ports_fini(&self->ports);
    drill_mem_free(mem, self->name, strlen(self->name) + 1);
}

int drill_host_boot(struct drill_host *self, const char *name, int64_t (*run)(void *),
                    void *argument)
{
    struct drill_mem *mem = &self->sim->mem;
    struct drill_boot *boot = drill_mem_new(mem, sizeof *boot), **end = &self->boots;

    if (boot == NULL)
        return -ENOMEM;
    *boot =
        (struct drill_boot){.name = drill_mem_text(mem, name), .run = run, .argument = argument};
    if (boot->name == NULL) {
        drill_mem_free(mem, boot, sizeof *boot);
        return -ENOMEM;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = boot;
    return 0;
}

bool drill_host_has(const struct drill_host *self, const struct drill_addr *addr)
{
    if (drill_addr_is_loopback(addr))
        return true;
    for (uint32_t i = 0; i < drill_host_addr_count(self); i++)
        if (drill_addr_same_ip(&self->addrs[i], addr))
            return true;
    return false;
}

const struct drill_addr *drill_host_source(const struct drill_host *self,
                                           const struct drill_addr *remote)
{
    const bool v4 = drill_addr_is_v4(remote);

    if (drill_addr_is_loopback(remote))
        return v4 ? &loopback4 : &loopback6;
    for (uint32_t i = 0; i < drill_host_addr_count(self); i++)
        if (drill_addr_same_ip(&self->addrs[i], remote))
            return &self->addrs[i];
    for (uint32_t i = 0; i < drill_host_addr_count(self); i++)
        if (drill_addr_is_v4(&self->addrs[i]) == v4 &&
            drill_addr_is_link_local(&self->addrs[i]) == drill_addr_is_link_local(remote))
            return &self->addrs[i];
    return NULL;
}

/* Split so that a drift of 1,000,000 ppm over a hundred years does not overflow. */
int64_t drill_host_wall(const struct drill_host *self)
{
    const int64_t passed = drill_sim_now(self->sim) - self->wall_since_ns;

    if (self->wall_drift_ppm == 0)
        return self->wall_ns + passed;
    return self->wall_ns + passed + passed / 1000000 * self->wall_drift_ppm +
           passed % 1000000 * self->wall_drift_ppm / 1000000;
}

void drill_host_set_wall(struct drill_host *self, int64_t wall_ns, int32_t drift_ppm)
{
    self->wall_ns = wall_ns;
    self->wall_since_ns = drill_sim_now(self->sim);
    self->wall_drift_ppm = drift_ppm;
}

uint32_t drill_host_interface(const struct drill_host *self, const struct drill_addr *addr)
{
    if (drill_addr_is_loopback(addr))
        return DRILL_INTERFACE_LOOPBACK;
    return drill_host_has(self, addr) ? DRILL_INTERFACE_NET : 0;
}

uint32_t drill_host_broadcast(const struct drill_host *self, const struct drill_addr *addr)
{
    enum { NETWORK_END = 15 }; /* bytes before the part of a mapped address that names a host */

    if (addr->ip[NETWORK_END] != 255 || !drill_addr_is_v4(addr))
        return 0;
    if (drill_addr_is_broadcast(addr))
        return DRILL_INTERFACE_NET;
    if (drill_addr_is_loopback(addr))
        return addr->ip[13] == 255 && addr->ip[14] == 255 ? DRILL_INTERFACE_LOOPBACK : 0;
    for (uint32_t i = 0; i < drill_host_addr_count(self); i++)
        if (memcmp(self->addrs[i].ip, addr->ip, NETWORK_END) == 0 && !drill_host_has(self, addr))
            return DRILL_INTERFACE_NET;
    return 0;
}

const struct drill_addr *drill_host_source_on(const struct drill_host *self, uint32_t interface,
                                              const struct drill_addr *remote)
{
    const bool v4 = drill_addr_is_v4(remote);
    const struct drill_addr *found = NULL;

    if (interface == DRILL_INTERFACE_LOOPBACK)
        return v4 ? &loopback4 : &loopback6;
    for (uint32_t i = 0; i < drill_host_addr_count(self) && found == NULL; i++)
        if (drill_addr_is_v4(&self->addrs[i]) == v4)
            found = &self->addrs[i];
    return found;
}
