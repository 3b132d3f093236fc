#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/errname.h"
#include "emu/fault.h"
#include "emu/words.h"

/* The line while it is read: its words, and where the texts of the rule go. */
struct reader {
    struct drill_words words;
    struct drill_fault_line *line;
    size_t used;
    const char *keys[DRILL_WORDS_MAX]; /* that have been read */
    unsigned key_count;
};

/* Keeps a text of the rule: 0, or -EINVAL when there is no room. */
static int keep(struct reader *self, const char *word, const char **to)
{
    const size_t size = strlen(word) + 1;

    if (self->used + size > sizeof self->line->texts)
        return drill_words_refuse(&self->words, "expected shorter names in all");
    *to = memcpy(self->line->texts + self->used, word, size);
    self->used += size;
    return 0;
}

static int read_error(struct drill_words *words, int *error)
{
    const char *word = drill_words_take(words, "an errno such as ECONNRESET");

    if (word == NULL)
        return -EINVAL;
    *error = drill_errname_find(word);
    return *error != 0 ? 0 : drill_words_refuse(words, "expected an errno, not '%s'", word);
}

static int read_drift(struct drill_words *words, int32_t *ppm)
{
    const char *word = drill_words_take(words, "a drift in millionths");
    uint64_t value;

    if (word == NULL)
        return -EINVAL;
    const bool negative = word[0] == '-';
    if (!drill_word_number(word + negative, &value) || value > 1000000)
        return drill_words_refuse(words, "expected a drift in millionths, not '%s'", word);
    *ppm = negative ? -(int32_t)value : (int32_t)value;
    return 0;
}

/* A chance of 0 is a rule that is off: it must leave no trace. */
static int read_chance(struct reader *self)
{
    const int result = drill_words_chance(&self->words, &self->line->fault.ppm, "a chance");

    self->line->fault.off |= result == 0 && self->line->fault.ppm == 0;
    return result;
}

static int read_side(struct reader *self)
{
    struct drill_words *words = &self->words;

    if (drill_words_skip(words, "in"))
        self->line->fault.direction = DRILL_IN;
    else if (drill_words_skip(words, "out"))
        self->line->fault.direction = DRILL_OUT;
    else if (drill_words_take(words, "in or out") == NULL)
        return -EINVAL;
    else
        return drill_words_refuse(words, "expected in or out");
    return 0;
}

static int read_port(struct reader *self)
{
    uint64_t value;
    const int result = drill_words_number(&self->words, &value, "a port");

    if (result == 0 && (value == 0 || value > UINT16_MAX))
        return drill_words_refuse(&self->words, "expected a port, 1 to 65535");
    self->line->fault.port = (uint16_t)value;
    return result;
}

static int read_fd(struct reader *self)
{
    uint64_t value;
    const int result = drill_words_number(&self->words, &value, "a descriptor");

    if (result == 0 && (value == 0 || value > INT32_MAX))
        return drill_words_refuse(&self->words, "expected a descriptor from 1 on");
    self->line->fault.fd = (int)value;
    return result;
}

static int read_nth(struct reader *self)
{
    uint64_t value;
    const int result = drill_words_number(&self->words, &value, "which one");

    if (result == 0 && value == 0)
        return drill_words_refuse(&self->words, "expected a number from 1 on");
    self->line->fault.skip = value - 1;
    self->line->fault.count = 1;
    return result;
}

