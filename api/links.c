#include <errno.h>

#include "api/need.h"
#include "api/sockdrill.h"
#include "emu/world.h"

/* The link between two hosts of one world. */
static int find_path(struct drill_host *from, struct drill_host *to, struct drill_path **path,
                     const char *call)
{
    if (drill_is_missing(from == NULL, "from", call) || drill_is_missing(to == NULL, "to", call))
        return -EINVAL;
    if (from->net != to->net) {
        drill_sim_report(from->sim, "%s: %s and %s are of different worlds", call, from->name,
                         to->name);
        return -EINVAL;
    }
    *path = drill_net_path(from->net, from, to);
    return *path != NULL ? 0 : -ENOMEM;
}

int drill_link_set(struct drill_host *from, struct drill_host *to, const struct drill_link *link)
{
    struct drill_path *path;

    DRILL_NEED(link, -EINVAL);
    const int result = find_path(from, to, &path, __func__);
    if (result < 0)
        return result;
    if (link->delay_ns < 0 || link->jitter_ns < 0 || link->rate_bps < 0 || link->queue_bytes < 0 ||
        link->reorder_ns < 0) {
        drill_sim_report(from->sim, "link %s > %s: a negative value", from->name, to->name);
        return -EINVAL;
    }
    drill_net_set_link(path, link);
    return 0;
}

int drill_link_both(struct drill_host *a, struct drill_host *b, const struct drill_link *link)
{
    const int result = drill_link_set(a, b, link);

    return result < 0 ? result : drill_link_set(b, a, link);
}

static int cut(struct drill_host *from, struct drill_host *to, bool on, const char *call)
{
    struct drill_path *path;
    const int result = find_path(from, to, &path, call);

    if (result == 0)
        drill_net_cut(path, on);
    return result;
}

int drill_partition(struct drill_host *from, struct drill_host *to)
{
    return cut(from, to, true, __func__);
}

int drill_heal(struct drill_host *from, struct drill_host *to)
{
    return cut(from, to, false, __func__);
}

static int hold(struct drill_host *from, struct drill_host *to, bool on, const char *call)
{
    struct drill_path *path;
    const int result = find_path(from, to, &path, call);

    if (result == 0)
        drill_net_hold(path, on);
    return result;
}

int drill_hold(struct drill_host *from, struct drill_host *to)
{
    return hold(from, to, true, __func__);
}

int drill_release(struct drill_host *from, struct drill_host *to)
{
    return hold(from, to, false, __func__);
}

int drill_name_add(struct drill_world *world, const char *name, const char *address)
{
    DRILL_NEED(world, -EINVAL);
    struct drill_sockaddr given;
    struct drill_addr addr;

    if (name == NULL || address == NULL || drill_sockaddr_read(&given, address) < 0 ||
        drill_addr_from(&addr, &given) < 0) {
        drill_sim_report(&world->sim, "name %s: '%s' is no IP address", name != NULL ? name : "",
                         address != NULL ? address : "");
        return -EINVAL;
    }
    return drill_names_add(&world->net.names, name, &addr);
}

int drill_name_remove(struct drill_world *world, const char *name)
{
    DRILL_NEED(world, -EINVAL);
    DRILL_NEED(name, -EINVAL);
    return drill_names_remove(&world->net.names, name);
}

int drill_name_fault(struct drill_world *world, const char *name, int64_t delay_ns, int error)
{
    DRILL_NEED(world, -EINVAL);
    DRILL_NEED(name, -EINVAL);
    if (delay_ns < 0 || error > 0)
        return -EINVAL;
    return drill_names_fault(&world->net.names, name, delay_ns, error);
}
