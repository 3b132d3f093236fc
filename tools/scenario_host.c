#include <errno.h>
#include <string.h>

#include "emu/addr.h"
#include "emu/sockaddr.h"
#include "tools/scenario_parts.h"

enum { ADDRESSES = DRILL_HOST_ADDRS };

/* The addresses at the end of a line, `least` or more of them. */
static int read_addresses(struct drill_reader *reader, struct drill_statement *statement,
                          unsigned least)
{
    struct drill_words *words = &reader->words;
    const char **addresses =
        drill_text_keep(reader->text, sizeof *addresses * (words->count - words->at + 1));

    if (addresses == NULL)
        return -ENOMEM;
    statement->data = addresses;
    while (drill_words_peek(words) != NULL || statement->size < least) {
        const char *word = drill_reader_name(reader, "an IP address");
        struct drill_sockaddr given;
        struct drill_addr addr;
        if (word == NULL)
            return -EINVAL;
        if (drill_sockaddr_read(&given, word) < 0 || drill_addr_from(&addr, &given) < 0 ||
            given.port != 0)
            return drill_words_refuse(words, "expected an IP address, not '%s'", word);
        if (statement->size == ADDRESSES)
            return drill_words_refuse(words, "expected at most %d addresses", ADDRESSES);
        addresses[statement->size++] = word;
    }
    return 0;
}

int drill_read_host(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_text *text = reader->text;
    const char *name = drill_reader_name(reader, "the name of a host");

    if (name == NULL)
        return -EINVAL;
    if (strpbrk(name, "/*> ") != NULL || strcmp(name, "<>") == 0)
        return drill_words_refuse(&reader->words, "expected a name without / * > or blanks");
    for (unsigned i = 0; i < text->host_count; i++)
        if (strcmp(text->hosts[i], name) == 0)
            return drill_words_refuse(&reader->words, "expected a new host, and '%s' is there",
                                      name);
    if (text->host_count == DRILL_TEXT_HOSTS)
        return drill_words_refuse(&reader->words, "expected at most %d hosts", DRILL_TEXT_HOSTS);
    if (statement->only != DRILL_ALWAYS)
        return drill_words_refuse(&reader->words, "expected a host that is in every run");
    statement->host = text->host_count;
    text->hosts[text->host_count++] = name;
    return read_addresses(reader, statement, 1);
}

int drill_play_host(struct drill_scene *scene, const struct drill_statement *statement)
{
    const char *const *addresses = statement->data;
    struct drill_host *host = drill_host_new(drill_stage_world(scene->stage),
                                             scene->text->hosts[statement->host], addresses[0]);
    int result = host != NULL ? 0 : -EINVAL;

    scene->hosts[statement->host] = host;
    for (size_t i = 1; result == 0 && i < statement->size; i++)
        result = drill_host_address(host, addresses[i]);
    return result;
}

int drill_read_name(struct drill_reader *reader, struct drill_statement *statement)
{
    statement->name = drill_reader_name(reader, "a name");
    return statement->name != NULL ? read_addresses(reader, statement, 1) : -EINVAL;
}

int drill_play_name(struct drill_scene *scene, const struct drill_statement *statement)
{
    const char *const *addresses = statement->data;
    int result = 0;

    for (size_t i = 0; result == 0 && i < statement->size; i++)
        result = drill_name_add(drill_stage_world(scene->stage), statement->name, addresses[i]);
    return result;
}

static int read_shape(struct drill_words *words, enum drill_jitter *jitter)
{
    static const char *const shapes[] = {[DRILL_JITTER_UNIFORM] = "uniform",
                                         [DRILL_JITTER_NORMAL] = "normal",
                                         [DRILL_JITTER_EXPONENTIAL] = "exponential",
                                         [DRILL_JITTER_PARETO] = "pareto"};
    const char *word = drill_words_take(words, "uniform, normal, exponential or pareto");

    for (size_t i = 0; word != NULL && i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shapes[i], word) == 0) {
            *jitter = (enum drill_jitter)i;
            return 0;
        }
    return word != NULL
               ? drill_words_refuse(words, "expected uniform, normal, exponential or pareto")
               : -EINVAL;
}

