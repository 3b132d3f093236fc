#include <errno.h>
#include <string.h>

#include "tools/scenario_parts.h"

int drill_reader_pair(struct drill_reader *reader, struct drill_statement *statement, bool every)
{
    struct drill_words *words = &reader->words;
    const int result = drill_reader_host(reader, &statement->host, every);

    if (result < 0)
        return result;
    statement->both = drill_words_skip(words, "<>");
    if (!statement->both && !drill_words_skip(words, ">")) {
        if (drill_words_take(words, "> or <>") == NULL)
            return -EINVAL;
        return drill_words_refuse(words, "expected > or <>");
    }
    return drill_reader_host(reader, &statement->peer, every);
}

int drill_scene_each_pair(struct drill_scene *scene, const struct drill_statement *statement,
                          int (*act)(struct drill_scene *scene,
                                     const struct drill_statement *statement, unsigned from,
                                     unsigned to))
{
    const bool all_from = statement->host == DRILL_EVERY_HOST;
    const bool all_to = statement->peer == DRILL_EVERY_HOST;
    const unsigned count = scene->text->host_count;
    int result = 0;

    for (unsigned from = 0; from < count; from++)
        for (unsigned to = 0; to < count && result == 0; to++)
            if (scene->hosts[from] != NULL && scene->hosts[to] != NULL &&
                (all_from || from == statement->host) && (all_to || to == statement->peer))
                result = act(scene, statement, from, to);
    return result;
}

/* What stands behind `fault`, as it was written and without `only ...`. */
static int read_rule(struct drill_reader *reader, struct drill_fault_line *line)
{
    struct drill_words *words = &reader->words;
    const unsigned begin = words->at < words->count ? words->column[words->at] : words->end;
    char text[DRILL_WORDS_BYTES];
    const size_t size = reader->line_end > begin ? reader->line_end - begin : 0;

    if (size >= sizeof text)
        return drill_words_refuse(words, "expected a shorter line");
    memcpy(text, reader->line + begin - 1, size);
    text[size] = '\0';
    words->at = words->count;
    if (drill_fault_parse(text, line) == 0)
        return 0;
    words->error.column = begin - 1 + line->error_column;
    memcpy(words->error.text, line->error, sizeof words->error.text);
    return -EINVAL;
}

int drill_read_fault(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_text *text = reader->text;
    struct drill_fault_line *line = drill_text_keep(text, sizeof *line);
    const unsigned at = reader->words.at;
    int result = line != NULL ? read_rule(reader, line) : -ENOMEM;

    if (result < 0)
        return result;
    statement->data = &line->fault;
    line->fault.hostile = line->fault.hostile || text->hostile;
    if (line->fault.label == NULL)
        return 0;
    if (!drill_text_has_word(text->labels, line->fault.label))
        return drill_text_add_word(text, &text->labels, line->fault.label);
    reader->words.at = at + 1;
    return drill_words_refuse(&reader->words, "expected a new label, and '%s' is there",
                              line->fault.label);
}

int drill_play_fault(struct drill_scene *scene, const struct drill_statement *statement)
{
    return drill_stage_add_rule(scene->stage, statement->data);
}

int drill_read_faults(struct drill_reader *reader, struct drill_statement *statement)
{
    statement->flag = drill_words_skip(&reader->words, "hostile");
    if (statement->flag || drill_words_skip(&reader->words, "standard"))
        return 0;
    if (drill_words_take(&reader->words, "standard or hostile") == NULL)
        return -EINVAL;
    return drill_words_refuse(&reader->words, "expected standard or hostile");
}

int drill_play_faults(struct drill_scene *scene, const struct drill_statement *statement)
{
    return drill_stage_standard(scene->stage,
                                statement->flag ? DRILL_STANDARD_HOSTILE : DRILL_STANDARD);
}

int drill_reader_label(struct drill_reader *self, const char **label)
{
    *label = drill_reader_name(self, "the label of a fault");
    if (*label == NULL)
        return -EINVAL;
    if (drill_text_has_word(self->text->labels, *label))
        return 0;
    return drill_words_refuse(&self->words, "expected the label of a fault of a line above");
}

int drill_read_remove(struct drill_reader *reader, struct drill_statement *statement)
{
    return drill_reader_label(reader, &statement->name);
}

int drill_play_remove(struct drill_scene *scene, const struct drill_statement *statement)
{
    drill_stage_remove_rule(scene->stage, statement->name);
    return 0;
}

static struct drill_host *host_of(const struct drill_scene *scene,
                                  const struct drill_statement *statement)
{
    return scene->hosts[statement->host];
}

/* What is so already stays so: a crash of what is down is none. */
#define ACTION(action, call)                                                                       \
    int drill_read_##action(struct drill_reader *reader, struct drill_statement *statement)        \
    {                                                                                              \
        return drill_reader_host(reader, &statement->host, false);                                 \
    }                                                                                              \
    int drill_play_##action(struct drill_scene *scene, const struct drill_statement *statement)    \
    {                                                                                              \
        const int result = call(host_of(scene, statement));                                        \
        return result == -EALREADY ? 0 : result;                                                   \
    }

ACTION(crash, drill_crash)
ACTION(restart, drill_restart)
ACTION(kill, drill_kill)
ACTION(pause, drill_pause)
ACTION(resume, drill_resume)

#define PAIR_ACTION(action)                                                                        \
    static int action##_one(struct drill_scene *scene, const struct drill_statement *statement,    \
                            unsigned from, unsigned to)                                            \
    {                                                                                              \
        if (from == to)                                                                            \
            return 0;                                                                              \
        const int result = drill_##action(scene->hosts[from], scene->hosts[to]);                   \
        if (result < 0 || !statement->both)                                                        \
            return result;                                                                         \
        return drill_##action(scene->hosts[to], scene->hosts[from]);                               \
    }                                                                                              \
    int drill_read_##action(struct drill_reader *reader, struct drill_statement *statement)        \
    {                                                                                              \
        return drill_reader_pair(reader, statement, true);                                         \
    }                                                                                              \
    int drill_play_##action(struct drill_scene *scene, const struct drill_statement *statement)    \
    {                                                                                              \
        return drill_scene_each_pair(scene, statement, action##_one);                              \
    }

PAIR_ACTION(partition)
PAIR_ACTION(heal)
PAIR_ACTION(hold)
PAIR_ACTION(release)

static int read_drift(struct drill_reader *reader, struct drill_statement *statement)
{
    const char *word = drill_words_take(&reader->words, "a drift in millionths");
    const bool negative = word != NULL && word[0] == '-';
    uint64_t value;

    if (word == NULL)
        return -EINVAL;
    if (!drill_word_number(word + negative, &value) || value > 1000000)
        return drill_words_refuse(&reader->words, "expected a drift in millionths, not '%s'", word);
    statement->time_ns = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

int drill_read_clock(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;
    const int result = drill_reader_host(reader, &statement->host, false);

    if (result < 0)
        return result;
    if (drill_words_skip(words, "step"))
        return drill_words_time(words, &statement->time_ns, "a step");
    statement->flag = drill_words_skip(words, "drift");
    if (statement->flag)
        return read_drift(reader, statement);
    if (drill_words_take(words, "step or drift") == NULL)
        return -EINVAL;
    return drill_words_refuse(words, "expected step or drift");
}

int drill_play_clock(struct drill_scene *scene, const struct drill_statement *statement)
{
    struct drill_host *host = host_of(scene, statement);

    return statement->flag ? drill_clock_drift(host, (int32_t)statement->time_ns)
                           : drill_clock_step(host, statement->time_ns);
}
