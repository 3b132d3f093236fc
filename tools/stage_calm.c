#include <errno.h>

#include "tools/stage_parts.h"

static const struct drill_link calm_link = {0};

/* Pairs that never met have no link yet, and are calm. */
static void calm_links(struct drill_net *net)
{
    struct drill_path *path, *next;

    HASH_ITER (hh, net->paths, path, next) {
        drill_net_set_link(path, &calm_link);
        if (path->cut)
            drill_net_cut(path, false);
        if (path->held)
            drill_net_hold(path, false);
    }
}

static void calm_host(struct drill_stage *self, struct drill_host *host)
{
    if (!host->up && drill_restart(host) < 0)
        drill_sim_report(&self->world->sim, "host %s: out of memory", host->name);
    drill_resume(host);
    if (host->wall_drift_ppm != 0)
        drill_clock_drift(host, 0);
}

void drill_stage_become_calm(struct drill_stage *self)
{
    drill_stage_remove_rules(self);
    calm_links(&self->world->net);
    for (struct drill_host *host = self->world->net.hosts; host != NULL; host = host->next)
        calm_host(self, host);
    self->calmed = true;
}

static void become_calm(void *stage)
{
    struct drill_stage *self = stage;

    if (self->world->sim.trace != NULL)
        drill_sim_trace(&self->world->sim, "calm");
    drill_stage_become_calm(self);
}

int drill_stage_calm(struct drill_stage *self, int64_t when_ns, int64_t within_ns)
{
    if (when_ns < 0 || within_ns < 0)
        return drill_stage_refuse(self, "calm: a negative time");
    self->calm_ns = when_ns;
    self->within_ns = within_ns;
    return drill_stage_at(self, when_ns, become_calm, self);
}
