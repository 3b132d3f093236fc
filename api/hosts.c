#include <errno.h>

#include "api/need.h"
#include "api/sockdrill.h"
#include "emu/fault.h"
#include "emu/power.h"

int drill_crash(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    const int result = drill_power_crash(host, NULL);
    drill_power_rest(host->tasks);
    return result;
}

int drill_kill(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    const int result = drill_power_kill(host, NULL);
    drill_power_rest(host->tasks);
    return result;
}

int drill_restart(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    return drill_power_start(host, NULL);
}

int drill_pause(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    drill_power_pause(host, true);
    drill_power_rest(host->tasks);
    return 0;
}

int drill_resume(struct drill_host *host)
{
    DRILL_NEED(host, -EINVAL);
    drill_power_pause(host, false);
    return 0;
}

int drill_clock_set(struct drill_host *host, int64_t wall_ns)
{
    DRILL_NEED(host, -EINVAL);
    drill_host_set_wall(host, wall_ns, host->wall_drift_ppm);
    return 0;
}

int drill_clock_step(struct drill_host *host, int64_t by_ns)
{
    DRILL_NEED(host, -EINVAL);
    drill_host_set_wall(host, drill_host_wall(host) + by_ns, host->wall_drift_ppm);
    return 0;
}

int drill_clock_drift(struct drill_host *host, int32_t ppm)
{
    DRILL_NEED(host, -EINVAL);
    host->drift_ppm = ppm;
    drill_clocks_apply(host);
    return 0;
}

int drill_limit(struct drill_host *host, enum drill_limit limit, uint32_t value)
{
    DRILL_NEED(host, -EINVAL);
    const bool is_port = limit == DRILL_LIMIT_PORT_FIRST || limit == DRILL_LIMIT_PORT_LAST;

    if (is_port && (value > UINT16_MAX || value == 0))
        return -EINVAL;
    switch (limit) {
    case DRILL_LIMIT_DESCRIPTORS:
        host->limits.descriptors = value;
        break;
    case DRILL_LIMIT_PORT_FIRST:
        host->limits.port_first = (uint16_t)value;
        break;
    case DRILL_LIMIT_PORT_LAST:
        host->limits.port_last = (uint16_t)value;
        break;
    case DRILL_LIMIT_ABORT_ON_OVERFLOW:
        host->limits.abort_on_overflow = value != 0;
        break;
    default:
        return -EINVAL;
    }
    if (host->tasks->switches == 0 && host->sim->timeline.ran == 0)
        host->own_limits = host->limits;
    drill_limits_apply(host);
    return 0;
}
