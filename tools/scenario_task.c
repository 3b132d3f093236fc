#include <errno.h>
#include <string.h>

#include "tools/scenario_parts.h"
#include "tools/script.h"

struct drill_text_task *drill_text_task(const struct drill_text *self, const char *name)
{
    for (struct drill_text_task *task = self->tasks; task != NULL; task = task->next)
        if (strcmp(task->name, name) == 0)
            return task;
    return NULL;
}

int drill_reader_task(struct drill_reader *self, struct drill_text_task **task)
{
    const char *word = drill_words_take(&self->words, "a task, as HOST/NAME");

    if (word == NULL)
        return -EINVAL;
    *task = drill_text_task(self->text, word);
    return *task != NULL ? 0
                         : drill_words_refuse(&self->words,
                                              "expected a task of a line above, not '%s'", word);
}

/* HOST/NAME of a new task. */
static int read_task_name(struct drill_reader *reader, struct drill_text_task *task)
{
    struct drill_text *text = reader->text;
    const char *word = drill_reader_name(reader, "a new task, as HOST/NAME");
    const char *stroke = word != NULL ? strchr(word, '/') : NULL;

    if (word == NULL)
        return -EINVAL;
    if (stroke == NULL || stroke[1] == '\0' || strchr(stroke + 1, '/') != NULL)
        return drill_words_refuse(&reader->words, "expected HOST/NAME, not '%s'", word);
    if (drill_text_task(text, word) != NULL)
        return drill_words_refuse(&reader->words, "expected a new task, and '%s' is there", word);
    task->name = word;
    task->short_name = stroke + 1;
    const size_t size = (size_t)(stroke - word);
    for (task->host = 0; task->host < text->host_count; task->host++)
        if (strlen(text->hosts[task->host]) == size &&
            strncmp(text->hosts[task->host], word, size) == 0)
            return 0;
    return drill_words_refuse(&reader->words, "expected a host of a line above, not '%.*s'",
                              (int)size, word);
}

/* A subject and its arguments, to the end of the line. */
static int read_cast(struct drill_reader *reader, struct drill_text_cast *cast)
{
    struct drill_words *words = &reader->words;
    const char *name = drill_reader_name(reader, "a subject");

    if (name == NULL)
        return -EINVAL;
    cast->subject = drill_subject_find(reader->text, name);
    if (cast->subject == NULL)
        return drill_words_refuse(words, "expected a subject of the libraries above, not '%s'",
                                  name);
    cast->argv = drill_text_keep(reader->text, sizeof *cast->argv * (words->count - words->at + 2));
    if (cast->argv == NULL)
        return -ENOMEM;
    cast->argv[cast->argc++] = name;
    while (drill_words_peek(words) != NULL) {
        const char *word = drill_words_take(words, "an argument");
        if (strlen(word) != words->size[words->at - 1])
            return drill_words_refuse(words, "expected an argument without a NUL");
        word = drill_text_keep_bytes(reader->text, word, strlen(word));
        if (word == NULL)
            return -ENOMEM;
        cast->argv[cast->argc++] = word;
    }
    return 0;
}

static int add_task(struct drill_reader *reader, struct drill_statement *statement,
                    enum drill_role role)
{
    struct drill_text *text = reader->text;
    struct drill_text_task *task = drill_text_keep(text, sizeof *task);
    int result = task != NULL ? read_task_name(reader, task) : -ENOMEM;

    if (result < 0)
        return result;
    if (text->task_count == DRILL_TEXT_TASKS)
        return drill_words_refuse(&reader->words, "expected at most %d tasks", DRILL_TEXT_TASKS);
    task->role = role;
    statement->task = task;
    *text->tasks_end = task;
    text->tasks_end = &task->next;
    text->task_count++;
    return 0;
}

static int read_player(struct drill_reader *reader, struct drill_statement *statement,
                       enum drill_role role)
{
    const int result = add_task(reader, statement, role);

    return result < 0 ? result : read_cast(reader, &statement->task->cast);
}

static const struct drill_text_cast *cast_of(const struct drill_scene *scene,
                                             const struct drill_text_task *task)
{
    return task->has_bug && drill_stage_order(scene->stage)->bug ? &task->bug : &task->cast;
}

int drill_read_task(struct drill_reader *reader, struct drill_statement *statement)
{
    return read_player(reader, statement, DRILL_MUST_END);
}

int drill_play_task(struct drill_scene *scene, const struct drill_statement *statement)
{
    const struct drill_text_task *task = statement->task;
    const struct drill_text_cast *cast = cast_of(scene, task);

    if (statement->at_ns == 0)
        return drill_stage_task(scene->stage, scene->hosts[task->host], task->short_name,
                                cast->subject, cast->argc, cast->argv);
    return drill_stage_task_at(scene->stage, statement->at_ns, scene->hosts[task->host],
                               task->short_name, cast->subject, cast->argc, cast->argv);
}

int drill_read_service(struct drill_reader *reader, struct drill_statement *statement)
{
    return read_player(reader, statement, DRILL_SERVES);
}

int drill_play_service(struct drill_scene *scene, const struct drill_statement *statement)
{
    const struct drill_text_task *task = statement->task;
    const struct drill_text_cast *cast = cast_of(scene, task);

    return drill_stage_service(scene->stage, scene->hosts[task->host], task->short_name,
                               cast->subject, cast->argc, cast->argv);
}

int drill_read_boot(struct drill_reader *reader, struct drill_statement *statement)
{
    return read_player(reader, statement, DRILL_BOOTS);
}

int drill_play_boot(struct drill_scene *scene, const struct drill_statement *statement)
{
    const struct drill_text_task *task = statement->task;
    const struct drill_text_cast *cast = cast_of(scene, task);

    return drill_stage_boot(scene->stage, scene->hosts[task->host], task->short_name, cast->subject,
                            cast->argc, cast->argv);
}

int drill_read_bug(struct drill_reader *reader, struct drill_statement *statement)
{
    const int result = drill_reader_task(reader, &statement->task);

    if (result < 0)
        return result;
    if (statement->task->script != NULL)
        return drill_words_refuse(&reader->words, "expected a task with a subject, not a script");
    if (statement->task->has_bug)
        return drill_words_refuse(&reader->words, "expected one bug for each task");
    statement->task->has_bug = true;
    return read_cast(reader, &statement->task->bug);
}

int drill_read_script(struct drill_reader *reader, struct drill_statement *statement)
{
    const int result = add_task(reader, statement, DRILL_MUST_END);

    return result < 0 ? result : drill_script_read(reader, &statement->task->script);
}

int drill_play_script(struct drill_scene *scene, const struct drill_statement *statement)
{
    const struct drill_text_task *task = statement->task;

    return drill_script_play(task->script, scene->stage, scene->hosts[task->host],
                             task->short_name);
}