static int read_bounded(struct drill_words *words, uint64_t most, uint64_t *value, const char *what)
{
    const int result = drill_words_size(words, value, what);

    if (result == 0 && *value > most)
        return drill_words_refuse(words, "expected %s of at most %llu", what,
                                  (unsigned long long)most);
    return result;
}

/* One `KEY VALUE` of a link. */
static int read_quality(struct drill_reader *reader, struct drill_link *link)
{
    struct drill_words *words = &reader->words;
    const char *key = drill_words_take(words, "delay, jitter, rate, loss ...");
    uint64_t value = 0;
    int result;

    if (key == NULL)
        return -EINVAL;
    if (strcmp(key, "delay") == 0)
        return drill_reader_time(reader, &link->delay_ns, "a delay");
    if (strcmp(key, "jitter") == 0)
        return drill_reader_time(reader, &link->jitter_ns, "a jitter");
    if (strcmp(key, "reorder_by") == 0)
        return drill_reader_time(reader, &link->reorder_ns, "a delay");
    if (strcmp(key, "shape") == 0)
        return read_shape(words, &link->jitter);
    if (strcmp(key, "rate") == 0)
        return drill_words_rate(words, &link->rate_bps, "a rate");
    if (strcmp(key, "loss") == 0)
        return drill_words_chance(words, &link->loss_ppm, "a chance");
    if (strcmp(key, "duplicate") == 0)
        return drill_words_chance(words, &link->duplicate_ppm, "a chance");
    if (strcmp(key, "reorder") == 0)
        return drill_words_chance(words, &link->reorder_ppm, "a chance");
    if (strcmp(key, "corrupt") == 0)
        return drill_words_chance(words, &link->corrupt_ppm, "a chance");
    if (strcmp(key, "queue") == 0) {
        result = read_bounded(words, INT64_MAX, &value, "a queue");
        link->queue_bytes = (int64_t)value;
        return result;
    }
    if (strcmp(key, "mtu") == 0) {
        result = read_bounded(words, 65536, &value, "an mtu");
        link->mtu = (uint32_t)value;
        return result;
    }
    return drill_words_refuse(words, "expected delay, jitter, rate, loss ..., not '%s'", key);
}

/* Whether the key that comes stood in the line before: then it is taken. */
static bool is_twin(struct drill_words *words, unsigned first)
{
    for (unsigned at = first; at < words->at; at += 2)
        if (drill_words_skip(words, words->word[at]))
            return true;
    return false;
}

int drill_read_link(struct drill_reader *reader, struct drill_statement *statement)
{
    struct drill_link *link = drill_text_keep(reader->text, sizeof *link);
    int result = link != NULL ? drill_reader_pair(reader, statement, true) : -ENOMEM;
    const unsigned first = reader->words.at;

    statement->data = link;
    while (result == 0 && drill_words_peek(&reader->words) != NULL) {
        if (is_twin(&reader->words, first))
            return drill_words_refuse(&reader->words, "expected it once");
        result = read_quality(reader, link);
    }
    return result;
}

/* Sets one link; with * in its place, a host has no link to itself. */
static int set_link(struct drill_scene *scene, const struct drill_statement *statement,
                    unsigned from, unsigned to)
{
    if (from == to && (statement->host == DRILL_EVERY_HOST || statement->peer == DRILL_EVERY_HOST))
        return 0;
    const int result = drill_link_set(scene->hosts[from], scene->hosts[to], statement->data);
    if (result < 0 || !statement->both)
        return result;
    return drill_link_set(scene->hosts[to], scene->hosts[from], statement->data);
}

int drill_play_link(struct drill_scene *scene, const struct drill_statement *statement)
{
    return drill_scene_each_pair(scene, statement, set_link);
}
