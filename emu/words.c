#include "emu/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fail(struct drill_words *self, size_t column, const char *text)
{
    self->error.column = (unsigned)column + 1;
    snprintf(self->error.text, sizeof self->error.text, "%s", text);
    return -EINVAL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads one character of a quoted word, escapes resolved; how many were read, or 0. */
static size_t read_quoted(const char *text, char *c)
{
    static const char escapes[][2] = {{'n', '\n'}, {'t', '\t'}, {'r', '\r'},
                                      {'0', '\0'}, {'"', '"'},  {'\\', '\\'}};

    *c = text[0];
    if (text[0] != '\\')
        return text[0] != '\0';
    if (text[1] == 'x' && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
        *c = (char)(hex_digit(text[2]) * 16 + hex_digit(text[3]));
        return 4;
    }
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i][0] == text[1]) {
            *c = escapes[i][1];
            return 2;
        }
    return 0;
}

/* One word that begins at line[at], into bytes[*used]: the place behind it, or -EINVAL. */
static int read_word(struct drill_words *self, const char *line, size_t at, size_t *used)
{
    const bool quoted = line[at] == '"';
    const size_t begin = at;

    at += quoted;
    while (quoted ? line[at] != '"' : line[at] != '\0' && !is_blank(line[at])) {
        char c = line[at];
        const size_t step = quoted ? read_quoted(line + at, &c) : 1;
        if (step == 0 && line[at] == '\0')
            return fail(self, begin, "expected a closing quote for this one");
        if (step == 0)
            return fail(self, at, "expected \\n \\t \\r \\0 \\\" \\\\ or \\xNN");
        if (*used + 2 > sizeof self->bytes)
            return fail(self, at, "expected a shorter line");
        self->bytes[(*used)++] = c;
        at += step;
    }
    self->bytes[(*used)++] = '\0';
    return (int)(at + quoted);
}

int drill_words_split(struct drill_words *self, const char *line)
{
    size_t at = 0, used = 0;

    self->count = self->at = 0;
    self->error.column = 0;
    self->error.text[0] = '\0';
    if (strlen(line) >= UINT16_MAX)
        return fail(self, 0, "expected a shorter line");
    while (is_blank(line[at]))
        at++;
    while (line[at] != '\0' && line[at] != '#') {
        const size_t begin = used;
        if (self->count == DRILL_WORDS_MAX)
            return fail(self, at, "expected fewer words");
        if (used == sizeof self->bytes)
            return fail(self, at, "expected a shorter line");
        const int next = read_word(self, line, at, &used);
        if (next < 0)
            return next;
        self->word[self->count] = self->bytes + begin;
        self->size[self->count] = (uint16_t)(used - begin - 1);
        self->column[self->count++] = (uint16_t)(at + 1);
        at = (size_t)next;
        self->end = (uint16_t)(at + 1);
        while (is_blank(line[at]))
            at++;
    }
    if (self->count == 0)
        self->end = 1;
    return (int)self->count;
}

const char *drill_words_peek(const struct drill_words *self)
{
    return self->at < self->count ? self->word[self->at] : NULL;
}

const char *drill_words_take(struct drill_words *self, const char *what)
{
    if (self->at < self->count)
        return self->word[self->at++];
    self->error.column = self->end;
    snprintf(self->error.text, sizeof self->error.text, "expected %s", what);
    return NULL;
}