/* Keys whose value is a text of the rule: 1 if it was one, 0 if not. */
static int read_text_key(struct reader *self, const char *key)
{
    struct drill_fault *fault = &self->line->fault;
    const struct {
        const char *key, *what;
        const char **to;
    } keys[] = {
        {"as", "an address", &fault->as},
        {"call", "a call such as recv", &fault->call},
        {"host", "a host", &fault->host},
        {"kind", "a kind of packet", &fault->kind},
        {"peer", "a host", &fault->peer},
        {"task", "a task", &fault->task},
        {"address", "an address", &fault->address},
        {"name", "a name", &fault->name},
        {"list", "numbers such as 2,4-7", &fault->list},
        {"mask", "a mask", &fault->mask},
        {"after", "the label of an earlier rule", &fault->after},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        const char *word = drill_words_take(&self->words, keys[i].what);
        const int result = word != NULL ? keep(self, word, keys[i].to) : -EINVAL;
        if (result < 0)
            return result;
        if (keys[i].to == &fault->call && drill_faults_find_call(word) < 0)
            return drill_words_refuse(&self->words, "there is no call '%s'", word);
        if (keys[i].to == &fault->kind && drill_faults_find_kind(word) < 0)
            return drill_words_refuse(&self->words, "there is no kind of packet '%s'", word);
        return 1;
    }
    return 0;
}

/* Keys whose value is a number, a size or a time: 1 if it was one, 0 if not. */
static int read_value_key(struct reader *self, const char *key)
{
    struct drill_fault *fault = &self->line->fault;
    struct drill_words *words = &self->words;
    const struct {
        const char *key;
        uint64_t *number;
        int64_t *time;
    } keys[] = {
        {"skip", &fault->skip, NULL},      {"every", &fault->every, NULL},
        {"burst", &fault->burst, NULL},    {"count", &fault->count, NULL},
        {"number", &fault->number, NULL},  {"from", NULL, &fault->from_ns},
        {"to", NULL, &fault->to_ns},       {"for", NULL, &fault->lasts_ns},
        {"delay", NULL, &fault->delay_ns},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        const int result = keys[i].number != NULL ? drill_words_number(words, keys[i].number, key)
                                                  : drill_words_time(words, keys[i].time, key);
        if (result == 0 && keys[i].time != NULL && *keys[i].time < 0 &&
            keys[i].time != &fault->delay_ns)
            return drill_words_refuse(words, "expected a time that is not negative");
        return result < 0 ? result : 1;
    }
    return 0;
}

static int read_flag(struct drill_fault *fault, const char *key)
{
    bool *flag = strcmp(key, "each") == 0      ? &fault->each
                 : strcmp(key, "off") == 0     ? &fault->off
                 : strcmp(key, "hostile") == 0 ? &fault->hostile
                 : strcmp(key, "force") == 0   ? &fault->force
                                               : NULL;

    if (flag != NULL)
        *flag = true;
    return flag != NULL;
}

static int read_key(struct reader *self, const char *key)
{
    struct drill_fault *fault = &self->line->fault;
    struct drill_words *words = &self->words;
    int result = read_flag(fault, key);

    if (result == 0)
        result = read_text_key(self, key);
    if (result == 0)
        result = read_value_key(self, key);
    if (result != 0)
        return result < 0 ? result : 0;
    if (strcmp(key, "error") == 0)
        return read_error(words, &fault->error);
    if (strcmp(key, "bytes") == 0)
        return drill_words_size(words, &fault->bytes, "bytes");
    if (strcmp(key, "offset") == 0)
        return drill_words_size(words, &fault->offset, "an offset");
    if (strcmp(key, "rate") == 0)
        return drill_words_rate(words, &fault->rate_bps, "a rate");
    if (strcmp(key, "drift") == 0)
        return read_drift(words, &fault->drift_ppm);
    if (strcmp(key, "enter") == 0)
        return drill_words_chance(words, &fault->enter_ppm, "a chance to enter");
    if (strcmp(key, "leave") == 0)
        return drill_words_chance(words, &fault->leave_ppm, "a chance to leave");
    if (strcmp(key, "chance") == 0)
        return read_chance(self);
    if (strcmp(key, "side") == 0)
        return read_side(self);
    if (strcmp(key, "port") == 0)
        return read_port(self);
    if (strcmp(key, "fd") == 0)
        return read_fd(self);
    if (strcmp(key, "nth") == 0)
        return read_nth(self);
    return drill_words_refuse(words, "expected call, host, chance, from ..., not '%s'", key);
}

