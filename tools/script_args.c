#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/options.h"
#include "emu/sockaddr.h"
#include "tools/script_parts.h"

struct word_value {
    const char *name;
    int value;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* NAME|NAME of a table; `prefix` may be left out.  0 is none. */
static bool read_flags(const char *word, const char *prefix, const struct word_value *table,
                       size_t count, int *flags)
{
    *flags = 0;
    if (strcmp(word, "0") == 0)
        return true;
    for (;;) {
        const size_t size = strcspn(word, "|"), skip = strlen(prefix);
        size_t i = 0;
        while (i < count &&
               !(strlen(table[i].name) == size && strncmp(table[i].name, word, size) == 0) &&
               !(size > skip && strncmp(word, prefix, skip) == 0 &&
                 strlen(table[i].name) == size - skip &&
                 strncmp(table[i].name, word + skip, size - skip) == 0))
            i++;
        if (i == count)
            return false;
        *flags |= table[i].value;
        if (word[size] == '\0')
            return true;
        word += size + 1;
    }
}

bool drill_step_bits(const char *word, int *bits)
{
    static const struct word_value table[] = {
        {"IN", POLLIN},   {"OUT", POLLOUT},   {"PRI", POLLPRI}, {"ERR", POLLERR},
        {"HUP", POLLHUP}, {"NVAL", POLLNVAL}, {"RDHUP", 0x2000}};

    return read_flags(word, "POLL", table, COUNT(table), bits);
}

static int read_choice(struct drill_words *words, const struct word_value *table, size_t count,
                       const char *what, int *value)
{
    const char *word = drill_words_take(words, what);

    for (size_t i = 0; word != NULL && i < count; i++)
        if (strcmp(table[i].name, word) == 0) {
            *value = table[i].value;
            return 0;
        }
    return word != NULL ? drill_words_refuse(words, "expected %s, not '%s'", what, word) : -EINVAL;
}

static int read_int(struct drill_words *words, const char *what, int *value)
{
    const char *word = drill_words_take(words, what);
    const bool negative = word != NULL && word[0] == '-';
    uint64_t number;

    if (word == NULL)
        return -EINVAL;
    if (!drill_word_number(word + negative, &number) || number > INT32_MAX)
        return drill_words_refuse(words, "expected %s, a number, not '%s'", what, word);
    *value = negative ? -(int)number : (int)number;
    return 0;
}

int drill_step_read_fd(struct drill_reader *reader, struct drill_step *step)
{
    return read_int(&reader->words, "a descriptor", &step->fd);
}

static int read_addr(struct drill_reader *reader, struct drill_step *step)
{
    const char *word = drill_words_take(&reader->words, "an address");

    if (word == NULL)
        return -EINVAL;
    return drill_sockaddr_read(&step->addr, word) == 0
               ? 0
               : drill_words_refuse(&reader->words,
                                    "expected an address such as 10.0.0.1:80, "
                                    "not '%s'",
                                    word);
}

int drill_step_read_fd_addr(struct drill_reader *reader, struct drill_step *step)
{
    const int result = drill_step_read_fd(reader, step);

    return result < 0 ? result : read_addr(reader, step);
}

static int read_bytes(struct drill_reader *reader, struct drill_step *step)
{
    const char *word = drill_words_take(&reader->words, "bytes in quotes");

    if (word == NULL)
        return -EINVAL;
    step->size = reader->words.size[reader->words.at - 1];
    step->bytes = drill_text_keep_bytes(reader->text, word, step->size);
    return step->bytes != NULL ? 0 : -ENOMEM;
}

static int read_size(struct drill_reader *reader, struct drill_step *step)
{
    uint64_t size = 0;
    const int result = drill_words_size(&reader->words, &size, "bytes");

    if (result == 0 && size > DRILL_STEP_BYTES)
        return drill_words_refuse(&reader->words, "expected at most 1 MiB");
    step->size = size;
    return result;
}

static int read_message_flags(struct drill_reader *reader, struct drill_step *step)
{
    static const struct word_value table[] = {
        {"DONTWAIT", MSG_DONTWAIT}, {"PEEK", MSG_PEEK}, {"OOB", MSG_OOB},
        {"WAITALL", MSG_WAITALL},   {"MORE", MSG_MORE}, {"NOSIGNAL", MSG_NOSIGNAL},
        {"TRUNC", MSG_TRUNC},       {"EOR", MSG_EOR},   {"DONTROUTE", MSG_DONTROUTE}};
    const char *word = drill_words_peek(&reader->words);

    if (word == NULL || strcmp(word, "=") == 0)
        return 0;
    drill_words_take(&reader->words, "flags");
    return read_flags(word, "MSG_", table, COUNT(table), &step->first)
               ? 0
               : drill_words_refuse(&reader->words, "expected = or flags such as MSG_PEEK");
}

static int read_time(struct drill_reader *reader, struct drill_step_time *time, const char *none)
{
    const char *word = drill_words_take(&reader->words, "a time");

    if (word == NULL)
        return -EINVAL;
    if (none != NULL && strcmp(word, none) == 0)
        return 0;
    time->given = true;
    time->relative = word[0] == '+';
    if (drill_word_time(word + time->relative, &time->ns) && time->ns >= 0)
        return 0;
    return drill_words_refuse(&reader->words, "expected a time such as 20ms, not '%s'", word);
}

int drill_step_read_socket(struct drill_reader *reader, struct drill_step *step)
{
    static const struct {
        const char *name;
        int family, type;
    } kinds[] = {{"tcp", AF_INET, SOCK_STREAM},         {"udp", AF_INET, SOCK_DGRAM},
                 {"tcp6", AF_INET6, SOCK_STREAM},       {"udp6", AF_INET6, SOCK_DGRAM},
                 {"unix", AF_UNIX, SOCK_STREAM},        {"unix-dgram", AF_UNIX, SOCK_DGRAM},
                 {"seqpacket", AF_UNIX, SOCK_SEQPACKET}};
    const char *what = "tcp, udp, tcp6, udp6, unix, unix-dgram or seqpacket";
    const char *word = drill_words_take(&reader->words, what);

    for (size_t i = 0; word != NULL && i < COUNT(kinds); i++)
        if (strcmp(kinds[i].name, word) == 0) {
            step->first = kinds[i].family;
            step->second = kinds[i].type;
            return 0;
        }
    return word != NULL ? drill_words_refuse(&reader->words, "expected %s", what) : -EINVAL;
}

int drill_step_read_listen(struct drill_reader *reader, struct drill_step *step)
{
    const int result = drill_step_read_fd(reader, step);

    return result < 0 ? result : read_int(&reader->words, "a backlog", &step->first);
}

int drill_step_read_send(struct drill_reader *reader, struct drill_step *step)
{
    int result = drill_step_read_fd(reader, step);

    if (result == 0)
        result = read_bytes(reader, step);
    return result < 0 ? result : read_message_flags(reader, step);
}

int drill_step_read_sendto(struct drill_reader *reader, struct drill_step *step)
{
    int result = drill_step_read_fd(reader, step);

    if (result == 0)
        result = read_bytes(reader, step);
    return result < 0 ? result : read_addr(reader, step);
}

int drill_step_read_recv(struct drill_reader *reader, struct drill_step *step)
{
    int result = drill_step_read_fd(reader, step);

    if (result == 0)
        result = read_size(reader, step);
    return result < 0 ? result : read_message_flags(reader, step);
}

int drill_step_read_shutdown(struct drill_reader *reader, struct drill_step *step)
{
    static const struct word_value table[] = {{"RD", SHUT_RD},      {"WR", SHUT_WR},
                                              {"RDWR", SHUT_RDWR},  {"SHUT_RD", SHUT_RD},
                                              {"SHUT_WR", SHUT_WR}, {"SHUT_RDWR", SHUT_RDWR}};
    const int result = drill_step_read_fd(reader, step);

    return result < 0
               ? result
               : read_choice(&reader->words, table, COUNT(table), "RD, WR or RDWR", &step->first);
}

int drill_step_read_nonblock(struct drill_reader *reader, struct drill_step *step)
{
    static const struct word_value table[] = {{"on", 1}, {"off", 0}};
    const int result = drill_step_read_fd(reader, step);

    return result < 0 ? result
                      : read_choice(&reader->words, table, COUNT(table), "on or off", &step->first);
}

int drill_step_read_option(struct drill_reader *reader, struct drill_step *step)
{
    static const char *const names[] = {
#define OPTION(name, ...) #name,
#include "emu/options.def"
#undef OPTION
    };
    const int result = drill_step_read_fd(reader, step);
    const char *word = result == 0 ? drill_words_take(&reader->words, "an option") : NULL;

    for (size_t i = 0; word != NULL && i < DRILL_OPTION_COUNT; i++)
        if (strcmp(names[i], word) == 0) {
            step->first = drill_option_rows[i].level;
            step->second = drill_option_rows[i].number;
            return 0;
        }
    return word != NULL
               ? drill_words_refuse(&reader->words,
                                    "expected an option such as SO_REUSEADDR, not '%s'", word)
               : -EINVAL;
}

int drill_step_read_setsockopt(struct drill_reader *reader, struct drill_step *step)
{
    const int result = drill_step_read_option(reader, step);

    return result < 0 ? result : read_int(&reader->words, "a value", &step->third);
}

int drill_step_read_poll(struct drill_reader *reader, struct drill_step *step)
{
    const int result = drill_step_read_fd(reader, step);
    const char *word = result == 0 ? drill_words_take(&reader->words, "bits such as POLLIN") : NULL;

    if (word == NULL)
        return -EINVAL;
    if (!drill_step_bits(word, &step->first))
        return drill_words_refuse(&reader->words, "expected bits such as POLLIN|POLLOUT");
    return read_time(reader, &step->until, "forever");
}

int drill_step_read_sleep(struct drill_reader *reader, struct drill_step *step)
{
    return read_time(reader, &step->until, NULL);
}

int drill_step_read_deadline(struct drill_reader *reader, struct drill_step *step)
{
    static const struct word_value table[] = {{"read", 0}, {"write", 1}};
    int result = drill_step_read_fd(reader, step);

    if (result == 0)
        result = read_choice(&reader->words, table, COUNT(table), "read or write", &step->first);
    return result < 0 ? result : read_time(reader, &step->until, "none");
}
