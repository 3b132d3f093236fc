#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/scenario_parts.h"

static int read_about(struct drill_reader *reader, struct drill_statement *statement);
static int read_tag(struct drill_reader *reader, struct drill_statement *statement);
static int read_mode(struct drill_reader *reader, struct drill_statement *statement);
static int read_seed(struct drill_reader *reader, struct drill_statement *statement);
static int read_library(struct drill_reader *reader, struct drill_statement *statement);
static int read_at(struct drill_reader *reader, struct drill_statement *statement);

/* Every statement.  What has nothing to play is about the text itself. */
static const struct drill_statement_row rows[] = {
    {"about", DRILL_ALONE, read_about, NULL},
    {"tag", DRILL_ALONE, read_tag, NULL},
    {"mode", DRILL_ALONE, read_mode, NULL},
    {"seed", DRILL_ALONE, read_seed, NULL},
    {"library", DRILL_ALONE, read_library, NULL},
    {"host", DRILL_ALONE, drill_read_host, drill_play_host},
    {"name", DRILL_ALONE, drill_read_name, drill_play_name},
    {"link", DRILL_ALONE | DRILL_TIMED | DRILL_CHAOS, drill_read_link, drill_play_link},
    {"task", DRILL_ALONE | DRILL_TIMED, drill_read_task, drill_play_task},
    {"service", DRILL_ALONE | DRILL_TIMED, drill_read_service, drill_play_service},
    {"boot", DRILL_ALONE, drill_read_boot, drill_play_boot},
    {"bug", DRILL_ALONE, drill_read_bug, NULL},
    {"script", DRILL_ALONE, drill_read_script, drill_play_script},
    {"fault", DRILL_ALONE | DRILL_TIMED | DRILL_CHAOS, drill_read_fault, drill_play_fault},
    {"faults", DRILL_ALONE | DRILL_CHAOS, drill_read_faults, drill_play_faults},
    {"at", DRILL_ALONE, read_at, NULL},
    {"crash", DRILL_TIMED | DRILL_CHAOS, drill_read_crash, drill_play_crash},
    {"restart", DRILL_TIMED | DRILL_CHAOS, drill_read_restart, drill_play_restart},
    {"kill", DRILL_TIMED | DRILL_CHAOS, drill_read_kill, drill_play_kill},
    {"pause", DRILL_TIMED | DRILL_CHAOS, drill_read_pause, drill_play_pause},
    {"resume", DRILL_TIMED | DRILL_CHAOS, drill_read_resume, drill_play_resume},
    {"partition", DRILL_TIMED | DRILL_CHAOS, drill_read_partition, drill_play_partition},
    {"heal", DRILL_TIMED | DRILL_CHAOS, drill_read_heal, drill_play_heal},
    {"hold", DRILL_TIMED | DRILL_CHAOS, drill_read_hold, drill_play_hold},
    {"release", DRILL_TIMED | DRILL_CHAOS, drill_read_release, drill_play_release},
    {"clock", DRILL_TIMED | DRILL_CHAOS, drill_read_clock, drill_play_clock},
    {"remove", DRILL_TIMED | DRILL_CHAOS, drill_read_remove, drill_play_remove},
    {"calm", DRILL_ALONE, drill_read_calm, drill_play_calm},
    {"limit", DRILL_ALONE | DRILL_TIMED, drill_read_limit, drill_play_limit},
    {"expect", DRILL_ALONE, drill_read_expect, drill_play_expect},
    {"allow", DRILL_ALONE, drill_read_allow, drill_play_allow},
    {"choose", DRILL_ALONE, drill_read_choose, NULL},
};

const char *drill_reader_next(struct drill_reader *self)
{
    char *line = self->rest, *end;

    if (line == NULL || *line == '\0')
        return NULL;
    end = strchr(line, '\n');
    self->rest = end != NULL ? end + 1 : NULL;
    if (end != NULL)
        *end = '\0';
    self->number++;
    self->line = line;
    return line;
}

const char *drill_reader_name(struct drill_reader *self, const char *what)
{
    const char *word = drill_words_take(&self->words, what);

    if (word == NULL)
        return NULL;
    if (word[0] == '\0' || strlen(word) != self->words.size[self->words.at - 1]) {
        drill_words_refuse(&self->words, "expected %s", what);
        return NULL;
    }
    return drill_text_keep_bytes(self->text, word, strlen(word));
}

