#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/choice_log.h"
#include "emu/words.h"

enum { MARGIN = 40 }; /* where the comments begin, if there is room */

#define BLANKS " \t\r"

/* What a quoted word needs an escape for: drill_words_split. */
static size_t show_quoted(const char *word, char *text, size_t size)
{
    size_t used = 0;

    text[used++] = '"';
    for (; *word != '\0' && used + 6 < size; word++) {
        const unsigned char c = (unsigned char)*word;
        if (c < ' ' || c == 127)
            used += (size_t)snprintf(text + used, size - used, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            used += (size_t)snprintf(text + used, size - used, "\\%c", c);
        else
            text[used++] = *word;
    }
    text[used++] = '"';
    text[used] = '\0';
    return used;
}

static bool is_plain(const char *word)
{
    if (word[0] == '\0' || word[0] == '#' || word[0] == '"')
        return false;
    for (; *word != '\0'; word++)
        if ((unsigned char)*word <= ' ' || *word == 127)
            return false;
    return true;
}

void drill_decision_show(const struct drill_decision *decision, char *text, size_t size)
{
    char site[4 * DRILL_LOG_SITE + 8], line[DRILL_LOG_LINE];

    if (is_plain(decision->site))
        snprintf(site, sizeof site, "%s", decision->site);
    else
        show_quoted(decision->site, site, sizeof site);
    snprintf(line, sizeof line, "choose %s %s %" PRIu64 " = %" PRIu64,
             drill_choice_kind_name(decision->kind), site, decision->index, decision->answer);
    if (decision->about[0] == '\0')
        snprintf(text, size, "%s", line);
    else
        snprintf(text, size, "%-*s # %s", MARGIN, line, decision->about);
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

bool drill_log_show(const struct drill_log *self, size_t place, char *text, size_t size)
{
    if (place < self->header_count) {
        const struct drill_log_header *header = &self->headers[place];
        snprintf(text, size, "%s%s%s", header->key, header->value[0] != '\0' ? " " : "",
                 header->value);
        return true;
    }
    place -= self->header_count;
    if (place < self->count)
        drill_decision_show(&self->entries[place].decision, text, size);
    return place < self->count;
}

/* A text while it is read. */
struct reader {
    struct drill_log *log;
    unsigned line;
    struct drill_words words;
    char text[DRILL_LOG_LINE];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What a recorder has written behind the #, and not a person: it begins with a time. */
static const char *find_about(const struct reader *self)
{
    const char *at = strchr(self->text + self->words.end - 1, '#');
    int digits = 0;

    if (at == NULL)
        return "";
    at += 1 + strspn(at + 1, " \t");
    const char *rest = at + strspn(at, "0123456789");
    if (rest == at || *rest++ != '.')
        return "";
    while (is_digit(rest[digits]))
        digits++;
    return digits == 9 && rest[digits] == ' ' ? at : "";
}

static int read_site(struct drill_words *words, const char **site)
{
    *site = drill_words_take(words, "a site such as split#1");
    if (*site == NULL)
        return -EINVAL;
    if (strlen(*site) != words->size[words->at - 1] || strlen(*site) >= DRILL_LOG_SITE)
        return drill_words_refuse(words, "expected a site, a text of less than %d bytes",
                                  (int)DRILL_LOG_SITE);
    return 0;
}

static int read_choice(struct reader *self)
{
    struct drill_words *words = &self->words;
    struct drill_decision decision = {.line = self->line, .about = find_about(self)};
    const char *kind = drill_words_take(words, "a kind of choice such as fault");

    if (kind == NULL)
        return -EINVAL;
    const int found = drill_choice_find_kind(kind);
    if (found < 0)
        return drill_words_refuse(words, "expected a kind of choice such as fault, not '%.40s'",
                                  kind);
    decision.kind = (enum drill_choice_kind)found;
    if (read_site(words, &decision.site) < 0 ||
        drill_words_number(words, &decision.index, "which question, from 0") < 0)
        return -EINVAL;
    const char *equals = drill_words_take(words, "'='");
    if (equals == NULL)
        return -EINVAL;
    if (strcmp(equals, "=") != 0)
        return drill_words_refuse(words, "expected '=', not '%.40s'", equals);
    if (drill_words_number(words, &decision.answer, "an answer") < 0 ||
        drill_words_finish(words) < 0)
        return -EINVAL;
    return drill_log_add(self->log, &decision);
}

static bool is_key(const char *word)
{
    return word[0] >= 'a' && word[0] <= 'z' &&
           word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static int refuse(struct reader *self, size_t column, const char *what)
{
    self->words.error.column = (unsigned)column + 1;
    snprintf(self->words.error.text, sizeof self->words.error.text, "%s", what);
    return -EINVAL;
}

/* A key, and all that stands behind it. */
static int read_header(struct reader *self, size_t begin, size_t end)
{
    char *key = self->text + begin, *value = self->text + end;
    size_t size = strlen(value);

    while (size > 0 && strchr(BLANKS, value[size - 1]) != NULL)
        value[--size] = '\0';
    value += strspn(value, BLANKS);
    self->text[end] = '\0';
    if (self->log->count > 0)
        return refuse(self, begin, "expected choose");
    if (!is_key(key))
        return refuse(self, begin, "expected choose, or a key such as seed");
    const int result = drill_log_add_header(self->log, key, value);
    if (result == -E2BIG)
        return refuse(self, begin, "expected fewer headers");
    return result == -EINVAL ? refuse(self, end, "expected a value of one line") : result;
}

static int read_line(struct reader *self)
{
    const size_t begin = strspn(self->text, BLANKS),
                 end = begin + strcspn(self->text + begin, BLANKS);

    if (self->text[begin] == '\0' || self->text[begin] == '#')
        return 0;
    if (end - begin != strlen("choose") || memcmp(self->text + begin, "choose", end - begin) != 0)
        return read_header(self, begin, end);
    int result = drill_words_split(&self->words, self->text);
    if (result < 0)
        return result;
    drill_words_take(&self->words, "choose");
    result = read_choice(self);
    return result == -E2BIG ? refuse(self, begin, "expected fewer decisions") : result;
}

/* The next line of a text: how many bytes it took with its end, or -EINVAL. */
static ptrdiff_t take_line(struct reader *self, const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    const size_t length = end != NULL ? (size_t)(end - text) : size;
    const char *nul = memchr(text, '\0', length);

    self->line++;
    if (nul != NULL)
        return refuse(self, (size_t)(nul - text), "expected a text");
    if (length >= sizeof self->text)
        return refuse(self, sizeof self->text - 1, "expected a shorter line");
    memcpy(self->text, text, length);
    self->text[length] = '\0';
    return (ptrdiff_t)(length + (end != NULL));
}

/* Two that answer the same question: the later line is told of. */
static int find_twins(struct drill_log *log, struct drill_text_error *error)
{
    if (drill_log_sort(log) < 0)
        return -ENOMEM;
    for (size_t i = 1; i < log->count; i++) {
        const struct drill_decision *a = &log->sorted[i - 1]->decision,
                                    *b = &log->sorted[i]->decision;
        if (a->kind != b->kind || a->index != b->index || strcmp(a->site, b->site) != 0)
            continue;
        *error = (struct drill_text_error){.line = b->line, .column = 1};
        snprintf(error->text, sizeof error->text, "expected another choice: line %u has this one",
                 a->line);
        return -EINVAL;
    }
    return 0;
}

int drill_log_parse(struct drill_log *self, const char *text, size_t size,
                    struct drill_text_error *error)
{
    struct reader reader = {.log = self};
    ptrdiff_t took = 0;
    int result = 0;

    drill_log_clear_all(self);
    *error = (struct drill_text_error){0};
    for (size_t at = 0; at < size && took >= 0 && result >= 0; at += (size_t)took) {
        took = take_line(&reader, text + at, size - at);
        if (took >= 0)
            result = read_line(&reader);
    }
    if (took < 0 || result == -EINVAL) {
        *error =
            (struct drill_text_error){.line = reader.line, .column = reader.words.error.column};
        snprintf(error->text, sizeof error->text, "%s", reader.words.error.text);
        result = -EINVAL;
    } else if (result >= 0) {
        result = find_twins(self, error);
    }
    if (result == -ENOMEM)
        snprintf(error->text, sizeof error->text, "out of memory");
    if (result < 0)
        drill_log_clear_all(self);
    return result < 0 ? result : 0;
}
