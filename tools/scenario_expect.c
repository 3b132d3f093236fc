#include <errno.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/ports.h"
#include "tools/scenario_parts.h"

int drill_read_calm(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;

    statement->more_ns = 60 * DRILL_SECOND;
    if (!drill_words_skip(words, "at")) {
        if (drill_words_take(words, "at T") == NULL)
            return -EINVAL;
        return drill_words_refuse(words, "expected at T");
    }
    const int result = drill_reader_time(reader, &statement->time_ns, "a time");
    if (result < 0 || !drill_words_skip(words, "within"))
        return result;
    return drill_reader_time(reader, &statement->more_ns, "a time");
}

int drill_play_calm(struct drill_scene *scene, const struct drill_statement *statement)
{
    return drill_stage_calm(scene->stage, statement->time_ns, statement->more_ns);
}

enum { LIMIT_TIME, LIMIT_CALLS, LIMIT_DESCRIPTORS, LIMIT_PORTS, LIMIT_OVERFLOW };

static int read_count(struct drill_words *words, uint64_t least, uint64_t most, uint64_t *number)
{
    const int result = drill_words_number(words, number, "a number");

    if (result == 0 && (*number < least || *number > most))
        return drill_words_refuse(words, "expected a number from %llu to %llu",
                                  (unsigned long long)least, (unsigned long long)most);
    return result;
}

static int read_overflow(struct drill_words *words, struct drill_statement *statement)
{
    statement->size = LIMIT_OVERFLOW;
    statement->flag = drill_words_skip(words, "reset");
    if (statement->flag || drill_words_skip(words, "drop"))
        return 0;
    if (drill_words_take(words, "reset or drop") == NULL)
        return -EINVAL;
    return drill_words_refuse(words, "expected reset or drop");
}

int drill_read_limit(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;
    int result;

    if (statement->at_ns == 0 && drill_words_skip(words, "time")) {
        statement->size = LIMIT_TIME;
        return drill_reader_time(reader, &statement->time_ns, "a time");
    }
    if (statement->at_ns == 0 && drill_words_skip(words, "calls")) {
        statement->size = LIMIT_CALLS;
        return read_count(words, 1, INT64_MAX, &statement->number);
    }
    result = drill_reader_host(reader, &statement->host, false);
    if (result < 0)
        return result;
    if (drill_words_skip(words, "descriptors")) {
        statement->size = LIMIT_DESCRIPTORS;
        return read_count(words, 0, UINT32_MAX, &statement->number);
    }
    if (drill_words_skip(words, "ports")) {
        statement->size = LIMIT_PORTS;
        return read_count(words, 1, DRILL_PORTS_LAST - DRILL_PORTS_FIRST + 1, &statement->number);
    }
    if (drill_words_skip(words, "overflow"))
        return read_overflow(words, statement);
    if (drill_words_take(words, "descriptors, ports or overflow") == NULL)
        return -EINVAL;
    return drill_words_refuse(words, "expected descriptors, ports or overflow");
}

int drill_play_limit(struct drill_scene *scene, const struct drill_statement *statement)
{
    struct drill_stage *stage = scene->stage;
    int result;

    if (statement->size == LIMIT_TIME) {
        drill_stage_limit_time(stage, statement->time_ns);
        return 0;
    }
    if (statement->size == LIMIT_CALLS) {
        drill_stage_limit_calls(stage, statement->number);
        return 0;
    }
    if (drill_stage_order(stage)->calm)
        return 0;
    struct drill_host *host = scene->hosts[statement->host];
    if (statement->size == LIMIT_DESCRIPTORS)
        return drill_limit(host, DRILL_LIMIT_DESCRIPTORS, (uint32_t)statement->number);
    if (statement->size == LIMIT_OVERFLOW)
        return drill_limit(host, DRILL_LIMIT_ABORT_ON_OVERFLOW, statement->flag);
    result = drill_limit(host, DRILL_LIMIT_PORT_FIRST, DRILL_PORTS_FIRST);
    return result < 0 ? result
                      : drill_limit(host, DRILL_LIMIT_PORT_LAST,
                                    DRILL_PORTS_FIRST + (uint32_t)statement->number - 1);
}

enum {
    EXPECT_EXIT,
    EXPECT_ANY,
    EXPECT_GONE,
    EXPECT_BY,
    EXPECT_RECEIVED,
    EXPECT_DIGEST,
    EXPECT_REACHED,
    EXPECT_HITS,
    EXPECT_STALL
};

static int read_status(struct drill_words *words, struct drill_statement *statement)
{
    const char *word = drill_words_take(words, "a status, an errno, any or gone");
    uint64_t number;

    if (word == NULL)
        return -EINVAL;
    statement->size = EXPECT_EXIT;
    if (strcmp(word, "any") == 0)
        statement->size = EXPECT_ANY;
    else if (strcmp(word, "gone") == 0)
        statement->size = EXPECT_GONE;
    else if (drill_word_number(word, &number) && number <= INT32_MAX)
        statement->time_ns = (int64_t)number;
    else if (drill_errname_find(word) != 0)
        statement->time_ns = -drill_errname_find(word);
    else
        return drill_words_refuse(words, "expected a status, an errno, any or gone, not '%s'",
                                  word);
    return 0;
}