int drill_reader_host(struct drill_reader *self, unsigned *host, bool every)
{
    const char *word = drill_words_take(&self->words, every ? "a host, or *" : "a host");

    if (word == NULL)
        return -EINVAL;
    *host = DRILL_EVERY_HOST;
    if (every && strcmp(word, "*") == 0)
        return 0;
    for (*host = 0; *host < self->text->host_count; ++*host)
        if (strcmp(self->text->hosts[*host], word) == 0)
            return 0;
    return drill_words_refuse(&self->words, "expected a host of a line above, not '%s'", word);
}

int drill_reader_time(struct drill_reader *self, int64_t *ns, const char *what)
{
    const int result = drill_words_time(&self->words, ns, what);

    if (result == 0 && *ns < 0)
        return drill_words_refuse(&self->words, "expected %s that is not negative", what);
    return result;
}

static int read_about(struct drill_reader *reader, struct drill_statement *statement)
{
    (void)statement;
    const char *text = strstr(reader->line, "about") + strlen("about");
    size_t size;

    text += strspn(text, " \t");
    size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\r'))
        size--;
    if (size == 0)
        return drill_words_take(&reader->words, "what happens") == NULL ? -EINVAL : 0;
    reader->text->scenario.about = drill_text_keep_bytes(reader->text, text, size);
    reader->words.at = reader->words.count;
    return reader->text->scenario.about != NULL ? 0 : -ENOMEM;
}

static int read_tag(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_text *text = reader->text;
    int result = 0;

    (void)statement;
    do {
        const char *tag = drill_words_take(&reader->words, "a tag");
        result = tag != NULL ? drill_text_add_word(text, &text->tags, tag) : -EINVAL;
    } while (result == 0 && drill_words_peek(&reader->words) != NULL);
    return result;
}

static int read_mode(struct drill_reader *reader, struct drill_statement *statement)
{
    (void)statement;
    if (drill_words_skip(&reader->words, "faithful"))
        return 0;
    if (drill_words_take(&reader->words, "faithful or hostile") == NULL)
        return -EINVAL;
    reader->text->hostile = strcmp(reader->words.word[reader->words.at - 1], "hostile") == 0;
    return reader->text->hostile
               ? 0
               : drill_words_refuse(&reader->words, "expected faithful or hostile");
}

static int read_seed(struct drill_reader *reader, struct drill_statement *statement)
{
    (void)statement;
    const int result = drill_words_number(&reader->words, &reader->text->scenario.seed, "a seed");

    if (result == 0 && reader->text->scenario.seed == 0)
        return drill_words_refuse(&reader->words, "expected a seed from 1 on");
    return result;
}

static int read_library(struct drill_reader *reader, struct drill_statement *statement)
{
    const char *name = drill_reader_name(reader, "the file of a library");

    (void)statement;
    if (name == NULL)
        return -EINVAL;
    const int result = drill_library_open(reader->text, name, reader->why, sizeof reader->why);
    return result == -ENOENT ? drill_words_refuse(&reader->words, "%s", reader->why) : result;
}

static int read_row(struct drill_reader *self, struct drill_statement *statement, unsigned where)
{
    const char *what = where == DRILL_TIMED ? "what happens then" : "a statement";
    const char *word = drill_words_take(&self->words, what);

    if (word == NULL)
        return -EINVAL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, word) == 0 && (rows[i].where & where) != 0) {
            statement->row = &rows[i];
            return rows[i].read(self, statement);
        }
    if (where == DRILL_TIMED)
        return drill_words_refuse(&self->words,
                                  "expected crash, partition, fault, task ..., not '%s'", word);
    return drill_words_refuse(&self->words, "expected host, link, task, fault, at ..., not '%s'",
                              word);
}

static int read_at(struct drill_reader *reader, struct drill_statement *statement)
{
    const int result = drill_reader_time(reader, &statement->at_ns, "a time");

    return result < 0 ? result : read_row(reader, statement, DRILL_TIMED);
}