/* What stands right behind the name, if it is the parameter that its row takes. */
static int read_parameter(struct reader *self, enum drill_fault_parameter takes)
{
    struct drill_fault *fault = &self->line->fault;
    struct drill_words *words = &self->words;
    const char *word = drill_words_peek(words);
    struct drill_sockaddr address;
    const bool number = word != NULL && ((word[0] >= '0' && word[0] <= '9') || word[0] == '-');

    switch (takes) {
    case DRILL_TAKES_ERROR:
        return word != NULL && word[0] == 'E' ? read_error(words, &fault->error) : 0;
    case DRILL_TAKES_BYTES:
        return number ? drill_words_size(words, &fault->bytes, "bytes") : 0;
    case DRILL_TAKES_DELAY:
        return number ? drill_words_time(words, &fault->delay_ns, "a time") : 0;
    case DRILL_TAKES_RATE:
        return number ? drill_words_rate(words, &fault->rate_bps, "a rate") : 0;
    case DRILL_TAKES_NUMBER:
        return number ? drill_words_number(words, &fault->number, "a number") : 0;
    case DRILL_TAKES_DRIFT:
        return number ? read_drift(words, &fault->drift_ppm) : 0;
    case DRILL_TAKES_ADDRESS:
        if (word == NULL || drill_sockaddr_read(&address, word) < 0)
            return 0;
        return keep(self, drill_words_take(words, "an address"), &fault->as);
    default:
        return 0;
    }
}

/* `LABEL:` in front, and the name of the fault. */
static int read_head(struct reader *self)
{
    struct drill_words *words = &self->words;
    const char *word = drill_words_take(words, "a fault");
    char label[48];

    if (word == NULL)
        return -EINVAL;
    const size_t length = strlen(word);
    if (length > 1 && word[length - 1] == ':') {
        if (length > sizeof label)
            return drill_words_refuse(words, "expected a label of less than 48 bytes");
        memcpy(label, word, length - 1);
        label[length - 1] = '\0';
        if (keep(self, label, &self->line->fault.label) < 0 ||
            (word = drill_words_take(words, "a fault")) == NULL)
            return -EINVAL;
    }
    const int what = drill_faults_find(word);
    if (what < 0)
        return drill_words_refuse(words, "there is no fault '%s'", word);
    self->line->fault.what = drill_fault_rows[what].name;
    return what;
}

/* A key that was there before would be without effect; nth is skip and count. */
static bool is_twin(const struct reader *self, const char *key)
{
    const bool counts = strcmp(key, "skip") == 0 || strcmp(key, "count") == 0;

    for (unsigned i = 0; i < self->key_count; i++) {
        const char *const before = self->keys[i];
        if (strcmp(before, key) == 0 || (counts && strcmp(before, "nth") == 0) ||
            (strcmp(key, "nth") == 0 &&
             (strcmp(before, "skip") == 0 || strcmp(before, "count") == 0)))
            return true;
    }
    return false;
}

static int read_keys(struct reader *self)
{
    while (drill_words_peek(&self->words) != NULL) {
        const char *const key = drill_words_take(&self->words, "a key");
        if (is_twin(self, key))
            return drill_words_refuse(&self->words, "expected %s once; nth is skip and count", key);
        self->keys[self->key_count++] = key;
        if (read_key(self, key) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_rule(struct reader *self)
{
    const int what = read_head(self);
    int result = what;

    if (result >= 0)
        result = read_parameter(self, drill_fault_rows[what].parameter);
    return result < 0 ? result : read_keys(self);
}

int drill_fault_read(const char *text, struct drill_fault_line *line)
{
    struct reader self = {.line = line};

    memset(&line->fault, 0, sizeof line->fault);
    line->error_column = 0;
    line->error[0] = '\0';
    int result = drill_words_split(&self.words, text);
    if (result >= 0)
        result = read_rule(&self);
    if (result >= 0)
        return 0;
    line->error_column = self.words.error.column;
    snprintf(line->error, sizeof line->error, "%s", self.words.error.text);
    return result;
}
