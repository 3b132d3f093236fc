#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/stage_parts.h"

struct drill_player *drill_stage_player(const struct drill_stage *self, const char *name)
{
    for (struct drill_player *player = self->players; player != NULL; player = player->next)
        if (strcmp(player->name, name) == 0)
            return player;
    return NULL;
}

const struct drill_player *drill_stage_waiting(const struct drill_stage *self)
{
    for (const struct drill_player *player = self->players; player != NULL; player = player->next)
        if (player->role == DRILL_MUST_END && !player->ended)
            return player;
    return NULL;
}

/* A main may write into its arguments, so each start has a copy. */
static char **copy_arguments(struct drill_player *player)
{
    char **copy = drill_stage_keep(player->stage, sizeof *copy * ((size_t)player->argc + 1));

    for (int i = 0; copy != NULL && i < player->argc; i++)
        if ((copy[i] = drill_stage_keep_text(player->stage, player->argv[i])) == NULL)
            return NULL;
    if (copy != NULL)
        copy[player->argc] = NULL;
    return copy;
}

static int64_t run_subject(struct drill_player *player)
{
    char **arguments = copy_arguments(player);

    return arguments != NULL ? player->subject(player->argc, arguments) : -ENOMEM;
}

static int64_t run_player(void *argument)
{
    struct drill_player *player = argument;

    player->begun++;
    player->status = player->run != NULL ? player->run(player->argument) : run_subject(player);
    player->returned++;
    player->ended = true;
    player->ended_ns = drill_monotonic();
    return player->status;
}

int64_t *drill_stage_meter(void *context)
{
    const struct drill_stage *self = context;
    const struct drill_task *task = self->world->tasks.current;

    return task->run == run_player ? &((struct drill_player *)task->argument)->heap_bytes : NULL;
}

static int start(struct drill_player *player)
{
    const char *name = strchr(player->name, '/') + 1;
    struct drill_host *host = player->host;

    if (player->role == DRILL_BOOTS)
        return drill_boot(host, name, run_player, player);
    const struct drill_task *task = player->role == DRILL_SERVES
                                        ? drill_start_service(host, name, run_player, player)
                                        : drill_start(host, name, run_player, player);
    return task != NULL ? 0 : -ENOMEM;
}

static void start_now(void *argument)
{
    struct drill_player *player = argument;

    player->stage->to_come -= player->role == DRILL_MUST_END;
    if (!player->host->up)
        drill_sim_report(&player->stage->world->sim, "task %s: its host is down", player->name);
    else if (start(player) < 0)
        drill_sim_report(&player->stage->world->sim, "task %s: out of memory", player->name);
}

static struct drill_player *enlist(struct drill_stage *self, struct drill_host *host,
                                   const char *name, enum drill_role role)
{
    const char *host_name = drill_host_name(host);
    const size_t host_size = strlen(host_name), size = host_size + strlen(name) + 2;
    struct drill_player *player = drill_stage_keep(self, sizeof *player);
    char *whole = drill_stage_keep(self, size);

    if (player == NULL || whole == NULL)
        return NULL;
    memcpy(whole, host_name, host_size);
    whole[host_size] = '/';
    memcpy(whole + host_size + 1, name, size - host_size - 2);
    whole[size - 1] = '\0';
    *player = (struct drill_player){
        .stage = self, .host = host, .name = whole, .role = role, .by_ns = DRILL_NEVER};
    *self->players_end = player;
    self->players_end = &player->next;
    return player;
}

static int keep_arguments(struct drill_player *player, int argc, const char *const *argv)
{
    struct drill_stage *self = player->stage;

    /* argv[0] is its name, as a main has it. */
    player->argc = argc > 0 ? argc : 1;
    player->argv = drill_stage_keep(self, sizeof *player->argv * (size_t)player->argc);
    if (player->argv == NULL)
        return -ENOMEM;
    player->argv[0] = strchr(player->name, '/') + 1;
    for (int i = 0; i < argc; i++)
        if ((player->argv[i] = drill_stage_keep_text(self, argv[i])) == NULL)
            return -ENOMEM;
    return 0;
}

/* Makes one; NULL, and the error, if that cannot be. */
static struct drill_player *add(struct drill_stage *self, struct drill_host *host, const char *name,
                                enum drill_role role, drill_subject *subject, int argc,
                                const char *const *argv, int *error)
{
    if (host == NULL || name == NULL || name[0] == '\0' || subject == NULL) {
        *error = drill_stage_refuse(self, "a task needs a host, a name and a subject");
        return NULL;
    }
    struct drill_player *made = enlist(self, host, name, role);
    *error = -ENOMEM;
    if (made == NULL || keep_arguments(made, argc, argv) < 0)
        return NULL;
    made->subject = subject;
    return made;
}

static int add_and_start(struct drill_stage *self, struct drill_host *host, const char *name,
                         enum drill_role role, drill_subject *subject, int argc,
                         const char *const *argv)
{
    int error;
    struct drill_player *made = add(self, host, name, role, subject, argc, argv, &error);

    return made != NULL ? start(made) : error;
}

int drill_stage_task(struct drill_stage *self, struct drill_host *host, const char *name,
                     drill_subject *subject, int argc, const char *const *argv)
{
    return add_and_start(self, host, name, DRILL_MUST_END, subject, argc, argv);
}

int drill_stage_service(struct drill_stage *self, struct drill_host *host, const char *name,
                        drill_subject *subject, int argc, const char *const *argv)
{
    return add_and_start(self, host, name, DRILL_SERVES, subject, argc, argv);
}

int drill_stage_boot(struct drill_stage *self, struct drill_host *host, const char *name,
                     drill_subject *subject, int argc, const char *const *argv)
{
    return add_and_start(self, host, name, DRILL_BOOTS, subject, argc, argv);
}

int drill_stage_task_at(struct drill_stage *self, int64_t when_ns, struct drill_host *host,
                        const char *name, drill_subject *subject, int argc, const char *const *argv)
{
    int error;
    struct drill_player *made = add(self, host, name, DRILL_MUST_END, subject, argc, argv, &error);

    if (made == NULL)
        return error;
    self->to_come++;
    return drill_at(self->world, when_ns, start_now, made);
}

int drill_stage_run_task(struct drill_stage *self, struct drill_host *host, const char *name,
                         int64_t (*run)(void *argument), void *argument)
{
    struct drill_player *made = enlist(self, host, name, DRILL_MUST_END);

    if (made == NULL)
        return -ENOMEM;
    made->run = run;
    made->argument = argument;
    return start(made);
}
