#include <errno.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/sockaddr.h"
#include "tools/script_parts.h"

/* A step is made of words once its parentheses and commas are blanks; columns stay as they are. */
static int blank(struct drill_reader *self, char *line, size_t *open, size_t *close)
{
    bool quoted = false;
    int depth = 0;

    *open = *close = 0;
    for (size_t at = 0; line[at] != '\0' && (quoted || line[at] != '#'); at++) {
        if (line[at] == '\\' && quoted && line[at + 1] != '\0')
            at++;
        else if (line[at] == '"')
            quoted = !quoted;
        else if (!quoted && line[at] == '(' && depth++ == 0 && *open == 0)
            *open = at;
        else if (!quoted && line[at] == ')' && --depth == 0 && *close == 0)
            *close = at;
        if (!quoted && strchr("(),", line[at]) != NULL)
            line[at] = ' ';
    }
    if (depth == 0 && (*open == 0) == (*close == 0))
        return 0;
    self->words.error.column = (unsigned)(*open + 1);
    snprintf(self->words.error.text, sizeof self->words.error.text,
             "expected a closing parenthesis for each that opens");
    return -EINVAL;
}

static int read_one_time(struct drill_words *words, const char *word, struct drill_step_time *time)
{
    time->given = true;
    time->any = strcmp(word, "*") == 0;
    time->relative = word[0] == '+';
    if (time->any || (drill_word_time(word + time->relative, &time->ns) && time->ns >= 0))
        return 0;
    return drill_words_refuse(words, "expected a time such as 1.5s or +20ms, not '%s'", word);
}

/* T, +T, or T...T in front of the call, if it is there. */
static int read_times(struct drill_words *words, struct drill_step *step)
{
    const char *word = drill_words_peek(words);
    char begin[64];

    if (word == NULL || ((word[0] < '0' || word[0] > '9') && word[0] != '+'))
        return 0;
    drill_words_take(words, "a time");
    const char *dots = strstr(word, "...");
    const size_t size = dots != NULL ? (size_t)(dots - word) : strlen(word);
    if (size >= sizeof begin)
        return drill_words_refuse(words, "expected a time, not '%s'", word);
    memcpy(begin, word, size);
    begin[size] = '\0';
    const int result = read_one_time(words, begin, &step->begins);
    if (result == 0 && step->begins.any)
        return drill_words_refuse(words, "expected a time at which it begins");
    return result < 0 || dots == NULL ? result : read_one_time(words, dots + 3, &step->returns);
}

static bool is_quoted(const struct drill_reader *reader, unsigned word)
{
    return reader->line[reader->words.column[word] - 1] == '"';
}

static int read_wanted(struct drill_reader *reader, struct drill_step *step, const char *word)
{
    const size_t size = reader->words.size[reader->words.at - 1];

    if (!step->row->receives)
        return drill_words_refuse(
            &reader->words, "expected a number or an errno: %s gives no bytes", step->row->name);
    step->wanted = drill_text_keep_bytes(reader->text, word, size);
    step->result = (int64_t)size;
    return step->wanted != NULL ? 0 : -ENOMEM;
}

/* A number, an errno, bits of readiness, bytes or *. */
static int read_result(struct drill_reader *reader, struct drill_step *step)
{
    struct drill_words *words = &reader->words;
    const char *word = drill_words_take(words, "a result");
    const bool negative = word != NULL && word[0] == '-';
    const bool quoted = word != NULL && is_quoted(reader, words->at - 1);
    uint64_t number;
    int bits;

    if (word == NULL)
        return -EINVAL;
    if (quoted)
        return read_wanted(reader, step, word);
    if (strcmp(word, "*") == 0) {
        step->any = true;
        return 0;
    }
    if (step->row->polls && drill_step_bits(word, &bits)) {
        step->result = bits;
        return 0;
    }
    if (drill_errname_find(word) != 0) {
        step->result = -drill_errname_find(word);
        return 0;
    }
    if (!drill_word_number(word + negative, &number) || number > INT32_MAX)
        return drill_words_refuse(words, "expected a number, an errno, bytes in quotes or *");
    step->result = negative ? -(int64_t)number : (int64_t)number;
    return 0;
}

