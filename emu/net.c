#include "emu/net.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MTU_NET = 1500, MTU_LOOPBACK = 65536, MTU_MIN = 576 };

int drill_net_init(struct drill_net *self, struct drill_sim *sim)
{
    if (drill_timeline_reserve(&sim->timeline, 1) < 0)
        return -ENOMEM;
    *self = (struct drill_net){.sim = sim};
    drill_names_init(&self->names, &sim->mem);
    return 0;
}

/* Nothing can happen on a calm link: packets are delivered in the call that sends them.  On a plain
 * one they are late, and that is all. */
void drill_net_refresh_path(struct drill_path *path)
{
    const struct drill_link *link = &path->link;
    const struct drill_net *net = path->from->net;

    path->plain = link->jitter_ns == 0 && link->rate_bps == 0 && link->loss_ppm == 0 &&
                  link->duplicate_ppm == 0 && link->reorder_ppm == 0 && link->corrupt_ppm == 0 &&
                  !path->cut && !path->held && net->hook == NULL;
    path->calm = path->plain && link->delay_ns == 0 && path->under_way == NULL && path->from->up &&
                 path->to->up;
}

void drill_net_refresh(struct drill_net *self)
{
    for (struct drill_path *path = self->paths; path != NULL; path = path->hh.next)
        drill_net_refresh_path(path);
}

void drill_net_fini(struct drill_net *self)
{
    struct drill_mem *mem = &self->sim->mem;
    struct drill_path *path, *next_path;
    struct drill_net_addr *addr, *next_addr;

    drill_timeline_cancel(&self->sim->timeline, &self->leaving);
    drill_timeline_release(&self->sim->timeline, 1);
    drill_names_fini(&self->names);
    HASH_ITER (hh, self->paths, path, next_path) {
        HASH_DEL(self->paths, path);
        drill_mem_free(mem, path, sizeof *path);
    }
    HASH_ITER (hh, self->addrs, addr, next_addr) {
        HASH_DEL(self->addrs, addr);
        drill_mem_free(mem, addr, sizeof *addr);
    }
}

static struct drill_net_addr *find_addr(struct drill_net *self, const struct drill_addr *addr)
{
    struct drill_addr key = *addr;
    struct drill_net_addr *found;

    key.port = 0;
    HASH_FIND(hh, self->addrs, &key, sizeof key, found);
    return found;
}

struct drill_host *drill_net_find(struct drill_net *self, struct drill_host *from,
                                  const struct drill_addr *addr)
{
    if (drill_addr_is_loopback(addr))
        return from;
    const struct drill_net_addr *found = find_addr(self, addr);
    return found != NULL ? found->host : NULL;
}

int drill_net_add_addr(struct drill_net *self, struct drill_host *host,
                       const struct drill_addr *addr)
{
    struct drill_mem *mem = &self->sim->mem;

    if (host->addr_count == DRILL_HOST_ADDRS)
        return -ENOSPC;
    if (drill_addr_is_any(addr) || drill_addr_is_multicast(addr) || drill_addr_is_loopback(addr) ||
        drill_addr_is_broadcast(addr))
        return -EINVAL;
    if (find_addr(self, addr) != NULL)
        return -EADDRINUSE;
    struct drill_net_addr *entry = drill_mem_new(mem, sizeof *entry);
    if (entry == NULL)
        return -ENOMEM;
    *entry = (struct drill_net_addr){.addr = *addr, .host = host};
    entry->addr.port = 0;
    HASH_ADD(hh, self->addrs, addr, sizeof entry->addr, entry);
    if (!drill_table_has(entry)) {
        drill_mem_free(mem, entry, sizeof *entry);
        return -ENOMEM;
    }
    host->addrs[host->addr_count++] = entry->addr;
    return 0;
}

static void trace_shape(const struct drill_path *path, const char *cause, const char *what)
{
    drill_sim_trace(path->from->sim, "link %s > %s %s%s%s", path->from->name, path->to->name, what,
                    cause != NULL ? " <- fault " : "", cause != NULL ? cause : "");
}

static void trace_change(const struct drill_path *path, const struct drill_path *was,
                         const char *cause)
{
    char what[48];

    if (path->cut != was->cut)
        trace_shape(path, cause != NULL ? cause : path->cut_by, path->cut ? "is cut" : "heals");
    if (path->held != was->held)
        trace_shape(path, cause, path->held ? "holds" : "lets go");
    if (path->link.rate_bps != was->link.rate_bps) {
        snprintf(what, sizeof what, "carries %lld bit/s", (long long)path->link.rate_bps);
        trace_shape(path, cause, path->link.rate_bps > 0 ? what : "carries any rate");
    }
    if (path->link.mtu != was->link.mtu) {
        snprintf(what, sizeof what, "has an MTU of %u", drill_net_mtu(path));
        trace_shape(path, cause, what);
    }
}

static void shape(struct drill_path *path, const char *cause)
{
    struct drill_net *net = path->from->net;
    const struct drill_path was = *path;

    path->link = path->base.link;
    path->cut = path->base.cut;
    path->held = path->base.held;
    path->cut_by = NULL;
    if (net->overlay != NULL)
        net->overlay(net, path);
    if (was.held && !path->held)
        drill_net_let_go(path);
    drill_net_refresh_path(path);
    if (net->sim->trace != NULL)
        trace_change(path, &was, cause);
}

void drill_net_shape(struct drill_net *self, const char *cause)
{
    for (struct drill_path *path = self->paths; path != NULL; path = path->hh.next)
        shape(path, cause);
}

struct drill_path *drill_net_path(struct drill_net *self, struct drill_host *from,
                                  struct drill_host *to)
{
    struct drill_mem *mem = &self->sim->mem;
    const uint32_t key[2] = {from->id, to->id};
    struct drill_path *path;

    HASH_FIND(hh, self->paths, key, sizeof key, path);
    if (path != NULL)
        return path;
    path = drill_mem_zeroed(mem, sizeof *path);
    if (path == NULL)
        return NULL;
    *path = (struct drill_path){.key = {from->id, to->id}, .from = from, .to = to};
    path->id = from->id << 16 | to->id;
    HASH_ADD(hh, self->paths, key, sizeof path->key, path);
    if (!drill_table_has(path)) {
        drill_mem_free(mem, path, sizeof *path);
        return NULL;
    }
    shape(path, NULL);
    return path;
}

void drill_net_set_link(struct drill_path *path, const struct drill_link *link)
{
    path->base.link = *link;
    shape(path, NULL);
}

void drill_net_cut(struct drill_path *path, bool cut)
{
    path->base.cut = cut;
    shape(path, NULL);
}

void drill_net_hold(struct drill_path *path, bool held)
{
    path->base.held = held;
    shape(path, NULL);
}

void drill_net_calm(struct drill_net *self)
{
    for (struct drill_path *path = self->paths; path != NULL; path = path->hh.next) {
        memset(&path->base, 0, sizeof path->base);
        shape(path, NULL);
    }
}

void drill_net_set_hook(struct drill_net *self, drill_packet_hook *hook, void *context)
{
    self->hook = hook;
    self->hook_context = context;
    drill_net_refresh(self);
}

uint32_t drill_net_mtu(const struct drill_path *path)
{
    if (path->link.mtu != 0)
        return path->link.mtu < MTU_MIN ? MTU_MIN : path->link.mtu;
    return path->from == path->to ? MTU_LOOPBACK : MTU_NET;
}