/* What a word holds may be anything, and what is told of it is one line. */
static void clean(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

bool drill_words_skip(struct drill_words *self, const char *word)
{
    if (self->at == self->count || strcmp(self->word[self->at], word) != 0)
        return false;
    self->at++;
    return true;
}

int drill_words_refuse(struct drill_words *self, const char *format, ...)
{
    va_list rest;

    self->error.column = self->at > 0 ? self->column[self->at - 1] : 1;
    va_start(rest, format);
    vsnprintf(self->error.text, sizeof self->error.text, format, rest);
    va_end(rest);
    clean(self->error.text);
    return -EINVAL;
}

int drill_words_finish(struct drill_words *self)
{
    if (self->at == self->count)
        return 0;
    self->at++;
    return drill_words_refuse(self, "expected the end of the line, not '%s'",
                              self->word[self->at - 1]);
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* Digits, perhaps with a fraction, and a unit of the table: the value in the smallest unit. */
static bool read_value(const char *word, const struct unit *units, size_t count, uint64_t *value)
{
    const char *end = word, *fraction = "";
    uint64_t whole = 0, part = 0;

    for (; *end >= '0' && *end <= '9'; end++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(*end - '0'), &whole))
            return false;
    if (end == word)
        return false;
    if (*end == '.')
        for (fraction = ++end; *end >= '0' && *end <= '9'; end++)
            continue;
    for (size_t i = 0; i < count; i++) {
        uint64_t place = units[i].factor;
        if (strcmp(units[i].name, end) != 0)
            continue;
        for (; *fraction >= '0' && *fraction <= '9' && place > 0; fraction++) {
            place /= 10;
            part += (uint64_t)(*fraction - '0') * place;
        }
        return !__builtin_mul_overflow(whole, units[i].factor, &whole) &&
               !__builtin_add_overflow(whole, part, value) && *value <= INT64_MAX;
    }
    return false;
}

bool drill_word_time(const char *word, int64_t *ns)
{
    static const struct unit units[] = {{"", 1000000000},
                                        {"ns", 1},
                                        {"us", 1000},
                                        {"ms", 1000000},
                                        {"s", 1000000000},
                                        {"m", UINT64_C(60000000000)},
                                        {"h", UINT64_C(3600000000000)}};
    const bool negative = word[0] == '-';
    uint64_t value;

    if (!read_value(word + negative, units, sizeof units / sizeof *units, &value))
        return false;
    *ns = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool drill_word_size(const char *word, uint64_t *bytes)
{
    static const struct unit units[] = {{"", 1},         {"B", 1},      {"kB", 1000},
                                        {"MB", 1000000}, {"KiB", 1024}, {"MiB", 1048576}};

    return read_value(word, units, sizeof units / sizeof *units, bytes);
}

bool drill_word_rate(const char *word, int64_t *bps)
{
    static const struct unit units[] = {
        {"", 1}, {"bit", 1}, {"kbit", 1000}, {"Mbit", 1000000}, {"Gbit", 1000000000}};
    uint64_t value;

    if (!read_value(word, units, sizeof units / sizeof *units, &value))
        return false;
    *bps = (int64_t)value;
    return true;
}

bool drill_word_chance(const char *word, uint32_t *ppm)
{
    static const struct unit units[] = {{"%", 10000}, {"ppm", 1}};
    uint64_t value;

    if (!read_value(word, units, sizeof units / sizeof *units, &value) || value > 1000000)
        return false;
    *ppm = (uint32_t)value;
    return true;
}

bool drill_word_number(const char *word, uint64_t *number)
{
    static const struct unit units[] = {{"", 1}};

    return strchr(word, '.') == NULL && read_value(word, units, 1, number);
}

static int taken(struct drill_words *self, const char *word, bool good, const char *what,
                 const char *shape)
{
    if (word == NULL || good)
        return word == NULL ? -EINVAL : 0;
    return drill_words_refuse(self, "expected %s, %s, not '%s'", what, shape, word);
}

int drill_words_time(struct drill_words *self, int64_t *ns, const char *what)
{
    const char *word = drill_words_take(self, what);

    return taken(self, word, word != NULL && drill_word_time(word, ns), what,
                 "a time such as 20ms");
}

int drill_words_size(struct drill_words *self, uint64_t *bytes, const char *what)
{
    const char *word = drill_words_take(self, what);

    return taken(self, word, word != NULL && drill_word_size(word, bytes), what,
                 "bytes such as 64KiB");
}

int drill_words_rate(struct drill_words *self, int64_t *bps, const char *what)
{
    const char *word = drill_words_take(self, what);

    return taken(self, word, word != NULL && drill_word_rate(word, bps), what,
                 "a rate such as 64kbit");
}

int drill_words_chance(struct drill_words *self, uint32_t *ppm, const char *what)
{
    const char *word = drill_words_take(self, what);

    return taken(self, word, word != NULL && drill_word_chance(word, ppm), what,
                 "a chance such as 10%");
}

int drill_words_number(struct drill_words *self, uint64_t *number, const char *what)
{
    const char *word = drill_words_take(self, what);

    return taken(self, word, word != NULL && drill_word_number(word, number), what, "a number");
}

int drill_word_show_time(int64_t ns, char *text, size_t size)
{
    static const struct unit units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}};
    const uint64_t value = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    const char *sign = ns < 0 ? "-" : "";

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char digits[16];
        uint64_t rest = value % units[i].factor;
        int count = 0;
        if (value < units[i].factor)
            continue;
        for (uint64_t place = units[i].factor / 10; rest > 0; rest %= place, place /= 10)
            digits[count++] = (char)('0' + rest / place);
        digits[count] = '\0';
        return snprintf(text, size, "%s%llu%s%s%s", sign,
                        (unsigned long long)(value / units[i].factor), count > 0 ? "." : "", digits,
                        units[i].name);
    }
    return snprintf(text, size, "%s%lluns", sign, (unsigned long long)value);
}