/* What may follow the result: the errno of -1, the bytes of a number, and who sent them. */
static int read_rest(struct drill_reader *reader, struct drill_step *step)
{
    struct drill_words *words = &reader->words;
    const char *word = drill_words_peek(words);
    const int64_t number = step->result;

    if (word != NULL && number == -1 && drill_errname_find(word) != 0) {
        step->result = -drill_errname_find(word);
        drill_words_take(words, "an errno");
    } else if (word != NULL && step->wanted == NULL && is_quoted(reader, words->at)) {
        drill_words_take(words, "bytes");
        const int result = read_wanted(reader, step, word);
        if (result < 0)
            return result;
        if (number != step->result)
            return drill_words_refuse(words, "expected %lld bytes", (long long)number);
    }
    if (!drill_words_skip(words, "from"))
        return 0;
    struct drill_sockaddr *from = drill_text_keep(reader->text, sizeof *from);
    word = drill_words_take(words, "an address");
    if (from == NULL)
        return -ENOMEM;
    step->from = from;
    if (word != NULL && drill_sockaddr_read(from, word) < 0)
        return drill_words_refuse(words, "expected an address such as 10.0.0.1:80, not '%s'", word);
    return word != NULL ? 0 : -EINVAL;
}

static int read_call(struct drill_reader *reader, struct drill_step *step, size_t open,
                     size_t close)
{
    struct drill_words *words = &reader->words;
    const char *name = drill_words_take(words, "a call such as connect(3, 10.0.0.1:80) = 0");

    if (name == NULL)
        return -EINVAL;
    step->row = drill_step_row(name);
    if (step->row == NULL)
        return drill_words_refuse(words, "expected socket, connect, send, recv ..., not '%s'",
                                  name);
    const size_t begin = words->column[words->at - 1] - 1U;
    if (open != begin + strlen(name))
        return drill_words_refuse(words, "expected %s(...) = ...", name);
    step->text = drill_text_keep_bytes(reader->text, reader->line + begin, close + 1 - begin);
    const int result = step->text != NULL ? step->row->read(reader, step) : -ENOMEM;
    if (result < 0)
        return result;
    if (drill_words_skip(words, "="))
        return 0;
    if (drill_words_take(words, "= and the result") == NULL)
        return -EINVAL;
    return drill_words_refuse(words, "expected ) and =");
}

static void cut_only(struct drill_words *words, struct drill_step *step)
{
    const unsigned count = words->count;

    if (count < 3 || strcmp(words->word[count - 2], "only") != 0)
        return;
    if (strcmp(words->word[count - 1], "chaos") == 0)
        step->only = DRILL_ONLY_CHAOS;
    else if (strcmp(words->word[count - 1], "calm") == 0)
        step->only = DRILL_ONLY_CALM;
    words->count -= step->only != DRILL_ALWAYS ? 2 : 0;
}

/* 1: a step, 0: an empty line or the end, which `ends` tells. */
static int read_step(struct drill_reader *reader, struct drill_step *step, bool *ends)
{
    const size_t size = strlen(reader->line);
    char line[DRILL_WORDS_BYTES * 2];
    size_t open, close;

    step->line = reader->number;
    if (size >= sizeof line) {
        reader->words.error.column = 1;
        snprintf(reader->words.error.text, sizeof reader->words.error.text,
                 "expected a shorter line");
        return -EINVAL;
    }
    memcpy(line, reader->line, size + 1);
    int result = blank(reader, line, &open, &close);
    if (result == 0)
        result = drill_words_split(&reader->words, line);
    if (result <= 0)
        return result;
    *ends = reader->words.count == 1 && strcmp(reader->words.word[0], "end") == 0;
    if (*ends) {
        reader->words.at = reader->words.count;
        return 0;
    }
    cut_only(&reader->words, step);
    result = read_times(&reader->words, step);
    if (result == 0)
        result = read_call(reader, step, open, close);
    if (result == 0)
        result = read_result(reader, step);
    if (result == 0)
        result = read_rest(reader, step);
    if (result == 0)
        result = drill_words_finish(&reader->words);
    return result < 0 ? result : 1;
}

int drill_script_read(struct drill_reader *reader, const struct drill_script **made)
{
    struct drill_script *script = drill_text_keep(reader->text, sizeof *script);
    struct drill_step **end;
    unsigned count = 0;
    bool ends = false;
    int result = drill_words_finish(&reader->words);

    if (script == NULL)
        return -ENOMEM;
    script->path = reader->text->path;
    end = &script->steps;
    while (result >= 0 && !ends && drill_reader_next(reader) != NULL) {
        struct drill_step *step = drill_text_keep(reader->text, sizeof *step);
        result = step != NULL ? read_step(reader, step, &ends) : -ENOMEM;
        if (result == 1 && count++ == DRILL_STEPS)
            return drill_words_refuse(&reader->words, "expected at most %d steps", DRILL_STEPS);
        if (result != 1)
            continue;
        *end = step;
        end = &step->next;
        if (step->row->receives && step->size > script->room)
            script->room = step->size;
    }
    if (result >= 0 && !ends) {
        reader->words.error.column = 1;
        snprintf(reader->words.error.text, sizeof reader->words.error.text,
                 "expected a line `end` of the script");
        return -EINVAL;
    }
    *made = script;
    return result < 0 ? result : 0;
}
