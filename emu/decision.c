#include "emu/decision.h"

#include <inttypes.h>
#include <stdio.h>

#include "emu/jitter.h"

static const char *host_name(const struct drill_net *net, uint32_t id)
{
    for (const struct drill_host *host = net->hosts; host != NULL; host = host->next)
        if (host->id == id)
            return host->name;
    return NULL;
}

static const struct drill_rule *rule_of(const struct drill_door *door,
                                        const struct drill_choice *choice)
{
    for (const struct drill_rule *rule = door->faults.first; rule != NULL; rule = rule->next)
        if (rule->site == choice->site)
            return rule;
    return NULL;
}

/* The number of a link is made of those of its hosts: drill_net_path. */
static void name_link(const struct drill_net *net, uint32_t site, char *text, size_t size)
{
    const char *from = host_name(net, site >> 16), *to = host_name(net, site & UINT16_MAX);

    if (from != NULL && to != NULL)
        snprintf(text, size, "%s>%s", from, to);
}

static const char *family_name(uint32_t site)
{
    for (int i = 0; i < DRILL_FAULTS; i++)
        if (drill_choice_hash(drill_fault_rows[i].family) == site)
            return drill_fault_rows[i].family;
    return NULL;
}

static void name_site(void *context, const struct drill_choice *choice, char *text, size_t size)
{
    const struct drill_door *door = context;
    const struct drill_rule *rule = NULL;
    const char *name = NULL;

    snprintf(text, size, "%u", choice->site);
    switch (choice->kind) {
    case DRILL_CHOICE_TASK:
        name = "next";
        break;
    case DRILL_CHOICE_LOSS:
    case DRILL_CHOICE_JITTER:
    case DRILL_CHOICE_DUPLICATE:
    case DRILL_CHOICE_REORDER:
    case DRILL_CHOICE_CORRUPT:
        name_link(door->faults.net, choice->site, text, size);
        break;
    case DRILL_CHOICE_RANDOM:
        name = host_name(door->faults.net, choice->site);
        break;
    case DRILL_CHOICE_SWARM:
        name = family_name(choice->site);
        break;
    default:
        rule = rule_of(door, choice);
        name = rule != NULL ? rule->name : NULL;
    }
    if (name != NULL)
        snprintf(text, size, "%s", name);
}

static void show_who(const struct drill_door *door, const struct drill_choice *choice, char *text,
                     size_t size)
{
    const struct drill_task *task = door->tasks->current;
    const struct drill_packet *packet = door->sim->carrying;
    char call[256] = "";

    if (choice->kind == DRILL_CHOICE_TASK) {
        snprintf(text, size, "tasks");
    } else if (packet != NULL) {
        snprintf(text, size, "packet #%" PRIu64 " %s %s>%s", packet->number,
                 drill_packet_kind_names[packet->kind], packet->path->from->name,
                 packet->path->to->name);
    } else if (task->stack == NULL && task->calling == NULL) {
        snprintf(text, size, "world");
    } else {
        if (task->calling != NULL)
            drill_call_show(task->calling, call, sizeof call);
        snprintf(text, size, "%s/%s%s%s", task->host->name, task->name, call[0] != '\0' ? " " : "",
                 call);
    }
}

static void show_task(const struct drill_tasks *tasks, uint64_t place, char *text, size_t size)
{
    const struct drill_task *task = tasks->ready_first;

    for (; place > 0 && task != NULL; place--)
        task = task->ready_next;
    if (task != NULL)
        snprintf(text, size, ": %s/%s before the first of %u", task->host->name, task->name,
                 (unsigned)tasks->ready_count);
}

static void show_jitter(const struct drill_packet *packet, uint64_t draw, char *text, size_t size)
{
    const struct drill_link *link = &packet->path->link;

    snprintf(text, size, ": %" PRId64 " ns late",
             drill_jitter_delay(link->jitter, link->jitter_ns, (uint32_t)draw));
}

static void show_effect(const struct drill_door *door, const struct drill_choice *choice,
                        uint64_t answer, char *text, size_t size)
{
    const struct drill_rule *rule;

    switch (choice->kind) {
    case DRILL_CHOICE_TASK:
        show_task(door->tasks, answer, text, size);
        return;
    case DRILL_CHOICE_LOSS:
        snprintf(text, size, ": lost");
        return;
    case DRILL_CHOICE_JITTER:
        if (door->sim->carrying != NULL)
            show_jitter(door->sim->carrying, answer, text, size);
        return;
    case DRILL_CHOICE_DUPLICATE:
        snprintf(text, size, ": arrives twice");
        return;
    case DRILL_CHOICE_REORDER:
        snprintf(text, size, ": held back");
        return;
    case DRILL_CHOICE_CORRUPT:
        if (choice->ppm > 0)
            snprintf(text, size, ": damaged");
        else
            snprintf(text, size, ": bit %" PRIu64 " flips", answer);
        return;
    case DRILL_CHOICE_SWARM:
        snprintf(text, size, ": on");
        return;
    case DRILL_CHOICE_CUT:
        snprintf(text, size, ": %" PRIu64 " of %" PRIu64 " bytes", choice->count - answer,
                 choice->count);
        return;
    case DRILL_CHOICE_ORDER:
    case DRILL_CHOICE_DAMAGE:
        snprintf(text, size, ": %" PRIu64 ", from 0 to %" PRIu64, answer, choice->count - 1);
        return;
    case DRILL_CHOICE_FAULT:
        rule = rule_of(door, choice);
        if (rule != NULL)
            snprintf(text, size, ": %s", rule->fault.what);
        return;
    default:
        return;
    }
}

static void show_about(void *context, const struct drill_choice *choice, uint64_t answer,
                       char *text, size_t size)
{
    const struct drill_door *door = context;
    const int64_t now = drill_sim_now(door->sim);
    char who[320], effect[128] = "";

    show_who(door, choice, who, sizeof who);
    if (answer != 0)
        show_effect(door, choice, answer, effect, sizeof effect);
    snprintf(text, size, "%" PRId64 ".%09" PRId64 " %s%s", now / DRILL_SECOND, now % DRILL_SECOND,
             who, effect);
}

void drill_decisions_name(struct drill_door *door)
{
    static const struct drill_choice_names names = {.site = name_site, .about = show_about};

    door->sim->choices.names = &names;
    door->sim->choices.names_context = door;
}
