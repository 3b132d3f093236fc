#include <errno.h>

#include "emu/abi.h"
#include "emu/calls.h"
#include "emu/fault.h"
#include "emu/unix_names.h"

static int sleep_until(struct drill_host *host, int64_t when_ns, const char *what)
{
    while (drill_sim_now(host->sim) < when_ns) {
        const int result = drill_task_wait(host->tasks, when_ns, what);
        if (result == -EDEADLK)
            return result;
    }
    return 0;
}

/* A signal comes when half of it is over. */
ssize_t drill_do_sleep(struct drill_host *host, struct drill_args *args)
{
    const int64_t half_ns = (args->when_ns - drill_sim_now(host->sim)) / 2;
    struct drill_faults *faults = host->net->faults;

    if (args->when_ns < 0)
        return -EINVAL;
    const int64_t signal_ns = drill_faults_signal(
        faults, DRILL_CALL_sleep, args, half_ns > DRILL_MOMENT_NS ? half_ns : DRILL_MOMENT_NS);
    if (signal_ns < args->when_ns) {
        const int result = sleep_until(host, signal_ns, "sleep");
        if (result < 0)
            return result;
        if (drill_faults_interrupt(faults, DRILL_CALL_sleep, args))
            return -EINTR;
    }
    return sleep_until(host, args->when_ns, "sleep");
}

ssize_t drill_do_yield(struct drill_host *host, struct drill_args *args)
{
    (void)args;
    return drill_task_yield(host->tasks);
}

/* A stream of the host's own: what one host asks shifts nothing on another. */
ssize_t drill_do_random(struct drill_host *host, struct drill_args *args)
{
    uint8_t *bytes = args->data;

    if (bytes == NULL && args->size > 0)
        return -EFAULT;
    for (size_t i = 0; i < args->size; i++) {
        bytes[i] = (uint8_t)drill_choices_pick(&host->sim->choices, DRILL_CHOICE_RANDOM, host->id,
                                               UINT8_MAX + 1);
    }
    return (ssize_t)args->size;
}

ssize_t drill_do_local_ip(struct drill_host *host, struct drill_args *args)
{
    static const struct drill_sockaddr loopback = {.family = DRILL_AF_INET,
                                                   .inet4 = {127, 0, 0, 1}};

    if (args->from == NULL)
        return -EFAULT;
    *args->from = drill_host_addr_count(host) > 0 ? drill_addr_plain(&host->addrs[0]) : loopback;
    return 0;
}

static size_t give(struct drill_args *args, const struct drill_addr *addrs, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < args->size; i++)
        args->from[i] = drill_addr_plain(&addrs[i]);
    return count;
}

static const struct drill_host *host_named(const struct drill_net *net, const char *name)
{
    for (const struct drill_host *each = net->hosts; each != NULL; each = each->next)
        if (strcmp(each->name, name) == 0)
            return each;
    return NULL;
}

/* A literal, then the names of the world, then the hosts by their own names. */
ssize_t drill_do_resolve(struct drill_host *host, struct drill_args *args)
{
    const char *text = args->data;
    struct drill_sockaddr literal;
    struct drill_addr addr;

    if (text == NULL || (args->from == NULL && args->size > 0))
        return -EFAULT;
    if (drill_sockaddr_read(&literal, text) == 0 && literal.port == 0 &&
        drill_addr_from(&addr, &literal) == 0)
        return (ssize_t)give(args, &addr, 1);
    if (strcmp(text, "localhost") == 0) {
        drill_sockaddr_read(&literal, "127.0.0.1");
        drill_addr_from(&addr, &literal);
        return (ssize_t)give(args, &addr, 1);
    }
    const struct drill_name *name = drill_names_find(&host->net->names, text);
    if (name != NULL && name->delay_ns > 0) {
        const int slept = sleep_until(host, drill_sim_now(host->sim) + name->delay_ns, "resolve");
        if (slept < 0)
            return slept;
        name = drill_names_find(&host->net->names, text);
    }
    if (name != NULL && name->error != 0)
        return name->error;
    if (name != NULL && name->count > 0)
        return (ssize_t)give(args, name->addrs, name->count);
    const struct drill_host *named = host_named(host->net, text);
    if (named == NULL || named->addr_count == 0)
        return -ENOENT;
    return (ssize_t)give(args, named->addrs, named->addr_count);
}

ssize_t drill_do_unlink(struct drill_host *host, struct drill_args *args)
{
    return drill_unix_names_unlink(host, args->data);
}
