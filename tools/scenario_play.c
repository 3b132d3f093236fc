#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/scenario_parts.h"

/* A statement that waits for its time. */
struct cue {
    struct drill_scene *scene;
    const struct drill_statement *statement;
};

static void play_now(void *context)
{
    const struct cue *cue = context;
    const int result = cue->statement->row->play(cue->scene, cue->statement);

    if (result < 0)
        drill_stage_refuse(cue->scene->stage, "line %u: %s", cue->statement->line,
                           result == -ENOMEM ? "out of memory" : "it cannot be done");
}

static int play_later(struct drill_scene *scene, const struct drill_statement *statement)
{
    struct cue *cue = drill_stage_keep(scene->stage, sizeof *cue);

    if (cue == NULL)
        return -ENOMEM;
    *cue = (struct cue){.scene = scene, .statement = statement};
    return drill_at(drill_stage_world(scene->stage), statement->at_ns, play_now, cue);
}

static bool takes_part(const struct drill_statement *statement, bool calm)
{
    if (statement->only != DRILL_ALWAYS)
        return calm == (statement->only == DRILL_ONLY_CALM);
    return !calm || ((statement->row->where & DRILL_CHAOS) == 0);
}

static int play(struct drill_scene *scene, const struct drill_statement *statement)
{
    /* A rule that is wrong is to be found before its time, and a task says when it begins. */
    const bool later = statement->at_ns > 0 && statement->row->play != drill_play_task &&
                       !(scene->stage->rehearses && statement->row->play == drill_play_fault);

    return later ? play_later(scene, statement) : statement->row->play(scene, statement);
}

int drill_text_build(struct drill_stage *stage, void *context)
{
    const struct drill_text *text = context;
    const bool calm = drill_stage_order(stage)->calm;
    struct drill_scene *scene =
        drill_stage_keep(stage, sizeof *scene + sizeof(struct drill_host *) * text->host_count);
    int result = 0;

    if (scene == NULL)
        return -ENOMEM;
    memset(scene->hosts, 0, sizeof *scene->hosts * text->host_count);
    scene->stage = stage;
    scene->text = text;
    if (text->log != NULL && stage->order->oracle == NULL)
        drill_oracle_set(stage->world, drill_log_oracle, text->log);
    for (const struct drill_statement *statement = text->statements;
         statement != NULL && result == 0; statement = statement->next) {
        if (!takes_part(statement, calm))
            continue;
        stage->statement = statement;
        result = play(scene, statement);
    }
    return result < 0 ? result : 0;
}

/* The last thing that was said, for where it went wrong. */
struct saying {
    char *text;
    size_t size;
};

static void hear(void *context, const char *line)
{
    const struct saying *saying = context;

    snprintf(saying->text, saying->size, "%s", line);
}

int drill_text_rehearse(struct drill_text *self, unsigned *line, unsigned *column, char *why,
                        size_t size)
{
    struct saying saying = {.text = why, .size = size};
    struct drill_order order = {.report = hear, .report_context = &saying};
    const struct drill_statement *statement = NULL;
    int result = 0;

    for (int calm = 0; result == 0 && calm < 2; calm++) {
        snprintf(why, size, "it cannot be done");
        order.calm = calm != 0;
        result = drill_stage_rehearse(&self->scenario, &order, &statement);
    }
    *line = statement != NULL ? statement->line : 1;
    *column = statement != NULL ? statement->column : 1;
    return result;
}