/* `only chaos` or `only calm` at the end of any line but `about`. */
static void cut_only(struct drill_reader *self, struct drill_statement *statement)
{
    struct drill_words *words = &self->words;
    const unsigned count = words->count;

    self->line_end = words->end;
    if (count < 3 || strcmp(words->word[count - 2], "only") != 0)
        return;
    if (strcmp(words->word[count - 1], "chaos") == 0)
        statement->only = DRILL_ONLY_CHAOS;
    else if (strcmp(words->word[count - 1], "calm") == 0)
        statement->only = DRILL_ONLY_CALM;
    else
        return;
    words->count -= 2;
    self->line_end = words->column[count - 2];
    words->end = words->column[count - 2];
}

static bool is_about(const char *line)
{
    line += strspn(line, " \t");
    return strncmp(line, "about", 5) == 0 && (line[5] == ' ' || line[5] == '\t');
}

static int read_statement(struct drill_reader *self)
{
    struct drill_text *text = self->text;
    struct drill_statement *statement = drill_text_keep(text, sizeof *statement);
    const bool about = is_about(self->line);
    int count = drill_words_split(&self->words, about ? "about ..." : self->line);

    if (count <= 0)
        return count;
    if (statement == NULL)
        return -ENOMEM;
    statement->line = self->number;
    statement->column = self->words.column[0];
    if (text->statement_count++ == DRILL_TEXT_STATEMENTS)
        return drill_words_refuse(&self->words, "expected fewer statements");
    cut_only(self, statement);
    int result = read_row(self, statement, DRILL_ALONE);
    if (result == 0)
        result = drill_words_finish(&self->words);
    if (result == 0 && statement->row->play != NULL) {
        *text->statements_end = statement;
        text->statements_end = &statement->next;
    }
    return result;
}

static int fail(const struct drill_reader *self, unsigned line, unsigned column, const char *why)
{
    if (self->errors != NULL)
        fprintf(self->errors, "%s:%u:%u: %s\n", self->text->path, line, column, why);
    return -EINVAL;
}

static void refuse_nul(const struct drill_reader *self, const char *bytes)
{
    unsigned line = 1;

    for (const char *end = strchr(bytes, '\n'); end != NULL; end = strchr(bytes, '\n')) {
        bytes = end + 1;
        line++;
    }
    fail(self, line, (unsigned)strlen(bytes) + 1, "expected a text, and there is a NUL in it");
}

static int read_lines(struct drill_reader *self)
{
    struct drill_text *text = self->text;
    unsigned line, column;
    int result = 0;

    while (result >= 0 && drill_reader_next(self) != NULL)
        result = read_statement(self);
    if (result == -ENOMEM)
        return fail(self, self->number, 1, "out of memory");
    if (result < 0)
        return fail(self, self->number, self->words.error.column, self->words.error.text);
    if (text->task_count == 0)
        return fail(self, self->number + 1, 1, "expected a task or a script before the end");
    if (drill_text_rehearse(text, &line, &column, self->why, sizeof self->why) < 0)
        return fail(self, line, column, self->why);
    return 0;
}

struct drill_text *drill_text_parse(const char *path, const char *bytes, size_t size, FILE *errors)
{
    struct drill_text *text = calloc(1, sizeof *text);
    struct drill_reader reader = {.text = text, .errors = errors};

    if (text == NULL)
        return NULL;
    text->statements_end = &text->statements;
    text->tasks_end = &text->tasks;
    text->path = strdup(path);
    text->scenario = (struct drill_scenario){.name = text->path,
                                             .about = "",
                                             .build = drill_text_build,
                                             .context = text,
                                             .reserve = drill_reserve_new()};
    if (text->path == NULL || text->scenario.reserve == NULL)
        goto failed;
    if (size > DRILL_TEXT_BYTES) {
        fail(&reader, 1, 1, "expected a file of at most 1 MiB");
        goto failed;
    }
    if (memchr(bytes, '\0', size) != NULL) {
        refuse_nul(&reader, bytes);
        goto failed;
    }
    reader.rest = (char *)(uintptr_t)drill_text_keep_bytes(text, bytes, size);
    if (reader.rest == NULL || read_lines(&reader) < 0)
        goto failed;
    return text;

failed:
    drill_text_free(text);
    return NULL;
}

const struct drill_scenario *drill_text_scenario(const struct drill_text *self)
{
    return &self->scenario;
}