static int read_received(struct drill_reader *reader, struct drill_statement *statement)
{
    const char *word = drill_words_take(&reader->words, "the bytes, in quotes");

    if (word == NULL)
        return -EINVAL;
    statement->size = EXPECT_RECEIVED;
    statement->number = reader->words.size[reader->words.at - 1];
    if (statement->number > DRILL_RECEIPT_FIRST)
        return drill_words_refuse(&reader->words, "expected at most %d bytes; more have a digest",
                                  DRILL_RECEIPT_FIRST);
    statement->data = drill_text_keep_bytes(reader->text, word, statement->number);
    return statement->data != NULL ? 0 : -ENOMEM;
}

static int read_digest(struct drill_words *words, struct drill_statement *statement)
{
    const char *word = drill_words_take(words, "a digest, in hexadecimal");

    if (word == NULL)
        return -EINVAL;
    const size_t size = strspn(word, "0123456789abcdef");
    if (size == 0 || size > 16 || word[size] != '\0')
        return drill_words_refuse(words, "expected a digest, 1 to 16 hexadecimal digits");
    statement->size = EXPECT_DIGEST;
    for (const char *c = word; *c != '\0'; c++)
        statement->number =
            statement->number * 16 + (uint64_t)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
    return 0;
}

static int read_hits(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;
    char digits[24];
    const int result = drill_reader_label(reader, &statement->name);
    const char *word = result == 0 ? drill_words_take(words, "a number, or N+") : NULL;

    if (word == NULL)
        return -EINVAL;
    const size_t size = strlen(word);
    statement->flag = size > 0 && word[size - 1] == '+';
    if (size >= sizeof digits)
        return drill_words_refuse(words, "expected a number, or N+, not '%s'", word);
    memcpy(digits, word, size + 1);
    digits[statement->flag ? size - 1 : size] = '\0';
    statement->size = EXPECT_HITS;
    return drill_word_number(digits, &statement->number)
               ? 0
               : drill_words_refuse(words, "expected a number, or N+, not '%s'", word);
}

static int read_of_task(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;
    const int result = drill_reader_task(reader, &statement->task);

    if (result < 0)
        return result;
    if (drill_words_skip(words, "exit"))
        return read_status(words, statement);
    if (drill_words_skip(words, "received"))
        return read_received(reader, statement);
    if (drill_words_skip(words, "digest"))
        return read_digest(words, statement);
    if (drill_words_skip(words, "by")) {
        statement->size = EXPECT_BY;
        return drill_reader_time(reader, &statement->time_ns, "a time");
    }
    if (drill_words_take(words, "exit, by, received or digest") == NULL)
        return -EINVAL;
    return drill_words_refuse(words, "expected exit, by, received or digest");
}

int drill_read_expect(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_words *words = &reader->words;

    if (drill_words_skip(words, "stall")) {
        statement->size = EXPECT_STALL;
        return 0;
    }
    if (drill_words_skip(words, "hits"))
        return read_hits(reader, statement);
    if (drill_words_skip(words, "reached")) {
        statement->size = EXPECT_REACHED;
        statement->name = drill_reader_name(reader, "a mark");
        if (statement->name != NULL && strlen(statement->name) >= DRILL_MARK_BYTES)
            return drill_words_refuse(words, "expected a mark of less than %d bytes",
                                      DRILL_MARK_BYTES);
        return statement->name != NULL ? 0 : -EINVAL;
    }
    return read_of_task(reader, statement);
}

int drill_play_expect(struct drill_scene *scene, const struct drill_statement *statement)
{
    struct drill_stage *stage = scene->stage;
    const char *task = statement->task != NULL ? statement->task->name : NULL;

    /* A task that is not in this run promises nothing. */
    if (task != NULL && drill_stage_player(stage, task) == NULL)
        return 0;
    switch (statement->size) {
    case EXPECT_EXIT:
        return drill_stage_expect_exit(stage, task, (int)statement->time_ns);
    case EXPECT_ANY:
        return drill_stage_expect_any_exit(stage, task);
    case EXPECT_GONE:
        return drill_stage_expect_gone(stage, task);
    case EXPECT_BY:
        return drill_stage_expect_by(stage, task, statement->time_ns);
    case EXPECT_RECEIVED:
        return drill_stage_expect_received(stage, task, statement->data, statement->number);
    case EXPECT_DIGEST:
        return drill_stage_expect_digest(stage, task, statement->number);
    case EXPECT_REACHED:
        return drill_stage_expect_reached(stage, statement->name);
    case EXPECT_HITS:
        return drill_stage_expect_hits(stage, statement->name, statement->number, statement->flag);
    default:
        return drill_stage_expect_stall(stage);
    }
}

int drill_read_allow(struct drill_reader *reader, struct drill_statement *statement)
{
    static const struct {
        const char *name;
        enum drill_allowance what;
    } allowances[] = {{"leak", DRILL_ALLOW_LEAK},
                      {"descriptors", DRILL_ALLOW_DESCRIPTORS},
                      {"stall", DRILL_ALLOW_STALL},
                      {"unused", DRILL_ALLOW_UNUSED},
                      {"late", DRILL_ALLOW_LATE}};
    const char *word = drill_words_take(&reader->words, "leak, descriptors, stall, unused or late");

    for (size_t i = 0; word != NULL && i < sizeof allowances / sizeof *allowances; i++)
        if (strcmp(allowances[i].name, word) == 0) {
            statement->number = allowances[i].what;
            return 0;
        }
    if (word == NULL)
        return -EINVAL;
    return drill_words_refuse(&reader->words, "expected leak, descriptors, stall, unused or late");
}

int drill_play_allow(struct drill_scene *scene, const struct drill_statement *statement)
{
    drill_stage_allow(scene->stage, (enum drill_allowance)statement->number);
    return 0;
}
